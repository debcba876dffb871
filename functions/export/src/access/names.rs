//! The names of the entries of an access file.

use forecourt_domain::base::LeadId;
use forecourt_domain::elements::{Document, Element};
use forecourt_domain::lead::{Entry, Raw};
use forecourt_domain::mail::IncomingMail;

/// The largest number of characters of a document's name.
const LONGEST: usize = 80;

/// Returns the name of the entry with a lead's items.
pub(super) fn lead_file(lead: LeadId) -> String {
    format!("leads/{}.json", lead.spoken())
}

/// Returns the name of the entry with the raw input of a timeline entry.
pub(super) fn raw_file(entry: &Entry, raw: &Raw) -> String {
    let extension = match raw.media_type.as_str() {
        Raw::MAIL => "eml",
        "application/json" => "json",
        media_type if media_type.contains("xml") => "xml",
        _ => "txt",
    };
    format!("files/{}/received-{:06}.{extension}", entry.lead.spoken(), entry.version)
}

/// Returns the name of the entry with the file of a document. Its id makes it unique; its title may be any text.
pub(super) fn document_file(element: &Element, document: &Document) -> String {
    format!("files/{}/document-{}-{}", element.lead.spoken(), element.id, safe(&document.file_name()))
}

/// Returns the names of the entries with the record and the raw form of a mail.
pub(super) fn mail_files(mail: &IncomingMail) -> [String; 2] {
    let name = format!("mails/{}-{}-{}", mail.received.format("%Y-%m-%d"), mail.dealer, safe(mail.id.as_str()));
    [format!("{name}.json"), format!("{name}.eml")]
}

/// Returns a name that every operating system can store, with its extension.
fn safe(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_alphanumeric() || "-_. ()".contains(c) { c } else { '-' }).collect();
    let (stem, extension) = clean.rsplit_once('.').map_or((clean.as_str(), ""), |(stem, extension)| (stem, extension));
    let stem: String = stem.chars().take(LONGEST).collect();
    let extension: String = extension.chars().take(10).collect();
    let name = if extension.is_empty() { stem } else { format!("{}.{extension}", stem.trim_end()) };
    name.trim_end_matches(['.', ' ']).to_owned()
}
