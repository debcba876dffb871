//! Changes of elements: a `PATCH` is merged into the current content (RFC 7396), and the result is checked like a new element.

use super::body::{CommentBody, DocumentBody, QuoteBody, TestDriveBody, TradeInBody, read_vehicle};
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::elements::{Content, TestDrive, TradeIn};
use forecourt_domain::enquiry::Vehicle;
use forecourt_edge::formats::json::{known, typed};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Applies a patch to the content of an element.
///
/// # Errors
/// 422 with all faults, by field; also for fields that cannot be changed here. 409 for communication, which never changes.
pub(super) fn patched(content: &Content, patch: &Value) -> Result<Content, Refusal> {
    let fixed: &[(&str, &str)] = match content {
        Content::TestDrive(_) => &[("at", TIME), ("title", TIME), ("user", TIME), ("notes", TIME), ("despite", TIME)],
        Content::Document(_) => &[("content_type", FILE), ("bytes", FILE)],
        Content::Communication(_) => return Err(Refusal::conflict("LEAD-3", "communication cannot be changed")),
        Content::TradeIn(_) | Content::Quote(_) | Content::Comment(_) => &[],
    };
    let faults = fixed.iter().filter(|(name, _)| patch.get(name).is_some()).map(|(name, why)| Fault::new(*name, "LEAD-2", *why));
    let faults: Vec<Fault> = faults.collect();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let mut current = json!(content);
    merge(&mut current, patch);
    Ok(match content {
        Content::TestDrive(drive) => {
            let mut faults = Vec::new();
            let body = merged::<TestDriveBody>(current, patch)?;
            let vehicle = read_vehicle(body.vehicle, &mut faults);
            if vehicle == Vehicle::default() && faults.is_empty() {
                faults.push(Fault::new("vehicle", "LEAD-2", "must identify the vehicle"));
            }
            if !faults.is_empty() {
                return Err(Refusal::Invalid(faults));
            }
            Content::TestDrive(TestDrive { vehicle, ..drive.clone() })
        }
        Content::Document(document) => Content::Document(merged::<DocumentBody>(current, patch)?.renamed(document)?),
        Content::TradeIn(before) => {
            let trade_in = merged::<TradeInBody>(current, patch)?.check()?;
            Content::TradeIn(TradeIn { enquired: before.enquired, ..trade_in })
        }
        Content::Quote(_) => Content::Quote(merged::<QuoteBody>(current, patch)?.check()?),
        Content::Comment(_) => Content::Comment(merged::<CommentBody>(current, patch)?.check()?),
        Content::Communication(communication) => Content::Communication(communication.clone()),
    })
}

const TIME: &str = "belongs to the calendar event; change it at /leads/{id}/events/{event}";
const FILE: &str = "cannot be changed; remove this document and add another";

/// Reads the merged content as a request body. `patch` alone is checked for unknown fields, since stored content has fields that clients
/// cannot set.
fn merged<T: DeserializeOwned>(current: Value, patch: &Value) -> Result<T, Refusal> {
    known::<T>(patch.clone())?;
    typed(current)
}

/// Merges a patch into a value (RFC 7396).
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(serde_json::Map::new());
    }
    let Value::Object(into) = into else { return };
    for (name, value) in patch {
        if value.is_null() {
            into.remove(name);
        } else {
            merge(into.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
