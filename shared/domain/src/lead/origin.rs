//! Where a lead came from, and the receipts of requests that brought enquiries (INT-5).

use crate::base::{LeadId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a lead came from: what makes the same enquiry the same lead (INT-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadOrigin {
    /// A hash of who sent it and what they call it: provider and external id, else message id, else `Idempotency-Key`, and the position in the document.
    pub key: String,
    /// A hash of what it said first.
    pub body: String,
    /// What it said when it was sent again (ADF `resend`), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resent: Vec<Resent>,
    /// Who owned it in the first answer, which is the answer to every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The deadline in the first answer.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// A state of an enquiry that was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resent {
    /// A hash of what it said.
    pub body: String,
    /// A hash of the request that brought it, where that has a name: brought again, it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// An `Idempotency-Key` that came besides the sender's own id of the enquiry, and the lead it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// A hash of who sent it and the key.
    pub key: String,
    /// A hash of what was sent.
    pub body: String,
    /// The lead that came of it.
    pub lead: LeadId,
    /// What was answered, where it was added to a lead that was there already (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<Added>,
}

/// What the sender of an enquiry was told that was added to a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// When it came in.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Who owned the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The deadline that ran.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}
