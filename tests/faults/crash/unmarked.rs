//! Visits that nobody marks (APT-12).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, SOUTH};
use super::journey::{Journey, enquiry, lead, post, settings, until};
use super::mornings::book;
use crate::support::world::Reply;
use serde_json::{Value, json};

/// Four visits of a day, of which one belongs to a lead. Nobody marks two of them: the dealer's rule makes a no-show of one on the same day
/// and of the other one on the next day, and the supervisor gets that one in the list of the day. One customer arrives, one is marked.
pub async fn unmarked(cloud: &Cloud) -> Vec<Reply> {
    settings(cloud, SOUTH, |settings| settings.appointments.no_show_after_hours = 2).await;
    let of_lead = lead(cloud, SOUTH, "k-l", &enquiry("jana")).await;
    let body = json!({"lead": of_lead.body["id"], "kind": "showroom", "at": "2026-11-23T10:00:00Z", "user": "sam"});
    let missed = post(cloud, BOSS, &format!("/dealers/{SOUTH}/appointments"), "k-m", &body).await;
    let there = book(cloud, BOSS, "karl", "sam", "2026-11-23T11:00:00Z").await;
    let marked = book(cloud, BOSS, "lena", "sam", "2026-11-23T12:00:00Z").await;
    let late = book(cloud, BOSS, "mona", "sam", "2026-11-23T16:00:00Z").await;
    until(cloud, "2026-11-23T11:05:00Z").await;
    let of = |appointment: &Reply, path: &str| format!("/appointments/{}/{path}", appointment.text("/id"));
    let arrived = post(cloud, "sam", &of(&there, "arrival"), "k-a", &json!({})).await;
    until(cloud, "2026-11-23T13:10:00Z").await;
    let came = post(cloud, "sam", &of(&marked, "attendance"), "k-c", &json!({"attendance": "completed"})).await;
    until(cloud, "2026-11-24T09:30:00Z").await;
    let status = |reply: Reply| Reply { body: Value::Null, ..reply };
    [of_lead, missed, there, marked, late, arrived, came].map(status).to_vec()
}

/// APT-12: each visit gets its attendance and each list is sent once, whatever fails.
#[test]
fn apt_12_the_checks_after_visits_survive_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Unmarked));
}
