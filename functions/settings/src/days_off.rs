//! The days off of a calendar in the API: the last day is `until`, like each end of a range (API-2). Stored settings have its former name,
//! which the API also takes.

use forecourt_domain::base::Fault;
use forecourt_edge::formats::json::former;
use serde_json::{Map, Value};

/// The name of the last day in the API.
const UNTIL: &str = "until";
/// The name of the last day in stored settings.
const STORED: &str = "to";

/// Gives the days off in `calendar`, or in a part of it, the names of the API.
pub(crate) fn to_api(calendar: &mut Value) {
    for (_, day) in days(calendar) {
        if let Some(last) = day.remove(STORED) {
            day.insert(UNTIL.to_owned(), last);
        }
    }
}

/// Gives the days off in `calendar` their stored names. Returns a fault for each day that has both names.
pub(crate) fn to_stored(calendar: &mut Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (place, day) in days(calendar) {
        let Some(last) = day.remove(UNTIL) else { continue };
        if day.insert(STORED.to_owned(), last).is_some() {
            faults.push(former(format!("calendar.days_off[{place}].{STORED}"), UNTIL));
        }
    }
    faults
}

/// Returns a fault of a calendar in stored names as a fault in the names of the API.
pub(crate) fn fault(fault: Fault) -> Fault {
    let Some(day) = fault.field.strip_prefix("calendar.days_off[") else { return fault };
    let field = match day.strip_suffix(STORED).filter(|day| day.ends_with("].")) {
        Some(day) => format!("calendar.days_off[{day}{UNTIL}"),
        None => fault.field.clone(),
    };
    let detail = fault.detail.replace(&format!("known fields are from, {STORED}, "), &format!("known fields are from, {UNTIL}, "));
    Fault { field, detail, ..fault }
}

/// Returns each day off that is an object, with its place in the list.
fn days(calendar: &mut Value) -> impl Iterator<Item = (usize, &mut Map<String, Value>)> {
    let days = calendar.get_mut("days_off").and_then(Value::as_array_mut).into_iter().flatten();
    days.enumerate().filter_map(|(place, day)| Some((place, day.as_object_mut()?)))
}
