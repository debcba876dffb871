//! Legal holds: leads and contacts that are not erased while a hold stands (PRV-5).

use crate::base::{Actor, ChannelKey, LeadId};
use crate::lead::{HoldReason, Lead, LeadHold};
use crate::privacy::Erasure;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A legal hold on a lead, or on a contact with all leads. It is kept after its end. It has no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// Its id, by [`Erasure::id_of`].
    pub id: String,
    /// The reason.
    pub reason: HoldReason,
    /// The actor who placed it.
    pub by: Actor,
    /// When it was placed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The leads when it was placed.
    pub leads: BTreeSet<LeadId>,
    /// The keys by which the directory knows the contact: a later lead with one of them is held, too. Empty if only the lead is held.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<ChannelKey>,
    /// Its end. `None` while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<HoldEnd>,
}

/// The end of a legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldEnd {
    /// When it was lifted.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor who lifted it.
    pub by: Actor,
}

impl LegalHold {
    /// Returns whether it stands.
    pub fn stands(&self) -> bool {
        self.lifted.is_none()
    }

    /// Returns whether it forbids to erase one of these leads, or the contact of these keys.
    pub fn forbids<'a>(&self, leads: impl IntoIterator<Item = LeadId>, channels: impl IntoIterator<Item = &'a ChannelKey>) -> bool {
        self.stands()
            && (leads.into_iter().any(|lead| self.leads.contains(&lead)) || channels.into_iter().any(|key| self.channels.contains(key)))
    }

    /// Returns whether it forbids to erase a lead.
    pub fn forbids_lead(&self, lead: &Lead) -> bool {
        self.forbids([lead.id], lead.contact_id.iter().chain(&lead.other_channels))
    }

    /// Returns whether it forbids an erasure.
    pub fn forbids_order(&self, order: &Erasure) -> bool {
        self.forbids(order.targets.iter().map(|target| target.lead), &order.channels)
    }

    /// Returns whether it forbids an order to erase one of its leads. The order of a retention concerns leads, and another one a person.
    pub fn forbids_target(&self, order: &Erasure, lead: &Lead) -> bool {
        if order.is_retention() { self.forbids_lead(lead) } else { self.forbids([lead.id], &order.channels) }
    }

    /// Returns the hold as its leads keep it.
    pub fn on_lead(&self) -> LeadHold {
        let Self { id, reason, by, at, .. } = self.clone();
        LeadHold { id, reason, by, at }
    }
}
