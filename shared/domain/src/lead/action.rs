//! The actions that events of the timeline name.

use serde::{Deserialize, Serialize};

/// An action on a deadline, task, contact or stop of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum TimelineAction {
    Added,
    Changed,
    Completed,
    Reopened,
    Deleted,
}
