//! The time of reminders: never at night, and correct on days when clocks change (APT-3).

use crate::support::world::at;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forecourt_domain::hours::Calendar;
use forecourt_domain::settings::AppointmentSettings;
use proptest::prelude::*;
use serde_json::json;

fn calendar(zone: &str) -> Calendar {
    serde_json::from_value(json!({"zone": zone, "hours": {}})).unwrap()
}

fn settings(hours: u32, until: &str, from: &str) -> AppointmentSettings {
    serde_json::from_value(json!({"reminder_hours": hours, "quiet_until": until, "quiet_from": from})).unwrap()
}

fn due(zone: &str, hours: u32, appointment: &str, now: &str) -> Option<DateTime<Utc>> {
    settings(hours, "08:00", "20:00").reminder_at(at(appointment), &calendar(zone), at(now))
}

/// APT-3: a reminder one day ahead keeps the local time across a clock change.
#[test]
fn apt_3_a_reminder_one_day_ahead_keeps_the_local_time_across_a_clock_change() {
    for (zone, appointment, reminder) in [
        // In Berlin clocks go forward on Sunday, 28 March, and back on 25 October. A reminder 24 hours ahead keeps the local time.
        ("Europe/Berlin", "2027-03-28T10:00:00+02:00", "2027-03-27T10:00:00+01:00"),
        ("Europe/Berlin", "2026-10-25T10:00:00+01:00", "2026-10-24T10:00:00+02:00"),
        ("America/New_York", "2027-03-14T10:00:00-04:00", "2027-03-13T10:00:00-05:00"),
        ("America/New_York", "2026-11-01T10:00:00-05:00", "2026-10-31T10:00:00-04:00"),
        ("Europe/Berlin", "2026-11-25T10:00:00+01:00", "2026-11-24T10:00:00+01:00"),
    ] {
        assert_eq!(due(zone, 24, appointment, "2026-10-01T00:00:00Z"), Some(at(reminder)), "{zone} {appointment}");
        assert_eq!(due(zone, 24, appointment, reminder), None, "at that moment it is too late to be planned");
    }
    // Durations that are not whole days are elapsed hours: the night of the change is one hour shorter.
    assert_eq!(due("Europe/Berlin", 12, "2027-03-28T20:30:00+02:00", "2027-01-01T00:00:00Z"), Some(at("2027-03-28T08:30:00+02:00")));
    assert_eq!(due("Europe/Berlin", 36, "2027-03-28T21:30:00+02:00", "2027-01-01T00:00:00Z"), Some(at("2027-03-27T08:30:00+01:00")));
}

/// APT-3: a reminder that would be at night moves to the morning, or to the evening before.
#[test]
fn apt_3_a_reminder_due_at_night_moves_to_the_morning_or_the_evening_before() {
    let berlin = |hours, appointment: &str| due("Europe/Berlin", hours, appointment, "2026-11-01T00:00:00Z");
    assert_eq!(berlin(24, "2026-11-25T22:00:00+01:00"), Some(at("2026-11-25T08:00:00+01:00")));
    assert_eq!(berlin(24, "2026-11-25T06:00:00+01:00"), Some(at("2026-11-24T08:00:00+01:00")));
    // A reminder that would be at night moves to the evening before if the morning is after the appointment or less than an hour before it.
    assert_eq!(berlin(6, "2026-11-25T07:30:00+01:00"), Some(at("2026-11-24T19:59:00+01:00")));
    assert_eq!(berlin(6, "2026-11-25T08:01:00+01:00"), Some(at("2026-11-24T19:59:00+01:00")));
    assert_eq!(berlin(6, "2026-11-25T09:00:00+01:00"), Some(at("2026-11-25T08:00:00+01:00")));
    assert_eq!(berlin(1, "2026-11-25T22:00:00+01:00"), Some(at("2026-11-25T19:59:00+01:00")));
    assert_eq!(berlin(1, "2026-11-25T08:45:00+01:00"), Some(at("2026-11-24T19:59:00+01:00")));
    assert_eq!(berlin(1, "2026-11-25T09:30:00+01:00"), Some(at("2026-11-25T08:30:00+01:00")));
    assert_eq!(berlin(0, "2026-11-25T10:00:00+01:00"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// APT-3: a reminder is never at night, never after the appointment, and close to its configured time.
    #[test]
    fn apt_3_a_reminder_is_by_day_before_the_appointment_and_near_its_configured_time(
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC"]),
        minute in 0..3 * 365 * 24 * 60i64,
        hours in 1..=336u32,
        early in 0..30 * 24 * 60i64,
        until in 0..12u16, from in 14..=24u16,
    ) {
        let appointment = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let now = appointment - TimeDelta::minutes(early);
        let (until, from) = (format!("{until:02}:00"), format!("{from:02}:00"));
        let planned = settings(hours, &until, &from).reminder_at(appointment, &calendar(zone), now);
        let wanted = appointment - TimeDelta::hours(hours.into());
        if let Some(due) = planned {
            prop_assert!(now < due && due < appointment);
            // Up to one hour for clock changes, and a night for the evening before or the morning after.
            prop_assert!((due - wanted).abs() <= TimeDelta::hours(25), "{wanted} {due}");
            let local = due.with_timezone(&zone.parse::<Tz>().unwrap()).time();
            let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
            prop_assert!(local >= time(&until).unwrap(), "{local}");
            prop_assert!(time(&from).is_none_or(|from| local < from), "{local}");
        } else {
            // No reminder is planned only if its time is past, or if a night lies between now and then.
            prop_assert!(wanted - TimeDelta::hours(25) <= now, "{wanted} {now}");
        }
    }
}
