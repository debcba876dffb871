//! Items as the table holds them: state, version, commit, and the index keys that follow from the state.

use crate::Failure;
use crate::keys::{self, DueKind, Key};
use crate::rows::{encode_appointment, encode_event, encode_lead, flat};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, PendingReports, Unprocessed};
use forecourt_domain::base::Partner;
use forecourt_domain::calendar::{CalendarEvent, CalendarFeeds, Invitation};
use forecourt_domain::decision::Item;
use forecourt_domain::directory::Channel;
use forecourt_domain::distribution::{Pool, Rotation};
use forecourt_domain::elements::Element;
use forecourt_domain::lead::{Entry, Lead, Receipt, Task, TaskState, Waiting};
use forecourt_domain::messages::{Letter, LetterState, Message, MessageState};
use forecourt_domain::people::{ReceivedRequest as Sent, Signing, User, UserChange};
use forecourt_domain::reports::{Download, Export};
use forecourt_domain::settings::{Dealer, Lane, Recompute, SettingsChange};
use forecourt_domain::slots::Day;
use forecourt_domain::webhooks::{Outgoing, Webhooks};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// An item's attributes.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The shape of items that this code writes. One that is newer is never written over.
const SCHEMA: u32 = 1;

/// On what is due and to be told when it is. Of the end of a sender's lease nobody is told: it matters only if the sender is lost, and then
/// the sweep finds it. The filter of the template's stream knows the name.
pub const TELL: &str = "tell";

/// What was read under a key.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the types say it")]
pub enum Stored {
    Lead(Box<Lead>),
    Entry(Box<Entry>),
    Message(Message),
    Channel(Channel),
    Dealer(Box<Dealer>),
    Change(Box<SettingsChange>),
    Recompute(Recompute),
    Rotation(Rotation),
    Pool(Pool),
    User(Box<User>),
    Event(Box<CalendarEvent>),
    UserChange(Box<UserChange>),
    Partner(Partner),
    Receipt(Receipt),
    Day(Day),
    Invitation(Box<Invitation>),
    Appointment(Box<Appointment>),
    Letter(Box<Letter>),
    Element(Box<Element>),
    Feeds(CalendarFeeds),
    Task(Box<Task>),
    Export(Box<Export>),
    Download(Box<Download>),
    Early(PendingReports),
    Unprocessed(Unprocessed),
    Seen(Sent),
    Signing(Signing),
    Webhooks(Webhooks),
    Outgoing(Box<Outgoing>),
}

/// An item's version and commit, as read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) version: u64,
    pub(crate) commit: String,
    pub(crate) stored: Stored,
}

/// The key of an item that a decision holds.
pub(crate) fn key_of(item: &Item) -> Key {
    match item {
        Item::Lead(lead) => Key::Lead(lead.id),
        Item::Entry(entry) => Key::Entry(entry.lead, entry.version),
        Item::Message(message) => Key::Message(message.lead, message.cause.clone()),
        Item::Rotation(rotation) => Key::Place(rotation.dealer.clone(), Lane::Rotation(rotation.group.clone())),
        Item::Pool(pool) => Key::Place(pool.dealer.clone(), Lane::Pool),
        Item::Channel(channel, _) => Key::Channel(channel.clone()),
        Item::Receipt(receipt) => Key::Receipt(receipt.key.clone()),
        Item::Dealer(dealer) => Key::Dealer(dealer.id.clone()),
        Item::Change(change) => Key::Change(change.dealer.clone(), change.version),
        Item::Recompute(recompute) => Key::Recompute(recompute.dealer.clone()),
        Item::User(user) => Key::User(user.id.clone()),
        Item::UserChange(change) => Key::UserChange(change.user.id.clone(), change.user.version),
        Item::Event(event) => Key::Event(event.lead, event.id.clone()),
        Item::Invitation(invitation) => Key::Invitation(invitation.lead, invitation.id.clone()),
        Item::Appointment(appointment) => Key::Appointment(appointment.id.clone()),
        Item::Letter(letter) => Key::Letter(letter.home.clone(), letter.cause.clone()),
        Item::Element(element) => Key::Element(element.lead, element.content.kind(), element.id.clone()),
        Item::Feeds(feeds) => Key::Feeds(feeds.user.clone()),
        Item::Task(task) => Key::Task(task.lead, task.work.id.clone()),
        Item::Export(export) => Key::Export(export.id.clone()),
        Item::Download(download) => Key::Download(download.at, download.id.clone()),
        Item::Webhooks(_) => Key::Webhooks,
        Item::Outgoing(outgoing) => Key::Outgoing(outgoing.about.clone(), outgoing.sequence),
        Item::Day(day) => Key::Day(day.user.clone(), day.date),
        Item::Early(early) => Key::Early(early.id.clone()),
        Item::Unprocessed(count) => Key::Unprocessed(count.dealer.clone()),
        Item::Seen(seen) => Key::Seen(seen.key.clone()),
        Item::Signing(signing) => Key::Signing(signing.partner.clone()),
    }
}

/// An item's attributes: its state, and the index keys that follow from it.
pub(crate) fn encode(scope: &Scope, item: &Item, version: u64, commit: &str) -> Result<Attributes, Failure> {
    let mut index = Attributes::new();
    let mut put = |name: &str, value: String| {
        index.insert(name.to_owned(), AttributeValue::S(value));
    };
    let table_key = key_of(item).at(scope);
    let mut due = None;
    let state = match item {
        Item::Lead(lead) => {
            put("lpk", keys::list_partition(scope, &lead.dealer, &keys::Month::of(lead.here_since())));
            put("lsk", keys::list_place(lead.here_since(), lead.id));
            due = lead.waits_for().map(|waiting| match waiting {
                Waiting::Distribute(since) => (since, DueKind::Assign, &lead.dealer),
                Waiting::Escalate(at) => (at, DueKind::Escalate, &lead.dealer),
            });
            if let Some(owner) = lead.owner.as_ref().filter(|_| lead.is_work()) {
                put("wpk", keys::work_partition(scope, owner));
                put("wsk", keys::work_place(lead.next_action().0, lead.id));
            }
            encode_lead(lead)?
        }
        Item::Message(message) => {
            due = message.due().map(|at| (at, DueKind::Send, &message.dealer));
            if let (true, Some(at)) = (message.bundled, message.due()) {
                put("wpk", keys::work_partition(scope, &message.reader));
                put("wsk", keys::bundle_place(&message.dealer, at, message.lead, &message.cause));
            }
            to_item(message)?
        }
        Item::Entry(entry) => to_item(entry)?,
        Item::Event(event) => {
            put("lpk", keys::calendar_partition(scope, &event.dealer, &keys::Month::of(event.at)));
            put("lsk", keys::calendar_place(event.at, event.lead, &event.id));
            due = event.due.map(|at| (at, DueKind::Resubmit, &event.dealer));
            encode_event(event)?
        }
        Item::Task(task) => {
            if let (TaskState::Open, Some(assignee)) = (&task.state, &task.work.assignee) {
                put("wpk", keys::work_partition(scope, assignee));
                put("wsk", keys::task_place(task.work.start, task.lead, task.work.id.as_str()));
            }
            Attributes::from([("row".to_owned(), AttributeValue::M(to_item(task)?))])
        }
        Item::UserChange(change) => to_item(change)?,
        Item::Day(day) => to_item(day)?,
        Item::Invitation(invitation) => to_item(invitation)?,
        Item::Appointment(appointment) => {
            let month = keys::Month::of(appointment.created);
            let partition = match appointment.left.is_empty() {
                true => keys::appointments_partition(scope, &appointment.dealer, &month),
                false => keys::newcomers_partition(scope, &appointment.dealer),
            };
            put("lpk", partition);
            put("lsk", keys::appointment_place(appointment.created, &appointment.id));
            encode_appointment(appointment)?
        }
        Item::Letter(letter) => {
            due = letter.due().map(|at| (at, DueKind::Deliver, &letter.dealer));
            to_item(letter)?
        }
        Item::Element(element) => to_item(element)?,
        Item::Feeds(feeds) => to_item(feeds)?,
        Item::Export(export) => {
            // A wake-up names a dealer: of an export the first, since there is no other place for its name.
            due = export.due.zip(export.dealers.first()).map(|(at, dealer)| (at, DueKind::Export, dealer));
            let mut state: Attributes = to_item(export)?;
            let gone = export.expires() + TimeDelta::days(1);
            state.insert("ttl".into(), AttributeValue::N(gone.timestamp().to_string()));
            state
        }
        Item::Download(download) => to_item(download)?,
        Item::Early(early) => passing(to_item(early)?, early.until()),
        Item::Unprocessed(count) => to_item(count)?,
        Item::Seen(seen) => passing(to_item(seen)?, seen.until),
        Item::Signing(signing) => to_item(signing)?,
        Item::Webhooks(webhooks) => to_item(webhooks)?,
        Item::Outgoing(outgoing) => {
            due = outgoing.due().map(|at| (at, DueKind::Notify, &outgoing.data.dealer));
            put("lpk", keys::deliveries_partition(scope, &keys::Month::of(outgoing.queued)));
            put("lsk", keys::delivery_place(outgoing.queued, &outgoing.about, outgoing.sequence));
            let mut state: Attributes = to_item(outgoing)?;
            // Only to whom: what becomes of it changes, and would be written to the index each time.
            let whom = outgoing.deliveries.iter().map(|delivery| AttributeValue::S(delivery.webhook.to_string())).collect();
            state.insert("row".into(), AttributeValue::M(Attributes::from([("webhooks".into(), AttributeValue::L(whom))])));
            if due.is_some() { state } else { passing(state, outgoing.queued + Outgoing::KEPT) }
        }
        Item::Rotation(rotation) => to_item(rotation)?,
        Item::Pool(pool) => to_item(pool)?,
        Item::Channel(_, channel) => to_item(channel)?,
        Item::Receipt(receipt) => to_item(receipt)?,
        Item::Dealer(dealer) => {
            put("lpk", keys::dealers_partition(scope));
            put("lsk", dealer.id.to_string());
            to_item(dealer)?
        }
        Item::User(user) => {
            put("lpk", keys::users_partition(scope));
            put("lsk", user.id.to_string());
            Attributes::from([("row".to_owned(), AttributeValue::M(to_item(user)?))])
        }
        Item::Change(change) => to_item(change)?,
        Item::Recompute(recompute) => {
            due = recompute.due.map(|at| (at, DueKind::Recompute, &recompute.dealer));
            to_item(recompute)?
        }
    };
    if let Some((at, kind, dealer)) = due {
        put("dpk", keys::due_shard(&table_key.pk));
        put("dsk", keys::due_place(at, kind, dealer));
        if !leased(item) {
            put(TELL, "y".into());
        }
    }
    let mut attributes = envelope(table_key, state, version, commit);
    attributes.extend(index);
    Ok(attributes)
}

/// What DynamoDB cleans up some time after `until`.
fn passing(mut state: Attributes, until: DateTime<Utc>) -> Attributes {
    state.insert("ttl".into(), AttributeValue::N(until.timestamp().to_string()));
    state
}

fn leased(item: &Item) -> bool {
    match item {
        Item::Message(message) => matches!(message.fate, MessageState::Sending { .. }),
        Item::Letter(letter) => matches!(letter.fate, LetterState::Sending { .. }),
        Item::Outgoing(outgoing) => outgoing.is_leased(),
        _ => false,
    }
}

/// An item's attributes beside its state. Of partners and senders, which are no part of a decision, the local run and the tests write them too.
pub(crate) fn envelope(key: keys::TableKey, state: Attributes, version: u64, commit: &str) -> Attributes {
    let mut attributes = state;
    attributes.insert("pk".into(), AttributeValue::S(key.pk));
    attributes.insert("sk".into(), AttributeValue::S(key.sk));
    attributes.insert("v".into(), AttributeValue::N(version.to_string()));
    attributes.insert("c".into(), AttributeValue::S(commit.to_owned()));
    attributes.insert("sv".into(), AttributeValue::N(SCHEMA.to_string()));
    attributes
}

/// Reads what is stored under `key`.
pub(crate) fn decode(key: &Key, attributes: Attributes) -> Result<Seen, Failure> {
    let number = |name: &str| attributes.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse::<u64>().ok());
    let version = number("v").unwrap_or_default();
    if number("sv").is_some_and(|schema| schema > u64::from(SCHEMA)) {
        return Err(Failure::Broken(format!("{key:?} was written by a newer version of Forecourt")));
    }
    let commit = attributes.get("c").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
    let stored = match key {
        Key::Lead(_) => Stored::Lead(Box::new(from_item(flat(attributes))?)),
        Key::Entry(..) => Stored::Entry(Box::new(from_item(attributes)?)),
        Key::Message(..) => Stored::Message(from_item(attributes)?),
        Key::Channel(_) => Stored::Channel(channel(attributes)?),
        Key::Dealer(_) => Stored::Dealer(Box::new(from_item(attributes)?)),
        Key::Change(..) => Stored::Change(Box::new(from_item(attributes)?)),
        Key::Recompute(_) => Stored::Recompute(from_item(attributes)?),
        Key::Place(_, Lane::Rotation(_)) => Stored::Rotation(from_item(attributes)?),
        Key::Place(_, Lane::Pool) => Stored::Pool(from_item(attributes)?),
        Key::User(_) => Stored::User(Box::new(from_item(flat(attributes))?)),
        Key::UserChange(..) => Stored::UserChange(Box::new(from_item(attributes)?)),
        Key::Event(..) => Stored::Event(Box::new(from_item(flat(attributes))?)),
        Key::Partner(_) => Stored::Partner(from_item(attributes)?),
        Key::Receipt(_) => Stored::Receipt(from_item(attributes)?),
        Key::Task(..) => Stored::Task(Box::new(from_item(flat(attributes))?)),
        Key::Invitation(..) => Stored::Invitation(Box::new(from_item(attributes)?)),
        Key::Appointment(_) => Stored::Appointment(Box::new(from_item(flat(attributes))?)),
        Key::Letter(..) => Stored::Letter(Box::new(from_item(attributes)?)),
        Key::Element(..) => Stored::Element(Box::new(from_item(attributes)?)),
        Key::Feeds(_) => Stored::Feeds(from_item(attributes)?),
        Key::Export(_) => Stored::Export(Box::new(from_item(attributes)?)),
        Key::Download(..) => Stored::Download(Box::new(from_item(attributes)?)),
        Key::Webhooks => Stored::Webhooks(from_item(attributes)?),
        Key::Outgoing(..) => Stored::Outgoing(Box::new(from_item(attributes)?)),
        Key::Day(..) => Stored::Day(from_item(attributes)?),
        Key::Early(_) => Stored::Early(from_item(attributes)?),
        Key::Unprocessed(_) => Stored::Unprocessed(from_item(attributes)?),
        Key::Seen(_) => Stored::Seen(from_item(attributes)?),
        Key::Signing(_) => Stored::Signing(from_item(attributes)?),
    };
    Ok(Seen { version, commit, stored })
}

/// A channel's item is an enum with one attribute that names the variant; the envelope's attributes stand beside it.
fn channel(mut attributes: Attributes) -> Result<Channel, Failure> {
    attributes.retain(|name, _| matches!(name.as_str(), "contact" | "alias_of"));
    from_item(attributes)
}

pub(crate) fn to_item<T: Serialize>(value: &T) -> Result<Attributes, Failure> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|e| Failure::Broken(format!("cannot encode an item: {e}")))
}

pub(crate) fn from_item<T: for<'a> Deserialize<'a>>(attributes: Attributes) -> Result<T, Failure> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(attributes).map_err(|e| Failure::Broken(format!("cannot decode an item: {e}")))
}
