//! The journey of an access file (PRV-4).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH};
use super::journey::{Journey, enquiry, lead, post, until};
use crate::support::archive::unpacked;
use crate::support::world::{Reply, Request, at};
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

/// The file of a contact with two leads, a document, a letter, a booking and a comment is ordered, downloaded and deleted.
pub async fn access(cloud: &Cloud) -> Vec<Reply> {
    begin_this_month(cloud).await;
    let closed = lead(cloud, NORTH, "k-1", &enquiry("jana")).await;
    let on = |of: &Reply, what: &str| format!("/leads/{}/{what}", of.text("/id"));
    let won = post(cloud, BOSS, &on(&closed, "status"), "k-2", &json!({"status": "won"})).await;
    let open = lead(cloud, NORTH, "k-3", &enquiry("jana")).await;
    let document = json!({"title": "licence", "content_type": "text/plain", "bytes": 4});
    let made = post(cloud, BOSS, &on(&open, "documents"), "k-4", &document).await;
    let upload = made.text("/upload/url").strip_prefix("https://bucket.example/").unwrap().to_owned();
    cloud.between().files.insert(upload, b"jana".to_vec());
    post(cloud, BOSS, &format!("{}/{}/completion", on(&open, "documents"), made.text("/id")), "k-5", &json!({})).await;
    for i in 0..3 {
        let text = format!("comment {i}. {}", "Jana wants winter tyres. ".repeat(20));
        post(cloud, BOSS, &on(&open, "comments"), &format!("c-{i}"), &json!({"text": text})).await;
    }
    let drive = json!({"title": "Jana drives", "type": "booked_test_drive", "at": "2026-11-26T10:00:00Z"});
    post(cloud, BOSS, &on(&open, "events"), "k-6", &drive).await;
    until(cloud, "2026-11-23T09:30:00Z").await;
    let letter = json!({"medium": "email", "subject": "Your car", "text": "Dear Jana"});
    post(cloud, BOSS, &on(&open, "communications"), "k-7", &letter).await;
    until(cloud, "2026-11-23T09:40:00Z").await;
    let ordered = post(cloud, BOSS, "/access-files", "k-8", &json!({"lead": open.text("/id")})).await;
    // If every wake-up is lost, each slice waits for the sweep.
    until(cloud, "2026-11-24T08:00:00Z").await;
    let path = format!("/access-files/{}", ordered.text("/id"));
    let mut done = cloud.request(&Request::get(BOSS, &path)).await;
    assert_eq!(done.text("/state"), "done", "{}", done.body);
    let link = cloud.request(&Request::get(BOSS, &format!("{path}/download"))).await;
    let name = link.text("/url").strip_prefix("https://bucket.example/").unwrap_or_else(|| panic!("{}", link.body)).to_owned();
    let file = cloud.between().files[&name].clone();
    check(file, &closed, &open);
    let mut deleted = cloud.request(&Request::delete(BOSS, &path)).await;
    until(cloud, "2026-11-24T09:00:00Z").await;
    let left: Vec<String> = cloud.between().files.keys().filter(|name| name.starts_with("access/")).cloned().collect();
    assert!(left.is_empty(), "something of the file is left: {left:?}");
    for reply in [&mut done, &mut deleted] {
        reply.body["id"] = json!("");
        reply.body["bytes"] = json!(0);
    }
    vec![closed, won, open, done, deleted]
}

/// Changes the beginning of the dealers, so that few months are searched for appointments.
async fn begin_this_month(cloud: &Cloud) {
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only("demo-group".parse().unwrap()));
    for id in store.dealers(&scope).await.unwrap().iter() {
        let rule = |loaded: &Loaded, _| {
            let dealer = Dealer { since: at("2026-11-01T00:00:00Z"), ..loaded.dealer(id).unwrap().clone() };
            Ok((Some(Decision::default().with(Item::Dealer(Box::new(dealer)))), ()))
        };
        store.decide(&scope, Load::of([Key::Dealer(id.clone())]), rule).await.unwrap();
    }
}

/// Checks that the file has everything, and each item once.
fn check(file: Vec<u8>, closed: &Reply, open: &Reply) {
    let entries = unpacked(file);
    let number = |lead: &Reply| lead.text("/id").parse::<forecourt_domain::base::LeadId>().unwrap().spoken();
    let read = |name: &str| -> Value { serde_json::from_slice(&entries[name]).unwrap() };
    let items = read(&format!("leads/{}.json", number(open)));
    let comments: Vec<&str> = items["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["kind"] == "comment")
        .filter_map(|item| item["text"].as_str())
        .collect();
    let mut numbers: Vec<&str> = comments.iter().map(|text| &text[..9]).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["comment 0", "comment 1", "comment 2"]);
    assert!(items.to_string().contains("Dear Jana"), "{items}");
    assert!(read(&format!("leads/{}.json", number(closed)))["items"].is_array());
    assert_eq!(read("appointments.json").as_array().map(Vec::len), Some(1));
    assert_eq!(read("person.json")["leads"].as_array().map(Vec::len), Some(2));
    let files: Vec<&String> = entries.keys().filter(|name| name.starts_with("files/")).collect();
    assert_eq!(files.len(), 3, "a document and two enquiries: {files:?}");
    assert!(entries.values().any(|content| content == b"jana"), "the document");
}

/// PRV-4: an access file is written wholly, and nothing of it is left once it is deleted.
#[test]
fn prv_4_an_access_file_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Access));
}
