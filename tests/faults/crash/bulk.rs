//! The journey of bulk actions (LEAD-10).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH};
use super::journey::{Journey, enquiry, lead, post, until};
use crate::support::world::{Reply, Request};
use serde_json::json;

/// The events of three leads are moved by a job, two of the leads go to another user at once, and the events are completed
/// by a job. What a request had no time for is continued from the queue, so that only the results at the end are compared.
pub async fn bulk(cloud: &Cloud) -> Vec<Reply> {
    let mut leads = Vec::new();
    for (key, name) in [("k-1", "nora"), ("k-2", "olga"), ("k-3", "pina")] {
        leads.push(lead(cloud, NORTH, key, &enquiry(name)).await.text("/id").to_owned());
    }
    until(cloud, "2026-11-23T09:05:00Z").await;
    // Each event is of another user, because a user with two events at one time would get a warning in the row that comes second.
    for ((key, user), lead) in [("e-1", "cara"), ("e-2", "ben"), ("e-3", "anna")].into_iter().zip(&leads) {
        let event = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-23T13:00:00Z", "user": user});
        post(cloud, BOSS, &format!("/leads/{lead}/events"), key, &event).await;
    }
    let moved = post(cloud, BOSS, "/bulk-actions", "b-1", &json!({"leads": leads, "move": {"at": "2026-11-23T14:00:00Z"}})).await;
    until(cloud, "2026-11-23T09:12:00Z").await;
    let given = post(cloud, BOSS, "/bulk-actions", "b-2", &json!({"leads": leads[..2], "reassign": {"user": "ben"}})).await;
    until(cloud, "2026-11-23T09:19:00Z").await;
    let done = post(cloud, BOSS, "/bulk-actions", "b-3", &json!({"leads": leads, "complete": {"note": "done"}})).await;
    until(cloud, "2026-11-23T09:26:00Z").await;
    let mut replies = Vec::new();
    for action in [moved, given, done] {
        let path = format!("/bulk-actions/{}", action.text("/id"));
        let mut progress = cloud.request(&Request::get(BOSS, &path)).await;
        progress.body.as_object_mut().unwrap().remove("asked_at");
        replies.push(progress);
        replies.push(cloud.request(&Request::get(BOSS, &format!("{path}/results"))).await);
    }
    replies
}

/// LEAD-10: a bulk action changes each lead once, and each reader gets one mail, whatever fails.
#[test]
fn lead_10_a_bulk_action_is_carried_out_once_whatever_fails() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Bulk));
}
