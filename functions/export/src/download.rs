//! The download of a file and the log of downloads (EXP-2).

use crate::file_name;
use crate::readable::Readable;
use crate::view::{DownloadLogView, LinkView};
use chrono::TimeDelta;
use forecourt_domain::base::{ExportId, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::Download;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::{Platform, files};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Validity of a download link.
const LINK: TimeDelta = TimeDelta::minutes(5);
/// The default page size of the log.
const DEFAULT_PAGE: usize = 25;

/// `GET /exports/{id}/download`: commits a log entry, then returns a link. There is no other way to the file.
pub(crate) async fn link(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: ExportId = call.part("id", "export")?;
    let readable = Readable::of(platform, call).await?;
    let entry = platform.ids.next();
    // The entry is part of the read set, so that a commit whose response was lost is recognised.
    let load = Load::of([Key::Export(id.clone()), Key::Download(call.now, entry.clone())]);
    let rule = |loaded: &Loaded, _| {
        let export = readable.found(loaded.export(&id))?;
        export.ready(call.now)?;
        let download = Download {
            id: entry.clone(),
            at: call.now,
            by: call.scope.actor(),
            export: id.clone(),
            what: export.what.clone(),
            rows: export.written.rows,
            from: call.source_ip.clone(),
        };
        Ok((Some(Decision::default().with(Item::Download(Box::new(download)))), export.clone()))
    };
    let export = platform.store.decide(&call.scope, load, rule).await?;
    let ends = export.expires().min(call.now + LINK);
    let saved_as = format!("{}-{}.{}", export.what.name(), export.asked.format("%Y-%m-%d-%H%M"), export.format.name());
    let content_type = export.format.media_type();
    let file = files::Download { name: &file_name(&call.scope, &export), content_type, file_name: &saved_as };
    let validity = (ends - call.now).to_std().map_err(|e| Failure::Broken(e.into()))?;
    let url = platform.files.download_link(file, validity).await?;
    Ok(Answer::new(200, &LinkView { url, expires_at: ends, file_name: saved_as, rows: export.written.rows })?.about(&id))
}

/// `GET /exports/log`.
pub(crate) async fn log(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::Export)?;
    let mut queries = Queries::of(call, "EXP-2");
    let limit = queries.limit(DEFAULT_PAGE);
    queries.done()?;
    let (downloads, cursor) = platform.store.downloads(&call.scope, call.query("cursor"), limit).await?;
    Ok(Answer::new(200, &DownloadLogView::of(&downloads, cursor))?)
}
