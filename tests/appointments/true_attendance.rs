//! What was recorded about a visit stays: late reports, cancellations and other salespersons do not change it (APT-12).

use super::arrival::undo;
use super::notices::{ANNA, BEN, act, book, correct};
use crate::support::appointments::{appointment, made, seen};
use crate::support::pingbacks::{attended, external, ping, secret};
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

const PARTNER: &str = "partner:centre-demo";
const VISIT: &str = "2026-11-23T10:30:00+01:00";
const NEXT: &str = "2026-11-26T10:00:00+01:00";

async fn asked(world: &World, who: &str, id: &str, path: &str, body: &Value) -> Reply {
    world.post(who, &format!("/appointments/{id}/{path}"), body).await
}

async fn given(world: &World, id: &str, body: &Value) -> Reply {
    let version = seen(world, id).await.body["version"].as_u64().unwrap();
    world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).json(body).version(version)).await
}

fn refused(reply: &Reply, rule: &str, naming: &str) {
    assert_eq!((reply.status, reply.text("/rule")), (409, rule), "{}", reply.body);
    assert!(reply.body.to_string().contains(naming), "{naming}: {}", reply.body);
}

fn mark(is: &str) -> Value {
    json!({"attendance": is})
}

/// APT-5, APT-12: reports from before the arrival do not end it, in either order. If the arrival was wrong, they count.
#[tokio::test]
async fn apt_12_a_late_report_from_before_the_arrival_does_not_end_it() {
    let report = |kind: &str, at: &str| json!({"type": format!("appointment.{kind}"), "external_id": "c-1", "at": at});
    let mut later = report("moved", "2026-11-23T09:07:00Z");
    later["to"] = json!("2026-11-23T10:00:00Z");
    let mut other_day = report("moved", "2026-11-23T09:05:00Z");
    other_day["to"] = json!(NEXT);
    let early = [other_day, report("cancelled", "2026-11-23T09:06:00Z"), later, report("missed", "2026-11-23T09:10:00Z")];
    for arrives_first in [true, false] {
        let world = World::new().await;
        let secret = secret(&world, &json!({})).await;
        let id = external(&world, "c-1").await;
        world.advance_to("2026-11-23T09:30:00Z").await;
        if arrives_first {
            act(&world, ADMIN, &id, "arrival", &json!({})).await;
        }
        for (number, report) in early.iter().enumerate() {
            assert_eq!(ping(&world, &secret, &format!("m-{number}"), report).await.status, 200);
            let page = seen(&world, &id).await;
            let stays = (page.text("/state"), page.text("/attendance"), &page.body["arrived_at"]);
            assert!(!arrives_first || stays == ("booked", "unknown", &json!("2026-11-23T09:30:00Z")), "{number}: {}", page.body);
            assert!(!arrives_first || number != 1 || page.text("/at") == "2026-11-23T09:00:00Z", "{}", page.body);
        }
        if !arrives_first {
            act(&world, ADMIN, &id, "arrival", &json!({})).await;
        }
        let page = seen(&world, &id).await;
        let state = ["/state", "/at", "/attendance", "/arrived_at"].map(|field| page.text(field));
        assert_eq!(state, ["booked", "2026-11-23T10:00:00Z", "unknown", "2026-11-23T09:30:00Z"], "{arrives_first}: {}", page.body);
        if arrives_first {
            assert_eq!(undo(&world, ADMIN, &id, "arrival").await.text("/attendance"), "no_show");
        }
    }
}

/// APT-12: what was recorded about a visit is not cancelled away by a request. A report of another system counts by its time.
#[tokio::test]
async fn apt_12_an_appointment_with_an_attendance_is_not_cancelled() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
    for is in ["no_show", "completed"] {
        act(&world, ANNA, &id, "attendance", &mark(is)).await;
        refused(&asked(&world, ANNA, &id, "cancellation", &json!({})).await, "APT-12", "take it back before you cancel");
        assert_eq!(seen(&world, &id).await.text("/attendance"), is);
    }
    act(&world, ANNA, &id, "attendance", &mark("unknown")).await;
    act(&world, ANNA, &id, "cancellation", &json!({})).await;
    let of_partner = external(&world, "c-1").await;
    act(&world, ADMIN, &of_partner, "attendance", &mark("no_show")).await;
    refused(&asked(&world, PARTNER, &of_partner, "cancellation", &json!({})).await, "APT-12", "recorded");
    world.advance_to("2026-11-23T10:00:00Z").await;
    let cancelled = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T09:59:00Z"});
    assert_eq!(ping(&world, &secret, "m-1", &cancelled).await.text("/outcome"), "applied");
}

/// APT-12, CAL-9: a no-show stays with its salesperson, and so does a cancelled appointment. Other corrections stay possible.
#[tokio::test]
async fn apt_12_a_no_show_is_not_given_to_a_colleague() {
    let world = World::new().await;
    let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
    let to_ben = json!({"user": BEN});
    act(&world, ANNA, &id, "attendance", &mark("no_show")).await;
    refused(&given(&world, &id, &to_ben).await, "CAL-9", "recorded");
    correct(&world, ADMIN, &id, &json!({"notes": "Called twice", "user": ANNA})).await;
    act(&world, ANNA, &id, "attendance", &mark("unknown")).await;
    act(&world, ANNA, &id, "cancellation", &json!({})).await;
    refused(&given(&world, &id, &to_ben).await, "CAL-9", "reopen it");
    act(&world, ANNA, &id, "reopening", &json!({})).await;
    assert_eq!(correct(&world, ADMIN, &id, &to_ben).await.text("/user"), BEN);
}

/// APT-12: once another appointment follows, the attendance can be corrected, but not taken back, also if the other one is cancelled.
#[tokio::test]
async fn apt_12_a_followed_appointment_does_not_become_open_again() {
    let world = World::new().await;
    let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
    act(&world, ANNA, &id, "attendance", &mark("no_show")).await;
    let next = asked(&world, ANNA, &id, "time", &json!({"at": NEXT})).await.text("/id").to_owned();
    for _ in 0..2 {
        refused(&asked(&world, ANNA, &id, "attendance", &mark("unknown")).await, "APT-12", &next);
        refused(&asked(&world, ANNA, &id, "arrival", &json!({})).await, "APT-12", &next);
        refused(&asked(&world, ANNA, &id, "time", &json!({"at": "2026-11-27T10:00:00+01:00"})).await, "APT-12", &next);
        act(&world, ANNA, &next, "cancellation", &json!({})).await;
    }
    act(&world, ANNA, &id, "attendance", &mark("completed")).await;
    // The same on the calendar of a lead.
    let lead = world.lead(&enquiry("karl")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await;
    let path = format!("/leads/{lead}/events");
    let drive = world.post(ANNA, &path, &json!({"title": "Drive", "type": "booked_test_drive", "at": VISIT})).await;
    let event = format!("{path}/{}", drive.text("/id"));
    let no_show = json!({"reason": "did_not_come"});
    assert_eq!(world.post(ANNA, &format!("{event}/no-show"), &no_show).await.status, 200);
    assert_eq!(world.post(ANNA, &format!("{event}/reopening"), &json!({})).await.text("/state"), "incomplete");
    assert_eq!(world.post(ANNA, &format!("{event}/no-show"), &no_show).await.status, 200);
    assert_eq!(world.post(ANNA, &format!("{event}/time"), &json!({"at": NEXT})).await.status, 200);
    refused(&world.post(ANNA, &format!("{event}/reopening"), &json!({})).await, "APT-12", "follows this one");
}

/// APT-12, CAL-4: an appointment that was planned with the no-show follows it. A move makes no second one, by either route.
#[tokio::test]
async fn apt_12_a_planned_follow_up_is_the_only_one() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await;
    let id = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": VISIT, "user": ANNA})).await;
    let path = format!("/leads/{lead}/events");
    let event = format!("{path}/{}", seen(&world, &id).await.text("/event"));
    let follow_up = json!({"title": "Drive", "type": "booked_test_drive", "at": NEXT});
    let body = json!({"reason": "did_not_come", "follow_up": follow_up});
    let marked = world.post(ANNA, &format!("{event}/no-show"), &body).await;
    assert_eq!(marked.status, 200, "{}", marked.body);
    let next = seen(&world, &id).await.text("/followed_by").to_owned();
    let friday = json!({"at": "2026-11-27T10:00:00+01:00"});
    refused(&world.post(ANNA, &format!("{event}/time"), &friday).await, "APT-12", &next);
    refused(&asked(&world, ANNA, &id, "time", &friday).await, "APT-12", &next);
    assert_eq!(world.get(ANNA, &path).await.body["events"].as_array().unwrap().len(), 2);
    assert_eq!(seen(&world, &id).await.text("/followed_by"), next);
}

/// APT-5, APT-12: another system can only correct the attendance of an appointment that another one follows.
#[tokio::test]
async fn apt_12_a_report_does_not_move_a_followed_appointment() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let id = external(&world, "c-1").await;
    world.advance_to("2026-11-23T10:30:00Z").await;
    act(&world, ADMIN, &id, "attendance", &mark("no_show")).await;
    let next = asked(&world, ADMIN, &id, "time", &json!({"at": NEXT})).await.text("/id").to_owned();
    world.advance_to("2026-11-23T11:30:00Z").await;
    let at = "2026-11-23T11:00:00Z";
    let moved = json!({"type": "appointment.moved", "external_id": "c-1", "at": at, "to": "2026-11-25T09:00:00Z"});
    let cancelled = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": at});
    for (message, report) in [("m-1", &moved), ("m-2", &cancelled)] {
        assert_eq!(ping(&world, &secret, message, report).await.text("/outcome"), "known");
        let page = seen(&world, &id).await;
        let stays = ["/state", "/at", "/attendance", "/followed_by"].map(|field| page.text(field));
        assert_eq!(stays, ["booked", "2026-11-23T09:00:00Z", "no_show", next.as_str()], "{message}: {}", page.body);
    }
    refused(&asked(&world, PARTNER, &id, "time", &json!({"at": NEXT})).await, "APT-12", &next);
    assert_eq!(ping(&world, &secret, "m-3", &attended("c-1", at)).await.text("/outcome"), "applied");
    assert_eq!(seen(&world, &id).await.text("/attendance"), "completed");
}

/// APT-12: a confirmation belongs to the person who gave it. Another channel of the same person keeps it.
#[tokio::test]
async fn apt_12_another_customer_has_not_confirmed() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", NEXT)).await;
    act(&world, ADMIN, &id, "confirmation", &json!({})).await;
    let same = json!({"customer": {"name": "jana", "email": "jana@example.com", "phone": "0171 7654321"}});
    assert_eq!(correct(&world, ADMIN, &id, &same).await.text("/customer_confirmed/way"), "telephone");
    let other = json!({"customer": {"name": "kim", "email": "kim@example.com", "phone": "0171 7654321"}});
    assert_eq!(correct(&world, ADMIN, &id, &other).await.body.get("customer_confirmed"), None);
    act(&world, ADMIN, &id, "confirmation", &json!({})).await;
    let unreached = json!({"customer": {"name": "kim", "email": "k@example.org", "phone": "0171 1111111"}});
    assert_eq!(correct(&world, ADMIN, &id, &unreached).await.body.get("customer_confirmed"), None);
}
