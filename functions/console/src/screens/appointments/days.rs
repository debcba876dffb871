//! The chart of the days on which appointments take place: columns of days, weeks or months, with the empty ones in between.

use crate::api::Data;
use crate::view::Zoned;
use chrono::{Datelike as _, Months, NaiveDate, TimeDelta};
use minijinja::{Value, context};
use std::collections::BTreeMap;

/// The largest number of columns of days and of weeks.
const MOST: i64 = 62;

/// The width of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Day,
    Week,
    Month,
}

impl Step {
    /// The step in which a period has few enough columns.
    fn of(first: NaiveDate, last: NaiveDate) -> Self {
        match (last - first).num_days() {
            days if days < MOST => Step::Day,
            days if days < MOST * 7 => Step::Week,
            _ => Step::Month,
        }
    }

    /// The first day of the column of a date.
    fn begin(self, date: NaiveDate) -> NaiveDate {
        match self {
            Step::Day => date,
            Step::Week => date - TimeDelta::days(i64::from(date.weekday().num_days_from_monday())),
            Step::Month => date.with_day(1).unwrap_or(date),
        }
    }

    /// The first day of the next column.
    fn next(self, begin: NaiveDate) -> Option<NaiveDate> {
        match self {
            Step::Day => begin.succ_opt(),
            Step::Week => begin.checked_add_signed(TimeDelta::days(7)),
            Step::Month => begin.checked_add_months(Months::new(1)),
        }
    }

    fn label(self, begin: NaiveDate, zoned: &Zoned) -> String {
        let text = |key: &str| zoned.language.text(key).unwrap_or_default();
        match self {
            Step::Day => zoned.day(begin),
            Step::Week => text("appointments.week").replace("{day}", &zoned.day(begin)),
            Step::Month => format!("{} {}", text(&format!("time.month.{}", begin.month())), begin.year()),
        }
    }
}

/// Returns the columns of the chart with the largest number of one; nothing if there is no day.
pub(super) fn chart(days: &Data, zoned: Zoned) -> Value {
    let number = |day: &Data, name: &str| day.get(name).json().as_u64().unwrap_or_default();
    let of = |day: &Data| Some((day.text("date").parse::<NaiveDate>().ok()?, (number(day, "number"), number(day, "cancelled"))));
    let days: BTreeMap<NaiveDate, (u64, u64)> = days.items().iter().filter_map(of).collect();
    let (Some(first), Some(last)) = (days.keys().next(), days.keys().next_back()) else { return Value::from(()) };
    let step = Step::of(*first, *last);
    let begins = std::iter::successors(Some(step.begin(*first)), |begin| step.next(*begin)).take_while(|begin| begin <= last);
    let mut columns: BTreeMap<NaiveDate, (u64, u64)> = begins.map(|begin| (begin, (0, 0))).collect();
    for (date, (number, cancelled)) in &days {
        let column = columns.entry(step.begin(*date)).or_default();
        *column = (column.0 + number, column.1 + cancelled);
    }
    let highest = columns.values().map(|(number, _)| *number).max().unwrap_or(1).max(1);
    let column = |(begin, (number, cancelled)): (&NaiveDate, &(u64, u64))| {
        context! { label => step.label(*begin, &zoned), number => *number, cancelled => *cancelled }
    };
    context! { columns => columns.iter().map(column).collect::<Vec<_>>(), highest }
}
