//! Exports (EXP-1).
//!
//! A slice is begun by a commit that counts it, and ended by one that says what it wrote and how far it came. A slice that is overtaken by the next
//! leaves nothing behind that counts: its part has a number of its own that no list names.

use crate::base::{Actor, DealerId, ExportId, Refusal};
use crate::reports::{AppointmentFilter, LeadFilter};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a file can be had after it was asked for.
pub const LASTS: TimeDelta = TimeDelta::hours(24);

/// How long it waits before it reads, so that what was there before has come to the index.
const SETTLED: TimeDelta = TimeDelta::seconds(2);

/// An export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Its name.
    pub id: ExportId,
    /// Who asked for it.
    pub by: Actor,
    /// When. Only what was there before is in it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub asked: DateTime<Utc>,
    /// A hash of the request, by which a repeat is known.
    pub request: String,
    /// Of what.
    pub what: ExportContent,
    /// As what file.
    #[serde(default)]
    pub format: ExportFormat,
    /// Whose, in the order in which they are read.
    pub dealers: Vec<DealerId>,
    /// How many months they have in all.
    #[serde(default)]
    pub months: u64,
    /// How far it has come.
    pub state: ExportState,
    /// How many slices have begun: the number of the part that the latest of them writes.
    #[serde(default)]
    pub slices: u32,
    /// What has been written.
    #[serde(default)]
    pub written: Written,
    /// When it is to be looked at next: to go on, or to be removed.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
}

/// Of what an export is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ExportContent {
    Appointments(AppointmentFilter),
    Leads(LeadFilter),
}

impl ExportContent {
    /// As the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            ExportContent::Appointments(_) => "appointments",
            ExportContent::Leads(_) => "leads",
        }
    }

    /// The dealers that it asks for; none: all.
    pub fn dealers(&self) -> &[DealerId] {
        match self {
            ExportContent::Appointments(filter) => &filter.dealers,
            ExportContent::Leads(filter) => &filter.dealers,
        }
    }
}

/// What file an export is.
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
    /// As the API writes it, and as names of files end.
    pub const NAMES: [(&'static str, ExportFormat); 2] = [("csv", ExportFormat::Csv), ("xlsx", ExportFormat::Xlsx)];

    /// As the API writes it.
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

/// A sheet of a workbook, as far as it is written: all that the next slice needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// Where it begins in the file.
    pub at: u64,
    /// Its rows, with that of the names.
    pub rows: u32,
    /// CRC-32 of its content.
    pub crc: u32,
    /// Bytes of its content as they are packed in the file.
    pub packed: u64,
    /// Bytes of its content.
    pub size: u64,
}

/// How far an export has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ExportState {
    /// Rows are being read, from this place on.
    Running {
        /// Where the next slice begins.
        place: ExportPosition,
    },
    /// All parts are written, and are to be made one file.
    Closing,
    /// The file is there.
    Done {
        /// Since when.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// Its time is over, and the file is gone.
    Expired,
}

impl ExportState {
    /// As the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            ExportState::Running { .. } | ExportState::Closing => "running",
            ExportState::Done { .. } => "done",
            ExportState::Expired => "expired",
        }
    }
}

/// A place in what is read: dealer by dealer, month by month, row by row; then, dealer by dealer, the appointments that came from another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportPosition {
    /// Whether all months of all dealers are behind it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newcomers: bool,
    /// How many dealers are behind it.
    pub dealer: usize,
    /// The month of this dealer that was begun last, by its name: which ones there are changes with the dealer's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// The last row that was read of this month; none: it has been read in whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl ExportPosition {
    /// Whether a month of this dealer, or the rest of it, is before it, still to be read.
    pub fn is_before(&self, month: &str) -> bool {
        self.month.as_deref().is_none_or(|begun| begun < month || (begun == month && self.after.is_some()))
    }
}

/// A row's place in what is read; they sort as they are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// Whether it is among those that came from another dealer.
    pub newcomer: bool,
    /// The number of the dealer.
    pub dealer: usize,
    /// The month's name.
    pub month: String,
    /// The row's place in it.
    pub place: String,
}

/// When what is up to a place was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Up to where.
    pub to: Spot,
    /// From when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// Until when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

/// When what was read, in the order of reading: a mark for each second, for more than one where there are hundreds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Notes that all up to `to` that had no mark was read `from` then `until` then.
    pub fn note(&mut self, to: Spot, from: DateTime<Utc>, until: DateTime<Utc>) {
        let together = TimeDelta::seconds(1 + i64::try_from(self.0.len() / 100).unwrap_or_default());
        match self.0.last_mut().filter(|last| from - last.from < together) {
            Some(last) => (last.to, last.until) = (to, until),
            None => self.0.push(Mark { to, from, until }),
        }
    }

    /// Whether a row was read at a spot where it stood `from` then `until` then. In doubt it was: by seconds, as the index lags.
    pub fn have_read(&self, spot: &Spot, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let first = self.0.partition_point(|mark| mark.to < *spot);
        self.0.get(first).is_some_and(|mark| from <= mark.until && until >= mark.from - SETTLED)
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an export has written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    /// The bucket's name for the parts together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// The parts in their order: number, and the bucket's mark of the content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(u32, String)>,
    /// Where rows wait that are too few for a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<String>,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Months that are read, of all dealers.
    pub months: u64,
    /// How much of the month after them, in percent.
    pub percent: u8,
    /// When what was read: what went to another dealer meanwhile is met again there.
    #[serde(skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// The sheets of a workbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<Sheet>,
}

impl Export {
    /// A new one.
    pub fn new(id: ExportId, by: Actor, request: String, (what, format): (ExportContent, ExportFormat), now: DateTime<Utc>) -> Self {
        let state = ExportState::Running { place: ExportPosition::default() };
        Self {
            id,
            by,
            asked: now,
            request,
            what,
            format,
            dealers: Vec::new(),
            months: 0,
            state,
            slices: 0,
            written: Written::default(),
            due: Some(now + SETTLED),
        }
    }

    /// When the file goes.
    pub fn expires(&self) -> DateTime<Utc> {
        self.asked + LASTS
    }

    /// Begins a slice. `None`: nothing is due, the wake-up was stale or doubled.
    pub fn begun(&self, now: DateTime<Utc>) -> Option<Self> {
        let due = self.due.filter(|due| *due <= now)?;
        Some(Self { slices: self.slices + 1, due: Some(due), ..self.clone() })
    }

    /// Whether the slice that `begun` began is still the latest: no other has begun since, nor has this one ended.
    pub fn is_at(&self, begun: &Export) -> bool {
        self.slices == begun.slices && self.state == begun.state && self.due == begun.due
    }

    /// Ends a slice that came to `state` and has `written`, in all.
    pub fn ended(&self, state: ExportState, written: Written, now: DateTime<Utc>) -> Self {
        // Each slice has a time of its own, so that each is a wake-up of its own.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        let due = match state {
            ExportState::Running { .. } | ExportState::Closing => Some(next),
            ExportState::Done { .. } => Some(self.expires()),
            ExportState::Expired => None,
        };
        Self { state, written, due, ..self.clone() }
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.state == ExportState::Expired || now >= self.expires()
    }

    /// Insists that the file is there.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] once it is gone, 409 while it is being written.
    pub fn ready(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.state {
            _ if self.is_over(now) => Err(Refusal::NotFound("export any more: ask for it again")),
            ExportState::Done { .. } => Ok(()),
            _ => Err(Refusal::Conflict("the export is still being written".into())),
        }
    }
}

/// A download of an export, as the log keeps it for ever (EXP-2): written before the link is given, and never again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Download {
    /// A name of its own.
    pub id: String,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Actor,
    /// Of which export.
    pub export: ExportId,
    /// Of what: the filter.
    pub what: ExportContent,
    /// How many rows.
    pub rows: u64,
    /// From where: the address of the network that asked for the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
