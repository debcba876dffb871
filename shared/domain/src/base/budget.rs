//! Budgets: how many units, such as letters to one recipient, a window of time has (SET-12).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The windows of a budget. They begin at full minutes, hours and days of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum Window {
    Minute,
    Hour,
    Day,
}

impl Window {
    fn length(self) -> TimeDelta {
        match self {
            Window::Minute => TimeDelta::minutes(1),
            Window::Hour => TimeDelta::hours(1),
            Window::Day => TimeDelta::days(1),
        }
    }

    /// Returns the end of the window that contains `now`.
    pub fn end(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let (seconds, length) = (now.timestamp(), self.length().num_seconds());
        DateTime::from_timestamp(seconds - seconds.rem_euclid(length) + length, 0).unwrap_or(now)
    }
}

/// A number of units in each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The units of a window; 0 counts as 1.
    pub most: u32,
    /// The windows.
    pub window: Window,
}

/// The use of a budget, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The name of the budget: a hash.
    pub key: String,
    /// The end of the latest window of which units are used.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
    /// The number of units of that window that are used.
    pub used: u32,
}

impl Usage {
    /// How long it is kept after its window.
    const KEPT: TimeDelta = TimeDelta::days(1);

    /// Takes a unit of the budget: of the current window or, if that is used up, of the earliest later one that has a unit left. Returns
    /// the new usage, and the time from which the unit may be used; that is `now` in the current window.
    pub fn take(before: Option<&Self>, key: &str, budget: Budget, now: DateTime<Utc>) -> (Self, DateTime<Utc>) {
        let length = budget.window.length();
        let Self { until, used, .. } = Self::current(before, key, budget.window, now);
        let (until, used) = if used < budget.most.max(1) { (until, used + 1) } else { (until + length, 1) };
        (Self { key: key.to_owned(), until, used }, (until - length).max(now))
    }

    /// Adds units of the current window without a limit.
    #[must_use]
    pub fn add(before: Option<&Self>, key: &str, window: Window, units: u32, now: DateTime<Utc>) -> Self {
        let current = Self::current(before, key, window, now);
        Self { used: current.used.saturating_add(units), ..current }
    }

    /// Returns when the usage may be deleted.
    pub fn expires(&self) -> DateTime<Utc> {
        self.until + Self::KEPT
    }

    fn current(before: Option<&Self>, key: &str, window: Window, now: DateTime<Utc>) -> Self {
        let until = window.end(now);
        match before {
            Some(before) if before.until >= until => before.clone(),
            _ => Self { key: key.to_owned(), until, used: 0 },
        }
    }
}
