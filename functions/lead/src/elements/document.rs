//! Documents. The table decides, the bucket follows: the file of a removed document is deleted after the commit, and again by every
//! repeated request. A file whose upload is never completed is deleted by the bucket's lifecycle rule for its prefix.

use super::view::{ContentView, DownloadView, ElementView, UploadView};
use super::{ElementPath, LinkedElement, answer, changeable, scan};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{Refusal, Right};
use forecourt_domain::decision::Decision;
use forecourt_domain::elements::{Content, Document, Element, ElementKind, HEAD_BYTES};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::elements;
use forecourt_edge::Platform;
use forecourt_edge::files::{Download, Head, Upload, Verdict};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest};
use forecourt_store::{Failure, Loaded};
use std::time::Duration;

/// Validity of an upload link.
const UPLOAD: Duration = Duration::from_secs(15 * 60);
/// Validity of a download link.
const DOWNLOAD: Duration = Duration::from_secs(5 * 60);
/// The seconds after which a download may be requested again while the malware scan runs.
const SCAN_SECONDS: u64 = 10;

fn document_of(element: &Element) -> Option<&Document> {
    if let Content::Document(document) = &element.content { Some(document).filter(|_| element.removed.is_none()) } else { None }
}

fn expiry(call: &Call, validity: Duration) -> DateTime<Utc> {
    call.now + TimeDelta::from_std(validity).unwrap_or_default()
}

/// Returns the element; a pending document gets an upload link.
pub(super) async fn with_upload(platform: &Platform, call: &Call, shown: &LinkedElement) -> Result<ElementView<ContentView>, Failure> {
    let mut element = shown.view();
    if let (Some(document), ContentView::Document(view)) = (document_of(&shown.element), &mut element.content)
        && document.uploaded.is_none()
    {
        let name = shown.element.upload_name(call.scope.group());
        let upload = Upload { name: &name, content_type: &document.content_type, bytes: document.bytes };
        let url = platform.files.upload_link(upload, UPLOAD).await?;
        view.upload =
            Some(UploadView { method: "PUT", url, content_type: document.content_type.clone(), expires_at: expiry(call, UPLOAD) });
    }
    Ok(element)
}

/// Returns the element; an uploaded document gets a download link.
///
/// # Errors
/// 409 if the malware scan has not ended or does not allow the download.
pub(super) async fn with_download(platform: &Platform, call: &Call, shown: &LinkedElement) -> Result<ElementView<ContentView>, Problem> {
    if document_of(&shown.element).is_some_and(|document| document.uploaded.is_some()) {
        allowed(&platform.files.verdict(&shown.element.file_name(call.scope.group())).await?)?;
    }
    Ok(with_link(platform, call, shown).await?)
}

/// Returns the element that was just completed. It has no download link if the malware scan does not allow the download yet.
async fn completed(platform: &Platform, call: &Call, shown: &LinkedElement) -> Result<ElementView<ContentView>, Failure> {
    let verdict = platform.files.verdict(&shown.element.file_name(call.scope.group())).await?;
    if allowed(&verdict).is_ok() {
        return with_link(platform, call, shown).await;
    }
    let mut element = shown.view();
    if let ContentView::Document(view) = &mut element.content {
        view.scan = scan::state(&verdict);
    }
    Ok(element)
}

async fn with_link(platform: &Platform, call: &Call, shown: &LinkedElement) -> Result<ElementView<ContentView>, Failure> {
    let mut element = shown.view();
    if let (Some(document), ContentView::Document(view)) = (document_of(&shown.element), &mut element.content)
        && document.uploaded.is_some()
    {
        let (name, file_name) = (shown.element.file_name(call.scope.group()), document.file_name());
        let download = Download { name: &name, content_type: document.download_type(), file_name: &file_name };
        let url = platform.files.download_link(download, DOWNLOAD).await?;
        view.download = Some(DownloadView { url, expires_at: expiry(call, DOWNLOAD) });
    }
    Ok(element)
}

/// Returns an error unless the verdict of the malware scan allows a download.
fn allowed(verdict: &Verdict) -> Result<(), Problem> {
    let refused = |detail: String| Problem::conflict(detail).under("LEAD-2");
    match verdict {
        Verdict::NotScanned | Verdict::Clean => Ok(()),
        Verdict::Pending => {
            let detail = "the malware scan of this file has not ended; request the document again in some seconds (LEAD-2)".to_owned();
            Err(Problem { retry_after: Some(SCAN_SECONDS), ..refused(detail) })
        }
        Verdict::Refused(found) if found == Verdict::THREAT => {
            Err(refused("the malware scan found a threat in this file, so it cannot be downloaded; remove the document (LEAD-2)".into()))
        }
        Verdict::Refused(found) => {
            let detail = format!("the malware scan could not check this file ({found}), so it cannot be downloaded");
            Err(refused(format!("{detail}; upload it again, without a password if it has one (LEAD-2)")))
        }
    }
}

/// `POST /leads/{id}/documents/{element}/completion`: checks the uploaded file, copies it to a name that no link can write, and then marks
/// the document as uploaded.
pub(super) async fn complete(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let at = ElementPath::of(call, ElementKind::Document)?;
    let group = call.scope.group();
    let before = at.read(platform, call, Right::WorkLeads).await?.element;
    let pending = document_of(&before).filter(|document| document.uploaded.is_none());
    if let Some(document) = pending {
        let Head { size, bytes, mark } = platform.files.head(&before.upload_name(group), HEAD_BYTES).await?.unwrap_or_default();
        if size != document.bytes {
            let detail = format!("the file is not uploaded completely: {size} of {} bytes", document.bytes);
            return Err(Refusal::conflict("LEAD-2", detail).into());
        }
        elements::check_content(document, &bytes)?;
        // The upload link is still valid, so the file may have changed since the check.
        if !platform.files.copy(&before.upload_name(group), &before.file_name(group), &mark).await? {
            return Err(Refusal::conflict("LEAD-2", "the file was replaced during the completion; complete the upload again").into());
        }
    }
    let by = call.scope.actor();
    let rule = |LeadContext { lead, loaded, .. }: LeadContext<'_>| elements::complete(lead, changeable(&at, call, loaded)?, &by, call.now);
    let also = |loaded: &Loaded| at.keys(loaded);
    let shown = |_: &Lead, decision: Option<&Decision>, loaded: &Loaded| at.shown(decision, loaded);
    let changed = lead::change(LeadRequest::of(platform, call, at.lead), &also, rule, shown).await;
    let shown = match changed {
        Ok(shown) => shown.ok_or(Refusal::NotFound("document"))?,
        Err(problem) => {
            // If the document was removed between the read and the commit, only this request can delete the copy.
            discard(platform, call, &at.read(platform, call, Right::WorkLeads).await?.element).await?;
            return Err(problem);
        }
    };
    // Also on a repeat: the first request may have failed before it deleted the uploaded file.
    let upload = before.upload_name(group);
    let ((), completed) = tokio::try_join!(platform.files.remove(&upload), completed(platform, call, &shown))?;
    answer(200, &completed)
}

/// Deletes the files of a removed document.
pub(super) async fn discard(platform: &Platform, call: &Call, element: &Element) -> Result<(), Failure> {
    if element.removed.is_none() || element.content.kind() != ElementKind::Document {
        return Ok(());
    }
    let group = call.scope.group();
    platform.files.remove(&element.upload_name(group)).await?;
    platform.files.remove(&element.file_name(group)).await
}
