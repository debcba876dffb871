//! An invitation of a customer to book an appointment (CAL-8).

use crate::base::{EventId, InvitationId, Language, LeadId, UserId};
use crate::calendar::{CalendarEvent, EventState};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An invitation of a lead's contact to an event. Its link gives access to this lead's event only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// The lead.
    pub lead: LeadId,
    /// The type of the event to be booked (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// The title of the event. `None` means the name of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The user whom the customer meets. `None` means the owner of the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The contact's language, if the enquiry has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The time of its creation.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// The time from which its link cannot be used for a new booking.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub expires: DateTime<Utc>,
    /// The event of the last booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The number of bookings.
    #[serde(default)]
    pub bookings: u32,
    /// The time at which it was revoked. Its link is invalid since then.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub revoked: Option<DateTime<Utc>>,
}

impl Invitation {
    /// Returns the id of the event of the `booking`th booking.
    pub(crate) fn names_event(&self, booking: u32) -> Option<EventId> {
        EventId::parse(&format!("{}-{booking}", self.id)).ok()
    }

    /// Returns the time from which its link is invalid. A booked event can be moved and cancelled until it begins. `event` is the event of
    /// the last booking.
    pub fn ends(&self, event: Option<&CalendarEvent>) -> DateTime<Utc> {
        event.map_or(self.expires, |event| event.at.max(self.expires))
    }

    /// Returns whether its link is valid.
    pub fn is_good(&self, event: Option<&CalendarEvent>, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && now < self.ends(event)
    }

    /// Returns whether the contact can still choose a time with `user`, who owns the lead, and has chosen none.
    pub fn is_open_with(&self, user: &UserId, now: DateTime<Utc>) -> bool {
        self.is_good(None, now) && self.event.is_none() && self.user.as_ref().is_none_or(|named| named == user)
    }

    /// Returns the status. `event` is the event of the last booking.
    pub fn status(&self, event: Option<&CalendarEvent>, now: DateTime<Utc>) -> InvitationStatus {
        match event.map(|event| (&event.state, event.at)) {
            None => InvitationStatus::Open,
            Some((EventState::Deleted(_), _)) => InvitationStatus::Cancelled,
            Some((EventState::Incomplete, at)) if at > now => InvitationStatus::Booked,
            Some(_) => InvitationStatus::Over,
        }
    }
}

/// The status of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// No slot is booked.
    Open,
    /// A slot is booked, and can be moved or cancelled.
    Booked,
    /// The booking was cancelled by the customer or the dealer. Another slot can be booked.
    Cancelled,
    /// The event has begun or ended.
    Over,
}

impl InvitationStatus {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            InvitationStatus::Open => "open",
            InvitationStatus::Booked => "booked",
            InvitationStatus::Cancelled => "cancelled",
            InvitationStatus::Over => "over",
        }
    }
}
