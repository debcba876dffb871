//! Cursors of the lists of a lead that are ordered by its versions: the timeline and the tasks.

use forecourt_domain::base::{LeadId, Refusal};
use forecourt_domain::lead::Lead;
use forecourt_edge::http::Queries;
use forecourt_store::Cursor;

/// Returns the cursor of the page after the item that `version` of the lead created.
pub(crate) fn after(lead: LeadId, version: u64) -> String {
    Cursor::new(lead, version).encode()
}

/// Returns the version before which the requested page starts. `None` if the request has no valid cursor of this lead.
pub(crate) fn read(queries: &mut Queries<'_>, lead: LeadId) -> Option<u64> {
    let version = |place: &str| place.parse::<u64>().ok();
    queries.cursor(&lead.to_string(), |place| version(place).is_some()).as_deref().and_then(version)
}

/// Checks that the lead has reached the version of the cursor.
///
/// # Errors
/// 422 if the version is higher than the lead's: no page can have ended there.
pub(crate) fn check_reached(version: Option<u64>, lead: &Lead, rule: &'static str) -> Result<(), Refusal> {
    if version.is_some_and(|version| version > lead.version) { Err(Cursor::refused(rule)) } else { Ok(()) }
}
