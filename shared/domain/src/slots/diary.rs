//! The days of several people that several events change in one commit (CAL-7).

use crate::base::UserId;
use crate::slots::{Day, DayNotLoaded, Days, ReservedTime};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Returns a person's day as read. `None` if it was not read.
pub type LoadDay<'a> = &'a dyn Fn(&UserId, NaiveDate) -> Option<Day>;

/// The person and the time that an event occupies. It is stored with the event, so that the reservation is found after the lead has
/// changed its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The person.
    pub user: UserId,
    /// The time.
    pub place: ReservedTime,
}

/// Days as read, and the days that are changed.
pub struct Diary<'a> {
    read: LoadDay<'a>,
    pub(crate) changed: BTreeMap<(UserId, NaiveDate), Day>,
}

impl<'a> Diary<'a> {
    /// Creates a diary. The days that it loads depend only on the events, so a caller can find out which days to read by passing empty
    /// days.
    pub fn new(read: LoadDay<'a>) -> Self {
        Self { read, changed: BTreeMap::new() }
    }

    /// Returns the days of a person on `dates`, as far as they were read.
    pub fn days(&self, user: &UserId, dates: impl IntoIterator<Item = NaiveDate>) -> Days {
        let day = |date| self.changed.get(&(user.clone(), date)).cloned().or_else(|| (self.read)(user, date));
        let found: Vec<Day> = dates.into_iter().filter_map(day).collect();
        Days::read(user, [], found)
    }

    /// Removes an event from the reservation `was`, and adds it to the reservation `is`. It is never refused (CAL-7).
    ///
    /// # Errors
    /// [`DayNotLoaded`] if a day of either reservation was not read.
    pub fn put(&mut self, event: &str, was: Option<&Reservation>, is: Option<&Reservation>) -> Result<(), DayNotLoaded> {
        if let Some(was) = was.filter(|was| is.is_none_or(|is| is.user != was.user)) {
            let days = self.days(&was.user, was.place.dates()).release(event, &was.place)?;
            self.note(days);
        }
        if let Some(is) = is {
            let was = was.filter(|was| was.user == is.user).map(|was| &was.place);
            let dates = was.into_iter().chain([&is.place]).flat_map(ReservedTime::dates);
            let days = self.days(&is.user, dates).put(event, was, &is.place)?;
            self.note(days);
        }
        Ok(())
    }

    fn note(&mut self, days: Vec<Day>) {
        self.changed.extend(days.into_iter().map(|day| ((day.user.clone(), day.date), day)));
    }
}
