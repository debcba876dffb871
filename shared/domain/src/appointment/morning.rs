//! The job that sends each salesperson of a dealer the list of the day's appointments (APT-7).

use crate::base::{DealerId, UserId, known_entries};
use crate::hours::Calendar;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state of the lists of a dealer. It is kept after the last list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MorningList {
    /// The dealer.
    pub dealer: DealerId,
    /// The days whose lists are still to be sent.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub days: BTreeSet<NaiveDate>,
    /// When the next list is due. `None` if no list is left to send.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Whether a sender is sending a list; `due` is then the end of its lease.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leased: bool,
    /// The salespersons whose list is settled, each with the latest day.
    #[serde(default, deserialize_with = "known_entries")]
    pub settled: BTreeMap<UserId, NaiveDate>,
}

/// A list that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftList {
    /// It was not accepted.
    Missed,
    /// It waits until its reader is on duty.
    Until(DateTime<Utc>),
}

/// How long the lists of one day may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// When lists that were not accepted are sent again.
const RETRY: TimeDelta = TimeDelta::minutes(10);

impl MorningList {
    /// Plans the list of the day of a visit at `visit`. `None` if it is planned already, or if the opening of that day has passed or does
    /// not exist: the salesperson knows the appointment from its own notices.
    pub fn planned(
        before: Option<&Self>,
        dealer: &DealerId,
        calendar: &Calendar,
        visit: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        Self::planned_on(before, dealer, calendar, calendar.date_of(visit), now)
    }

    /// Plans the list of the next open day, because visits up to now have no recorded attendance (APT-12). `None` if it is planned already,
    /// or if the dealer does not open within 60 days.
    pub fn planned_after(before: Option<&Self>, dealer: &DealerId, calendar: &Calendar, now: DateTime<Utc>) -> Option<Self> {
        Self::planned_on(before, dealer, calendar, next_open_day(calendar, now)?, now)
    }

    fn planned_on(before: Option<&Self>, dealer: &DealerId, calendar: &Calendar, day: NaiveDate, now: DateTime<Utc>) -> Option<Self> {
        let known = before.is_some_and(|before| before.days.contains(&day));
        opening(calendar, day).filter(|opening| *opening > now && !known)?;
        let new = || Self { dealer: dealer.clone(), days: BTreeSet::new(), due: None, leased: false, settled: BTreeMap::new() };
        let mut list = before.cloned().unwrap_or_else(new);
        list.days.insert(day);
        // A sender that has the lists of today keeps its lease, and plans the others afterwards.
        Some(if list.leased && list.due.is_some_and(|due| due > now) { list } else { list.replanned(calendar, now) })
    }

    /// Leases the list that is due, with its day. The day is `None` if the dealer is closed today, or opens later, by the current hours:
    /// the lists are then planned anew. `None` if none is due.
    pub fn claim(&self, calendar: &Calendar, now: DateTime<Utc>) -> Option<(Self, Option<NaiveDate>)> {
        self.due.filter(|due| *due <= now)?;
        let today = calendar.date_of(now);
        Some(match opening(calendar, today).is_some_and(|opening| opening <= now) {
            true => (Self { due: Some(now + LEASE), leased: true, ..self.clone() }, Some(today)),
            false => (self.clone().replanned(calendar, now), None),
        })
    }

    /// Whether the list of `day` for the salesperson is still to be sent.
    pub fn is_open(&self, salesperson: &UserId, day: NaiveDate) -> bool {
        self.settled.get(salesperson).is_none_or(|settled| *settled < day)
    }

    /// Returns the state after the list of `day` for `salespersons` was sent, or needs no further attempt.
    #[must_use]
    pub fn with_settled<'a>(&self, salespersons: impl IntoIterator<Item = &'a UserId>, day: NaiveDate) -> Self {
        let mut after = self.clone();
        after.settled.extend(salespersons.into_iter().map(|salesperson| (salesperson.clone(), day)));
        after
    }

    /// Returns the state with the list of the next open day, because visits have no recorded attendance (APT-12). The caller ends the
    /// attempt with [`done`](Self::done).
    #[must_use]
    pub fn with_next_day(&self, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        after.days.extend(next_open_day(calendar, now));
        after
    }

    /// Returns the state after an attempt to send the lists of `day`. The lists that are `left` are sent later on the same day.
    #[must_use]
    pub fn done(&self, day: NaiveDate, left: &[LeftList], calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        let next = left.iter().map(|left| if let LeftList::Until(at) = left { *at } else { now + RETRY });
        let again = next.min().filter(|at| calendar.date_of(*at) == day);
        after.days.retain(|planned| *planned > day || (again.is_some() && *planned == day));
        after.settled.retain(|_, settled| *settled >= day);
        let after = after.replanned(calendar, now);
        if again.is_some() { Self { due: again, ..after } } else { after }
    }

    /// Plans the next list by the current opening hours. A day that the dealer has closed since has no list.
    fn replanned(mut self, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let today = calendar.date_of(now);
        self.days.retain(|day| *day >= today && opening(calendar, *day).is_some());
        self.due = self.days.iter().filter_map(|day| opening(calendar, *day)).min().map(|due| due.max(now));
        self.leased = false;
        self
    }
}

/// Returns the first opening of a day. `None` if the dealer is closed.
fn opening(calendar: &Calendar, day: NaiveDate) -> Option<DateTime<Utc>> {
    calendar.openings_on(day).map(|(_, span)| span.opens).next()
}

/// Returns the first day after today, within 60 days, on which the dealer opens.
fn next_open_day(calendar: &Calendar, now: DateTime<Utc>) -> Option<NaiveDate> {
    calendar.date_of(now).iter_days().skip(1).take(60).find(|day| opening(calendar, *day).is_some())
}
