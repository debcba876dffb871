//! The appointments of a lead that is closed (APT-10, CAL-5).

use crate::support::appointments::{appointment, made, seen};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{LeadId, Status};
use serde_json::{Value, json};

const TO_COME: &str = "2026-11-26T10:00:00+01:00";

async fn close(world: &World, lead: LeadId, body: &Value) -> Reply {
    world.post(ADMIN, &format!("/leads/{lead}/status"), body).await
}

/// A lead with an appointment that the dealer admin makes.
async fn with_appointment(world: &World, when: &str) -> (LeadId, String) {
    let lead = world.lead(&enquiry("jana")).await;
    let mut body = appointment("jana", when);
    body["lead"] = json!(lead);
    let id = made(world, ADMIN, &body).await;
    world.system.settle().await;
    (lead, id)
}

async fn subjects(world: &World) -> Vec<String> {
    world.system.settle().await;
    mails_to(world, "jana").into_iter().map(|(mail, _)| mail.subject.split(" – ").next().unwrap().to_owned()).collect()
}

/// APT-10: without a choice the refusal names the appointments, and nothing changes.
#[tokio::test]
async fn apt_10_a_lead_with_an_appointment_to_come_is_closed_only_with_a_choice() {
    let world = World::new().await;
    let (lead, id) = with_appointment(&world, TO_COME).await;
    let drive = json!({"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00"});
    let event = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.text("/id").to_owned();
    let before = world.page(lead).await.lead;
    for body in [json!({"status": "won"}), json!({"status": "lost", "reason": "price", "complete_events": "all"})] {
        let refused = close(&world, lead, &body).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "APT-10"), "{}", refused.body);
        let named: Vec<(&str, &str, &str)> = refused.body["obstacles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["appointment"].as_str().unwrap(), one["kind"].as_str().unwrap(), one["at"].as_str().unwrap()))
            .collect();
        assert_eq!(named.len(), 2, "{}", refused.body);
        assert_eq!(named[0], (id.as_str(), "showroom", "2026-11-26T09:00:00Z"));
        assert_eq!((named[1].1, named[1].2), ("test_drive", "2026-11-27T09:00:00Z"));
        let detail = refused.text("/detail");
        assert!(detail.contains("2026-11-26 10:00 (Showroom Appointment)") && detail.contains("cancel or to keep"), "{detail}");
    }
    assert_eq!(world.page(lead).await.lead, before, "a refusal changes nothing");
    let events = world.get(ADMIN, &format!("/leads/{lead}/events/{event}")).await;
    assert_eq!(events.text("/state"), "incomplete");
    // A choice that does not exist, and one without a closing.
    let wrong = close(&world, lead, &json!({"status": "won", "appointments": "forget"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["appointments APT-10".into()]));
    let wrong = close(&world, lead, &json!({"status": "in_progress", "appointments": "keep"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["appointments APT-10".into()]));
}

/// APT-10: a cancellation with the lead notifies the customer once, frees the time, and states its reason.
#[tokio::test]
async fn apt_10_closing_a_lead_cancels_its_appointments_to_come_and_notifies_the_customer() {
    let world = World::delivering_twice().await;
    let (lead, id) = with_appointment(&world, TO_COME).await;
    let body = json!({"status": "lost", "reason": "bought_elsewhere", "complete_events": "all", "appointments": "cancel"});
    let headers = [("content-type", "application/json"), ("idempotency-key", "close")];
    for _ in 0..2 {
        let path = format!("/leads/{lead}/status");
        let closed = world.call(Request::post(ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await;
        assert_eq!(closed.status, 200, "{}", closed.body);
    }
    let page = seen(&world, &id).await;
    let cancelled = (page.text("/state"), page.text("/attendance"), page.text("/cancellation/reason"), page.text("/cancellation/side"));
    assert_eq!(cancelled, ("cancelled", "unknown", "lead_closed", "dealer"));
    assert_eq!(subjects(&world).await, ["Ihr Termin am 26.11.2026, 10:00 Uhr", "Absage: Ihr Termin am 26.11.2026, 10:00 Uhr"]);
    let event = world.get(ADMIN, &format!("/leads/{lead}/events/{id}")).await;
    assert_eq!((event.text("/state"), event.text("/reason"), event.text("/side")), ("deleted", "lead_closed", "dealer"));
    assert_eq!(world.page(lead).await.lead.planned, []);
    assert!(world.events(lead).await.iter().all(|event| event.taken.is_none()), "the time is free again");
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    let events = timeline.body["timeline"][0]["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["what"] == "event_deleted" && event["reason"] == "lead_closed"), "{events:?}");
    // A lead that is reopened does not bring the appointment back.
    assert_eq!(close(&world, lead, &json!({"status": "in_progress"})).await.status, 200);
    assert_eq!(seen(&world, &id).await.text("/state"), "cancelled");
}

/// APT-10: a kept appointment takes place. The customer is reminded, and attendance is recorded on the closed lead.
#[tokio::test]
async fn apt_10_a_kept_appointment_takes_place_although_its_lead_is_closed() {
    for status in [json!({"status": "won"}), json!({"status": "lost", "reason": "price"})] {
        let world = World::new().await;
        let (lead, id) = with_appointment(&world, TO_COME).await;
        let mut body = status.clone();
        (body["appointments"], body["complete_events"]) = (json!("keep"), json!("all"));
        assert_eq!(close(&world, lead, &body).await.status, 200);
        world.advance_to("2026-11-26T12:00:00Z").await;
        let page = seen(&world, &id).await;
        assert_eq!((page.text("/state"), page.text("/attendance")), ("booked", "unknown"), "closing does not say that the customer came");
        assert_eq!(subjects(&world).await, ["Ihr Termin am 26.11.2026, 10:00 Uhr", "Erinnerung: Ihr Termin am 26.11.2026, 10:00 Uhr"]);
        let marked = world.post(ADMIN, &format!("/appointments/{id}/attendance"), &json!({"attendance": "completed"})).await;
        assert_eq!((marked.status, marked.text("/attendance")), (200, "completed"), "{}", marked.body);
        assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/events/{id}")).await.text("/state"), "completed");
    }
}

/// CAL-5, APT-10: an appointment whose time has come needs no choice, and its attendance stays unknown.
#[tokio::test]
async fn apt_10_closing_a_lead_never_says_that_a_customer_came() {
    for choice in ["overdue", "all"] {
        let world = World::new().await;
        let (lead, id) = with_appointment(&world, "2026-11-23T11:00:00+01:00").await;
        let call = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-23T10:30:00+01:00"});
        let call = world.post(ADMIN, &format!("/leads/{lead}/events"), &call).await.text("/id").to_owned();
        world.advance_to("2026-11-23T13:00:00Z").await;
        let closed = close(&world, lead, &json!({"status": "won", "complete_events": choice})).await;
        assert_eq!(closed.status, 200, "{}", closed.body);
        assert_eq!(world.page(lead).await.lead.status, Status::Won);
        assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/events/{call}")).await.text("/state"), "completed");
        let event = world.get(ADMIN, &format!("/leads/{lead}/events/{id}")).await;
        assert_eq!((event.text("/state"), seen(&world, &id).await.text("/attendance")), ("incomplete", "unknown"), "{choice}");
        assert_eq!(world.page(lead).await.lead.planned[0].at, at("2026-11-23T10:00:00Z"), "it is still to be marked");
    }
}

/// APT-10: as many appointments are cancelled with the lead as one commit can hold. With more, the lead stays open.
#[tokio::test]
async fn apt_10_closing_a_lead_cancels_at_most_twelve_appointments() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    // 00:30 in Berlin: each event takes two of the UTC days in which reserved time is stored.
    for day in 0..13 {
        let start = at("2026-12-01T23:30:00Z") + chrono::TimeDelta::days(2 * day);
        let drive = json!({"title": "Test drive", "type": "booked_test_drive", "at": start});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
    }
    let body = json!({"status": "won", "appointments": "cancel"});
    let refused = close(&world, lead, &body).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "APT-10"), "{}", refused.body);
    assert_eq!(world.page(lead).await.lead.status, Status::InProgress);
    let last = world.events(lead).await.iter().map(|event| event.id.clone()).max().unwrap();
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/events/{last}"))).await.status, 200);
    let closed = close(&world, lead, &body).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!(world.page(lead).await.lead.planned, []);
}

/// APT-10, CAL-5: a lead that was closed with kept appointments can be closed again to cancel them, or to complete its events.
#[tokio::test]
async fn apt_10_appointments_that_were_kept_are_cancelled_by_closing_the_lead_again() {
    let world = World::delivering_twice().await;
    let (lead, id) = with_appointment(&world, TO_COME).await;
    let call = json!({"title": "Call", "type": "phone_outbound", "at": TO_COME});
    let call = world.post(ADMIN, &format!("/leads/{lead}/events"), &call).await.text("/id").to_owned();
    let closing = |appointments: &str, events: &str| json!({"status": "lost", "reason": "price", "appointments": appointments, "complete_events": events});
    assert_eq!(close(&world, lead, &closing("keep", "none")).await.status, 200);
    let version = world.page(lead).await.lead.version;
    // Without a choice, and with the same one, nothing changes.
    for body in [json!({"status": "lost", "reason": "price"}), closing("keep", "none")] {
        let again = close(&world, lead, &body).await;
        assert_eq!((again.status, world.page(lead).await.lead.version), (200, version), "{}", again.body);
    }
    assert_eq!(close(&world, lead, &json!({"status": "lost", "reason": "price", "complete_events": "all"})).await.status, 200);
    let event = world.get(ADMIN, &format!("/leads/{lead}/events/{call}")).await;
    assert_eq!((event.text("/state"), seen(&world, &id).await.text("/state")), ("completed", "booked"));
    let cancelled = close(&world, lead, &closing("cancel", "none")).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/state"), page.text("/cancellation/reason")), ("cancelled", "lead_closed"));
    assert_eq!(subjects(&world).await.len(), 2, "the customer is notified once");
    let (status, planned) = (world.page(lead).await.lead.status, world.page(lead).await.lead.planned.len());
    assert!(matches!(status, Status::Lost(_)) && planned == 0, "{status:?} {planned}");
}
