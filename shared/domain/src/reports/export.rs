//! Exports (EXP-1).
//!
//! A commit starts a slice and counts it. A second commit ends the slice and records its output and its last position. If the next slice
//! starts before the end of a slice, the output of the overtaken slice is ignored: its part has its own number, and no list contains that
//! number.

use crate::base::{Actor, DealerId, ExportId, Refusal, is_default};
use crate::reports::{AppointmentFilter, LeadFilter};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a file is available after the request.
pub const VALIDITY: TimeDelta = TimeDelta::hours(24);

/// How long an export waits before it reads, so that the index contains all earlier changes.
const SETTLED: TimeDelta = TimeDelta::seconds(2);

/// An export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// The actor who requested it.
    pub by: Actor,
    /// When it was requested. It contains only records from before this time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub asked: DateTime<Utc>,
    /// A hash of the request, to recognise a repetition.
    pub request: String,
    /// The records.
    pub what: ExportContent,
    /// The file format.
    #[serde(default)]
    pub format: ExportFormat,
    /// The form of a CSV file.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dialect: CsvDialect,
    /// The number of columns. `None` if an earlier release began the export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<usize>,
    /// The dealers, in the order of reading.
    pub dealers: Vec<DealerId>,
    /// The number of months of all dealers.
    #[serde(default)]
    pub months: u64,
    /// The progress.
    pub state: ExportState,
    /// The number of slices that were started. It is the part number of the latest slice.
    #[serde(default)]
    pub slices: u32,
    /// The output so far.
    #[serde(default)]
    pub written: ExportOutput,
    /// When it must be processed next: to continue, or to be removed.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Whether its file was deleted because a contact was erased (PRV-2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// The records of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum ExportContent {
    Appointments(AppointmentFilter),
    Leads(LeadFilter),
}

impl ExportContent {
    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            ExportContent::Appointments(_) => "appointments",
            ExportContent::Leads(_) => "leads",
        }
    }

    /// The requested dealers. Empty if all are requested.
    pub fn dealers(&self) -> &[DealerId] {
        match self {
            ExportContent::Appointments(filter) => &filter.dealers,
            ExportContent::Leads(filter) => &filter.dealers,
        }
    }
}

/// The file format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// RFC 4180, UTF-8 with a byte order mark.
    #[default]
    Csv,
    /// An Excel workbook.
    Xlsx,
}

impl ExportFormat {
    /// The names in the API, which are also the file extensions.
    pub const NAMES: [(&'static str, ExportFormat); 2] = [("csv", ExportFormat::Csv), ("xlsx", ExportFormat::Xlsx)];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, format)| *format == self).map_or("csv", |(name, _)| name)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Csv => "text/csv; charset=utf-8",
            ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// The form of a CSV file (EXP-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CsvDialect {
    /// Commas between the cells, a decimal point, times in RFC 3339.
    #[default]
    Comma,
    /// As spreadsheets of countries with a decimal comma read it: semicolons between the cells, a decimal comma, times without an offset.
    Semicolon,
}

impl CsvDialect {
    /// The names in the API.
    pub const NAMES: [(&'static str, CsvDialect); 2] = [("comma", CsvDialect::Comma), ("semicolon", CsvDialect::Semicolon)];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, dialect)| *dialect == self).map_or("comma", |(name, _)| name)
    }
}

/// A sheet of an unfinished workbook: everything that the next slice needs to continue it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnfinishedSheet {
    /// Its offset in the file, in bytes.
    pub at: u64,
    /// The number of its rows, including the header.
    pub rows: u32,
    /// CRC-32 of its content.
    pub crc: u32,
    /// The size of its compressed content in bytes.
    pub packed: u64,
    /// The size of its content in bytes.
    pub size: u64,
}

/// The progress of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ExportState {
    /// Rows are being read from this position.
    Running {
        /// The start of the next slice.
        place: ExportPosition,
    },
    /// All parts are written and must be combined into one file.
    Closing,
    /// The file is available.
    Done {
        /// When it was completed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// The file has expired and was removed.
    Expired,
}

impl ExportState {
    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            ExportState::Running { .. } | ExportState::Closing => "running",
            ExportState::Done { .. } => "done",
            ExportState::Expired => "expired",
        }
    }
}

/// A position in the order of reading: by dealer, month and row; then, by dealer, the appointments that were transferred from another
/// dealer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportPosition {
    /// Whether all months of all dealers have been read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newcomers: bool,
    /// The number of dealers that have been read.
    pub dealer: usize,
    /// The latest started month of this dealer, by name. A number would not do, because the list of months depends on the dealer's time
    /// zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// The last row that was read in this month. `None` if the month has been read completely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl ExportPosition {
    /// Whether all or part of a month of this dealer still has to be read.
    pub fn is_before(&self, month: &str) -> bool {
        self.month.as_deref().is_none_or(|begun| begun < month || (begun == month && self.after.is_some()))
    }
}

/// A row's position in the order of reading. Positions sort in that order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowPosition {
    /// Whether the row is among those transferred from another dealer.
    pub newcomer: bool,
    /// The index of the dealer.
    pub dealer: usize,
    /// The name of the month.
    pub month: String,
    /// The position of the row in the month.
    pub place: String,
}

/// The time at which all rows up to a position were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingTime {
    /// The position.
    pub to: RowPosition,
    /// The start of the reading.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// The end of the reading.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

/// The reading times, in the order of reading: one per second. If there would be hundreds, one covers several seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadingTimes(Vec<ReadingTime>);

impl ReadingTimes {
    /// Records that the rows up to `to` that had no reading time yet were read between `from` and `until`.
    pub fn note(&mut self, to: RowPosition, from: DateTime<Utc>, until: DateTime<Utc>) {
        let together = TimeDelta::seconds(1 + i64::try_from(self.0.len() / 100).unwrap_or_default());
        match self.0.last_mut().filter(|last| from - last.from < together) {
            Some(last) => (last.to, last.until) = (to, until),
            None => self.0.push(ReadingTime { to, from, until }),
        }
    }

    /// Whether a row was read at a position that it had between `from` and `until`. In doubt, to the second, it counts as read, because
    /// the index lags.
    pub fn have_read(&self, position: &RowPosition, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let first = self.0.partition_point(|mark| mark.to < *position);
        self.0.get(first).is_some_and(|mark| from <= mark.until && until >= mark.from - SETTLED)
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The output of an export so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportOutput {
    /// The bucket's upload id for the parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// The parts in order: the number, and the bucket's ETag of the content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(u32, String)>,
    /// The object that stores the rows that are too few for a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<String>,
    /// The number of rows.
    pub rows: u64,
    /// The number of bytes.
    pub bytes: u64,
    /// The number of completed months of all dealers.
    pub months: u64,
    /// The completed share of the next month, in percent.
    pub percent: u8,
    /// The reading times. A record that was transferred meanwhile is found again at the other dealer.
    #[serde(skip_serializing_if = "ReadingTimes::is_empty")]
    pub marks: ReadingTimes,
    /// The sheets of a workbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<UnfinishedSheet>,
}

impl Export {
    /// Creates an export.
    pub fn new(id: ExportId, by: Actor, request: String, (what, format): (ExportContent, ExportFormat), now: DateTime<Utc>) -> Self {
        let state = ExportState::Running { place: ExportPosition::default() };
        Self {
            id,
            by,
            asked: now,
            request,
            what,
            format,
            dialect: CsvDialect::default(),
            columns: None,
            dealers: Vec::new(),
            months: 0,
            state,
            slices: 0,
            written: ExportOutput::default(),
            due: Some(now + SETTLED),
            erased: false,
        }
    }

    /// Returns the export without its file, because a contact was erased. `None` if the file has expired.
    pub fn without_file(&self, now: DateTime<Utc>) -> Option<Self> {
        let running = self.state != ExportState::Expired;
        running.then(|| Self { erased: true, ..self.ended(ExportState::Expired, self.written.clone(), now) })
    }

    /// When the file expires.
    pub fn expires(&self) -> DateTime<Utc> {
        self.asked + VALIDITY
    }

    /// Starts a slice. `None` if nothing is due: the wake-up was stale or duplicated.
    pub fn begun(&self, now: DateTime<Utc>) -> Option<Self> {
        let due = self.due.filter(|due| *due <= now)?;
        Some(Self { slices: self.slices + 1, due: Some(due), ..self.clone() })
    }

    /// Whether the slice started by `begun` is still the latest and has not ended.
    pub fn is_at(&self, begun: &Export) -> bool {
        self.slices == begun.slices && self.state == begun.state && self.due == begun.due
    }

    /// Ends a slice with the new state and the complete output so far.
    pub fn ended(&self, state: ExportState, written: ExportOutput, now: DateTime<Utc>) -> Self {
        // Each slice has its own due time, so that each has its own wake-up.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        let due = match state {
            ExportState::Running { .. } | ExportState::Closing => Some(next),
            ExportState::Done { .. } => Some(self.expires()),
            ExportState::Expired => None,
        };
        Self { state, written, due, ..self.clone() }
    }

    /// Whether the file has expired.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.state == ExportState::Expired || now >= self.expires()
    }

    /// Checks that the file is available.
    ///
    /// # Errors
    /// [`Refusal::Gone`] once it has expired, 409 while it is being written.
    pub fn ready(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.state {
            _ if self.erased => Err(Refusal::gone("PRV-2", "the file was deleted because a contact was erased; request it again")),
            _ if self.is_over(now) => Err(Refusal::gone("EXP-3", "the export has expired; request it again")),
            ExportState::Done { .. } => Ok(()),
            _ => Err(Refusal::conflict("EXP-3", "the export is still being written")),
        }
    }
}

/// A download of an export. The log keeps it for ever (EXP-2). It is written before the link is returned, and is never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Download {
    /// Its id.
    pub id: String,
    /// When the link was requested.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
    /// The export.
    pub export: ExportId,
    /// The filter of the export.
    pub what: ExportContent,
    /// The number of rows.
    pub rows: u64,
    /// The IP address of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
