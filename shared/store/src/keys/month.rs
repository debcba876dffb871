//! Months: the partitions of long lists.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, Utc};

/// A month of a list in UTC: `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month(pub(crate) String);

impl Month {
    /// Returns the month of a time.
    pub(crate) fn of(at: DateTime<Utc>) -> Self {
        Self(at.format("%Y-%m").to_string())
    }

    /// Returns the first instant of the month after the month of `at`.
    pub(crate) fn after(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let first = at.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
        Some(first.and_time(NaiveTime::MIN).and_utc())
    }

    /// Returns the month before.
    pub(crate) fn before(&self) -> Option<Self> {
        Some(Self(self.first()?.pred_opt()?.format("%Y-%m").to_string()))
    }

    /// Returns the month after.
    pub(crate) fn next(&self) -> Option<Self> {
        Some(Self(self.first()?.checked_add_months(Months::new(1))?.format("%Y-%m").to_string()))
    }

    /// Returns the first day of the month.
    pub(crate) fn first(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(&format!("{}-01", self.0), "%Y-%m-%d").ok()
    }
}
