//! Checks and completes the upload of a document (LEAD-2).

use crate::base::{Actor, Refusal};
use crate::decision::{Decision, Item, commit};
use crate::elements::{Content, Document, Element, FileKind, kinds_of};
use crate::lead::Lead;
use chrono::{DateTime, Utc};

/// Compares the first bytes of an uploaded file ([`HEAD_BYTES`](crate::elements::HEAD_BYTES)) with the declared type of the document.
///
/// # Errors
/// 422 if a browser or an operating system would run the file, or if the file has another type.
pub fn check_content(document: &Document, head: &[u8]) -> Result<(), Refusal> {
    let (kind, declared) = (FileKind::of(head), &document.content_type);
    let refused = |detail: String| Err(Refusal::field("content_type", "LEAD-2", detail));
    if kind.is_active() {
        return refused(format!(
            "is {declared}, but the file is {}, which is not accepted; upload a PDF or an image instead",
            kind.spoken()
        ));
    }
    match kinds_of(declared) {
        Some(kinds) if !kinds.contains(&kind) => {
            refused(format!("is {declared}, but the file is {}; announce the document with the type of its file", kind.spoken()))
        }
        _ => Ok(()),
    }
}

/// Completes a document after its upload. `None` if it is already complete.
///
/// # Errors
/// 409 if it was removed in the meantime.
pub fn complete(lead: &Lead, element: &Element, by: &Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    element.still_here()?;
    let Content::Document(document) = &element.content else { return Err(Refusal::NotFound("document")) };
    if document.uploaded.is_some() {
        return Ok(None);
    }
    let after = element.with_content(Content::Document(Document { uploaded: Some(now), ..document.clone() }), now);
    Ok(Some(commit(lead.touched(now), by.clone(), vec![after.added()], now).with(Item::Element(Box::new(after)))))
}
