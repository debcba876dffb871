//! Leases: a sender claims an item for a limited time. If the sender is lost, the lease runs out and another sender may claim the item.

use crate::base::stable_hash;
use chrono::{DateTime, TimeDelta, Utc};

/// The terms by which senders claim items of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How long one attempt may take.
    pub duration: TimeDelta,
    /// The number of attempts before an item has failed.
    pub attempts: u32,
}

/// How a failed attempt to send a message or a letter continues (MSG-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No attempt can succeed.
    Never,
    /// A later attempt may succeed.
    Later,
    /// The provider takes no more messages for now: it throttles, or a quota is used up. This uses up no attempt.
    Busy,
    /// There was no answer, so the message may have arrived.
    Unclear,
}

/// The failed attempts of a message or a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailedAttempts {
    /// The number of attempts that are used up.
    pub(crate) attempts: u32,
    /// The number of those that had no answer.
    pub(crate) unclear: u32,
}

/// The next attempt after a failed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextAttempt {
    pub(crate) due: DateTime<Utc>,
    /// The number of attempts that are used up.
    pub(crate) attempts: u32,
    /// The number of those that had no answer.
    pub(crate) unclear: u32,
}

impl Lease {
    /// Messages to staff and letters to customers: three days of attempts. What a message states is checked before each of them.
    pub const MAIL: Self = Self { duration: TimeDelta::minutes(2), attempts: 72 };
    /// The number of attempts without an answer after which a message is not sent again, because it may have arrived each time. Failures
    /// that are known do not count.
    pub const UNCLEAR_ATTEMPTS: u32 = 8;

    /// When a lease that is taken at `now` runs out.
    pub fn until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.duration
    }

    /// When to retry after `failed` attempts: after two minutes, then twice as long each time, at most 64 minutes. `None` if no attempt is
    /// left.
    pub(crate) fn next_attempt(self, failed: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (failed < self.attempts).then(|| now + TimeDelta::minutes(1 << failed.min(6)))
    }

    /// Returns the next attempt after one that failed at `now`; `before` are the attempts that failed before it. `None` if the item has
    /// failed. `queued` and `name` are those of the item.
    pub(crate) fn after(
        self,
        retry: Retry,
        before: FailedAttempts,
        (queued, name): (DateTime<Utc>, &str),
        now: DateTime<Utc>,
    ) -> Option<NextAttempt> {
        let FailedAttempts { attempts, unclear } = before;
        let (due, attempts, unclear) = match retry {
            Retry::Never => return None,
            Retry::Busy => (now + pause_of_busy(now - queued, name), attempts, unclear),
            Retry::Later => (self.next_attempt(attempts + 1, now)?, attempts + 1, unclear),
            Retry::Unclear if unclear + 1 >= Self::UNCLEAR_ATTEMPTS => return None,
            Retry::Unclear => (self.next_attempt(attempts + 1, now)?, attempts + 1, unclear + 1),
        };
        Some(NextAttempt { due, attempts, unclear })
    }
}

/// How long an item of this age waits for a busy provider: a quarter of its age, from one to fifteen minutes. Up to half of that is added,
/// depending on the item's name, so that items that were refused together do not return together.
fn pause_of_busy(age: TimeDelta, name: &str) -> TimeDelta {
    let pause = (age / 4).clamp(TimeDelta::minutes(1), TimeDelta::minutes(15));
    pause + TimeDelta::milliseconds(pause.num_milliseconds() / 200 * (stable_hash(name) % 100) as i64)
}
