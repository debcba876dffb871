//! The times that messages of a queue state.

use chrono::{DateTime, TimeDelta, Utc};

/// How long ago a message may have been received: two retentions of a queue.
const OLDEST: TimeDelta = TimeDelta::days(28);

/// Returns when the provider received a message, in whole milliseconds: `now` if that time is unknown, in the future, or longer ago than
/// any queue keeps a message.
pub(crate) fn received_at_or(stated: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    let received = stated.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
    received.filter(|at| *at <= now && now - *at <= OLDEST).unwrap_or(now)
}
