//! The content of a mail as people read it: plain text, whatever the mail contains (INT-7).

use super::content::Content;
use super::documents::{attachment, documents};
use super::text::cut;
use super::{MAX_ATTACHMENTS, MAX_BYTES, MAX_PARTS};
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
fn plain(text: &str) -> String {
    let lines = visible(text.trim(), '\n').replace("\r\n", "\n");
    lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
