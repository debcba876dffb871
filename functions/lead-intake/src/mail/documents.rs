//! The documents of a mail: its attachments without the images of signatures and the parts that only programs read.

use super::content::Content;
use super::mime::Part;
use super::text::cut;
use std::borrow::Cow;

/// The largest image of a signature, in bytes. A larger one can be a photo.
const SIGNATURE_IMAGE: usize = 30_000;
/// The largest image that can be a tracking pixel, in bytes.
const PIXEL: usize = 1_000;

/// A document of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// The file's name without folders and control characters, at most 150 characters. `None` if it has none.
    pub name: Option<String>,
    /// The media type as the sender states it, in lower case.
    pub media_type: String,
    /// The decoded content.
    pub bytes: Cow<'a, [u8]>,
}

impl Attachment<'_> {
    /// Returns the attachment with bytes of its own.
    pub(super) fn into_owned(self) -> Attachment<'static> {
        Attachment { name: self.name, media_type: self.media_type, bytes: Cow::Owned(self.bytes.into_owned()) }
    }
}

/// Returns the documents among the parts of a message. The parts in `read` contain an enquiry that was read.
pub(super) fn documents<'a>(content: &mut Content<'a>, read: &[usize]) -> Vec<Attachment<'a>> {
    let shown = std::mem::take(&mut content.html.images);
    let others = std::mem::take(&mut content.others).into_iter().enumerate();
    let documents = others.filter(|(index, part)| !read.contains(index) && is_document(part, &shown));
    documents.map(|(_, part)| attachment(part)).collect()
}

/// Returns a part as an attachment.
pub(super) fn attachment(part: Part<'_>) -> Attachment<'_> {
    Attachment { name: part.head.file_name().and_then(|name| file_name(&name)), media_type: part.media_type, bytes: part.body }
}

fn is_document(part: &Part<'_>, shown: &[String]) -> bool {
    if part.body.is_empty() {
        return false;
    }
    let media_type = part.media_type.as_str();
    if matches!(
        media_type,
        "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" | "application/pgp-keys"
    ) {
        return false;
    }
    // Status reports and the headers of a returned mail.
    if media_type.starts_with("message/") || matches!(media_type, "text/rfc822-headers" | "text/x-amp-html" | "text/watch-html") {
        return false;
    }
    if !media_type.starts_with("image/") || part.head.disposition().as_deref() == Some("attachment") {
        return true;
    }
    let id = part.head.ids("Content-ID").into_iter().next();
    let is_shown = id.is_some_and(|id| shown.contains(&id));
    let name = part.head.file_name().unwrap_or_default().to_lowercase();
    let is_ornament = ["image00", "logo", "signature", "signatur", "banner", "facebook", "instagram", "linkedin", "spacer"]
        .iter()
        .any(|word| name.contains(word));
    let size = part.body.len();
    !(is_shown && (size < SIGNATURE_IMAGE || is_ornament) || part.is_related && is_ornament && size < SIGNATURE_IMAGE || size < PIXEL)
}

/// Returns a file's name without folders, control characters and signs that no file system accepts.
fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).collect();
    clean = forecourt_domain::base::text::visible(clean.trim().trim_start_matches('.'), ' ').into_owned();
    if clean.chars().count() > 150 {
        let ending = clean.rsplit_once('.').map(|(_, ending)| ending.to_owned()).filter(|ending| ending.len() <= 8);
        cut(&mut clean, 140);
        clean.extend(ending.iter().flat_map(|ending| [".", ending.as_str()]));
    }
    (!clean.is_empty()).then_some(clean)
}
