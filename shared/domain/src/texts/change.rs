//! A change of a dealer's texts, for their history (MSG-2).

use super::DealerText;
use crate::base::{Actor, DealerId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A change of one text of a dealer. It has at most two texts, so its size is bounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextChange {
    /// The dealer.
    pub dealer: DealerId,
    /// The version of the dealer's texts that the change made.
    pub version: u64,
    /// The time of the change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author of the change.
    pub by: Actor,
    /// The text before the change. `None` if the change created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DealerText>,
    /// The text after the change. `None` if the change removed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<DealerText>,
}
