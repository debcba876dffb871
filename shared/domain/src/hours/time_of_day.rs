//! Times of day in whole minutes, and intervals of them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A local time of day in whole minutes, from 00:00 to 24:00 inclusive (SET-1).
///
/// Written `"HH:MM"`, always five characters. `"24:00"` is the end of the day, which is the
/// same instant as 00:00 of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// The text or number is not a [`TimeOfDay`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of day from 00:00 to 24:00, written HH:MM (SET-1)")]
pub struct InvalidTimeOfDay(String);

impl TimeOfDay {
    /// 00:00, the first instant of a day.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00, where a day ends and the next begins.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// The time `minutes` after midnight, as a wall clock shows it.
    ///
    /// # Errors
    /// SET-1: more than 1440 minutes.
    pub fn from_minutes(minutes: u16) -> Result<Self, InvalidTimeOfDay> {
        if minutes <= Self::END_OF_DAY.0 { Ok(Self(minutes)) } else { Err(InvalidTimeOfDay(format!("{minutes} min"))) }
    }

    /// Minutes since midnight as a wall clock shows them, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
        let digits = match *text.as_bytes() {
            [h1, h2, b':', m1, m2] => [h1, h2, m1, m2].map(digit),
            _ => [None; 4],
        };
        let minutes = match digits {
            [Some(h1), Some(h2), Some(m1 @ 0..6), Some(m2)] => Some((h1 * 10 + h2) * 60 + m1 * 10 + m2),
            _ => None,
        };
        minutes.and_then(|minutes| Self::from_minutes(minutes).ok()).ok_or_else(|| InvalidTimeOfDay(text.to_owned()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTimeOfDay;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// Opening from `from` up to, not including, `to`; written `["09:00", "17:00"]` (SET-1).
///
/// This type allows an empty or reversed interval. [`OpeningHours`] and [`Calendar`] refuse it,
/// because they know the field in which it was entered. A shift over midnight is two intervals: one
/// up to 24:00, and one from 00:00 of the next day.
///
/// [`OpeningHours`]: super::OpeningHours
/// [`Calendar`]: super::Calendar
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(TimeOfDay, TimeOfDay)", into = "(TimeOfDay, TimeOfDay)")]
pub struct Interval {
    /// The first minute of opening.
    pub from: TimeOfDay,
    /// The closing time.
    pub to: TimeOfDay,
}

impl From<(TimeOfDay, TimeOfDay)> for Interval {
    fn from((from, to): (TimeOfDay, TimeOfDay)) -> Self {
        Self { from, to }
    }
}

impl From<Interval> for (TimeOfDay, TimeOfDay) {
    fn from(interval: Interval) -> Self {
        (interval.from, interval.to)
    }
}
