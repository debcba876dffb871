//! The working-hours clock (CLK): opening times as instants, and counting in them.

use crate::hours::{Calendar, Interval, OpeningHours, TimeOfDay};
use chrono::{DateTime, Datelike as _, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::GapInfo;
use serde::{Deserialize, Serialize};

impl Calendar {
    /// Returns the instant at which a date begins: midnight or, if the clocks skip midnight, the end of the skipped time (CLK-4). `None`
    /// beyond the range of dates.
    pub fn begins(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.instant(date, TimeOfDay::MIDNIGHT)
    }
}

/// How long a calendar may stay closed before the clock stops counting (CLK-6): two years, one of
/// them a leap year.
const LONGEST_CLOSURE: TimeDelta = TimeDelta::days(731);

/// The farthest that a deadline may lie ahead (CLK-6): a century. It bounds the loop for a huge
/// duration.
const FARTHEST: TimeDelta = TimeDelta::days(36_525);

/// The last minute of an opening, in which a step is early enough to be read.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The resolution of instants.
const TICK: TimeDelta = TimeDelta::nanoseconds(1);

/// A period of opening in instants: from `opens` up to, not including, `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first instant counted.
    pub opens: DateTime<Utc>,
    /// The first instant that is no longer counted; always after `opens`.
    pub closes: DateTime<Utc>,
}

impl Span {
    /// Elapsed time from opening to closing (CLK-4); more than zero.
    pub fn length(&self) -> TimeDelta {
        self.closes - self.opens
    }

    pub(crate) fn contains(&self, at: DateTime<Utc>) -> bool {
        (self.opens..self.closes).contains(&at)
    }
}

/// The calendar has too few hours: none within two years, or not enough within a century (CLK-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too few opening hours after {start}: none within two years, or not enough within a hundred years (CLK-6)")]
pub struct NoHours {
    /// The start of the count.
    pub start: DateTime<Utc>,
}

/// The clock. An opening or closing is the first instant at which the dealer's wall clock shows its
/// time or, if the wall clock skips that time, the instant of the jump (CLK-4). So an interval may be
/// longer or shorter than the difference of its times, and an interval that is skipped completely does
/// not exist. 24:00 and 00:00 of the next day are the same instant (CLK-3).
impl Calendar {
    /// Returns whether `at` is on a day off entered by the dealer (SET-2), in the dealer's zone.
    ///
    /// A weekday without weekly hours is not a day off. A date with special hours is not a day off,
    /// even within a range of days off; a date with an empty list of special hours is one.
    pub fn is_day_off(&self, at: DateTime<Utc>) -> bool {
        self.is_off(self.date_of(at))
    }

    /// Returns whether the dealer is open at `at`; at the closing instant the dealer is closed (SET-1).
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.spans_on(self.date_of(at)).any(|span| span.contains(at))
    }

    /// Returns whether `at` is inside opening hours or exactly at closing, so that a notice due at
    /// closing is still sent (ESC-6).
    pub fn is_open_or_closing(&self, at: DateTime<Utc>) -> bool {
        let just_before = at.checked_sub_signed(TICK);
        self.is_open(at) || just_before.is_some_and(|before| self.is_open(before))
    }

    /// Returns whether `at` is within weekly hours that are not the dealer's own, or at the end of an interval, by the dealer's wall clock.
    /// Days off and special hours do not change them (DIS-13).
    pub fn is_within(&self, hours: &OpeningHours, at: DateTime<Utc>) -> bool {
        let date = self.date_of(at);
        let begun = |interval: &Interval| self.instant(date, interval.from).is_some_and(|opens| opens <= at);
        let ended = |interval: &Interval| self.instant(date, interval.to).is_some_and(|closes| closes < at);
        hours.on(date.weekday()).iter().any(|interval| begun(interval) && !ended(interval))
    }

    /// Returns whether weekly hours that are not the dealer's own cover the whole time between two instants (DIS-13).
    pub fn are_covering(&self, hours: &OpeningHours, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let last = self.date_of(until);
        let mut covered = from;
        for date in self.date_of(from).iter_days().take_while(|date| *date <= last) {
            for interval in hours.on(date.weekday()) {
                let (Some(opens), Some(closes)) = (self.instant(date, interval.from), self.instant(date, interval.to)) else { continue };
                if opens <= covered {
                    covered = covered.max(closes);
                }
            }
        }
        covered >= until
    }

    /// Returns the instants between two instants at which weekly hours begin, or have just ended, by the dealer's wall clock.
    pub(crate) fn changes_of(&self, hours: &OpeningHours, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let last = self.date_of(to);
        let dates = self.date_of(from).iter_days().take_while(move |date| *date <= last);
        dates.flat_map(move |date| {
            hours.on(date.weekday()).iter().flat_map(move |interval| {
                let begins = self.instant(date, interval.from);
                begins.into_iter().chain(self.instant(date, interval.to).map(|end| end + TICK))
            })
        })
    }

    /// Returns `from` if the dealer is open then, else the next opening.
    ///
    /// # Errors
    /// [`NoHours`] if there is no opening within two years (CLK-6).
    pub fn next_opening(&self, from: DateTime<Utc>) -> Result<DateTime<Utc>, NoHours> {
        self.add(from, TimeDelta::zero())
    }

    /// The instant by which `working` time has passed inside opening hours since `start`
    /// (CLK-1), exact to the nanosecond.
    ///
    /// If the time ends at closing, returns that closing instant. If `working` is zero or negative,
    /// returns [`next_opening`](Self::next_opening) (CLK-2). Days off are not counted (CLK-3).
    ///
    /// # Errors
    /// [`NoHours`] if there is no opening for two years, or too few within a century (CLK-6).
    pub fn add(&self, start: DateTime<Utc>, working: TimeDelta) -> Result<DateTime<Utc>, NoHours> {
        let mut left = working.max(TimeDelta::zero());
        let first = self.date_of(start);
        let mut last_worked = first;
        for date in first.iter_days() {
            if date - last_worked > LONGEST_CLOSURE || date - first > FARTHEST {
                break;
            }
            for span in self.spans_on(date).filter(|span| span.closes > start) {
                let counted = Span { opens: span.opens.max(start), ..span };
                if left <= counted.length() {
                    return Ok(counted.opens + left);
                }
                left -= counted.length();
                last_worked = date;
            }
        }
        Err(NoHours { start })
    }

    /// The working time between two instants: the inverse of [`add`](Self::add) (CLK-5).
    ///
    /// Zero if `to` is not after `from`. The cost is proportional to the number of days between.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.explain(from, to).map(|span| span.length()).sum()
    }

    /// Returns the counted periods between two instants, in order and cut to them. They explain a
    /// deadline (CLK-5).
    ///
    /// Each interval gives one period of its own, so that each period has one date. If the dealer never
    /// closes, the periods touch at midnight.
    pub fn explain(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Span> {
        let last = self.date_of(to);
        self.date_of(from)
            .iter_days()
            .take_while(move |date| *date <= last)
            .flat_map(|date| self.spans_on(date))
            .map(move |span| Span { opens: span.opens.max(from), closes: span.closes.min(to) })
            .filter(|span| span.opens < span.closes)
    }

    /// Returns when a step due at `due` may happen: at `due` or, if that is on a day off, at the next
    /// opening (ESC-5).
    ///
    /// Nights and weekdays without hours do not delay a step. A closing at 24:00 before a day off
    /// still belongs to the day before.
    ///
    /// # Errors
    /// [`NoHours`] if `due` is on a day off and no opening follows within two years (CLK-6).
    pub fn holds_day_off(&self, due: DateTime<Utc>) -> Result<DateTime<Utc>, NoHours> {
        if self.is_day_off(due) && !self.is_open_or_closing(due) { self.next_opening(due) } else { Ok(due) }
    }

    /// Returns `at` if the dealer is open then or closes at that instant, else the beginning of the last open minute before it (ESC-2).
    ///
    /// An opening of less than a minute counts from its beginning. `None` if there was no opening within two years before (CLK-6).
    pub fn last_open_before(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.is_open_or_closing(at) {
            return Some(at);
        }
        let last = self.date_of(at);
        let dates = std::iter::successors(Some(last), |date| date.pred_opt()).take_while(|date| last - *date <= LONGEST_CLOSURE);
        let closed = dates.filter_map(|date| self.spans_on(date).filter(|span| span.closes <= at).last());
        closed.map(|span| span.opens.max(span.closes - MINUTE)).next()
    }

    /// The periods of opening on a date, in order and disjoint: the intervals are, and
    /// [`instant`](Self::instant) keeps the order of times of day.
    fn spans_on(&self, date: NaiveDate) -> impl Iterator<Item = Span> {
        self.openings_on(date).map(|(_, span)| span)
    }

    /// Returns the number of dates with a period of opening that `from` to `until` overlaps. Dates after the first three years do not
    /// count.
    pub fn working_days(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> u32 {
        let dates = self.date_of(from).iter_days().take(3 * 366).take_while(|date| self.begins(*date).is_some_and(|begins| begins < until));
        let open = |date: &NaiveDate| self.spans_on(*date).any(|span| span.opens < until && span.closes > from);
        u32::try_from(dates.filter(open).count()).unwrap_or(u32::MAX)
    }

    /// The periods of opening on a date, each with its interval as entered.
    pub(crate) fn openings_on(&self, date: NaiveDate) -> impl Iterator<Item = (Interval, Span)> {
        let span = move |interval: &Interval| {
            let opens = self.instant(date, interval.from)?;
            let closes = self.instant(date, interval.to)?;
            (opens < closes).then_some((*interval, Span { opens, closes }))
        };
        self.hours_on(date).iter().filter_map(span)
    }

    /// The instant at which the wall clock first shows a time of day, or skips it (CLK-4). `None` beyond
    /// the range of dates.
    pub(crate) fn instant(&self, date: NaiveDate, time: TimeOfDay) -> Option<DateTime<Utc>> {
        let (date, minutes) = if time == TimeOfDay::END_OF_DAY { (date.succ_opt()?, 0) } else { (date, u32::from(time.minutes())) };
        let local = date.and_hms_opt(minutes / 60, minutes % 60, 0)?;
        if let Some(shown) = self.zone().from_local_datetime(&local).earliest() {
            return Some(shown.to_utc());
        }
        // The beginning and the end of the gap are the same instant. The beginning is used because the
        // local time at the end may be shown twice.
        let (jump, offset) = GapInfo::new(&local, &self.zone())?.begin?;
        Some(jump.checked_sub_offset(offset.fix())?.and_utc())
    }

    /// Returns the date whose hours apply at an instant.
    ///
    /// This is the date that the wall clock shows. Exception: if the clock was put back over midnight,
    /// the new date has already begun, because a date begins at the first midnight.
    pub fn date_of(&self, at: DateTime<Utc>) -> NaiveDate {
        let utc = at.naive_utc();
        let offset = self.zone().offset_from_utc_datetime(&utc).fix();
        let shown = utc.checked_add_offset(offset).unwrap_or(utc).date();
        let begins = self.instant(shown, TimeOfDay::END_OF_DAY);
        match (begins, shown.succ_opt()) {
            (Some(begins), Some(next)) if begins <= at => next,
            _ => shown,
        }
    }
}
