//! Mails and text messages that arrived in the thread of a lead (LEAD-3).

use crate::base::text::{is_line, line};
use crate::base::{ContactId, ElementId, Email, LeadId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A mail that arrived in the thread of a lead. It is the part of an e-mail that messages of users do not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedMail {
    /// The sender's address, as the mail states it. `None` if it states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The sender's display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The contact of the lead who had this address when the mail arrived. `None` if no contact had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// The user of the dealer who had this address when the mail arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Whether a mailbox of the dealer had this address when the mail arrived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mailbox: bool,
    /// Whether a program sent it: an automatic reply or a delivery report.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// The text without the quoted history and the signature, at most 10,000 characters. Empty if the sender wrote none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The id of the message, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// When the mail server received it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The name of the raw mail in the bucket.
    pub object: String,
    /// The checks of the mail server that it failed: `spam`, `dmarc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// The documents that were made of its attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<ElementId>,
    /// The attachments of which no document was made. They remain in the raw mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedAttachment>,
    /// Remarks in English on parts that were left unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The enquiry that the mail brought. `None` if it answers a message about the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enquiry: Option<BroughtEnquiry>,
}

/// The enquiry that a mail brought to a lead. The mail may come from a portal: then its sender is not the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtEnquiry {
    /// The version of the timeline entry with the enquiry. Version 1 made the lead.
    pub entry: u64,
    /// The contact of the enquiry.
    pub contact: ContactId,
    /// The e-mail address of the enquiry. `None` means the contact's first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// A text message that arrived from a contact of the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedText {
    /// The sender's number in E.164.
    pub from: String,
    /// The contact of the lead who had this number when the message arrived.
    pub contact: ContactId,
    /// The text, at most 10,000 characters. Empty if the message has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The id that the provider gave to the message.
    pub message_id: String,
    /// When the provider received it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

/// An attachment of which no document was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAttachment {
    /// The name of the file.
    pub name: String,
    /// The reason in English: "is …", "has …".
    pub why: String,
}

impl ReceivedMail {
    /// Whether a contact of the lead, a user or a mailbox of the dealer had the sender's address when the mail arrived.
    pub fn is_from_known(&self) -> bool {
        self.contact.is_some() || self.user.is_some() || self.mailbox
    }

    /// Whether a contact of the lead sent it, or the mail brought the contact's enquiry.
    pub fn is_of(&self, is_contact: impl Fn(&ContactId) -> bool) -> bool {
        self.contact.as_ref().or(self.enquiry.as_ref().map(|brought| &brought.contact)).is_some_and(is_contact)
    }

    /// Whether neither a program nor somebody of the dealer sent it.
    pub fn is_from_customer(&self) -> bool {
        self.user.is_none() && !self.mailbox && !self.automatic
    }

    /// Returns the id of the message if it can stand in a header of an answer.
    pub(crate) fn header_id(&self) -> Option<&str> {
        let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '(' | ')' | '"' | ',' | ';');
        self.message_id.as_deref().filter(|id| (3..=LONGEST_ID).contains(&id.len()) && id.contains('@') && id.chars().all(allowed))
    }
}

/// Longest id of a message that an answer names, in characters. A line of a mail has at most 998.
const LONGEST_ID: usize = 250;

/// Longest subject of a message that a user sends.
const LONGEST_SUBJECT: usize = 200;

/// The beginnings of subjects of answers, in lower case: English, German, Dutch, Scandinavian, French, Italian.
const ANSWERED: [&str; 9] = ["re:", "aw:", "antw:", "antwort:", "antwoord:", "sv:", "rif:", "r:", "ref:"];

/// Returns the subject of the answer to a mail: `Re:` once, and the subject of the mail. The lead's number is the subject of an answer to a
/// mail without one.
pub fn reply_subject(subject: &str, lead: LeadId) -> String {
    let mut rest = subject.trim();
    while let Some(shorter) = ANSWERED.iter().find_map(|start| without(rest, start)) {
        rest = shorter.trim_start();
    }
    let rest: String = rest.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = || lead.spoken();
    let rest = line(&rest, usize::MAX).unwrap_or_else(number);
    let whole = format!("Re: {rest}");
    if is_line(&whole, LONGEST_SUBJECT) {
        return whole;
    }
    let cut: String = whole.chars().take(LONGEST_SUBJECT - 1).collect();
    line(&format!("{}…", cut.trim_end()), LONGEST_SUBJECT).unwrap_or_else(|| format!("Re: {}", number()))
}

/// Returns a text without its beginning, in upper or lower case.
fn without<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let begins = text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    if begins { text.get(start.len()..) } else { None }
}
