//! The lead as clients see it. These types define the API; the stored items may change independently.

use super::contact::LeadContactView;
use super::header::{HeaderView, NextActionView};
use super::plan::{LeadPlanView, PlanChoiceView};
use super::timeline::EntryView;
use crate::cursor;
use crate::elements::CountsView;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LostReason, Right, Status, StepKind};
use forecourt_domain::bookings::Impediment;
use forecourt_domain::lead::{DeadlineRequest, Lead, LeadHold, Reaction};
use forecourt_domain::messages::{Message, MessageState, Notice};
use forecourt_domain::settings::Dealer;
use forecourt_edge::usecase::deadline_rule::DeadlineRuleView;
use forecourt_edge::usecase::people::PersonView;
use forecourt_store::LeadPage;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A lead (LEAD-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    /// Id: the number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// Number in the form that people read out.
    #[schema(example = "482-913-0576")]
    pub number: String,
    /// Id of the dealer.
    pub dealer: String,
    /// `in_progress`, `won` or `lost`.
    pub status: &'static str,
    /// Reason, if the lead is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub lost_reason: Option<LostReason>,
    /// Id of the owner; `null` until the lead is distributed, which takes seconds.
    pub owner: Option<String>,
    /// Number of assignments so far.
    pub assignment: u32,
    /// `new_car`, `used_car` …
    #[serde(rename = "type")]
    pub lead_type: &'static str,
    /// Source of the enquiry: a portal, the dealer's site, a campaign.
    pub source: String,
    /// Display name of the main contact.
    pub contact: String,
    /// The vehicle, in one line.
    pub vehicle: String,
    /// When the lead arrived.
    pub received_at: DateTime<Utc>,
    /// When the lead was last changed.
    pub updated_at: DateTime<Utc>,
    /// The first-contact deadline (LEAD-6); `null` if the dealer has set no response time.
    pub deadline: Option<DeadlineView>,
    /// The reaction that stopped the response clock (ESC-7); `null` while it runs.
    pub reaction: Option<ReactionView>,
    /// The latest follow-up plan; absent if none was ever started (CAL-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<LeadPlanView>,
    /// Number of elements of each kind.
    pub counts: CountsView,
    /// When its contacts were erased; absent if it has a contact. The lead then has no personal data, and cannot be reopened (PRV-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
    /// The legal holds that forbid to erase it; absent if there are none (PRV-5).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legal_holds: Vec<LeadHoldView>,
    /// The header of the lead's page.
    #[serde(flatten)]
    pub header: HeaderView,
    /// Version, as in the `ETag`.
    pub version: u64,
}

/// A legal hold on a lead (PRV-5).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadHoldView {
    /// Id of the hold.
    pub id: String,
    /// `legal_claim`, `authority`, `accounting` or `other`.
    pub reason: &'static str,
    /// Who placed it.
    pub placed_by: String,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
}

impl LeadHoldView {
    fn of(hold: &LeadHold) -> Self {
        let LeadHold { id, reason, by, at } = hold;
        Self { id: id.clone(), reason: reason.name(), placed_by: by.to_string(), placed_at: *at }
    }
}

/// A lead's first-contact deadline and its escalation.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// When it is due; `null` if only later steps are left.
    pub due: Option<DateTime<Utc>>,
    /// Seconds until the deadline, negative after it; `null` once the response clock has stopped.
    pub seconds_left: Option<i64>,
    /// Escalation level: 0, 1 or 2.
    pub level: u8,
    /// The steps in order.
    pub steps: Vec<StepView>,
    /// The move beyond level 2 that was requested and not yet granted; absent if there is none (ESC-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<DeadlineRequestView>,
    /// The deadline rule that chose the deadline; absent if the dealer's times apply, and in other answers than that of `GET /leads/{id}`
    /// (ESC-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<DeadlineRuleView>,
}

/// A requested move of the first-contact deadline.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineRequestView {
    /// The requested deadline.
    pub at: DateTime<Utc>,
    /// Who requested it: `user:…`.
    pub by: String,
    /// When it was requested.
    pub requested_at: DateTime<Utc>,
    /// The supervisor who grants it; users with the right `change_settings` may, too. Only the response to `GET` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Whether you may grant it. Only the response to `GET` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_approve: Option<bool>,
}

/// A step of the escalation.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    /// `reminder`, `level_1` or `level_2`.
    #[schema(value_type = String)]
    pub step: StepKind,
    /// When the step is due.
    pub due: DateTime<Utc>,
    /// When the step happens: after `due` if that is on a day off (ESC-5) or if a new owner gets time to act (DIS-7). A reminder outside
    /// opening hours happens in the last open minute before (ESC-2).
    pub happens_at: DateTime<Utc>,
    /// When the step happened; `null` if it has not.
    pub happened_at: Option<DateTime<Utc>>,
}

/// The reaction that stopped the response clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionView {
    /// `reply`, `call_reached`, `contact_made`, `won` or `lost`.
    #[schema(value_type = String)]
    pub kind: forecourt_domain::base::ReactionKind,
    /// When the user reacted.
    pub at: DateTime<Utc>,
    /// Response time in seconds, counted in the dealer's opening hours: from the arrival or, for the answer to a further message, from that
    /// message (INT-6).
    pub working_seconds: i64,
    /// Response time in elapsed seconds.
    pub clock_seconds: i64,
}

/// A lead with the enquiry, its timeline and the notices about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPageView {
    /// The lead.
    #[serde(flatten)]
    pub lead: LeadView,
    /// The enquiry as it was read, in its latest version.
    #[schema(value_type = Object)]
    pub enquiry: Option<Value>,
    /// The contacts with all corrections, the main contact first (LEAD-7).
    pub contacts: Vec<LeadContactView>,
    /// The calendar event that `next_action` names; `null` if no event is incomplete (CAL-3).
    pub next_action_event: Option<NextActionView>,
    /// The follow-up plans that can be started on the lead; absent if the dealer has none for leads of this type (CAL-11).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<PlanChoiceView>,
    /// The fifty latest timeline entries, oldest first.
    pub timeline: Vec<EntryView>,
    /// Whether earlier entries exist.
    pub timeline_truncated: bool,
    /// Cursor for `GET /leads/{id}/timeline`, which returns the earlier entries; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_cursor: Option<String>,
    /// The notices about the lead and their delivery state (MSG-1).
    pub messages: Vec<MessageView>,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A notice to a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// `assigned`, `passed` (the lead went on to another owner), `added`, `task`, `deadline`, `deadline_requested`, `reminder`, `level_1`
    /// or `level_2`.
    pub about: String,
    /// Delivery state: `queued`, `sending`, `sent`, `dropped` or `failed`.
    #[serde(rename = "fate")]
    pub state: &'static str,
    /// Recipient; `null` until it was sent.
    pub to: Option<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it is to be sent next; after that, when it was sent, dropped or failed.
    pub at: DateTime<Utc>,
    /// Why it was dropped or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// `true` if it is a text message (ESC-14); absent if it is a mail.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub text: bool,
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
                Status::InProgress | Status::Won | Status::Unknown => None,
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
            plan: LeadPlanView::of(lead),
            counts: CountsView::of(lead.counts),
            erased_at: lead.erased,
            legal_holds: lead.holds.iter().map(LeadHoldView::of).collect(),
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
        let requested = lead.terms.requested.as_ref();
        let requested = requested.map(DeadlineRequestView::of);
        Some(Self { due, seconds_left, level: plan.level(), steps: steps.collect(), requested, rule: None })
    }
}

impl DeadlineRequestView {
    fn of(DeadlineRequest { at, by, when }: &DeadlineRequest) -> Self {
        Self { at: *at, by: by.to_string(), requested_at: *when, approver: None, may_approve: None }
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
            plans: Vec::new(),
            people: Vec::new(),
        }
    }

    /// The page with what follows from the dealer's settings: the follow-up plans for it (CAL-11), the rule of the deadline (ESC-13), the
    /// user who grants a requested move of it, whether `scope` may grant it (ESC-12), and why the next event cannot take place as planned
    /// (APT-9).
    pub(crate) fn with_settings(mut self, page: &LeadPage, dealer: &Dealer, scope: &Scope, now: DateTime<Utc>) -> Self {
        let (lead, settings) = (&page.lead, &dealer.settings);
        self.plans = PlanChoiceView::all(lead, dealer);
        if let Some(deadline) = self.lead.deadline.as_mut() {
            deadline.rule = DeadlineRuleView::of(lead, dealer);
        }
        if let Some((view, event)) = self.next_action_event.as_mut().zip(page.next.as_ref()) {
            view.affected = event.affected(lead.owner.as_ref(), settings, now).map(Impediment::name);
        }
        if let Some(requested) = self.lead.deadline.as_mut().and_then(|deadline| deadline.requested.as_mut()) {
            requested.approver = Some(lead.decides_on_move(settings, now).to_string());
            requested.may_approve = Some(scope.needs(Right::WorkLeads).is_ok() && scope.agrees_for(lead, settings, now));
        }
        self
    }
}

impl MessageView {
    fn of(message: &Message) -> Self {
        let about = match &message.notice {
            Notice::Assigned { .. } => json!("assigned"),
            Notice::Pooled { .. } => json!("pooled"),
            Notice::Passed { .. } => json!("passed"),
            Notice::Task { .. } => json!("task"),
            Notice::EventGiven { .. } => json!("event_given"),
            Notice::Bulk { .. } => json!("bulk"),
            Notice::Deadline { .. } => json!("deadline"),
            Notice::Requested { .. } => json!("deadline_requested"),
            Notice::Added => json!("added"),
            Notice::Unreachable { .. } => json!("unreachable"),
            Notice::Booking { what, .. } => json!(what.name()),
            Notice::TradeIn { .. } => json!("trade_in"),
            Notice::Resubmission { level, .. } => json!(if *level == 1 { "resubmission" } else { "resubmission_level_2" }),
            Notice::Step { step, .. } => json!(step),
        };
        let (to, at, why) = match &message.state {
            MessageState::Queued { due, .. } => (None, *due, None),
            MessageState::Sending { until, .. } => (None, *until, None),
            MessageState::Sent { at, to, .. } => (Some(to.to_string()), *at, None),
            MessageState::Dropped { at, why } => (None, *at, Some(why.name().to_owned())),
            MessageState::Failed { at, why } => (None, *at, Some(why.clone())),
        };
        let (state, queued_at) = (message.state.name(), message.queued);
        Self { about: about.as_str().unwrap_or_default().to_owned(), state, to, queued_at, at, why, text: message.text }
    }
}
