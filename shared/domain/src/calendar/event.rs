//! Calendar events of leads (CAL-1 to CAL-4). Their history is never overwritten.

use crate::base::{Actor, AppointmentId, BOOKED_TEST_DRIVE, DealerId, EventId, LeadId, Refusal, UserId};
use crate::calendar::in_reach;
use crate::settings::DealerSettings;
use crate::slots::Reservation;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A calendar event of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarEvent {
    /// Its name; of two at the same time the lesser comes first (CAL-3).
    pub id: EventId,
    /// Of which lead.
    pub lead: LeadId,
    /// The lead's dealer when it was last changed: whose hours its steps keep.
    pub dealer: DealerId,
    /// What is to be done; 1 to 200 characters.
    pub title: String,
    /// One of [`EVENT_TYPES`](crate::base::EVENT_TYPES), or of the dealer's own.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// In words, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whose it is; `None`: whoever has the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// What became of it.
    pub state: EventState,
    /// The times that it had before, oldest first (CAL-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<Rescheduled>,
    /// That it went to another dealer with its lead (DIS-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred: Option<Transferred>,
    /// When it is to be looked at next, as a resubmission (ESC-4); `None`: never again.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// How far it has escalated: 1, the seller is told; 2, the supervisor.
    #[serde(default)]
    pub level: u8,
    /// The customer booked it, by an invitation (CAL-8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub booked: bool,
    /// Whose time it takes (CAL-7); none where it had no time of its own, or is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Reservation>,
    /// The appointment that it was made as, where it was (APT-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
}

impl CalendarEvent {
    /// When it was last changed by somebody.
    pub fn changed(&self) -> DateTime<Utc> {
        let moved = self.rescheduled.last().map(|moved| moved.at);
        let transferred = self.transferred.as_ref().map(|transferred| transferred.at);
        [self.state.ended().map(|ended| ended.at), moved, transferred].into_iter().flatten().max().unwrap_or(self.created)
    }

    /// The version of its calendar entry, which grows with each move, to another time or dealer, by whoever it was, and by being called off.
    pub fn sequence(&self) -> u32 {
        let moves = u32::try_from(self.rescheduled.len()).unwrap_or(u32::MAX);
        let moves = moves.saturating_add(self.transferred.as_ref().map_or(0, |transferred| transferred.times));
        moves.saturating_add(matches!(self.state, EventState::Deleted(_)).into())
    }

    /// Whether it can take place at yet another time.
    pub(crate) fn can_be_moved(&self) -> bool {
        self.rescheduled.len() < MOST_RESCHEDULED
    }

    pub(crate) fn reschedule(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !in_reach(to, now) {
            return Err(Refusal::field("at", "CAL-4", "must be within ten years"));
        }
        if !self.can_be_moved() {
            return Err(Refusal::Conflict(format!(
                "the event was rescheduled {MOST_RESCHEDULED} times; complete it and make a new one (CAL-4)"
            )));
        }
        self.go_to(to, by, now);
        Ok(())
    }

    /// Takes it to another time, however often that was; what is remembered are the latest.
    pub(crate) fn go_to(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) {
        self.rescheduled.push(Rescheduled { from: self.at, at: now, by: by.clone() });
        if self.rescheduled.len() > MOST_RESCHEDULED {
            self.rescheduled.remove(0);
        }
        (self.at, self.level) = (to, 0);
        self.due = (to > now).then_some(to);
    }
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum EventState {
    /// To be done.
    Incomplete,
    /// Done.
    Completed(Ended),
    /// The customer was not there, or not reached.
    NoShow(Ended),
    /// Called off.
    Deleted(Ended),
}

impl EventState {
    /// Its name, as the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            EventState::Incomplete => "incomplete",
            EventState::Completed(_) => "completed",
            EventState::NoShow(_) => "no_show",
            EventState::Deleted(_) => "deleted",
        }
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            EventState::Incomplete => None,
            EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => Some(ended),
        }
    }
}

/// How an event ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// Why, of a no-show: one of [`NO_SHOW_REASONS`](crate::base::NO_SHOW_REASONS), or of the dealer's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In words, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A time that an event had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// When it was changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
}

/// An incomplete event as its lead knows it: the lead's next action is the first of these (CAL-3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planned {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Which.
    pub id: EventId,
}

/// Times that an event can be changed.
const MOST_RESCHEDULED: usize = 100;

impl CalendarEvent {
    /// Whether it is an appointment: the customer booked it, or it is a booked test drive (APT-1).
    pub fn is_appointment(&self) -> bool {
        self.booked || self.kind == BOOKED_TEST_DRIVE || self.appointment.is_some()
    }

    /// The appointment that it is, if it is one.
    pub fn appointment_id(&self) -> AppointmentId {
        self.appointment.clone().unwrap_or_else(|| AppointmentId::of_event(self.lead, &self.id))
    }

    /// When its time was last set.
    pub(crate) fn saved(&self) -> DateTime<Utc> {
        self.rescheduled.last().map_or(self.created, |last| last.at)
    }

    /// When its next step is due, whatever it waited for so far: a resubmission is an incomplete event set later than it was saved (ESC-4).
    pub(crate) fn next_step(&self, settings: &DealerSettings) -> Option<DateTime<Utc>> {
        let minutes = settings.escalation.level_2_resubmission;
        match self.level {
            _ if self.state != EventState::Incomplete || self.at <= self.saved() => None,
            0 => Some(self.at),
            1 => (minutes > 0).then(|| self.at + TimeDelta::minutes(i64::from(minutes))),
            _ => None,
        }
    }
}

/// That an event went to another dealer: what its calendar entry says of place and organizer is another since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// How often.
    pub times: u32,
    /// When it last did.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}
