//! Completes the upload of a document (LEAD-2).

use crate::base::{Actor, Refusal};
use crate::decision::{Decision, Item, commit};
use crate::elements::{Content, Document, Element};
use crate::lead::Lead;
use chrono::{DateTime, Utc};

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
