//! The content of webhook events (APT-6).

use crate::base::{AppointmentId, DealerId, LeadId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The content of an event: ids and states, no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookData {
    /// The dealer.
    pub dealer: DealerId,
    /// The lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The appointment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// The version of the item.
    pub version: u64,
    /// The status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The attendance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<String>,
    /// When the appointment takes place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// When its customer confirmed it (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_confirmed_at: Option<DateTime<Utc>>,
    /// When its customer arrived (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// The appointment that it follows (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<AppointmentId>,
}

impl WebhookData {
    pub(super) fn of(dealer: &DealerId, lead: Option<LeadId>) -> Self {
        Self {
            dealer: dealer.clone(),
            lead,
            appointment: None,
            version: 0,
            status: None,
            attendance: None,
            at: None,
            customer_confirmed_at: None,
            arrived_at: None,
            follows: None,
        }
    }
}
