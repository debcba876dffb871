//! The working-hours clock (CLK): opening times as instants, and counting in them.

use crate::hours::{Calendar, Interval, TimeOfDay};
use chrono::{DateTime, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::GapInfo;
use serde::{Deserialize, Serialize};

impl Calendar {
    /// When a date begins: at midnight, or where clocks jump over that, at the end of the jump (CLK-4). `None` beyond the range of dates.
    pub fn begins(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.instant(date, TimeOfDay::MIDNIGHT)
    }
}

/// How long a calendar may stay closed before the clock gives up (CLK-6): two years, one of
/// them a leap year.
const LONGEST_CLOSURE: TimeDelta = TimeDelta::days(731);

/// How far ahead a deadline may lie (CLK-6): a century. No dealer waits so long; it bounds the
/// walk for a huge duration.
const FARTHEST: TimeDelta = TimeDelta::days(36_525);

/// The shortest time an instant can tell apart.
const TICK: TimeDelta = TimeDelta::nanoseconds(1);

/// A stretch of opening as instants: from `opens` up to, not including, `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first instant counted.
    pub opens: DateTime<Utc>,
    /// The first instant no longer counted; always after `opens`.
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

/// The clock found too few hours: it met two years without any, or counted for a century
/// without reaching its end (CLK-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too few opening hours after {start}: none within two years, or not enough in a hundred (CLK-6)")]
pub struct NoHours {
    /// Where counting began.
    pub start: DateTime<Utc>,
}

/// The clock. Openings and closings are where the dealer's wall clock first shows them or, where
/// it skips them, the instant it jumps ahead (CLK-4). So an interval may be longer or shorter
/// than its times say, and one skipped whole is no opening; 24:00 is the next day's 00:00, with
/// nothing between (CLK-3).
impl Calendar {
    /// Whether `at` falls on a day off entered by the dealer (SET-2), in the dealer's zone.
    ///
    /// A weekday that never has hours is not a day off. A date with special hours is not, even
    /// inside a day off; one whose special hours are none is.
    pub fn is_day_off(&self, at: DateTime<Utc>) -> bool {
        self.is_off(self.date_of(at))
    }

    /// Whether the dealer is open at `at`; the closing instant is not (SET-1).
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.spans_on(self.date_of(at)).any(|span| span.contains(at))
    }

    /// Whether `at` is inside opening hours or just where they close, so that what is due at
    /// closing can still go out (ESC-6).
    pub fn is_open_or_closing(&self, at: DateTime<Utc>) -> bool {
        let just_before = at.checked_sub_signed(TICK);
        self.is_open(at) || just_before.is_some_and(|before| self.is_open(before))
    }

    /// `from` itself if the dealer is open then, else the next opening.
    ///
    /// # Errors
    /// [`NoHours`]: none within two years (CLK-6).
    pub fn next_opening(&self, from: DateTime<Utc>) -> Result<DateTime<Utc>, NoHours> {
        self.add(from, TimeDelta::zero())
    }

    /// The instant by which `working` time has passed inside opening hours since `start`
    /// (CLK-1), exact to the nanosecond.
    ///
    /// Where the time runs out at closing, that closing instant; no time at all, or less, gives
    /// [`next_opening`](Self::next_opening) (CLK-2). Days off count nothing (CLK-3).
    ///
    /// # Errors
    /// [`NoHours`]: two years pass without an opening, or a century without enough of them
    /// (CLK-6).
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
    /// Zero where `to` is not after `from`. Takes time in proportion to the days between.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.explain(from, to).map(|span| span.length()).sum()
    }

    /// The stretches counted between two instants, in order, cut to them: why a deadline is
    /// what it is (CLK-5).
    ///
    /// One for each interval that has a part, so that each can be told by its date; those of a
    /// dealer who never closes touch at midnight.
    pub fn explain(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Span> {
        let last = self.date_of(to);
        self.date_of(from)
            .iter_days()
            .take_while(move |date| *date <= last)
            .flat_map(|date| self.spans_on(date))
            .map(move |span| Span { opens: span.opens.max(from), closes: span.closes.min(to) })
            .filter(|span| span.opens < span.closes)
    }

    /// When a step due at `due` may happen: then, unless that falls on a day off, which holds
    /// it until the next opening (ESC-5).
    ///
    /// Nights and days without hours hold nothing. A day that closes at 24:00 keeps its closing
    /// instant, though the day off begins there.
    ///
    /// # Errors
    /// [`NoHours`]: `due` is on a day off with no opening for two years (CLK-6).
    pub fn holds_day_off(&self, due: DateTime<Utc>) -> Result<DateTime<Utc>, NoHours> {
        if self.is_day_off(due) && !self.is_open_or_closing(due) { self.next_opening(due) } else { Ok(due) }
    }

    /// The stretches of opening on a date, in order and disjoint: intervals are, and
    /// [`instant`](Self::instant) never puts a later time of day earlier.
    fn spans_on(&self, date: NaiveDate) -> impl Iterator<Item = Span> {
        self.openings_on(date).map(|(_, span)| span)
    }

    /// The same, each with the interval as entered that it comes from.
    pub(crate) fn openings_on(&self, date: NaiveDate) -> impl Iterator<Item = (Interval, Span)> {
        let span = move |interval: &Interval| {
            let opens = self.instant(date, interval.from)?;
            let closes = self.instant(date, interval.to)?;
            (opens < closes).then_some((*interval, Span { opens, closes }))
        };
        self.hours_on(date).iter().filter_map(span)
    }

    /// Where the wall clock first shows, or jumps over, a time of day (CLK-4); none beyond the
    /// range of dates.
    pub(crate) fn instant(&self, date: NaiveDate, time: TimeOfDay) -> Option<DateTime<Utc>> {
        let (date, minutes) = if time == TimeOfDay::END_OF_DAY { (date.succ_opt()?, 0) } else { (date, u32::from(time.minutes())) };
        let local = date.and_hms_opt(minutes / 60, minutes % 60, 0)?;
        if let Some(shown) = self.zone().from_local_datetime(&local).earliest() {
            return Some(shown.to_utc());
        }
        // The gap's end is its beginning as an instant. It is taken from there because the local
        // time at the end may itself be shown twice.
        let (jump, offset) = GapInfo::new(&local, &self.zone())?.begin?;
        Some(jump.checked_sub_offset(offset.fix())?.and_utc())
    }

    /// The date whose hours apply at an instant.
    ///
    /// That is the date the wall clock shows, unless it has been put back over midnight: hours
    /// run from the first midnight, so the new date has begun.
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
