//! What the indexes carry of an item, in its `row`: all that lists, calendars and reports show, and no more.

use crate::Failure;
use crate::items::{Attributes, from_item, to_item};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{DealerId, EventId, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::lead::{Lead, Target, Work, open};
use serde::{Deserialize, Serialize};

/// The facts of a lead that lists show: they stand apart in `row`, which the indexes carry.
const ROW: [&str; 15] = [
    "id",
    "dealer",
    "status",
    "owner",
    "type",
    "source",
    "contact",
    "contact_id",
    "elsewhere",
    "vehicle",
    "plate",
    "arrived",
    "updated",
    "targets",
    "tasks",
];

/// The facts of a calendar event that a calendar shows. What was said about it, and its history, stand beside the row.
const EVENT_ROW: [&str; 7] = ["id", "lead", "dealer", "title", "type", "at", "user"];

/// A lead as a list shows it. It comes from an index, which lags: no decision rests on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    /// The facts.
    #[serde(flatten)]
    pub facts: LeadFacts,
    /// The deadline that people work against.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    pub deadline: Option<DateTime<Utc>>,
    /// 0, 1 or 2.
    pub level: u8,
    /// Whether the response clock runs.
    pub open: bool,
    /// The first answer of all, in seconds of the dealer's opening hours since it came in (OVR-4).
    #[serde(default)]
    pub answered_in: Option<i64>,
    /// Whether that came by the deadline; none: it had none.
    #[serde(default)]
    pub in_time: Option<bool>,
    /// How far it had escalated before its clock was started anew: 0, 1 or 2.
    #[serde(default)]
    pub was_at: u8,
    /// What to call its contacts besides the main one (LEAD-8).
    #[serde(default)]
    pub others: Vec<String>,
    /// Whether something is planned for it.
    #[serde(default, rename = "has_plans")]
    pub planned: bool,
    /// The event that is its next action.
    #[serde(default)]
    pub next_event: Option<EventId>,
}

/// The facts of a lead in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Lead")]
pub struct LeadFacts {
    pub id: forecourt_domain::base::LeadId,
    pub dealer: DealerId,
    pub status: forecourt_domain::base::Status,
    #[serde(default)]
    pub owner: Option<UserId>,
    #[serde(rename = "type")]
    pub lead_type: forecourt_domain::enquiry::LeadType,
    pub source: String,
    pub contact: String,
    #[serde(default)]
    pub contact_id: Option<forecourt_domain::base::ChannelKey>,
    #[serde(default)]
    pub elsewhere: Vec<forecourt_domain::base::ChannelKey>,
    #[serde(default)]
    pub vehicle: String,
    #[serde(default)]
    pub plate: Option<String>,
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub arrived: DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
    #[serde(default)]
    pub targets: Vec<Target>,
    #[serde(default)]
    pub tasks: Vec<Work>,
}

impl LeadRow {
    /// The open deadlines in no order: the first-contact one, and further ones with what they are about (LEAD-6).
    pub fn open_deadlines(&self) -> impl Iterator<Item = (DateTime<Utc>, Option<&Target>)> {
        let first = self.deadline.filter(|_| self.open).map(|at| (at, None));
        first.into_iter().chain(open(self.facts.status, &self.facts.targets).map(|target| (target.at, Some(target))))
    }

    /// The deadline that is current: the earliest open one.
    pub fn current_deadline(&self) -> Option<DateTime<Utc>> {
        self.open_deadlines().map(|(at, _)| at).min()
    }
}

pub(crate) fn encode_lead(lead: &Lead) -> Result<Attributes, Failure> {
    let mut state: Attributes = to_item(lead)?;
    let mut row: Attributes = ROW.iter().filter_map(|name| state.remove_entry(*name)).collect();
    if let Some(deadline) = lead.deadline() {
        row.insert("deadline".into(), AttributeValue::N(deadline.timestamp_millis().to_string()));
    }
    row.insert("level".into(), AttributeValue::N(lead.level().to_string()));
    row.insert("open".into(), AttributeValue::Bool(lead.clock_runs()));
    if let Some(answer) = lead.answered() {
        row.insert("answered_in".into(), AttributeValue::N(answer.working_seconds.to_string()));
        if let Some(in_time) = answer.in_time() {
            row.insert("in_time".into(), AttributeValue::Bool(in_time));
        }
    }
    if let Some(original) = lead.deadline_before_moves {
        row.insert("was_due".into(), AttributeValue::N(original.timestamp_millis().to_string()));
    }
    if lead.highest_level() > lead.level() {
        row.insert("was_at".into(), AttributeValue::N(lead.highest_level().to_string()));
    }
    let others = lead.contacts.iter().skip(1).map(|contact| AttributeValue::S(contact.person.display_name()));
    if lead.contacts.len() > 1 {
        row.insert("others".into(), AttributeValue::L(others.collect()));
    }
    if let (_, Some(event)) = lead.next_action() {
        row.insert("has_plans".into(), AttributeValue::Bool(true));
        row.insert("next_event".into(), AttributeValue::S(event.to_string()));
    }
    state.insert("row".into(), AttributeValue::M(row));
    Ok(state)
}

/// The facts of an appointment that no list shows.
const UNLISTED: [&str; 11] = ["reached", "told", "notes", "moved", "version", "updated", "said_of", "undone", "marked", "taken", "said"];

pub(crate) fn encode_appointment(appointment: &Appointment) -> Result<Attributes, Failure> {
    let mut row: Attributes = to_item(appointment)?;
    let mut state: Attributes = UNLISTED.iter().filter_map(|name| row.remove_entry(*name)).collect();
    state.insert("row".into(), AttributeValue::M(row));
    Ok(state)
}

pub(crate) fn encode_event(event: &CalendarEvent) -> Result<Attributes, Failure> {
    let mut state: Attributes = to_item(event)?;
    let mut row: Attributes = EVENT_ROW.iter().filter_map(|name| state.remove_entry(*name)).collect();
    row.insert("is".into(), AttributeValue::S(event.state.name().into()));
    row.insert("changed".into(), AttributeValue::N(event.changed().timestamp_millis().to_string()));
    row.insert("sequence".into(), AttributeValue::N(event.sequence().to_string()));
    state.insert("row".into(), AttributeValue::M(row));
    Ok(state)
}

/// An item's attributes with those of its row among them.
pub(crate) fn flat(mut attributes: Attributes) -> Attributes {
    if let Some(AttributeValue::M(row)) = attributes.remove("row") {
        attributes.extend(row);
    }
    attributes
}

/// The row of an item as the list index carries it.
pub(crate) fn row<T: for<'a> Deserialize<'a>>(attributes: &Attributes) -> Result<T, Failure> {
    match attributes.get("row") {
        Some(AttributeValue::M(row)) => from_item(row.clone()),
        _ => Err(Failure::Broken("an index row without a row".into())),
    }
}
