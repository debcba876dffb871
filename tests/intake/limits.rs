//! The limits of enquiries and of open routes (SET-12).

use crate::support::world::{ADMIN, NORDSTERN, World, at, engine, enquiry};
use forecourt_domain::base::{GroupId, Partner, PartnerId};
use forecourt_edge::routes::{self, OPEN_BURST, OPEN_RATE, Route};
use forecourt_local::engine;
use forecourt_local::throttle::Throttle;
use forecourt_store::{EnquiryCounter, Secret, Store};
use serde_json::json;
use std::time::{Duration, Instant};

/// Sets the limit of the demo's portal.
async fn limited(world: &World, enquiries_per_minute: u32) {
    let (group, id) = (GroupId::parse("demo-group").unwrap(), PartnerId::parse("portal-demo").unwrap());
    let portal = world.store.partner(&group, &id).await.unwrap().unwrap().as_ref().clone();
    world.store.put_partner(&group, &Partner { enquiries_per_minute, ..portal }, "AIDADEMOPORTAL").await.unwrap();
}

/// SET-12: over its limit a partner's enquiries are stored all the same. Above ten times the limit they are refused until the minute is
/// over, and a message waits in the queue. Repeats do not count, and other senders are not affected.
#[tokio::test]
async fn set_12_enquiries_over_the_limit_are_stored_and_those_above_ten_times_the_limit_wait() {
    let world = World::at("2026-11-23T09:00:20Z").await;
    limited(&world, 1).await;
    let path = format!("/dealers/{NORDSTERN}/leads");
    let mut first = enquiry("first");
    first["external_id"] = json!("e-1");
    for _ in 0..30 {
        assert_eq!(world.post("partner:portal-demo", &path, &first).await.status, 201);
    }
    for i in 1..10 {
        assert_eq!(world.post("partner:portal-demo", &path, &enquiry(&format!("n{i}"))).await.status, 201, "{i}");
    }
    let refused = world.post("partner:portal-demo", &path, &enquiry("too-many")).await;
    assert_eq!((refused.status, refused.text("/type"), refused.text("/rule")), (429, "urn:forecourt:problem:too-many", "SET-12"));
    assert_eq!(refused.headers["retry-after"], "40");
    assert_eq!(world.post(ADMIN, &path, &enquiry("by-hand")).await.status, 201);
    world.enqueue("m-1", "AIDADEMOPORTAL", Some(NORDSTERN), &enquiry("queued").to_string());
    world.system.settle().await;
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 11);
    world.advance_to("2026-11-23T09:02:00Z").await;
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 12, "the message waited");
    assert_eq!(world.post("partner:portal-demo", &path, &enquiry("too-many")).await.status, 201);
}

/// SET-12: the default limit of 600 costs nothing until a process has ten enquiries of one sender in a minute, and then one write for ten.
#[tokio::test]
async fn set_12_a_sender_is_counted_over_all_processes_at_one_write_for_ten_enquiries() {
    let world = World::new().await;
    let process = || Store::new(engine::client(engine()), &world.table, Secret::new(b"a secret of the tests"));
    let (one, other, scope, now) = (process(), process(), world.scope(), at("2026-11-23T09:00:59Z"));
    let counter = EnquiryCounter { name: "portal", batch: 10 };
    for i in 1..10 {
        assert_eq!(one.count_enquiries(&scope, counter, 1, now).await.unwrap(), i);
    }
    assert_eq!(one.spent().calls, 0);
    assert_eq!(one.count_enquiries(&scope, counter, 1, now).await.unwrap(), 10);
    let spent = one.spent();
    assert_eq!((spent.calls, spent.write_units), (2, 1.0), "{spent:?}");
    assert_eq!(other.enquiries("portal", now), 0, "it has not written yet");
    assert_eq!(other.count_enquiries(&scope, counter, 10, now).await.unwrap(), 20);
    assert_eq!(one.count_enquiries(&scope, counter, 3, now).await.unwrap(), 13);
    assert_eq!(one.count_enquiries(&scope, counter, 7, now).await.unwrap(), 30);
    let next = at("2026-11-23T09:01:00Z");
    assert_eq!((one.enquiries("portal", next), one.count_enquiries(&scope, counter, 10, next).await.unwrap()), (0, 10));
    // Enquiries of the minute before that are counted late do not count in the next one.
    for late in [&one, &other] {
        assert_eq!((late.count_enquiries(&scope, counter, 5, now).await.is_ok(), one.enquiries("portal", next)), (true, 10));
        assert_eq!((late.count_enquiries(&scope, counter, 10, now).await.is_ok(), one.enquiries("portal", next)), (true, 10));
    }
    assert_eq!(one.count_enquiries(&scope, counter, 10, next).await.unwrap(), 20);
}

/// SET-12: the local gateway takes from each open route what the template lets API Gateway take.
#[test]
fn set_12_each_open_route_has_a_throttle_of_its_own() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    let taken = |route: &Route, at: Instant| (0..1_000).take_while(|_| throttle.take(route, at).is_ok()).count();
    let token = Route::of("GET /leads/{id}").unwrap();
    assert_eq!(taken(token, now), 1_000, "a route with a token has no throttle of its own");
    for route in routes::all().filter(|route| route.is_open()) {
        assert_eq!(taken(route, now), OPEN_BURST as usize, "{}", route.key());
        assert_eq!(taken(route, now + Duration::from_secs(1)), OPEN_RATE as usize, "{}", route.key());
        let problem = throttle.take(route, now + Duration::from_secs(1)).unwrap_err();
        assert_eq!((problem.status, problem.retry_after), (429, Some(1)));
    }
}

/// SET-12: an open route takes a fifth of the requests of the whole API, so that a flood of it leaves the other routes alone.
#[test]
fn set_12_an_open_route_takes_a_fifth_of_the_whole_api() {
    let (burst, rate) = (5 * OPEN_BURST, 5 * OPEN_RATE);
    let whole = format!("      DefaultRouteSettings: {{ ThrottlingBurstLimit: {burst}, ThrottlingRateLimit: {rate} }}\n");
    assert!(include_str!("../../infra/template.yaml").contains(&whole), "{whole}");
}
