//! The ledger of erasures. It is stored outside the table, so that it outlives a restore of the table (PRV-3).

use crate::base::{Actor, ChannelKey, DealerId, GroupId};
use crate::privacy::{Erasure, ErasureReason, ErasureTarget};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is needed to repeat an erasure. It has the numbers of leads and HMACs, and no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The group.
    pub group: GroupId,
    /// The id of the order.
    pub id: String,
    /// The actor who ordered it.
    pub by: Actor,
    /// When it was ordered.
    pub at: DateTime<Utc>,
    /// The reason.
    pub reason: ErasureReason,
    /// A dealer of the group.
    pub dealer: DealerId,
    /// The leads of the contact.
    pub targets: Vec<ErasureTarget>,
    /// The keys by which the directory knew the contact.
    pub channels: BTreeSet<ChannelKey>,
    /// The record of the directory that stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_record: Option<ChannelKey>,
}

impl LedgerEntry {
    /// The beginning of the names of all entries in the bucket.
    pub const PREFIX: &'static str = "ledger/";

    /// Returns the entry of an order.
    pub fn of(group: &GroupId, order: &Erasure) -> Self {
        let Erasure { id, by, at, reason, dealer, targets, channels, shared_record, .. } = order.clone();
        Self { group: group.clone(), id, by, at, reason, dealer, targets, channels, shared_record }
    }

    /// Returns the name of its object in the bucket.
    pub fn name(&self) -> String {
        format!("{}{}/{}.json", Self::PREFIX, self.group, self.id)
    }

    /// Returns the order that repeats the erasure. It begins at once.
    pub fn ordered_again(&self, now: DateTime<Utc>) -> Erasure {
        let Self { id, by, at, reason, dealer, targets, channels, shared_record, .. } = self.clone();
        let order = Erasure::new(id, (by, at, reason), dealer, targets);
        Erasure { channels, shared_record, due: Some(now), again: Some(now), ..order }
    }
}
