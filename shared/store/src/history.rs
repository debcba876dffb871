//! Reading a lead with what happened to it: its page, its timeline, its events.

use crate::commit::Load;
use crate::items::{Attributes, decode, from_item};
use crate::keys::{self, Key};
use crate::queries::last_before;
use crate::reads::{table_key, unavailable};
use crate::rows::flat;
use crate::{Failure, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, numbered};
use forecourt_domain::calendar::{CalendarEvent, Invitation};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Entry, Lead, Task};
use forecourt_domain::messages::Message;
use futures::FutureExt as _;

/// A lead with what last happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadPage {
    /// The lead.
    pub lead: Lead,
    /// The enquiry in its latest state.
    pub enquiry: Option<Enquiry>,
    /// The calendar event that is its next action (CAL-3).
    pub next: Option<CalendarEvent>,
    /// The messages about it, in the order in which they were queued.
    pub messages: Vec<Message>,
    /// The latest of its timeline, oldest first.
    pub timeline: Vec<Entry>,
    /// Where its timeline goes on backwards: before this version; `None`: all of it is here.
    pub older: Option<u64>,
}

/// Items that one read of a whole lead takes at most. Nearly every lead has fewer.
const WHOLE: i32 = 100;
/// Names by their first characters, in parts about as large: most names are sixteen letters and digits by chance.
const NAMES: [(&str, &str); 7] = [("", "3"), ("4", "7"), ("8", "c"), ("d", "i"), ("j", "n"), ("o", "t"), ("u", "")];

impl Store {
    /// A lead, its messages and the latest `entries` of its timeline: one read; where there is more than a hundred items or a megabyte, three more at once.
    /// `None`: the group has no such lead.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn lead_page(&self, scope: &Scope, id: LeadId, entries: usize) -> Result<Option<LeadPage>, Failure> {
        let at = Key::Lead(id).at(scope);
        let query = self.client.query().table_name(&*self.table).key_condition_expression("pk = :pk").limit(WHOLE);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(at.pk)).consistent_read(true);
        let found = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        let (mut lead, mut messages, mut timeline) = (None, Vec::new(), Vec::new());
        let (mut next, mut next_place) = (None, None);
        for attributes in found.items.unwrap_or_default() {
            let place = table_key(&attributes).map(|key| key.sk).unwrap_or_default();
            if place == at.sk {
                // It comes before all that it has.
                lead = lead_of(id, attributes)?;
                next_place = lead.as_ref().and_then(next_action).map(|event| event.at(scope).sk);
            } else if next_place.as_ref() == Some(&place) {
                next = Some(from_item(flat(attributes))?);
            } else if place.starts_with(keys::MESSAGES) {
                messages.push(from_item(attributes)?);
            } else if place.starts_with(keys::ENTRIES) {
                timeline.push(from_item(attributes)?);
            }
        }
        // The lead itself comes first: what a read leaves out is never it.
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
            messages = all.into_iter().map(from_item).collect::<Result<_, _>>()?;
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

    /// At most `limit` entries of a lead's timeline, newest first, before version `before`.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn timeline(&self, scope: &Scope, id: LeadId, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, Failure> {
        self.newest(Key::Entry(id, last_before(before)).at(scope), keys::ENTRIES, limit).await
    }

    /// The calendar events of a lead, ended ones too, by their times.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn events(&self, scope: &Scope, id: LeadId) -> Result<Vec<CalendarEvent>, Failure> {
        let found = self.under(scope, id, keys::EVENTS).await?;
        let mut events: Vec<CalendarEvent> = found.into_iter().map(|event| from_item(flat(event))).collect::<Result<_, _>>()?;
        events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(events)
    }

    /// The elements of a lead that are of a kind, in no order, without those that were removed.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn elements(&self, scope: &Scope, lead: LeadId, kind: ElementKind) -> Result<Vec<Element>, Failure> {
        let found = self.under(scope, lead, &keys::elements_prefix(kind)).await?;
        let mut elements: Vec<Element> = found.into_iter().map(from_item).collect::<Result<_, _>>()?;
        elements.retain(|element| element.removed.is_none());
        Ok(elements)
    }

    /// At most `limit` tasks of a lead, those made last first, from before the one named `before`; done and deleted ones too.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn tasks(&self, scope: &Scope, id: LeadId, before: Option<u64>, limit: usize) -> Result<Vec<Task>, Failure> {
        let last = Key::Task(id, numbered(last_before(before))).at(scope);
        let found: Vec<Row<Task>> = self.newest(last, keys::TASKS, limit).await?;
        Ok(found.into_iter().map(|Row { row }| row).collect())
    }

    /// The invitations of a lead, in no order.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn invitations(&self, scope: &Scope, id: LeadId) -> Result<Vec<Invitation>, Failure> {
        self.under(scope, id, keys::INVITATIONS).await?.into_iter().map(from_item).collect()
    }

    /// All that a lead has at places that begin with `prefix`: one read; of what is more than a megabyte, the rest side by side.
    async fn under(&self, scope: &Scope, id: LeadId, prefix: &str) -> Result<Vec<Attributes>, Failure> {
        let pk = Key::Lead(id).at(scope).pk;
        let (mut all, last) = self.between(&pk, prefix, &format!("{prefix}~"), None).await?;
        let Some(last) = last else { return Ok(all) };
        let rest = NAMES.map(|(from, to)| {
            let (pk, last) = (&pk, last.clone());
            async move {
                let (from, to) = (format!("{prefix}{from}"), format!("{prefix}{to}~"));
                let (mut found, mut start) = (Vec::new(), Some(last).filter(|last| *last >= from));
                // What stands up to here was read.
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

    /// What stands at places of a partition from `from` to `to`, after `after`: a megabyte at most, and the last place where there is more.
    async fn between(&self, pk: &str, from: &str, to: &str, after: Option<String>) -> Result<(Vec<Attributes>, Option<String>), Failure> {
        // Nothing stands between a place and itself with a character more.
        let from = after.map_or_else(|| from.to_owned(), |after| format!("{after}!"));
        let query = self.client.query().table_name(&*self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = query.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        let last = found.last_evaluated_key().and_then(table_key).map(|key| key.sk);
        Ok((found.items.unwrap_or_default(), last))
    }
}

/// An item that stands in its row.
#[derive(serde::Deserialize)]
struct Row<T> {
    row: T,
}

fn lead_of(id: LeadId, attributes: Attributes) -> Result<Option<Lead>, Failure> {
    Ok(match decode(&Key::Lead(id), attributes)?.stored {
        Stored::Lead(lead) => Some(*lead),
        _ => None,
    })
}

fn next_action(lead: &Lead) -> Option<Key> {
    lead.next_action().1.map(|event| Key::Event(lead.id, event.clone()))
}

/// What the entry of a version says of the enquiry.
fn enquiry_of(timeline: &[Entry], version: u64) -> Option<Enquiry> {
    timeline.iter().find(|entry| entry.version == version)?.enquiry().cloned()
}
