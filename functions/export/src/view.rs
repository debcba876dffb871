//! Exports as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::reports::{Download, Export, ExportContent, ExportState};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// An export (EXP-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Its id.
    pub id: String,
    /// `appointments` or `leads`.
    pub what: &'static str,
    /// `csv` or `xlsx`.
    pub format: &'static str,
    /// The filter, as an export takes it: all that is said must hold; none of it, and it is everything.
    #[schema(value_type = Object)]
    pub filter: Value,
    /// `running`, `done`, or `expired`: then the file is gone.
    pub state: &'static str,
    /// How much has been read, in percent of the months of all dealers, or of the days of a month; 100 once it is done.
    pub progress: u8,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Who asked.
    pub asked_by: String,
    /// When. What was there before is in it, each row as it was when it was read.
    pub asked_at: DateTime<Utc>,
    /// Since when the file can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl ExportView {
    pub(crate) fn of(export: &Export, now: DateTime<Utc>) -> Self {
        let done_at = if let ExportState::Done { at } = export.state { Some(at) } else { None };
        let state = if export.is_over(now) { ExportState::Expired.name() } else { export.state.name() };
        let read = (export.written.months * 100 + u64::from(export.written.percent)) / export.months.max(1);
        // That everything is read is not yet a file.
        let progress = if done_at.is_some() { 100 } else { read.min(99) };
        Self {
            id: export.id.to_string(),
            what: export.what.name(),
            format: export.format.name(),
            filter: filter(&export.what),
            state,
            progress: u8::try_from(progress).unwrap_or(100),
            rows: export.written.rows,
            bytes: export.written.bytes,
            asked_by: export.by.to_string(),
            asked_at: export.asked,
            done_at,
            expires_at: export.expires(),
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

/// A link to a file (EXP-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// Whoever has it can get the file; it needs no token.
    pub url: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// What the file is saved as.
    pub file_name: String,
    /// How many rows it has, besides the names of the columns.
    pub rows: u64,
}

/// A page of the log of downloads (EXP-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct DownloadLogView {
    /// Newest first.
    pub downloads: Vec<LoggedDownloadView>,
    /// Where the next page starts; `null`: there is no more.
    pub cursor: Option<String>,
}

/// A download: of each link that was given there is one, whether it was used or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedDownloadView {
    /// Its id.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Of which export.
    pub export: String,
    /// `appointments` or `leads`.
    pub what: &'static str,
    /// The filter.
    #[schema(value_type = Object)]
    pub filter: Value,
    /// How many rows.
    pub rows: u64,
    /// From where: the address in the network that asked for the link.
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
