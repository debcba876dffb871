//! A move after a no-show makes a new appointment, so that the no-show stays counted (APT-12).

use super::notices::{ANNA, BEN, act, book};
use crate::support::appointments::{appointment, made, seen};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use serde_json::{Value, json};

const VISIT: &str = "2026-11-23T10:30:00+01:00";
const NEXT: &str = "2026-11-26T10:00:00+01:00";

async fn moved(world: &World, id: &str, at: &str) -> Reply {
    world.post(ANNA, &format!("/appointments/{id}/time"), &json!({"at": at})).await
}

/// APT-12: a visit that is over stays a to-do and can still become a no-show: its move makes a new appointment. A visit that is not over is
/// moved, because the customer is late, and a past time is corrected.
#[tokio::test]
async fn apt_12_a_move_of_a_visit_that_is_over_makes_a_new_appointment() {
    let world = World::new().await;
    let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let late = moved(&world, &id, "2026-11-23T11:30:00+01:00").await;
    assert_eq!((late.status, late.text("/id"), late.text("/at")), (200, id.as_str(), "2026-11-23T10:30:00Z"), "{}", late.body);
    world.advance_to("2026-11-23T12:00:00Z").await;
    let corrected = moved(&world, &id, "2026-11-23T11:15:00+01:00").await;
    assert_eq!((corrected.status, corrected.text("/id")), (200, id.as_str()), "{}", corrected.body);
    let next = moved(&world, &id, NEXT).await;
    assert_eq!((next.status, next.text("/follows"), next.text("/attendance")), (200, id.as_str(), "unknown"), "{}", next.body);
    let again = moved(&world, &id, NEXT).await;
    assert_eq!((again.status, again.text("/id")), (200, next.text("/id")), "{}", again.body);
    let old = seen(&world, &id).await;
    assert_eq!((old.text("/attendance"), old.text("/at")), ("unknown", "2026-11-23T10:15:00Z"));
    act(&world, ANNA, &id, "attendance", &json!({"attendance": "no_show"})).await;
    // The event of a lead does the same.
    let lead = world.lead(&enquiry("piet")).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-23T14:00:00Z"});
    let drive = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.text("/id").to_owned();
    world.advance_to("2026-11-23T16:00:00Z").await;
    let moved = world.post(ADMIN, &format!("/leads/{lead}/events/{drive}/time"), &json!({"at": NEXT})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!((moved.text("/at"), moved.text("/follow_up/at")), ("2026-11-23T14:00:00Z", "2026-11-26T09:00:00Z"), "{}", moved.body);
    assert_eq!(world.events(lead).await.len(), 2);
    // From the next day on the no-show is counted, and the visit to come is not.
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(attendance(&world).await["no_show"]["number"], 1);
}

async fn attendance(world: &World) -> Value {
    world.get(ADMIN, "/overview/appointments").await.body["attendance"].clone()
}

/// APT-12: the new appointment names the old one, and the old one stays a no-show. The customer gets a confirmation. A repeat makes no
/// second one.
#[tokio::test]
async fn apt_12_a_move_after_a_no_show_makes_a_new_appointment() {
    let world = World::new().await;
    let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
    act(&world, ANNA, &id, "attendance", &json!({"attendance": "no_show"})).await;
    world.system.settle().await;
    let letters = mails_to(&world, "jana").len();
    let past = moved(&world, &id, "2026-11-23T09:30:00+01:00").await;
    assert_eq!((past.status, past.faults()), (422, vec!["at APT-12".to_owned()]), "{}", past.body);
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let path = format!("/appointments/{id}/time");
    let keyed = || world.call(Request::post(ANNA, &path).headers(&headers).body(json!({"at": NEXT}).to_string().as_bytes()));
    let next = keyed().await;
    assert_eq!((next.status, next.text("/follows"), next.text("/attendance")), (200, id.as_str(), "unknown"), "{}", next.body);
    let new = next.text("/id").to_owned();
    assert_ne!(new, id);
    for again in [keyed().await, moved(&world, &id, NEXT).await] {
        assert_eq!((again.status, again.text("/id")), (200, new.as_str()), "{}", again.body);
    }
    let other = moved(&world, &id, "2026-11-27T10:00:00+01:00").await;
    assert_eq!((other.status, other.text("/rule")), (409, "APT-12"), "{}", other.body);
    let old = seen(&world, &id).await;
    assert_eq!((old.text("/attendance"), old.text("/followed_by"), old.text("/at")), ("no_show", new.as_str(), "2026-11-23T09:30:00Z"));
    let page = seen(&world, &new).await;
    assert_eq!((page.text("/user"), page.text("/customer/name"), page.text("/at")), (ANNA, "jana", "2026-11-26T09:00:00Z"));
    let mails = mails_to(&world, "jana");
    assert_eq!(mails.len(), letters + 1, "{mails:?}");
    world.advance_to("2026-11-27T10:00:00Z").await;
    act(&world, ANNA, &new, "attendance", &json!({"attendance": "completed"})).await;
    let counts = attendance(&world).await;
    assert_eq!((&counts["no_show"]["number"], &counts["completed"]["number"]), (&json!(1), &json!(1)), "{counts}");
    let overview = world.get(ADMIN, "/overview/appointments").await;
    assert_eq!((&overview.body["appointments"]["total"], &overview.body["appointments"]["customers"]), (&json!(2), &json!(1)));
    // A wrong mark is taken back first; then the appointment itself moves.
    let wrong = book(&world, ADMIN, "kim", ANNA, "2026-11-27T12:00:00+01:00").await;
    act(&world, ANNA, &wrong, "attendance", &json!({"attendance": "no_show"})).await;
    act(&world, ANNA, &wrong, "attendance", &json!({"attendance": "unknown"})).await;
    assert_eq!(moved(&world, &wrong, "2026-11-30T10:00:00+01:00").await.text("/id"), wrong);
}

/// APT-12: the appointment of a lead gets a new event, by the route of the appointment and by that of the event.
#[tokio::test]
async fn apt_12_a_move_of_a_leads_no_show_makes_a_new_event() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await;
    let id = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": VISIT, "user": ANNA})).await;
    act(&world, ANNA, &id, "attendance", &json!({"attendance": "no_show"})).await;
    let next = moved(&world, &id, NEXT).await;
    assert_eq!((next.status, next.text("/lead")), (200, lead.to_string().as_str()), "{}", next.body);
    let events = world.get(ANNA, &format!("/leads/{lead}/events")).await;
    let states: Vec<&str> = events.body["events"].as_array().unwrap().iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["incomplete", "no_show"], "{}", events.body);
    // A booked test drive is moved on the calendar.
    let path = format!("/leads/{lead}/events");
    let drive = world.post(ANNA, &path, &json!({"title": "Drive", "type": "booked_test_drive", "at": VISIT})).await;
    let event = format!("{path}/{}", drive.text("/id"));
    assert_eq!(world.post(ANNA, &format!("{event}/no-show"), &json!({"reason": "did_not_come"})).await.status, 200);
    for _ in 0..2 {
        let moved = world.post(ANNA, &format!("{event}/time"), &json!({"at": NEXT})).await;
        assert_eq!((moved.status, moved.text("/state")), (200, "no_show"), "{}", moved.body);
        assert_eq!(moved.text("/follow_up/state"), "incomplete", "{}", moved.body);
    }
    let events = world.get(ANNA, &path).await.body["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 4, "{events:?}");
    let overview = world.get(ADMIN, "/overview/appointments").await;
    let rows = overview.body["rows"].as_array().unwrap();
    let drives: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "test_drive").collect();
    let (former, next) = if drives[0]["follows"].is_null() { (drives[0], drives[1]) } else { (drives[1], drives[0]) };
    assert_eq!((&next["follows"], &former["attendance"]), (&former["id"], &json!("no_show")), "{drives:?}");
    assert_eq!(seen(&world, former["id"].as_str().unwrap()).await.text("/followed_by"), next["id"].as_str().unwrap());
}

/// APT-12, CAL-4: a follow-up of a no-show that is an appointment names it, too.
#[tokio::test]
async fn apt_12_the_follow_up_of_a_no_show_names_it() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": BEN})).await;
    let path = format!("/leads/{lead}/events");
    let drive = world.post(BEN, &path, &json!({"title": "Drive", "type": "booked_test_drive", "at": VISIT})).await;
    let follow_up = json!({"title": "Drive", "type": "booked_test_drive", "at": NEXT});
    let body = json!({"reason": "did_not_come", "follow_up": follow_up});
    let marked = world.post(BEN, &format!("{path}/{}/no-show", drive.text("/id")), &body).await;
    assert_eq!(marked.status, 200, "{}", marked.body);
    world.system.settle().await;
    let overview = world.get(ADMIN, "/overview/appointments").await;
    let rows = overview.body["rows"].as_array().unwrap();
    let next = rows.iter().find(|row| !row["follows"].is_null()).unwrap();
    assert_eq!(seen(&world, next["follows"].as_str().unwrap()).await.text("/followed_by"), next["id"].as_str().unwrap());
}

/// APT-5, APT-12: another system moves its appointment itself; the history keeps the no-show.
#[tokio::test]
async fn apt_12_a_partner_moves_its_own_appointment() {
    let world = World::new().await;
    let mut body = appointment("jana", VISIT);
    body["external_id"] = json!("c-1");
    let id = made(&world, "partner:centre-demo", &body).await;
    act(&world, ADMIN, &id, "attendance", &json!({"attendance": "no_show"})).await;
    let moved = world.post("partner:centre-demo", &format!("/appointments/{id}/time"), &json!({"at": NEXT})).await;
    assert_eq!((moved.status, moved.text("/id"), moved.text("/attendance")), (200, id.as_str(), "unknown"), "{}", moved.body);
    assert!(moved.body["history"].to_string().contains("no_show"), "{}", moved.body);
}
