//! Follow-up plans (CAL-11).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, SOUTH};
use super::journey::{Journey, enquiry, lead, post, settings, until};
use crate::support::world::Reply;
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

/// A plan starts with the first answer: it makes an event at once, sends a mail on the next day, and stops when the customer asks again. A
/// second lead goes through the whole plan.
pub async fn plans(cloud: &Cloud) -> Vec<Reply> {
    let plan = json!({"id": "p", "name": "P", "starts": "after_answer", "steps": [
        {"day": 0, "type": "phone_outbound", "title": "Call"},
        {"day": 1, "type": "email_outbound", "title": "Mail", "text": "there", "purpose": "contract"},
        {"day": 2, "type": "phone_outbound", "title": "Call again"},
    ]});
    settings(cloud, SOUTH, |settings| settings.follow_up_plans = vec![serde_json::from_value(plan).unwrap()]).await;
    let text = json!({"id": "there", "version": 1, "kind": "canned", "medium": "email", "language": "en", "name": "There", "subject": "Still there?",
        "text": "{{ greeting }}", "changed": 0, "by": {"user": BOSS}});
    let texts = Item::DealerTexts(serde_json::from_value(json!({"dealer": SOUTH, "version": 1, "texts": [text]})).unwrap());
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(texts.clone())), ()));
    cloud.undisturbed().decide(&scope, Load::of([Key::DealerTexts(SOUTH.parse().unwrap())]), rule).await.unwrap();
    let (first, second) = (lead(cloud, SOUTH, "k-1", &enquiry("nora")).await, lead(cloud, SOUTH, "k-2", &enquiry("olaf")).await);
    until(cloud, "2026-11-23T09:05:00Z").await;
    let mut replies = Vec::new();
    for (key, lead) in [("k-3", &first), ("k-4", &second)] {
        replies.push(post(cloud, "sam", &format!("/leads/{}/reactions", lead.text("/id")), key, &json!({"kind": "reply"})).await);
    }
    until(cloud, "2026-11-24T09:00:00Z").await;
    let mut again = enquiry("nora");
    again["message"] = json!("And in red?");
    replies.push(lead(cloud, SOUTH, "k-5", &again).await);
    until(cloud, "2026-11-25T09:00:00Z").await;
    let status = |reply: Reply| Reply { body: Value::Null, ..reply };
    [first, second].into_iter().chain(replies).map(status).collect()
}

/// CAL-11: each step happens once and the plan stops with the customer's answer, whatever fails.
#[test]
fn cal_11_a_plan_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Plans));
}
