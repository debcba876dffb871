//! A lead: its state, and everything that can be asked of it.

mod contacts;
mod origin;
mod plan;
mod planned;
mod reaction;
mod target;
mod task;
mod timeline;
mod turn;

pub use contacts::LeadContact;
pub use origin::{Added, LeadOrigin, Receipt, Resent};
pub use plan::{Plan, Step};
pub use reaction::Reaction;
pub use target::{FIRST_CONTACT, Target, open};
pub use task::{Task, TaskState, Work};
pub use timeline::{Entry, Event, Kept, Raw, TimelineAction};
pub use turn::Turn;

use crate::base::{ChannelKey, DealerId, LeadId, Refusal, Status, UserId};
use crate::calendar::Planned;
use crate::elements::Counts;
use crate::enquiry::{Enquiry, LeadType, RoutingCriteria, Vehicle};
use crate::settings::{Dealer, DealerSettings, Lane};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The state of a lead: what lists show and what every decision about it needs. What happened to it is on its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Its number.
    pub id: LeadId,
    /// Counts the commits that changed it, from 1.
    pub version: u64,
    /// Whose lead it is.
    pub dealer: DealerId,
    /// In progress, won or lost.
    pub status: Status,
    /// Who works it. `None`: not yet distributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Counts its owners, so that what was meant for an earlier one is known to be stale.
    pub assignment: u32,
    /// The turn by which it came to its owner; none where it was not by rotation (DIS-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// What it is about.
    #[serde(rename = "type")]
    pub lead_type: LeadType,
    /// Where the customer asked.
    pub source: String,
    /// What to call the contact.
    pub contact: String,
    /// The contact's record in the directory; none where no channel identifies anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ChannelKey>,
    /// Channels of its contacts that lead to somebody else in the directory, or to nobody: a search by them finds the lead, too (LEAD-8). The latest fifty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "elsewhere")]
    pub other_channels: Vec<ChannelKey>,
    /// The vehicle asked for, or else the one offered, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vehicle: String,
    /// The number plate of the vehicle asked for, or else offered: capital letters and digits (LEAD-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// The version whose entry on the timeline holds the enquiry's latest state; none: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "described")]
    pub enquiry_version: Option<u64>,
    /// Its contacts, the main one first, where they are not just whom the enquiry names (LEAD-7); at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<LeadContact>,
    /// What routing rules look at besides (DIS-3).
    #[serde(default, skip_serializing_if = "RoutingCriteria::is_empty")]
    pub asked: RoutingCriteria,
    /// When it came in; the response clock counts from here.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub arrived: DateTime<Utc>,
    /// When it came to this dealer from another (DIS-7); a dealer's list goes by it.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "moved")]
    pub moved_to_dealer_at: Option<DateTime<Utc>>,
    /// When anything last happened to it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
    /// The first-contact deadline and its steps. `None`: the dealer has it turned off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The first-contact deadline as it was before it was first moved by hand (LEAD-6); none: it was not.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "original")]
    pub deadline_before_moves: Option<DateTime<Utc>>,
    /// Its further deadlines by their times; at most twenty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Its open tasks by their starts (LEAD-4); at most twenty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Work>,
    /// The version of the dealer's settings that the plan was computed with (SET-11).
    #[serde(rename = "policy")]
    pub settings_version: u64,
    /// When a reopening started a new deadline (ESC-9).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub restarted: Option<DateTime<Utc>>,
    /// Its incomplete calendar events in the order of their times (CAL-3); at most eighteen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Planned>,
    /// When it last changed hands, until what is planned for it takes the time of whoever has it by now (CAL-7); none: it does.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "handed")]
    pub calendar_transfer_pending_since: Option<DateTime<Utc>>,
    /// How many elements of each kind it has (LEAD-1).
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// What stopped the response clock (ESC-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// The first answer of all, where an enquiry that was added started a new deadline (INT-6): reports of response time count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reaction: Option<Reaction>,
    /// How far it had escalated before its clock was started anew (OVR-4).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub escalated: u8,
    /// Where it came from, so that the same enquiry is known again (INT-5).
    pub origin: LeadOrigin,
}

impl Lead {
    /// How many channels it keeps that do not lead to its record.
    const ELSEWHERE: usize = 50;

    /// Whether the response clock still runs.
    pub fn clock_runs(&self) -> bool {
        self.status == Status::InProgress && self.reaction.is_none()
    }

    /// Where the deadline counts from: the arrival, or the reopening (ESC-9).
    pub fn clock_start(&self) -> DateTime<Utc> {
        self.restarted.unwrap_or(self.arrived)
    }

    /// When it came to its dealer: where it stands in the dealer's list.
    pub fn here_since(&self) -> DateTime<Utc> {
        self.moved_to_dealer_at.unwrap_or(self.arrived)
    }

    /// What must happen next, and when. It follows from the state alone, so that nobody can forget to arrange it.
    pub fn waits_for(&self) -> Option<Waiting> {
        if self.owner.is_none() && self.status == Status::InProgress {
            return Some(Waiting::Distribute(self.updated));
        }
        if let Some(since) = self.calendar_transfer_pending_since {
            return Some(Waiting::Distribute(since));
        }
        self.owner.as_ref()?;
        let step = self.plan.as_ref().filter(|_| self.clock_runs()).and_then(Plan::next);
        step.into_iter().chain(self.goes_on_at()).min().map(Waiting::Escalate)
    }

    /// The deadline that people work against, while the clock runs or ran.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.plan.as_ref()?.deadline()
    }

    /// When those of its steps were to happen that did happen at `now`.
    pub fn steps_of(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let steps = self.plan.iter().flat_map(Plan::steps);
        steps.filter(|step| step.fired == Some(now)).map(|step| step.at).collect()
    }

    /// How far it has escalated: 0, 1 or 2.
    pub fn level(&self) -> u8 {
        self.plan.as_ref().map_or(0, Plan::level)
    }

    /// How far it has ever escalated: 0, 1 or 2 (OVR-4).
    pub fn highest_level(&self) -> u8 {
        self.level().max(self.escalated)
    }

    /// The first answer of all (OVR-4).
    pub fn answered(&self) -> Option<&Reaction> {
        self.first_reaction.as_ref().or(self.reaction.as_ref())
    }

    /// The same lead as its next version, changed at `now`.
    pub fn touched(&self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated: now.max(self.updated), ..self.clone() }
    }

    /// Is found by these channels, too, which do not lead to its record in the directory (LEAD-8).
    pub(crate) fn found_by<'a>(&mut self, channels: impl IntoIterator<Item = &'a ChannelKey>) {
        for channel in channels {
            if !self.other_channels.contains(channel) {
                self.other_channels.push(channel.clone());
            }
        }
        self.other_channels.drain(..self.other_channels.len().saturating_sub(Self::ELSEWHERE));
    }

    /// Shows what `enquiry` says in the lead's own facts.
    pub fn describe(&mut self, enquiry: &Enquiry) {
        self.enquiry_version = Some(self.version).filter(|version| *version > 1);
        self.lead_type = enquiry.lead_type;
        self.source = enquiry.source.clone();
        self.asked = RoutingCriteria::of(enquiry);
        // What somebody has corrected stays so (LEAD-7).
        if self.contacts.is_empty() {
            self.contact = enquiry.contact.display_name();
        }
        let vehicle = enquiry.vehicles.first().or(enquiry.trade_ins.first());
        self.vehicle = vehicle.map(Vehicle::headline).unwrap_or_default();
        let plates = enquiry.vehicles.iter().chain(&enquiry.trade_ins).filter_map(|vehicle| vehicle.plate.as_deref());
        self.plate = plates.map(bare_plate).find(|plate| !plate.is_empty());
    }
}

fn is_zero(level: &u8) -> bool {
    *level == 0
}

/// What a lead waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For an owner, since it came in; or that what is planned for it takes the time of the one that it has got.
    Distribute(DateTime<Utc>),
    /// For its next step, or to go to the next in turn.
    Escalate(DateTime<Utc>),
}

/// A number plate without what people write between: `B-MW 1234` is `BMW1234`.
pub fn bare_plate(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Whether a lead waits in its dealer's pool.
pub fn is_pooled(lead: &Lead, settings: &DealerSettings) -> bool {
    let pool_user = settings.pool.as_ref().map(|pool| &pool.user);
    lead.status == Status::InProgress && pool_user.is_some() && lead.owner.as_ref() == pool_user
}

pub(crate) fn in_progress(lead: &Lead) -> Result<(), Refusal> {
    if lead.status == Status::InProgress {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("the lead is {}; reopen it first", lead.status.name())))
}

impl Lead {
    /// The lane that it goes through at `dealer`.
    pub fn lane(&self, dealer: &Dealer) -> Lane {
        dealer.settings.lane(&self.source, self.lead_type, &self.asked)
    }
}
