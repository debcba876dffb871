//! Appointments: which customer meets whom at a dealer and when, where it was made, and whether the customer came (APT).

mod letters;
mod merge;
mod notified;
mod report;

pub use letters::LetterClaim;
pub(crate) use merge::is_before_day;
pub use merge::{Statement, Statements, not_to_the_past, on_its_day};
pub use notified::NotifiedAddress;
pub use report::{AppointmentChange, PendingReports, Report, Unprocessed};

use crate::base::{
    Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, DealerId, EventId, LeadId, Media, PartnerId,
    UserId,
};
use crate::enquiry::ContactPreferences;
use crate::slots::Reservation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An appointment (APT-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appointment {
    /// Its name.
    pub id: AppointmentId,
    /// With which dealer.
    pub dealer: DealerId,
    /// The lead that it is of, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The lead's calendar event that it is; time and state are that event's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// What to call the customer.
    pub customer: String,
    /// Who the customer is, for counting them (OVR-1): the contact's record in the directory, or the channel that would be; none where
    /// no channel identifies anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<ChannelKey>,
    /// With which salesperson.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Of what kind.
    pub kind: AppointmentKind,
    /// The system that it was made in.
    pub origin: AppointmentOrigin,
    /// Whose people made it.
    pub team: AppointmentTeam,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// Whether it stands.
    pub state: AppointmentState,
    /// Whether the customer came.
    #[serde(default, skip_serializing_if = "Attendance::is_unknown")]
    pub attendance: Attendance,
    /// By what media it was confirmed to the customer: sent, not only queued.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub confirmed: Media,
    /// By what media the customer was reminded.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub reminded: Media,
    /// Where the customer was told of it, or may have been, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<NotifiedAddress>,
    /// Where the customer was reminded of it as it is, or may have been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminding: Vec<NotifiedAddress>,
    /// Counts the times it has had, and its cancellation: the `SEQUENCE` of its calendar entry; what was to be sent of an earlier one is stale.
    #[serde(default)]
    pub sequence: u32,
    /// How the customer is reached, where there is no lead that says it.
    #[serde(default, skip_serializing_if = "ContactPreferences::is_nobody")]
    pub reached: ContactPreferences,
    /// In words, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Its name in the system that it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    /// The times that it had before, oldest first; the latest hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<PreviousTime>,
    /// The dealers that it was with before, as its lead went from one to another (DIS-7), oldest first; the first, and the
    /// latest of twenty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PreviousDealer>,
    /// Counts its changes, from 1; not what was sent of it.
    #[serde(default)]
    pub version: u64,
    /// When it was last changed here.
    #[serde(default, with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
    /// What was said of its time, its cancellation and its attendance, which it follows from.
    #[serde(default, skip_serializing_if = "Statements::is_empty")]
    pub said_of: Statements,
    /// The times that it was called off and stood again, oldest first; the latest hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Reinstatement>,
    /// What was said of the attendance before, oldest first; the latest hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marked: Vec<Attendance>,
    /// Whose time it takes, where no event does (CAL-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Reservation>,
    /// A hash of what it was made of, so that the same again is the same (INT-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// Whether an appointment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AppointmentState {
    /// It stands.
    Booked,
    /// It was called off.
    Cancelled {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// By whom.
        by: Actor,
    },
}

impl AppointmentState {
    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, AppointmentState::Cancelled { .. })
    }
}

/// Whether the customer came (APT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attended {
    /// Nobody has said.
    #[default]
    Unknown,
    /// The customer came.
    Completed,
    /// The customer did not come.
    NoShow,
}

impl Attended {
    /// Every attendance with its name, as the API writes it.
    pub const NAMES: [(&'static str, Attended); 3] =
        [("unknown", Attended::Unknown), ("completed", Attended::Completed), ("no_show", Attended::NoShow)];

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, is)| *is == self).map_or("unknown", |(name, _)| name)
    }
}

/// What is known of the attendance, and since when: of two that say it, the later by its own time counts (APT-5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Whether the customer came.
    pub is: Attended,
    /// When that was so, by the time of who said it.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    /// Who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Why, of a no-show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Attendance {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// An appointment's name in another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// Whose system.
    pub partner: PartnerId,
    /// Its name there.
    pub id: String,
}

/// A cancellation that counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reinstatement {
    /// Since when it was called off.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// When it was made to stand again.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub again_at: DateTime<Utc>,
    /// By whom.
    pub again: Actor,
}

/// A time that an appointment had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousTime {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// When it was changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
}

/// A dealer that an appointment was with before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousDealer {
    /// Which.
    pub dealer: DealerId,
    /// Until when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

impl Appointment {
    /// How often a move is remembered.
    pub const MOVES: usize = 100;

    /// How many dealers are remembered.
    const DEALERS: usize = 20;

    /// Goes to another dealer.
    pub(crate) fn go_to(&mut self, dealer: DealerId, now: DateTime<Utc>) {
        self.left.push(PreviousDealer { dealer: std::mem::replace(&mut self.dealer, dealer), at: now });
        if self.left.len() > Self::DEALERS {
            self.left.remove(1);
        }
    }

    /// The same as its next version, which it is from `now` on.
    pub(crate) fn revised(mut self, now: DateTime<Utc>) -> Self {
        self.version += 1;
        self.updated = now;
        self
    }

    /// Takes it to another time. What was to be sent of one that was called off is not stale by that.
    pub(crate) fn move_to(&mut self, to: DateTime<Utc>, by: Actor, now: DateTime<Utc>) {
        self.moved.push(PreviousTime { from: self.at, at: now, by });
        if self.moved.len() > Self::MOVES {
            self.moved.remove(0);
        }
        self.at = to;
        self.sequence += u32::from(!self.state.is_cancelled());
    }
}
