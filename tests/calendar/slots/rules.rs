//! The rules of slots by example (CAL-7, CAL-8).

use forecourt_domain::base::{Refusal, UserId};
use forecourt_domain::settings::{Absence, Capacity};
use forecourt_domain::slots::{Day, Days, NotFree, ReservedTime};
use serde_json::json;

use super::{OneSeller, anna, at, daily, date, minutes};

/// 3 March 2026 is a Tuesday; Berlin is an hour ahead of UTC.
fn berlin(set: serde_json::Value) -> OneSeller {
    OneSeller::new(daily("Europe/Berlin", &json!([["09:00", "12:00"], ["13:15", "15:00"]])), set, "2026-03-03T06:00:00Z")
}

fn conflict(why: NotFree) -> Result<ReservedTime, Refusal> {
    Err(Refusal::conflict("CAL-7", why.to_string()))
}

/// CAL-7: slots begin at the step within each interval of opening hours.
#[test]
fn cal_7_slots_begin_at_the_step_within_each_interval() {
    let desk = berlin(json!({}));
    assert_eq!(desk.free_on("2026-03-03"), ["09:00", "09:30", "10:00", "10:30", "11:00", "13:15", "13:45"]);
    let desk = berlin(json!({"step": 60, "default_duration": 45, "earliest": "09:20", "latest": "14:30"}));
    assert_eq!(desk.free_on("2026-03-03"), ["09:30", "10:30", "13:15"]);
}

/// CAL-7: only slots that lie entirely within the requested period are returned.
#[test]
fn cal_7_slots_lie_entirely_within_the_requested_period() {
    let desk = berlin(json!({}));
    let free = desk.free("2026-03-03T08:01:00Z", "2026-03-03T10:00:00Z");
    let starts: Vec<_> = free.iter().map(|slot| slot.from).collect();
    assert_eq!(starts, [at("2026-03-03T08:30:00Z"), at("2026-03-03T09:00:00Z")]);
    assert!(free.iter().all(|slot| slot.until - slot.from == minutes(60)));
    assert_eq!(desk.free("2026-03-03T10:00:00Z", "2026-03-03T08:00:00Z"), []);
}

/// CAL-7: a slot may span two adjacent intervals.
#[test]
fn cal_7_a_slot_may_span_two_adjacent_intervals() {
    let desk = OneSeller::new(
        daily("Europe/Berlin", &json!([["09:00", "10:10"], ["10:10", "12:00"]])),
        json!({"step": 60}),
        "2026-03-03T06:00:00Z",
    );
    assert_eq!(desk.free_on("2026-03-03"), ["09:00", "10:00", "10:15"]);
}

/// CAL-7: a slot over midnight counts for the date on which it begins.
#[test]
fn cal_7_a_slot_over_midnight_counts_for_the_date_on_which_it_begins() {
    let set = json!({"per_day": 1, "earliest": "22:30"});
    let mut desk = OneSeller::new(daily("Europe/Berlin", &json!([["00:00", "24:00"]])), set, "2026-03-03T06:00:00Z");
    assert_eq!(desk.free_on("2026-03-03"), ["22:30", "23:00", "23:30"]);
    let place = desk.book("a", at("2026-03-03T22:30:00Z"), None).expect("free");
    assert_eq!(place.customer_date(), Some(date("2026-03-03")));
    assert_eq!(desk.free_on("2026-03-03"), [""; 0]);
    assert_eq!(desk.free_on("2026-03-04"), ["22:30", "23:00", "23:30"]);
    let set = json!({"earliest": "22:30", "latest": "24:00"});
    let desk = OneSeller { capacity: super::capacity(set), ..desk };
    assert_eq!(desk.free_on("2026-03-03"), ["22:30"], "24:00 is the latest finish, and from 23:30 on somebody is there");
}

#[test]
fn cal_7_days_off_special_hours_and_absences_close_slots() {
    let calendar = json!({
        "zone": "Europe/Berlin", "hours": {"tue": [["09:00", "12:00"]], "wed": [["09:00", "12:00"]], "thu": [["09:00", "12:00"]]},
        "days_off": [{"from": "2026-03-04", "name": "Inventur", "kind": "company_holiday"}],
        "special_hours": {"2026-03-05": [["16:00", "17:00"]]},
    });
    let mut desk = OneSeller::new(serde_json::from_value(calendar).expect("valid"), json!({}), "2026-03-03T06:00:00Z");
    assert_eq!(desk.free_on("2026-03-03").len(), 5);
    assert_eq!(desk.free_on("2026-03-04"), [""; 0]);
    assert_eq!(desk.free_on("2026-03-05"), ["16:00"]);
    desk.person.absences =
        vec![Absence { from: at("2026-03-03T08:45:00Z"), until: at("2026-03-03T09:00:00Z"), deputy: None, hand_over: None }];
    assert_eq!(desk.free_on("2026-03-03"), ["10:00", "10:30", "11:00"]);
    assert_eq!(desk.book("a", at("2026-03-03T08:30:00Z"), None), conflict(NotFree::Away));
}

/// CAL-7, DIS-13: a slot lies within the person's own weekly hours, on no weekly absence, and after a busy time.
#[test]
fn dis_13_own_hours_weekly_absences_and_busy_times_close_slots() {
    let mut desk = berlin(json!({"notice": 0}));
    let all = desk.free_on("2026-03-03");
    desk.person.hours = Some(serde_json::from_value(json!({"tue": [["10:00", "11:00"], ["11:00", "12:00"]]})).expect("valid"));
    assert_eq!(desk.free_on("2026-03-03"), ["10:00", "10:30", "11:00"], "of {all:?}");
    assert_eq!(desk.free_on("2026-03-04"), [""; 0], "no own hours on a Wednesday");
    assert_eq!(desk.book("a", at("2026-03-03T08:30:00Z"), None), conflict(NotFree::Away));
    desk.busy_until = Some(at("2026-03-03T09:15:00Z"));
    assert_eq!(desk.free_on("2026-03-03"), ["10:30", "11:00"]);
    desk.person.weekly_absences = serde_json::from_value(json!([{"day": "tue"}])).expect("valid");
    assert_eq!(desk.free_on("2026-03-03"), [""; 0]);
}

/// CAL-7: slots inside the notice period or beyond the horizon are not offered.
#[test]
fn cal_7_slots_inside_the_notice_period_or_beyond_the_horizon_are_not_offered() {
    let mut desk = berlin(json!({"notice": 120, "horizon_days": 1}));
    desk.now = at("2026-03-03T07:00:00.001Z");
    assert_eq!(desk.free_on("2026-03-03")[0], "10:30", "09:00 + 120 minutes is a moment before 10:00:00.001");
    desk.now = at("2026-03-03T07:00:00Z");
    assert_eq!(desk.free_on("2026-03-03")[0], "10:00");
    assert_eq!(desk.free_on("2026-03-04").len(), 7, "all of tomorrow");
    assert_eq!(desk.free_on("2026-03-05"), [""; 0]);
    assert_eq!(desk.book("a", at("2026-03-03T08:30:00Z"), None), conflict(NotFree::TooSoon));
    assert_eq!(desk.book("a", at("2026-03-05T08:00:00Z"), None), conflict(NotFree::TooFar));
    assert_eq!(desk.book("a", at("2026-03-02T08:00:00Z"), None), conflict(NotFree::TooSoon));
    assert_eq!(desk.book("a", chrono::DateTime::<chrono::Utc>::MAX_UTC, None), conflict(NotFree::NoStart));
    assert!(desk.book("a", chrono::DateTime::<chrono::Utc>::MIN_UTC, None).is_err());
}

#[test]
fn cal_7_every_timed_event_reserves_its_slot_and_only_customers_are_refused() {
    let mut desk = berlin(json!({"per_slot": 2}));
    desk.put("call", "2026-03-03T08:10:00Z", "2026-03-03T08:20:00Z");
    let place = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("one place left");
    assert_eq!(desk.free_on("2026-03-03")[0], "09:30", "the call is over at 09:20, and so takes its quarter until 09:30");
    assert_eq!(desk.book("b", at("2026-03-03T08:00:00Z"), None), conflict(NotFree::Taken));
    for n in 0..5 {
        desk.put(&format!("staff-{n}"), "2026-03-03T08:00:00Z", "2026-03-03T08:15:00Z");
    }
    let (_, day) = &desk.table[&date("2026-03-03")];
    assert_eq!(day.occupied()[31..=36], [0, 7, 2, 1, 1, 0]);
    assert_eq!(day.occupied_by_customers()[31..=36], [0, 1, 1, 1, 1, 0]);
    assert_eq!(day.customers(), 1);
    desk.release("a", &place);
    assert_eq!(desk.table[&date("2026-03-03")].1.occupied()[31..=36], [0, 6, 1, 0, 0, 0]);
}

/// CAL-7: the number of customers of a user per day is limited.
#[test]
fn cal_7_the_number_of_customers_of_a_user_per_day_is_limited() {
    let mut desk = berlin(json!({"per_day": 2}));
    desk.put("staff", "2026-03-03T13:00:00Z", "2026-03-03T14:00:00Z");
    let first = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("free");
    desk.book("b", at("2026-03-03T09:00:00Z"), None).expect("free");
    assert_eq!(desk.book("c", at("2026-03-03T10:00:00Z"), None), conflict(NotFree::DayFull));
    assert_eq!(desk.free_on("2026-03-03"), [""; 0]);
    assert_eq!(desk.free_on("2026-03-04").len(), 7);
    // A customer who has one of the bookings may move it.
    desk.book("a", at("2026-03-03T08:00:00Z"), Some(&first)).expect("it is there");
    let moved = desk.book("a", at("2026-03-03T10:00:00Z"), Some(&first)).expect("its own booking is not in its way");
    desk.release("a", &moved);
    desk.book("c", at("2026-03-03T10:00:00Z"), None).expect("free again");
}

#[test]
fn cal_8_a_booking_can_move_to_a_slot_that_overlaps_its_old_one() {
    let mut desk = berlin(json!({}));
    let place = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("free");
    let seen = desk.read(place.dates());
    let day = (at("2026-03-03T00:00:00Z"), at("2026-03-04T00:00:00Z"));
    let offered = |moving| desk.terms().free(&seen.days, day.0, day.1, moving).first().map(|slot| slot.from);
    assert_eq!(offered(None), Some(at("2026-03-03T09:00:00Z")));
    assert_eq!(offered(Some("a")), Some(at("2026-03-03T08:00:00Z")));
    let place = desk.book("a", at("2026-03-03T08:30:00Z"), Some(&place)).expect("free but for itself");
    assert_eq!(desk.table[&date("2026-03-03")].1.occupied()[32..=39], [0, 0, 1, 1, 1, 1, 0, 0]);
    assert_eq!(desk.table[&date("2026-03-03")].1.customers(), 1);
    desk.release("a", &place);
    assert!(desk.table[&date("2026-03-03")].1.events.is_empty());
}

#[test]
fn cal_8_a_repeated_booking_changes_nothing_even_inside_the_notice_period() {
    let mut desk = berlin(json!({}));
    let place = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("free");
    desk.now = at("2026-03-03T08:30:00Z");
    let seen = desk.read(place.dates());
    let again = desk.terms().book(&seen.days, "a", at("2026-03-03T08:00:00Z"), Some(&place)).expect("it is there");
    assert_eq!((again.place, again.days), (place, vec![]));
    // A booking that is not known to be stored is checked like a new one.
    let staff = ReservedTime::new(at("2026-03-03T08:00:00Z"), at("2026-03-03T08:46:00Z")).expect("in order");
    for was in [None, Some(&staff)] {
        let again = desk.terms().book(&seen.days, "a", at("2026-03-03T08:00:00Z"), was);
        assert_eq!(again, Err(NotFree::TooSoon.into()));
    }
    assert_eq!(seen.days.put("a", Some(&place), &place), Ok(vec![]));
    desk.release("a", &place);
    assert_eq!(desk.read(place.dates()).days.release("a", &place), Ok(vec![]), "cancelled twice");
    assert_eq!(desk.book("a", at("2026-03-03T08:00:00Z"), None), conflict(NotFree::TooSoon));
}

#[test]
fn cal_7_a_booking_moved_by_staff_still_counts_as_the_customers() {
    let mut desk = berlin(json!({"per_day": 1}));
    let was = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("free");
    let moved = ReservedTime::new(at("2026-03-04T08:00:00Z"), at("2026-03-04T09:00:00Z")).expect("in order");
    let moved = moved.booked_for(desk.calendar.date_of(at("2026-03-04T08:00:00Z")));
    let seen = desk.read(was.dates().into_iter().chain(moved.dates()));
    let days = seen.days.put("a", Some(&was), &moved).expect("all read");
    assert_eq!(days.len(), 2);
    assert!(desk.commit(days, &seen));
    assert_eq!(desk.free_on("2026-03-03").len(), 7);
    assert_eq!(desk.free_on("2026-03-04"), [""; 0]);
}

#[test]
fn cal_7_an_event_over_several_days_reserves_time_on_each() {
    let mut desk = berlin(json!({}));
    let place = desk.put("fair", "2026-03-03T22:50:00Z", "2026-03-06T00:00:00Z");
    assert_eq!(place.dates().into_iter().collect::<Vec<_>>(), ["2026-03-03", "2026-03-04", "2026-03-05"].map(date));
    let taken = |desk: &OneSeller, day: &str| desk.table[&date(day)].1.occupied().iter().sum::<u32>();
    assert_eq!(["2026-03-03", "2026-03-04", "2026-03-05"].map(|day| taken(&desk, day)), [5, 96, 96]);
    assert_eq!(desk.free_on("2026-03-05"), [""; 0]);
    desk.release("fair", &place);
    assert_eq!(["2026-03-03", "2026-03-04", "2026-03-05"].map(|day| taken(&desk, day)), [0, 0, 0]);
}

/// CAL-7: a reserved time must end after its start and has a maximum length.
#[test]
fn cal_7_a_reserved_time_ends_after_its_start_and_has_a_maximum_length() {
    let from = at("2026-03-03T08:00:00Z");
    for until in [from, from - minutes(1), from + ReservedTime::LONGEST + minutes(1)] {
        assert!(matches!(ReservedTime::new(from, until), Err(Refusal::Invalid(faults)) if faults[0].rule == "CAL-7"));
    }
    assert!(ReservedTime::new(from, from + ReservedTime::LONGEST).is_ok());
    let last = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    assert!(ReservedTime::new(last - minutes(1), last).is_err());
    let nothing = berlin(json!({})).read([date("2026-03-03")]).days;
    for (from, until) in [(from, from + chrono::TimeDelta::nanoseconds(1)), (from + minutes(14), from + minutes(15))] {
        let place = ReservedTime::new(from, until).expect("in order");
        let days = nothing.put("a", None, &place).expect("all read");
        assert_eq!(days[0].occupied()[31..=33], [0, 1, 0], "a moment takes its quarter-hour");
    }
}

/// CAL-7: a day that was not loaded is never treated as empty.
#[test]
fn a_day_that_was_not_loaded_is_never_treated_as_empty() {
    let desk = berlin(json!({}));
    let from = at("2026-03-03T08:00:00Z");
    let nothing = Days::read(&anna(), [], []);
    assert_eq!(desk.terms().free(&nothing, from, from + minutes(600), None), []);
    assert_eq!(desk.terms().find_slot(&nothing, from, None), Err(NotFree::Unread));
    assert!(desk.terms().book(&nothing, "a", from, None).is_err());
    let place = ReservedTime::new(from, from + minutes(1)).expect("in order");
    assert!(nothing.put("a", None, &place).is_err() && nothing.release("a", &place).is_err());
    // The day of the old booking must be loaded too.
    let next = desk.read([date("2026-03-04")]);
    assert!(desk.terms().book(&next.days, "a", at("2026-03-04T08:00:00Z"), Some(&place)).is_err());
    assert!(desk.terms().book(&next.days, "a", at("2026-03-04T08:00:00Z"), None).is_ok());
}

/// CAL-7: a booking changes one or two days in UTC.
#[test]
fn a_booking_changes_one_or_two_utc_days() {
    let changed = |zone: &str, from: &str| {
        let desk = OneSeller::new(daily(zone, &json!([["08:00", "20:00"]])), json!({}), "2026-03-02T00:00:00Z");
        let seen = desk.read(desk.terms().dates_of(at(from)));
        let booked = desk.terms().book(&seen.days, "a", at(from), None).expect("free");
        assert_eq!(booked.days.iter().map(|day| day.date).collect::<Vec<_>>(), booked.place.dates().into_iter().collect::<Vec<_>>());
        booked.days.iter().map(|day| day.date.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(changed("Europe/Berlin", "2026-03-04T07:00:00Z"), ["2026-03-04"]);
    assert_eq!(changed("America/New_York", "2026-03-04T14:00:00Z"), ["2026-03-04"]);
    // 19:00 on 3 March in New York.
    assert_eq!(changed("America/New_York", "2026-03-04T00:00:00Z"), ["2026-03-03", "2026-03-04"]);
    assert_eq!(changed("Australia/Sydney", "2026-03-04T00:00:00Z"), ["2026-03-04"]);
    // 09:00 on 4 March in Sydney.
    assert_eq!(changed("Australia/Sydney", "2026-03-03T22:00:00Z"), ["2026-03-03", "2026-03-04"]);
}

/// CAL-7: a booking writes every day on which its decision depends, so that a concurrent change conflicts.
#[test]
fn a_booking_writes_every_day_on_which_its_decision_depends() {
    let mut desk = OneSeller::new(daily("Australia/Sydney", &json!([["08:00", "20:00"]])), json!({}), "2026-03-02T00:00:00Z");
    let was = desk.book("a", at("2026-03-03T22:00:00Z"), None).expect("free");
    let seen = desk.read(was.dates());
    let moved = desk.terms().book(&seen.days, "a", at("2026-03-03T22:30:00Z"), Some(&was)).expect("free but for itself");
    let dates: Vec<_> = moved.days.iter().map(|day| day.date).collect();
    assert_eq!(dates, ["2026-03-03", "2026-03-04"].map(date), "the 4th only counts it, as it did, and is guarded all the same");
    assert_eq!(seen.days.day(date("2026-03-04")), Some(&moved.days[1]));
}

/// CAL-7: an event reserves its time once, although the caller states no or a wrong previous time.
#[test]
fn cal_7_an_event_reserves_its_time_once_even_with_a_wrong_previous_time() {
    let mut desk = berlin(json!({}));
    let was = desk.book("a", at("2026-03-03T08:00:00Z"), None).expect("free");
    let is = ReservedTime::new(at("2026-03-04T08:00:00Z"), at("2026-03-04T09:00:00Z")).expect("in order");
    let seen = desk.read(was.dates().into_iter().chain(is.dates()));
    let days = seen.days.put("a", None, &is).expect("all read");
    assert_eq!(days.iter().map(|day| day.occupied().iter().sum()).collect::<Vec<u32>>(), [0, 4]);
    let days = seen.days.release("a", &is).expect("all read");
    assert!(days.iter().all(|day| day.events.is_empty()));
}

/// CAL-7: days of another user are never used.
#[test]
fn days_of_another_user_are_never_used() {
    let mut desk = berlin(json!({}));
    desk.put("call", "2026-03-03T08:00:00Z", "2026-03-03T09:00:00Z");
    let (_, annas) = desk.table[&date("2026-03-03")].clone();
    let bernd = UserId::parse("bernd").expect("an id");
    let days = Days::read(&bernd, [date("2026-03-03")], [annas]);
    assert_eq!(days.all().cloned().collect::<Vec<_>>(), [Day::empty(bernd, date("2026-03-03"))]);
    // The same time with another user is checked like a new booking.
    let place = desk.book("a", at("2026-03-03T09:00:00Z"), None).expect("free");
    desk.now = at("2026-03-03T09:00:00Z");
    let taken_over = desk.terms().book(&days, "a", at("2026-03-03T09:00:00Z"), Some(&place));
    assert_eq!(taken_over, Err(NotFree::TooSoon.into()));
}

/// CAL-7: a user who works at dealers in two zones cannot be booked twice for the same time.
#[test]
fn cal_7_a_user_at_two_dealers_in_two_zones_cannot_be_booked_twice_for_the_same_time() {
    let mut london = OneSeller::new(daily("Europe/London", &json!([["09:00", "17:00"]])), json!({"per_day": 2}), "2026-03-02T06:00:00Z");
    london.book("a", at("2026-03-03T10:00:00Z"), None).expect("free");
    let mut sydney = OneSeller::new(daily("Australia/Sydney", &json!([["00:00", "24:00"]])), json!({"per_day": 2}), "2026-03-02T06:00:00Z");
    sydney.table = london.table;
    let taken = sydney.book("b", at("2026-03-03T10:30:00Z"), None);
    assert_eq!(taken, conflict(NotFree::Taken));
    sydney.book("b", at("2026-03-03T11:00:00Z"), None).expect("free");
    assert_eq!(sydney.book("c", at("2026-03-03T12:00:00Z"), None), conflict(NotFree::DayFull), "both are on the 3rd where they are");
}

/// CAL-7: the number of days to load is bounded for any requested period.
#[test]
fn the_number_of_days_to_load_is_bounded_for_any_period() {
    let most = json!({"horizon_days": 92, "notice": 0, "step": 15, "default_duration": 15});
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"] {
        let desk = OneSeller::new(daily(zone, &json!([["00:00", "24:00"]])), most.clone(), "2026-03-03T11:30:00Z");
        let (first, last) = (chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC);
        let dates: Vec<_> = desk.terms().dates(first, last).collect();
        assert!((93..=95).contains(&dates.len()), "{zone}: {}", dates.len());
        let free = desk.terms().free(&desk.read(dates).days, first, last, None);
        let left = desk.terms().dates(desk.now, desk.now).count();
        assert!(left <= 2 && free.len() > 92 * 96 - 5, "{zone}: {}", free.len());
        assert_eq!(desk.terms().free(&desk.read([]).days, last, first, None), []);
    }
}

/// CAL-7: a stored day keeps its shape when it is read and written again.
#[test]
fn a_stored_day_keeps_its_shape() {
    let mut desk = OneSeller::new(daily("Australia/Sydney", &json!([["08:00", "20:00"]])), json!({}), "2026-03-02T00:00:00Z");
    let place = desk.book("a", at("2026-03-03T22:00:00Z"), None).expect("free");
    desk.put("b", "2026-03-03T22:00:00Z", "2026-03-03T22:05:00Z");
    let written = serde_json::to_value(&desk.table[&date("2026-03-03")].1).expect("it can be written");
    let expected = json!({"user": "anna", "date": "2026-03-03", "events": {
        "a": {"from": 88, "length": 4, "booked_for": "2026-03-04"}, "b": {"from": 88, "length": 1}}});
    assert_eq!(written, expected);
    assert_eq!(serde_json::from_value::<Day>(written).expect("a day"), desk.table[&date("2026-03-03")].1);
    let kept = serde_json::to_value(place).expect("it can be written");
    assert_eq!(serde_json::from_value::<ReservedTime>(kept).expect("a place"), place);
    assert_eq!(Capacity::default().duration("visit"), minutes(60));
}
