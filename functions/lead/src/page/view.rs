//! Leads as clients see them. The shapes of the API; stored shapes may change without them.

use super::contact::LeadContactView;
use super::header::{HeaderView, NextActionView};
use super::timeline::EntryView;
use crate::cursor;
use crate::elements::CountsView;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{LostReason, Status, StepKind};
use forecourt_domain::lead::{Lead, Reaction};
use forecourt_domain::messages::{Message, MessageState, Notice};
use forecourt_store::LeadPage;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A lead (LEAD-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    /// Its id: the number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// As people say it.
    #[schema(example = "482-913-0576")]
    pub number: String,
    /// Whose it is.
    pub dealer: String,
    /// `in_progress`, `won` or `lost`.
    pub status: &'static str,
    /// Why it was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub lost_reason: Option<LostReason>,
    /// Who works it; `null` for the moment before it is distributed.
    pub owner: Option<String>,
    /// Counts its owners.
    pub assignment: u32,
    /// `new_car`, `used_car` …
    #[serde(rename = "type")]
    pub lead_type: &'static str,
    /// Where the customer asked.
    pub source: String,
    /// What to call the contact.
    pub contact: String,
    /// The vehicle, in a line.
    pub vehicle: String,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When anything last happened to it.
    pub updated_at: DateTime<Utc>,
    /// The first-contact deadline (LEAD-6); `null`: the dealer has set none.
    pub deadline: Option<DeadlineView>,
    /// What stopped the response clock (ESC-7).
    pub reaction: Option<ReactionView>,
    /// How many elements of each kind it has.
    pub counts: CountsView,
    /// What the header of its page shows besides.
    #[serde(flatten)]
    pub header: HeaderView,
    /// Its version, as in the ETag.
    pub version: u64,
}

/// A lead's first-contact deadline and how it escalates.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// When it is due; `null` where only later steps are left.
    pub due: Option<DateTime<Utc>>,
    /// Seconds until then, negative after it; `null` once the clock is stopped.
    pub seconds_left: Option<i64>,
    /// 0, 1 or 2.
    pub level: u8,
    /// The steps in order.
    pub steps: Vec<StepView>,
}

/// A step of the escalation.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    /// `reminder`, `level_1` or `level_2`.
    #[schema(value_type = String)]
    pub step: StepKind,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// When it happens: later than due where that is on a day off (ESC-5).
    pub happens_at: DateTime<Utc>,
    /// When it did.
    pub happened_at: Option<DateTime<Utc>>,
}

/// What stopped the response clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionView {
    /// `reply`, `call_reached`, `contact_made`, `won` or `lost`.
    #[schema(value_type = String)]
    pub kind: forecourt_domain::base::ReactionKind,
    /// When.
    pub at: DateTime<Utc>,
    /// Response time in seconds of the dealer's opening hours.
    pub working_seconds: i64,
    /// Response time in seconds of the clock.
    pub clock_seconds: i64,
}

/// A lead with the enquiry, its timeline and the notices about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPageView {
    /// The lead.
    #[serde(flatten)]
    pub lead: LeadView,
    /// The enquiry as understood, in its latest state.
    #[schema(value_type = Object)]
    pub enquiry: Option<Value>,
    /// Its contacts as people corrected them, the main one first (LEAD-7).
    pub contacts: Vec<LeadContactView>,
    /// The calendar event that `next_action` names; `null` where none is incomplete (CAL-3).
    pub next_action_event: Option<NextActionView>,
    /// What happened lately, oldest first: the fifty latest entries.
    pub timeline: Vec<EntryView>,
    /// Whether there are earlier entries.
    pub timeline_truncated: bool,
    /// Asks `GET /leads/{id}/timeline` for the earlier ones; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_cursor: Option<String>,
    /// Who was told what, and what became of it (MSG-1).
    pub messages: Vec<MessageView>,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// `assigned`, `added`, `reminder`, `level_1` or `level_2`.
    pub about: String,
    /// `queued`, `sending`, `sent`, `dropped` or `failed`.
    pub fate: &'static str,
    /// To whom it went.
    pub to: Option<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it goes out, or its fate was settled.
    pub at: DateTime<Utc>,
    /// Why it was dropped or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl LeadView {
    pub(crate) fn of(lead: &Lead, now: DateTime<Utc>) -> Self {
        Self {
            id: lead.id.to_string(),
            number: lead.id.spoken(),
            dealer: lead.dealer.to_string(),
            status: lead.status.name(),
            lost_reason: match lead.status {
                Status::Lost(reason) => Some(reason),
                Status::InProgress | Status::Won => None,
            },
            owner: lead.owner.as_ref().map(ToString::to_string),
            assignment: lead.assignment,
            lead_type: lead.lead_type.name(),
            source: lead.source.clone(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            received_at: lead.arrived,
            updated_at: lead.updated,
            deadline: DeadlineView::of(lead, now),
            reaction: lead.reaction.as_ref().map(ReactionView::of),
            counts: CountsView::of(lead.counts),
            header: HeaderView::of(lead, now),
            version: lead.version,
        }
    }
}

impl DeadlineView {
    fn of(lead: &Lead, now: DateTime<Utc>) -> Option<Self> {
        let plan = lead.plan.as_ref()?;
        let due = plan.deadline();
        let steps = plan.steps().iter().map(|s| StepView { step: s.kind, due: s.due, happens_at: s.at, happened_at: s.fired });
        let seconds_left = due.filter(|_| lead.clock_runs()).map(|due| (due - now).num_seconds());
        Some(Self { due, seconds_left, level: plan.level(), steps: steps.collect() })
    }
}

impl ReactionView {
    fn of(reaction: &Reaction) -> Self {
        let Reaction { kind, at, working_seconds, clock_seconds, .. } = *reaction;
        Self { kind, at, working_seconds, clock_seconds }
    }
}

impl LeadPageView {
    pub(crate) fn of(page: &LeadPage, now: DateTime<Utc>) -> Self {
        Self {
            lead: LeadView::of(&page.lead, now),
            enquiry: page.enquiry.as_ref().map(|enquiry| json!(enquiry)),
            contacts: LeadContactView::all(&page.lead, page.enquiry.as_ref()),
            next_action_event: page.next.as_ref().map(|event| NextActionView::of(event, &page.lead)),
            timeline: page.timeline.iter().map(EntryView::of).collect(),
            timeline_truncated: page.older.is_some(),
            timeline_cursor: page.older.map(|version| cursor::after(page.lead.id, version)),
            messages: page.messages.iter().map(MessageView::of).collect(),
        }
    }
}

impl MessageView {
    fn of(message: &Message) -> Self {
        let about = match &message.notice {
            Notice::Assigned { .. } => json!("assigned"),
            Notice::Pooled { .. } => json!("pooled"),
            Notice::Added => json!("added"),
            Notice::Booking { what, .. } => json!(what.name()),
            Notice::TradeIn { .. } => json!("trade_in"),
            Notice::Resubmission { level, .. } => json!(if *level == 1 { "resubmission" } else { "resubmission_level_2" }),
            Notice::Step { step, .. } => json!(step),
        };
        let (fate, to, at, why) = match &message.fate {
            MessageState::Queued { due, .. } => ("queued", None, *due, None),
            MessageState::Sending { until, .. } => ("sending", None, *until, None),
            MessageState::Sent { at, to, .. } => ("sent", Some(to.to_string()), *at, None),
            MessageState::Dropped { at, why } => ("dropped", None, *at, Some(json!(why).as_str().unwrap_or_default().to_owned())),
            MessageState::Failed { at, why } => ("failed", None, *at, Some(why.clone())),
        };
        Self { about: about.as_str().unwrap_or_default().to_owned(), fate, to, queued_at: message.queued, at, why }
    }
}
