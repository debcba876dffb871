//! The index `due`: the later steps, and the queue that gets the wake-up of each.

use super::stamp;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, stable_hash};
use serde::{Deserialize, Serialize};

/// The number of partitions of the index `due`.
pub const DUE_SHARDS: u8 = 16;

/// Returns the shard of the index `due` for items of partition `pk`.
pub(crate) fn due_shard(pk: &str) -> String {
    due_partition((stable_hash(pk) % u64::from(DUE_SHARDS)) as u8)
}

/// Returns the partition of a shard.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("due#{shard:02}")
}

/// The kind of a due item. It determines the queue of the wake-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// Assign a lead that has no owner.
    Assign,
    /// Execute a lead's next escalation step.
    Escalate,
    /// Send a message to staff.
    Send,
    /// Recompute a dealer's open leads, or hand over the work of a user.
    Recompute,
    /// Remind of an overdue calendar event.
    Resubmit,
    /// Send a letter to a customer.
    Deliver,
    /// Write the next slice of an export, or delete it; or do the next page of an erasure or bulk action, or slice of an access file.
    Export,
    /// Deliver a webhook event.
    Notify,
}

impl DueKind {
    /// Every kind.
    pub const ALL: [DueKind; 8] = [
        DueKind::Assign,
        DueKind::Escalate,
        DueKind::Send,
        DueKind::Recompute,
        DueKind::Resubmit,
        DueKind::Deliver,
        DueKind::Export,
        DueKind::Notify,
    ];

    /// Returns its name in wake-ups and in the index.
    pub fn name(self) -> &'static str {
        match self {
            DueKind::Assign => "assign",
            DueKind::Escalate => "escalate",
            DueKind::Send => "send",
            DueKind::Recompute => "recompute",
            DueKind::Resubmit => "resubmit",
            DueKind::Deliver => "deliver",
            DueKind::Export => "export",
            DueKind::Notify => "notify",
        }
    }

    /// Returns the queue of its wake-ups.
    pub fn queue(self) -> &'static str {
        match self {
            DueKind::Assign => "assign",
            DueKind::Escalate | DueKind::Recompute | DueKind::Resubmit => "escalate",
            DueKind::Send | DueKind::Deliver => "send",
            // The same function serves it. It has its own queue because receivers may be slow, and mail must not wait for them.
            DueKind::Notify => "notify",
            DueKind::Export => "export",
        }
    }
}

/// Returns the place of an item in the index `due`.
pub(crate) fn due_place(due: DateTime<Utc>, kind: DueKind, dealer: &DealerId) -> String {
    format!("{}#{}#{dealer}", stamp(due), kind.name())
}
