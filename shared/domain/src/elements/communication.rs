//! E-mails, text messages and calls that sellers record (LEAD-3).

use crate::base::ElementId;
use crate::elements::beginning;
use serde::{Deserialize, Serialize};

/// Something that was said to the contact, or by them. What was sent, and what has become of it, is in the letter of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "medium")]
pub enum Communication {
    /// An e-mail.
    Email {
        /// In a line.
        subject: String,
        /// The quote that went along, and as what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<(ElementId, Form)>,
    },
    /// An SMS.
    Sms {
        /// How it begins.
        begins: String,
    },
    /// A call.
    Call {
        /// Whether the contact was reached.
        reached: bool,
        /// In words, up to 2,000 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Communication {
    pub(crate) fn title(&self) -> String {
        match self {
            Communication::Email { subject, .. } => subject.clone(),
            Communication::Sms { begins } => begins.clone(),
            Communication::Call { note, .. } => beginning(note.as_deref().unwrap_or_default()),
        }
    }
}

/// As what a quote is written for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The quote, to be read.
    Overview,
    /// An order, to be signed.
    OrderForm,
}
