//! The group's directory of contacts (INT-6).

mod recognition;

pub use recognition::{Recognised, find_person, recognise};

use crate::base::{ChannelKey, DealerId, LeadId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A person known to the group, recognised by any of their channels (INT-6).
///
/// The item of the first channel holds the record. The items of the other channels refer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that holds the record.
    pub id: ChannelKey,
    /// The other channels of the person, whose items refer to this record.
    pub aliases: BTreeSet<ChannelKey>,
    /// The latest lead at each dealer.
    pub latest: BTreeMap<DealerId, LeadId>,
    /// The latest leads, at any dealer, that name a channel of this person: the person's own leads, and leads of others who share a
    /// channel (LEAD-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadId>,
    /// Whether there are more leads than `leads` lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub and_more: bool,
}

impl Contact {
    /// The maximum number of leads that a record lists.
    const LEADS: usize = 100;

    /// Creates a contact with one channel and no leads.
    pub fn new(id: ChannelKey) -> Self {
        Self { id, aliases: BTreeSet::new(), latest: BTreeMap::new(), leads: Vec::new(), and_more: false }
    }

    /// Returns every lead that names a channel of this person. `None` if the record does not list all of them.
    pub fn all_leads(&self) -> Option<&[LeadId]> {
        // Old records were stored before `leads` existed: they have `latest`, but no list.
        let names_all = !self.and_more && (self.latest.is_empty() || !self.leads.is_empty());
        names_all.then_some(&self.leads)
    }

    /// Adds a lead that names a channel of this person.
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

/// The item that is stored for one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The record itself.
    Contact(Contact),
    /// A reference to the channel whose item holds the record.
    AliasOf(ChannelKey),
}
