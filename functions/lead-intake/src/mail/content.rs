//! The content of a message: its texts, the messages in it, and all other parts.

use super::envelope::Envelope;
use super::html::{self, Reduced};
use super::mime::{self, Part};
use super::text::unflowed;
use super::{MAX_HTML_BYTES, MAX_TEXT_BYTES, charset};

/// The content of a message.
#[derive(Debug, Default)]
pub(super) struct Content<'a> {
    pub(super) envelope: Envelope,
    /// The plain text.
    pub(super) plain: String,
    /// The HTML as received.
    pub(super) raw_html: String,
    /// The HTML, reduced to text.
    pub(super) html: Reduced,
    /// The messages that are attached to the message.
    pub(super) messages: Vec<Part<'a>>,
    /// All other parts.
    pub(super) others: Vec<Part<'a>>,
    /// The kind of report that the message is: `delivery-status`, `disposition-notification`.
    pub(super) report: Option<String>,
    /// Remarks on content that was left unread.
    pub(super) notes: Vec<String>,
}

impl<'a> Content<'a> {
    /// Reads the content of a message. `parts` is the number of parts that may still be read.
    pub(super) fn of(bytes: &'a [u8], parts: &mut usize) -> Self {
        let message = mime::message(bytes, parts);
        let mut content = Self { envelope: Envelope::of(&message.head), report: report(&message), ..Self::default() };
        if message.is_cut {
            content.notes.push(format!("the mail has more than {} parts; the others were not read", super::MAX_PARTS));
        }
        for part in message.parts {
            content.add(part);
        }
        content.html = html::reduce(&content.raw_html);
        content
    }

    fn add(&mut self, part: Part<'a>) {
        let is_named = part.head.file_name().is_some() || part.head.disposition().as_deref() == Some("attachment");
        let room = match part.media_type.as_str() {
            _ if is_named => None,
            "text/plain" | "text/enriched" => Some((&mut self.plain, MAX_TEXT_BYTES)),
            "text/html" => Some((&mut self.raw_html, MAX_HTML_BYTES)),
            _ => None,
        };
        let Some((room, limit)) = room else {
            let is_message = matches!(part.media_type.as_str(), "message/rfc822" | "message/global");
            if is_message {
                self.messages.push(part)
            } else {
                self.others.push(part)
            }
            return;
        };
        let left = limit.saturating_sub(room.len());
        let bytes = part.body.get(..left).unwrap_or(&part.body);
        if bytes.len() < part.body.len() {
            let note = "the text of the mail is too long; its end was not read";
            if self.notes.iter().all(|known| known != note) {
                self.notes.push(note.to_owned());
            }
        }
        if bytes.is_empty() {
            return;
        }
        let mut text = charset::text(bytes, part.head.parameter("charset"));
        if part.head.parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
            let deletes = part.head.parameter("delsp").is_some_and(|value| value.eq_ignore_ascii_case("yes"));
            text = unflowed(&text, deletes);
        }
        if !room.is_empty() {
            room.push('\n');
        }
        room.push_str(&text);
    }

    /// Returns the texts of the message: the plain text, and the text of the HTML. Empty texts are left out.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        [self.plain.as_str(), self.html.text.as_str()].into_iter().filter(|text| !text.trim().is_empty())
    }

    /// Returns the text that the sender meant to be read: the plain text, unless it only refers to the HTML.
    pub(super) fn best_text(&self) -> &str {
        let length = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        let (plain, html) = (length(&self.plain), length(&self.html.text));
        let is_stub = plain * 4 < html && (plain < 200 || self.plain.contains("HTML"));
        if plain == 0 || is_stub { &self.html.text } else { &self.plain }
    }
}

/// Returns the kind of report that the message is.
fn report(message: &mime::Message<'_>) -> Option<String> {
    let declared = message.head.parameter("report-type").map(str::to_ascii_lowercase);
    let is_report = message.head.media_type() == "multipart/report";
    let by_part = message.parts.iter().find_map(|part| match part.media_type.as_str() {
        "message/delivery-status" | "message/global-delivery-status" => Some("delivery-status"),
        "message/disposition-notification" => Some("disposition-notification"),
        "message/feedback-report" => Some("feedback-report"),
        _ => None,
    });
    by_part.map(str::to_owned).or_else(|| declared.filter(|_| is_report))
}
