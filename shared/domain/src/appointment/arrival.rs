//! The arrival of the customer of an appointment (APT-12).

use crate::appointment::Appointment;
use crate::base::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The arrival of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When the customer was there.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor who recorded it.
    pub by: Actor,
}

/// An arrival that no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedArrival {
    /// The arrival.
    #[serde(flatten)]
    pub arrival: Arrival,
    /// When it ended.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
    /// The actor who ended it.
    pub ended_by: Actor,
    /// Whether it was wrong: it was taken back, or the customer was marked as a no-show. Otherwise the appointment was moved or cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
}

impl Appointment {
    /// Ends the arrival, if there is one. The history keeps it.
    pub(crate) fn end_arrival(&mut self, by: &Actor, now: DateTime<Utc>, taken_back: bool) {
        if let Some(arrival) = self.arrived.take() {
            self.past_arrivals.push(EndedArrival { arrival, until: now, ended_by: by.clone(), taken_back });
            self.past_arrivals.drain(..self.past_arrivals.len().saturating_sub(Self::MOVES));
        }
    }
}
