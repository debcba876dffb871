//! The raw input of a lead, as its sender wrote it (INT-2).

use forecourt_domain::base::Refusal;
use forecourt_domain::lead::RawStorage;
use forecourt_edge::Platform;
use forecourt_edge::formats::packed;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::raw_input::{RawInput, raw_input};
use forecourt_edge::usecase::raw_mail::raw_mail;

/// `GET /leads/{id}/raw`.
pub(crate) async fn raw(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let input = raw_input(platform, call).await?;
    if let Some(object) = input.raw.mail() {
        return Ok(raw_mail(platform, object, &format!("{}.eml", input.name)).await?.about(&input.lead));
    }
    let RawInput { lead, raw, .. } = input;
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
    // The text can contain a script. With this header a browser saves it and does not run it.
    Ok(Answer::text(200, media_type, text).header("content-disposition", "attachment").about(&lead))
}
