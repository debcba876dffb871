//! The settings of a pool (SET-6, DIS-8).

use crate::base::UserId;
use serde::{Deserialize, Serialize};

/// A pool instead of a rotation (SET-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolSettings {
    /// The owner of the leads until a user claims them.
    pub user: UserId,
    /// Only the oldest lead may be claimed.
    #[serde(default)]
    pub oldest_only: bool,
}
