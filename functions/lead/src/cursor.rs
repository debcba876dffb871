//! Cursors of the lists of a lead that are in the order of its versions: its timeline, its tasks.

use forecourt_domain::base::{LeadId, Refusal};
use forecourt_domain::lead::Lead;
use forecourt_edge::http::Call;
use forecourt_store::Cursor;

/// Returns the cursor of a page that ends with the entry of a version.
pub(crate) fn after(lead: LeadId, version: u64) -> String {
    Cursor::new(lead, version).encode()
}

/// Returns the version before which the requested page begins; `None` for the first page.
///
/// # Errors
/// 422 if the cursor is invalid or of another lead.
pub(crate) fn read(call: &Call, lead: LeadId, rule: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(text) = call.query("cursor") else { return Ok(None) };
    let version = Cursor::place(text, &lead.to_string(), rule, |_| true)?;
    version.parse().map(Some).map_err(|_| Cursor::refused(rule))
}

/// Checks that the lead has reached the version.
///
/// # Errors
/// 422 if no page can have ended there.
pub(crate) fn reached(version: Option<u64>, lead: &Lead, rule: &'static str) -> Result<(), Refusal> {
    if version.is_some_and(|version| version > lead.version) { Err(Cursor::refused(rule)) } else { Ok(()) }
}
