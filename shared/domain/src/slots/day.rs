//! A person's day, and the events that occupy it (CAL-7).

use crate::base::{Refusal, UserId};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The number of quarter-hours of a day. Every day in UTC has 24 hours.
const QUARTERS: u8 = 96;

/// Milliseconds of a quarter-hour.
const QUARTER: i64 = 900_000;

/// The time that an event occupies: from, until, and the local date for which a customer booked it. It occupies every quarter-hour
/// that it touches.
///
/// It is stored with the event, so that its days are found when it is moved or released, even if the dealer's zone has changed.
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
    /// The longest timed event. The days of its old and its new time fit into one commit.
    pub const LONGEST: TimeDelta = TimeDelta::days(31);

    /// Creates the time of an event that no customer booked, rounded outward to milliseconds.
    ///
    /// # Errors
    /// CAL-7: `until` is not after `from`, or the event is longer than [`LONGEST`](Self::LONGEST).
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Self, Refusal> {
        if until <= from || until - from > Self::LONGEST {
            return Err(Refusal::field("until", "CAL-7", "must be after from, and at most 31 days after it"));
        }
        // Rounded to the stored precision, so that it is equal to the value that is read again.
        let up = i64::from(!until.timestamp_subsec_nanos().is_multiple_of(1_000_000));
        let (first, last) = (from.timestamp_millis(), until.timestamp_millis() + up);
        match (DateTime::from_timestamp_millis(first), DateTime::from_timestamp_millis(last)) {
            (Some(from), Some(until)) => Ok(Self { from, until, booked_for: None }),
            _ => Err(Refusal::field("from", "CAL-7", "is beyond the range of dates")),
        }
    }

    /// Marks it as booked by a customer for a local date. When staff move it, it stays marked, and only the date changes.
    pub fn booked_for(self, date: NaiveDate) -> Self {
        Self { booked_for: Some(date), ..self }
    }

    /// Returns the local date for which a customer booked it. `None` if staff created it.
    pub fn customer_date(&self) -> Option<NaiveDate> {
        self.booked_for
    }

    /// Returns its days. They must be read before it is added or released.
    pub fn dates(&self) -> BTreeSet<NaiveDate> {
        let last = (self.until - TimeDelta::nanoseconds(1)).date_naive();
        self.from.date_naive().iter_days().take_while(|date| *date <= last).chain(self.booked_for).collect()
    }

    /// Returns the part of a day that it occupies: nothing, some quarter-hours, or only a count among the bookings of that date.
    pub(crate) fn on(&self, date: NaiveDate) -> Option<DayPart> {
        let midnight = date.and_time(NaiveTime::MIN).and_utc();
        let quarter = |millis: i64| millis.div_euclid(QUARTER).clamp(0, QUARTERS.into()) as u8;
        let from = quarter((self.from - midnight).num_milliseconds());
        let until = quarter((self.until - midnight).num_milliseconds() + QUARTER - 1);
        let part = DayPart { from, length: until - from, booked_for: self.booked_for };
        (from < until || self.booked_for == Some(date)).then_some(part)
    }
}

/// The part of a day that one event occupies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPart {
    /// The first quarter-hour of the day in UTC, 0 to 95.
    pub from: u8,
    /// The number of quarter-hours, 0 to 96. With 0, the event is on another day in UTC and is only counted here.
    pub length: u8,
    /// The local date for which a customer booked it. `None` if staff created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_for: Option<NaiveDate>,
}

impl DayPart {
    fn takes(&self, quarter: u8) -> bool {
        self.from <= quarter && quarter - self.from < self.length
    }
}

/// One person's day: every timed event by its id. Because of the id, an event that is added again occupies the day only once (CAL-7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The person.
    pub user: UserId,
    /// The day in UTC for the quarter-hours, and the local date for the number of bookings.
    pub date: NaiveDate,
    /// The part that each event occupies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, DayPart>,
}

impl Day {
    /// Creates a day without events.
    pub fn empty(user: UserId, date: NaiveDate) -> Self {
        Self { user, date, events: BTreeMap::new() }
    }

    /// Returns the number of timed events, of customers and of staff, in each quarter-hour in UTC.
    pub fn occupied(&self) -> [u32; QUARTERS as usize] {
        self.count(|_| true)
    }

    /// Returns the number of events booked by customers in each quarter-hour in UTC.
    pub fn occupied_by_customers(&self) -> [u32; QUARTERS as usize] {
        self.count(|part| part.booked_for.is_some())
    }

    /// Returns the number of events that customers booked for the local date `date`.
    pub fn customers(&self) -> u32 {
        self.customers_except(None)
    }

    fn count(&self, wanted: impl Fn(&DayPart) -> bool) -> [u32; QUARTERS as usize] {
        let parts: Vec<&DayPart> = self.events.values().filter(|part| wanted(part)).collect();
        std::array::from_fn(|quarter| number(parts.iter().filter(|part| part.takes(quarter as u8))))
    }

    fn but<'a>(&'a self, event: Option<&'a str>) -> impl Iterator<Item = &'a DayPart> {
        self.events.iter().filter(move |(id, _)| Some(id.as_str()) != event).map(|(_, part)| part)
    }

    /// Like [`customers`](Self::customers), without `event`, which is to be moved.
    pub(crate) fn customers_except(&self, event: Option<&str>) -> u32 {
        number(self.but(event).filter(|part| part.booked_for == Some(self.date)))
    }

    /// Returns the number of events, without `event`, in the fullest quarter-hour of `part`.
    pub(crate) fn fullest_except(&self, event: Option<&str>, part: &DayPart) -> u32 {
        let quarters = part.from..part.from.saturating_add(part.length);
        quarters.map(|quarter| number(self.but(event).filter(|other| other.takes(quarter)))).max().unwrap_or(0)
    }
}

/// Counts items. A day has far fewer than `u32::MAX`.
fn number<T>(of: impl Iterator<Item = T>) -> u32 {
    of.map(|_| 1).sum()
}

/// A day that the decision depends on was not read, so the commit could not guard it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schedule for {0} was not loaded; retry")]
pub struct DayNotLoaded(pub NaiveDate);

impl From<DayNotLoaded> for Refusal {
    fn from(unread: DayNotLoaded) -> Self {
        Self::conflict("CAL-7", unread.to_string())
    }
}

/// Some days of one person, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    read: BTreeMap<NaiveDate, Day>,
}

impl Days {
    /// Creates the days of `dates` from the `stored` ones. A date without a stored day is empty.
    pub fn read(user: &UserId, dates: impl IntoIterator<Item = NaiveDate>, stored: impl IntoIterator<Item = Day>) -> Self {
        let mut read: BTreeMap<_, _> = dates.into_iter().map(|date| (date, Day::empty(user.clone(), date))).collect();
        read.extend(stored.into_iter().filter(|day| day.user == *user).map(|day| (day.date, day)));
        Self { read }
    }

    /// Returns a day. `None` if it was not read.
    pub fn day(&self, date: NaiveDate) -> Option<&Day> {
        self.read.get(&date)
    }

    /// Returns every day that was read, in order.
    pub fn all(&self) -> impl Iterator<Item = &Day> {
        self.read.values()
    }

    /// Adds an event at the time `is`, and removes it from the time `was`. It is never refused: staff create and move events this way
    /// (CAL-7).
    ///
    /// Returns every day of both times with its new state, to be committed together. Returns no days if nothing changes.
    ///
    /// # Errors
    /// [`DayNotLoaded`] if a day of either time was not read.
    pub fn put(&self, event: &str, was: Option<&ReservedTime>, is: &ReservedTime) -> Result<Vec<Day>, DayNotLoaded> {
        self.moved(event, was, Some(is))
    }

    /// Removes an event from the time `was`, because it was cancelled, deleted or given to another person. Returns days like
    /// [`put`](Self::put).
    ///
    /// # Errors
    /// [`DayNotLoaded`] if a day of its time was not read.
    pub fn release(&self, event: &str, was: &ReservedTime) -> Result<Vec<Day>, DayNotLoaded> {
        self.moved(event, Some(was), None)
    }

    fn moved(&self, event: &str, was: Option<&ReservedTime>, is: Option<&ReservedTime>) -> Result<Vec<Day>, DayNotLoaded> {
        let mut dates: BTreeSet<NaiveDate> = was.into_iter().chain(is).flat_map(ReservedTime::dates).collect();
        // It is removed from every other day that has it: an event occupies time only once.
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
        // All days are returned even if only one changes: a commit guards only the items that it writes.
        Ok(if changed { days } else { Vec::new() })
    }
}
