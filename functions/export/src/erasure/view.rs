//! Erasures as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::lead::Lead;
use forecourt_domain::privacy::{ErasedCounts, Erasure, ErasureTarget};
use serde::Serialize;
use utoipa::ToSchema;

/// An order to erase a contact, which is also the receipt. It has no personal data (PRV-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureView {
    /// Id of the order.
    pub id: String,
    /// `running`, `done`, or `incomplete`: leads in `unreadable` could not be read, or leads in `held` are kept.
    pub state: &'static str,
    /// Progress in percent of the leads; 100 once the order is done.
    pub progress: u8,
    /// `requested`, `consent_withdrawn`, `no_longer_needed`, `unlawful`, or `retention`: the dealer's retention has ended (PRV-5).
    pub reason: &'static str,
    /// Who ordered it.
    pub ordered_by: String,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// When it was ordered again, after the table was restored to an earlier time (PRV-3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered_again_at: Option<DateTime<Utc>>,
    /// Numbers of the leads, in the form that people read out.
    pub leads: Vec<String>,
    /// What was erased so far.
    pub erased: ErasedView,
    /// Numbers of the leads that could not be read; absent if there are none. Deploy the latest release and order the erasure again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Numbers of the leads that a legal hold keeps; absent if there are none (PRV-5). A lead that is not in `leads` is that of another
    /// person: its hold keeps a received mail that also has data of the erased contact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<String>,
}

/// What an erasure has erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedView {
    /// Leads without a remaining contact. Number, type, source, times, states and owner stay.
    pub leads: u32,
    /// Leads that keep another contact.
    pub shared_leads: u32,
    /// Leads in progress that were closed.
    pub closed: u32,
    /// Appointments.
    pub appointments: u32,
    /// Appointments in the future that were cancelled.
    pub cancelled: u32,
    /// Documents.
    pub documents: u32,
    /// Received mails: their raw form, sender and subject.
    pub mails: u32,
    /// Exports whose files were deleted.
    pub exports: u32,
    /// Access files that were deleted.
    pub access_files: u32,
}

impl ErasedView {
    fn of(counts: ErasedCounts) -> Self {
        let ErasedCounts { leads, shared_leads, closed, appointments, cancelled, documents, mails, exports, access_files } = counts;
        Self { leads, shared_leads, closed, appointments, cancelled, documents, mails, exports, access_files }
    }
}

impl ErasureView {
    pub(super) fn of(order: &Erasure) -> Self {
        Self {
            id: order.id.clone(),
            state: order.state(),
            progress: order.progress(),
            reason: order.reason.name(),
            ordered_by: order.by.to_string(),
            ordered_at: order.at,
            done_at: order.done_at,
            ordered_again_at: order.again,
            leads: order.targets.iter().map(|target| target.lead.spoken()).collect(),
            erased: ErasedView::of(order.erased),
            unreadable: order.unreadable.iter().map(|lead| lead.spoken()).collect(),
            held: order.held.iter().map(|lead| lead.spoken()).collect(),
        }
    }
}

/// A page of the group's erasures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasuresView {
    /// The orders, the latest first.
    pub erasures: Vec<ErasureView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// What an erasure would erase. Nothing is changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasurePreviewView {
    /// The leads of the contact.
    pub leads: Vec<ErasureLeadView>,
    /// Number of the contact's appointments, with and without a lead.
    pub appointments: u32,
    /// Number of those in the future, which would be cancelled.
    pub cancelled: u32,
    /// Whether there may be more appointments without a lead, because the lists of the group are too long for a dry run. Absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_appointments: bool,
    /// Number of their documents.
    pub documents: u32,
    /// Whether the job also searches the group's lists for further leads, because the directory does not list all of them.
    pub searches: bool,
}

/// A lead that an erasure would erase.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureLeadView {
    /// Id of the lead.
    pub id: String,
    /// Number in the form that people read out.
    pub number: String,
    /// Id of the dealer.
    pub dealer: String,
    /// `in_progress`, `won` or `lost`. A lead in progress without another contact would be closed.
    pub status: &'static str,
    /// Whether it keeps another contact.
    pub shared: bool,
}

impl ErasureLeadView {
    pub(super) fn of(lead: &Lead, target: &ErasureTarget) -> Self {
        Self {
            id: lead.id.to_string(),
            number: lead.id.spoken(),
            dealer: lead.dealer.to_string(),
            status: lead.status.name(),
            shared: lead.known_people(None).iter().any(|contact| !target.contacts.contains(&contact.id)),
        }
    }
}
