//! The content of a mail for readers: always plain text, also if the mail contains HTML (INT-7).

use super::address::Mailbox;
use super::content::Content;
use super::documents::{attachment, documents};
use super::envelope::Envelope;
use super::head::Head;
use super::text::cut;
use super::{MAX_ATTACHMENTS, MAX_BYTES, MAX_HEADER_BYTES, MAX_PARTS};
use chrono::{DateTime, Utc};
use forecourt_domain::base::text::visible;

/// Longest text that is shown, in characters. The raw mail has the rest.
pub const MAX_SHOWN: usize = 100_000;

/// The content of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMail {
    /// The text, without invisible characters. HTML is reduced to text.
    pub text: String,
    /// The files of the mail.
    pub files: Vec<ShownFile>,
    /// Remarks in English on content that is not shown.
    pub notes: Vec<String>,
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFile {
    /// The name without folders and control characters. `None` if it has none.
    pub name: Option<String>,
    /// The media type as the sender states it.
    pub media_type: String,
    /// The size in bytes.
    pub bytes: usize,
}

/// The headers of a mail that readers know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownHeaders {
    /// The sender.
    pub from: Option<Mailbox>,
    /// The address to which the sender wants answers. `None` if it is the sender's.
    pub reply_to: Option<Mailbox>,
    /// The recipients.
    pub to: Vec<Mailbox>,
    /// The recipients of a copy.
    pub cc: Vec<Mailbox>,
    /// The time by the sender's clock.
    pub date: Option<DateTime<Utc>>,
    /// The subject on one line, at most 500 characters.
    pub subject: Option<String>,
}

/// Returns the headers of a raw mail for readers. Never fails.
pub fn shown_headers(raw: &[u8]) -> ShownHeaders {
    let head = Head::read(raw.get(..MAX_BYTES).unwrap_or(raw), MAX_HEADER_BYTES).0;
    let Envelope { from, reply_to, date, subject, .. } = Envelope::of(&head);
    // Invisible characters can turn the text around them, and hide a part of an address.
    let seen = |text: &str| visible(text, ' ').into_owned();
    let mailbox = |one: Mailbox| Mailbox { name: one.name.as_deref().map(seen), address: seen(&one.address) };
    let mailboxes = |name: &str| -> Vec<Mailbox> {
        let addresses = head.addresses(name).into_iter();
        addresses.filter_map(|(name, address)| Mailbox::of(name.as_deref(), &address)).map(mailbox).collect()
    };
    let (from, reply_to, subject) = (from.map(mailbox), reply_to.map(mailbox), subject.as_deref().map(seen));
    let reply_to = reply_to.filter(|to| from.as_ref().is_none_or(|from| !from.address.eq_ignore_ascii_case(&to.address)));
    ShownHeaders { to: mailboxes("To"), cc: mailboxes("Cc"), from, reply_to, date, subject }
}

/// Returns the content of a raw mail. Never fails.
pub fn shown(raw: &[u8]) -> ShownMail {
    let mut parts = MAX_PARTS;
    let mut content = Content::of(raw.get(..MAX_BYTES).unwrap_or(raw), &mut parts);
    let mut text = plain(content.best_text());
    let mut notes = std::mem::take(&mut content.notes);
    if raw.len() > MAX_BYTES {
        notes.push(format!("the mail has more than {MAX_BYTES} bytes; the rest was not read"));
    }
    if cut(&mut text, MAX_SHOWN) {
        notes.push(format!("the text has more than {MAX_SHOWN} characters; the rest is only in the raw mail"));
    }
    let messages = std::mem::take(&mut content.messages).into_iter().map(attachment);
    let files: Vec<_> = documents(&mut content, &[]).into_iter().chain(messages).collect();
    let file = |file: super::Attachment<'_>| ShownFile { bytes: file.bytes.len(), name: file.name, media_type: file.media_type };
    ShownMail { text, files: files.into_iter().take(MAX_ATTACHMENTS).map(file).collect(), notes }
}

/// Returns a text without invisible characters and control characters, except line ends and tabs.
pub(super) fn plain(text: &str) -> String {
    let lines = visible(text.trim(), '\n').replace("\r\n", "\n");
    lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
