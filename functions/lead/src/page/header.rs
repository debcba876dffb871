//! The header of a lead's page: status colour, age, next action, deadlines, open tasks (LEAD-1).

use chrono::{DateTime, Utc};
use forecourt_domain::base::Status;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::lead::{FIRST_CONTACT, Lead, TaskDetails};
use serde::Serialize;
use utoipa::ToSchema;

/// The header of a lead's page.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeaderView {
    /// Colour of the status, the same for every client: `#1F6FB2` in progress, `#2E7D32` won, `#C62828` lost. White text on each has a
    /// contrast of at least 4.5.
    #[schema(example = "#1F6FB2")]
    pub status_colour: &'static str,
    /// Seconds since the lead arrived.
    pub age_seconds: i64,
    /// Time of the earliest incomplete calendar event, past or future. If there is none: the time of the lead's last update (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// Id of the calendar event that is the next action; `null` if there is none.
    pub next_action: Option<String>,
    /// The earliest open deadline (LEAD-6); `null` if none is open.
    pub current_deadline: Option<TargetView>,
    /// All deadlines ordered by time, `first-contact` included.
    pub deadlines: Vec<TargetView>,
    /// The open tasks, ordered by start (LEAD-4).
    pub open_tasks: Vec<OpenTaskView>,
}

/// A deadline of a lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TargetView {
    /// Id within the lead; `first-contact` is the deadline for the first response.
    #[schema(example = "first-contact")]
    pub id: String,
    /// Title; `null` for the first-contact deadline.
    pub title: Option<String>,
    /// When the deadline is due.
    pub at: DateTime<Utc>,
    /// Seconds until the deadline, negative after it; `null` once it is met, and on a won or lost lead.
    pub seconds_left: Option<i64>,
    /// When it was met; for the first-contact deadline, the time of the first response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<DateTime<Utc>>,
    /// The first-contact deadline before a user first moved it (OVR-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_at: Option<DateTime<Utc>>,
}

impl TargetView {
    fn all(lead: &Lead, now: DateTime<Utc>) -> Vec<Self> {
        let left = |at: DateTime<Utc>, open: bool| open.then(|| (at - now).num_seconds());
        let first = lead.deadline().map(|at| Self {
            id: FIRST_CONTACT.into(),
            title: None,
            at,
            seconds_left: left(at, lead.clock_runs()),
            met_at: lead.reaction.as_ref().map(|reaction| reaction.at),
            original_at: lead.deadline_before_moves,
        });
        let further = lead.targets.iter().map(|target| Self {
            id: target.id.to_string(),
            title: Some(target.title.clone()),
            at: target.at,
            seconds_left: left(target.at, lead.status == Status::InProgress && target.met.is_none()),
            met_at: target.met,
            original_at: None,
        });
        let mut all: Vec<Self> = first.into_iter().chain(further).collect();
        all.sort_by_key(|deadline| deadline.at);
        all
    }
}

/// An open task on the page of its lead.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "as in TaskView")]
pub struct OpenTaskView {
    pub id: String,
    pub title: String,
    pub start: DateTime<Utc>,
    pub minutes: u32,
    pub assignee: Option<String>,
    pub overdue: bool,
}

/// The calendar event that is the next action (CAL-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct NextActionView {
    /// Id of the event within the lead.
    pub id: String,
    /// Title of the event.
    pub title: String,
    /// `phone_outbound`, `visit_inbound` …, or a type that the dealer added.
    #[serde(rename = "type")]
    pub kind: String,
    /// Start of the event.
    pub at: DateTime<Utc>,
    /// Free text.
    pub notes: Option<String>,
    /// The user of the event, otherwise the lead's owner; `null` if the lead has no owner yet.
    pub user: Option<String>,
    /// Why the event cannot take place as planned: `leaver`, `absence`, `day_off` or `closed`; absent if it can, or if somebody has decided
    /// (APT-9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<&'static str>,
}

impl NextActionView {
    pub(crate) fn of(event: &CalendarEvent, lead: &Lead) -> Self {
        Self {
            id: event.id.to_string(),
            title: event.title.clone(),
            kind: event.kind.clone(),
            at: event.at,
            notes: event.notes.clone(),
            user: event.user.as_ref().or(lead.owner.as_ref()).map(ToString::to_string),
            affected: None,
        }
    }
}

impl HeaderView {
    pub(crate) fn of(lead: &Lead, now: DateTime<Utc>) -> Self {
        let (next_action_at, next_action) = lead.next_action();
        let deadlines = TargetView::all(lead, now);
        let current = lead.current_deadline().map(|(_, id)| id);
        Self {
            status_colour: colour(lead.status),
            age_seconds: (now - lead.arrived).num_seconds(),
            next_action_at,
            next_action: next_action.map(ToString::to_string),
            current_deadline: deadlines.iter().find(|deadline| current == Some(&*deadline.id)).cloned(),
            deadlines,
            open_tasks: OpenTaskView::all(lead, now),
        }
    }
}

impl OpenTaskView {
    pub(crate) fn all(lead: &Lead, now: DateTime<Utc>) -> Vec<Self> {
        let view = |work: &TaskDetails| Self {
            id: work.id.to_string(),
            title: work.title.clone(),
            start: work.start,
            minutes: work.minutes,
            assignee: work.assignee.as_ref().or(lead.owner.as_ref()).map(ToString::to_string),
            overdue: work.end() < now,
        };
        lead.tasks.iter().map(view).collect()
    }
}

fn colour(status: Status) -> &'static str {
    match status {
        Status::InProgress => "#1F6FB2",
        Status::Won => "#2E7D32",
        Status::Lost(_) => "#C62828",
        Status::Unknown => "#757575",
    }
}
