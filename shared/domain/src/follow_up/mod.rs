//! Service follow-ups: a contact with a vehicle that is due for a job, and the chain of contact methods (FUP).

mod chain;
mod outcome;
mod permission;
mod vehicle;

pub use chain::{Chain, ChainContext, ChainState, OpenStep, PastMethod};
pub use outcome::{CallResult, ChainEnd, MethodEnd, Outcome};
pub(crate) use permission::daytime;
pub use permission::{Permission, SkipReason, medium_of};
pub(crate) use vehicle::flags;
pub use vehicle::{VinFinding, check_vin, identities};

use crate::base::{Actor, AppointmentId, ChannelKey, ContactChannel, DealerId, FollowUpId, Money, is_default};
use crate::enquiry::{Flag, Person, Vehicle};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A follow-up (FUP-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Its id.
    pub id: FollowUpId,
    /// The dealer.
    pub dealer: DealerId,
    /// Its id in the system that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The actor who created it.
    pub by: Actor,
    /// When it was created.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// The contact.
    pub contact: Person,
    /// The contact's record in the directory, or the channel that would be that record. `None` if no channel identifies the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ChannelKey>,
    /// The vehicle.
    pub vehicle: Vehicle,
    /// What looks wrong on contact and vehicle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The type of the job, as the dealer's settings have it.
    pub job: String,
    /// The date on which the job is due.
    pub due: NaiveDate,
    /// The earlier work on the vehicle, latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ServiceVisit>,
    /// Its way through the contact methods.
    pub chain: Chain,
    /// The numbers in E.164 that were recorded as wrong (FUP-3).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub wrong_numbers: BTreeSet<String>,
    /// The contacts with the customer and their outcomes, oldest first; at most the latest 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<PastContact>,
    /// The notes of conversations, oldest first (FUP-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FollowUpNote>,
    /// The state before the latest outcome of a call, as long as it can be cleared (FUP-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearable: Option<Clearable>,
    /// When the contact was erased (PRV-2).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "chrono::serde::ts_milliseconds_option")]
    pub erased: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was last changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
}

/// A visit to the workshop, as the dealer's system sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceVisit {
    /// The date.
    pub date: NaiveDate,
    /// The mileage with its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage: Option<String>,
    /// The work.
    pub work: String,
    /// The price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

/// A contact with the customer, and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastContact {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor who recorded it.
    pub by: Actor,
    /// The method; `None` if the follow-up was on no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<ContactChannel>,
    /// The name of the outcome ([`Outcome::name`]).
    pub outcome: String,
    /// The reason of a customer who declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the customer wants to be called.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "chrono::serde::ts_milliseconds_option")]
    pub call_back: Option<DateTime<Utc>>,
    /// The appointment that was booked or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// Whether a clear took it back (FUP-4). It does not count in reports.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cleared: bool,
}

/// A note of a conversation (FUP-6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUpNote {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author.
    pub by: Actor,
    /// The text, 1 to 2,000 characters.
    pub text: String,
}

/// An outcome of a call that can be taken back (FUP-4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clearable {
    /// The chain before the outcome.
    pub chain: Chain,
    /// The number that the outcome recorded as wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_number: Option<String>,
    /// The user who recorded the outcome.
    pub by: Actor,
    /// Until when it can be cleared.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl FollowUp {
    /// The maximum number of contacts that are kept.
    pub(crate) const CONTACTS: usize = 200;
    /// The maximum number of notes.
    pub(crate) const NOTES: usize = 100;
    /// The maximum length of a note in characters.
    pub const NOTE: usize = 2_000;
    /// The maximum number of visits of the service history.
    pub const VISITS: usize = 50;
    /// How long an outcome can be cleared: the time of a call and the work after it.
    pub(crate) const CLEARABLE: TimeDelta = TimeDelta::minutes(30);

    /// Returns the method on whose list the follow-up is at `now`. `None` if it waits, is booked or has ended.
    pub fn listed(&self, now: DateTime<Utc>) -> Option<ContactChannel> {
        self.chain.step().filter(|step| step.from <= now).map(|step| step.method)
    }

    /// Whether the chain has not ended.
    pub fn is_open(&self) -> bool {
        !matches!(self.chain.state, ChainState::Ended { .. })
    }

    /// Whether its latest outcome can be cleared by an actor (FUP-4).
    pub fn is_clearable(&self, by: &Actor, now: DateTime<Utc>) -> bool {
        self.clearable.as_ref().is_some_and(|clearable| clearable.by == *by && now < clearable.until)
    }
}

/// The follow-up that is open for a vehicle and a type of job. It prevents a second one (FUP-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUpClaim {
    /// The hash of dealer, vehicle and job.
    pub key: String,
    /// The follow-up.
    pub follow_up: FollowUpId,
}
