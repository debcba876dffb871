//! The overview of leads (OVR-4).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use serde_json::{Value, json};

/// OVR-4: leads by deadline met, response in working minutes, escalations, won and lost, in total and by user, source and dealer. The
/// deadline of the time of the answer counts.
#[tokio::test]
async fn ovr_4_leads_are_counted_by_the_first_reaction_and_its_deadline() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for (name, source) in [("a", "website"), ("b", "Portal"), ("c", "website"), ("d", "portal")] {
        let mut body = enquiry(name);
        body["source"] = json!(source);
        ids.push(world.lead(&body).await);
    }
    let post = async |i: usize, what: &str, body: Value| {
        assert_eq!(world.post(ADMIN, &format!("/leads/{}/{what}", ids[i]), &body).await.status, 200)
    };
    world.advance_to("2026-11-23T09:30:00Z").await;
    post(0, "reactions", json!({"kind": "reply"})).await;
    post(3, "status", json!({"status": "lost", "reason": "price"})).await;
    // The deadline is at 12:00 in Berlin; the lunch break starts at 12:30.
    world.advance_to("2026-11-23T13:00:00Z").await;
    post(1, "reactions", json!({"kind": "call_reached"})).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    post(1, "status", json!({"status": "won"})).await;
    // A contact who was answered in time and enquires again has a new deadline; the first answer stays in time, and has no level.
    assert_eq!(world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("a")).await.status, 200);
    world.advance_to("2026-11-25T15:00:00Z").await;
    let body = world.get(ADMIN, "/overview/leads").await.body;
    let leads = &body["leads"];
    let number = |name: &str| leads[name]["number"].as_u64().unwrap();
    assert_eq!(leads["received"], 4);
    assert_eq!(["answered", "in_time", "late", "overdue", "level_1", "level_2", "won", "lost"].map(number), [3, 2, 1, 1, 2, 1, 1, 1]);
    assert_eq!(leads["in_time"]["percentage"], 50.0);
    // 30, 30 and 180 working minutes: 9:00 to 11:30 and 12:30 to 13:00, UTC.
    assert_eq!((&leads["median_response_minutes"], &leads["p90_response_minutes"]), (&json!(30.0), &json!(180.0)));
    let buckets: Vec<u64> = leads["response_times"].as_array().unwrap().iter().map(|bucket| bucket["number"].as_u64().unwrap()).collect();
    assert_eq!((buckets, number("unanswered")), (vec![0, 2, 0, 0, 1, 0, 0, 0], 1));
    let of = |by: &str, name: &str| body[by][name]["received"].as_u64();
    assert_eq!((of("sources", "website"), of("sources", "portal"), of("dealers", NORDSTERN)), (Some(2), Some(2), Some(4)));
    assert_eq!(body["users"].as_object().unwrap().values().map(|user| user["received"].as_u64().unwrap()).sum::<u64>(), 4);
    let portal = world.get(ADMIN, "/overview/leads?source=PORTAL&received_from=2026-11-23&received_to=2026-11-23").await.body;
    assert_eq!((&portal["leads"]["received"], &portal["leads"]["median_response_minutes"]), (&json!(2), &json!(30.0)));
    assert_eq!(world.get(ADMIN, "/overview/leads?received_from=2026-11-24").await.body["leads"]["received"], 0);
    assert_eq!(world.get("anna.vogt", "/overview/leads").await.body["leads"]["received"], body["users"]["anna.vogt"]["received"]);
}

/// OVR-4: response times are counted in buckets that include their upper ends, in total and by user, source and dealer. Nordstern opens
/// from 7:00 to 11:30 and from 12:30 to 17:00, UTC: nine hours a day, of which seven are left on the day of the arrival.
#[tokio::test]
async fn ovr_4_response_times_are_distributed_over_fixed_buckets() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for i in 0..11 {
        let mut body = enquiry(&format!("n{i}"));
        body["source"] = json!(["website", "portal"][i % 2]);
        ids.push(world.lead(&body).await);
    }
    let answers = [
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:15:00Z",
        "2026-11-23T09:15:01Z",
        "2026-11-23T09:30:00Z",
        "2026-11-23T10:00:00Z",
        "2026-11-23T11:00:00Z",
        "2026-11-23T14:00:00Z",
        "2026-11-24T08:00:00Z",
        "2026-11-25T16:00:00Z",
        "2026-11-25T16:00:01Z",
    ];
    for (id, time) in ids.iter().zip(answers) {
        world.advance_to(time).await;
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200, "{time}");
    }
    let body = world.get(ADMIN, "/overview/leads").await.body;
    let numbers = |counts: &Value| -> Vec<u64> {
        let buckets = counts["response_times"].as_array().unwrap();
        buckets.iter().chain([&counts["unanswered"]]).map(|bucket| bucket["number"].as_u64().unwrap()).collect()
    };
    let leads = &body["leads"];
    let ends: Vec<&Value> = leads["response_times"].as_array().unwrap().iter().map(|bucket| &bucket["up_to_minutes"]).collect();
    assert_eq!(json!(ends), json!([15, 30, 60, 120, 240, 480, 1440, null]));
    assert_eq!(numbers(leads), [2, 2, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!((&leads["response_times"][0]["percentage"], &leads["unanswered"]["percentage"]), (&json!(18.2), &json!(9.1)));
    assert_eq!(numbers(&body["sources"]["website"]), [1, 1, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(numbers(&body["sources"]["portal"]), [1, 1, 0, 1, 0, 1, 0, 1, 0]);
    assert_eq!(numbers(&body["dealers"][NORDSTERN]), numbers(leads));
    let of_users = body["users"].as_object().unwrap().values().map(numbers);
    let sum = of_users.reduce(|sum, user| sum.iter().zip(user).map(|(sum, number)| sum + number).collect());
    assert_eq!(sum, Some(numbers(leads)));
}

/// OVR-4, LEAD-6: a deadline that was moved by hand does not change whether a lead was answered in time or is overdue.
#[tokio::test]
async fn ovr_4_a_lead_is_judged_by_its_original_deadline() {
    let world = World::new().await;
    let ids = [world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await];
    for id in ids {
        let body = json!({"at": "2026-11-25T10:00:00Z"}).to_string();
        let headers = [("content-type", "application/json")];
        let moved = world
            .call(Request::patch(ADMIN, &format!("/leads/{id}/deadlines/first-contact")).headers(&headers).body(body.as_bytes()))
            .await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    // The original deadline was at 12:00 in Berlin.
    world.advance_to("2026-11-23T11:15:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/reactions", ids[0]), &json!({"kind": "reply"})).await.status, 200);
    let leads = world.get(ADMIN, "/overview/leads").await.body["leads"].clone();
    assert_eq!(["in_time", "late", "overdue"].map(|name| leads[name]["number"].as_u64().unwrap()), [0, 1, 1]);
}
