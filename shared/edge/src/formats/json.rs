//! Reading JSON bodies: what JSON leaves open is refused, so that no two readers understand a body differently.

use chrono::{DateTime, Utc};
use forecourt_domain::base::text::forbidden_in_lines;
use forecourt_domain::base::{Fault, Refusal};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{PartialSchema, ToSchema};

/// Reads a body into `T`. Unknown fields are ignored.
///
/// # Errors
/// [`Refusal::Malformed`] says where: no UTF-8, no JSON, a key twice in one object, nested too deeply, or no object at the top.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Malformed("the body is empty; a JSON object is expected".into()));
    }
    let malformed = |e: serde_json::Error| Refusal::Malformed(format!("the body is not JSON as expected: {e}"));
    let Once(is_object) = serde_json::from_slice(body).map_err(malformed)?;
    if !is_object {
        return Err(Refusal::Malformed("the body must be a JSON object".into()));
    }
    serde_json::from_slice(body).map_err(malformed)
}

/// Reads a body into `T`, as [`read`] does, and refuses what `T` does not know: a field that is misspelt is not to be lost without a word.
///
/// # Errors
/// As [`read`]; [`Refusal::Invalid`] names each unknown field at the top.
pub fn read_known<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    known(read::<serde_json::Value>(body)?)
}

/// The same of what has been read.
///
/// # Errors
/// As [`read_known`].
pub fn known<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Refusal> {
    let mut faults = Vec::new();
    let unknown = |path: serde_ignored::Path<'_>| faults.push(Fault::new(path.to_string(), "INT-3", "is not known here"));
    let read = serde_ignored::deserialize(value, unknown);
    let read = read.map_err(|e: serde_json::Error| Refusal::Malformed(format!("the body is not JSON as expected: {e}")))?;
    if faults.is_empty() { Ok(read) } else { Err(Refusal::Invalid(faults)) }
}

/// Walks a whole document and keeps nothing of it; fails where an object has a key twice. Says whether the top is an object.
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
            if keys.contains(&key) {
                return Err(serde::de::Error::custom(format!("the key \"{}\" stands twice in one object", key.escape_default())));
            }
            map.next_value::<Once>()?;
            keys.insert(key);
        }
        Ok(true)
    }
}

/// A value that may be absent or of another type than expected; the latter becomes a fault of its field, beside all the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Loose<T> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// As expected.
    Here(T),
    /// Something else.
    Wrong,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for as an option, a field that is not there deserializes too: no `#[serde(default)]` on every body.
        let Some(value) = Option::<serde_json::Value>::deserialize(deserializer)? else { return Ok(Self::Absent) };
        Ok(serde_json::from_value(value).map_or(Self::Wrong, Self::Here))
    }
}

impl<T> Loose<T> {
    /// The value; where it is something else, a fault of `field` that says what it `must be`.
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

/// Text, which a sender may also have written as a number.
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

impl Loose<Text> {
    /// The text.
    pub fn text(self, field: &str, faults: &mut Vec<Fault>) -> Option<String> {
        self.take(field, "text", faults).map(|Text(text)| text)
    }
}

/// A time with its zone, in whole milliseconds as everything is stored; what is none is a fault of `field` against `rule`.
pub fn time(text: Loose<Text>, field: &str, rule: &'static str, faults: &mut Vec<Fault>) -> Option<DateTime<Utc>> {
    let said = text.text(field, faults)?;
    let at = DateTime::parse_from_rfc3339(said.trim()).map(|at| at.to_utc());
    let at = at.ok().and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
    if at.is_none() {
        faults.push(Fault::new(field, rule, "must be a time with its zone, such as 2026-11-25T10:00:00+01:00"));
    }
    at
}

/// Longest note, in characters.
const NOTE: usize = 2_000;

/// Words of a person, in lines; none where there are only spaces.
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
