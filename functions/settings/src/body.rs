//! What a client writes: every unknown field, and every rule that is broken, is named.

use forecourt_domain::dealer::{Draft, Settings};
use forecourt_domain::refusal::{Fault, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest settings of a dealer as JSON: an item of the table holds no more.
const MOST: usize = 300_000;

/// Reads a body as JSON; whatever JSON leaves open is refused.
///
/// # Errors
/// 400 for what is no JSON object.
pub(crate) fn json(body: &[u8]) -> Result<Value, Refusal> {
    forecourt_edge::json::read(body)
}

/// Reads `value` into `T`.
///
/// # Errors
/// 422 names each field that is unknown or of another type.
pub(crate) fn read<T: DeserializeOwned>(value: Value, rule: &'static str) -> Result<T, Refusal> {
    let (read, faults) = parse(value, |_| rule);
    match read {
        Ok(read) if faults.is_empty() => Ok(read),
        _ => Err(Refusal::Invalid(faults)),
    }
}

/// Judges settings as a whole.
///
/// # Errors
/// 422 names each field that is unknown, of another type, or against a rule.
pub(crate) fn settings(value: Value) -> Result<Settings, Refusal> {
    if value.to_string().len() > MOST {
        return Err(Refusal::field("settings", "SET-10", format!("must be at most {MOST} bytes as JSON")));
    }
    let (read, mut faults) = parse::<Draft>(value, |field| if field.starts_with("calendar") { "SET-1" } else { "SET-10" });
    match read.map(Draft::check) {
        Ok(Ok(settings)) if faults.is_empty() => return Ok(settings),
        Ok(Ok(_)) | Err(()) => {}
        Ok(Err(broken)) => faults.extend(broken),
    }
    Err(Refusal::Invalid(faults))
}

fn parse<T: DeserializeOwned>(value: Value, rule: impl Fn(&str) -> &'static str) -> (Result<T, ()>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut unknown = |path: serde_ignored::Path<'_>| {
        let field = path.to_string();
        faults.push(Fault::new(field.clone(), rule(&field), "is not known here"));
    };
    let read = serde_path_to_error::deserialize(serde_ignored::Deserializer::new(value, &mut unknown));
    let read = read.map_err(|e| {
        let (path, said) = (e.path().to_string(), e.into_inner().to_string());
        let field = field_of(&path, &said);
        faults.push(Fault::new(field.clone(), rule(&field), said));
    });
    (read, faults)
}

/// The field at fault: where the reader stopped, or the one that it missed there.
fn field_of(path: &str, said: &str) -> String {
    let at = Some(path).filter(|path| *path != ".");
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (at, missing) {
        (None, None) => "body".into(),
        (Some(at), None) => at.into(),
        (None, Some(missing)) => missing.into(),
        (Some(at), Some(missing)) => format!("{at}.{missing}"),
    }
}
