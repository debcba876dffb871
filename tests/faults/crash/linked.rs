//! A booking that is linked to the customer's open lead (APT-8).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH, POND};
use super::journey::{Journey, enquiry, lead, post, until};
use crate::support::world::{Reply, Request};
use serde_json::{Value, json};

/// Books for a customer, and refuses warnings.
async fn book(cloud: &Cloud, (dealer, key): (&str, &str), name: &str, user: &str, at: &str) -> Reply {
    let customer = json!({"name": name, "email": format!("{name}@example.com")});
    let body = json!({"customer": customer, "kind": "showroom", "at": at, "user": user, "despite": []});
    post(cloud, BOSS, &format!("/dealers/{dealer}/appointments"), key, &body).await
}

/// The boss books for a customer with an open lead, for one whose lead waits in the pool, and for one with two open leads, and chooses one
/// of these. A second booking of the same time is refused.
pub async fn linked(cloud: &Cloud) -> Vec<Reply> {
    let first = lead(cloud, NORTH, "k-1", &enquiry("jana")).await;
    let pooled = lead(cloud, POND, "k-2", &enquiry("lena")).await;
    let closed = lead(cloud, NORTH, "k-3", &enquiry("mona")).await;
    let path = format!("/leads/{}/status", closed.text("/id"));
    let lost = post(cloud, BOSS, &path, "k-4", &json!({"status": "lost", "reason": "price"})).await;
    let second = lead(cloud, NORTH, "k-5", &enquiry("mona")).await;
    let open = post(cloud, BOSS, &path, "k-6", &json!({"status": "in_progress"})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    let one = book(cloud, (NORTH, "b-1"), "jana", "anna", "2026-11-23T11:00:00Z").await;
    let doubled = book(cloud, (NORTH, "b-2"), "jana", "anna", "2026-11-23T11:30:00Z").await;
    let taken = book(cloud, (POND, "b-3"), "lena", "pia", "2026-11-23T11:00:00Z").await;
    let several = book(cloud, (NORTH, "b-4"), "mona", "ben", "2026-11-23T12:00:00Z").await;
    let choice = json!({"lead": several.text("/proposed_leads/0/id")}).to_string();
    let path = format!("/appointments/{}", several.text("/id"));
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    let chosen = cloud.request(&Request::patch(BOSS, &path).headers(&headers).body(choice.as_bytes())).await;
    until(cloud, "2026-11-23T09:30:00Z").await;
    let status = |reply: Reply| Reply { body: Value::Null, ..reply };
    [first, pooled, closed, lost, second, open, one, doubled, taken, several, chosen].map(status).to_vec()
}

/// APT-8: an appointment is linked once, and its lead leaves the pool once, whatever fails.
#[test]
fn apt_8_a_linked_booking_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Linked));
}
