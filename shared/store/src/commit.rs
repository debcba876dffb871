//! The one way to change anything: read a unit, ask a pure rule, commit once.

use crate::items::{Attributes, Seen, Stored, TELL, decode, encode, key_of};
use crate::keys::{Key, Look};
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use chrono::NaiveDate;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::assignment::Place;
use forecourt_domain::calendar_event::CalendarEvent;
use forecourt_domain::calendar_feed::Feeds;
use forecourt_domain::contact::{Channel, ChannelKey};
use forecourt_domain::dealer::Dealer;
use forecourt_domain::decision::Decision;
use forecourt_domain::element::{Element, Kind};
use forecourt_domain::export::Export;
use forecourt_domain::ids::{AppointmentId, DealerId, ElementId, EventId, ExportId, InvitationId, LeadId, TaskId, UserId};
use forecourt_domain::intake::Receipt;
use forecourt_domain::invitation::Invitation;
use forecourt_domain::lead::Lead;
use forecourt_domain::letter::{Home, Letter};
use forecourt_domain::message::Message;
use forecourt_domain::pool::Pool;
use forecourt_domain::recompute::Recompute;
use forecourt_domain::refusal::Refusal;
use forecourt_domain::rotation::Rotation;
use forecourt_domain::routing::Lane;
use forecourt_domain::slots::Day;
use forecourt_domain::task::Task;
use forecourt_domain::timeline::Entry;
use forecourt_domain::user::User;
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

/// The items of a unit as they were read.
#[derive(Debug, Default)]
pub struct Loaded {
    items: HashMap<Key, Option<Seen>>,
}

impl Loaded {
    pub(crate) fn ask(&mut self, key: Key) {
        self.items.entry(key).or_insert(None);
    }

    pub(crate) fn asked(&self, key: &Key) -> bool {
        self.items.contains_key(key)
    }

    pub(crate) fn found(&mut self, key: Key, attributes: Attributes) -> Result<(), Failure> {
        let seen = decode(&key, attributes)?;
        self.items.insert(key, Some(seen));
        Ok(())
    }

    /// What is stored under `key`.
    pub fn stored(&self, key: &Key) -> Option<&Stored> {
        self.items.get(key)?.as_ref().map(|seen| &seen.stored)
    }

    /// A lead, if it was asked for and is there.
    pub fn lead(&self, id: LeadId) -> Option<&Lead> {
        match self.stored(&Key::Lead(id)) {
            Some(Stored::Lead(lead)) => Some(lead),
            _ => None,
        }
    }

    /// A message of a lead.
    pub fn message(&self, lead: LeadId, cause: &str) -> Option<&Message> {
        match self.stored(&Key::Message(lead, cause.to_owned())) {
            Some(Stored::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// A dealer.
    pub fn dealer(&self, id: &DealerId) -> Option<&Dealer> {
        match self.stored(&Key::Dealer(id.clone())) {
            Some(Stored::Dealer(dealer)) => Some(dealer),
            _ => None,
        }
    }

    /// A calendar event of a lead.
    pub fn event(&self, lead: LeadId, event: &EventId) -> Option<&CalendarEvent> {
        match self.stored(&Key::Event(lead, event.clone())) {
            Some(Stored::Event(event)) => Some(event),
            _ => None,
        }
    }

    /// An invitation of a lead.
    pub fn invitation(&self, lead: LeadId, id: &InvitationId) -> Option<&Invitation> {
        match self.stored(&Key::Invitation(lead, id.clone())) {
            Some(Stored::Invitation(invitation)) => Some(invitation),
            _ => None,
        }
    }

    /// An element of a lead.
    pub fn element(&self, lead: LeadId, kind: Kind, id: &ElementId) -> Option<&Element> {
        match self.stored(&Key::Element(lead, kind, id.clone())) {
            Some(Stored::Element(element)) => Some(element),
            _ => None,
        }
    }

    /// An appointment.
    pub fn appointment(&self, id: &AppointmentId) -> Option<&Appointment> {
        match self.stored(&Key::Appointment(id.clone())) {
            Some(Stored::Appointment(appointment)) => Some(appointment),
            _ => None,
        }
    }

    /// A task of a lead.
    pub fn task(&self, lead: LeadId, id: &TaskId) -> Option<&Task> {
        match self.stored(&Key::Task(lead, id.clone())) {
            Some(Stored::Task(task)) => Some(task),
            _ => None,
        }
    }

    /// A letter.
    pub fn letter(&self, home: &Home, cause: &str) -> Option<&Letter> {
        match self.stored(&Key::Letter(home.clone(), cause.to_owned())) {
            Some(Stored::Letter(letter)) => Some(letter),
            _ => None,
        }
    }

    /// The appointments that those of `keys` that are events are, where they are read and are any.
    pub fn appointments_of(&self, keys: &[Key]) -> Vec<Key> {
        let of = |key: &Key| match key {
            Key::Event(lead, event) => self.event(*lead, event).filter(|event| event.is_appointment()),
            _ => None,
        };
        keys.iter().filter_map(of).map(|event| Key::Appointment(AppointmentId::of_event(event.lead, &event.id))).collect()
    }

    /// An export.
    pub fn export(&self, id: &ExportId) -> Option<&Export> {
        match self.stored(&Key::Export(id.clone())) {
            Some(Stored::Export(export)) => Some(export),
            _ => None,
        }
    }

    /// An entry of a lead's timeline.
    pub fn entry(&self, lead: LeadId, version: u64) -> Option<&Entry> {
        match self.stored(&Key::Entry(lead, version)) {
            Some(Stored::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    /// A user's calendar links.
    pub fn feeds(&self, user: &UserId) -> Option<&Feeds> {
        match self.stored(&Key::Feeds(user.clone())) {
            Some(Stored::Feeds(feeds)) => Some(feeds),
            _ => None,
        }
    }

    /// A user.
    pub fn user(&self, id: &UserId) -> Option<&User> {
        match self.stored(&Key::User(id.clone())) {
            Some(Stored::User(user)) => Some(user),
            _ => None,
        }
    }

    /// How far a dealer's open leads are computed anew.
    pub fn recompute(&self, dealer: &DealerId) -> Option<&Recompute> {
        match self.stored(&Key::Recompute(dealer.clone())) {
            Some(Stored::Recompute(recompute)) => Some(recompute),
            _ => None,
        }
    }

    /// Where a lane of a dealer stands: at its beginning where none was saved yet. `None`: it was not asked for, so nothing guards it.
    pub fn place(&self, dealer: &DealerId, lane: &Lane) -> Option<Place> {
        let key = Key::Place(dealer.clone(), lane.clone());
        if !self.asked(&key) {
            return None;
        }
        Some(match (self.stored(&key), lane) {
            (Some(Stored::Rotation(rotation)), _) => Place::Rotation(rotation.clone()),
            (Some(Stored::Pool(pool)), _) => Place::Pool(pool.clone()),
            (_, Lane::Rotation(group)) => Place::Rotation(Rotation::new(dealer.clone(), group.clone())),
            (_, Lane::Pool) => Place::Pool(Pool::new(dealer.clone())),
        })
    }

    /// Where the rotation of `lane` stands, if it is one and was asked for.
    pub fn rotation(&self, dealer: &DealerId, lane: Option<&Lane>) -> Option<Rotation> {
        match self.place(dealer, lane?)? {
            Place::Rotation(rotation) => Some(rotation),
            Place::Pool(_) => None,
        }
    }

    /// What a channel's item says.
    pub fn channel(&self, key: &ChannelKey) -> Option<&Channel> {
        match self.stored(&Key::Channel(key.clone())) {
            Some(Stored::Channel(channel)) => Some(channel),
            _ => None,
        }
    }

    /// A person's day: empty where nothing takes any of it yet. `None`: it was not asked for, so nothing guards it.
    pub fn day(&self, user: &UserId, date: NaiveDate) -> Option<Day> {
        let key = Key::Day(user.clone(), date);
        match self.stored(&key) {
            Some(Stored::Day(day)) => Some(day.clone()),
            _ => self.asked(&key).then(|| Day::empty(user.clone(), date)),
        }
    }

    /// A receipt.
    pub fn receipt(&self, key: &str) -> Option<&Receipt> {
        match self.stored(&Key::Receipt(key.to_owned())) {
            Some(Stored::Receipt(receipt)) => Some(receipt),
            _ => None,
        }
    }

    fn holds_commit(&self, commit: &str) -> bool {
        self.items.values().flatten().any(|seen| seen.commit == commit)
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
