//! Events for webhooks: added to each commit, read in order for delivery, and listed (APT-6).

use crate::cursor::Cursor;
use crate::entity::{Attributes, from_item};
use crate::keys::{self, Key, Month};
use crate::reads::readable;
use crate::{Failure, Load, Loaded, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Subject, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::webhooks::{Outgoing, choose_fairly};

/// About how many unsettled events of one lead or appointment are processed together.
const UNSETTLED: usize = 50;
/// The most reads for a page of deliveries. A read is a megabyte, about five thousand events.
const READS: usize = 8;

/// Which page of a webhook's deliveries is requested.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryQuery<'a> {
    /// The webhook.
    pub webhook: &'a WebhookId,
    /// Events before this time are not listed.
    pub since: DateTime<Utc>,
    /// The time at which the list begins; it continues backwards.
    pub now: DateTime<Utc>,
    /// The cursor of the page before.
    pub cursor: Option<&'a str>,
    /// The highest number of events on the page.
    pub limit: usize,
}

impl Store {
    /// Adds the events for the group's webhooks to a decision (APT-6). It is part of [`Store::decide`], so that no handler can omit it. The
    /// webhooks are at most 60 seconds old.
    pub(crate) async fn with_webhook_events(&self, scope: &Scope, loaded: &Loaded, mut decision: Decision) -> Result<Decision, Failure> {
        if decision.erases || !decision.items.iter().any(|item| matches!(item, Item::Lead(_) | Item::Appointment(_))) {
            return Ok(decision);
        }
        let webhooks = self.webhooks(scope).await?;
        let events = decision.items.iter().flat_map(|item| {
            let version = loaded.version(&Key::of(item)).map_or(1, |before| before + 1);
            match item {
                Item::Lead(after) => webhooks.of_lead(loaded.lead(after.id), after, version),
                Item::Appointment(after) => webhooks.of_appointment(loaded.appointment(&after.id), after, version),
                _ => Vec::new(),
            }
        });
        let events: Vec<Item> = events.map(|event| Item::Outgoing(Box::new(event))).collect();
        decision.items.extend(events);
        Ok(decision)
    }

    /// Returns the numbers of about fifty unsettled events of a lead or an appointment, in order. Of each webhook it has the first one that
    /// is unsettled.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn unsettled_events(&self, scope: &Scope, about: &Subject) -> Result<Vec<u64>, Failure> {
        let partition = Key::Outgoing(about.clone(), 0).at(scope).pk;
        let query = self.client.query().consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .filter_expression("attribute_exists(dpk)")
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        let found = self.run_until(&query, usize::MAX).await?;
        // An event that this release cannot read must not stop the others.
        let unsettled: Vec<Outgoing> = found.into_iter().filter_map(|attributes| readable(attributes, from_item)).collect();
        Ok(choose_fairly(&unsettled, UNSETTLED).into_iter().collect())
    }

    /// Returns a page of the events of a webhook, newest first, and the cursor of the next page, if there may be one (APT-6). If the group
    /// has many events for other webhooks, a page reads some megabytes and may have fewer events than the limit.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn deliveries(&self, scope: &Scope, page: DeliveryQuery<'_>) -> Result<(Vec<Outgoing>, Option<String>), Failure> {
        let list = page.webhook.as_str();
        let valid = |place: &str| keys::time_of(place).is_some();
        let start = page.cursor.map(|cursor| Cursor::place(cursor, list, "APT-6", valid)).transpose()?;
        let mut before = start.unwrap_or_else(|| keys::stamp(page.now + TimeDelta::days(1)));
        let oldest = keys::stamp(page.since);
        // The event at the cursor may have been deleted.
        let (mut places, mut reads, mut more) = (Vec::new(), 0, before > oldest);
        while more && places.len() < page.limit && reads < READS {
            let at = keys::time_of(&before).ok_or_else(|| Cursor::refused("APT-6"))?;
            let month = Month::of(at.min(page.now));
            let query = self.client.query().index_name("list").scan_index_forward(false);
            let query = query
                .key_condition_expression("lpk = :pk AND lsk BETWEEN :since AND :before")
                .filter_expression("contains(#row.#webhooks, :webhook)")
                .expression_attribute_names("#row", "row")
                .expression_attribute_names("#webhooks", "webhooks")
                .expression_attribute_values(":pk", AttributeValue::S(keys::deliveries_partition(scope, &month)))
                .expression_attribute_values(":since", AttributeValue::S(oldest.clone()))
                .expression_attribute_values(":before", AttributeValue::S(before.clone()))
                .expression_attribute_values(":webhook", AttributeValue::S(page.webhook.to_string()));
            let found = self.run(query).await?;
            reads += 1;
            let place = |attributes: &Attributes| attributes.get("lsk").and_then(|place| place.as_s().ok()).cloned();
            // The page before ended with the event at `before`.
            places.extend(found.items().iter().filter_map(place).filter(|place| *place != before));
            let first = month.first().map(|first| first.and_time(NaiveTime::MIN).and_utc()).filter(|first| *first > page.since);
            (before, more) = match (found.last_evaluated_key.as_ref().and_then(place), first) {
                (Some(last), _) => (last, true),
                // The month before ends with its last millisecond.
                (None, Some(first)) => (keys::stamp(first - TimeDelta::milliseconds(1)) + "#~", true),
                (None, None) => (before, false),
            };
        }
        if places.len() > page.limit {
            places.truncate(page.limit);
            (before, more) = (places.last().cloned().unwrap_or(before), true);
        }
        let keys: Vec<Key> = places.iter().filter_map(|place| keys::delivery_at(place)).collect();
        let loaded = self.load(scope, &Load::of(keys.iter().cloned())).await?;
        let events = keys.iter().filter_map(|key| match key {
            Key::Outgoing(about, sequence) => loaded.outgoing(about, *sequence).cloned(),
            _ => None,
        });
        Ok((events.collect(), more.then(|| Cursor::new(list, before).encode())))
    }
}
