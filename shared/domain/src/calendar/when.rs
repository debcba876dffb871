//! The time of a new or rescheduled event: now, an instant, or a date (CAL-1, CAL-2).

use crate::base::Fault;
use crate::hours::{Calendar, TimeOfDay};
use chrono::{DateTime, Days, NaiveDate, Timelike as _, Utc};

/// The days after a promised day among which an open day is sought.
const LATER: u64 = 14;
const OUT_OF_REACH: &str = "must be within ten years";

/// The requested time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// No time given: now. The event is a note about the present, and occupies no time.
    Now,
    /// At an instant.
    At(DateTime<Utc>),
    /// On a date in the dealer's zone: at its opening. Today's date means [`Now`](Self::Now).
    On(NaiveDate),
}

impl EventTime {
    /// Returns the time of a new event of the type `kind`. A follow-up type without a time gets the day that its name promises: the first
    /// open day from then on; "3-7 Day Follow Up" the first open day from the third to the seventh (CAL-1).
    pub(crate) fn promised_by(self, kind: &str, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let days = match (self, kind) {
            (EventTime::Now, "48_hour_follow_up") => 2..=2 + LATER,
            (EventTime::Now, "3-7_day_follow_up") => 3..=7,
            (EventTime::Now, "14_day_follow_up") => 14..=14 + LATER,
            _ => return self,
        };
        let date = |days: u64| calendar.date_of(now).checked_add_days(Days::new(days));
        let open = days.clone().filter_map(date).find(|date| calendar.openings_on(*date).next().is_some());
        open.or_else(|| date(*days.start())).map_or(self, EventTime::On)
    }

    /// Returns the instant. A closed day gets the time of day of the next opening or, if there is none, the current time of day.
    ///
    /// # Errors
    /// A fault if the time is more than ten years away.
    pub(crate) fn instant(self, calendar: &Calendar, now: DateTime<Utc>) -> Result<DateTime<Utc>, Fault> {
        let (field, rule, at) = match self {
            EventTime::Now => return Ok(now),
            EventTime::At(at) => ("at", "CAL-1", Some(at)),
            EventTime::On(date) => ("date", "CAL-2", self.opening(calendar, date, now)),
        };
        at.filter(|at| in_reach(*at, now)).ok_or_else(|| Fault::new(field, rule, OUT_OF_REACH))
    }

    /// Checks that it is near enough for every dealer: a request about many leads is then refused once, not for each lead.
    ///
    /// # Errors
    /// A fault if the time is more than ten years away.
    pub fn within_reach(self, now: DateTime<Utc>) -> Result<(), Fault> {
        let (field, rule, at) = match self {
            EventTime::Now => return Ok(()),
            EventTime::At(at) => ("at", "CAL-1", at),
            EventTime::On(date) => ("date", "CAL-2", date.and_time(now.time()).and_utc()),
        };
        if in_reach(at, now) { Ok(()) } else { Err(Fault::new(field, rule, OUT_OF_REACH)) }
    }

    /// Returns whether it has a time of its own.
    pub(crate) fn is_timed(self, calendar: &Calendar, now: DateTime<Utc>) -> bool {
        match self {
            EventTime::Now => false,
            EventTime::At(_) => true,
            EventTime::On(date) => date != calendar.date_of(now),
        }
    }

    fn opening(self, calendar: &Calendar, date: NaiveDate, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !self.is_timed(calendar, now) {
            return Some(now);
        }
        let begins = calendar.begins(date).filter(|begins| in_reach(*begins, now))?;
        if let Some((_, span)) = calendar.openings_on(date).next() {
            return Some(span.opens);
        }
        let like = calendar.next_opening(begins).unwrap_or(now).with_timezone(&calendar.zone());
        let minutes = u16::try_from(like.hour() * 60 + like.minute()).ok()?;
        calendar.instant(date, TimeOfDay::from_minutes(minutes).ok()?)
    }
}

pub(crate) fn in_reach(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (at - now).num_days().abs() <= 3_653
}
