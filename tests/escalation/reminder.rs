//! The time of the reminder: in the last open minute if its own time is in a break, a night or a day off (ESC-2).

use crate::support::world::at;
use forecourt_domain::base::StepKind;
use forecourt_domain::hours::Calendar;
use forecourt_domain::lead::{Plan, Step};
use forecourt_domain::settings::Escalation;
use serde_json::{Value, json};

fn calendar(day: &Value, days_off: &Value) -> Calendar {
    let hours = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    serde_json::from_value(json!({"zone": "Europe/Berlin", "hours": hours, "days_off": days_off})).unwrap()
}

fn two_shifts() -> Calendar {
    let days_off = json!([{"from": "2026-12-25", "to": "2026-12-30", "name": "x", "kind": "company_holiday"}]);
    calendar(&json!([["08:00", "12:30"], ["13:30", "18:00"]]), &days_off)
}

/// Returns the reminder of an enquiry that arrives at `start`.
fn reminder(calendar: &Calendar, start: &str, level_1: u32, reminder: u32) -> Option<Step> {
    let escalation = Escalation { level_1, reminder, ..Escalation::default() };
    let plan = Plan::new(escalation, calendar, at(start).into()).unwrap().unwrap();
    plan.step(StepKind::Reminder).copied()
}

#[test]
fn esc_2_a_reminder_outside_opening_hours_is_planned_in_the_last_open_minute_before() {
    for (about, start, level_1, minutes, due, planned) in [
        ("in the break", "2026-11-23T10:45:00+01:00", 120, 30, "2026-11-23T13:15:00+01:00", "2026-11-23T12:29:00+01:00"),
        ("at the closing instant", "2026-11-23T11:00:00+01:00", 120, 90, "2026-11-23T12:30:00+01:00", "2026-11-23T12:30:00+01:00"),
        ("at the opening", "2026-11-23T11:00:00+01:00", 120, 30, "2026-11-23T13:30:00+01:00", "2026-11-23T13:30:00+01:00"),
        ("in the night", "2026-11-23T17:30:00+01:00", 60, 60, "2026-11-24T07:30:00+01:00", "2026-11-23T17:59:00+01:00"),
        ("on a day off", "2026-12-24T17:00:00+01:00", 120, 1440, "2026-12-30T09:00:00+01:00", "2026-12-24T17:59:00+01:00"),
    ] {
        let step = reminder(&two_shifts(), start, level_1, minutes).unwrap_or_else(|| panic!("{about}: none"));
        assert_eq!((step.due, step.at), (at(due), at(planned)), "{about}");
    }
}

#[test]
fn esc_2_a_reminder_whose_last_open_minute_is_before_the_arrival_is_skipped() {
    // The last open minute of Monday begins at 17:59:00.
    assert_eq!(reminder(&two_shifts(), "2026-11-23T17:59:30+01:00", 30, 60), None);
    assert!(reminder(&two_shifts(), "2026-11-23T17:59:00+01:00", 30, 60).is_some());
    assert_eq!(reminder(&two_shifts(), "2026-11-23T22:00:00+01:00", 30, 60), None, "it arrives in the night");
}

/// ESC-2, CLK-4: on 25 October 2026 the clocks show 02:00 to 03:00 twice, on 29 March not at all.
#[test]
fn esc_2_the_last_open_minute_is_right_when_the_clocks_change() {
    let nights = calendar(&json!([["00:00", "02:30"], ["12:00", "20:00"]]), &json!([]));
    let back = Plan::until(at("2026-10-25T12:30:00+01:00"), Escalation::default(), &nights, at("2026-10-24T18:00:00Z")).unwrap();
    assert_eq!(back.step(StepKind::Reminder).unwrap().at, at("2026-10-25T11:00:00Z"), "12:00, when the dealer opens");
    let hour = Escalation { reminder: 60, ..Escalation::default() };
    let back = Plan::until(at("2026-10-25T12:30:00+01:00"), hour, &nights, at("2026-10-24T18:00:00Z")).unwrap();
    assert_eq!(back.step(StepKind::Reminder).unwrap().at, at("2026-10-25T02:29:00+02:00"), "before the first 02:30");
    let ahead = Plan::until(at("2026-03-29T12:30:00+02:00"), hour, &nights, at("2026-03-28T18:00:00Z")).unwrap();
    assert_eq!(ahead.step(StepKind::Reminder).unwrap().at, at("2026-03-29T00:59:00Z"), "before the jump");
}

/// ESC-2, CLK-6: a dealer without opening hours in two years reminds at the time itself.
#[test]
fn esc_2_without_any_opening_before_the_reminder_is_not_moved() {
    let closed = calendar(&json!([]), &json!([]));
    let plan = Plan::until(at("2026-11-25T12:00:00Z"), Escalation::default(), &closed, at("2026-11-23T12:00:00Z")).unwrap();
    assert_eq!(plan.step(StepKind::Reminder).unwrap().at, at("2026-11-25T11:30:00Z"));
}
