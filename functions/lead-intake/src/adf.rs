//! ADF 1.0 (Auto-lead Data Format): the XML in which portals and makers send enquiries (INT-1, INT-2).
//!
//! Hardly any sender writes it as specified, so it is read as leniently as is safe, in four steps:
//! bytes to text (`decode`), text to what an XML reader can take (`repair`), that to a tree of
//! elements (`tree`), and the tree to prospects (`prospect`). Values stay as the sender wrote
//! them: whether a phone number or a year can be believed is judged later (INT-3).
//!
//! Two things are never guessed at. A document that was cut off makes no lead of its first half, and
//! what stands in `vendor` or `provider` never becomes the customer's.

mod contact;
mod decode;
mod leaves;
mod names;
mod oddities;
mod prospect;
mod repair;
mod tree;
mod values;
mod vehicle;

use forecourt_domain::enquiry::RawEnquiry;

/// The largest document that is read, in bytes as they came: 1 MiB.
pub const MAX_BYTES: usize = 1_048_576;
/// The most prospects in one document.
pub const MAX_PROSPECTS: usize = 100;
/// The deepest nesting of elements.
pub const MAX_DEPTH: usize = 64;

/// What one document held.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The prospects in the document's order, at least one.
    pub prospects: Vec<Prospect>,
    /// Set if the bytes were not what the document said or should have been, in English.
    pub encoding_note: Option<String>,
}

/// One `prospect`: an enquiry and whom it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// The enquiry as written.
    pub enquiry: RawEnquiry,
    /// The dealer's id at the sender, by which the dealer is found (INT-10).
    pub vendor_id: Option<String>,
    /// The dealer's name as the sender writes it.
    pub vendor_name: Option<String>,
    /// The XML of this prospect alone, as decoded and else untouched, to be kept beside its lead.
    pub raw: String,
    /// What was odd and how it was read, in English: a field and a detail. At most 40, each detail at most 200 characters.
    pub oddities: Vec<(String, String)>,
}

/// Why a document could not be read. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than [`MAX_BYTES`].
    #[error("the document has more than {limit} bytes")]
    TooLarge {
        /// What would be allowed.
        limit: usize,
    },
    /// A DOCTYPE that declares something. None is needed for ADF, and entities are a way to attack a reader.
    #[error("line {line}, column {column}: a DOCTYPE with declarations is not accepted")]
    #[expect(missing_docs, reason = "the names say it")]
    Doctype { line: usize, column: usize },
    /// The document ends inside `adf` or `prospect`.
    #[error("line {line}, column {column}: the document is cut off: {detail}")]
    #[expect(missing_docs, reason = "the names say it")]
    Truncated { line: usize, column: usize, detail: String },
    /// Not XML, and no prospect came before that place.
    #[error("line {line}, column {column}: not XML: {detail}")]
    #[expect(missing_docs, reason = "the names say it")]
    NotXml { line: usize, column: usize, detail: String },
    /// No `prospect` in it.
    #[error("no <prospect> found: not an ADF document")]
    NotAdf,
    /// More than [`MAX_PROSPECTS`].
    #[error("the document has more than {limit} prospects")]
    TooManyProspects {
        /// What would be allowed.
        limit: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("line {line}, column {column}: elements are nested more than {limit} deep")]
    #[expect(missing_docs, reason = "the names say it")]
    TooDeep { line: usize, column: usize, limit: usize },
}

/// Reads one document, in time and memory proportional to its size (INT-1, INT-2).
///
/// A `vendor` or `provider` beside the prospects goes for every prospect that has none of its own; with one
/// prospect alone the same goes for `customer` and `vehicle`.
///
/// # Errors
/// [`Unreadable`] if no prospect can be had of it, or if the document is cut off: then the prospects
/// before the cut are not returned either, since the sender will send the whole document again.
pub fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
    if bytes.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge { limit: MAX_BYTES });
    }
    let (text, encoding_note) = decode::decode(bytes);
    let repaired = repair::repair(&text).map_err(|at| {
        let (line, column) = place(&text, at);
        Unreadable::Doctype { line, column }
    })?;
    let tree = tree::build(&text, &repaired)?;
    let prospects = prospect::prospects(&tree, &text);
    if prospects.is_empty() {
        return Err(Unreadable::NotAdf);
    }
    Ok(Document { prospects, encoding_note })
}

/// Line and column of a byte offset.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
