//! The day, week or month that a calendar shows.

use crate::visit::Pairs;
use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
}

/// A day, week or month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) length: Length,
    /// The date by which it was chosen.
    pub(super) date: NaiveDate,
    pub(super) first: NaiveDate,
    /// The last date, inclusive.
    pub(super) last: NaiveDate,
}

impl Length {
    pub(super) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its name in addresses and in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Period {
    /// Reads the parameters `view` and `date`. By default it is this week.
    pub(super) fn of(query: &Pairs, today: NaiveDate) -> Self {
        let length = Length::ALL.into_iter().find(|length| query.get("view") == Some(length.name()));
        let date = query.get("date").and_then(|date| date.parse::<NaiveDate>().ok());
        // Other years have no calendar (CAL-6).
        let date = date.filter(|date| (2000..=2100).contains(&date.year()));
        Self::at(length.unwrap_or(Length::Week), date.unwrap_or(today))
    }

    fn at(length: Length, date: NaiveDate) -> Self {
        let (first, last) = match length {
            Length::Day => (date, date),
            Length::Week => (date.week(Weekday::Mon).first_day(), date.week(Weekday::Mon).last_day()),
            Length::Month => {
                let first = date.with_day(1).unwrap_or(date);
                let next = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
                (first, next.unwrap_or(first))
            }
        };
        Self { length, date, first, last }
    }

    /// A date in the period before.
    pub(super) fn before(&self) -> NaiveDate {
        let first = match self.length {
            Length::Day => self.first.checked_sub_days(Days::new(1)),
            Length::Week => self.first.checked_sub_days(Days::new(7)),
            Length::Month => self.first.checked_sub_months(Months::new(1)),
        };
        first.unwrap_or(self.first)
    }

    /// A date in the period after.
    pub(super) fn after(&self) -> NaiveDate {
        self.last.checked_add_days(Days::new(1)).unwrap_or(self.last)
    }

    /// Its number of days.
    pub(super) fn days(&self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// The weeks that it touches, each from Monday to Sunday.
    pub(super) fn weeks(&self) -> Vec<Vec<NaiveDate>> {
        let monday = self.first.week(Weekday::Mon).first_day();
        let sunday = self.last.week(Weekday::Mon).last_day();
        let days: Vec<NaiveDate> = monday.iter_days().take_while(|day| *day <= sunday).collect();
        days.chunks(7).map(<[NaiveDate]>::to_vec).collect()
    }
}
