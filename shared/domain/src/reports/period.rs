//! Ranges of time whose ends are dates or instants.

use crate::hours::{Calendar, TimeOfDay};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One end of a range: a date in a dealer's time zone, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bound {
    /// A date. The range includes the whole day.
    Date(NaiveDate),
    /// An instant. A range begins with it, and ends before it.
    At(DateTime<Utc>),
}

/// The text is neither a date nor an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a date such as 2026-11-25, or a time with a UTC offset such as 2026-11-25T10:00:00+01:00")]
pub struct BadBound;

impl FromStr for Bound {
    type Err = BadBound;

    fn from_str(text: &str) -> Result<Self, BadBound> {
        // ISO 8601 only: the library also accepts `2026-1-5`.
        let date = text.parse::<NaiveDate>().ok().filter(|date| text.len() == 10 && date.to_string() == text);
        let at = || DateTime::parse_from_rfc3339(text).ok().map(|at| Self::At(at.to_utc()));
        date.map(Self::Date).or_else(at).ok_or(BadBound)
    }
}

impl TryFrom<String> for Bound {
    type Error = BadBound;

    fn try_from(text: String) -> Result<Self, BadBound> {
        text.parse()
    }
}

impl From<Bound> for String {
    fn from(bound: Bound) -> Self {
        bound.to_string()
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{date}"),
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        }
    }
}

impl Bound {
    /// Returns the instant at which a range with this beginning begins. `None` if the date is out of the calendar's range.
    pub fn begins(self, calendar: &Calendar) -> Option<DateTime<Utc>> {
        match self {
            Self::Date(date) => calendar.instant(date, TimeOfDay::MIDNIGHT),
            Self::At(at) => Some(at),
        }
    }

    /// Returns the instant before which a range with this end ends. `None` if the date is out of the calendar's range.
    pub fn ends(self, calendar: &Calendar) -> Option<DateTime<Utc>> {
        match self {
            Self::Date(date) => calendar.instant(date, TimeOfDay::END_OF_DAY),
            Self::At(at) => Some(at),
        }
    }

    /// Returns the instant at which a range with this beginning begins, with dates in UTC.
    pub fn begins_in_utc(self) -> DateTime<Utc> {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN).and_utc(),
            Self::At(at) => at,
        }
    }

    /// Returns the instant before which a range with this end ends, with dates in UTC.
    pub fn ends_in_utc(self) -> DateTime<Utc> {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1),
            Self::At(at) => at,
        }
    }

    /// Returns the first date of a range with this beginning, in the calendar's time zone.
    pub fn date(self, calendar: &Calendar) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::At(at) => calendar.date_of(at),
        }
    }

    /// Returns the last date of a range with this end, in the calendar's time zone.
    pub fn last_date(self, calendar: &Calendar) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::At(at) => calendar.date_of(at - TimeDelta::milliseconds(1)),
        }
    }
}

/// A range whose dates are in each dealer's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dates {
    /// The beginning. `None` if there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Bound>,
    /// The end. `None` if there is no limit.
    #[serde(rename = "to", skip_serializing_if = "Option::is_none")]
    pub until: Option<Bound>,
}

/// A range of instants, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first instant. `None` if there is no limit.
    pub from: Option<DateTime<Utc>>,
    /// The end, which is not included. `None` if there is no limit.
    pub until: Option<DateTime<Utc>>,
}

impl Period {
    /// Whether it contains the instant.
    pub fn has(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

impl Dates {
    pub(super) fn are_all(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the beginning if the range ends before it. Two bounds of different kinds are compared when the time zone is known.
    pub fn reversed(&self) -> Option<Bound> {
        let reversed = match (self.from?, self.until?) {
            (Bound::Date(from), Bound::Date(until)) => until < from,
            (Bound::At(from), Bound::At(until)) => until < from,
            _ => false,
        };
        self.from.filter(|_| reversed)
    }

    /// Returns the period in the calendar's time zone: a date is its whole day. Changes of daylight saving time are respected.
    pub fn in_zone(&self, calendar: &Calendar) -> Period {
        Period { from: self.from.and_then(|from| from.begins(calendar)), until: self.until.and_then(|until| until.ends(calendar)) }
    }
}
