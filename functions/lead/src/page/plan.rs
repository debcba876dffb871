//! The follow-up plan of a lead as clients see it (CAL-11).

use chrono::{DateTime, Utc};
use forecourt_domain::base::Purpose;
use forecourt_domain::lead::{FollowUp, FollowUpStep, Lead, PlanAction, PlanChange, StepSkipped, StopCause};
use forecourt_domain::settings::Dealer;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The latest follow-up plan of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPlanView {
    /// Id of the plan.
    pub id: String,
    /// Name of the plan at the start.
    pub name: String,
    /// Number of the run on this lead, from 1.
    pub number: u32,
    /// `running`, `finished` or `stopped`.
    pub state: &'static str,
    /// Why it was stopped: `answered`, `booked`, `won`, `lost`, `opt_out`, `transferred`, `erased` or `by_user`; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Who started it: `user:…`; `system` if it started with the first answer.
    pub started_by: String,
    /// When it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Number of the next step, from 1; absent if it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<usize>,
    /// When the next step is due; absent if it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
    /// The steps, as they were at the start.
    pub steps: Vec<LeadPlanStepView>,
}

/// A step of the follow-up plan of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPlanStepView {
    /// Days after the start.
    pub day: u32,
    /// Type of the calendar event.
    #[serde(rename = "type")]
    pub kind: String,
    /// Title.
    pub title: String,
    /// Id of the canned answer that it sends; absent if it makes an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Purpose of the message: `contract`, `service` or `advertising`; absent without `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'static str>,
    /// When it was carried out; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// Id of the calendar event that it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Id of the communication that it sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication: Option<String>,
    /// Why it made neither: `no_consent`, `no_address`, `bounced`, `country`, `switched`, `tracking_only` or `full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<&'static str>,
    /// Whether its event was completed or marked as a no-show.
    pub completed: bool,
    /// Whether the customer reacted after it.
    pub answered: bool,
    /// Whether an appointment was booked after it.
    pub booked: bool,
    /// Whether the lead was won after it.
    pub won: bool,
}

/// A follow-up plan that can be started on the lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanChoiceView {
    /// Id of the plan.
    pub id: String,
    /// Name of the plan.
    pub name: String,
}

impl LeadPlanView {
    pub(super) fn of(lead: &Lead) -> Option<Self> {
        let run = lead.follow_up.as_deref()?;
        let FollowUp { number, plan, name, by, started, steps, ended, .. } = run;
        let why = ended.map(|end| end.why).filter(|why| *why != StopCause::Finished);
        let next = lead.next_follow_up();
        Some(Self {
            id: plan.to_string(),
            name: name.clone(),
            number: *number,
            state: match (ended, why) {
                (None, _) => "running",
                (Some(_), None) => "finished",
                (Some(_), Some(_)) => "stopped",
            },
            why: why.map(StopCause::name),
            started_at: *started,
            started_by: by.to_string(),
            ended_at: ended.map(|end| end.at),
            next_step: next.map(|next| next.step + 1),
            next_at: next.map(|next| next.at),
            steps: steps.iter().map(LeadPlanStepView::of).collect(),
        })
    }
}

impl LeadPlanStepView {
    fn of(FollowUpStep { step, done }: &FollowUpStep) -> Self {
        let done = done.as_ref();
        Self {
            day: step.day,
            kind: step.kind.clone(),
            title: step.title.clone(),
            text: step.text.as_ref().map(ToString::to_string),
            purpose: step.text.as_ref().map(|_| Purpose::name(step.purpose)),
            done_at: done.map(|done| done.at),
            event: done.and_then(|done| done.event.as_ref()).map(ToString::to_string),
            communication: done.and_then(|done| done.message.as_ref()).map(ToString::to_string),
            skipped: done.and_then(|done| done.skipped).map(StepSkipped::name),
            completed: done.is_some_and(|done| done.completed),
            answered: done.is_some_and(|done| done.answered),
            booked: done.is_some_and(|done| done.booked),
            won: done.is_some_and(|done| done.won),
        }
    }
}

impl PlanChoiceView {
    /// Returns the plans of the dealer for leads of this type.
    pub(super) fn all(lead: &Lead, dealer: &Dealer) -> Vec<Self> {
        let plans = dealer.settings.follow_up_plans.iter().filter(|plan| plan.is_for(lead.lead_type));
        plans.map(|plan| Self { id: plan.id.to_string(), name: plan.name.clone() }).collect()
    }
}

/// Returns the event of the timeline about a follow-up plan.
pub(super) fn details_of_plan(change: &PlanChange) -> (&'static str, Value) {
    let PlanChange { action, plan, name, step, title, skipped, why } = change;
    let what = match action {
        PlanAction::Started => "plan_started",
        PlanAction::Step => "plan_step",
        PlanAction::Ended => "plan_ended",
        PlanAction::Unknown => "unknown",
    };
    let (skipped, why) = (skipped.map(StepSkipped::name), why.map(StopCause::name));
    let fields = [
        ("plan", Some(json!(plan))),
        ("name", Some(json!(name))),
        ("step", step.map(|step| json!(step))),
        ("title", title.as_ref().map(|title| json!(title))),
        ("skipped", skipped.map(|why| json!(why))),
        ("why", why.map(|why| json!(why))),
    ];
    (what, fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}
