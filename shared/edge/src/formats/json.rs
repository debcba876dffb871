//! JSON bodies. Ambiguous JSON is refused, so that all readers understand a body in the same way. Texts are normalised.

pub use super::known::{UnknownField, former, unknown};
use super::shape;
use chrono::{DateTime, Utc};
use forecourt_domain::base::text::{composed, forbidden_in_lines, visible};
use forecourt_domain::base::{Fault, Refusal};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Reads a body into `T`. Unknown fields are ignored. Texts are composed (NFC), and invisible characters are removed ([`normalised`]).
///
/// # Errors
/// [`Refusal::Malformed`] names the position: invalid UTF-8, invalid JSON, a duplicate key, too deep nesting, or no object at the top.
/// [`Refusal::Invalid`] names a field that is missing or has the wrong type.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let mut value = parse(body)?;
    normalise(&mut value);
    typed(value)
}

/// Reads parsed JSON into `T`. Unknown fields are ignored.
///
/// # Errors
/// [`Refusal::Invalid`] names a field that is missing or has the wrong type.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    lenient(value).map(|(read, _)| read)
}

/// Returns a text in the stored form: composed, without invisible characters.
pub fn normalised(text: String) -> String {
    if text.is_ascii() { text } else { composed(&visible(&text, ' ')).into_owned() }
}

fn normalise(value: &mut Value) {
    match value {
        Value::String(text) => *text = normalised(std::mem::take(text)),
        Value::Array(values) => values.iter_mut().for_each(normalise),
        Value::Object(fields) => {
            fields.values_mut().for_each(normalise);
            if !fields.keys().all(|name| name.is_ascii()) {
                *fields = std::mem::take(fields).into_iter().map(|(name, value)| (normalised(name), value)).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Parses a body. Texts stay as the sender wrote them.
///
/// # Errors
/// [`Refusal::Malformed`] as for [`read`].
fn parse(body: &[u8]) -> Result<Value, Refusal> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Malformed("the body is empty; it must be a JSON object".into()));
    }
    let malformed = |e: serde_json::Error| Refusal::Malformed(shape::not_json(&e));
    let Once(is_object) = serde_json::from_slice(body).map_err(malformed)?;
    if !is_object {
        return Err(Refusal::Malformed("the body must be a JSON object".into()));
    }
    serde_json::from_slice(body).map_err(malformed)
}

/// Reads a body into `T` as [`read`] does, but leaves every text as the sender wrote it, and returns the unknown fields. The caller
/// normalises and flags the texts.
///
/// # Errors
/// As [`read`].
pub fn read_as_sent<T: DeserializeOwned>(body: &[u8]) -> Result<(T, Vec<UnknownField>), Refusal> {
    lenient(parse(body)?)
}

/// Reads a body into `T` as [`read`] does, and refuses fields that `T` does not have, so that a misspelt field is not silently lost
/// (API-1).
///
/// # Errors
/// As [`read`]; [`Refusal::Invalid`] names each unknown field, and the known fields in its place.
pub fn read_known<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    known(read::<Value>(body)?)
}

/// As [`read_known`], from parsed JSON.
///
/// # Errors
/// As [`read_known`].
pub fn known<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    let (read, faults) = shape::read_known(value, |_| "INT-3");
    read.filter(|_| faults.is_empty()).ok_or(Refusal::Invalid(faults))
}

fn lenient<T: DeserializeOwned>(value: Value) -> Result<(T, Vec<UnknownField>), Refusal> {
    shape::read(value, |_| "INT-3").map_err(|fault| Refusal::Invalid(vec![fault]))
}

/// Walks a whole document without storing it, and fails at a duplicate key. Holds whether the top is an object.
struct Once(bool);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk).map(Once)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<Once>()?.is_some() {}
        Ok(false)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let key = normalised(key);
            if keys.contains(&key) {
                return Err(serde::de::Error::custom(format!("the key \"{}\" occurs twice in one object", key.escape_default())));
            }
            map.next_value::<Once>()?;
            keys.insert(key);
        }
        Ok(true)
    }
}

/// A value that may be absent or of an unexpected type. The latter becomes a fault of its field, reported with all other faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Loose<T> {
    /// Missing or `null`.
    #[default]
    Absent,
    /// Of the expected type.
    Here(T),
    /// Of another type.
    Wrong,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Deserialized as an option, a missing field is no error: the bodies need no `#[serde(default)]`. Bodies are read from parsed JSON,
        // which an error leaves intact: the next field can be read.
        Ok(match Option::<T>::deserialize(deserializer) {
            Ok(None) => Self::Absent,
            Ok(Some(value)) => Self::Here(value),
            Err(_) => Self::Wrong,
        })
    }
}

impl<T> Loose<T> {
    /// Returns the value. If it has another type, adds a fault of `field` with `must_be`.
    pub fn take(self, field: &str, must_be: &str, faults: &mut Vec<Fault>) -> Option<T> {
        match self {
            Loose::Absent => None,
            Loose::Here(value) => Some(value),
            Loose::Wrong => {
                faults.push(Fault::new(field, "INT-3", format!("must be {must_be}")));
                None
            }
        }
    }
}

/// A text that a sender may also write as a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("must be text")),
        }
    }
}

impl PartialSchema for Text {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}
impl ToSchema for Text {}

/// The schema of a [`Bound`](forecourt_domain::reports::Bound): a date or an instant (API-2).
#[derive(Debug)]
pub struct TimeBound;

impl PartialSchema for TimeBound {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let text = |format| ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format)));
        let one = AnyOfBuilder::new().description(Some("A date, or a time in RFC 3339 with its offset."));
        one.item(text(KnownFormat::Date)).item(text(KnownFormat::DateTime)).into()
    }
}
impl ToSchema for TimeBound {}

impl Loose<Text> {
    /// Returns the text. If it is no text, adds a fault of `field`.
    pub fn text(self, field: &str, faults: &mut Vec<Fault>) -> Option<String> {
        self.take(field, "text", faults).map(|Text(text)| text)
    }
}

/// Returns a time in whole milliseconds. If the text is no time with an offset, adds a fault of `field` against `rule`.
pub fn time(text: Loose<Text>, field: &str, rule: &'static str, faults: &mut Vec<Fault>) -> Option<DateTime<Utc>> {
    let text = text.text(field, faults)?;
    let at = DateTime::parse_from_rfc3339(text.trim()).map(|at| at.to_utc());
    let at = at.ok().and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
    if at.is_none() {
        faults.push(Fault::new(field, rule, "must be a time with a UTC offset, for example 2026-11-25T10:00:00+01:00"));
    }
    at
}

/// Returns whether a correction keeps the channels that it replaces as former ones (LEAD-7). `None` if the field is absent.
pub fn keeps_former(replaces: Loose<Text>, faults: &mut Vec<Fault>) -> Option<bool> {
    let name = replaces.text("replaces", faults)?;
    if !matches!(name.as_str(), "wrong" | "former") {
        faults.push(Fault::new("replaces", "LEAD-7", "must be wrong or former"));
    }
    Some(name.as_str() == "former")
}

/// Longest note, in characters.
const NOTE: usize = 2_000;

/// Returns a note of one or more lines. `None` if it is blank.
pub fn note(note: Loose<Text>, field: &str, faults: &mut Vec<Fault>) -> Option<String> {
    let note = note.text(field, faults)?.trim().to_owned();
    if note.chars().count() > NOTE {
        faults.push(Fault::new(field, "LEAD-2", format!("must be at most {NOTE} characters long")));
    }
    if note.chars().any(forbidden_in_lines) {
        faults.push(Fault::new(field, "LEAD-2", "must not contain control characters"));
    }
    Some(note).filter(|note| !note.is_empty())
}
