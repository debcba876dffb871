//! Appointments of customers with a dealer: time, salesperson, origin and attendance (APT).

mod affected;
mod arrival;
mod attendance;
mod briefing;
mod budgets;
mod confirmation;
mod former;
mod held;
mod letters;
mod merge;
mod morning;
mod notified;
mod of_lead;
mod report;
mod unsent;
mod visit_check;

pub use arrival::{Arrival, EndedArrival};
pub use attendance::{Attendance, Attended, VisitRule};
pub use briefing::{Briefing, BriefingClaim, NoticeFate, SalesChange, SalesMail, SalesMailSent, SalesNotice, SettledNotice};
pub use budgets::{Admission, Shares};
pub use confirmation::{ConfirmationWay, CustomerConfirmation, Decline, EndedConfirmation};
pub use former::FormerLead;
pub use letters::LetterClaim;
pub(crate) use merge::is_before_day;
pub use merge::{Statement, Statements, not_to_the_past, on_its_day};
pub use morning::{LeftList, MorningList};
pub use notified::NotifiedAddress;
pub use of_lead::OfLead;
pub use report::{AppointmentChange, PendingReports, Report, Unprocessed};
pub use unsent::UnsentLetter;
pub use visit_check::{DueVisitCheck, UNMARKED_DAYS, VisitCheck};

use crate::base::{
    Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, Cancellation, ChannelKey, DealerId, EventId, Language,
    LeadId, Media, PartnerId, UserId, is_default,
};
use crate::bookings::Accepted;
use crate::enquiry::ContactPreferences;
use crate::settings::Dealer;
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
    /// The source and the result of its lead, for the figures (OVR-5). `None` if it has no lead, or if an earlier release stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_lead: Option<OfLead>,
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub attendance: Attendance,
    /// The confirmation by the customer. It ends with a move to another time or dealer, and with a cancellation (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_confirmed: Option<CustomerConfirmation>,
    /// The confirmations by the customer that have ended, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_confirmations: Vec<EndedConfirmation>,
    /// The customer's answers that it does not suit, oldest first; at most the latest 100 (MSG-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declines: Vec<Decline>,
    /// The arrival of the customer. It ends with a no-show, a move to another time or dealer, and a cancellation (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Arrival>,
    /// The arrivals that no longer hold, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_arrivals: Vec<EndedArrival>,
    /// The appointment that it follows, because its customer did not come to that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<AppointmentId>,
    /// The appointment that follows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<AppointmentId>,
    /// When it is checked after the visit, and what was done (APT-12).
    #[serde(default, skip_serializing_if = "is_default")]
    pub visit_check: VisitCheck,
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
    /// The number of its changes of time. Those before this field existed are missing until the next one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moves: u32,
    /// The previous salespersons, oldest first; at most the latest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<PreviousUser>,
    /// The previous dealers, as the lead was transferred (DIS-7), oldest first; the first one and the latest, at most 20 in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PreviousDealer>,
    /// The leads that it had until they went to another dealer and it stayed (APT-10), oldest first; at most the latest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_leads: Vec<FormerLead>,
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
    /// The notices to its salesperson (APT-7).
    #[serde(default, skip_serializing_if = "is_default")]
    pub briefing: Briefing,
    /// Set if its lead was found by the customer's channels (APT-8). `None` if it has no lead, or if a request named the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<LinkedLead>,
    /// A hash of the request that created it, to recognise a repetition (INT-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "said")]
    pub request_hash: Option<String>,
}

/// How the lead of an appointment was found by the customer's channels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedLead {
    /// The salesperson whom the request named. A partner sees this one, so that it does not notice the lead (ACC-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<UserId>,
    /// The choice of the lead. `None` if it was found when the appointment was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<ChosenLead>,
}

/// The choice of a lead for an appointment that had none (APT-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenLead {
    /// When it was chosen.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
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
        /// Why and from which side it was cancelled.
        #[serde(default, skip_serializing_if = "is_default")]
        why: Cancellation,
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
    /// Why and from which side it was cancelled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub why: Cancellation,
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
    /// The actor. `None` if an earlier release stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The language of the dealer, in which a customer without a language had letters. `None` if an earlier release stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

impl Appointment {
    /// The maximum number of recorded changes of time.
    pub const MOVES: usize = 100;

    /// The maximum number of recorded dealers.
    const DEALERS: usize = 20;

    /// Transfers the appointment to another dealer. `language` is that of the former one.
    pub(crate) fn go_to(&mut self, dealer: DealerId, language: &Language, by: &Actor, now: DateTime<Utc>) {
        let former = std::mem::replace(&mut self.dealer, dealer);
        self.left.push(PreviousDealer { dealer: former, at: now, by: Some(by.clone()), language: Some(language.clone()) });
        if self.left.len() > Self::DEALERS {
            self.left.remove(1);
        }
        self.end_confirmation(by, now, false);
        self.end_arrival(by, now, false);
        // The list of the day and the reminder are those of the new dealer.
        (self.briefing.listed, self.briefing.reminded) = (None, None);
    }

    /// Returns the language of the letters to a customer without a language: that of the dealer at which the appointment was made, as far
    /// as it is recorded. `dealer` is the present one.
    pub fn language_at<'a>(&'a self, dealer: &'a Dealer) -> &'a Language {
        self.left.first().and_then(|first| first.language.as_ref()).unwrap_or(&dealer.settings.language)
    }

    /// Whether the latest change took the appointment to another dealer at the same time, and the customer knows this time: a letter
    /// that was queued at `queued` notifies of the place only.
    pub fn only_place_changed(&self, queued: DateTime<Utc>) -> bool {
        let went = self.left.last().is_some_and(|left| left.at.timestamp_millis() == queued.timestamp_millis());
        let knows = || self.notified.iter().any(|address| address.sequence + 1 == self.sequence);
        let at_once = || self.moved.last().is_some_and(|moved| moved.at.timestamp_millis() == queued.timestamp_millis());
        went && (self.moved.is_empty() || (knows() && !at_once()))
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

    /// Records the salesperson of `before`, if the appointment has another one now, or none.
    pub(crate) fn note_previous_user(&mut self, before: &Self, by: &Actor, now: DateTime<Utc>) {
        if let Some(from) = before.user.clone().filter(|_| self.user != before.user) {
            self.given.push(PreviousUser { from, at: now, by: by.clone() });
            self.given.drain(..self.given.len().saturating_sub(Self::MOVES));
        }
    }

    /// Returns the number of its changes of time, as far as they are recorded.
    pub fn times_moved(&self) -> u32 {
        self.moves.max(u32::try_from(self.moved.len()).unwrap_or(u32::MAX))
    }

    /// Changes the time. For a cancelled appointment, the sequence does not change, so queued letters do not become stale.
    pub(crate) fn move_to(&mut self, to: DateTime<Utc>, by: Actor, now: DateTime<Utc>) {
        self.end_confirmation(&by, now, false);
        self.moves = self.times_moved() + 1;
        self.moved.push(PreviousTime { from: self.at, at: now, by });
        if self.moved.len() > Self::MOVES {
            self.moved.remove(0);
        }
        self.at = to;
        self.sequence += u32::from(!self.state.is_cancelled());
    }
}
