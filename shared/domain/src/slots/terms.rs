//! The slots that a customer can book with a person, and the booking (CAL-7, CAL-8).

use crate::base::Refusal;
use crate::hours::Calendar;
use crate::settings::{Capacity, Member};
use crate::slots::{Day, Days, ReservedTime};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};

/// A time with a person: from `from` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
}

/// The reason why a customer cannot book a slot (CAL-7). If there are several reasons, the first in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFree {
    /// No slot begins at this time: it is between two steps, before the earliest start, or outside opening hours.
    #[error("no slot begins at this time")]
    NoStart,
    /// It begins within the notice time.
    #[error("this slot begins too soon to be booked")]
    TooSoon,
    /// Its date is after the last date that may be booked.
    #[error("this slot is too far ahead to be booked yet")]
    TooFar,
    /// It ends after closing or after the latest finish.
    #[error("this slot does not end within the opening hours")]
    Closed,
    /// The person is absent during a part of it.
    #[error("the person is absent in this slot")]
    Away,
    /// The person has the maximum number of bookings on that date.
    #[error("this day is fully booked")]
    DayFull,
    /// A part of it is occupied.
    #[error("this slot is taken")]
    Taken,
    /// The days of the slot were not read.
    #[error("the schedule for this slot was not loaded; retry")]
    Unread,
}

impl From<NotFree> for Refusal {
    fn from(why: NotFree) -> Self {
        Self::conflict("CAL-7", why.to_string())
    }
}

/// The conditions, apart from the person's days, that determine which slots a customer can book for an event with a person at a dealer.
///
/// A slot begins at a step of an opening interval, by the wall clock. The steps begin at the opening or the earliest start, whichever is
/// later, rounded up to a quarter-hour, so that they are quarter-hours in UTC too. A time that the clock skips is not offered. A time that
/// the clock shows twice is offered for both instants if the interval is open at both (CLK-4); each instant is offered once. A slot can
/// continue into an adjacent interval, also at midnight (CLK-3). It counts for the date on which it begins.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The dealer's opening hours, days off and zone.
    pub calendar: &'a Calendar,
    /// The person's capacity.
    pub capacity: &'a Capacity,
    /// The person with absences and own hours.
    pub person: &'a Member,
    /// Until when the person is busy, if so.
    pub busy_until: Option<DateTime<Utc>>,
    /// The type of the event, which determines its duration.
    pub kind: &'a str,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// A customer's booking, to be committed with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotBooking {
    /// The slot.
    pub slot: Slot,
    /// The event's time, to be stored with it.
    pub place: ReservedTime,
    /// Every day that it changes or that its check has read, with its new state. Empty if the same slot was already booked.
    pub days: Vec<Day>,
}

impl Terms<'_> {
    /// Returns the days to be read for [`free`](Self::free) between two instants: at most those of the horizon and three more.
    pub fn dates(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let local = |at| self.calendar.date_of(at);
        let (from, today) = (from.max(self.now), local(self.now));
        let last = self.horizon().and_then(|horizon| horizon.succ_opt()).unwrap_or(today);
        let last = local(until).max(until.date_naive()).min(last);
        local(from).min(from.date_naive()).iter_days().take_while(move |date| *date <= last)
    }

    /// Returns the days to be read for [`book`](Self::book), in addition to the days of the event's old time.
    pub fn dates_of(&self, from: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let until = self.slot(from).map_or(from, |slot| slot.until - TimeDelta::nanoseconds(1));
        self.dates(from, until)
    }

    /// Returns the free slots that lie completely between two instants, in order. `moving` is the event to be moved; it does not block its
    /// own slot.
    pub fn free(&self, days: &Days, from: DateTime<Utc>, until: DateTime<Utc>, moving: Option<&str>) -> Vec<Slot> {
        let first = self.calendar.date_of(from.max(self.now));
        let last = self.horizon().map_or(first, |horizon| self.calendar.date_of(until).min(horizon));
        let mut free = Vec::new();
        for date in first.iter_days().take_while(|date| *date <= last) {
            let slots = self.starts_on(date).filter_map(|start| self.slot(start));
            let slots = slots.filter(|slot| from <= slot.from && slot.until <= until);
            free.extend(slots.filter(|slot| self.judge(days, date, slot, moving).is_ok()));
        }
        free.sort();
        free
    }

    /// Books the slot at `from` for a customer, or moves a booking there from the time `was`. It accepts exactly the slots that
    /// [`free`](Self::free) offers. If `was` is already that slot, nothing changes.
    ///
    /// # Errors
    /// 409 with the text of [`NotFree`]. [`free`](Self::free) returns the alternatives from the same days.
    pub fn book(&self, days: &Days, event: &str, from: DateTime<Utc>, was: Option<&ReservedTime>) -> Result<SlotBooking, Refusal> {
        let slot = self.slot(from).ok_or(NotFree::NoStart)?;
        let date = self.calendar.date_of(from);
        let place = ReservedTime::new(slot.from, slot.until)?.booked_for(date);
        let changed = days.put(event, was, &place);
        if was == Some(&place) && changed.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(SlotBooking { slot, place, days: Vec::new() });
        }
        self.find_slot(days, from, Some(event))?;
        Ok(SlotBooking { slot, place, days: changed? })
    }

    /// Returns the slot at `from`, if a customer can book it.
    ///
    /// # Errors
    /// [`NotFree`] with the reason.
    pub fn find_slot(&self, days: &Days, from: DateTime<Utc>, moving: Option<&str>) -> Result<Slot, NotFree> {
        let date = self.calendar.date_of(from);
        let slot = self.slot(from).filter(|slot| self.starts_on(date).any(|start| start == slot.from)).ok_or(NotFree::NoStart)?;
        self.judge(days, date, &slot, moving)?;
        Ok(slot)
    }

    /// Checks whether a slot that begins at a step of `date` is free. Both [`free`](Self::free) and [`book`](Self::book) use this check.
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
        if self.is_away(from, until) {
            return Err(NotFree::Away);
        }
        let named = days.day(date).ok_or(NotFree::Unread)?;
        if named.customers_except(moving) >= self.capacity.per_day {
            return Err(NotFree::DayFull);
        }
        let place = ReservedTime::new(from, until).map_err(|_| NotFree::NoStart)?;
        for date in place.dates() {
            let day = days.day(date).ok_or(NotFree::Unread)?;
            if place.on(date).is_some_and(|part| day.fullest_except(moving, &part) >= self.capacity.per_slot) {
                return Err(NotFree::Taken);
            }
        }
        Ok(())
    }

    /// Whether the person is away in a part of the time: absent, busy, or outside their own weekly hours.
    fn is_away(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let last = self.calendar.date_of(until - TimeDelta::nanoseconds(1));
        let mut dates = self.calendar.date_of(from).iter_days().take_while(|date| *date <= last);
        let weekly = &self.person.weekly_absences;
        self.person.absences.iter().any(|away| away.from < until && from < away.until)
            || self.busy_until.is_some_and(|busy| from < busy)
            || (!weekly.is_empty() && dates.any(|date| weekly.iter().any(|away| away.day.weekday() == date.weekday())))
            || self.person.hours.as_ref().is_some_and(|hours| !self.calendar.are_covering(hours, from, until))
    }

    /// The last local date that may be booked.
    fn horizon(&self) -> Option<NaiveDate> {
        self.calendar.date_of(self.now).checked_add_days(chrono::Days::new(self.capacity.horizon_days.into()))
    }

    /// The time that the event occupies from `from` on. `None` beyond the range of dates.
    fn slot(&self, from: DateTime<Utc>) -> Option<Slot> {
        Some(Slot { from, until: from.checked_add_signed(self.capacity.duration(self.kind))? })
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

    /// The instants at which the wall clock shows a time: none, one or two.
    fn shown(&self, date: NaiveDate, minutes: u16) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let local = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
        let shown = self.calendar.zone().from_local_datetime(&local);
        let (first, second) = (shown.earliest(), shown.latest());
        first.into_iter().chain(second.filter(|_| first != second)).map(|at| at.to_utc())
    }
}
