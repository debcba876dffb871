//! Text messages that wait in the inbox: erasure and access file of the person who wrote them (PRV-2, PRV-4, MSG-3).

use super::canary::{MARK, has_mark, is_nowhere, marked};
use super::{bucket, erased, minutes_pass};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_domain::base::LeadId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_local::text_in::CustomerText;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

/// The number of the dealer.
const OWN: &str = "+4915299999901";
const CANARY: &str = "+491712345678";
const OTHER: &str = "+491712345699";

async fn receive(world: &World, from: &str, text: &str, id: &str) {
    world.system.receive_text(&CustomerText { from, to: OWN, text, id }).unwrap();
    world.system.settle().await;
}

async fn inbox(world: &World) -> Vec<Value> {
    world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails?state=all")).await.body["mails"].as_array().unwrap().clone()
}

/// The lead gets the maximum number of communications.
async fn fill(world: &World, lead: LeadId) {
    let rule = |loaded: &Loaded, _| {
        let mut full = loaded.lead(lead).unwrap().clone();
        full.counts.communications = 10_000;
        Ok((Some(Decision::default().with(Item::Lead(Box::new(full)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(lead)]), rule).await.unwrap();
}

/// The person asks for help, sends an empty message, asks by the site, and writes to the lead when it is full. Another person asks for
/// help, too.
async fn written(world: &World) -> LeadId {
    world.settings(|settings| settings.text_number = Some(OWN.to_owned())).await;
    receive(world, CANARY, "HELP", "t-1").await;
    receive(world, CANARY, "", "t-2").await;
    receive(world, OTHER, "HELP", "t-3").await;
    let contact = json!({"last_name": MARK, "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    fill(world, lead).await;
    receive(world, CANARY, &marked("Is it still there?"), "t-4").await;
    assert_eq!(inbox(world).await.len(), 4, "{:?}", inbox(world).await);
    lead
}

/// PRV-2: the text messages of the person in the inbox are erased with their raw form; those of others stay.
#[tokio::test]
async fn prv_2_text_messages_in_the_inbox_are_erased() {
    let world = World::new().await;
    let lead = written(&world).await;
    let receipt = erased(&world, lead, None).await;
    assert_eq!(receipt["erased"]["mails"], 3, "{receipt}");
    is_nowhere(&world).await;
    let raw: Vec<String> = bucket(&world).into_iter().filter(|file| file.contains("/text-")).collect();
    assert_eq!(raw.len(), 1, "the message of the other person: {raw:?}");
    let items = super::table(&world).await;
    let left: Vec<&String> = items.iter().filter(|item| item.contains(&CANARY[1..])).collect();
    assert!(left.is_empty(), "{left:?}");
    let (theirs, kept): (Vec<Value>, Vec<Value>) = inbox(&world).await.into_iter().partition(|mail| mail.get("erased_at").is_some());
    assert_eq!((theirs.len(), kept.len(), kept[0]["from"].as_str()), (3, 1, Some(OTHER)), "{theirs:?} {kept:?}");
    for mail in theirs {
        let path = format!("/dealers/{NORDSTERN}/mails/{}", mail["id"].as_str().unwrap());
        let shown = world.get(ADMIN, &path).await;
        assert_eq!((shown.status, shown.body["from"].as_str(), has_mark(&shown.body.to_string())), (200, None, false), "{}", shown.body);
        assert_eq!(world.get(ADMIN, &format!("{path}/raw")).await.status, 410);
    }
}

/// PRV-4: the text messages of the person in the inbox are in the access file; those of others are not.
#[tokio::test]
async fn prv_4_text_messages_in_the_inbox_are_in_the_access_file() {
    let world = World::new().await;
    let lead = written(&world).await;
    // A file has what came before the order.
    minutes_pass(&world).await;
    let entries = super::access::file_of_contact(&world, lead).await;
    let mails: Vec<&String> = entries.keys().filter(|name| name.starts_with("mails/")).collect();
    let (records, raw): (Vec<&String>, Vec<&String>) = mails.into_iter().partition(|name| name.ends_with(".json"));
    assert_eq!((records.len(), raw.len()), (3, 3), "{records:?} {raw:?}");
    let all: String = records.iter().map(|name| String::from_utf8_lossy(&entries[*name]).into_owned()).collect();
    assert!(all.contains(CANARY) && !all.contains(OTHER), "{all}");
}
