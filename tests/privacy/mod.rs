//! Privacy: erasure of a contact with appointments and texts, the canary, the ledger, access files, legal holds and retention (PRV).

mod access;
mod appointments;
mod canary;
mod closed;
mod erasure;
mod follow_ups;
mod holds;
mod ledger;
mod letters;
mod mails;
mod retention;
mod shared_mails;
mod texts;

use crate::support::world::{Reply, World, enquiry};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use forecourt_domain::base::LeadId;
use forecourt_edge::formats::packed;
use forecourt_local::engine;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// The administrator of the group.
pub const GROUP_ADMIN: &str = "gina.group";

/// Returns an enquiry with a first name, so that people with one last name differ.
fn named(first: &str, last: &str) -> Value {
    let mut body = enquiry(&last.to_lowercase());
    body["contact"]["first_name"] = json!(first);
    body["contact"]["last_name"] = json!(last);
    body["contact"]["email"] = json!(format!("{}@example.com", first.to_lowercase()));
    body["message"] = json!(format!("a message of {first}"));
    body
}

/// Orders the erasure of the contact of a lead.
pub async fn order(world: &World, lead: LeadId, contact: Option<&str>) -> Reply {
    let mut body = json!({"lead": lead, "reason": "requested"});
    if let Some(contact) = contact {
        body["contact"] = json!(contact);
    }
    world.post(GROUP_ADMIN, "/erasures", &body).await
}

/// Erases the contact of a lead. Returns the receipt.
pub async fn erased(world: &World, lead: LeadId, contact: Option<&str>) -> Value {
    let ordered = order(world, lead, contact).await;
    assert_eq!((ordered.status, ordered.text("/state")), (202, "running"), "{}", ordered.body);
    minutes_pass(world).await;
    let receipt = world.get(GROUP_ADMIN, ordered.headers["location"].to_str().unwrap()).await;
    assert_eq!((receipt.status, receipt.text("/state")), (200, "done"), "{}", receipt.body);
    receipt.body
}

/// Lets the job work: each of its pages is due a moment after the one before.
pub async fn minutes_pass(world: &World) {
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(5)).await;
}

/// Returns every item of the table as text, with its key first. Compressed values are unpacked.
pub async fn table(world: &World) -> Vec<String> {
    let client = engine::client(crate::support::world::engine());
    let (mut items, mut start) = (Vec::new(), None);
    loop {
        let page = client.scan().table_name(&world.table).set_exclusive_start_key(start).send().await.unwrap();
        items.extend(page.items().iter().map(item_text));
        start = page.last_evaluated_key;
        if start.is_none() {
            return items;
        }
    }
}

fn item_text(item: &HashMap<String, AttributeValue>) -> String {
    let key = |name: &str| item[name].as_s().unwrap().clone();
    let unpacked: Vec<String> = item.values().flat_map(binaries).collect();
    let sorted: BTreeMap<&String, String> = item.iter().map(|(name, value)| (name, sorted_text(value))).collect();
    format!("{} {} {sorted:?} {}", key("pk"), key("sk"), unpacked.join(" "))
}

/// Returns a value as text that is the same in each run.
fn sorted_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(values) => {
            format!("{:?}", values.iter().map(|(name, value)| (name, sorted_text(value))).collect::<BTreeMap<_, _>>())
        }
        AttributeValue::L(values) => values.iter().map(sorted_text).collect::<Vec<_>>().join(" "),
        value => format!("{value:?}"),
    }
}

/// Returns the content of every binary value in a value.
fn binaries(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::B(bytes) => vec![content(bytes.as_ref())],
        AttributeValue::L(values) => values.iter().flat_map(binaries).collect(),
        AttributeValue::M(values) => values.values().flat_map(binaries).collect(),
        _ => Vec::new(),
    }
}

/// Returns content as text, unpacked if it is compressed.
pub fn content(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&packed::unpack(bytes).unwrap_or_else(|_| bytes.to_vec())).into_owned()
}

/// Returns the names and the contents of all files in the bucket.
pub fn bucket(world: &World) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(format!("{} {}", path.display(), content(&std::fs::read(&path).unwrap())));
            }
        }
    }
    let mut found = Vec::new();
    walk(&world.bucket.path, &mut found);
    found
}
