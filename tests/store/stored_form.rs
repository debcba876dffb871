//! The stored form of every kind of item: items outlive releases, so it stays the same byte for byte.
//!
//! Later releases may add index entries; [`ADDED`] names them.
//!
//! `stored_items.jsonl` has items as an earlier release wrote them, without version and commit id. Every release must read every line, for
//! ever: add lines for a new kind of item and for new fields; never change or remove a line.

use crate::support::world::engine;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, GroupId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_local::engine;
use forecourt_store::{Load, Secret, Store};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The kinds of items that got an index entry after their first lines were written, with its attributes. A line that has the entry fixes
/// its form.
const ADDED: [(&str, &[&str]); 2] = [("Appointment", &["wpk", "wsk"]), ("Lead", &["dpk", "dsk", "tell"])];

#[derive(Deserialize)]
struct Fixture {
    kind: String,
    item: Value,
}

/// Returns every stored item with its kind. The webhooks are last: where they are stored, a change of another item stores an event too.
pub(super) fn stored_items() -> impl Iterator<Item = (String, Attributes)> {
    let items = include_str!("stored_items.jsonl").lines().map(|fixture| {
        let Fixture { kind, item } = serde_json::from_str(fixture).unwrap();
        (kind, attributes_of(&item))
    });
    let (webhooks, others): (Vec<_>, Vec<_>) = items.partition(|(kind, _)| kind == "Webhooks");
    others.into_iter().chain(webhooks)
}

/// Reads a value in DynamoDB's JSON.
fn value_of(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().and_then(|json| json.iter().next()).unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(truth)) => AttributeValue::Bool(*truth),
        ("NULL", _) => AttributeValue::Null(true),
        ("B", Value::String(bytes)) => AttributeValue::B(Blob::new(STANDARD.decode(bytes).unwrap())),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(value_of).collect()),
        ("M", values) => AttributeValue::M(attributes_of(values)),
        _ => panic!("no attribute value: {json}"),
    }
}

fn attributes_of(json: &Value) -> Attributes {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

/// Reads an item's state as its domain type.
fn state<T: for<'a> Deserialize<'a>>(attributes: &Attributes) -> Result<T, serde_dynamo::Error> {
    let mut flat = attributes.clone();
    if let Some(AttributeValue::M(row)) = flat.remove("row") {
        flat.extend(row);
    }
    serde_dynamo::aws_sdk_dynamodb_1::from_item(flat)
}

/// Reads an item as rules return it.
pub(super) fn item_of(kind: &str, stored: &Attributes) -> Result<Item, serde_dynamo::Error> {
    Ok(match kind {
        "Lead" => Item::Lead(state(stored)?),
        "Entry" => Item::Entry(state(stored)?),
        "Message" => Item::Message(state(stored)?),
        "Rotation" => Item::Rotation(state(stored)?),
        "Pool" => Item::Pool(state(stored)?),
        "Channel" => {
            let key = stored["pk"].as_s().unwrap().split_once("#C#").unwrap().1;
            let channel = stored.iter().filter(|(name, _)| ["contact", "alias_of"].contains(&name.as_str()));
            Item::Channel(ChannelKey(key.to_owned()), state(&channel.map(|(name, value)| (name.clone(), value.clone())).collect())?)
        }
        "Receipt" => Item::Receipt(state(stored)?),
        "Dealer" => Item::Dealer(state(stored)?),
        "Change" => Item::SettingsChange(state(stored)?),
        "Recompute" => Item::Recompute(state(stored)?),
        "HandOver" => Item::HandOver(state(stored)?),
        "BookingWatch" => Item::BookingWatch(state(stored)?),
        "MorningList" => Item::MorningList(state(stored)?),
        "User" => Item::User(state(stored)?),
        "Event" => Item::Event(state(stored)?),
        "UserChange" => Item::UserChange(state(stored)?),
        "Day" => Item::Day(state(stored)?),
        "Invitation" => Item::Invitation(state(stored)?),
        "Appointment" => Item::Appointment(state(stored)?),
        "Letter" => Item::Letter(state(stored)?),
        "Element" => Item::Element(state(stored)?),
        "Feeds" => Item::CalendarFeeds(state(stored)?),
        "SavedViews" => Item::SavedViews(state(stored)?),
        "Task" => Item::Task(state(stored)?),
        "Export" => Item::Export(state(stored)?),
        "Download" => Item::Download(state(stored)?),
        "Early" => Item::PendingReports(state(stored)?),
        "Unprocessed" => Item::Unprocessed(state(stored)?),
        "Seen" => Item::ReceivedRequest(state(stored)?),
        "Signing" => Item::Signing(state(stored)?),
        "Webhooks" => Item::Webhooks(state(stored)?),
        "Outgoing" => Item::Outgoing(state(stored)?),
        "Partner" => Item::Partner(state(stored)?),
        "AccessRecord" => Item::AccessRecord(state(stored)?),
        "EnquiryReceipt" => Item::EnquiryReceipt(state(stored)?),
        "TokenSubject" => Item::TokenSubject(state(stored)?),
        "Usage" => Item::Usage(state(stored)?),
        "Erasure" => Item::Erasure(state(stored)?),
        "AccessFile" => Item::AccessFile(state(stored)?),
        "LegalHold" => Item::LegalHold(state(stored)?),
        "Retention" => Item::Retention(state(stored)?),
        "IncomingMail" => Item::IncomingMail(state(stored)?),
        "LeadAddress" => Item::LeadAddress(state(stored)?),
        "MailWatch" => Item::MailWatch(state(stored)?),
        "AddressState" => Item::AddressState(state(stored)?),
        "TextNumber" => Item::TextNumber(state(stored)?),
        "DealerTexts" => Item::DealerTexts(state(stored)?),
        "TextChange" => Item::TextChange(state(stored)?),
        "TestMail" => Item::TestMail(state(stored)?),
        "BulkAction" => Item::BulkAction(state(stored)?),
        "BulkPage" => Item::BulkPage(state(stored)?),
        "FollowUp" => Item::FollowUp(state(stored)?),
        "FollowUpClaim" => Item::FollowUpClaim(state(stored)?),
        other => panic!("no kind of item: {other}"),
    })
}

/// Sorts the attributes for a readable difference.
fn sorted(attributes: &Attributes) -> BTreeMap<&String, &AttributeValue> {
    attributes.iter().collect()
}

#[tokio::test]
async fn the_stored_form_of_an_item_matches_earlier_releases() {
    let client = engine::client(engine());
    let mut kinds = BTreeSet::new();
    for (line, (kind, expected)) in stored_items().enumerate() {
        let (pk, sk) = (expected["pk"].as_s().unwrap(), expected["sk"].as_s().unwrap());
        // The key of a number for text messages has no group.
        let group = GroupId::parse(pk.split_once('#').unwrap().0).or_else(|_| GroupId::parse("demo-group"));
        let scope = Scope::keys_only(group.unwrap());
        let table = format!("stored-form-{:016x}", fastrand::u64(..));
        let store = Store::new(client.clone(), &table, Secret::new(b"a secret of the tests"));
        store.make_table().await.unwrap();

        let decided = Decision::default().with(item_of(&kind, &expected).unwrap());
        store.decide(&scope, Load::of([]), |_, _| Ok((Some(decided.clone()), ()))).await.unwrap();

        let get = client.get_item().table_name(&table).key("pk", AttributeValue::S(pk.clone())).key("sk", AttributeValue::S(sk.clone()));
        let mut written = get.send().await.unwrap().item.unwrap_or_default();
        let added = ADDED.iter().filter(|(of, _)| *of == kind).flat_map(|(_, names)| *names);
        added.filter(|name| !expected.contains_key(**name)).for_each(|name| drop(written.remove(*name)));
        assert!(written.remove("v").is_some() && written.remove("c").is_some(), "line {}: {kind} is at another key", line + 1);
        assert_eq!(sorted(&written), sorted(&expected), "line {}: {kind}", line + 1);
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 53, "{kinds:?}");
}
