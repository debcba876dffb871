//! What the timeline keeps of a calendar event that was cancelled, corrected or reopened.

use crate::base::{Cancellation, EventId, is_default};
use crate::lead::TimelineAction;
use serde::{Deserialize, Serialize};

/// A calendar event that was cancelled (CAL-4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelledEvent {
    /// The id of the event.
    pub event: EventId,
    /// The title.
    pub title: String,
    /// Why and from which side it was cancelled (APT-11).
    #[serde(default, skip_serializing_if = "is_default")]
    pub why: Cancellation,
}

/// A calendar event that was corrected or reopened (CAL-9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangedEvent {
    /// `changed` or `reopened`.
    #[serde(rename = "did")]
    pub action: TimelineAction,
    /// The id of the event.
    pub event: EventId,
    /// The title after the change.
    pub title: String,
    /// The texts before the correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<EventTexts>,
    /// The state before the event was reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// The texts of a calendar event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventTexts {
    /// The title.
    pub title: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}
