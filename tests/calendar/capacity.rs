//! The reserved time of users (CAL-7).

use crate::support::invitations::taken;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, enquiry};
use serde_json::json;

/// CAL-7: every future event with a time reserves its user's time, and releases it when it moves or ends.
#[tokio::test]
async fn cal_7_every_future_event_with_a_time_reserves_and_releases_its_users_time() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let events = format!("/leads/{id}/events");
    let event = |at: &str| json!({"title": "Call", "type": "phone_outbound", "at": at});
    let planned = async |body| world.post(ADMIN, &events, &body).await.text("/id").to_owned();
    let (done, moved) = (planned(event("2026-11-24T09:00:00Z")).await, planned(event("2026-11-24T23:30:00Z")).await);
    planned(json!({"title": "A note without a time", "type": "notes"})).await;
    planned(event("2026-11-20T09:00:00Z")).await;
    let days = async || (taken(&world, "anna.vogt", "2026-11-24").await, taken(&world, "anna.vogt", "2026-11-25").await);
    assert_eq!(days().await, (6, 2), "over midnight in UTC it is in two days");
    assert_eq!(taken(&world, "anna.vogt", "2026-11-20").await + taken(&world, "anna.vogt", "2026-11-23").await, 0);
    let time = |event: &str| format!("{events}/{event}/time");
    world.post(ADMIN, &time(&moved), &json!({"at": "2026-11-25T12:10:00Z"})).await;
    assert_eq!(days().await, (4, 5), "each quarter-hour that it touches");
    // After reassignment, the time is the new owner's at once.
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!((days().await, taken(&world, "ben.krause", "2026-11-25").await), ((0, 0), 5));
    world.post(ADMIN, &time(&moved), &json!({"at": "2026-11-25T12:00:00Z"})).await;
    assert_eq!((days().await, taken(&world, "ben.krause", "2026-11-25").await), ((0, 0), 4));
    let follow_up = json!({"reason": "not_reached", "follow_up": event("2026-11-24T15:00:00Z")});
    assert_eq!(world.post(ADMIN, &format!("{events}/{done}/no-show"), &follow_up).await.status, 200);
    assert_eq!((days().await, taken(&world, "ben.krause", "2026-11-24").await), ((0, 0), 4));
    assert_eq!(world.call(Request::delete(ADMIN, &format!("{events}/{moved}"))).await.status, 200);
    assert_eq!(taken(&world, "ben.krause", "2026-11-25").await, 0);
    // An event that is completed after its start keeps its time; one that is completed before releases it, also when the lead is won.
    planned(event("2026-11-26T09:00:00Z")).await;
    world.advance_to("2026-11-24T15:10:00Z").await;
    let won = world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "won", "complete_events": "all"})).await;
    assert_eq!(won.status, 200, "{}", won.body);
    assert_eq!((taken(&world, "ben.krause", "2026-11-24").await, taken(&world, "ben.krause", "2026-11-26").await), (4, 0));
    assert_eq!(world.page(id).await.lead.planned.len(), 0);
    assert!(at("2026-11-24T15:10:00Z") == world.system.clock.now());
}

/// CAL-2, CAL-7: an event moved to today without a time of day gets the present time and reserves no time, neither for its owner nor for
/// the next owner.
#[tokio::test]
async fn cal_7_an_event_moved_to_today_without_a_time_reserves_no_time() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let call = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-24T09:00:00Z"});
    let event = world.post(ADMIN, &format!("/leads/{id}/events"), &call).await.text("/id").to_owned();
    assert_eq!(taken(&world, "anna.vogt", "2026-11-24").await, 4);
    let time = format!("/leads/{id}/events/{event}/time");
    assert_eq!(world.post(ADMIN, &time, &json!({"date": "2026-11-23"})).await.text("/at"), "2026-11-23T09:00:00Z");
    assert_eq!((taken(&world, "anna.vogt", "2026-11-24").await, taken(&world, "anna.vogt", "2026-11-23").await), (0, 0));
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!(taken(&world, "ben.krause", "2026-11-23").await, 0);
    assert_eq!(world.post(ADMIN, &time, &json!({"date": "2026-11-25"})).await.status, 200);
    assert_eq!(taken(&world, "ben.krause", "2026-11-25").await, 4, "another day has its opening");
}

/// CAL-7: the capacity is a part of the settings and is validated together with the others.
#[tokio::test]
async fn cal_7_the_capacity_settings_are_validated_and_stored() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/capacity");
    let got = world.get(ADMIN, &path).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let tag = got.headers["etag"].to_str().unwrap().to_owned();
    let put = async |tag: &str, body: serde_json::Value| {
        world
            .call(
                Request::put(ADMIN, &path)
                    .headers(&[("content-type", "application/json"), ("if-match", tag)])
                    .body(body.to_string().as_bytes()),
            )
            .await
    };
    let wrong = put(&tag, json!({"per_slot": 99, "step": 7, "durations": {"delivery": 20}, "latest": "08:00", "earliest": "09:00"})).await;
    let faults = ["per_slot CAL-7", "step CAL-7", "durations.delivery CAL-7", "latest CAL-7"];
    assert_eq!((wrong.status, wrong.faults()), (422, faults.map(str::to_owned).to_vec()), "{}", wrong.body);
    assert_eq!(put(&tag, json!({"per_slots": 2})).await.faults(), ["per_slots API-1"]);
    let saved = put(&tag, json!({"per_slot": 2, "durations": {"booked_test_drive": 45}})).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let again = world.get(ADMIN, &path).await;
    assert_eq!(again.body.to_string(), saved.body.to_string());
    assert!(saved.body.to_string().contains("\"per_slot\":2"), "{}", saved.body);
}
