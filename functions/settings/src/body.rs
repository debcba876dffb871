//! Request bodies: every unknown field and every broken rule is reported.

use crate::{absences, days_off};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::hours::Calendar;
use forecourt_domain::reports::Bound;
use forecourt_domain::settings::{Absence, DealerSettings, Settings};
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
    let read_only = [
        &["dealer", "version"],
        &absences::FIELDS[..],
        &crate::bookings::FIELDS[..],
        &crate::view::MAILBOX_FIELDS[..],
        &["retention_preview"],
    ];
    let mut value = writable(call, &read_only.concat())?;
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

/// Checks the settings as a whole, which replace `before`.
///
/// # Errors
/// 422 with each field that is unknown, has the wrong type or breaks a rule.
pub(crate) fn settings(value: Value, before: &DealerSettings) -> Result<Settings, Refusal> {
    checked(value, before, DealerSettings::check)
}

/// Checks the settings after a change of the fields that `covers` selects. Values of other fields, which another release may have stored,
/// are not checked.
///
/// # Errors
/// As [`settings`].
pub(crate) fn changed(value: Value, before: &DealerSettings, covers: impl Fn(&str) -> bool) -> Result<Settings, Refusal> {
    checked(value, before, |settings| settings.check_change(before, covers))
}

fn checked(
    value: Value,
    before: &DealerSettings,
    check: impl FnOnce(DealerSettings) -> Result<Settings, Vec<Fault>>,
) -> Result<Settings, Refusal> {
    if value.to_string().len() > MAX_BYTES {
        return Err(Refusal::field("settings", "SET-10", format!("must be at most {MAX_BYTES} bytes as JSON")));
    }
    let mut value = value;
    let (calendar, mut faults) = read_calendar(&mut value);
    if let Some(calendar) = &calendar {
        resolve_absences(&mut value, calendar);
        keep_hand_overs(&mut value, before);
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
        // A client may send back the order that an answer shows.
        absence.get_mut("hand_over").and_then(Value::as_object_mut).map(|hand_over| hand_over.remove("order"));
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

/// Gives each stored hand-over to the absence of the same user and beginning that omits `hand_over`: a client of an earlier release does
/// not know the field. `null` removes the hand-over (DIS-12).
fn keep_hand_overs(settings: &mut Value, before: &DealerSettings) {
    for member in settings.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
        let user = member.get("user").and_then(Value::as_str);
        let Some(known) = before.members.iter().find(|known| user == Some(known.user.as_str())) else { continue };
        let Some(entered) = member.get_mut("absences").and_then(Value::as_array_mut) else { continue };
        for absence in &known.absences {
            let Some(hand_over) = &absence.hand_over else { continue };
            let place = place_of(absence, entered, &known.absences);
            let fields = place.and_then(|place| entered[place].as_object_mut()).filter(|fields| !fields.contains_key("hand_over"));
            fields.map(|fields| fields.insert("hand_over".to_owned(), serde_json::json!(hand_over)));
        }
    }
}

/// Returns the place of a stored absence among those that were entered: the one with the same beginning and end, else the first new one
/// with the same beginning.
fn place_of(absence: &Absence, entered: &[Value], known: &[Absence]) -> Option<usize> {
    let at = |entry: &Value, name: &str| entry.get(name)?.as_str()?.parse::<DateTime<Utc>>().ok();
    let is = |entry: &Value, absence: &Absence| (at(entry, "from"), at(entry, "until")) == (Some(absence.from), Some(absence.until));
    let same = entered.iter().position(|entry| is(entry, absence));
    let begins = |entry: &Value| at(entry, "from") == Some(absence.from) && !known.iter().any(|known| is(entry, known));
    same.or_else(|| entered.iter().position(begins))
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
