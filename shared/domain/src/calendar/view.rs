//! Views of a calendar: a day, a week, a month (CAL-6).

use chrono::{Datelike as _, Days, Months, NaiveDate};
use std::str::FromStr;

/// The period of a calendar view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// The text is not a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAView;

impl FromStr for View {
    type Err = NotAView;
    fn from_str(text: &str) -> Result<Self, NotAView> {
        [View::Day, View::Week, View::Month].into_iter().find(|view| view.name() == text).ok_or(NotAView)
    }
}

impl View {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            View::Day => "day",
            View::Week => "week",
            View::Month => "month",
        }
    }

    /// Returns the first date of the period around `date`, and the date after its last one. `None` beyond the range of dates.
    pub fn dates(self, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        match self {
            View::Day => Some((date, date.succ_opt()?)),
            View::Week => {
                let first = date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into()))?;
                Some((first, first.checked_add_days(Days::new(7))?))
            }
            View::Month => {
                let first = date.with_day(1)?;
                Some((first, first.checked_add_months(Months::new(1))?))
            }
        }
    }
}
