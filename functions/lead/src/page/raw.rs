//! The raw input of a lead, as its sender wrote it (INT-2).

use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::lead::RawStorage;
use forecourt_edge::Platform;
use forecourt_edge::files::Download;
use forecourt_edge::formats::packed;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::{enquiry_key, readable};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use std::time::Duration;

/// The media type of a raw mail.
const MAIL: &str = "message/rfc822";
/// The largest mail that an answer contains, in bytes: as base64 it must fit into the 6 MB of a function's answer.
const MAX_ANSWER: u64 = 4_000_000;
/// How long a link to a larger mail is valid.
const VALIDITY: Duration = Duration::from_secs(300);

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
    if let (MAIL, RawStorage::InBucket(name)) = (raw.media_type.as_str(), &raw.storage) {
        return mail(platform, id, name).await;
    }
    let packed = match &raw.storage {
        RawStorage::Here(packed) => packed.clone(),
        RawStorage::InBucket(name) => platform.files.get(name).await?.ok_or_else(expired)?,
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

fn expired() -> Refusal {
    Refusal::gone("INT-2", "the raw input has expired")
}

/// Returns a raw mail, which the mail server stored as it arrived. The answer to a large one is a link to it.
async fn mail(platform: &Platform, id: LeadId, name: &str) -> Result<Answer, Problem> {
    let found = platform.files.head(name, MAX_ANSWER).await?.ok_or_else(expired)?;
    if found.size > MAX_ANSWER {
        let file_name = format!("{id}.eml");
        let download = Download { name, content_type: MAIL, file_name: &file_name };
        let link = platform.files.download_link(download, VALIDITY).await?;
        return Ok(Answer::text(303, MAIL, String::new()).header("location", link).header("cache-control", "no-store").about(&id));
    }
    // A mail can contain every byte, and a script. With this header a browser saves it and does not run it.
    Ok(Answer::bytes(200, MAIL, found.bytes).header("content-disposition", "attachment").about(&id))
}
