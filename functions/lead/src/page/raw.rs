//! The raw input of a lead, as its sender wrote it (INT-2).

use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::lead::RawStorage;
use forecourt_edge::Platform;
use forecourt_edge::formats::packed;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{enquiry_key, readable};
use forecourt_store::Load;
use forecourt_store::keys::Key;

/// `GET /leads/{id}/raw`: returns the input from which the lead's enquiry was read, or the input of the timeline entry `version`.
pub(crate) async fn raw(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let version: Option<u64> = call.query_as("version", "INT-2", "the version of a timeline entry")?;
    let entry = |loaded: &forecourt_store::Loaded| version.map_or_else(|| enquiry_key(loaded, id), |version| Key::Entry(id, version));
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(id)]).then(|loaded| vec![entry(loaded)])).await?;
    let lead = readable(platform, call, loaded.lead(id)).await?;
    let entry = loaded.entry(id, version.or(lead.enquiry_version).unwrap_or(1));
    let raw = entry.and_then(|entry| entry.raw.as_ref()).ok_or(Refusal::NotFound("raw input"))?;
    let packed = match &raw.storage {
        RawStorage::Here(packed) => packed.clone(),
        RawStorage::InBucket(name) => platform.files.get(name).await?.ok_or_else(|| Refusal::gone("INT-2", "the raw input has expired"))?,
    };
    let text = String::from_utf8_lossy(&packed::unpack(&packed)?).into_owned();
    let media_type = match raw.media_type.as_str() {
        "application/json" => "application/json",
        "application/adf+xml" => "application/adf+xml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    // Anybody can send an enquiry, so a browser must save the text and never run it.
    Ok(Answer::text(200, media_type, text).header("content-disposition", "attachment").about(&id))
}
