//! Received e-mails as clients see them (LEAD-3).

use chrono::{DateTime, Utc};
use forecourt_domain::elements::{ReceivedMail, RefusedAttachment};
use serde::Serialize;
use utoipa::ToSchema;

/// The sender and the attachments of an e-mail that arrived in the thread of the lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedMailView {
    /// The sender's address, as the mail states it.
    #[schema(example = "jana.petersen@example.com")]
    pub from: Option<String>,
    /// The sender's display name.
    pub name: Option<String>,
    /// Whether a contact of the lead or a user of the dealer had this address when the mail arrived. If `false`, it may come from somebody
    /// to whom the contact forwarded a mail: no message goes to this address unless a user makes it a contact's.
    pub from_known: bool,
    /// Id of the contact.
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
    pub(super) fn of(mail: ReceivedMail) -> Self {
        let from_known = mail.is_from_known();
        let ReceivedMail { from, name, contact, user, automatic, at, failed, documents, refused, notes, .. } = mail;
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
            notes,
        }
    }
}
