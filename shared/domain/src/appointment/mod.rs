//! Appointments of customers with a dealer: time, salesperson, origin and attendance (APT).

mod affected;
mod budgets;
mod letters;
mod merge;
mod notified;
mod report;

pub use budgets::{Admission, Shares};
pub use letters::LetterClaim;
pub(crate) use merge::is_before_day;
pub use merge::{Statement, Statements, not_to_the_past, on_its_day};
pub use notified::NotifiedAddress;
pub use report::{AppointmentChange, PendingReports, Report, Unprocessed};

use crate::base::{
    Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, DealerId, EventId, LeadId, Media, PartnerId,
    UserId,
};
use crate::bookings::Accepted;
use crate::enquiry::ContactPreferences;
use crate::slots::Reservation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An appointment (APT-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// The dealer.
    pub dealer: DealerId,
    /// The lead of the appointment, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The calendar event of the appointment, if it has one. Time and state are then those of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The display name of the customer.
    pub customer: String,
    /// Identifies the customer, to count customers (OVR-1): the contact's record in the directory, or the channel that would be that
    /// record. `None` if no channel identifies the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<ChannelKey>,
    /// The salesperson.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// When it takes place.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The kind.
    pub kind: AppointmentKind,
    /// The system in which it was created.
    pub origin: AppointmentOrigin,
    /// The team that created it.
    pub team: AppointmentTeam,
    /// The actor who created it.
    pub by: Actor,
    /// When it was created.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// Whether it is booked or cancelled.
    pub state: AppointmentState,
    /// Whether the customer came.
    #[serde(default, skip_serializing_if = "Attendance::is_unknown")]
    pub attendance: Attendance,
    /// The media by which a confirmation was sent, not only queued.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub confirmed: Media,
    /// The media by which a reminder was sent.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub reminded: Media,
    /// The addresses that were or may have been notified of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "told")]
    pub notified: Vec<NotifiedAddress>,
    /// The addresses that were or may have been reminded of its current state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminding: Vec<NotifiedAddress>,
    /// Counts the changes of time and the cancellations: the `SEQUENCE` of its calendar entry. Letters for an earlier sequence are stale.
    #[serde(default)]
    pub sequence: u32,
    /// How to reach the customer, if no lead holds that.
    #[serde(default, skip_serializing_if = "ContactPreferences::is_nobody")]
    pub reached: ContactPreferences,
    /// An optional note, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Its id in the system in which it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    /// Its previous times, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<PreviousTime>,
    /// The previous salespersons, oldest first; at most the latest 100. Those of other dealers are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<PreviousUser>,
    /// The previous dealers, as the lead was transferred (DIS-7), oldest first; the first one and the latest, at most 20 in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PreviousDealer>,
    /// Counts its changes, from 1. Letters do not count.
    #[serde(default)]
    pub version: u64,
    /// When it was last changed in Forecourt.
    #[serde(default, with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
    /// The statements from which time, cancellation and attendance are derived.
    #[serde(default, skip_serializing_if = "Statements::is_empty")]
    #[serde(rename = "said_of")]
    pub statements: Statements,
    /// Its cancellations that were reversed, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Reinstatement>,
    /// The previous attendance records, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marked: Vec<Attendance>,
    /// The reasons against its time and person that were accepted, when the time was set or later (APT-9). `None` if an earlier release
    /// set the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// The reserved calendar slots, if no event reserves them (CAL-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Reservation>,
    /// A hash of the request that created it, to recognise a repetition (INT-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "said")]
    pub request_hash: Option<String>,
}

/// Whether an appointment is booked or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AppointmentState {
    /// Booked.
    Booked,
    /// Cancelled.
    Cancelled {
        /// When it was cancelled.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The actor.
        by: Actor,
    },
    /// A state of another release. It counts as booked.
    #[serde(other)]
    Unknown,
}

impl AppointmentState {
    /// Whether it is cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, AppointmentState::Cancelled { .. })
    }
}

/// Whether the customer came (APT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum Attended {
    /// Not recorded, or recorded as a value of another release.
    #[default]
    Unknown,
    /// The customer came.
    Completed,
    /// The customer did not come.
    NoShow,
}

impl From<String> for Attended {
    fn from(stored: String) -> Self {
        Self::NAMES.iter().find(|(name, _)| *name == stored).map(|(_, is)| *is).unwrap_or_default()
    }
}

impl Attended {
    /// Every value with its name in the API.
    pub const NAMES: [(&'static str, Attended); 3] =
        [("unknown", Attended::Unknown), ("completed", Attended::Completed), ("no_show", Attended::NoShow)];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, is)| *is == self).map_or("unknown", |(name, _)| name)
    }
}

/// The recorded attendance and its time. Of two records, the one with the later own time counts (APT-5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Whether the customer came.
    pub is: Attended,
    /// Since when it is true, by the clock of the source.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    /// The actor who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The reason for a no-show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Attendance {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// An appointment's id in another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The partner that runs the system.
    pub partner: PartnerId,
    /// The id in that system.
    pub id: String,
}

/// A cancellation that was reversed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reinstatement {
    /// When it was cancelled.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor who cancelled it.
    pub by: Actor,
    /// When it was reinstated.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub again_at: DateTime<Utc>,
    /// The actor who reinstated it.
    pub again: Actor,
}

/// A previous time of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousTime {
    /// The previous time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// When it was changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
}

/// A previous salesperson of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousUser {
    /// The previous salesperson.
    pub from: UserId,
    /// When another one got the appointment.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
}

/// A previous dealer of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousDealer {
    /// The dealer.
    pub dealer: DealerId,
    /// When the appointment left this dealer.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

impl Appointment {
    /// The maximum number of recorded changes of time.
    pub const MOVES: usize = 100;

    /// The maximum number of recorded dealers.
    const DEALERS: usize = 20;

    /// Transfers the appointment to another dealer.
    pub(crate) fn go_to(&mut self, dealer: DealerId, now: DateTime<Utc>) {
        self.left.push(PreviousDealer { dealer: std::mem::replace(&mut self.dealer, dealer), at: now });
        if self.left.len() > Self::DEALERS {
            self.left.remove(1);
        }
    }

    /// Returns the dealer at which the appointment was made.
    pub fn made_at(&self) -> &DealerId {
        self.left.first().map_or(&self.dealer, |first| &first.dealer)
    }

    /// Returns the appointment as its next version, updated at `now`.
    pub(crate) fn revised(mut self, now: DateTime<Utc>) -> Self {
        self.version += 1;
        self.updated = now;
        self
    }

    /// Records that another salesperson of the same dealer has the appointment than `before`.
    pub(crate) fn note_previous_user(&mut self, before: &Self, by: &Actor, now: DateTime<Utc>) {
        let is_given = self.dealer == before.dealer && self.user.is_some() && self.user != before.user;
        if let Some(from) = before.user.clone().filter(|_| is_given) {
            self.given.push(PreviousUser { from, at: now, by: by.clone() });
            self.given.drain(..self.given.len().saturating_sub(Self::MOVES));
        }
    }

    /// Changes the time. For a cancelled appointment, the sequence does not change, so queued letters do not become stale.
    pub(crate) fn move_to(&mut self, to: DateTime<Utc>, by: Actor, now: DateTime<Utc>) {
        self.moved.push(PreviousTime { from: self.at, at: now, by });
        if self.moved.len() > Self::MOVES {
            self.moved.remove(0);
        }
        self.at = to;
        self.sequence += u32::from(!self.state.is_cancelled());
    }
}
