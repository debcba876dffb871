//! A lead as lists show it.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, EventId, Status, UserId};
use forecourt_domain::lead::{HandedFrom, Target, TaskDetails, open};
use serde::{Deserialize, Serialize};

/// A lead as lists show it. It comes from an index, which lags, so no decision may use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    /// The fields that the row shares with the lead.
    #[serde(flatten)]
    pub facts: LeadFacts,
    /// The first-contact deadline.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    pub deadline: Option<DateTime<Utc>>,
    /// The escalation level: 0, 1 or 2.
    pub level: u8,
    /// Whether the response clock is running.
    pub open: bool,
    /// The time from arrival to the first answer, in seconds of the dealer's opening hours (OVR-4).
    #[serde(default)]
    pub answered_in: Option<i64>,
    /// Whether that answer met the deadline; `None` if the lead had none.
    #[serde(default)]
    pub in_time: Option<bool>,
    /// The highest escalation level before its clock was restarted: 0, 1 or 2.
    #[serde(default)]
    pub was_at: u8,
    /// The names of its contacts other than the main one (LEAD-8).
    #[serde(default)]
    pub others: Vec<String>,
    /// Whether it has an incomplete calendar event.
    #[serde(default, rename = "has_plans")]
    pub planned: bool,
    /// The calendar event that is its next action.
    #[serde(default)]
    pub next_event: Option<EventId>,
    /// The event that the following fields describe. An earlier release leaves them as they are when the next action changes, so they
    /// count only if this is `next_event`.
    #[serde(default)]
    next_of: Option<EventId>,
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    next_at: Option<DateTime<Utc>>,
    #[serde(default)]
    next_title: Option<String>,
    #[serde(default)]
    next_type: Option<String>,
    #[serde(default)]
    next_user: Option<UserId>,
    /// The time of the last incomplete calendar event of a closed lead. `None` if it has none, or if an earlier release wrote the row.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    last_plan: Option<DateTime<Utc>>,
    /// Whether a legal hold keeps it (PRV-5).
    #[serde(default)]
    pub held: bool,
    /// The first-contact deadline before a user first changed it (LEAD-6).
    #[serde(default, rename = "was_due", with = "chrono::serde::ts_milliseconds_option")]
    pub deadline_before_moves: Option<DateTime<Utc>>,
}

/// The fields that a row shares with its lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Lead")]
pub struct LeadFacts {
    pub id: forecourt_domain::base::LeadId,
    pub dealer: DealerId,
    pub status: Status,
    #[serde(default)]
    pub owner: Option<UserId>,
    #[serde(rename = "type")]
    pub lead_type: forecourt_domain::enquiry::LeadType,
    pub source: String,
    pub contact: String,
    #[serde(default)]
    pub phone: Option<String>,
    #[serde(default)]
    pub email: Option<forecourt_domain::base::Email>,
    #[serde(default)]
    pub contact_id: Option<forecourt_domain::base::ChannelKey>,
    #[serde(default)]
    #[serde(rename = "elsewhere")]
    pub other_channels: Vec<forecourt_domain::base::ChannelKey>,
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
    pub tasks: Vec<TaskDetails>,
    #[serde(default)]
    pub handed_from: Option<HandedFrom>,
    #[serde(default, rename = "closed_at", with = "chrono::serde::ts_milliseconds_option")]
    pub closed: Option<DateTime<Utc>>,
    #[serde(default, rename = "erased_at", with = "chrono::serde::ts_milliseconds_option")]
    pub erased: Option<DateTime<Utc>>,
}

/// The calendar event that is the next action of a lead (CAL-3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextAction<'a> {
    /// Its id.
    pub event: &'a EventId,
    /// Its time.
    pub at: DateTime<Utc>,
    /// Its title.
    pub title: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// Its user, otherwise the lead's owner.
    pub user: Option<&'a UserId>,
}

impl LeadRow {
    /// Returns whether the lead was closed before `time` and is not erased (PRV-5).
    pub fn was_closed_before(&self, time: DateTime<Utc>) -> bool {
        let is_closed = matches!(self.facts.status, Status::Won | Status::Lost(_));
        is_closed && self.facts.erased.is_none() && self.facts.closed.unwrap_or(self.facts.updated) < time
    }

    /// Returns whether it has a calendar event after `now`.
    pub fn is_planned_after(&self, now: DateTime<Utc>) -> bool {
        self.last_plan.or(self.next_at).is_some_and(|at| at > now)
    }

    /// Returns the calendar event that is the next action, with its title, type and user. `None` if no event is incomplete, or if an
    /// earlier release planned it.
    pub fn next_action(&self) -> Option<NextAction<'_>> {
        let event = self.next_event.as_ref().filter(|event| self.next_of.as_ref() == Some(event))?;
        let user = self.next_user.as_ref().or(self.facts.owner.as_ref());
        Some(NextAction { event, at: self.next_at?, title: self.next_title.as_deref()?, kind: self.next_type.as_deref()?, user })
    }

    /// Returns the open deadlines in no order: the first-contact deadline without, the others with their targets (LEAD-6).
    pub fn open_deadlines(&self) -> impl Iterator<Item = (DateTime<Utc>, Option<&Target>)> {
        let first = self.deadline.filter(|_| self.open).map(|at| (at, None));
        first.into_iter().chain(open(self.facts.status, &self.facts.targets).map(|target| (target.at, Some(target))))
    }

    /// Returns the current deadline: the earliest open one.
    pub fn current_deadline(&self) -> Option<DateTime<Utc>> {
        self.open_deadlines().map(|(at, _)| at).min()
    }
}
