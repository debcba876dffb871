//! The free times of a person for staff who make an appointment (APT-8).

use crate::base::UserId;
use crate::settings::{Capacity, Dealer, Member};
use crate::slots::{Day, Diary, LoadDay, Slot, Terms};
use chrono::{DateTime, Days as Count, NaiveDate, TimeDelta, Utc};

/// The longest slot: one that begins before midnight ends within these hours.
const LONGEST: TimeDelta = TimeDelta::hours(8);

/// The free times of a person at a dealer. They are the slots of invitations (CAL-7) without the limits for customers: the notice time, the
/// horizon, and the number of bookings in a day.
pub struct StaffTimes<'a> {
    dealer: &'a Dealer,
    person: &'a Member,
    capacity: Capacity,
    kind: &'a str,
    now: DateTime<Utc>,
}

impl<'a> StaffTimes<'a> {
    /// Returns the times of `user` for an event of the type `kind`. `None` if the user is no member of the dealer.
    pub fn of(dealer: &'a Dealer, user: &UserId, kind: &'a str, now: DateTime<Utc>) -> Option<Self> {
        Some(Self { dealer, person: dealer.settings.member(user)?, capacity: dealer.capacity().for_staff(), kind, now })
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            calendar: &self.dealer.settings.calendar,
            capacity: &self.capacity,
            person: self.person,
            busy_until: self.dealer.busy_until(&self.person.user, self.now),
            kind: self.kind,
            now: self.now,
        }
    }

    /// Returns the free times that begin on one of the successive `dates`, in order. `load` returns the stored days: at most two more than
    /// `dates` are read.
    pub fn free(&self, load: LoadDay<'_>, dates: &[NaiveDate]) -> Vec<(NaiveDate, Slot)> {
        let calendar = &self.dealer.settings.calendar;
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Vec::new() };
        let after = last.checked_add_days(Count::new(1)).and_then(|after| calendar.begins(after));
        let (Some(from), Some(until)) = (calendar.begins(*first), after.map(|after| after + LONGEST)) else { return Vec::new() };
        let terms = self.terms();
        let days = Diary::new(load).days(&self.person.user, terms.dates(from, until));
        let free = terms.free(&days, from, until, None).into_iter().map(|slot| (calendar.date_of(slot.from), slot));
        free.filter(|(date, _)| dates.contains(date)).collect()
    }

    /// Returns why the person has no free time on a date: `taken`, `absent`, `own_hours`, or `closed` if no time of the dealer is long
    /// enough.
    pub fn why_none(&self, date: NaiveDate) -> &'static str {
        let without = |person: &Member| {
            let times = StaffTimes { dealer: self.dealer, person, capacity: self.capacity.clone(), kind: self.kind, now: self.now };
            let empty = |user: &UserId, date| Some(Day::empty(user.clone(), date));
            !times.free(&empty, &[date]).is_empty()
        };
        let present = Member { absences: Vec::new(), weekly_absences: Vec::new(), ..self.person.clone() };
        match () {
            () if without(self.person) => "taken",
            () if self.dealer.busy_until(&self.person.user, self.now).is_some() || without(&present) => "absent",
            () if self.person.hours.is_some() => "own_hours",
            () => "closed",
        }
    }
}
