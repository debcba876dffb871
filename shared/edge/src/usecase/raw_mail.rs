//! The raw mail of a lead or of the inbox, as it was received (INT-2, INT-7).

use crate::Platform;
use crate::files::Download;
use crate::http::{Answer, Problem};
use forecourt_domain::base::Refusal;
use forecourt_domain::lead::Raw;
use std::time::Duration;

/// The largest mail that a response contains, in bytes. A function's response has at most 6 MB, and it encodes bytes in base64.
const MOST: u64 = 4_000_000;
/// How long a link to a larger mail is valid.
const VALIDITY: Duration = Duration::from_secs(300);

/// Answers with the raw mail that the bucket keeps under `object`, to be saved as `file_name`. A large one is answered with the link to it
/// (303). A browser saves the mail and never shows it.
///
/// # Errors
/// 410 if the mail has expired.
pub async fn raw_mail(platform: &Platform, object: &str, file_name: &str) -> Result<Answer, Problem> {
    let head = platform.files.head(object, MOST).await?.ok_or_else(|| Refusal::gone("INT-2", "the raw input has expired"))?;
    let download = Download { name: object, content_type: Raw::MAIL, file_name };
    if head.size <= MOST {
        return Ok(Answer::bytes(200, Raw::MAIL, head.bytes).header("content-disposition", download.disposition()));
    }
    let link = platform.files.download_link(download, VALIDITY).await?;
    Ok(Answer::text(303, Raw::MAIL, String::new()).header("location", link))
}
