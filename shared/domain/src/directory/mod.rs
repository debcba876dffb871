//! The group's directory of contacts (INT-6).

mod recognition;

pub use recognition::{Recognised, find_person, recognise};

use crate::base::{ChannelKey, DealerId, LeadId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A person known to the group, found again by any of their channels (INT-6).
///
/// The item of the first channel holds the record, the others only point at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that holds the record.
    pub id: ChannelKey,
    /// The other channels that lead here.
    pub aliases: BTreeSet<ChannelKey>,
    /// The latest lead at each dealer.
    pub latest: BTreeMap<DealerId, LeadId>,
    /// The latest leads, of whatever dealer, that a channel of this person stands with: the person's own, and those that share a channel (LEAD-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadId>,
    /// Whether there are others that are not named here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub and_more: bool,
}

impl Contact {
    /// How many leads a record names.
    const LEADS: usize = 100;

    /// Somebody of whom nothing is known but a channel.
    pub fn new(id: ChannelKey) -> Self {
        Self { id, aliases: BTreeSet::new(), latest: BTreeMap::new(), leads: Vec::new(), and_more: false }
    }

    /// Every lead that a channel of this person stands with; `None`: there are more than the record names.
    pub fn all_leads(&self) -> Option<&[LeadId]> {
        // A record that is older than the names has none of them.
        let names_all = !self.and_more && (self.latest.is_empty() || !self.leads.is_empty());
        names_all.then_some(&self.leads)
    }

    /// Names a lead that a channel of this person stands with.
    pub(crate) fn name(&mut self, lead: LeadId) {
        if self.leads.contains(&lead) {
            return;
        }
        self.leads.push(lead);
        let over = self.leads.len().saturating_sub(Self::LEADS);
        self.and_more |= over > 0;
        self.leads.drain(..over);
    }
}

/// What is stored under one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The record itself.
    Contact(Contact),
    /// The channel whose item holds the record.
    AliasOf(ChannelKey),
}
