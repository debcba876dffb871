//! The working-hours clock on cases from the test suites of other systems (CLK-7).

use chrono::{DateTime, Datelike, TimeDelta};
use chrono_tz::Tz;
use forecourt_domain::hours::{Calendar, Interval, TimeOfDay};
use serde_json::{Value, json};

use super::{at, calendar};

#[test]
fn clk_7_every_reference_case_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/business_hours.json");
    let text = std::fs::read_to_string(path).expect("the cases can be read");
    let file: Value = serde_json::from_str(&text).expect("the cases are JSON");
    let cases = file["cases"].as_array().expect("a list of cases");
    assert_eq!(cases.len(), 129);
    let failures: Vec<String> = cases.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns the difference between a case's result and the expected one. `None` if they agree.
fn failure(case: &Value) -> Option<String> {
    let text = |field: &str| case[field].as_str().expect("a text");
    let calendar = calendar_of(case);
    let (start, expected) = (at(text("start")), at(text("expected")));
    let minutes = case["minutes"].as_f64().expect("a number");
    let working = TimeDelta::milliseconds((minutes * 60_000.0).round() as i64);
    let got = match text("op") {
        "add" => match calendar.add(start, working) {
            Ok(due) if due == expected && calendar.elapsed(start, due) == working => return None,
            got => format!("{got:?}"),
        },
        "elapsed" => match calendar.elapsed(start, expected) {
            got if got == working => return None,
            got => got.to_string(),
        },
        other => format!("an unknown op {other}"),
    };
    let (id, source, note) = (&case["id"], text("source_repo"), text("note"));
    Some(format!("case {id} of {source} ({note}): {got}"))
}

fn calendar_of(case: &Value) -> Calendar {
    let holidays = case["holidays"].as_array().into_iter().flatten();
    let day_off = |date| json!({"from": date, "name": "holiday", "kind": "public_holiday"});
    let days_off: Vec<Value> = holidays.map(day_off).collect();
    let unbroken = calendar(json!({
        "zone": case["tz"],
        "hours": case["hours_by_weekday"],
        "days_off": days_off,
        "special_hours": case.get("date_hours").unwrap_or(&json!({})),
    }));
    let (zone, hours) = (unbroken.zone(), unbroken.hours());
    let mut special_hours = unbroken.special_hours().clone();
    for span in case["breaks"].as_array().into_iter().flatten() {
        let [from, to] = [0, 1].map(|end| at(span[end].as_str().expect("a text")).with_timezone(&zone));
        let date = from.date_naive();
        let day = special_hours.entry(date).or_insert_with(|| hours.on(date.weekday()).to_vec());
        *day = without(day, time_of(from), time_of(to));
    }
    Calendar::new(zone, hours.clone(), unbroken.days_off().to_vec(), special_hours).expect("a valid calendar")
}

fn time_of(at: DateTime<Tz>) -> TimeOfDay {
    let text = at.format("%H:%M").to_string();
    text.parse().expect("a time of day")
}

/// Returns a day's hours without a break.
fn without(day: &[Interval], from: TimeOfDay, to: TimeOfDay) -> Vec<Interval> {
    let parts = day.iter().flat_map(|interval| {
        let before = Interval { to: interval.to.min(from), ..*interval };
        let after = Interval { from: interval.from.max(to), ..*interval };
        [before, after]
    });
    parts.filter(|part| part.from < part.to).collect()
}
