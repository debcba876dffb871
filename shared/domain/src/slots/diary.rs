//! The days of several people, as several events change them in one commit (CAL-7).

use crate::base::UserId;
use crate::slots::{Day, DayNotLoaded, Days, ReservedTime};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person's day as it was read; none, if it was not.
pub type LoadDay<'a> = &'a dyn Fn(&UserId, NaiveDate) -> Option<Day>;

/// Whose time an event takes, and which: kept with the event, so that it is found there whoever has the lead by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Whose.
    pub user: UserId,
    /// When.
    pub place: ReservedTime,
}

/// Days as they were read, and as they shall be.
pub struct Diary<'a> {
    read: LoadDay<'a>,
    pub(crate) changed: BTreeMap<(UserId, NaiveDate), Day>,
}

impl<'a> Diary<'a> {
    /// As they were read. Which days are asked for depends on the events alone, so that who asks with empty days learns which to read.
    pub fn new(read: LoadDay<'a>) -> Self {
        Self { read, changed: BTreeMap::new() }
    }

    /// Those of the `dates` of a person that were read.
    pub fn days(&self, user: &UserId, dates: impl IntoIterator<Item = NaiveDate>) -> Days {
        let day = |date| self.changed.get(&(user.clone(), date)).cloned().or_else(|| (self.read)(user, date));
        let found: Vec<Day> = dates.into_iter().filter_map(day).collect();
        Days::read(user, [], found)
    }

    /// Takes an event from where it `was`, and puts it where it `is`. Nobody is refused (CAL-7).
    ///
    /// # Errors
    /// [`DayNotLoaded`]: a day of either place.
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
