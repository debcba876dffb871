//! Reads a lead with its items: its page, timeline, events, elements, tasks and invitations.

use crate::entity::{Attributes, Entity, from_item};
use crate::keys::{self, Key};
use crate::queries::last_before;
use crate::reads::{readable, table_key};
use crate::{Failure, Load, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, numbered};
use forecourt_domain::calendar::{CalendarEvent, Invitation};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Entry, Lead, Task};
use forecourt_domain::messages::Message;

/// A lead with its latest history.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadPage {
    /// The lead.
    pub lead: Lead,
    /// The latest version of the enquiry.
    pub enquiry: Option<Enquiry>,
    /// The calendar event that is its next action (CAL-3).
    pub next: Option<CalendarEvent>,
    /// The messages about it, in the order of their creation.
    pub messages: Vec<Message>,
    /// The latest entries of its timeline, oldest first.
    pub timeline: Vec<Entry>,
    /// The version before which the timeline continues; `None` if it is complete.
    pub older: Option<u64>,
}

/// The most items in the read of a whole lead. Nearly every lead has fewer.
const WHOLE_LEAD: i32 = 100;
/// Ranges of the first characters of ids. They are about equally full, since most ids are random letters and digits.
const ID_RANGES: [(&str, &str); 7] = [("", "3"), ("4", "7"), ("8", "c"), ("d", "i"), ("j", "n"), ("o", "t"), ("u", "")];

impl Store {
    /// Returns a lead, its messages and the latest `entries` of its timeline; `None` if the group has no such lead. It takes one read; for
    /// a lead of more than a hundred items or a megabyte, three more at once.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn lead_page(&self, scope: &Scope, id: LeadId, entries: usize) -> Result<Option<LeadPage>, Failure> {
        let at = Key::Lead(id).at(scope);
        let query = self.client.query().key_condition_expression("pk = :pk").limit(WHOLE_LEAD);
        let found = self.run(query.expression_attribute_values(":pk", AttributeValue::S(at.pk)).consistent_read(true)).await?;
        let (mut lead, mut messages, mut timeline) = (None, Vec::new(), Vec::new());
        let (mut next, mut next_place) = (None, None);
        for attributes in found.items.unwrap_or_default() {
            let place = table_key(&attributes).map(|key| key.sk).unwrap_or_default();
            if place == at.sk {
                let found = Lead::from_attributes(attributes)?;
                next_place = Some(&found).and_then(next_action).map(|event| event.at(scope).sk);
                lead = Some(found);
            } else if next_place.as_ref() == Some(&place) {
                next = readable(attributes, CalendarEvent::from_attributes);
            } else if place.starts_with(keys::MESSAGES) {
                messages.extend(readable(attributes, from_item));
            } else if place.starts_with(keys::ENTRIES) {
                timeline.extend(readable(attributes, from_item));
            }
        }
        // The lead is the first item of its partition, so this read never omits it.
        let Some(lead) = lead else { return Ok(None) };
        let described = lead.enquiry_version.unwrap_or(1);
        let mut enquiry = enquiry_of(&timeline, described);
        if found.last_evaluated_key.is_some() {
            let entry = Load::of([Key::Entry(id, described)].into_iter().chain(next_action(&lead)));
            let (latest, all, first) = tokio::try_join!(
                self.timeline(scope, id, None, entries + 1),
                self.under(scope, id, keys::MESSAGES),
                self.load(scope, &entry),
            )?;
            messages = all.into_iter().filter_map(|attributes| readable(attributes, from_item)).collect();
            enquiry = first.entry(id, described).and_then(Entry::enquiry).cloned();
            next = lead.next_action().1.and_then(|event| first.event(id, event)).cloned();
            timeline = latest;
            timeline.reverse();
        }
        let more = timeline.len().saturating_sub(entries);
        timeline.drain(..more);
        let older = timeline.first().filter(|_| more > 0).map(|entry| entry.version);
        messages.sort_by(|a: &Message, b: &Message| (a.queued, &a.cause).cmp(&(b.queued, &b.cause)));
        Ok(Some(LeadPage { lead, enquiry, next, messages, timeline, older }))
    }

    /// Returns a lead without its history, for half a read unit: enough to find that nothing changed. It may lack the changes of the last
    /// moments, so no decision may use it. `None` if the group has no such lead.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn lead_glance(&self, scope: &Scope, id: LeadId) -> Result<Option<Lead>, Failure> {
        self.glance(Key::Lead(id).at(scope)).await?.map(Lead::from_attributes).transpose()
    }

    /// Returns at most `limit` entries of a lead's timeline before version `before`, newest first.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn timeline(&self, scope: &Scope, id: LeadId, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, Failure> {
        self.newest(Key::Entry(id, last_before(before)).at(scope), keys::ENTRIES, limit).await
    }

    /// Returns all calendar events of a lead, by their times.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn events(&self, scope: &Scope, id: LeadId) -> Result<Vec<CalendarEvent>, Failure> {
        let found = self.under(scope, id, keys::EVENTS).await?;
        let events = found.into_iter().filter_map(|attributes| readable(attributes, CalendarEvent::from_attributes));
        let mut events: Vec<CalendarEvent> = events.collect();
        events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(events)
    }

    /// Returns a lead's elements of a kind that are not removed, in no order.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn elements(&self, scope: &Scope, lead: LeadId, kind: ElementKind) -> Result<Vec<Element>, Failure> {
        let found = self.under(scope, lead, &keys::elements_prefix(kind)).await?;
        let mut elements: Vec<Element> = found.into_iter().filter_map(|attributes| readable(attributes, from_item)).collect();
        elements.retain(|element| element.removed.is_none());
        Ok(elements)
    }

    /// Returns at most `limit` tasks of a lead before the task number `before`, newest first, done and deleted ones included.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn tasks(&self, scope: &Scope, id: LeadId, before: Option<u64>, limit: usize) -> Result<Vec<Task>, Failure> {
        let last = Key::Task(id, numbered(last_before(before))).at(scope);
        self.newest(last, keys::TASKS, limit).await
    }

    /// Returns the invitations of a lead, in no order.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn invitations(&self, scope: &Scope, id: LeadId) -> Result<Vec<Invitation>, Failure> {
        let found = self.under(scope, id, keys::INVITATIONS).await?;
        Ok(found.into_iter().filter_map(|attributes| readable(attributes, from_item)).collect())
    }

    /// Returns the items of a lead whose places begin with `prefix`: a megabyte in one read, the rest in parallel reads.
    async fn under(&self, scope: &Scope, id: LeadId, prefix: &str) -> Result<Vec<Attributes>, Failure> {
        let pk = Key::Lead(id).at(scope).pk;
        let (mut all, last) = self.between(&pk, prefix, &format!("{prefix}~"), None).await?;
        let Some(last) = last else { return Ok(all) };
        let rest = ID_RANGES.map(|(from, to)| {
            let (pk, last) = (&pk, last.clone());
            async move {
                let (from, to) = (format!("{prefix}{from}"), format!("{prefix}{to}~"));
                let (mut found, mut start) = (Vec::new(), Some(last).filter(|last| *last >= from));
                // The first read may have covered the range already.
                while start.as_ref().is_none_or(|last| *last < to) {
                    let (more, last) = self.between(pk, &from, &to, start).await?;
                    found.extend(more);
                    start = last;
                    if start.is_none() {
                        break;
                    }
                }
                Ok::<_, Failure>(found)
            }
        });
        all.extend(futures::future::try_join_all(rest).await?.into_iter().flatten());
        Ok(all)
    }

    /// Returns up to a megabyte of items at places from `from` to `to`, after `after`; and the last place if there are more.
    async fn between(&self, pk: &str, from: &str, to: &str, after: Option<String>) -> Result<(Vec<Attributes>, Option<String>), Failure> {
        let from = after.map_or_else(|| from.to_owned(), |after| keys::next_place(&after));
        let query = self.client.query().consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":to", AttributeValue::S(to.to_owned()));
        let found = self.run(query).await?;
        let last = found.last_evaluated_key().and_then(table_key).map(|key| key.sk);
        Ok((found.items.unwrap_or_default(), last))
    }
}

fn next_action(lead: &Lead) -> Option<Key> {
    lead.next_action().1.map(|event| Key::Event(lead.id, event.clone()))
}

/// Returns the enquiry in the timeline entry of a version.
fn enquiry_of(timeline: &[Entry], version: u64) -> Option<Enquiry> {
    timeline.iter().find(|entry| entry.version == version)?.enquiry().cloned()
}
