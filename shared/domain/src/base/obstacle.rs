//! What stands against a request until its sender decides about it.

use crate::base::{AppointmentId, AppointmentKind};
use chrono::{DateTime, Utc};

/// Something that stands against a request until its sender decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, as the API writes it.
    pub what: &'static str,
    /// The appointment, if it is one.
    pub appointment: Option<AppointmentId>,
    /// The kind of the appointment.
    pub kind: Option<AppointmentKind>,
    /// The time of the appointment.
    pub at: Option<DateTime<Utc>>,
}
