//! Sixty-four customers at once, with commits that check the versions they read, as the store's commits do (CAL-7, CAL-8).

use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::slots::ReservedTime;
use proptest::{collection, prelude::*};
use serde_json::json;

use super::{OneSeller, ReadDays, at, daily, minutes};

/// A customer who wants a slot.
struct Customer {
    id: String,
    wanted: DateTime<Utc>,
    /// The state that the next decision uses, if it was read.
    seen: Option<ReadDays>,
    /// The number of decisions so far.
    tries: usize,
    /// The result: the reserved time, or the number of free slots that were shown instead.
    end: Option<Result<ReservedTime, usize>>,
}

/// Runs the customers' steps in the order of `turns`, then in turn until all are done. A step is a read, or a decision with its commit. If
/// the commit finds a changed version, the customer reads again.
fn race(desk: &mut OneSeller, wanted: impl Iterator<Item = DateTime<Utc>>, turns: &[usize]) -> Vec<Customer> {
    let mut all: Vec<Customer> =
        wanted.enumerate().map(|(n, wanted)| Customer { id: format!("customer-{n}"), wanted, seen: None, tries: 0, end: None }).collect();
    let count = all.len();
    let until_done = (0..count).cycle().take(count * count * 2 + count);
    for turn in turns.iter().map(|turn| turn % count).chain(until_done) {
        let customer = &mut all[turn];
        if customer.end.is_some() {
            continue;
        }
        let Some(seen) = customer.seen.take() else {
            customer.seen =
                Some(desk.read(desk.terms().dates(customer.wanted - TimeDelta::hours(24), customer.wanted + TimeDelta::hours(24))));
            continue;
        };
        customer.tries += 1;
        match desk.terms().book(&seen.days, &customer.id, customer.wanted, None) {
            Ok(booked) => {
                let place = booked.place;
                customer.end = desk.commit(booked.days, &seen).then_some(Ok(place));
            }
            Err(_) => {
                let around = (customer.wanted - TimeDelta::hours(24), customer.wanted + TimeDelta::hours(24));
                customer.end = Some(Err(desk.terms().free(&seen.days, around.0, around.1, None).len()));
            }
        }
    }
    all
}

fn places(all: &[Customer]) -> Vec<ReservedTime> {
    assert!(all.iter().all(|customer| customer.end.is_some()), "everybody is answered");
    let places: Vec<ReservedTime> = all.iter().filter_map(|customer| customer.end.as_ref()?.as_ref().ok().copied()).collect();
    assert!(all.iter().all(|customer| customer.tries <= places.len() + 1), "who tries again has lost to somebody who has a place");
    places
}

/// Any order of steps, from interleaved to sequential.
fn turns() -> impl Strategy<Value = Vec<usize>> {
    collection::vec(0..64usize, 0..600)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(40))]

    /// CAL-8: of 64 customers who want one slot, exactly as many as there are places get one.
    #[test]
    fn cal_8_64_customers_for_one_slot_get_exactly_its_places(turns in turns(), per_slot in 1..5u32) {
        let set = json!({"per_slot": per_slot, "per_day": 20});
        let mut desk = OneSeller::new(daily("Europe/Berlin", &json!([["09:00", "17:00"]])), set, "2026-03-03T06:00:00Z");
        let wanted = at("2026-03-04T09:00:00Z");
        let all = race(&mut desk, (0..64).map(|_| wanted), &turns);
        prop_assert_eq!(places(&all).len(), per_slot as usize);
        // A customer who gets no place is shown the remaining free slots of that day and of the neighbouring days within 24 hours.
        prop_assert!(all.iter().all(|customer| matches!(customer.end, Some(Ok(_) | Err(1..)))));
    }

    /// CAL-7: concurrent bookings never exceed the places of a slot.
    #[test]
    fn cal_7_64_concurrent_bookings_never_exceed_the_places_of_a_slot(turns in turns(), per_slot in 1..3u32, quarters in collection::vec(0..28i64, 64)) {
        let set = json!({"per_slot": per_slot, "per_day": 200, "step": 15});
        let mut desk = OneSeller::new(daily("Europe/Berlin", &json!([["09:00", "17:00"]])), set, "2026-03-03T06:00:00Z");
        let all = race(&mut desk, quarters.iter().map(|n| at("2026-03-04T08:00:00Z") + minutes(n * 15)), &turns);
        let occupied: Vec<u32> = desk.table.values().flat_map(|(_, day)| day.occupied()).collect();
        prop_assert!(occupied.iter().all(|n| *n <= per_slot));
        prop_assert_eq!(occupied.iter().sum::<u32>() as usize, places(&all).len() * 4);
    }

    /// CAL-7: the local date spans two UTC days, and one item guards the daily limit of both.
    #[test]
    fn cal_7_64_concurrent_bookings_never_exceed_the_daily_limit(turns in turns(), per_day in 1..9u32, zone in 0..3usize) {
        let (zone, first) = [
            ("America/New_York", "2026-03-04T20:00:00Z"),
            ("Australia/Sydney", "2026-03-03T20:00:00Z"),
            ("Europe/Berlin", "2026-03-04T08:00:00Z"),
        ][zone];
        let set = json!({"per_slot": 50, "per_day": per_day});
        let mut desk = OneSeller::new(daily(zone, &json!([["00:00", "24:00"]])), set, "2026-03-03T06:00:00Z");
        let all = race(&mut desk, (0..64).map(|n| at(first) + minutes(n % 16 * 30)), &turns);
        prop_assert_eq!(places(&all).len(), per_day as usize);
    }

    /// CAL-7: staff book in between and are never refused, and customers do not get the time that staff occupy.
    #[test]
    fn cal_7_staff_events_are_never_refused_and_take_slots_from_customers(turns in turns(), staff in 0..600usize) {
        let mut desk = OneSeller::new(daily("Europe/Berlin", &json!([["09:00", "17:00"]])), json!({}), "2026-03-03T06:00:00Z");
        let wanted = at("2026-03-04T09:00:00Z");
        let before = race_some(&mut desk, wanted, &turns[..staff.min(turns.len())]);
        desk.put("staff", "2026-03-04T09:30:00Z", "2026-03-04T09:45:00Z");
        let after = race(&mut desk, (0..64).map(|_| wanted), &turns);
        prop_assert!(places(&after).is_empty());
        prop_assert!(before <= 1);
    }
}

/// Runs only the given steps and returns the number of customers who have a place by then.
fn race_some(desk: &mut OneSeller, wanted: DateTime<Utc>, turns: &[usize]) -> usize {
    let mut booked = 0;
    let mut seen: Vec<Option<ReadDays>> = (0..64).map(|_| None).collect();
    for turn in turns {
        match seen[*turn].take() {
            None => seen[*turn] = Some(desk.read(desk.terms().dates_of(wanted))),
            Some(read) => {
                if let Ok(done) = desk.terms().book(&read.days, &format!("early-{turn}"), wanted, None) {
                    booked += usize::from(!done.days.is_empty() && desk.commit(done.days, &read));
                }
            }
        }
    }
    booked
}
