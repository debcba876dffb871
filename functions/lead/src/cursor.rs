//! Where the next page of what stands with a lead in the order of its versions begins: its timeline, its tasks.

use forecourt_domain::base::{LeadId, Refusal};
use forecourt_domain::lead::Lead;
use forecourt_edge::http::Call;

/// The cursor of a page that ended with what `version` of the lead made.
pub(crate) fn after(lead: LeadId, version: u64) -> String {
    format!("{lead}-{version}")
}

/// The version before which the page is that `call` asks for.
///
/// # Errors
/// 422: the cursor is none, or of another lead.
pub(crate) fn read(call: &Call, lead: LeadId, rule: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(text) = call.query("cursor") else { return Ok(None) };
    let version = text.split_once('-').filter(|(of, _)| *of == lead.to_string()).and_then(|(_, version)| version.parse().ok());
    version.map(Some).ok_or_else(|| none(rule))
}

/// Insists that the lead has come to that version.
///
/// # Errors
/// 422: no page has ended there yet.
pub(crate) fn reached(version: Option<u64>, lead: &Lead, rule: &'static str) -> Result<(), Refusal> {
    if version.is_some_and(|version| version > lead.version) { Err(none(rule)) } else { Ok(()) }
}

fn none(rule: &'static str) -> Refusal {
    Refusal::field("cursor", rule, "must be the cursor of an earlier page of this list")
}
