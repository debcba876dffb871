//! An invitation of a customer to book an appointment (CAL-8).

use crate::base::{EventId, InvitationId, Language, LeadId, UserId};
use crate::calendar::{CalendarEvent, EventState};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An invitation of a lead's contact to an event. What its link can reach is this one lead's event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its name.
    pub id: InvitationId,
    /// Of which lead.
    pub lead: LeadId,
    /// The type of the event to be booked (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is called; without one, as its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// With whom; `None`: with whoever has the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The contact's language, where the enquiry says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// From when on nothing can be booked anew by its link.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub expires: DateTime<Utc>,
    /// The event that was booked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// How many were booked.
    #[serde(default)]
    pub bookings: u32,
    /// When it was revoked: its link is good for nothing since.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub revoked: Option<DateTime<Utc>>,
}

impl Invitation {
    /// The name of the event that is booked as the `booking`th by it.
    pub(crate) fn names_event(&self, booking: u32) -> Option<EventId> {
        EventId::parse(&format!("{}-{booking}", self.id)).ok()
    }

    /// From when on its link is good for nothing: what was booked by it can be moved and cancelled until it begins. `event` is the one that was
    /// booked last.
    pub fn ends(&self, event: Option<&CalendarEvent>) -> DateTime<Utc> {
        event.map_or(self.expires, |event| event.at.max(self.expires))
    }

    /// Whether its link is good for anything.
    pub fn is_good(&self, event: Option<&CalendarEvent>, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && now < self.ends(event)
    }

    /// How it stands; `event` is the one that was booked last.
    pub fn standing(&self, event: Option<&CalendarEvent>, now: DateTime<Utc>) -> InvitationStatus {
        match event.map(|event| (&event.state, event.at)) {
            None => InvitationStatus::Open,
            Some((EventState::Deleted(_), _)) => InvitationStatus::Cancelled,
            Some((EventState::Incomplete, at)) if at > now => InvitationStatus::Booked,
            Some(_) => InvitationStatus::Over,
        }
    }
}

/// How the booking of an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// Nothing is booked.
    Open,
    /// It is booked, and can be moved or cancelled.
    Booked,
    /// It was cancelled, by the customer or by the dealer; another slot can be booked.
    Cancelled,
    /// It has begun, or has ended.
    Over,
}

impl InvitationStatus {
    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            InvitationStatus::Open => "open",
            InvitationStatus::Booked => "booked",
            InvitationStatus::Cancelled => "cancelled",
            InvitationStatus::Over => "over",
        }
    }
}
