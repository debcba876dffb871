//! Mail in: reads one raw MIME message and returns its enquiries, or the reason why it is no lead (INT-1, INT-2, INT-7).
//!
//! The reader is pure: bytes in, a value out. It opens no link, executes no script, unpacks no archive, and needs time and memory in
//! proportion to the size of the mail, within the limits below. Content that exceeds a limit is left unread, and a note says so.
//!
//! An enquiry is searched in this order: ADF anywhere in the mail, labelled text or tables of a portal, a mail attached to the mail, and
//! else a letter from a person. A newsletter is no lead. If it is not certain that a mail is none, it is a lead.
//!
//! The verdicts are those that SES writes above the message. All other headers are the sender's claims, also the recipients.
//!
//! Modules, lowest first: `charset`, `head`, `mime` (parts), `html` (text of HTML), `text` (lines), `phrases` and `layouts` (the data),
//! `address`, `envelope`, `content` (what a message contains), `documents`, `thread` and `view` (answers and forwards), `adf_in_mail`,
//! `lines` and `labels` (labelled text), `fields` (an enquiry from labels), `letter`, `classify` (no leads), `own` (mail of the system),
//! `reader`. For people who look at a mail: `shown` (its text and headers) and `by_hand` (the enquiry that they make of it),
//! `trial` (what layouts read from it).

mod address;
mod adf_in_mail;
mod by_hand;
mod charset;
mod classify;
mod content;
mod documents;
mod envelope;
mod fields;
mod head;
mod html;
mod labels;
mod layouts;
mod letter;
mod lines;
mod mime;
mod own;
mod phrases;
mod reader;
mod shown;
mod text;
mod thread;
mod trial;
mod view;

pub use address::{Mailbox, Recipient};
pub use by_hand::{MailByHand, by_hand};
pub use documents::Attachment;
pub use envelope::{AutomaticHeaders, Envelope, Verdict, Verdicts};
pub use layouts::{Field, Layouts, Portal, UnusableLayout};
pub use own::OwnMark;
pub use reader::{envelope, read, read_received};
pub use shown::{MAX_SHOWN, ShownFile, ShownHeaders, ShownMail, shown, shown_headers};
pub use trial::{TriedMail, TriedValue, tried};

use forecourt_domain::enquiry::RawEnquiry;

/// Largest part of a mail that is read, in bytes: 25 MiB. The rest stays unread.
pub const MAX_BYTES: usize = 25 * 1_048_576;
/// Most parts of a mail that are read.
pub const MAX_PARTS: usize = 10_000;
/// Deepest nesting of multiparts.
pub const MAX_DEPTH: usize = 20;
/// Deepest nesting of mails in mails.
pub const MAX_MESSAGE_DEPTH: usize = 4;
/// Longest headers of a message, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Longest headers of a part, in bytes.
pub const MAX_PART_HEADER_BYTES: usize = 16 * 1024;
/// Longest text of a mail, in bytes, after its HTML was reduced to text.
pub const MAX_TEXT_BYTES: usize = 2 * 1_048_576;
/// Longest HTML of a mail, in bytes.
pub const MAX_HTML_BYTES: usize = 4 * 1_048_576;
/// Most lines of a text that are searched for labels, quotes and signatures.
pub const MAX_LINES: usize = 20_000;
/// Longest message of an enquiry, and longest answer, in characters. A longer one is cut, with a flag or a note.
pub const MAX_MESSAGE: usize = 10_000;
/// Most recipients, references and headers of one name.
pub const MAX_ADDRESSES: usize = 100;
/// Most attachments that are returned.
pub const MAX_ATTACHMENTS: usize = 100;
/// Most flags of an enquiry.
pub const MAX_FLAGS: usize = 40;
/// Most portals of a dealer's own table, and most labels of one portal.
pub const MAX_LAYOUTS: usize = 200;

/// A mail, as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail<'a> {
    /// The headers that say from whom, to whom and how the mail came.
    pub envelope: Envelope,
    /// The enquiries, or the reason why the mail has none.
    pub reading: Reading,
    /// The documents of the mail. Images of signatures and the ADF are none.
    pub attachments: Vec<Attachment<'a>>,
    /// The sender's text without the quoted history and the signature. `None` if there is none, or if the mail was not opened.
    pub own_text: Option<String>,
    /// The whole text for readers, with those of the mails in the mail that contain an enquiry, at most [`MAX_SHOWN`] characters. ADF is
    /// left out. `None` if there is none, or if the mail was not opened.
    pub text: Option<String>,
    /// Whether the text is a letter, or the answer to a mail.
    pub is_answer: bool,
    /// Remarks in English on content that was left unread.
    pub notes: Vec<String>,
    /// Whether the mail is, or contains, a message of the system about a mail. No further message may be sent about it.
    pub is_marked: bool,
}

impl Mail<'_> {
    /// Returns the text of a letter or an answer. `None` if the mail is neither.
    pub fn answer(&self) -> Option<&str> {
        self.own_text.as_deref().filter(|_| self.is_answer)
    }
}

/// The result of reading a mail.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The enquiries of the mail, at least one.
    Enquiries(Vec<MailEnquiry>),
    /// No lead, with the reason.
    NotALead(Reason),
}

/// An enquiry of a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct MailEnquiry {
    /// The enquiry as written.
    pub enquiry: RawEnquiry,
    /// The form in which the mail states it.
    pub form: Form,
    /// The dealer's id in the sender's system (INT-10).
    pub vendor_id: Option<String>,
    /// The dealer's name as the sender writes it.
    pub vendor_name: Option<String>,
    /// The XML of the prospect if the form is ADF.
    pub adf: Option<String>,
    /// Remarks in English on data that a person should check: a field and a detail. At most [`MAX_FLAGS`].
    pub flags: Vec<(String, String)>,
}

/// The form of an enquiry in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// ADF, anywhere in the mail.
    Adf,
    /// Labelled text, or a table or list of fields.
    Labelled,
    /// A letter from a person.
    Letter,
}

/// The reason why a mail is no lead. The text is the one that people read (INT-7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The virus check failed. The mail was not opened.
    #[error("the virus check of the mail failed; the mail was not opened")]
    Virus,
    /// The system sent the mail itself, and it came back.
    #[error("the system sent the mail itself, and it came back")]
    OwnMail,
    /// A report that a mail could not be delivered, or was delivered or read.
    #[error("the mail is a delivery report: {0}")]
    DeliveryReport(String),
    /// An automatic reply.
    #[error("the mail is an automatic reply: {0}")]
    AutomaticReply(String),
    /// A newsletter or another advertisement to many people.
    #[error("the mail is a newsletter: {0}")]
    Newsletter(String),
    /// The results of a saved search.
    #[error("the mail lists the results of a saved search: {0}")]
    SavedSearch(String),
    /// Statistics, invoices and other reports of a system.
    #[error("the mail is a report of a system: {0}")]
    Report(String),
    /// The spam check failed, and the mail has no text.
    #[error("the spam check of the mail failed, and the mail has no text")]
    Spam,
    /// The mail has neither a text nor a document.
    #[error("the mail is empty: it has no subject, no text and no document")]
    Empty,
    /// The mail names nobody who can be answered.
    #[error("the mail names no e-mail address or telephone number of a customer")]
    NoContact,
    /// The mail contains an enquiry that cannot be read, and names nobody who can be answered.
    #[error("the mail cannot be read: {0}")]
    Unreadable(String),
}

impl Reason {
    /// Returns a short name, by which reasons are counted.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::Virus => forecourt_domain::mail::VIRUS,
            Reason::OwnMail => forecourt_domain::mail::OWN_MAIL,
            Reason::DeliveryReport(_) => "delivery_report",
            Reason::AutomaticReply(_) => "automatic_reply",
            Reason::Newsletter(_) => "newsletter",
            Reason::SavedSearch(_) => "saved_search",
            Reason::Report(_) => "report",
            Reason::Spam => "spam",
            Reason::Empty => "empty",
            Reason::NoContact => "no_contact",
            Reason::Unreadable(_) => "unreadable",
        }
    }
}
