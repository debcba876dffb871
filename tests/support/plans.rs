//! Follow-up plans of the tests, and leads that have them.

use super::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::settings::FollowUpPlan;
use serde_json::{Value, json};

pub const SELLER: &str = "ben.krause";

/// A plan of two calls and a mail of a contract: on Tuesday, Thursday and Monday, if it starts on a Monday.
pub fn calls() -> Value {
    json!({"id": "calls", "name": "Calls", "steps": [
        {"day": 1, "type": "phone_outbound", "title": "First call"},
        {"day": 3, "type": "email_outbound", "title": "Mail", "text": "still-there", "purpose": "contract"},
        {"day": 6, "type": "phone_outbound", "title": "Last call"},
    ]})
}

/// A world with plans and a canned answer.
pub async fn world(now: &str, plans: &[Value]) -> World {
    let world = World::at(now).await;
    save(&world, "still-there", "de", "Noch da?").await;
    set(&world, plans).await;
    world
}

pub async fn save(world: &World, id: &str, language: &str, subject: &str) {
    let text = json!({"kind": "canned", "medium": "email", "language": language, "name": "Still there", "subject": subject,
        "text": "{{ greeting }}\n\n{{ seller }}"});
    let reply = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/{id}")).json(&text)).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
}

pub async fn set(world: &World, plans: &[Value]) {
    let plans: Vec<FollowUpPlan> = plans.iter().map(|plan| serde_json::from_value(plan.clone()).unwrap()).collect();
    world.settings(|settings| settings.follow_up_plans = plans).await;
}

/// An answered lead of [`SELLER`].
pub async fn answered(world: &World, name: &str) -> LeadId {
    let lead = world.lead(&enquiry(name)).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": SELLER})).await;
    world.post(SELLER, &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
    world.system.settle().await;
    lead
}

pub async fn start(world: &World, who: &str, lead: LeadId, plan: &str) -> Reply {
    let reply = world.post(who, &format!("/leads/{lead}/plan"), &json!({"id": plan})).await;
    world.system.settle().await;
    reply
}
