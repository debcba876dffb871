//! The answers about events.

use chrono::{DateTime, Utc};
use forecourt_domain::base::CancellationSide;
use forecourt_domain::bookings::Impediment;
use forecourt_domain::calendar::{CalendarEvent, Rescheduled};
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::DealerSettings;
use forecourt_edge::usecase::warnings::WarningView;
use serde::Serialize;
use utoipa::ToSchema;

/// A calendar event of a lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CalendarEventView {
    /// Id of the event within its lead.
    pub id: String,
    /// Id of the lead.
    pub lead: String,
    /// Title.
    pub title: String,
    /// Event type (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// Time of the event.
    pub at: DateTime<Utc>,
    /// Notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The responsible user: the user of the event, or else the owner of the lead.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: &'static str,
    /// When the event was completed, marked as a no-show or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Reason of a no-show or of a cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The side from which a cancellation came: `customer` or `dealer` (APT-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// Note that was recorded when the event ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Previous times, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rescheduled_from: Vec<DateTime<Utc>>,
    /// Escalation level as a resubmission: 1 after the seller was notified, 2 after the supervisor was notified (ESC-4).
    pub level: u8,
    /// Time of the lead's next action (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// Why the event cannot take place as planned: `leaver`, `absence`, `day_off` or `closed`; absent if it can, or if somebody has decided
    /// (APT-9). Only the responses to `GET` have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<&'static str>,
    /// The reasons against the time and user that this request has set, also of a follow-up event; absent if there are none. They are those
    /// of the time of the response (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
    /// The follow-up event that was created when this event ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub follow_up: Option<Box<CalendarEventView>>,
}

/// The events of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEventsView {
    /// Latest first, ended events included.
    pub events: Vec<CalendarEventView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Time of the lead's next action: of the earliest incomplete event, or else of the last update of the lead (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// Id of the event that is the next action; `null` if no event is incomplete.
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
            side: ended.and_then(|ended| ended.side).map(CancellationSide::name),
            note: ended.and_then(|ended| ended.note.clone()),
            rescheduled_from: event.rescheduled.iter().map(|Rescheduled { from, .. }| *from).collect(),
            level: event.level,
            next_action_at: lead.next_action().0,
            affected: None,
            warnings: Vec::new(),
            follow_up: follow_up.map(|event| Box::new(Self::of(event, lead, None))),
        }
    }

    /// The event with the reason for which it cannot take place as planned at `now` (APT-9).
    pub(crate) fn checked(event: &CalendarEvent, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Self {
        let affected = event.affected(lead.owner.as_ref(), settings, now).map(Impediment::name);
        Self { affected, ..Self::of(event, lead, None) }
    }
}

impl CalendarEventsView {
    pub(crate) fn of(lead: &Lead, events: Vec<CalendarEventView>, cursor: Option<String>) -> Self {
        let (next_action_at, next) = lead.next_action();
        Self { events, cursor, next_action_at, next_action: next.map(ToString::to_string) }
    }
}
