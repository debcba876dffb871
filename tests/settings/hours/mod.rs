//! The working-hours clock: opening hours, days off and counting in them (SET-1, SET-2, CLK, ESC-5, ESC-6).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::hours::Calendar;
use serde_json::{Value, json};

mod cases;
mod laws;
mod rules;

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Returns a calendar from its stored form.
fn calendar(stored: Value) -> Calendar {
    serde_json::from_value(stored).expect("a valid calendar")
}

/// Returns a calendar with the same hours every day.
fn daily(zone: &str, hours: &Value) -> Calendar {
    let hours: BTreeMap<_, _> = WEEK.map(|day| (day, hours)).into();
    calendar(json!({"zone": zone, "hours": hours}))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}
