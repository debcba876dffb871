//! Slots on days when the clock is set forward or back, and in zones with unusual offsets (CAL-7, CLK-4).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{OneSeller, at, daily, date, minutes};

/// Returns a desk that is open all night with half-hour slots, three days before the date.
fn night(zone: &str, local_date: &str) -> OneSeller {
    let set = json!({"default_duration": 30, "latest": "04:00"});
    let now = date(local_date).and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(3);
    OneSeller::new(daily(zone, &json!([["00:00", "24:00"]])), set, &now.to_rfc3339())
}

/// CAL-7, CLK-4: a local time that the clock skips is not offered.
#[test]
fn cal_7_a_skipped_local_time_is_not_offered() {
    for (zone, day, skipped) in [
        ("Europe/Berlin", "2026-03-29", &["02:00", "02:30"][..]),
        ("America/New_York", "2026-03-08", &["02:00", "02:30"]),
        ("Australia/Sydney", "2026-10-04", &["02:00", "02:30"]),
        ("Africa/Casablanca", "2026-03-22", &["02:00", "02:30"]),
        ("Australia/Lord_Howe", "2026-10-04", &["02:00"]),
        // In this zone the day began at 01:00.
        ("America/Sao_Paulo", "2018-11-04", &["00:00", "00:30"]),
    ] {
        let usual = ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30"];
        let expected: Vec<_> = usual.into_iter().filter(|time| !skipped.contains(time)).collect();
        assert_eq!(night(zone, day).free_on(day), expected, "{zone}");
    }
}

/// CAL-7, CLK-4: a local time that occurs twice is offered twice.
#[test]
fn cal_7_a_repeated_local_time_is_offered_twice() {
    for (zone, day, expected) in [
        ("Europe/Berlin", "2026-10-25", &["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"][..]),
        ("America/New_York", "2026-11-01", &["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]),
        ("Australia/Sydney", "2026-04-05", &["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]),
        ("Africa/Casablanca", "2026-02-15", &["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]),
        ("Australia/Lord_Howe", "2026-04-05", &["01:00", "01:30", "01:30", "02:00"]),
    ] {
        let mut desk = night(zone, day);
        let found = desk.free_on(day);
        assert!(found.windows(expected.len()).any(|part| part == expected), "{zone}: {found:?}");
        assert_eq!(found.len(), 8 + if zone.ends_with("Howe") { 1 } else { 2 }, "{zone}");
        // Each slot is a different instant and can be booked by itself.
        let midnight = date(day).and_time(chrono::NaiveTime::MIN).and_utc();
        let (from, until) = (midnight - minutes(1440), midnight + minutes(1440));
        let free = desk.terms().free(&desk.read(desk.terms().dates(from, until)).days, from, until, None);
        assert!(free.windows(2).all(|pair| pair[0].until <= pair[1].from), "{zone}");
        desk.capacity = super::capacity(json!({"default_duration": 30, "latest": "04:00", "per_day": 10}));
        let calendar = desk.calendar.clone();
        for (n, slot) in free.iter().filter(|slot| calendar.date_of(slot.from) == date(day)).enumerate() {
            desk.book(&n.to_string(), slot.from, None).expect("free");
        }
        assert_eq!(desk.free_on(day), [""; 0]);
    }
}

/// CAL-7, CLK-4: on a day with a clock change, opening hours count in elapsed time.
#[test]
fn cal_7_opening_hours_on_a_day_with_a_clock_change_count_in_elapsed_time() {
    // Open from 01:00 to 04:00 in local time, with slots of two hours: the clock change removes or adds one slot.
    let starts = |day: &str| {
        let set = json!({"default_duration": 120, "step": 60});
        let mut desk = OneSeller::new(daily("Europe/Berlin", &json!([["01:00", "04:00"]])), set, "2026-03-20T00:00:00Z");
        desk.now = date(day).and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(3);
        desk.free_on(day)
    };
    assert_eq!(starts("2026-03-28"), ["01:00", "02:00"]);
    assert_eq!(starts("2026-03-29"), ["01:00"], "01:00 to 04:00 are two hours");
    assert_eq!(starts("2026-10-25"), ["01:00", "02:00", "02:00"], "and four in autumn");
}

/// CAL-7, CLK-4: a closing at a repeated local time is its first occurrence.
#[test]
fn cal_7_a_closing_at_a_repeated_local_time_is_its_first_occurrence() {
    let mut desk = night("Europe/Berlin", "2026-10-25");
    desk.calendar = daily("Europe/Berlin", &json!([["01:00", "02:30"]]));
    assert_eq!(desk.free_on("2026-10-25"), ["01:00", "01:30", "02:00"]);
    desk.calendar = daily("Europe/Berlin", &json!([["02:30", "04:00"]]));
    assert_eq!(desk.free_on("2026-10-25"), ["02:30", "02:30", "03:00", "03:30"]);
    desk.calendar = daily("Europe/Berlin", &json!([["00:00", "24:00"]]));
    desk.capacity = super::capacity(json!({"default_duration": 30, "earliest": "01:30", "latest": "02:30"}));
    assert_eq!(desk.free_on("2026-10-25"), ["01:30", "02:00"]);
}

/// CAL-7: in zones with unusual offsets, slots still reserve whole quarter-hours in UTC.
#[test]
fn cal_7_slots_in_zones_with_unusual_offsets_reserve_quarter_hours_in_utc() {
    for (zone, first) in [
        ("Asia/Kolkata", "2026-03-04T03:30:00Z"),
        ("Asia/Kathmandu", "2026-03-04T03:15:00Z"),
        ("Pacific/Chatham", "2026-03-03T19:15:00Z"),
        ("Australia/Lord_Howe", "2026-03-03T22:00:00Z"),
        ("America/St_Johns", "2026-03-04T12:30:00Z"),
    ] {
        let mut desk = OneSeller::new(daily(zone, &json!([["09:00", "17:00"]])), json!({"per_day": 20}), "2026-03-01T00:00:00Z");
        let free = desk.free_on("2026-03-04");
        assert_eq!((free.len(), free[0].as_str()), (15, "09:00"), "{zone}");
        let first: DateTime<Utc> = at(first);
        for hour in 0..8 {
            let place = desk.book(&hour.to_string(), first + TimeDelta::hours(hour), None).expect("free");
            assert_eq!(place.customer_date(), Some(date("2026-03-04")), "{zone}");
        }
        let occupied: u32 = desk.table.values().flat_map(|(_, day)| day.occupied()).sum();
        assert_eq!(occupied, 32, "{zone}: eight hours, and no quarter-hour twice");
        assert_eq!(desk.free_on("2026-03-04"), [""; 0]);
    }
}
