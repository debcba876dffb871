//! The event of a mail in the thread of a lead (LEAD-3).

use crate::base::ElementId;
use crate::elements::RefusedAttachment;
use serde::{Deserialize, Serialize};

/// A mail that arrived in the thread of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailEvent {
    /// The id of the communication.
    pub element: ElementId,
    /// The subject.
    pub title: String,
    /// The sender's address, as the mail states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Whether a contact of the lead or a user of the dealer has this address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// Whether a program sent it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// The checks of the mail server that it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// The attachments of which no document was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedAttachment>,
}
