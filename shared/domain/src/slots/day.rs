//! A person's day, and what occupies it (CAL-7).

use crate::base::{Refusal, UserId};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many quarter-hours a day has in UTC, which knows no others.
const QUARTERS: u8 = 96;

/// Milliseconds of a quarter-hour.
const QUARTER: i64 = 900_000;

/// Where an event is in its person's time: from when until when, and for which local date a customer booked it. It takes every
/// quarter-hour that it touches.
///
/// Kept with the event, so that its days are found when it is moved or released, whatever the dealer's zone is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedTime {
    #[serde(with = "chrono::serde::ts_milliseconds")]
    from: DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_milliseconds")]
    until: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    booked_for: Option<NaiveDate>,
}

impl ReservedTime {
    /// The longest that a timed event may be: it and its old place fit into one commit.
    pub const LONGEST: TimeDelta = TimeDelta::days(31);

    /// The place of an event that no customer booked, to the millisecond.
    ///
    /// # Errors
    /// CAL-7: it ends before or when it begins, or is longer than [`LONGEST`](Self::LONGEST).
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Self, Refusal> {
        if until <= from || until - from > Self::LONGEST {
            return Err(Refusal::field("until", "CAL-7", "must be after from, and at most 31 days after it"));
        }
        // To what is stored, so that it is the same place when it is read again.
        let up = i64::from(!until.timestamp_subsec_nanos().is_multiple_of(1_000_000));
        let (first, last) = (from.timestamp_millis(), until.timestamp_millis() + up);
        match (DateTime::from_timestamp_millis(first), DateTime::from_timestamp_millis(last)) {
            (Some(from), Some(until)) => Ok(Self { from, until, booked_for: None }),
            _ => Err(Refusal::field("from", "CAL-7", "is beyond the range of dates")),
        }
    }

    /// The same, booked by a customer for a local date. It stays so when staff move it: only the date changes then.
    pub fn booked_for(self, date: NaiveDate) -> Self {
        Self { booked_for: Some(date), ..self }
    }

    /// The local date for which a customer booked it; none: staff made it.
    pub fn customer_date(&self) -> Option<NaiveDate> {
        self.booked_for
    }

    /// The days that it is in, to be read before it is put there or released.
    pub fn dates(&self) -> BTreeSet<NaiveDate> {
        let last = (self.until - TimeDelta::nanoseconds(1)).date_naive();
        self.from.date_naive().iter_days().take_while(|date| *date <= last).chain(self.booked_for).collect()
    }

    /// What it takes of a day: nothing, some quarter-hours, or only a count among the customers of that date.
    pub(crate) fn on(&self, date: NaiveDate) -> Option<Part> {
        let midnight = date.and_time(NaiveTime::MIN).and_utc();
        let quarter = |millis: i64| millis.div_euclid(QUARTER).clamp(0, QUARTERS.into()) as u8;
        let from = quarter((self.from - midnight).num_milliseconds());
        let until = quarter((self.until - midnight).num_milliseconds() + QUARTER - 1);
        let part = Part { from, length: until - from, booked_for: self.booked_for };
        (from < until || self.booked_for == Some(date)).then_some(part)
    }
}

/// What one event takes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its first quarter-hour of the day in UTC, 0 to 95.
    pub from: u8,
    /// How many it takes, 0 to 96. 0: it is elsewhere, and only counted here.
    pub length: u8,
    /// The local date for which a customer booked it; none: staff made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_for: Option<NaiveDate>,
}

impl Part {
    fn takes(&self, quarter: u8) -> bool {
        self.from <= quarter && quarter - self.from < self.length
    }
}

/// One person's day: every timed event by its id, which therefore occupies once, however often it is put there (CAL-7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Whose.
    pub user: UserId,
    /// The day in UTC of the quarter-hours, and the local date of the customers counted.
    pub date: NaiveDate,
    /// What each event takes of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, Part>,
}

impl Day {
    /// A day with nothing to do.
    pub fn empty(user: UserId, date: NaiveDate) -> Self {
        Self { user, date, events: BTreeMap::new() }
    }

    /// How many timed events, of customers and of staff, there are in each quarter-hour in UTC.
    pub fn occupied(&self) -> [u32; QUARTERS as usize] {
        self.count(|_| true)
    }

    /// How many events that customers booked there are in each quarter-hour in UTC.
    pub fn occupied_by_customers(&self) -> [u32; QUARTERS as usize] {
        self.count(|part| part.booked_for.is_some())
    }

    /// How many events customers have booked for the local date of this name.
    pub fn customers(&self) -> u32 {
        self.customers_but(None)
    }

    fn count(&self, wanted: impl Fn(&Part) -> bool) -> [u32; QUARTERS as usize] {
        let parts: Vec<&Part> = self.events.values().filter(|part| wanted(part)).collect();
        std::array::from_fn(|quarter| number(parts.iter().filter(|part| part.takes(quarter as u8))))
    }

    fn but<'a>(&'a self, event: Option<&'a str>) -> impl Iterator<Item = &'a Part> {
        self.events.iter().filter(move |(id, _)| Some(id.as_str()) != event).map(|(_, part)| part)
    }

    /// The same without `event`, which is to be moved.
    pub(crate) fn customers_but(&self, event: Option<&str>) -> u32 {
        number(self.but(event).filter(|part| part.booked_for == Some(self.date)))
    }

    /// How many events, without `event`, there are in the fullest quarter-hour of `part`.
    pub(crate) fn fullest_but(&self, event: Option<&str>, part: &Part) -> u32 {
        let quarters = part.from..part.from.saturating_add(part.length);
        quarters.map(|quarter| number(self.but(event).filter(|other| other.takes(quarter)))).max().unwrap_or(0)
    }
}

/// A day holds far fewer than this counts to.
fn number<T>(of: impl Iterator<Item = T>) -> u32 {
    of.map(|_| 1).sum()
}

/// A day that matters was not read, so nothing would guard it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the day {0} was not looked at: try again (CAL-7)")]
pub struct DayNotLoaded(pub NaiveDate);

impl From<DayNotLoaded> for Refusal {
    fn from(unread: DayNotLoaded) -> Self {
        Self::Conflict(unread.to_string())
    }
}

/// Some days of one person, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    read: BTreeMap<NaiveDate, Day>,
}

impl Days {
    /// The `dates` that were asked for, and what was stored of them; the others were found to be empty.
    pub fn read(user: &UserId, dates: impl IntoIterator<Item = NaiveDate>, stored: impl IntoIterator<Item = Day>) -> Self {
        let mut read: BTreeMap<_, _> = dates.into_iter().map(|date| (date, Day::empty(user.clone(), date))).collect();
        read.extend(stored.into_iter().filter(|day| day.user == *user).map(|day| (day.date, day)));
        Self { read }
    }

    /// A day, if it was read.
    pub fn day(&self, date: NaiveDate) -> Option<&Day> {
        self.read.get(&date)
    }

    /// Every day that was read, in order.
    pub fn all(&self) -> impl Iterator<Item = &Day> {
        self.read.values()
    }

    /// Puts an event where it `is`, and takes it from where it `was`. Nobody is refused: this is how staff make and move events (CAL-7).
    ///
    /// Returns every day of both places as it shall be, all of which are to be committed at once; none where it is there already.
    ///
    /// # Errors
    /// [`DayNotLoaded`]: a day of either place.
    pub fn put(&self, event: &str, was: Option<&ReservedTime>, is: &ReservedTime) -> Result<Vec<Day>, DayNotLoaded> {
        self.moved(event, was, Some(is))
    }

    /// Takes an event from where it `was`: it was cancelled, deleted, or given to somebody else. Returns as [`put`](Self::put) does.
    ///
    /// # Errors
    /// [`DayNotLoaded`]: a day of its place.
    pub fn release(&self, event: &str, was: &ReservedTime) -> Result<Vec<Day>, DayNotLoaded> {
        self.moved(event, Some(was), None)
    }

    fn moved(&self, event: &str, was: Option<&ReservedTime>, is: Option<&ReservedTime>) -> Result<Vec<Day>, DayNotLoaded> {
        let mut dates: BTreeSet<NaiveDate> = was.into_iter().chain(is).flat_map(ReservedTime::dates).collect();
        // Wherever else it is found, it is not any more: it occupies once.
        dates.extend(self.all().filter(|day| day.events.contains_key(event)).map(|day| day.date));
        let mut changed = false;
        let mut days = Vec::with_capacity(dates.len());
        for date in dates {
            let mut day = self.day(date).ok_or(DayNotLoaded(date))?.clone();
            let before = day.events.remove(event);
            let after = is.and_then(|place| place.on(date));
            changed |= before != after;
            day.events.extend(after.map(|part| (event.to_owned(), part)));
            days.push(day);
        }
        // All of them even where one alone changes: what a decision rests on is guarded only where it is written.
        Ok(if changed { days } else { Vec::new() })
    }
}
