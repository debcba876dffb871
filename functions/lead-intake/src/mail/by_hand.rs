//! The enquiry that a person makes of a mail that was none (INT-7).

use super::content::Content;
use super::letter::{contact_of, message};
use super::reader::read;
use super::text::{cut, paragraphs};
use super::view::View;
use super::{Attachment, Envelope, Layouts, MAX_BYTES, MAX_MESSAGE, MAX_PARTS, Mail, Reading};
use forecourt_domain::enquiry::RawEnquiry;

/// A mail of which a person makes an enquiry.
#[derive(Debug)]
pub struct MailByHand<'a> {
    /// The enquiry that it suggests: the one that a rule refused, or else the sender with the subject and the text.
    pub enquiry: RawEnquiry,
    /// The files of the mail.
    pub attachments: Vec<Attachment<'a>>,
    /// Its headers.
    pub envelope: Envelope,
    /// The whole text for readers. `None` if there is none.
    pub text: Option<String>,
    /// Whether it has one enquiry at most. The text of another mail names several customers.
    pub is_single: bool,
    /// Remarks in English on content that was left unread.
    pub notes: Vec<String>,
}

/// Returns the enquiry that a raw mail suggests, with the content of the mail.
pub fn by_hand<'a>(raw: &'a [u8], layouts: &Layouts) -> MailByHand<'a> {
    let Mail { reading, attachments, envelope, text, notes, .. } = read(raw, layouts);
    let found = if let Reading::Enquiries(found) = reading { found } else { Vec::new() };
    let is_single = found.len() <= 1;
    let first = found.into_iter().next().map(|first| RawEnquiry { external_id: None, resend: false, ..first.enquiry });
    MailByHand { enquiry: first.unwrap_or_else(|| suggested(raw)), attachments, envelope, text, is_single, notes }
}

/// Returns the enquiry of a mail that contains none: the sender with the subject and the text.
fn suggested(raw: &[u8]) -> RawEnquiry {
    let mut parts = MAX_PARTS;
    let content = Content::of(raw.get(..MAX_BYTES).unwrap_or(raw), &mut parts);
    let view = View::of(content.best_text(), &content.envelope);
    let envelope = &content.envelope;
    let sender = [&view.reply_to, &view.from, &envelope.reply_to, &envelope.from].into_iter().flatten().find(|one| !one.is_machine());
    let text = paragraphs(view.text.lines());
    let mut text = message(envelope.subject(), text);
    if let Some(text) = &mut text {
        cut(text, MAX_MESSAGE);
    }
    RawEnquiry {
        contact: sender.map(|sender| contact_of(sender, &view)).unwrap_or_default(),
        message: text,
        requested_at: envelope.date.map(|date| date.to_rfc3339()),
        ..RawEnquiry::default()
    }
}
