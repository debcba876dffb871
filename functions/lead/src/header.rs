//! The header of a lead's page: how it stands, at a glance (LEAD-1).

use chrono::{DateTime, Utc};
use forecourt_domain::lead::{Lead, Status};
use serde::Serialize;
use utoipa::ToSchema;

/// What the header of a lead's page shows besides.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeaderView {
    /// The colour of its status, the same for every client: `#1F6FB2` in progress, `#2E7D32` won, `#C62828` lost. White text on each has a contrast of 4.5 at least.
    #[schema(example = "#1F6FB2")]
    pub status_colour: &'static str,
    /// Seconds since it came in.
    pub age_seconds: i64,
    /// The earliest incomplete calendar event's time, past or future; without one, when the lead was last updated (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// The calendar event that is the next action.
    pub next_action: Option<String>,
}

impl HeaderView {
    pub(crate) fn of(lead: &Lead, now: DateTime<Utc>) -> Self {
        let (next_action_at, next_action) = lead.next_action();
        Self {
            status_colour: colour(lead.status),
            age_seconds: (now - lead.arrived).num_seconds(),
            next_action_at,
            next_action: next_action.map(ToString::to_string),
        }
    }
}

fn colour(status: Status) -> &'static str {
    match status {
        Status::InProgress => "#1F6FB2",
        Status::Won => "#2E7D32",
        Status::Lost(_) => "#C62828",
    }
}
