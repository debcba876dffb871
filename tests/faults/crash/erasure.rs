//! The journey of an erased contact (PRV-2).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH};
use super::journey::{Journey, enquiry, lead, post, until};
use crate::support::world::{Reply, Request};
use serde_json::json;

/// A contact with two leads, a document, a letter, a booking and tasks is erased. One of the leads keeps another contact.
pub async fn erasure(cloud: &Cloud) -> Vec<Reply> {
    let closed = lead(cloud, NORTH, "k-1", &enquiry("jana")).await;
    let on = |of: &Reply, what: &str| format!("/leads/{}/{what}", of.text("/id"));
    let other = json!({"first_name": "Tom", "last_name": "Jansen", "emails": ["tom@example.com"]});
    let added = post(cloud, BOSS, &on(&closed, "contacts"), "k-2", &other).await;
    let won = post(cloud, BOSS, &on(&closed, "status"), "k-3", &json!({"status": "won"})).await;
    let open = lead(cloud, NORTH, "k-4", &enquiry("jana")).await;
    let made =
        post(cloud, BOSS, &on(&open, "documents"), "k-5", &json!({"title": "licence", "content_type": "text/plain", "bytes": 4})).await;
    let upload = made.text("/upload/url").strip_prefix("https://bucket.example/").unwrap().to_owned();
    cloud.between().files.insert(upload, b"jana".to_vec());
    post(cloud, BOSS, &format!("{}/{}/completion", on(&open, "documents"), made.text("/id")), "k-6", &json!({})).await;
    post(cloud, BOSS, &on(&open, "comments"), "k-7", &json!({"text": "Jana wants winter tyres"})).await;
    let task = json!({"title": "Call Jana", "start": "2026-11-23T12:00:00Z", "minutes": 30});
    post(cloud, BOSS, &on(&open, "tasks"), "k-8", &task).await;
    let drive = json!({"title": "Jana drives", "type": "booked_test_drive", "at": "2026-11-24T10:00:00Z"});
    post(cloud, BOSS, &on(&open, "events"), "k-9", &drive).await;
    until(cloud, "2026-11-23T09:30:00Z").await;
    let letter = json!({"medium": "email", "subject": "Your car", "text": "Dear Jana"});
    post(cloud, BOSS, &on(&open, "communications"), "k-10", &letter).await;
    until(cloud, "2026-11-23T09:40:00Z").await;
    let ordered = post(cloud, BOSS, "/erasures", "k-11", &json!({"lead": open.text("/id"), "reason": "requested"})).await;
    // If every wake-up is lost, each page waits for the sweep.
    until(cloud, "2026-11-24T08:00:00Z").await;
    let receipt = cloud.request(&Request::get(BOSS, &format!("/erasures/{}", ordered.text("/id")))).await;
    assert_eq!(receipt.text("/state"), "done", "{}", receipt.body);
    let items = cloud.table.items();
    let left: Vec<&serde_json::Value> = items.iter().filter(|item| item.to_string().to_lowercase().contains("jana")).collect();
    assert!(left.is_empty(), "items of the erased contact are left: {left:?}");
    assert!(cloud.between().files.keys().all(|name| name.starts_with("ledger/")), "only the ledger is left");
    let mut receipt = receipt;
    receipt.body["id"] = json!("");
    vec![closed, added, won, open, receipt]
}

/// PRV-2: a contact is erased wholly and once, and what is counted is counted once.
#[test]
fn prv_2_an_erasure_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Erasure));
}
