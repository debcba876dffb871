//! What the figures of appointments show of the lead (OVR-5).

use crate::appointment::Appointment;
use crate::base::Status;
use crate::lead::Lead;
use serde::{Deserialize, Serialize};

/// The source and the result of the lead of an appointment. It is stored with the appointment, so that no report reads the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfLead {
    /// The source of the lead when the appointment was made or linked. A later enquiry with another source does not change it.
    #[serde(default)]
    pub source: String,
    /// Whether the lead is won.
    #[serde(default)]
    pub won: bool,
}

impl OfLead {
    /// Returns the state of `lead` for a new appointment.
    pub(crate) fn of(lead: &Lead) -> Self {
        Self { source: lead.source.clone(), won: lead.status == Status::Won }
    }
}

impl Appointment {
    /// Records the result of its lead, and the source if it is not recorded yet.
    pub(crate) fn note_lead(&mut self, lead: &Lead) {
        let now = OfLead::of(lead);
        let source = self.of_lead.take().map_or(now.source, |before| before.source);
        self.of_lead = Some(OfLead { source, won: now.won });
    }
}
