//! Properties of slots over random calendars, clocks, settings and histories, compared with the naive model.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use forecourt_domain::hours::{Calendar, DayOff, DayOffKind, Interval, OpeningHours, TimeOfDay, Week};
use forecourt_domain::settings::{Absence, Capacity, CapacityDraft, Member};
use forecourt_domain::slots::ReservedTime;
use proptest::{collection, option, prelude::*, sample};

use super::model::{Event, Model, touches};
use super::{OneSeller, minutes};

/// Both hemispheres, changes during Ramadan, changes by half an hour, at midnight and a minute after it, unusual offsets, a skipped day,
/// and zones without changes.
const ZONES: [Tz; 19] = [
    Tz::UTC,
    Tz::Africa__Cairo,
    Tz::Africa__Casablanca,
    Tz::America__Goose_Bay,
    Tz::America__Havana,
    Tz::America__New_York,
    Tz::America__Santiago,
    Tz::America__Sao_Paulo,
    Tz::America__St_Johns,
    Tz::Antarctica__Troll,
    Tz::Asia__Gaza,
    Tz::Asia__Kathmandu,
    Tz::Asia__Kolkata,
    Tz::Australia__Lord_Howe,
    Tz::Australia__Sydney,
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::Pacific__Apia,
    Tz::Pacific__Chatham,
];

/// The number of days that the tests examine, of those that the model covers.
const LOOKED_AT: i64 = 3;

fn offset(zone: Tz, second: i64) -> i32 {
    let at = DateTime::from_timestamp(second, 0).expect("in range").naive_utc();
    zone.offset_from_utc_datetime(&at).fix().local_minus_utc()
}

/// Returns a whole minute between 2000 and 2036. Two thirds are up to two days before a change of the zone's offset, if there is one in the
/// next year.
fn instant(zone: Tz) -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800..2_082_758_400_i64, option::weighted(0.67, 0..2 * 86_400_i64)).prop_map(move |(second, before)| {
        let change = |second: &i64| offset(zone, *second) != offset(zone, second + 86_400);
        let near = before.and_then(|before| Some((second..second + 370 * 86_400).step_by(86_400).find(change)? - before));
        DateTime::from_timestamp(near.unwrap_or(second).div_euclid(60) * 60, 0).expect("in range")
    })
}

fn time() -> impl Strategy<Value = TimeOfDay> {
    let minutes = prop_oneof![2 => Just(0), 2 => Just(1440), 6 => (0..=48u16).prop_map(|n| n * 30), 1 => 0..=1440u16];
    minutes.prop_map(|minutes| TimeOfDay::from_minutes(minutes).expect("within the day"))
}

/// Returns up to four intervals, some of them adjacent. A third of the days are open all day.
fn day() -> impl Strategy<Value = Vec<Interval>> {
    let bounds = collection::btree_map(time(), prop::bool::weighted(0.8), 0..=5).prop_map(|bounds| {
        let bounds: Vec<(TimeOfDay, bool)> = bounds.into_iter().collect();
        let parts = bounds.windows(2).filter(|pair| pair[0].1);
        parts.map(|pair| Interval { from: pair[0].0, to: pair[1].0 }).collect()
    });
    prop_oneof![2 => bounds, 1 => Just(vec![Interval { from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END_OF_DAY }])]
}

fn calendar(zone: Tz, near: NaiveDate) -> impl Strategy<Value = Calendar> {
    let week = [day(), day(), day(), day(), day(), day(), day()]
        .prop_map(|[mon, tue, wed, thu, fri, sat, sun]| OpeningHours::new(Week { mon, tue, wed, thu, fri, sat, sun }).expect("in order"));
    let off = option::weighted(0.2, (0..5i64).prop_map(move |days| near + TimeDelta::days(days)));
    let special = collection::btree_map((0..5i64).prop_map(move |days| near + TimeDelta::days(days)), day(), 0..2);
    (week, off, special).prop_map(move |(week, off, special)| {
        let off = off.map(|from| DayOff { from, to: None, name: "off".to_owned(), kind: DayOffKind::CompanyHoliday });
        Calendar::new(zone, week, off.into_iter().collect(), special).expect("a valid calendar")
    })
}

fn always(zone: Tz) -> Calendar {
    super::daily(zone.name(), &serde_json::json!([["00:00", "24:00"]]))
}

fn settings() -> impl Strategy<Value = CapacityDraft> {
    let clock = (option::weighted(0.3, time()), option::weighted(0.3, time()), option::of(sample::select(&[15u32, 30, 60][..])));
    let length = option::weighted(0.8, prop_oneof![3 => 1..=8u32, 1 => 1..=32u32].prop_map(|quarters| quarters * 15));
    let counts = (option::weighted(0.7, 1..=3u32), option::weighted(0.7, 1..=4u32));
    let ahead = (option::of(0..300u32), option::of(1..=4u32));
    (clock, length, counts, ahead).prop_map(|((earliest, latest, step), default_duration, (per_slot, per_day), (notice, horizon_days))| {
        let draft =
            CapacityDraft { earliest, latest, step, default_duration, per_slot, per_day, notice, horizon_days, ..Default::default() };
        if draft.check().is_empty() { draft } else { CapacityDraft { earliest: None, latest: None, ..draft } }
    })
}

/// Returns events of staff and some of customers, as minutes from the start and a duration.
fn busy() -> impl Strategy<Value = Vec<(i64, i64, bool)>> {
    collection::vec((-60..LOOKED_AT * 1440, prop_oneof![4 => 1..120i64, 1 => 1..3000i64], prop::bool::weighted(0.3)), 0..12)
}

fn away() -> impl Strategy<Value = Option<(i64, i64)>> {
    option::weighted(0.3, (0..LOOKED_AT * 1440, 1..600i64))
}

fn scene() -> impl Strategy<Value = (Calendar, DateTime<Utc>)> {
    let zone_and_start = sample::select(&ZONES[..]).prop_flat_map(|zone| (Just(zone), instant(zone)));
    zone_and_start.prop_flat_map(|(zone, start)| (calendar(zone, start.date_naive()), Just(start)))
}

fn desk(calendar: Calendar, set: &CapacityDraft, absences: Vec<Absence>, now: DateTime<Utc>) -> OneSeller {
    let person = Member { absences, ..Member::new(super::anna()) };
    OneSeller {
        calendar,
        capacity: Capacity::resolve(set, &CapacityDraft::default()),
        person,
        busy_until: None,
        now,
        table: BTreeMap::new(),
    }
}

fn place(event: &Event) -> ReservedTime {
    let place = ReservedTime::new(event.from, event.until).expect("in order");
    event.booked_for.map_or(place, |date| place.booked_for(date))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(200))]

    /// CAL-7: the slots on offer are those of the naive model, and exactly these can be booked.
    #[test]
    fn cal_7_exactly_the_slots_on_offer_can_be_booked(
        (calendar, start) in scene(), set in settings(), busy in busy(), away in away(), now in (0..600i64, 0..60i64),
        odd in collection::vec(0..LOOKED_AT * 1440, 20),
    ) {
        let now = start + minutes(now.0) + TimeDelta::seconds(now.1);
        let away = away.map(|(from, long)| (start + minutes(from), start + minutes(from + long)));
        let absences: Vec<_> = away.into_iter().map(|(from, until)| Absence { from, until, deputy: None, hand_over: None }).collect();
        let mut desk = desk(calendar.clone(), &set, absences.clone(), now);
        let model = Model::watch(&calendar, &set, &absences, now, start - minutes(120));
        let mut events = Vec::new();
        for (n, (from, long, customer)) in busy.into_iter().enumerate() {
            let from = start + minutes(from);
            let event = Event { from, until: from + minutes(long), booked_for: customer.then(|| model.date(from)) };
            let seen = desk.read(place(&event).dates());
            let days = seen.days.put(&n.to_string(), None, &place(&event)).expect("all read");
            prop_assert!(desk.commit(days, &seen));
            events.push(event);
        }
        let end = start + TimeDelta::days(LOOKED_AT);
        let free = desk.terms().free(&desk.read(desk.terms().dates(start, end)).days, start, end, None);
        prop_assert!(free.windows(2).all(|pair| pair[0].from < pair[1].from), "in order, each instant once");
        let mut left = free.iter();
        let every_quarter = (0..LOOKED_AT * 1440).filter(|n| (start + minutes(*n)).timestamp() % 900 == 0);
        for n in every_quarter.chain(odd) {
            let from = start + minutes(n);
            let expected = model.is_offered(from) && model.has_room(from, &events.iter());
            let days = desk.read(desk.terms().dates_of(from)).days;
            let booked = desk.terms().book(&days, "new", from, None);
            prop_assert_eq!(booked.is_ok(), expected, "{} {:?}", from, booked);
            prop_assert_eq!(desk.terms().find_slot(&days, from, None).is_ok(), expected);
            let within = from + model.length() <= end;
            prop_assert_eq!(free.iter().any(|slot| slot.from == from), expected && within, "{}", from);
            if let Ok(booked) = booked {
                prop_assert_eq!(booked.slot.until, from + model.length());
                prop_assert_eq!(booked.place.customer_date(), Some(model.date(from)));
                prop_assert!(booked.days.len() <= 2);
                if within && from.timestamp() % 900 == 0 {
                    left.next();
                }
            }
        }
        prop_assert!(left.next().is_none(), "slots that are on no quarter-hour");
    }
}

/// A request for one user's time. Event ids are few, so that requests meet.
#[derive(Debug, Clone)]
enum SlotRequest {
    /// A customer books a slot, or moves the existing event to it.
    Book { event: u8, quarter: i64 },
    /// Staff create an event, or move the existing one.
    Put { event: u8, from: i64, long: i64 },
    /// The event is cancelled.
    Release { event: u8 },
}

fn requests() -> impl Strategy<Value = Vec<SlotRequest>> {
    let event = || 0..8u8;
    let put = (event(), 0..2880i64, prop_oneof![4 => 1..120i64, 1 => 1..2000i64]);
    let request = prop_oneof![
        6 => (event(), 0..192i64).prop_map(|(event, quarter)| SlotRequest::Book { event, quarter }),
        3 => put.prop_map(|(event, from, long)| SlotRequest::Put { event, from, long }),
        2 => event().prop_map(|event| SlotRequest::Release { event }),
    ];
    collection::vec(request, 1..60)
}

/// Checks that the days hold the events and, unless staff move customers, that no day holds more customers than its capacity.
fn check_days(
    desk: &OneSeller,
    events: &BTreeMap<String, Event>,
    set: &CapacityDraft,
    staff_move_customers: bool,
) -> Result<(), TestCaseError> {
    for (date, (_, day)) in &desk.table {
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc();
        let count = |quarter: usize, customers: bool| {
            let at = midnight + minutes(15 * i64::try_from(quarter).expect("small"));
            events.values().filter(|event| touches(event, at) && (!customers || event.booked_for.is_some())).count()
        };
        let expected = |customers| (0..96).map(|quarter| count(quarter, customers)).collect::<Vec<_>>();
        prop_assert_eq!(day.occupied().map(|n| n as usize).to_vec(), expected(false));
        prop_assert_eq!(day.occupied_by_customers().map(|n| n as usize).to_vec(), expected(true));
        let customers = events.values().filter(|event| event.booked_for == Some(*date)).count();
        prop_assert_eq!(day.customers() as usize, customers);
        if !staff_move_customers {
            prop_assert!(customers <= set.per_day.unwrap_or(8) as usize);
            let per_slot = set.per_slot.unwrap_or(1);
            prop_assert!(day.occupied_by_customers().iter().all(|n| *n <= per_slot));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(200))]

    /// CAL-7: for any order of requests, a customer gets a slot only if there is a place, the days agree with the list of events, a repeat
    /// has no effect, and a released event leaves nothing behind.
    #[test]
    fn cal_7_capacity_is_never_exceeded_in_any_order_of_requests(
        (zone, start) in sample::select(&ZONES[..]).prop_flat_map(|zone| (Just(zone), instant(zone))),
        set in settings(), requests in requests(), staff_move_customers in any::<bool>(),
    ) {
        let calendar = always(zone);
        let set = CapacityDraft { notice: Some(0), horizon_days: Some(4), ..set };
        let model = Model::watch(&calendar, &set, &[], start, start);
        let mut desk = desk(calendar.clone(), &set, Vec::new(), start);
        let mut events: BTreeMap<String, Event> = BTreeMap::new();
        let aligned = DateTime::from_timestamp(start.timestamp().div_euclid(900) * 900, 0).expect("in range");
        for request in requests {
            let (SlotRequest::Book { event, .. } | SlotRequest::Put { event, .. } | SlotRequest::Release { event }) = &request;
            let id = event.to_string();
            let old = events.get(&id).cloned();
            let was = old.as_ref().map(place);
            let old_dates: Vec<NaiveDate> = was.iter().flat_map(ReservedTime::dates).collect();
            match request {
                SlotRequest::Book { quarter, .. } => {
                    let from = aligned + minutes(quarter * 15);
                    let seen = desk.read(desk.terms().dates_of(from).chain(old_dates));
                    let others = events.iter().filter(|(other, _)| **other != id).map(|(_, event)| event);
                    let may = from >= start && model.is_offered(from) && model.has_room(from, &others);
                    let slot = from..from + model.length();
                    let offered = desk.terms().free(&seen.days, slot.start, slot.end, Some(&id));
                    prop_assert_eq!(offered.len(), usize::from(may));
                    let Ok(booked) = desk.terms().book(&seen.days, &id, from, was.as_ref()) else {
                        let stays = old.is_some_and(|old| old.from == from && old.booked_for.is_some() && old.until == slot.end);
                        prop_assert!(!may && !stays);
                        continue;
                    };
                    let event = Event { from, until: slot.end, booked_for: Some(model.date(from)) };
                    prop_assert!(may || old.as_ref() == Some(&event), "only an existing reservation is left unchecked");
                    prop_assert_eq!(&booked.place, &place(&event));
                    prop_assert!(desk.commit(booked.days, &seen));
                    let again = desk.terms().book(&desk.read(booked.place.dates()).days, &id, from, Some(&booked.place));
                    prop_assert_eq!(again.map(|again| again.days), Ok(vec![]));
                    events.insert(id, event);
                }
                SlotRequest::Put { from, long, .. } => {
                    let customers = old.as_ref().is_some_and(|old| old.booked_for.is_some());
                    if customers && !staff_move_customers {
                        continue;
                    }
                    let from = start + minutes(from);
                    let event = Event { from, until: from + minutes(long), booked_for: customers.then(|| model.date(from)) };
                    let seen = desk.read(old_dates.into_iter().chain(place(&event).dates()));
                    let days = seen.days.put(&id, was.as_ref(), &place(&event)).expect("staff are not refused");
                    prop_assert!(desk.commit(days, &seen));
                    prop_assert_eq!(desk.read(place(&event).dates()).days.put(&id, Some(&place(&event)), &place(&event)), Ok(vec![]));
                    events.insert(id, event);
                }
                SlotRequest::Release { .. } => {
                    let Some(was) = was else { continue };
                    let seen = desk.read(was.dates());
                    let days = seen.days.release(&id, &was).expect("all read");
                    prop_assert!(desk.commit(days, &seen));
                    prop_assert_eq!(desk.read(was.dates()).days.release(&id, &was), Ok(vec![]));
                    events.remove(&id);
                }
            }
            check_days(&desk, &events, &set, staff_move_customers)?;
        }
        for (id, event) in events {
            desk.release(&id, &place(&event));
        }
        prop_assert!(desk.table.values().all(|(_, day)| day.events.is_empty()));
    }
}
