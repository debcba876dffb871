//! The slots that a customer may have with a person, and the booking of one (CAL-7, CAL-8).

use crate::base::Refusal;
use crate::hours::Calendar;
use crate::settings::{Absence, Capacity};
use crate::slots::{Day, Days, ReservedTime};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};

/// A time with a person: from `from` until just before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
}

/// Why a slot is not a customer's to have (CAL-7). The first reason of several, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFree {
    /// No slot begins then: between two steps, before the earliest start, or at a closed hour.
    #[error("no slot begins then (CAL-7)")]
    NoStart,
    /// Now, or within the time that is to be booked ahead.
    #[error("this slot begins too soon to be booked (CAL-7)")]
    TooSoon,
    /// On a date that is not to be booked yet.
    #[error("this slot is too far ahead to be booked yet (CAL-7)")]
    TooFar,
    /// The dealer closes, or the latest finish comes, before it ends.
    #[error("this slot does not end within the opening hours (CAL-7)")]
    Closed,
    /// The person is absent in some of it.
    #[error("nobody is there in this slot (CAL-7)")]
    Away,
    /// The person has as many customers on that date as may be.
    #[error("nothing more is free on this day (CAL-7)")]
    DayFull,
    /// Some of it is occupied.
    #[error("this slot is taken (CAL-7)")]
    Taken,
    /// Its days were not read.
    #[error("this slot was not looked at: try again (CAL-7)")]
    Unread,
}

impl From<NotFree> for Refusal {
    fn from(why: NotFree) -> Self {
        Self::Conflict(why.to_string())
    }
}

/// What decides, besides the person's days, which slots a customer may have with a person at a dealer.
///
/// A slot begins at a step of an interval of opening, by the wall clock. The steps go from its opening or the earliest start, whichever is
/// later, rounded up to a quarter-hour, so that all are quarter-hours in UTC too. A time that the clock skips is not offered. One that it
/// shows twice is offered for both instants, for as long as the interval is open (CLK-4); each instant is offered once.
/// A slot may go on where one interval touches the next, at midnight too (CLK-3), and counts for the date on which it begins.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The dealer's opening hours, days off and zone.
    pub calendar: &'a Calendar,
    /// How many the person takes, and for how long.
    pub capacity: &'a Capacity,
    /// When the person is away.
    pub absences: &'a [Absence],
    /// The present.
    pub now: DateTime<Utc>,
}

/// A customer's booking, to be committed with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The slot.
    pub slot: Slot,
    /// The event's place, to be kept with it.
    pub place: ReservedTime,
    /// Every day that it changes, or was judged by, as it shall be; none where it was booked so already.
    pub days: Vec<Day>,
}

impl Terms<'_> {
    /// The days to be read for [`free`](Self::free) between two instants: at most the horizon's and three more, whatever is asked.
    pub fn dates(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let local = |at| self.calendar.date_of(at);
        let (from, today) = (from.max(self.now), local(self.now));
        let last = self.horizon().and_then(|horizon| horizon.succ_opt()).unwrap_or(today);
        let last = local(until).max(until.date_naive()).min(last);
        local(from).min(from.date_naive()).iter_days().take_while(move |date| *date <= last)
    }

    /// The days to be read for [`book`](Self::book), besides those of the place that the event was in.
    pub fn dates_of(&self, kind: &str, from: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let until = self.slot(kind, from).map_or(from, |slot| slot.until - TimeDelta::nanoseconds(1));
        self.dates(from, until)
    }

    /// The slots for an event of type `kind` that lie wholly between two instants and are free, in order. `moving` is the event that would
    /// be moved there, and is not in its own way.
    pub fn free(&self, days: &Days, kind: &str, from: DateTime<Utc>, until: DateTime<Utc>, moving: Option<&str>) -> Vec<Slot> {
        let first = self.calendar.date_of(from.max(self.now));
        let last = self.horizon().map_or(first, |horizon| self.calendar.date_of(until).min(horizon));
        let mut free = Vec::new();
        for date in first.iter_days().take_while(|date| *date <= last) {
            let slots = self.starts_on(date).filter_map(|start| self.slot(kind, start));
            let slots = slots.filter(|slot| from <= slot.from && slot.until <= until);
            free.extend(slots.filter(|slot| self.judge(days, date, slot, moving).is_ok()));
        }
        free.sort();
        free
    }

    /// Books the slot at `from` for a customer, or moves a booking there from where it `was`: exactly where [`free`](Self::free) offers it.
    /// A booking that `was` there already stays, and changes nothing.
    ///
    /// # Errors
    /// 409, [`NotFree`] in words. What is free instead, `free` says of the same days.
    pub fn book(&self, days: &Days, event: &str, kind: &str, from: DateTime<Utc>, was: Option<&ReservedTime>) -> Result<Booked, Refusal> {
        let slot = self.slot(kind, from).ok_or(NotFree::NoStart)?;
        let date = self.calendar.date_of(from);
        let place = ReservedTime::new(slot.from, slot.until)?.booked_for(date);
        let changed = days.put(event, was, &place);
        if was == Some(&place) && changed.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(Booked { slot, place, days: Vec::new() });
        }
        self.look(days, kind, from, Some(event))?;
        Ok(Booked { slot, place, days: changed? })
    }

    /// The slot for an event of type `kind` at `from`, if a customer may have it.
    ///
    /// # Errors
    /// Why not.
    pub fn look(&self, days: &Days, kind: &str, from: DateTime<Utc>, moving: Option<&str>) -> Result<Slot, NotFree> {
        let date = self.calendar.date_of(from);
        let slot = self.slot(kind, from).filter(|slot| self.starts_on(date).any(|start| start == slot.from)).ok_or(NotFree::NoStart)?;
        self.judge(days, date, &slot, moving)?;
        Ok(slot)
    }

    /// Whether a slot that begins at a step of `date` is free: the one judgement behind all that is offered and booked.
    fn judge(&self, days: &Days, date: NaiveDate, slot: &Slot, moving: Option<&str>) -> Result<(), NotFree> {
        let Slot { from, until } = *slot;
        if from < self.now + TimeDelta::minutes(self.capacity.notice.into()) {
            return Err(NotFree::TooSoon);
        }
        if self.horizon().is_none_or(|horizon| horizon < date) {
            return Err(NotFree::TooFar);
        }
        let latest = self.capacity.latest.and_then(|latest| self.calendar.instant(date, latest));
        if latest.is_some_and(|latest| latest < until) || self.calendar.elapsed(from, until) < until - from {
            return Err(NotFree::Closed);
        }
        if self.absences.iter().any(|away| away.from < until && from < away.until) {
            return Err(NotFree::Away);
        }
        let named = days.day(date).ok_or(NotFree::Unread)?;
        if named.customers_but(moving) >= self.capacity.per_day {
            return Err(NotFree::DayFull);
        }
        let place = ReservedTime::new(from, until).map_err(|_| NotFree::NoStart)?;
        for date in place.dates() {
            let day = days.day(date).ok_or(NotFree::Unread)?;
            if place.on(date).is_some_and(|part| day.fullest_but(moving, &part) >= self.capacity.per_slot) {
                return Err(NotFree::Taken);
            }
        }
        Ok(())
    }

    /// The last local date that may be booked.
    fn horizon(&self) -> Option<NaiveDate> {
        self.calendar.date_of(self.now).checked_add_days(chrono::Days::new(self.capacity.horizon_days.into()))
    }

    /// The time that an event of type `kind` takes from `from` on; none beyond the range of dates.
    fn slot(&self, kind: &str, from: DateTime<Utc>) -> Option<Slot> {
        Some(Slot { from, until: from.checked_add_signed(self.capacity.duration(kind))? })
    }

    /// The instants of a date at which slots begin.
    fn starts_on(&self, date: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        let earliest = self.capacity.earliest.map_or(0, |earliest| earliest.minutes());
        let step = usize::try_from(self.capacity.step).unwrap_or(usize::MAX);
        self.calendar.openings_on(date).flat_map(move |(interval, span)| {
            let first = interval.from.minutes().max(earliest).next_multiple_of(15);
            let times = (first..interval.to.minutes()).step_by(step);
            // The wall clock may show a time of the interval again after it has closed.
            times.flat_map(move |minutes| self.shown(date, minutes)).filter(move |at| span.contains(*at))
        })
    }

    /// The instants at which the wall clock shows a time: one, or none, or two.
    fn shown(&self, date: NaiveDate, minutes: u16) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let local = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
        let shown = self.calendar.zone().from_local_datetime(&local);
        let (first, second) = (shown.earliest(), shown.latest());
        first.into_iter().chain(second.filter(|_| first != second)).map(|at| at.to_utc())
    }
}
