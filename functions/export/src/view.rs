//! Exports as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::reports::{Download, Export, ExportContent, ExportFormat, ExportState};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// An export (EXP-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Id of the export.
    pub id: String,
    /// `appointments` or `leads`.
    pub what: &'static str,
    /// `csv` or `xlsx`.
    pub format: &'static str,
    /// `comma` or `semicolon`; absent for `xlsx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<&'static str>,
    /// The filter. A record must match all fields that are set; an empty filter matches everything.
    #[schema(value_type = Object)]
    pub filter: Value,
    /// `running`, `done`, or `expired` (the file is deleted).
    pub state: &'static str,
    /// Progress in percent of the months to read; 100 once the export is done.
    pub progress: u8,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Who requested it.
    pub asked_by: String,
    /// When it was requested. It contains the records created before, each in its state at the time of reading.
    pub asked_at: DateTime<Utc>,
    /// When the file became available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// When the file is deleted.
    pub expires_at: DateTime<Utc>,
    /// `erasure` if the file was deleted early because a contact was erased (PRV-2); absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<&'static str>,
}

impl ExportView {
    pub(crate) fn of(export: &Export, now: DateTime<Utc>) -> Self {
        let done_at = if let ExportState::Done { at } = export.state { Some(at) } else { None };
        let state = if export.is_over(now) { ExportState::Expired.name() } else { export.state.name() };
        let read = (export.written.months * 100 + u64::from(export.written.percent)) / export.months.max(1);
        // Below 100 until the file is available, even if everything has been read.
        let progress = if done_at.is_some() { 100 } else { read.min(99) };
        Self {
            id: export.id.to_string(),
            what: export.what.name(),
            format: export.format.name(),
            dialect: (export.format == ExportFormat::Csv).then_some(export.dialect.name()),
            filter: filter(&export.what),
            state,
            progress: u8::try_from(progress).unwrap_or(100),
            rows: export.written.rows,
            bytes: export.written.bytes,
            asked_by: export.by.to_string(),
            asked_at: export.asked,
            done_at,
            expires_at: export.expires(),
            deleted_by: export.erased.then_some("erasure"),
        }
    }
}

fn filter(what: &ExportContent) -> Value {
    let named = match what {
        ExportContent::Appointments(filter) => filter.named(),
        ExportContent::Leads(filter) => filter.named(),
    };
    named.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// The exports that a user requested (EXP-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportsView {
    /// The exports, newest first. An export is listed for two days.
    pub exports: Vec<ExportView>,
}

/// A link to a file (EXP-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// URL of the file. It needs no token, so it must be kept secret.
    pub url: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
    /// Suggested file name.
    pub file_name: String,
    /// Number of rows without the header.
    pub rows: u64,
}

/// A page of the log of downloads (EXP-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct DownloadLogView {
    /// The downloads, newest first.
    pub downloads: Vec<LoggedDownloadView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// A download. Every issued link is logged, whether it was used or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedDownloadView {
    /// Id of the log entry.
    pub id: String,
    /// When the link was issued.
    pub at: DateTime<Utc>,
    /// Who requested the link.
    pub by: String,
    /// Id of the export.
    pub export: String,
    /// `appointments` or `leads`.
    pub what: &'static str,
    /// The filter of the export.
    #[schema(value_type = Object)]
    pub filter: Value,
    /// Number of rows.
    pub rows: u64,
    /// IP address from which the link was requested.
    pub from: Option<String>,
}

impl DownloadLogView {
    pub(crate) fn of(downloads: &[Download], cursor: Option<String>) -> Self {
        let view = |download: &Download| LoggedDownloadView {
            id: download.id.clone(),
            at: download.at,
            by: download.by.to_string(),
            export: download.export.to_string(),
            what: download.what.name(),
            filter: filter(&download.what),
            rows: download.rows,
            from: download.from.clone(),
        };
        Self { downloads: downloads.iter().map(view).collect(), cursor }
    }
}
