//! Leases: a sender claims an item for a limited time. If the sender is lost, the lease runs out and another sender may claim the item.

use chrono::{DateTime, TimeDelta, Utc};

/// The terms by which senders claim items of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How long one attempt may take.
    pub duration: TimeDelta,
    /// The number of attempts before an item has failed.
    pub attempts: u32,
}

impl Lease {
    /// Messages to staff and letters to customers.
    pub const MAIL: Self = Self { duration: TimeDelta::minutes(2), attempts: 8 };

    /// When a lease that is taken at `now` runs out.
    pub fn until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.duration
    }

    /// When to retry after `failed` attempts: after two minutes, then twice as long each time, at most 64 minutes. `None` if no attempt is
    /// left.
    pub(crate) fn next_attempt(self, failed: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (failed < self.attempts).then(|| now + TimeDelta::minutes(1 << failed.min(6)))
    }
}
