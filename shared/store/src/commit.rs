//! The only way to write: read a unit of items, call a pure rule, commit its decision in one conditional write.

use crate::entities::encode;
use crate::entity::{Attributes, WAKE_UP};
use crate::keys::{Key, WakeUp};
use crate::loaded::Loaded;
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::Decision;
use futures::FutureExt as _;
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The number of attempts to change contended items.
const ATTEMPTS: u32 = 8;
/// The number of attempts of the long retry budget: some seconds in all.
const LONG_ATTEMPTS: u32 = 24;

/// The items of a unit.
#[derive(Default)]
pub struct Load<'a> {
    pub(crate) keys: Vec<Key>,
    pub(crate) follow: Option<Box<Follow<'a>>>,
    long_retry: bool,
}

type Follow<'a> = dyn Fn(&Loaded) -> Vec<Key> + Send + Sync + 'a;

impl<'a> Load<'a> {
    /// These items, in one read.
    pub fn of(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect(), follow: None, long_retry: false }
    }

    /// Adds keys that are read first.
    pub fn with(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// Uses the long retry budget, for background work on contended items.
    pub fn with_long_retry(self) -> Self {
        Self { long_retry: true, ..self }
    }

    /// Adds the items that `follow` names once these are read, in a second read, and so on up to eight times. There is no further read if
    /// `follow` names nothing new.
    pub fn then(self, follow: impl Fn(&Loaded) -> Vec<Key> + Send + Sync + 'a) -> Self {
        Self { follow: Some(Box::new(follow)), ..self }
    }
}

/// The result of an attempt to commit.
enum Attempt {
    Committed,
    /// Another commit changed an item since it was read (`None`), or the response was lost.
    Retry(Option<Failure>),
}

impl Store {
    /// Reads a unit, calls `rule`, and commits its decision. One item is written conditionally, more in one transaction; the condition is
    /// the version at which the item was read, or that it does not exist. `rule` gets the number of the attempt, from 0, and returns the
    /// decision and the answer. `None` as decision writes nothing.
    ///
    /// After a conflict it reads and calls `rule` again: up to 8 attempts, or 24 with [`Load::with_long_retry`]. If the response of a
    /// commit was lost, the next read recognises it by the commit id in an item, and the answer of that attempt is returned.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the rule refuses; [`Failure::Contended`] after the last attempt; [`Failure::Unavailable`].
    pub async fn decide<A>(
        &self,
        scope: &Scope,
        load: Load<'_>,
        mut rule: impl FnMut(&Loaded, u32) -> Result<(Option<Decision>, A), Refusal>,
    ) -> Result<A, Failure> {
        let attempts = if load.long_retry { LONG_ATTEMPTS } else { ATTEMPTS };
        let mut ours: Option<(String, Decision, A)> = None;
        let mut failure = None;
        for attempt in 0..attempts {
            let loaded: Loaded = match self.load(scope, &load).await {
                Ok(loaded) => loaded,
                Err(Failure::Unavailable(why)) if attempt + 1 < attempts => {
                    failure = Some(Failure::Unavailable(why));
                    self.pause(attempt).await;
                    continue;
                }
                Err(e) => return Err(e),
            };
            if let Some((commit, decision, answer)) = ours.take()
                && loaded.holds_commit(&commit)
            {
                self.committed(scope, &loaded, &decision).await;
                return Ok(answer);
            }
            let (decision, answer) = rule(&loaded, attempt)?;
            let Some(decision) = decision else { return Ok(answer) };
            let decision = match self.with_webhook_events(scope, &loaded, decision).await {
                Ok(decision) => decision,
                Err(Failure::Unavailable(why)) if attempt + 1 < attempts => {
                    failure = Some(Failure::Unavailable(why));
                    self.pause(attempt).await;
                    continue;
                }
                Err(e) => return Err(e),
            };
            let commit = uuid::Uuid::new_v4().simple().to_string();
            match self.commit(scope, &loaded, &decision, &commit).await? {
                Attempt::Committed => {
                    self.committed(scope, &loaded, &decision).await;
                    return Ok(answer);
                }
                Attempt::Retry(why) => failure = why.or(failure),
            }
            ours = Some((commit, decision, answer));
            self.pause(attempt).await;
        }
        // The last write may have succeeded although its response was lost.
        if let Some((commit, decision, answer)) = ours {
            let loaded = self.load(scope, &load).await?;
            if loaded.holds_commit(&commit) {
                self.committed(scope, &loaded, &decision).await;
                return Ok(answer);
            }
        }
        Err(failure.unwrap_or(Failure::Contended))
    }

    async fn commit(&self, scope: &Scope, loaded: &Loaded, decision: &Decision, commit: &str) -> Result<Attempt, Failure> {
        let mut writes = Vec::with_capacity(decision.items.len());
        for item in &decision.items {
            let before = loaded.versioned(&Key::of(item));
            let mut attributes = encode(scope, item, before, commit, decision.erases)?;
            if before.is_none() {
                loaded.carry_over(scope, item, &mut attributes)?;
            }
            writes.push((attributes, before.map(|before| before.version)));
        }
        match writes.len() {
            0 => Ok(Attempt::Committed),
            1 => {
                let Some((attributes, before)) = writes.pop() else { return Ok(Attempt::Committed) };
                self.write_one(attributes, before).await
            }
            _ => self.write_all(writes, commit).await,
        }
    }

    async fn write_one(&self, attributes: Attributes, before: Option<u64>) -> Result<Attempt, Failure> {
        let (condition, values) = guard(before);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(attributes)).condition_expression(condition);
        let put = put.set_expression_attribute_values(values).return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().boxed().await {
            Ok(done) => {
                self.spent.note_write(done.consumed_capacity());
                Ok(Attempt::Committed)
            }
            Err(e)
                if e.as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception() || e.is_transaction_conflict_exception()) =>
            {
                Ok(Attempt::Retry(None))
            }
            Err(e) if e.as_service_error().is_some_and(|e| e.meta().code() == Some("ValidationException")) => Err(broken(e)),
            Err(e) => Ok(Attempt::Retry(Some(unavailable(e)))),
        }
    }

    async fn write_all(&self, writes: Vec<(Attributes, Option<u64>)>, commit: &str) -> Result<Attempt, Failure> {
        let mut items = Vec::with_capacity(writes.len());
        for (attributes, before) in writes {
            let (condition, values) = guard(before);
            let put = Put::builder()
                .table_name(&*self.table)
                .set_item(Some(attributes))
                .condition_expression(condition)
                .set_expression_attribute_values(values);
            let put = put.build().map_err(|e| Failure::Broken(e.into()))?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        let write = self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(commit);
        match write.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await {
            Ok(done) => {
                self.spent.note_write(done.consumed_capacity());
                Ok(Attempt::Committed)
            }
            Err(e) => match e.as_service_error() {
                Some(service) if service.is_transaction_canceled_exception() => {
                    let reasons = cancellation_codes(service);
                    if reasons.iter().any(|code| code == "ValidationError" || code == "ItemCollectionSizeLimitExceeded") {
                        Err(broken(e))
                    } else {
                        Ok(Attempt::Retry(None))
                    }
                }
                Some(service) if service.meta().code() == Some("ValidationException") => Err(broken(e)),
                _ => Ok(Attempt::Retry(Some(unavailable(e)))),
            },
        }
    }

    /// Waits a random time, longer after each attempt, so that contending processes do not conflict again.
    async fn pause(&self, attempt: u32) {
        let most = 8_u64 << attempt.min(6);
        // Steps of the golden ratio are evenly distributed; the multiplication mixes them well enough to separate two processes.
        let random = self.jitter.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
        tokio::time::sleep(Duration::from_millis(1 + random % most)).await;
    }

    async fn committed(&self, scope: &Scope, loaded: &Loaded, decision: &Decision) {
        self.forget(scope, decision);
        self.call_hook(scope, decision);
        self.note_changes(scope, loaded, decision).boxed().await;
    }

    /// Passes the wake-ups of a decision to the commit hook.
    fn call_hook(&self, scope: &Scope, decision: &Decision) {
        let Some(hook) = &self.commit_hook else { return };
        let mut wake_ups = Vec::new();
        for item in &decision.items {
            let Ok(attributes) = encode(scope, item, None, "", false) else { continue };
            if let Some(wake_up) = wake_up_of(&attributes).filter(|_| attributes.contains_key(WAKE_UP)) {
                wake_ups.push(wake_up);
            }
        }
        if !wake_ups.is_empty() {
            hook(wake_ups);
        }
    }
}

/// Returns the wake-up of an item, and when it is due; `None` if the item is not due.
pub(crate) fn wake_up_of(attributes: &Attributes) -> Option<(DateTime<Utc>, WakeUp)> {
    let text = |name| attributes.get(name).and_then(|v: &AttributeValue| v.as_s().ok());
    WakeUp::from_keys(text("pk")?, text("sk")?, text("dsk")?)
}

pub(crate) fn guard(before: Option<u64>) -> (&'static str, Option<HashMap<String, AttributeValue>>) {
    match before {
        Some(version) => ("v = :v", Some(HashMap::from([(":v".to_owned(), AttributeValue::N(version.to_string()))]))),
        None => ("attribute_not_exists(pk)", None),
    }
}

fn cancellation_codes(error: &aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError) -> Vec<String> {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException;
    match error {
        TransactionCanceledException(e) => e.cancellation_reasons().iter().filter_map(|r| r.code().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// Converts an error that another attempt would meet again.
fn broken<E: std::error::Error + Send + Sync + 'static>(error: E) -> Failure {
    Failure::Broken(error.into())
}
