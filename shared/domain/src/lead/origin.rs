//! The origin of a lead, and receipts of requests that brought enquiries (INT-5).

use crate::base::{Actor, DealerId, LeadId, UserId};
use crate::enquiry::Flag;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The origin of a lead, by which a repeated enquiry is recognised (INT-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadOrigin {
    /// A hash of the sender and the sender's id for the enquiry: provider and external id, otherwise the message id, otherwise the
    /// `Idempotency-Key`; and the position in the document.
    pub key: String,
    /// A hash of the first content.
    pub body: String,
    /// The contents that were sent again (ADF `resend`), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resent: Vec<Resent>,
    /// The owner in the first response. Every repeated request gets the same response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The deadline in the first response.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// A content of an enquiry that was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resent {
    /// A hash of the content.
    pub body: String,
    /// A hash of the id of the request that brought it, if it has one. A repetition of that request changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// An `Idempotency-Key` that was sent together with the sender's own id of the enquiry, and the lead that it created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// A hash of the sender and the key.
    pub key: String,
    /// A hash of the request body.
    pub body: String,
    /// The lead that the request created or extended.
    pub lead: LeadId,
    /// The response, if the enquiry was added to an existing lead (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<Added>,
}

/// The receipt of an enquiry for a sender who may not read its lead. It has an id, a time and warnings, and no data of the lead.
///
/// It alone decides whether an enquiry is a repeat of the sender, so that a repeat does not show whether the enquiry made a lead or was
/// added to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnquiryReceipt {
    /// Its id: a hash of the sender and the origin of the enquiry.
    pub id: String,
    /// The sender.
    pub by: Actor,
    /// The dealer to which the enquiry was sent.
    pub dealer: DealerId,
    /// When the enquiry arrived first.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// A hash of the first content.
    pub body: String,
    /// The contents that were sent again (ADF `resend`), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resent: Vec<Resent>,
    /// The flags of the current content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The lead of the enquiry. The sender does not see it.
    pub lead: LeadId,
}

/// The response to a request whose enquiry was added to an existing lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// When the enquiry arrived.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The owner of the lead at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The sender. `None` if it was received before senders were stored here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The deadline at that time.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}
