//! Further messages of a customer: each that waits for an answer has a deadline of its own (INT-6, ESC-13, OVR-4).

use crate::support::world::{ADMIN, World, at, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

async fn ask_again(world: &World, number: u32) {
    let mut body = enquiry("jana");
    body["external_id"] = json!(format!("m-{number}"));
    world.send(&body).await;
}

async fn answer(world: &World, id: LeadId) {
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
}

async fn counts(world: &World) -> Value {
    world.get(ADMIN, "/overview/leads").await.body["leads"].clone()
}

/// OVR-4: the first answer in time, the second in time, the third late, the fourth missing. The counts of first answers stay.
#[tokio::test]
async fn ovr_4_the_answers_to_further_messages_are_judged_apart_from_the_first() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    answer(&world, id).await;
    let first = counts(&world).await;
    assert_eq!((&first["answered"]["number"], &first["further"]["received"]), (&json!(1), &json!(0)));
    world.advance_to("2026-11-23T10:00:00Z").await;
    ask_again(&world, 1).await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.deadline(), lead.clock_runs()), (Some(at("2026-11-23T13:00:00Z")), true));
    // A message while another one waits with an earlier deadline starts no second one.
    world.advance_to("2026-11-23T10:10:00Z").await;
    ask_again(&world, 2).await;
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-23T13:00:00Z")));
    world.advance_to("2026-11-23T10:20:00Z").await;
    answer(&world, id).await;
    let reaction = world.page(id).await.lead.reaction.unwrap();
    assert_eq!((reaction.working_seconds, reaction.in_time()), (1_200, Some(true)), "from the message, not from the arrival");
    ask_again(&world, 3).await;
    world.advance_to("2026-11-23T14:00:00Z").await;
    answer(&world, id).await;
    ask_again(&world, 4).await;
    let open = counts(&world).await["further"].clone();
    assert_eq!((&open["received"], &open["answered"]["number"], &open["overdue"]["number"]), (&json!(3), &json!(2), &json!(0)));
    world.advance_to("2026-11-24T12:00:00Z").await;
    let all = counts(&world).await;
    let further = &all["further"];
    let number = |name: &str| further[name]["number"].as_u64().unwrap();
    assert_eq!(["answered", "in_time", "late", "overdue"].map(number), [2, 1, 1, 1]);
    // 20 working minutes, and 160: 10:20 to 11:30 and 12:30 to 14:00, UTC.
    let buckets: Vec<u64> = further["response_times"].as_array().unwrap().iter().map(|bucket| bucket["number"].as_u64().unwrap()).collect();
    assert_eq!(buckets, [0, 1, 0, 0, 1, 0, 0, 0]);
    for name in ["received", "answered", "in_time", "late", "overdue", "median_response_minutes", "unanswered", "response_times"] {
        assert_eq!(all[name], first[name], "{name}");
    }
    // Level 1 of the third message, which was answered late, and of the fourth.
    let levels = [&all["level_1"], &all["level_2"], &further["level_1"], &further["level_2"]].map(|is| is["number"].as_u64().unwrap());
    assert_eq!(levels, [0, 0, 2, 0]);
}

/// ESC-7, MSG-1: a message that Forecourt sends by itself answers no further message; closing the lead does, as for the first one.
#[tokio::test]
async fn esc_7_a_further_message_is_answered_by_a_person_only() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    answer(&world, id).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    ask_again(&world, 1).await;
    world.advance_to("2026-11-24T13:30:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.clock_runs(), lead.level()), (true, 2), "notices went out, and nobody answered");
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let further = counts(&world).await["further"].clone();
    assert_eq!((&further["answered"]["number"], &further["late"]["number"]), (&json!(1), &json!(1)));
    assert_eq!((&further["level_1"]["number"], &further["level_2"]["number"]), (&json!(1), &json!(1)));
    assert_eq!(counts(&world).await["level_2"]["number"], json!(0), "the first message was answered in time");
}
