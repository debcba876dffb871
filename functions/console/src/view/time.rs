//! Times in the dealer's zone and the reader's language.

use super::Language;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;

/// A reader's language, the dealer's zone and the current time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zoned {
    pub(crate) language: Language,
    pub(crate) zone: Tz,
    pub(crate) now: DateTime<Utc>,
}

impl Zoned {
    fn text(&self, key: &str) -> &'static str {
        self.language.text(key).unwrap_or_default()
    }

    /// The date of an instant at the dealer.
    pub(crate) fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// `14:05`.
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M").to_string()
    }

    /// `today`, `tomorrow`, `yesterday`, or `Tue 24 Nov`; with the year if it is another one.
    pub(crate) fn day(&self, date: NaiveDate) -> String {
        match (date - self.date(self.now)).num_days() {
            0 => self.text("time.today").to_owned(),
            1 => self.text("time.tomorrow").to_owned(),
            -1 => self.text("time.yesterday").to_owned(),
            _ => self.weekday(date),
        }
    }

    /// `Tue 24 Nov`; with the year if it is not the present one.
    pub(crate) fn weekday(&self, date: NaiveDate) -> String {
        let weekday = self.text(&format!("time.weekday.{}", date.weekday().num_days_from_monday()));
        let month = self.text(&format!("time.month.{}", date.month()));
        let form = self.text(if date.year() == self.date(self.now).year() { "time.date" } else { "time.date_year" });
        let year = date.year().to_string();
        form.replace("{weekday}", weekday).replace("{day}", &date.day().to_string()).replace("{month}", month).replace("{year}", &year)
    }

    /// `today 14:05`.
    pub(crate) fn at(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.day(self.date(at)), self.clock(at))
    }

    /// A duration in its two largest units: `3 d 4 h`, `2 h 5 min`, `12 min`.
    pub(crate) fn span(&self, span: TimeDelta) -> String {
        let minutes = span.num_minutes().abs();
        let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let unit = |count: i64, name: &str| (count > 0).then(|| format!("{count} {}", self.text(&format!("time.unit.{name}"))));
        let parts: Vec<String> = match days {
            0 => [unit(hours, "hours"), unit(minutes, "minutes")].into_iter().flatten().collect(),
            _ => [unit(days, "days"), unit(hours, "hours")].into_iter().flatten().collect(),
        };
        if parts.is_empty() { self.text("time.unit.moment").to_owned() } else { parts.join(" ") }
    }

    /// The value of an `<input type="datetime-local">`.
    pub(crate) fn input(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// The same for the day after an instant, or after today if that is later, at the same time of day.
    pub(crate) fn next_day(&self, at: DateTime<Utc>) -> String {
        let day = self.date(at).max(self.date(self.now)) + Days::new(1);
        format!("{day}T{}", self.clock(at))
    }

    /// Whether the instant is at midnight at the dealer.
    pub(crate) fn is_midnight(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone);
        local.hour() == 0 && local.minute() == 0
    }
}
