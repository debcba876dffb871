//! The slots of a user: which are offered to customers, and how they are booked (CAL-7, CAL-8).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecourt_domain::base::{Refusal, UserId};
use forecourt_domain::hours::Calendar;
use forecourt_domain::settings::{Capacity, CapacityDraft, Member};
use forecourt_domain::slots::{Day, Days, ReservedTime, Slot, Terms};
use serde_json::{Value, json};

mod capacity;
mod clocks;
mod laws;
mod model;
mod races;
mod rules;

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn anna() -> UserId {
    UserId::parse("anna").expect("an id")
}

/// Returns a calendar with the same hours every day.
fn daily(zone: &str, hours: &Value) -> Calendar {
    let hours: BTreeMap<_, _> = WEEK.map(|day| (day, hours)).into();
    serde_json::from_value(json!({"zone": zone, "hours": hours})).expect("a valid calendar")
}

fn capacity(set: Value) -> Capacity {
    let draft: CapacityDraft = serde_json::from_value(set).expect("known fields");
    assert_eq!(draft.check(), []);
    Capacity::resolve(&draft, &CapacityDraft::default())
}

/// Anna at one dealer, and her days with their versions, as a table stores them.
#[derive(Clone)]
struct OneSeller {
    calendar: Calendar,
    capacity: Capacity,
    person: Member,
    busy_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    table: BTreeMap<NaiveDate, (u64, Day)>,
}

/// The days that were read, and their versions.
struct ReadDays {
    days: Days,
    versions: BTreeMap<NaiveDate, u64>,
}

impl OneSeller {
    fn new(calendar: Calendar, set: Value, now: &str) -> Self {
        Self { calendar, capacity: capacity(set), person: Member::new(anna()), busy_until: None, now: at(now), table: BTreeMap::new() }
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            calendar: &self.calendar,
            capacity: &self.capacity,
            person: &self.person,
            busy_until: self.busy_until,
            kind: "visit",
            now: self.now,
        }
    }

    fn version(&self, date: NaiveDate) -> u64 {
        self.table.get(&date).map_or(0, |(version, _)| *version)
    }

    fn read(&self, dates: impl IntoIterator<Item = NaiveDate>) -> ReadDays {
        let versions: BTreeMap<NaiveDate, u64> = dates.into_iter().map(|date| (date, self.version(date))).collect();
        let stored = versions.keys().filter_map(|date| self.table.get(date)).map(|(_, day)| day.clone());
        ReadDays { days: Days::read(&anna(), versions.keys().copied(), stored), versions }
    }

    /// Writes all the days, or none if one has changed since it was read.
    fn commit(&mut self, days: Vec<Day>, seen: &ReadDays) -> bool {
        if days.iter().any(|day| seen.versions.get(&day.date) != Some(&self.version(day.date))) {
            return false;
        }
        for day in days {
            self.table.insert(day.date, (self.version(day.date) + 1, day));
        }
        true
    }

    fn free(&self, from: &str, until: &str) -> Vec<Slot> {
        self.terms().free(&self.read(self.terms().dates(at(from), at(until))).days, at(from), at(until), None)
    }

    /// Returns the start times of the free slots in local time.
    fn free_on(&self, local_date: &str) -> Vec<String> {
        let midnight = date(local_date).and_time(chrono::NaiveTime::MIN).and_utc();
        let (from, until) = (midnight - minutes(2880), midnight + minutes(2880));
        let free = self.terms().free(&self.read(self.terms().dates(from, until)).days, from, until, None);
        let local = free.iter().map(|slot| slot.from.with_timezone(&self.calendar.zone()));
        local.filter(|local| local.date_naive() == date(local_date)).map(|local| local.format("%H:%M").to_string()).collect()
    }

    /// Books a slot for a customer, or moves the booking.
    fn book(&mut self, event: &str, from: DateTime<Utc>, was: Option<&ReservedTime>) -> Result<ReservedTime, Refusal> {
        let seen = self.read(self.terms().dates_of(from).chain(was.into_iter().flat_map(ReservedTime::dates)));
        let booked = self.terms().book(&seen.days, event, from, was)?;
        assert!(self.commit(booked.days, &seen));
        Ok(booked.place)
    }

    /// Reserves time for an event of staff.
    fn put(&mut self, event: &str, from: &str, until: &str) -> ReservedTime {
        let place = ReservedTime::new(at(from), at(until)).expect("in order");
        let seen = self.read(place.dates());
        let days = seen.days.put(event, None, &place).expect("all read");
        assert!(self.commit(days, &seen));
        place
    }

    fn release(&mut self, event: &str, was: &ReservedTime) {
        let seen = self.read(was.dates());
        let days = seen.days.release(event, was).expect("all read");
        assert!(self.commit(days, &seen));
    }
}
