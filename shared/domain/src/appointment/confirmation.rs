//! The confirmation of an appointment by its customer (APT-12).

use crate::appointment::Appointment;
use crate::base::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The way by which a customer confirmed an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationWay {
    /// With the link in a letter.
    Link,
    /// With an answer to a text message.
    Text,
    /// On the telephone; a user recorded it.
    Telephone,
    /// In the system of a partner.
    Partner,
    /// A way of another release.
    #[serde(other)]
    Unknown,
}

impl ConfirmationWay {
    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            ConfirmationWay::Link => "link",
            ConfirmationWay::Text => "text",
            ConfirmationWay::Telephone => "telephone",
            ConfirmationWay::Partner => "partner",
            ConfirmationWay::Unknown => "unknown",
        }
    }

    /// Returns the way of a confirmation that `by` records for the customer.
    pub fn recorded_by(by: &Actor) -> Self {
        if matches!(by, Actor::Partner(_)) { ConfirmationWay::Partner } else { ConfirmationWay::Telephone }
    }
}

/// The confirmation of an appointment by its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerConfirmation {
    /// When the customer confirmed it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By which way.
    pub way: ConfirmationWay,
    /// The actor who recorded it: the customer, a user or a partner.
    pub by: Actor,
}

/// A confirmation that no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedConfirmation {
    /// The confirmation.
    #[serde(flatten)]
    pub confirmation: CustomerConfirmation,
    /// When it ended.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
    /// The actor who ended it.
    pub ended_by: Actor,
    /// Whether it was taken back. Otherwise the appointment was moved or cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
}

/// An answer of the customer that the appointment does not suit (MSG-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// When the customer answered.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor who answered.
    pub by: Actor,
    /// Whether it no longer holds: the customer confirmed afterwards, or the appointment was moved or cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

impl Appointment {
    /// Whether the customer's last answer is that it does not suit.
    pub fn is_declined(&self) -> bool {
        self.declines.last().is_some_and(|decline| !decline.ended)
    }

    /// Records the customer's answer that it does not suit.
    pub(crate) fn decline(&mut self, by: &Actor, now: DateTime<Utc>) {
        self.end_confirmation(by, now, true);
        self.declines.push(Decline { at: now, by: by.clone(), ended: false });
        self.declines.drain(..self.declines.len().saturating_sub(Self::MOVES));
    }

    /// Ends the customer's answer that it does not suit, if there is one. The history keeps it.
    pub(crate) fn end_decline(&mut self) {
        self.declines.last_mut().into_iter().for_each(|decline| decline.ended = true);
    }

    /// Ends the customer's answer: the confirmation, or that it does not suit. The history keeps both.
    pub(crate) fn end_confirmation(&mut self, by: &Actor, now: DateTime<Utc>, taken_back: bool) {
        self.end_decline();
        if let Some(confirmation) = self.customer_confirmed.take() {
            self.past_confirmations.push(EndedConfirmation { confirmation, until: now, ended_by: by.clone(), taken_back });
            self.past_confirmations.drain(..self.past_confirmations.len().saturating_sub(Self::MOVES));
        }
    }
}
