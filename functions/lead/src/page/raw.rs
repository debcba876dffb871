//! The raw input of a lead, as its sender wrote it (INT-2).

use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_edge::Platform;
use forecourt_edge::formats::packed;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::{enquiry_key, readable};
use forecourt_edge::usecase::raw_mail::raw_mail;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// `GET /leads/{id}/raw`: returns the input from which the lead's enquiry was read, or the input of the timeline entry `version`.
pub(crate) async fn raw(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let mut queries = Queries::of(call, "INT-2");
    let version: Option<u64> = queries.parse("version", "the version of a timeline entry");
    queries.done()?;
    let entry = |loaded: &Loaded| version.map_or_else(|| enquiry_key(loaded, id), |version| Key::Entry(id, version));
    // Most leads have one enquiry: its entry is read together with the lead.
    let load = Load::of([Key::Lead(id), entry(&Loaded::default())]).then(|loaded| vec![entry(loaded)]);
    let loaded = platform.store.load(&call.scope, &load).await?;
    let lead = readable(platform, call, loaded.lead(id)).await?;
    let entry = loaded.entry(id, version.or(lead.enquiry_version).unwrap_or(1));
    let raw = entry.and_then(|entry| entry.raw.as_ref()).ok_or(Refusal::NotFound("raw input"))?;
    let packed = match &raw.storage {
        RawStorage::Here(packed) => packed.clone(),
        RawStorage::InBucket(object) if raw.media_type == Raw::MAIL => {
            return Ok(raw_mail(platform, object, &format!("{id}.eml")).await?.about(&id));
        }
        RawStorage::InBucket(name) => platform.files.get(name).await?.ok_or_else(|| Refusal::gone("INT-2", "the raw input has expired"))?,
    };
    let text = String::from_utf8_lossy(&packed::unpack(&packed)?).into_owned();
    let media_type = match raw.media_type.as_str() {
        "application/json" => "application/json",
        "application/adf+xml" => "application/adf+xml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    // The text can contain a script. With this header a browser saves it and does not run it.
    Ok(Answer::text(200, media_type, text).header("content-disposition", "attachment").about(&id))
}
