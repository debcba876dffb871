//! The reason for an assignment (DIS-11).

use crate::base::{DistributionGroupId, UserId};
use serde::{Deserialize, Serialize};

/// The chosen owner of a lead, and the reason (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The new owner.
    pub owner: UserId,
    /// The reason.
    pub why: AssignmentReason,
}

/// The reason for the assignment of a lead (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentReason {
    /// The rule's id: `DIS-1` the rotation, `DIS-3` the rotation of a group, `DIS-5` a known contact, `DIS-6` no eligible user, `DIS-7` by
    /// hand, `DIS-8` the pool, `DIS-10` a turn given back, or the next user because nobody had reacted, `DIS-12` a hand-over, `APT-8` the
    /// appointment of the customer.
    pub rule: String,
    /// The number of this turn in the rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// The distribution group that a routing rule chose (DIS-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// The users who were passed over, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// The obstacles that the user who assigned the lead accepted (DIS-7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub despite: Vec<PassedOverFor>,
    /// The note of the user who assigned the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl AssignmentReason {
    /// Creates a reason that has only the rule's id.
    pub(crate) fn of(rule: &str) -> Self {
        Self { rule: rule.into(), turn: None, group: None, passed_over: Vec::new(), despite: Vec::new(), note: None }
    }
}

/// A user who was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The user.
    pub user: UserId,
    /// The reason.
    pub reason: PassedOverFor,
}

/// The reason why a user was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverFor {
    /// The user is absent (DIS-4).
    Absent,
    /// The user is busy (DIS-13).
    Busy,
    /// It is outside the user's own weekly hours (DIS-13).
    OffDuty,
    /// The user had this lead before and did not react to it (DIS-10).
    HadIt,
    /// The user has the maximum of open leads (DIS-13).
    Full,
    /// The user got an extra turn for a lead that was spam, and the lead was reopened (DIS-10).
    OwesTurn,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}
