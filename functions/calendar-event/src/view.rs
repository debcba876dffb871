//! What clients are shown.

use chrono::{DateTime, Utc};
use forecourt_domain::calendar::{CalendarEvent, Rescheduled};
use forecourt_domain::lead::Lead;
use serde::Serialize;
use utoipa::ToSchema;

/// A calendar event of a lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CalendarEventView {
    /// Its name within the lead.
    pub id: String,
    /// Of which lead.
    pub lead: String,
    /// What is to be done.
    pub title: String,
    /// Its type (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: &'static str,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Why, of a no-show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was said when it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The times that it had before, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rescheduled_from: Vec<DateTime<Utc>>,
    /// How far it has escalated as a resubmission: 1, the seller was told; 2, the supervisor (ESC-4).
    pub level: u8,
    /// The lead's next action after this (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// The event that was made with this one's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub follow_up: Option<Box<CalendarEventView>>,
}

/// The events of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEventsView {
    /// By their times, the latest first, ended ones too.
    pub events: Vec<CalendarEventView>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The lead's next action: the earliest incomplete event's time, else when the lead was last updated (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// The event that is the next action.
    pub next_action: Option<String>,
}

impl CalendarEventView {
    pub(crate) fn of(event: &CalendarEvent, lead: &Lead, follow_up: Option<&CalendarEvent>) -> Self {
        let ended = event.state.ended();
        Self {
            id: event.id.to_string(),
            lead: event.lead.to_string(),
            title: event.title.clone(),
            kind: event.kind.clone(),
            at: event.at,
            notes: event.notes.clone(),
            user: event.user.as_ref().or(lead.owner.as_ref()).map(ToString::to_string),
            state: event.state.name(),
            ended_at: ended.map(|ended| ended.at),
            reason: ended.and_then(|ended| ended.reason.clone()),
            note: ended.and_then(|ended| ended.note.clone()),
            rescheduled_from: event.rescheduled.iter().map(|Rescheduled { from, .. }| *from).collect(),
            level: event.level,
            next_action_at: lead.next_action().0,
            follow_up: follow_up.map(|event| Box::new(Self::of(event, lead, None))),
        }
    }
}

impl CalendarEventsView {
    pub(crate) fn of(lead: &Lead, events: &[CalendarEvent], cursor: Option<String>) -> Self {
        let (next_action_at, next) = lead.next_action();
        let events = events.iter().map(|event| CalendarEventView::of(event, lead, None)).collect();
        Self { events, cursor, next_action_at, next_action: next.map(ToString::to_string) }
    }
}
