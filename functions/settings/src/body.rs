//! Request bodies: every unknown field and every broken rule is reported.

use crate::days_off;
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::hours::Calendar;
use forecourt_domain::reports::Bound;
use forecourt_domain::settings::{DealerSettings, Settings};
use forecourt_edge::formats::json::unknown;
use forecourt_edge::formats::shape;
use forecourt_edge::http::{Call, Problem};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Maximum size of a dealer's settings as JSON, in bytes: the limit of a stored item.
const MAX_BYTES: usize = 300_000;

/// Reads `value` into `T`.
///
/// # Errors
/// 422 with each field that is unknown or has the wrong type.
pub(crate) fn read<T: DeserializeOwned>(value: Value, rule: &'static str) -> Result<T, Refusal> {
    let (read, faults) = shape::read_known(value, |_| rule);
    read.filter(|_| faults.is_empty()).ok_or(Refusal::Invalid(faults))
}

/// Parses the body of a `PUT`, which may be what `GET` returned: without the fields that only `GET` has (SET-10).
///
/// # Errors
/// As [`Call::json_value`].
pub(crate) fn writable(call: &Call, read_only: &[&str]) -> Result<Value, Problem> {
    let mut value = call.json_value()?;
    value.as_object_mut().into_iter().for_each(|fields| fields.retain(|name, _| !read_only.contains(&name.as_str())));
    Ok(value)
}

/// Parses the body of a `PUT` of settings, which may be what `GET` returned: the settings with the dealer and the version (SET-10).
///
/// # Errors
/// As [`writable`].
pub(crate) fn writable_settings(call: &Call) -> Result<Value, Problem> {
    let mut value = writable(call, &[&["dealer", "version"], &crate::bookings::FIELDS[..]].concat())?;
    let is_view = value.as_object().is_some_and(|fields| fields.len() == 1) && value["settings"].is_object();
    Ok(if is_view { value["settings"].take() } else { value })
}

/// Checks that an object has only the fields `known`.
///
/// # Errors
/// 422 with each other field (API-1).
pub(crate) fn only(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    let others = fields.keys().filter(|name| !known.contains(&name.as_str()));
    let faults: Vec<Fault> = others.map(|name| unknown(name, known)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Checks the settings as a whole.
///
/// # Errors
/// 422 with each field that is unknown, has the wrong type or breaks a rule.
pub(crate) fn settings(value: Value) -> Result<Settings, Refusal> {
    checked(value, DealerSettings::check)
}

/// Checks the settings after a change of the fields that `covers` selects. Values of other fields, which another release may have stored,
/// are not checked.
///
/// # Errors
/// As [`settings`].
pub(crate) fn changed(value: Value, before: &DealerSettings, covers: impl Fn(&str) -> bool) -> Result<Settings, Refusal> {
    checked(value, |settings| settings.check_change(before, covers))
}

fn checked(value: Value, check: impl FnOnce(DealerSettings) -> Result<Settings, Vec<Fault>>) -> Result<Settings, Refusal> {
    if value.to_string().len() > MAX_BYTES {
        return Err(Refusal::field("settings", "SET-10", format!("must be at most {MAX_BYTES} bytes as JSON")));
    }
    let mut value = value;
    let (calendar, mut faults) = read_calendar(&mut value);
    if let Some(calendar) = &calendar {
        resolve_absences(&mut value, calendar);
    }
    let (read, more) = shape::read_known::<DealerSettings>(value, rule_of);
    faults.extend(more);
    match read.map(check) {
        Some(Ok(settings)) if faults.is_empty() => return Ok(settings),
        Some(Ok(_)) | None => {}
        Some(Err(broken)) => faults.extend(broken),
    }
    Err(Refusal::Invalid(faults))
}

fn rule_of(field: &str) -> &'static str {
    match field.strip_prefix("calendar.") {
        Some(rest) if rest.starts_with("days_off") || rest.starts_with("special_hours") => "SET-2",
        Some(_) => "SET-1",
        None => "SET-10",
    }
}

/// Replaces the dates of absences by instants: an absence lasts from the beginning of its first day to the end of its last (API-2).
fn resolve_absences(settings: &mut Value, calendar: &Calendar) {
    let members = settings.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten();
    let absences = members.filter_map(|member| member.get_mut("absences")?.as_array_mut()).flatten();
    for absence in absences {
        for name in ["from", "until"] {
            let Some(Value::String(text)) = absence.get(name) else { continue };
            let Ok(date @ Bound::Date(_)) = text.parse::<Bound>() else { continue };
            let at = if name == "from" { date.begins(calendar) } else { date.ends(calendar) };
            if let Some(at) = at {
                absence[name] = serde_json::json!(at);
            }
        }
    }
}

/// Returns the calendar, and every field of the hours and days off that is unknown or has the wrong type. If there are any, replaces the
/// calendar by one that is always open, so that the other settings are checked too.
fn read_calendar(settings: &mut Value) -> (Option<Calendar>, Vec<Fault>) {
    let Some(calendar) = settings.get_mut("calendar") else { return (None, Vec::new()) };
    let is_object = calendar.is_object();
    let within = |field: &str| if is_object { format!("calendar.{field}") } else { "calendar".to_owned() };
    let mut faults = days_off::to_stored(calendar);
    let (read, more) = shape::read_known::<Calendar>(calendar.clone(), |field| rule_of(&within(field)));
    let named = |fault: Fault| days_off::fault(Fault { field: within(&fault.field), ..shape::of_date(fault) });
    faults.extend(more.into_iter().map(named));
    // The faults of a calendar that is replaced below are found here, those of others with the rest of the settings.
    if let (Some(calendar), false) = (&read, faults.is_empty()) {
        faults.extend(calendar.faults().into_iter().map(|fault| Fault { field: within(&fault.field), ..fault }));
    }
    if !faults.is_empty() {
        let always = [["00:00", "24:00"]];
        *calendar = serde_json::json!({"zone": "UTC", "hours": {"mon": always}});
    }
    (read, faults)
}
