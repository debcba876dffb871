//! E-mails, text messages and calls of a lead (LEAD-3).

use crate::base::ElementId;
use crate::elements::{Content, Element, ReceivedMail, ReceivedText, beginning};
use serde::{Deserialize, Serialize};

/// A communication with the contact. The letter with the same id has the text that was sent and its delivery state. A message that arrived
/// has no letter: [`ReceivedMail`] or [`ReceivedText`] has its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "medium")]
pub enum Communication {
    /// An e-mail.
    Email {
        /// The subject line.
        subject: String,
        /// The attached quote, and its form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<(ElementId, Form)>,
        /// The mail, if it arrived. `None` if a user sent it. An earlier release shows a received mail as an e-mail without a text.
        #[serde(default, rename = "mail", skip_serializing_if = "Option::is_none")]
        received: Option<Box<ReceivedMail>>,
        /// The received mail that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<ElementId>,
        /// The attached documents of the lead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<ElementId>,
        /// Whether the sheet of the vehicle is attached.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        expose: bool,
    },
    /// An SMS.
    Sms {
        /// The beginning of the text.
        begins: String,
        /// The text message, if it arrived. `None` if a user sent it. An earlier release shows a received one without a text.
        #[serde(default, rename = "text_message", skip_serializing_if = "Option::is_none")]
        received: Option<Box<ReceivedText>>,
    },
    /// A call.
    Call {
        /// Whether the contact was reached.
        reached: bool,
        /// The seller's note, up to 2,000 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Element {
    /// Returns the mail if the element is a communication that arrived.
    pub fn received(&self) -> Option<&ReceivedMail> {
        let Content::Communication(communication) = &self.content else { return None };
        communication.received().map(|(_, mail)| mail)
    }

    /// Returns the text message if the element is one that arrived.
    pub fn received_text(&self) -> Option<&ReceivedText> {
        match &self.content {
            Content::Communication(Communication::Sms { received: Some(text), .. }) => Some(text),
            _ => None,
        }
    }
}

impl Communication {
    /// A mail that arrived.
    pub(crate) fn of_mail(subject: String, mail: ReceivedMail) -> Self {
        Communication::Email { subject, quote: None, received: Some(Box::new(mail)), answers: None, documents: Vec::new(), expose: false }
    }

    /// Returns the mail if it arrived, with its subject.
    pub fn received(&self) -> Option<(&str, &ReceivedMail)> {
        match self {
            Communication::Email { subject, received: Some(mail), .. } => Some((subject, mail)),
            _ => None,
        }
    }

    pub(crate) fn title(&self) -> String {
        match self {
            Communication::Email { subject, .. } => subject.clone(),
            Communication::Sms { begins, .. } => begins.clone(),
            Communication::Call { note, .. } => beginning(note.as_deref().unwrap_or_default()),
        }
    }
}

/// The form in which a quote is sent to a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The quote as an overview.
    Overview,
    /// An order form for the customer to sign.
    OrderForm,
}
