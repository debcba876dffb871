//! The one way to change anything: read a unit, ask a pure rule, commit once.

use crate::items::{Attributes, TELL, encode, key_of};
use crate::keys::{Key, Look};
use crate::loaded::Loaded;
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use forecourt_domain::access::Scope;
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::Decision;
use futures::FutureExt as _;
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Tries before a change gives way to the others that contend for the same items.
const TRIES: u32 = 8;
/// Tries of a patient one: some seconds in all.
const PATIENT_TRIES: u32 = 24;

/// Which items a unit has.
#[derive(Default)]
pub struct Load<'a> {
    pub(crate) keys: Vec<Key>,
    pub(crate) follow: Option<Box<Follow<'a>>>,
    patient: bool,
}

type Follow<'a> = dyn Fn(&Loaded) -> Vec<Key> + Send + Sync + 'a;

impl<'a> Load<'a> {
    /// These items, in one read.
    pub fn of(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect(), follow: None, patient: false }
    }

    /// Tries longer: where many want the same item at once, and nobody waits who could try again.
    pub fn patiently(self) -> Self {
        Self { patient: true, ..self }
    }

    /// And those that they point at, in a second read; and those that these point at. No read where `follow` names nothing new.
    pub fn then(self, follow: impl Fn(&Loaded) -> Vec<Key> + Send + Sync + 'a) -> Self {
        Self { follow: Some(Box::new(follow)), ..self }
    }
}

/// How a commit went.
enum Committed {
    Yes,
    /// Somebody else changed an item since it was read, or the answer was lost.
    Again(Option<Failure>),
}

impl Store {
    /// Reads a unit, asks `rule`, and commits what it decides: one item by a conditional write, more by one transaction, each guarded by the
    /// version at which it was read (or by its absence). `rule` gets the number of the try, from 0, and returns the decision and the answer;
    /// no decision: nothing to be done, and the answer stands.
    ///
    /// On a conflict it reads and asks again, up to 8 times, a patient one ([`Load::patiently`]) up to 24. Where the response to our own commit was lost, the commit's id in the item
    /// tells, and the answer of that try stands.
    ///
    /// # Errors
    /// [`Failure::Refused`] as the rule says; [`Failure::Contended`] after the last try; [`Failure::Unavailable`] when the table is out of reach.
    pub async fn decide<A>(
        &self,
        scope: &Scope,
        load: Load<'_>,
        mut rule: impl FnMut(&Loaded, u32) -> Result<(Option<Decision>, A), Refusal>,
    ) -> Result<A, Failure> {
        let tries = if load.patient { PATIENT_TRIES } else { TRIES };
        let mut ours: Option<(String, Decision, A)> = None;
        let mut failure = None;
        for attempt in 0..tries {
            let loaded: Loaded = match self.load(scope, &load).await {
                Ok(loaded) => loaded,
                Err(Failure::Unavailable(why)) if attempt + 1 < tries => {
                    failure = Some(Failure::Unavailable(why));
                    self.pause(attempt).await;
                    continue;
                }
                Err(e) => return Err(e),
            };
            if let Some((commit, decision, answer)) = ours.take()
                && loaded.holds_commit(&commit)
            {
                self.committed(scope, &decision);
                return Ok(answer);
            }
            let (decision, answer) = rule(&loaded, attempt)?;
            let Some(decision) = decision else { return Ok(answer) };
            let decision = match self.announced(scope, &loaded, decision).await {
                Ok(decision) => decision,
                Err(Failure::Unavailable(why)) if attempt + 1 < tries => {
                    failure = Some(Failure::Unavailable(why));
                    self.pause(attempt).await;
                    continue;
                }
                Err(e) => return Err(e),
            };
            let commit = uuid::Uuid::new_v4().simple().to_string();
            match self.commit(scope, &loaded, &decision, &commit).await? {
                Committed::Yes => {
                    self.committed(scope, &decision);
                    return Ok(answer);
                }
                Committed::Again(why) => failure = why.or(failure),
            }
            ours = Some((commit, decision, answer));
            self.pause(attempt).await;
        }
        // The last try may have been ours after all.
        if let Some((commit, decision, answer)) = ours
            && self.load(scope, &load).await?.holds_commit(&commit)
        {
            self.committed(scope, &decision);
            return Ok(answer);
        }
        Err(failure.unwrap_or(Failure::Contended))
    }

    async fn commit(&self, scope: &Scope, loaded: &Loaded, decision: &Decision, commit: &str) -> Result<Committed, Failure> {
        let mut writes = Vec::with_capacity(decision.items.len());
        for item in &decision.items {
            let seen = loaded.items.get(&key_of(item)).and_then(Option::as_ref);
            let version = seen.map_or(1, |seen| seen.version + 1);
            let attributes = encode(scope, item, version, commit)?;
            writes.push((attributes, seen.map(|seen| seen.version)));
        }
        match writes.len() {
            0 => Ok(Committed::Yes),
            1 => {
                let Some((attributes, seen)) = writes.pop() else { return Ok(Committed::Yes) };
                self.write_one(attributes, seen).await
            }
            _ => self.write_all(writes, commit).await,
        }
    }

    async fn write_one(&self, attributes: Attributes, seen: Option<u64>) -> Result<Committed, Failure> {
        let (condition, values) = guard(seen);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(attributes)).condition_expression(condition);
        let put = put.set_expression_attribute_values(values).return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().boxed().await {
            Ok(done) => {
                self.spent.note_write(done.consumed_capacity());
                Ok(Committed::Yes)
            }
            Err(e)
                if e.as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception() || e.is_transaction_conflict_exception()) =>
            {
                Ok(Committed::Again(None))
            }
            Err(e) if e.as_service_error().is_some_and(|e| e.meta().code() == Some("ValidationException")) => Err(broken(&e)),
            Err(e) => Ok(Committed::Again(Some(unavailable(&e)))),
        }
    }

    async fn write_all(&self, writes: Vec<(Attributes, Option<u64>)>, commit: &str) -> Result<Committed, Failure> {
        let mut items = Vec::with_capacity(writes.len());
        for (attributes, seen) in writes {
            let (condition, values) = guard(seen);
            let put = Put::builder()
                .table_name(&*self.table)
                .set_item(Some(attributes))
                .condition_expression(condition)
                .set_expression_attribute_values(values);
            let put = put.build().map_err(|e| Failure::Broken(e.to_string()))?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        let write = self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(commit);
        match write.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await {
            Ok(done) => {
                self.spent.note_write(done.consumed_capacity());
                Ok(Committed::Yes)
            }
            Err(e) => match e.as_service_error() {
                Some(service) if service.is_transaction_canceled_exception() => {
                    let reasons = cancellation_codes(service);
                    if reasons.iter().any(|code| code == "ValidationError" || code == "ItemCollectionSizeLimitExceeded") {
                        Err(broken(&e))
                    } else {
                        Ok(Committed::Again(None))
                    }
                }
                Some(service) if service.meta().code() == Some("ValidationException") => Err(broken(&e)),
                _ => Ok(Committed::Again(Some(unavailable(&e)))),
            },
        }
    }

    /// Waits a moment of random length, longer after each try, so that those who contend do not meet again.
    async fn pause(&self, attempt: u32) {
        let most = 8_u64 << attempt.min(6);
        // The golden ratio's steps spread evenly, and what is multiplied by it looks random enough to part two processes.
        let random = self.chance.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
        tokio::time::sleep(Duration::from_millis(1 + random % most)).await;
    }

    fn committed(&self, scope: &Scope, decision: &Decision) {
        self.forget(scope, decision);
        self.tell(scope, decision);
    }

    /// Tells the nudge what the decision made due.
    fn tell(&self, scope: &Scope, decision: &Decision) {
        let Some(nudge) = &self.nudge else { return };
        let mut looks = Vec::new();
        for item in &decision.items {
            let Ok(attributes) = encode(scope, item, 1, "") else { continue };
            if let Some(look) = look(&attributes).filter(|_| attributes.contains_key(TELL)) {
                looks.push(look);
            }
        }
        if !looks.is_empty() {
            nudge(looks);
        }
    }
}

/// The wake-up that an item's attributes ask for.
pub(crate) fn look(attributes: &Attributes) -> Option<(chrono::DateTime<chrono::Utc>, Look)> {
    let text = |name| attributes.get(name).and_then(|v: &AttributeValue| v.as_s().ok());
    Look::from_keys(text("pk")?, text("sk")?, text("dsk")?)
}

fn guard(seen: Option<u64>) -> (&'static str, Option<HashMap<String, AttributeValue>>) {
    match seen {
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

fn broken<E: std::error::Error + 'static>(error: &E) -> Failure {
    Failure::Broken(aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string())
}
