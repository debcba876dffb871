//! The enquiry that a person makes of a mail that was none (INT-7).

use super::content::Content;
use super::letter::{contact_of, message};
use super::reader::read;
use super::text::{cut, paragraphs};
use super::view::View;
use super::{Layouts, MAX_BYTES, MAX_MESSAGE, MAX_PARTS, Reading};
use forecourt_domain::enquiry::RawEnquiry;

/// Returns the enquiry that a raw mail suggests: the one that a rule refused, or else the sender with the subject and the text.
pub fn by_hand(raw: &[u8], layouts: &Layouts) -> RawEnquiry {
    let read = read(raw, layouts);
    if let Reading::Enquiries(found) = read.reading
        && let Some(first) = found.into_iter().next()
    {
        return RawEnquiry { external_id: None, resend: false, ..first.enquiry };
    }
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
