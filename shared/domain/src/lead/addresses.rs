//! Events of the timeline about the addresses of a lead's contacts (MSG-1, PRV-6).

use crate::base::{ConsentSource, ConsentStatus, ContactChannel, ElementId, Purpose, StopReason, is_default};
use crate::lead::TimelineAction;
use serde::{Deserialize, Serialize};

/// Messages to an address were stopped, or permitted again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressStopped {
    /// `added` or `deleted`.
    #[serde(rename = "did")]
    pub action: TimelineAction,
    /// The reason of the stop.
    pub kind: StopReason,
    /// The address or number. Empty if the link of a mail stopped the messages, because the link does not name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// An optional note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A declaration of the customer about messages was recorded. The text of its proof is stored with the address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentRecorded {
    /// The channel.
    pub channel: ContactChannel,
    /// The purpose.
    pub purpose: Purpose,
    /// The declaration.
    pub status: ConsentStatus,
    /// The way in which the customer declared it.
    pub source: ConsentSource,
    /// The address or number. Empty if the link of a mail recorded it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The document that proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ElementId>,
    /// Whether it has no effect: the customer declared otherwise later, or refused such messages before, and an enquiry does not end that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_effect: bool,
}
