//! What webhooks are told: added to each commit, read in its order, and listed (APT-6).

use crate::items::{Attributes, from_item, key_of};
use crate::keys::{self, Key, Month};
use crate::list::NotACursor;
use crate::reads::{find, keep, unavailable};
use crate::{Failure, Load, Loaded, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Subject, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::webhooks::{Outgoing, Webhooks, choose_fairly};
use futures::FutureExt as _;
use std::sync::Arc;

/// About how many things that are to be told of one lead or appointment are looked at together.
const UNTOLD: usize = 50;
/// How many reads of a megabyte, of about five thousand things told, a page of deliveries takes at most.
const READS: usize = 8;

impl Loaded {
    /// The group's webhooks; none where nobody has made any.
    pub fn webhooks(&self) -> Webhooks {
        match self.stored(&Key::Webhooks) {
            Some(Stored::Webhooks(webhooks)) => webhooks.clone(),
            _ => Webhooks::default(),
        }
    }

    /// What other systems are told of something.
    pub fn outgoing(&self, about: &Subject, sequence: u64) -> Option<&Outgoing> {
        match self.stored(&Key::Outgoing(about.clone(), sequence)) {
            Some(Stored::Outgoing(outgoing)) => Some(outgoing),
            _ => None,
        }
    }
}

impl Store {
    /// The group's webhooks, at most 60 s old: what happens in the minute after one was made elsewhere may not be told to it.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn webhooks(&self, scope: &Scope) -> Result<Arc<Webhooks>, Failure> {
        let name = scope.group().to_string();
        if let Some(webhooks) = find(&self.kept.webhooks, &name) {
            return Ok(webhooks);
        }
        let found = match self.one(scope, Key::Webhooks).await? {
            Some(Stored::Webhooks(webhooks)) => webhooks,
            _ => Webhooks::default(),
        };
        Ok(keep(&self.kept.webhooks, name, found))
    }

    /// With what the group's webhooks are to be told of it (APT-6): here, so that no handler can forget it. The webhooks are at most 60 s old.
    pub(crate) async fn announced(&self, scope: &Scope, loaded: &Loaded, mut decision: Decision) -> Result<Decision, Failure> {
        if !decision.items.iter().any(|item| matches!(item, Item::Lead(_) | Item::Appointment(_))) {
            return Ok(decision);
        }
        let webhooks = self.webhooks(scope).await?;
        let told = decision.items.iter().flat_map(|item| {
            let version = loaded.items.get(&key_of(item)).and_then(Option::as_ref).map_or(1, |seen| seen.version + 1);
            match item {
                Item::Lead(after) => webhooks.of_lead(loaded.lead(after.id), after, version),
                Item::Appointment(after) => webhooks.of_appointment(loaded.appointment(&after.id), after, version),
                _ => Vec::new(),
            }
        });
        let told: Vec<Item> = told.map(|outgoing| Item::Outgoing(Box::new(outgoing))).collect();
        decision.items.extend(told);
        Ok(decision)
    }

    /// What is still to be told of a lead or an appointment, in its order: about fifty, of each webhook the first that it waits for.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn untold(&self, scope: &Scope, about: &Subject) -> Result<Vec<u64>, Failure> {
        let query = self.client.query().table_name(&*self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .filter_expression("attribute_exists(dpk)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::outgoing_partition(scope, about)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (mut untold, mut start) = (Vec::new(), None);
        loop {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            for attributes in found.items.unwrap_or_default() {
                untold.push(from_item::<Outgoing>(attributes)?);
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(choose_fairly(&untold, UNTOLD).into_iter().collect());
            }
        }
    }

    /// At most `limit` things that were told to a webhook since `since`, newest first, from `cursor` on (APT-6); and where the next page starts, if there may be
    /// more. Of much that was told to others a page looks at some megabytes, and may then be short.
    ///
    /// # Errors
    /// When the table is out of reach. The inner error is for a cursor that is not one.
    pub async fn deliveries(
        &self,
        scope: &Scope,
        webhook: &WebhookId,
        since: DateTime<Utc>,
        (now, cursor): (DateTime<Utc>, Option<&str>),
        limit: usize,
    ) -> Result<Result<(Vec<Outgoing>, Option<String>), NotACursor>, Failure> {
        let decoded = cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|place| String::from_utf8(place).ok()));
        let mut before = match decoded {
            None => keys::stamp(now + TimeDelta::days(1)),
            Some(Some(place)) if place.len() <= 128 && keys::since_of(&place).is_some() => place,
            Some(_) => return Ok(Err(NotACursor)),
        };
        let oldest = keys::stamp(since);
        // What was on the page before may be kept no more.
        let (mut places, mut reads, mut more) = (Vec::new(), 0, before > oldest);
        while more && places.len() < limit && reads < READS {
            let Some(at) = keys::since_of(&before) else { return Ok(Err(NotACursor)) };
            let month = Month::of(at.min(now));
            let query = self.client.query().table_name(&*self.table).index_name("list").scan_index_forward(false);
            let query = query
                .key_condition_expression("lpk = :pk AND lsk BETWEEN :since AND :before")
                .filter_expression("contains(#row.#webhooks, :webhook)")
                .expression_attribute_names("#row", "row")
                .expression_attribute_names("#webhooks", "webhooks")
                .expression_attribute_values(":pk", AttributeValue::S(keys::deliveries_partition(scope, &month)))
                .expression_attribute_values(":since", AttributeValue::S(oldest.clone()))
                .expression_attribute_values(":before", AttributeValue::S(before.clone()))
                .expression_attribute_values(":webhook", AttributeValue::S(webhook.to_string()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let found = query.send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            reads += 1;
            let place = |attributes: &Attributes| attributes.get("lsk").and_then(|place| place.as_s().ok()).cloned();
            // The page before ended with the first of these.
            places.extend(found.items().iter().filter_map(place).filter(|place| *place != before));
            let first = month.first().map(|first| first.and_time(NaiveTime::MIN).and_utc()).filter(|first| *first > since);
            (before, more) = match (found.last_evaluated_key.as_ref().and_then(place), first) {
                (Some(last), _) => (last, true),
                // The month before ends with its last millisecond.
                (None, Some(first)) => (keys::stamp(first - TimeDelta::milliseconds(1)) + "#~", true),
                (None, None) => (before, false),
            };
        }
        if places.len() > limit {
            places.truncate(limit);
            (before, more) = (places.last().cloned().unwrap_or(before), true);
        }
        let keys: Vec<Key> = places.iter().filter_map(|place| keys::delivery_at(place)).collect();
        let loaded = self.load(scope, &Load::of(keys.iter().cloned())).await?;
        let told = keys.iter().filter_map(|key| match loaded.stored(key) {
            Some(Stored::Outgoing(outgoing)) => Some(outgoing.as_ref().clone()),
            _ => None,
        });
        Ok(Ok((told.collect(), more.then(|| URL_SAFE_NO_PAD.encode(before)))))
    }
}
