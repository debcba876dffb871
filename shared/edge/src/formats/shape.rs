//! The shape of JSON: reads a value into a type, and describes in plain words each field that is unknown, missing or of the wrong type.

use super::known::{Known, UnknownField};
use forecourt_domain::base::Fault;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::{Category, Error};
use std::cell::RefCell;

/// Reads `value` into `T`, and returns the unknown fields beside it.
///
/// # Errors
/// The fault of the field that is missing or has the wrong type, against the rule that `rule` returns for it.
pub fn read<T: DeserializeOwned>(value: Value, rule: impl Fn(&str) -> &'static str) -> Result<(T, Vec<UnknownField>), Fault> {
    let (read, unknown) = deserialize(value, rule);
    read.map(|read| (read, unknown))
}

/// Reads `value` into `T` as [`read`] does, and returns every fault. An unknown field is one too, beside the value (API-1).
pub fn read_known<T: DeserializeOwned>(value: Value, rule: impl Fn(&str) -> &'static str) -> (Option<T>, Vec<Fault>) {
    let (read, unknown) = deserialize(value, rule);
    let mut faults: Vec<Fault> = unknown.into_iter().map(UnknownField::fault).collect();
    let read = read.map_err(|fault| faults.push(fault)).ok();
    (read, faults)
}

fn deserialize<T: DeserializeOwned>(value: Value, rule: impl Fn(&str) -> &'static str) -> (Result<T, Fault>, Vec<UnknownField>) {
    let unknown = RefCell::default();
    let read = serde_path_to_error::deserialize(Known::new(value, &unknown)).map_err(|e| fault(e, rule));
    (read, unknown.into_inner())
}

fn fault(error: serde_path_to_error::Error<Error>, rule: impl Fn(&str) -> &'static str) -> Fault {
    let path = error.path().to_string();
    let message = error.into_inner().to_string();
    let field = field_of(&path, &message);
    Fault::new(field.clone(), rule(&field), detail(&message))
}

/// Describes why a body is not JSON, with the place: the parser's own words are for programmers.
pub(super) fn not_json(error: &Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let message = error.to_string();
    match error.classify() {
        Category::Eof => format!("the body is not JSON: it ends too early, at {place}"),
        Category::Syntax if message.starts_with("recursion limit") => format!("the body is nested too deeply, at {place}"),
        Category::Syntax | Category::Io => format!("the body is not JSON: the error is at {place}"),
        Category::Data => {
            let words = message.rsplit_once(" at line ").map_or(&*message, |(words, _)| words);
            format!("the body is not the expected JSON: {}, at {place}", detail(words))
        }
    }
}

/// Returns the field at fault: where the parser stopped, or the missing field in that place.
fn field_of(path: &str, message: &str) -> String {
    let at = Some(path).filter(|path| *path != ".");
    match (at, missing(message)) {
        (None, None) => "body".into(),
        (Some(at), None) => at.into(),
        (None, Some(missing)) => missing.into(),
        (Some(at), Some(missing)) => format!("{at}.{missing}"),
    }
}

/// Returns the name of the field that the parser misses.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// Messages of the parsers of dates, times and time zones.
const DATES: [&str; 6] = [
    "input is out of range",
    "no possible date",
    "input is not enough",
    "input contains invalid",
    "premature end of input",
    "trailing input",
];
const TIME: &str = "a time with a UTC offset such as 2026-12-24T12:30:00+01:00";
const DATE: &str = "a date such as 2026-12-24";
const ZONE: &str = "a time zone such as Europe/Berlin";

/// Returns a fault of a field that takes a date and no time. The parsers describe a text that is neither in the same words.
pub fn of_date(fault: Fault) -> Fault {
    if fault.detail == time_or_date() { Fault { detail: format!("must be {DATE}"), ..fault } } else { fault }
}

fn time_or_date() -> String {
    format!("must be {TIME}, or {DATE}")
}

/// Returns the requirement that the field breaks. Messages of the domain's own types stay as they are.
fn detail(message: &str) -> String {
    if missing(message).is_some() {
        return "is required".into();
    }
    if DATES.iter().any(|words| message.starts_with(words)) {
        return time_or_date();
    }
    if message.starts_with("failed to parse timezone") {
        return format!("must be {ZONE}");
    }
    if message.starts_with("data did not match any variant") {
        return "has none of the forms that are possible here".into();
    }
    // The part in front quotes the value, which can contain these words too.
    match message.rsplit_once(", expected ") {
        Some((found, names)) if found.starts_with("unknown variant ") => format!("must be {}", names.replace('`', "")),
        Some((found, kind)) if found.starts_with("invalid ") => format!("must be {}", plain(kind)),
        _ => message.to_owned(),
    }
}

/// Returns the plain name of the kind of value that the parser expects.
fn plain(kind: &str) -> String {
    let name = match kind {
        "a string" | "str" | "string or map" | "a borrowed string" | "a character" => "text",
        "a boolean" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or greater",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "an IANA timezone string" => ZONE,
        "an RFC 3339 formatted date and time string" => TIME,
        "a formatted date string" => DATE,
        "fewer elements in array" => "a list of fewer entries",
        _ if ["struct ", "a map", "map", "internally tagged enum"].iter().any(|words| kind.starts_with(words)) => "an object",
        _ if kind.starts_with("enum ") => "text",
        _ => return list(kind).unwrap_or_else(|| kind.to_owned()),
    };
    name.to_owned()
}

/// Returns the plain name of a list of a fixed length, such as `a tuple of size 2`.
fn list(kind: &str) -> Option<String> {
    let is_list = ["tuple", "an array", "array"].iter().any(|words| kind.trim_start_matches("a ").starts_with(words));
    let length = kind.split(' ').find_map(|word| word.parse::<usize>().ok()).filter(|_| is_list)?;
    Some(format!("a list of {length} entries"))
}
