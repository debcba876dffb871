//! The settings of a pool (SET-6, DIS-8).

use crate::base::UserId;
use serde::{Deserialize, Serialize};

/// A pool instead of a rotation (SET-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// Whose leads they are until somebody takes them.
    pub user: UserId,
    /// Only the oldest may be taken.
    #[serde(default)]
    pub oldest_only: bool,
}
