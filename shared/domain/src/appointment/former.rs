//! The leads that an appointment had until they went to another dealer, and it stayed (APT-10).

use crate::appointment::Appointment;
use crate::base::{Actor, LeadId, Media, Medium};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A lead that an appointment had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerLead {
    /// The lead.
    pub lead: LeadId,
    /// When the lead went to another dealer.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
    /// The media whose address the appointment had itself. The others have an address of the lead.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub own: Media,
}

impl Appointment {
    /// The maximum number of recorded former leads.
    const FORMER_LEADS: usize = 20;

    /// Takes the lead from the appointment, which has no event from then on.
    pub(crate) fn leave_lead(&mut self, lead: LeadId, by: &Actor, now: DateTime<Utc>) {
        let own = Media { email: self.reached.email.is_some(), sms: self.reached.phone.is_some() };
        self.former_leads.push(FormerLead { lead, at: now, by: by.clone(), own });
        self.former_leads.drain(..self.former_leads.len().saturating_sub(Self::FORMER_LEADS));
        (self.lead, self.event) = (None, None);
    }

    /// Whether it has or had a lead, of which a partner learns nothing (ACC-1).
    pub fn had_lead(&self) -> bool {
        self.lead.is_some() || !self.former_leads.is_empty()
    }

    /// Whether its address for `medium` does not come from a former lead.
    pub fn has_own_address(&self, medium: Medium) -> bool {
        self.former_leads.first().is_none_or(|former| former.own.has(medium))
    }
}
