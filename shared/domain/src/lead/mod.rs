//! A lead: its state, and the queries on it.

mod action;
mod addresses;
mod bulk;
mod contacts;
mod entry;
mod event_change;
mod follow_up;
mod further;
mod handed;
mod hold;
mod mail_event;
mod origin;
mod plan;
mod plan_change;
mod planned;
mod raw;
mod reaction;
mod stricter;
mod target;
mod task;
mod terms;
mod timeline;
mod turn;

pub use action::TimelineAction;
pub use addresses::{AddressStopped, ConsentRecorded};
pub use bulk::{BulkAction, BulkNews, BulkNotice, BulkPage, BulkRow, merged};
pub(crate) use contacts::is_same;
pub use contacts::{Enquirer, LeadContact};
pub use entry::Entry;
pub use event_change::{CancelledEvent, ChangedEvent, EventTexts};
pub use follow_up::{FollowUp, FollowUpEnd, FollowUpStep, NextStep, StepDone};
pub use further::{FurtherAnswers, RESPONSE_BUCKETS, response_bucket};
pub use handed::HandedFrom;
pub use hold::{HoldReason, LeadHold};
pub use mail_event::MailEvent;
pub use origin::{Added, EnquiryReceipt, LeadOrigin, Receipt, Resent};
pub use plan::{ClockStart, Plan, Step};
pub use plan_change::{FollowUpYield, PlanAction, PlanChange, StepSkipped, StopCause};
pub use raw::{Raw, RawStorage};
pub(crate) use reaction::Canceller;
pub use reaction::Reaction;
pub use stricter::{StricterMessage, StricterMessages};
pub use target::{FIRST_CONTACT, Target, open};
pub use task::{Task, TaskDetails, TaskState};
pub use terms::{ClockTerms, DeadlineCriteria, DeadlineRequest};
pub use timeline::Event;
pub use turn::Turn;

use crate::base::{AppointmentId, ChannelKey, DealerId, Email, LeadId, Phone, Refusal, Status, UserId, is_default};
use crate::calendar::Planned;
use crate::distribution::Counted;
use crate::elements::Counts;
use crate::enquiry::{ContactPreferences, Enquiry, LeadType, Person, RoutingCriteria, Vehicle};
use crate::settings::{Dealer, DealerSettings, Lane};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The state of a lead: the data for lists and for every decision about the lead. The timeline holds its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// Counts the commits that changed it, from 1.
    pub version: u64,
    /// The dealer that the lead belongs to.
    pub dealer: DealerId,
    /// In progress, won or lost.
    pub status: Status,
    /// The user who works on it. `None` if it is not yet distributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The number of the current assignment. It makes messages for an earlier owner stale.
    pub assignment: u32,
    /// The rotation turn that assigned the lead. `None` if it was not assigned by rotation (DIS-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// The user among whose open leads it is counted. `None` if it is not counted (DIS-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// The type of the enquiry.
    #[serde(rename = "type")]
    pub lead_type: LeadType,
    /// The source of the enquiry.
    pub source: String,
    /// The display name of the main contact.
    pub contact: String,
    /// The telephone number that lists offer for a call: of the main contact, in E.164, with its extension (RFC 3966). `None` if the
    /// contact has none that can be dialled, or if an earlier release set the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The first e-mail address of the main contact. `None` if the contact has none, or if an earlier release set the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The contact's record in the directory. `None` if no channel identifies the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ChannelKey>,
    /// Channels of its contacts that the directory maps to another record or to none. A search by such a channel also finds the lead
    /// (LEAD-8). At most the latest 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "elsewhere")]
    pub other_channels: Vec<ChannelKey>,
    /// The requested vehicle or, without one, the offered vehicle, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vehicle: String,
    /// The number plate of the requested vehicle or, without one, of the offered vehicle: capital letters and digits (LEAD-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// The version whose timeline entry holds the latest state of the enquiry. `None` if that is version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "described")]
    pub enquiry_version: Option<u64>,
    /// The contact of the latest enquiry, if letters do not go to the main contact's usual channels (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "asker")]
    pub enquirer: Option<Box<Enquirer>>,
    /// Its contacts, the main one first: at most ten if users add them, at most 20 with those of further enquiries. Empty if the only
    /// contact is the unchanged contact of the enquiry (LEAD-7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<LeadContact>,
    /// Further criteria for the routing rules (DIS-3).
    #[serde(default, skip_serializing_if = "RoutingCriteria::is_empty")]
    pub asked: RoutingCriteria,
    /// When the sender sent the enquiry. The response clock starts here.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub arrived: DateTime<Utc>,
    /// When the enquiry that started the clock reached Forecourt, if that was later than it was sent. The steps give time from here.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub received: Option<DateTime<Utc>>,
    /// When another dealer transferred it to this dealer (DIS-7). It sorts the dealer's list. `None` if it was never transferred.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "moved")]
    pub moved_to_dealer_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub updated: DateTime<Utc>,
    /// The first-contact deadline and its steps. `None` if the dealer has switched the deadline off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The first-contact deadline before a user first changed it (LEAD-6). `None` if no user has changed it.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "original")]
    pub deadline_before_moves: Option<DateTime<Utc>>,
    /// The terms of the response clock beside the plan (ESC-12).
    #[serde(default, skip_serializing_if = "is_default")]
    pub terms: ClockTerms,
    /// Its further deadlines, sorted by time; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Its open tasks, sorted by start (LEAD-4); at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskDetails>,
    /// The version of the dealer's settings that the plan was computed with (SET-11).
    #[serde(rename = "policy")]
    pub settings_version: u64,
    /// When the lead was reopened, which started a new deadline (ESC-9).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub restarted: Option<DateTime<Utc>>,
    /// Its incomplete calendar events, sorted by time (CAL-3); at most 18.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Planned>,
    /// Its appointments, oldest first; at most the latest eight. They get its result (OVR-5). Those before this field existed are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appointments: Vec<AppointmentId>,
    /// When the owner last changed. Set while calendar slots still have to be moved to the new owner (CAL-7); `None` once done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "handed")]
    pub calendar_transfer_pending_since: Option<DateTime<Utc>>,
    /// The last hand-over by which it came to another owner (DIS-12). `None` if there was none, or if it went back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_from: Option<HandedFrom>,
    /// The latest run of a follow-up plan (CAL-11). `None` if none was ever started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Box<FollowUp>>,
    /// The yields of the runs before it, oldest first; at most the latest nine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_follow_ups: Vec<FollowUpYield>,
    /// The number of its elements of each kind (LEAD-1).
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// The reaction that stopped the response clock (ESC-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// The very first reaction, if a later enquiry of the contact started a new deadline (INT-6). Reports use it for the response time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reaction: Option<Reaction>,
    /// The answers to further messages of the customer, except the current one: see [`Lead::further_answers`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub further: FurtherAnswers,
    /// The highest escalation level before the response clock was restarted (OVR-4).
    #[serde(default, skip_serializing_if = "is_default")]
    pub escalated: u8,
    /// The highest level before the first further message or reopening of an answered lead: see [`Lead::first_level`]. `None` if there was
    /// neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_level: Option<u8>,
    /// Its origin, by which a repeated enquiry is recognised (INT-5).
    pub origin: LeadOrigin,
    /// When its contacts were erased. The lead then has no personal data, and stays closed (PRV-2). `None` if it has a contact.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "erased_at")]
    pub erased: Option<DateTime<Utc>>,
    /// When it was won or lost. `None` if it is in progress, or if an earlier release closed it.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "closed_at")]
    pub closed: Option<DateTime<Utc>>,
    /// The order that erases one of its contacts: until it is done, nothing is sent about the lead (PRV-2). `None` if there is none, or if
    /// the contact is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<String>,
    /// The legal holds that forbid to erase it (PRV-5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<LeadHold>,
}

impl Lead {
    /// The maximum number of [`Lead::other_channels`].
    const ELSEWHERE: usize = 50;

    /// Whether the response clock still runs.
    pub fn clock_runs(&self) -> bool {
        self.status == Status::InProgress && self.reaction.is_none()
    }

    /// When the deadline starts to count: at the arrival, or at the reopening (ESC-9).
    pub fn clock_start(&self) -> DateTime<Utc> {
        self.restarted.unwrap_or(self.arrived)
    }

    /// The start of the response clock.
    pub(crate) fn clock(&self) -> ClockStart {
        let counted = self.clock_start();
        ClockStart { counted, seen: self.received.unwrap_or(counted), act_until: self.terms.act_until }
    }

    /// When the lead came to its dealer. It sorts the dealer's list.
    pub fn here_since(&self) -> DateTime<Utc> {
        self.moved_to_dealer_at.unwrap_or(self.arrived)
    }

    /// Returns the next automatic action and its time. It is derived from the state alone, so no separate schedule can be forgotten.
    pub fn waits_for(&self) -> Option<Waiting> {
        if self.owner.is_none() && self.status == Status::InProgress {
            return Some(Waiting::Distribute(self.updated));
        }
        if let Some(since) = self.calendar_transfer_pending_since {
            return Some(Waiting::Distribute(since));
        }
        self.owner.as_ref()?;
        let step = self.plan.as_ref().filter(|_| self.clock_runs()).and_then(Plan::next);
        let deadlines = self.unnoticed().map(|target| target.at);
        let follow_up = self.next_follow_up().map(|next| next.at);
        step.into_iter().chain(self.goes_on_at()).chain(deadlines).chain(follow_up).min().map(Waiting::Escalate)
    }

    /// The first-contact deadline, whether the clock still runs or not.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.plan.as_ref()?.deadline()
    }

    /// Returns the planned times of the steps that fired at `now`.
    pub fn steps_of(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let steps = self.plan.iter().flat_map(Plan::steps);
        steps.filter(|step| step.fired == Some(now)).map(|step| step.at).collect()
    }

    /// The current escalation level: 0, 1 or 2.
    pub fn level(&self) -> u8 {
        self.plan.as_ref().map_or(0, Plan::level)
    }

    /// The highest escalation level so far: 0, 1 or 2 (OVR-4).
    pub fn highest_level(&self) -> u8 {
        self.level().max(self.escalated)
    }

    /// The very first reaction (OVR-4).
    pub fn answered(&self) -> Option<&Reaction> {
        self.first_reaction.as_ref().or(self.reaction.as_ref())
    }

    /// Returns the lead as its next version, updated at `now`.
    pub fn touched(&self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated: now.max(self.updated), ..self.clone() }
    }

    /// Adds channels that do not map to the lead's own directory record, so that a search also finds the lead by them (LEAD-8).
    pub(crate) fn found_by<'a>(&mut self, channels: impl IntoIterator<Item = &'a ChannelKey>) {
        for channel in channels {
            if !self.other_channels.contains(channel) {
                self.other_channels.push(channel.clone());
            }
        }
        self.other_channels.drain(..self.other_channels.len().saturating_sub(Self::ELSEWHERE));
    }

    /// Takes what lists show of the main contact: the name, the number and the address.
    pub(crate) fn show(&mut self, main: &Person) {
        let ContactPreferences { email, phone, .. } = ContactPreferences::of(main);
        self.contact = main.display_name();
        self.phone = phone.as_ref().and_then(Phone::channel);
        self.email = email;
    }

    /// Updates the lead's own fields from `enquiry`.
    pub fn describe(&mut self, enquiry: &Enquiry) {
        self.enquiry_version = Some(self.version).filter(|version| *version > 1);
        self.lead_type = enquiry.lead_type;
        self.source = enquiry.source.clone();
        self.asked = RoutingCriteria::of(enquiry);
        // A contact that a user has edited stays unchanged (LEAD-7).
        if self.contacts.is_empty() {
            self.show(&enquiry.contact);
        }
        let vehicle = enquiry.vehicles.first().or(enquiry.trade_ins.first());
        self.vehicle = vehicle.map(Vehicle::headline).unwrap_or_default();
        let plates = enquiry.vehicles.iter().chain(&enquiry.trade_ins).filter_map(|vehicle| vehicle.plate.as_deref());
        self.plate = plates.map(bare_plate).find(|plate| !plate.is_empty());
    }
}

/// The next automatic action of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Distribute the lead, which has waited since this time; or move its calendar slots to the new owner.
    Distribute(DateTime<Utc>),
    /// Fire the next escalation step, pass the lead on to the next user of the rotation, notify the owner of a further deadline, or carry
    /// out the next step of its follow-up plan.
    Escalate(DateTime<Utc>),
}

/// Returns a number plate without separators: `B-MW 1234` becomes `BMW1234`.
fn bare_plate(text: &str) -> String {
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
    Err(Refusal::conflict("LEAD-1", format!("the lead is {}; reopen it first", lead.status.name())))
}

/// Checks that the contacts of the lead were not erased: nothing is added to it any more (PRV-2).
///
/// # Errors
/// 409 if they were erased.
pub fn not_erased(lead: &Lead) -> Result<(), Refusal> {
    match lead.erased {
        None => Ok(()),
        Some(_) => Err(Refusal::conflict("PRV-2", "the contact of this lead was erased; a new enquiry makes a new lead")),
    }
}

impl Lead {
    /// Returns among whose open leads it belongs at `dealer`. `None` if the dealer counts none, or the lead is closed, without an owner, in
    /// the pool, or at another dealer (DIS-13).
    pub(crate) fn belongs_to(&self, dealer: &Dealer) -> Option<Counted> {
        let since = dealer.counts_since.filter(|_| self.dealer == dealer.id && self.status == Status::InProgress)?;
        let user = self.owner.clone().filter(|_| !is_pooled(self, &dealer.settings))?;
        Some(Counted { user, since })
    }

    /// The distribution lane that the lead takes at `dealer`.
    pub fn lane(&self, dealer: &Dealer) -> Lane {
        dealer.settings.lane(&self.source, self.lead_type, &self.asked)
    }
}
