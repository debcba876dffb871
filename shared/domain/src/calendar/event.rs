//! Calendar events of leads (CAL-1 to CAL-4). Their history is never overwritten.

use crate::base::{
    Actor, AppointmentId, BOOKED_TEST_DRIVE, Cancellation, CancellationSide, DealerId, EventId, LeadId, Refusal, UserId, is_default,
};
use crate::bookings::{Accepted, Impediment};
use crate::calendar::in_reach;
use crate::settings::DealerSettings;
use crate::slots::Reservation;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A calendar event of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarEvent {
    /// The id. Of two events at the same time, the one with the lower id is first (CAL-3).
    pub id: EventId,
    /// The lead.
    pub lead: LeadId,
    /// The lead's dealer at the last change of the event. Its hours apply to the steps.
    pub dealer: DealerId,
    /// The title; 1 to 200 characters.
    pub title: String,
    /// One of [`EVENT_TYPES`](crate::base::EVENT_TYPES), or one of the dealer's own types.
    #[serde(rename = "type")]
    pub kind: String,
    /// The time of the event.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Notes, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The user of the event. `None` means the owner of the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The author.
    pub by: Actor,
    /// The time of its creation.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// The state.
    pub state: EventState,
    /// The earlier times, oldest first (CAL-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<Rescheduled>,
    /// The transfers to another dealer with its lead (DIS-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred: Option<Transferred>,
    /// The time of its next escalation step, as a resubmission (ESC-4). `None` if there is no further step.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The escalation level: 1, the seller is notified; 2, the supervisor is notified.
    #[serde(default)]
    pub level: u8,
    /// Whether the customer booked it by an invitation (CAL-8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub booked: bool,
    /// The person and time that it occupies (CAL-7). `None` if it has no time of its own, or has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Reservation>,
    /// The reasons against its time and person that were accepted, when the time was set or later (APT-9). `None` if an earlier release
    /// set the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// The appointment as which it was created, if any (APT-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// The appointment that this one follows, because the customer did not come to that one (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<AppointmentId>,
    /// The former dealer of the lead, at which the appointment stayed without the lead (APT-10). The event has ended with it. `None` for
    /// every other event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<DealerId>,
}

impl CalendarEvent {
    /// Returns the time of the last change.
    pub fn changed(&self) -> DateTime<Utc> {
        let moved = self.rescheduled.last().map(|moved| moved.at);
        let transferred = self.transferred.as_ref().map(|transferred| transferred.at);
        [self.state.ended().map(|ended| ended.at), moved, transferred].into_iter().flatten().max().unwrap_or(self.created)
    }

    /// Returns the version of its calendar entry. It grows with each move to another time or dealer, and with its cancellation.
    pub fn sequence(&self) -> u32 {
        let moves = u32::try_from(self.rescheduled.len()).unwrap_or(u32::MAX);
        let moves = moves.saturating_add(self.transferred.as_ref().map_or(0, |transferred| transferred.times));
        moves.saturating_add(matches!(self.state, EventState::Deleted(_)).into())
    }

    /// Returns whether it can be rescheduled again.
    pub(crate) fn can_be_moved(&self) -> bool {
        self.rescheduled.len() < MAX_RESCHEDULED
    }

    pub(crate) fn reschedule(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !in_reach(to, now) {
            return Err(Refusal::field("at", "CAL-4", "must be within ten years"));
        }
        if !self.can_be_moved() {
            return Err(Refusal::conflict(
                "CAL-4",
                format!("the event was rescheduled {MAX_RESCHEDULED} times; complete it and create a new one"),
            ));
        }
        self.go_to(to, by, now);
        Ok(())
    }

    /// Moves it to another time without a limit. Only the latest moves are kept.
    pub(crate) fn go_to(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) {
        self.rescheduled.push(Rescheduled { from: self.at, at: now, by: by.clone() });
        if self.rescheduled.len() > MAX_RESCHEDULED {
            self.rescheduled.remove(0);
        }
        (self.at, self.level) = (to, 0);
        self.due = (to > now).then_some(to);
    }
}

/// The state of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum EventState {
    /// The event is still to be done.
    Incomplete,
    /// The event was done.
    Completed(Ending),
    /// The customer did not come, or was not reached.
    NoShow(Ending),
    /// The event was deleted or cancelled.
    Deleted(Ending),
}

impl EventState {
    /// Returns the name as the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            EventState::Incomplete => "incomplete",
            EventState::Completed(_) => "completed",
            EventState::NoShow(_) => "no_show",
            EventState::Deleted(_) => "deleted",
        }
    }

    /// Returns the end of the event. `None` if it is incomplete.
    pub fn ended(&self) -> Option<&Ending> {
        match self {
            EventState::Incomplete => None,
            EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => Some(ended),
        }
    }
}

/// The end of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The time of the end.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user or system that ended it.
    pub by: Actor,
    /// The reason of a no-show: one of [`NO_SHOW_REASONS`](crate::base::NO_SHOW_REASONS), or one of the dealer's own reasons. Or that of a
    /// cancellation ([`Cancellation::reason`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A note, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The side from which a cancellation came. `None` if nobody stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<CancellationSide>,
}

impl Ending {
    /// Returns the end by a cancellation.
    pub(crate) fn cancelled(at: DateTime<Utc>, by: &Actor, why: Cancellation) -> Self {
        let Cancellation { reason, side, note } = why;
        Self { at, by: by.clone(), reason, note, side }
    }

    /// Returns why it was cancelled, if it was.
    pub(crate) fn cancellation(&self) -> Cancellation {
        Cancellation { reason: self.reason.clone(), side: self.side, note: self.note.clone() }
    }
}

/// An earlier time of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    /// The earlier time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// The time of the change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author of the change.
    pub by: Actor,
}

/// An incomplete event in the record of its lead. The lead's next action is the first of these (CAL-3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planned {
    /// The time of the event.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The event.
    pub id: EventId,
    /// The event's title. `None` if an earlier release planned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The event's type. `None` if an earlier release planned it.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The event's user. `None` means the owner of the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Whether it takes its time for a customer ([`CalendarEvent::is_booking`]).
    #[serde(default, skip_serializing_if = "is_default")]
    pub booking: bool,
    /// Whether it is an appointment ([`CalendarEvent::is_appointment`]).
    #[serde(default, skip_serializing_if = "is_default")]
    pub appointment: bool,
    /// The reasons against the booking that were accepted when its time was chosen: nobody is asked about them (APT-9). `None` if an
    /// earlier release planned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended: Option<BTreeSet<Impediment>>,
}

impl Planned {
    /// Returns the entry of an event.
    pub(crate) fn of(event: &CalendarEvent) -> Self {
        Self {
            at: event.at,
            id: event.id.clone(),
            title: Some(event.title.clone()),
            kind: Some(event.kind.clone()),
            user: event.user.clone(),
            booking: event.is_booking(),
            appointment: event.is_appointment(),
            intended: event.accepted.as_ref().map(|accepted| accepted.intended_at(event.at)),
        }
    }
}

/// The maximum number of times that a user can reschedule an event.
const MAX_RESCHEDULED: usize = 100;

impl CalendarEvent {
    /// Returns whether it is an appointment: the customer booked it, it is a booked test drive, or it was created as one (APT-1). An
    /// appointment that stayed at a former dealer is no event any more (APT-10).
    pub fn is_appointment(&self) -> bool {
        self.left_at.is_none() && (self.booked || self.kind == BOOKED_TEST_DRIVE || self.appointment.is_some())
    }

    /// Returns whether it takes its time for a customer: it is an appointment, or has calendar slots of its own (APT-9).
    pub fn is_booking(&self) -> bool {
        self.taken.is_some() || self.is_appointment()
    }

    /// Returns the id of its appointment, if it is one.
    pub fn appointment_id(&self) -> AppointmentId {
        self.appointment.clone().unwrap_or_else(|| AppointmentId::of_event(self.lead, &self.id))
    }

    /// Returns when its time was last set.
    pub(crate) fn saved(&self) -> DateTime<Utc> {
        self.rescheduled.last().map_or(self.created, |last| last.at)
    }

    /// Returns when its next escalation step is due, computed anew. Only a resubmission has steps: an incomplete event whose time is later
    /// than the time at which it was saved (ESC-4).
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

/// The transfers of an event to another dealer. Each changes the place and the organizer of its calendar entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// The number of transfers.
    pub times: u32,
    /// The time of the last transfer.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}
