//! Versions as ETags: `If-Match` and `If-None-Match`.

use forecourt_domain::base::Refusal;
use http::HeaderMap;

/// The longest `If-Match`, in characters.
const LONGEST: usize = 1_000;

/// Whether `If-None-Match` names `tag`, so that the client already has the response.
pub(super) fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(http::header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// Reads the versions in `If-Match`. `None` if the header is absent or `*`.
///
/// # Errors
/// [`Refusal::Invalid`] if a tag is not one of ours.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Vec<u64>>, Refusal> {
    let Some(value) = headers.get(http::header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    if text.len() > LONGEST {
        return Err(Refusal::field("If-Match", "SET-10", format!("must be at most {LONGEST} characters long")));
    }
    let version = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').parse();
    let versions: Result<Vec<u64>, _> = text.split(',').map(version).collect();
    versions.map(Some).map_err(|_| Refusal::field("If-Match", "SET-10", "must be the ETag of an earlier response"))
}
