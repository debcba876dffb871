//! ADF 1.0 (Auto-lead Data Format): the XML in which portals and makers send enquiries (INT-1, INT-2).
//!
//! Few senders follow the specification, so the reader is as lenient as is safe. It works in four steps: `decode` turns bytes into text,
//! `repair` makes the text acceptable to an XML reader, `tree` builds a tree of elements, `prospect` reads the prospects. Values stay as
//! the sender wrote them; phone numbers and years are checked later (INT-3).
//!
//! Two things are never guessed. A truncated document creates no lead from its first half, and data in `vendor` or `provider` is never used
//! as the customer's.
//!
//! Modules, lowest first: `names`, `values`, `repair`, `tree`, `leaves`, `oddities`, `condition`, `contact` and `vehicle`, `prospect`.

pub(crate) mod condition;
mod contact;
pub(crate) mod decode;
mod leaves;
mod names;
mod oddities;
mod prospect;
mod repair;
mod tree;
mod values;
mod vehicle;

use forecourt_domain::enquiry::RawEnquiry;

/// Largest document in bytes: 1 MiB.
pub const MAX_BYTES: usize = 1_048_576;
/// Largest number of prospects in one document.
pub const MAX_PROSPECTS: usize = 100;
/// Deepest nesting of elements.
pub const MAX_DEPTH: usize = 64;

/// The content of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The prospects in the document's order, at least one.
    pub prospects: Vec<Prospect>,
    /// A remark in English if the bytes do not match the declared or expected character set.
    pub encoding_note: Option<String>,
}

/// One `prospect`: an enquiry and the dealer that it addresses.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// The enquiry as written.
    pub enquiry: RawEnquiry,
    /// The dealer's id in the sender's system, by which the dealer is found (INT-10).
    pub vendor_id: Option<String>,
    /// The dealer's name as the sender writes it.
    pub vendor_name: Option<String>,
    /// The XML of this prospect alone, decoded but otherwise unchanged, to be kept with its lead.
    pub raw: String,
    /// Remarks in English on irregular data and how it was read: a field and a detail. At most 40, each detail at most 200 characters.
    pub oddities: Vec<(String, String)>,
}

/// The reason why a document cannot be read. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than [`MAX_BYTES`].
    #[error("the document has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A DOCTYPE with declarations. ADF needs none, and entities can be used to attack a reader.
    #[error("line {line}, column {column}: a DOCTYPE with declarations is not accepted")]
    #[expect(missing_docs, reason = "the names explain themselves")]
    Doctype { line: usize, column: usize },
    /// The document ends inside `adf` or `prospect`.
    #[error("line {line}, column {column}: the document is truncated: {detail}")]
    #[expect(missing_docs, reason = "the names explain themselves")]
    Truncated { line: usize, column: usize, detail: String },
    /// Not XML, and no prospect was complete before this position.
    #[error("line {line}, column {column}: not XML: {detail}")]
    #[expect(missing_docs, reason = "the names explain themselves")]
    NotXml { line: usize, column: usize, detail: String },
    /// The document has no `prospect`.
    #[error("no <prospect> found: not an ADF document")]
    NotAdf,
    /// More than [`MAX_PROSPECTS`].
    #[error("the document has more than {limit} prospects")]
    TooManyProspects {
        /// The limit.
        limit: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("line {line}, column {column}: elements are nested more than {limit} deep")]
    #[expect(missing_docs, reason = "the names explain themselves")]
    TooDeep { line: usize, column: usize, limit: usize },
}

/// Reads one document, in time and memory proportional to its size (INT-1, INT-2).
///
/// A `vendor` or `provider` outside the prospects applies to every prospect that has none of its own. If there is only one prospect, the
/// same applies to `customer` and `vehicle`.
///
/// # Errors
/// [`Unreadable`] if no prospect can be read, or if the document is truncated. In that case complete prospects are not returned either,
/// since the sender will send the whole document again.
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

/// Returns the line and the column of a byte offset.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
