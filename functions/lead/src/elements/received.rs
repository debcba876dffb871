//! Received e-mails and text messages as clients see them (LEAD-3).

use chrono::{DateTime, Utc};
use forecourt_domain::elements::{ReceivedMail, ReceivedText, RefusedAttachment};
use serde::Serialize;
use utoipa::ToSchema;

/// The sender and the attachments of an e-mail or an SMS of the lead that arrived.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedMailView {
    /// The sender's address, as the mail states it; of an SMS the number in E.164.
    #[schema(example = "jana.petersen@example.com")]
    pub from: Option<String>,
    /// The sender's display name.
    pub name: Option<String>,
    /// Whether a contact of the lead, a user or a mailbox of the dealer had this address when the mail arrived. If `false`, it may come
    /// from somebody to whom the contact forwarded a mail: no message goes to this address unless a user makes it a contact's.
    pub from_known: bool,
    /// Id of the contact who has this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Id of the user, if a user of the dealer sent it with an own mail program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether a program sent it: an automatic reply or a delivery report. It started no response clock, and nobody was notified.
    pub automatic: bool,
    /// When the mail server received it.
    pub at: DateTime<Utc>,
    /// The checks of the mail server that it failed: `spam`; `dmarc` if the sender's address may be forged.
    pub flags: Vec<String>,
    /// Ids of the documents of the lead that were made of its attachments.
    pub attachments: Vec<String>,
    /// The attachments of which no document was made. They remain in the raw mail.
    pub refused: Vec<RefusedAttachmentView>,
    /// Version of the timeline entry with the enquiry that the e-mail brought; absent if it brought none. The sender need not be the
    /// customer: portals and colleagues send enquiries, too. An answer then goes to the contact of the enquiry. Version 1 made the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enquiry: Option<u64>,
    /// Path of the e-mail as it was received (INT-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Remarks in English on parts that were left unread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An attachment of which no document was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedAttachmentView {
    /// Name of the file.
    pub name: String,
    /// Reason in English.
    #[schema(example = "is a script")]
    pub why: String,
}

impl ReceivedMailView {
    /// The view of a text message. Its carrier proves the number of the contact.
    pub(super) fn of_text(text: ReceivedText) -> Self {
        Self {
            from: Some(text.from),
            name: None,
            from_known: true,
            contact: Some(text.contact.to_string()),
            user: None,
            automatic: false,
            at: text.at,
            flags: Vec::new(),
            attachments: Vec::new(),
            refused: Vec::new(),
            enquiry: None,
            raw: None,
            notes: Vec::new(),
        }
    }

    pub(super) fn of(mail: ReceivedMail) -> Self {
        let from_known = mail.is_from_known();
        let ReceivedMail { from, name, contact, user, automatic, at, failed, documents, refused, notes, enquiry, .. } = mail;
        Self {
            from,
            name,
            from_known,
            contact: contact.map(|contact| contact.to_string()),
            user: user.map(|user| user.to_string()),
            automatic,
            at,
            flags: failed,
            attachments: documents.iter().map(ToString::to_string).collect(),
            refused: refused.into_iter().map(|RefusedAttachment { name, why }| RefusedAttachmentView { name, why }).collect(),
            enquiry: enquiry.map(|brought| brought.entry),
            raw: None,
            notes,
        }
    }
}
