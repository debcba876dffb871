//! The journey of a dealer's retention and of a legal hold (PRV-5).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH};
use super::journey::{Journey, enquiry, lead, post, until};
use crate::support::world::{Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId};
use forecourt_domain::settings::DealerSettings;
use forecourt_local::demo;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

/// Sets the months after which closed leads of the dealer in the north are erased.
async fn keep_for(cloud: &Cloud, months: u32) {
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only(GroupId::parse("demo-group").unwrap()));
    let dealer = DealerId::parse(NORTH).unwrap();
    let loaded = store.load(&scope, &Load::of([Key::Dealer(dealer.clone())])).await.unwrap();
    let settings = DealerSettings { retention_months: Some(months), ..(*loaded.dealer(&dealer).unwrap().settings).clone() };
    demo::save(&store, &scope, &dealer, &settings.check().unwrap(), cloud.clock.now()).await.unwrap();
}

/// Three leads are closed, one of them is under a legal hold. A month later the others are erased at night, and the hold is lifted.
pub async fn retention(cloud: &Cloud) -> Vec<Reply> {
    let mut closed = Vec::new();
    for (place, name) in ["jana", "otto", "nora"].into_iter().enumerate() {
        let new = lead(cloud, NORTH, &format!("k-{place}"), &enquiry(name)).await;
        post(cloud, BOSS, &format!("/leads/{}/status", new.text("/id")), &format!("k-w{place}"), &json!({"status": "won"})).await;
        closed.push(new);
    }
    until(cloud, "2026-11-23T09:30:00Z").await;
    let hold = json!({"lead": closed[2].text("/id"), "contact": "000001", "reason": "authority"});
    let held = post(cloud, BOSS, "/legal-holds", "k-h", &hold).await;
    let refused = post(cloud, BOSS, "/erasures", "k-e", &json!({"lead": closed[2].text("/id"), "reason": "requested"})).await;
    until(cloud, "2026-12-23T20:00:00Z").await;
    keep_for(cloud, 1).await;
    // If every wake-up is lost, each page waits for the sweep.
    until(cloud, "2026-12-24T05:00:00Z").await;
    let receipt = cloud.request(&Request::get(BOSS, &format!("/dealers/{NORTH}/retention"))).await;
    let order = cloud.request(&Request::get(BOSS, &format!("/erasures/{}", receipt.text("/last/erasures/0")))).await;
    assert_eq!((order.text("/state"), order.text("/reason")), ("done", "retention"), "{}", order.body);
    let items = cloud.table.items();
    let left = |name: &str| items.iter().filter(|item| item.to_string().contains(name)).count();
    assert_eq!((left("jana"), left("otto")), (0, 0), "items of erased contacts are left");
    assert!(left("nora") > 0, "a held lead is kept");
    let lifted = Request::delete(BOSS, &format!("/legal-holds/{}", held.text("/id")));
    let lifted = cloud.request(&lifted).await;
    until(cloud, "2026-12-24T06:00:00Z").await;
    closed.extend([held, refused, receipt, order, lifted]);
    closed
}

/// PRV-5: closed leads are erased once after the retention, a held lead is kept, and a hold is placed and lifted once.
#[test]
fn prv_5_a_retention_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Retention));
}
