//! The user from whom a lead came by a hand-over (DIS-12).

use crate::base::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The hand-over by which a lead came to another owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedFrom {
    /// The owner before.
    pub user: UserId,
    /// The owner after.
    pub to: UserId,
    /// The id of the order among those of the lead's dealer.
    pub order: String,
    /// When it was handed over.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}
