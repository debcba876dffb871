//! The list of the day for each salesperson (APT-7).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, SOUTH};
use super::journey::{Journey, post, until};
use crate::support::world::{Reply, Request};
use serde_json::{Value, json};

/// Makes an appointment.
pub(super) async fn book(cloud: &Cloud, who: &str, key: &str, user: &str, at: &str) -> Reply {
    let customer = json!({"name": key, "email": format!("{key}@example.com")});
    let body = json!({"customer": customer, "kind": "showroom", "at": at, "user": user});
    post(cloud, who, &format!("/dealers/{SOUTH}/appointments"), key, &body).await
}

/// The boss makes appointments for the seller, takes one from the seller and cancels one. The next morning the seller gets the list of the
/// day.
pub async fn mornings(cloud: &Cloud) -> Vec<Reply> {
    let kept = book(cloud, BOSS, "jana", "sam", "2026-11-24T09:00:00Z").await;
    let cancelled = book(cloud, BOSS, "lena", "sam", "2026-11-24T10:00:00Z").await;
    let given = book(cloud, BOSS, "mona", "sam", "2026-11-24T11:00:00Z").await;
    let own = book(cloud, "sam", "nora", "sam", "2026-11-24T12:00:00Z").await;
    until(cloud, "2026-11-23T09:30:00Z").await;
    let path = format!("/appointments/{}", given.text("/id"));
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-give"), ("if-match", "*")];
    let given = cloud.request(&Request::patch(BOSS, &path).headers(&headers).body(json!({"user": ""}).to_string().as_bytes())).await;
    let gone = post(cloud, BOSS, &format!("/appointments/{}/cancellation", cancelled.text("/id")), "k-c", &json!({})).await;
    until(cloud, "2026-11-24T07:50:00Z").await;
    let status = |reply: Reply| Reply { body: Value::Null, ..reply };
    [kept, cancelled, own, given, gone].map(status).to_vec()
}

/// APT-7: each salesperson gets the list of the day once, whatever fails.
#[test]
fn apt_7_the_list_of_the_day_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Mornings));
}
