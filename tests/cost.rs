//! What a lead costs, as DynamoDB counts it.

use crate::world::{NORDSTERN, World, enquiry};
use forecourt_store::Spent;
use serde_json::json;

async fn spent(world: &World, body: &serde_json::Value) -> Spent {
    let before = world.store.spent();
    world.lead(body).await;
    world.store.spent().since(before)
}

/// INT-9: one read, one transaction, and at most 18 write units until the lead has an owner, a deadline and a notice.
#[tokio::test]
async fn int_9_a_known_dealers_lead_is_two_round_trips_and_at_most_18_write_units() {
    let world = World::new().await;
    world.lead(&enquiry("warm")).await;
    let body = json!({
        "source": "website", "external_id": "w-1", "type": "used_car",
        "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "de"},
        "vehicle": {"make": "Opel", "model": "Corsa", "year": 2023, "stock_number": "GW-1138"},
        "message": "Guten Tag, ist der Wagen noch da? Ich könnte am Samstag vorbeikommen."
    });
    let full = spent(&world, &body).await;
    let email_only = spent(&world, &enquiry("karl")).await;
    println!("intake to assigned, e-mail and phone: {full:?}");
    println!("intake to assigned, e-mail only:      {email_only:?}");
    assert_eq!(full.calls, 2);
    assert!(full.write_units <= 18.0, "{full:?}");
    assert!(email_only.write_units <= 16.0, "{email_only:?}");
    assert!(full.read_units <= 5.0, "{full:?}");
}

/// What is read is one call: a lead's page, and a page of the list.
#[tokio::test]
async fn lead_1_and_lead_8_are_one_read_each() {
    let world = World::new().await;
    let id = world.lead(&enquiry("warm")).await;
    world.get("anna.vogt", &format!("/leads/{id}")).await;
    let before = world.store.spent();
    world.get("anna.vogt", &format!("/leads/{id}")).await;
    let page = world.store.spent().since(before);
    for i in 0..3 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    let before = world.store.spent();
    world.get("ingo.brandt", &format!("/dealers/{NORDSTERN}/leads?limit=3")).await;
    let list = world.store.spent().since(before);
    println!("lead page: {page:?}\nlist page: {list:?}");
    assert_eq!((page.calls, list.calls), (1, 2), "the list's asker is looked up once a minute");
}

/// A timer that finds nothing to do costs one read and no write (ESC-8).
#[tokio::test]
async fn esc_8_a_stale_wake_up_costs_no_write() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    let before = world.store.spent();
    world.advance_to("2026-11-30T09:00:00Z").await;
    let spent = world.store.spent().since(before);
    println!("stale wake-ups: {spent:?}");
    assert_eq!(spent.write_units, 0.0);
}

/// DIS-2: what a lead costs more whose rotation was contended, so that it was given out by itself. The store's docs say the same numbers.
#[tokio::test]
async fn dis_2_giving_a_lead_out_by_itself_is_two_round_trips_and_13_write_units() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post("ingo.brandt", &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    let look = json!({"kind": "assign", "group": "demo-group", "dealer": "harbour-cars-demo", "lead": id});
    let event = json!({"Records": [{"messageId": "1", "body": look.to_string()}]});
    let before = world.store.spent();
    let response = forecourt_assign::handle(&world.system.platform, serde_json::from_value(event).unwrap()).await;
    let spent = world.store.spent().since(before);
    assert_eq!(response.batch_item_failures.len(), 0);
    println!("given out by itself: {spent:?}");
    assert_eq!((spent.calls, spent.write_units), (2, 13.0));
}

/// What a lead costs from its arrival until nothing is due any more: README's formula rests on these.
#[tokio::test]
async fn int_9_a_leads_whole_life_costs_what_the_readme_says() {
    let world = World::new().await;
    world.lead(&enquiry("warm")).await;
    world.advance_to("2026-11-24T13:00:00Z").await;
    let mut lives = Vec::new();
    for answered in [true, false] {
        let before = world.store.spent();
        let id = world.lead(&enquiry(if answered { "answered" } else { "unanswered" })).await;
        let mut looks = world.system.settle().await;
        if answered {
            world.post("ingo.brandt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
        }
        looks += world.system.advance_to(world.system.clock.now() + chrono::TimeDelta::days(7)).await;
        let spent = world.store.spent().since(before);
        println!("answered: {answered}: {spent:?}, {looks} wake-ups, {} mails in all", world.mails().len());
        lives.push((spent.write_units, spent.read_units, looks));
    }
    assert_eq!(lives, [(26.0, 14.0, 2), (76.0, 37.5, 7)]);
}
