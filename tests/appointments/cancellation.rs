//! Reason and side of a cancellation, and appointments that are reopened (APT-11, CAL-9).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::letters::mails_to;
use crate::support::pingbacks::{ping, secret};
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use forecourt_local::partner_queue::Queued;
use serde_json::{Value, json};

async fn cancel(world: &World, id: &str, body: &Value) -> Reply {
    world.post(ADMIN, &format!("/appointments/{id}/cancellation"), body).await
}

async fn subjects(world: &World) -> Vec<String> {
    world.system.settle().await;
    mails_to(world, "jana").into_iter().map(|(mail, _)| mail.subject.split(" – ").next().unwrap().to_owned()).collect()
}

/// APT-11: the reason is one of the dealer's, and the answer, the history and the event have it.
#[tokio::test]
async fn apt_11_a_cancellation_has_a_reason_of_the_dealer_and_a_side() {
    let world = World::new().await;
    world.settings(|settings| settings.cancellation_reasons = vec!["Glatteis".into()]).await;
    let plain = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let refused = cancel(&world, &plain, &json!({"reason": "aliens", "side": "weather"})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["side APT-11".into()]), "{}", refused.body);
    let refused = cancel(&world, &plain, &json!({"reason": "aliens"})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["reason APT-11".into()]), "{}", refused.body);
    assert!(refused.text("/detail").contains("illness") && refused.text("/detail").contains("Glatteis"), "{}", refused.body);
    let done = cancel(&world, &plain, &json!({"reason": "GLATTEIS", "side": "customer", "note": "Calls again"})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let wanted = json!({"reason": "Glatteis", "side": "customer", "note": "Calls again"});
    let page = seen(&world, &plain).await;
    assert_eq!((&done.body["cancellation"], &page.body["cancellation"]), (&wanted, &wanted));
    let last = page.body["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["what"], &last["reason"], &last["side"]), (&json!("cancelled"), &json!("Glatteis"), &json!("customer")));
    assert_eq!(last["note"], "Calls again");
    // An appointment of a lead: its event and the timeline have the reason. Clients that send no body still cancel.
    let lead = world.lead(&enquiry("lena")).await;
    let mut body = appointment("lena", WHEN);
    body["lead"] = json!(lead);
    let of_lead = made(&world, ADMIN, &body).await;
    assert_eq!(cancel(&world, &of_lead, &json!({"reason": "illness", "side": "dealer"})).await.status, 200);
    let event = world.get(ADMIN, &format!("/leads/{lead}/events/{of_lead}")).await;
    assert_eq!((event.text("/state"), event.text("/reason"), event.text("/side")), ("deleted", "illness", "dealer"));
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    let deleted = &timeline.body["timeline"][0]["events"][0];
    assert_eq!((&deleted["what"], &deleted["reason"], &deleted["side"]), (&json!("event_deleted"), &json!("illness"), &json!("dealer")));
    let third = made(&world, ADMIN, &appointment("kai", WHEN)).await;
    let gone = cancel(&world, &third, &json!({})).await;
    assert_eq!((gone.status, &gone.body["cancellation"]), (200, &Value::Null), "{}", gone.body);
}

/// APT-11: an event of a lead is cancelled with reason and side, and its appointment has them too.
#[tokio::test]
async fn apt_11_a_cancelled_event_passes_its_reason_to_its_appointment() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let drive = json!({"title": "Test drive", "type": "booked_test_drive", "at": WHEN});
    let event = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.text("/id").to_owned();
    let path = format!("/leads/{lead}/events/{event}/cancellation");
    assert_eq!(world.post(ADMIN, &path, &json!({"reason": "aliens"})).await.faults(), ["reason APT-11"]);
    let gone = world.post(ADMIN, &path, &json!({"reason": "no_time", "side": "customer"})).await;
    assert_eq!((gone.status, gone.text("/reason"), gone.text("/side")), (200, "no_time", "customer"), "{}", gone.body);
    let id = forecourt_domain::base::AppointmentId::of_event(lead, &event.parse().unwrap());
    let page = seen(&world, id.as_str()).await;
    assert_eq!(page.body["cancellation"], json!({"reason": "no_time", "side": "customer"}));
}

/// APT-11, APT-5: another system states its own reason, by queue or ping-back.
#[tokio::test]
async fn apt_11_another_system_states_its_own_reason_and_the_side() {
    let world = World::new().await;
    let external = async |id: &str| {
        let mut body = appointment(id, WHEN);
        body["external_id"] = json!(id);
        made(&world, "partner:centre-demo", &body).await
    };
    let cancelled = |id: &str, side: &str| json!({"type": "appointment.cancelled", "external_id": id, "at": "2026-11-23T09:00:00Z", "reason": "Kunde krank", "side": side, "note": "Ruft an"});
    let (id, of_queue) = (external("c-1").await, external("c-2").await);
    world.system.settle().await;
    let queued =
        Queued { id: "q-1".into(), sender: "AIDADEMOCENTRE".into(), body: cancelled("c-2", "dealer").to_string(), ..Queued::default() };
    world.system.appointments.put(&queued).unwrap();
    world.system.settle().await;
    assert_eq!(seen(&world, &of_queue).await.body["cancellation"], json!({"reason": "Kunde krank", "side": "dealer", "note": "Ruft an"}));
    let secret = secret(&world, &json!({})).await;
    let sent = ping(&world, &secret, "m-1", &cancelled("c-1", "customer")).await;
    assert_eq!((sent.status, sent.text("/outcome")), (200, "applied"), "{}", sent.body);
    assert_eq!(seen(&world, &id).await.body["cancellation"], json!({"reason": "Kunde krank", "side": "customer", "note": "Ruft an"}));
    let wrong = json!({"type": "appointment.attended", "external_id": "c-1", "at": "2026-11-23T09:00:00Z", "side": "dealer", "note": "x"});
    assert_eq!(ping(&world, &secret, "m-2", &wrong).await.faults(), ["side APT-11", "note APT-11"]);
}

/// CAL-9: an appointment that was cancelled by mistake is booked again, once, and its customer learns it.
#[tokio::test]
async fn cal_9_a_cancelled_appointment_is_reopened_and_the_customer_is_notified() {
    let world = World::delivering_twice().await;
    let lead = world.lead(&enquiry("jana")).await;
    let mut of_lead = appointment("jana", WHEN);
    of_lead["lead"] = json!(lead);
    let mut without = appointment("jana", WHEN);
    without["link"] = json!(false);
    for body in [without, of_lead] {
        let before = subjects(&world).await.len();
        let id = made(&world, ADMIN, &body).await;
        world.system.settle().await;
        assert_eq!(cancel(&world, &id, &json!({"reason": "entered_in_error", "side": "dealer"})).await.status, 200);
        world.system.settle().await;
        for _ in 0..2 {
            let again = world.post(ADMIN, &format!("/appointments/{id}/reopening"), &json!({})).await;
            assert_eq!((again.status, again.text("/state"), &again.body["cancellation"]), (200, "booked", &Value::Null), "{}", again.body);
        }
        let when = "25.11.2026, 10:00 Uhr";
        let letters = [format!("Ihr Termin am {when}"), format!("Absage: Ihr Termin am {when}"), format!("Ihr Termin am {when}")];
        assert_eq!(subjects(&world).await[before..], letters);
        let page = seen(&world, &id).await;
        let history: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
        assert_eq!(history, ["made", "cancelled", "reinstated"]);
        assert_eq!(page.body["history"][1]["reason"], "entered_in_error", "the history keeps the reason");
        if page.body["event"].is_string() {
            let event = world.get(ADMIN, &format!("/leads/{lead}/events/{id}")).await;
            assert_eq!((event.text("/state"), world.page(lead).await.lead.planned.len()), ("incomplete", 1));
        }
        // It can be moved and attended again.
        let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-25T14:00:00+01:00"})).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
}

/// APT-11: a cancellation that states something else is refused and not ignored. One that states the same, or nothing, is a repeat.
#[tokio::test]
async fn apt_11_a_second_cancellation_with_another_reason_is_refused() {
    let world = World::new().await;
    let plain = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let lead = world.lead(&enquiry("lena")).await;
    let call = json!({"title": "Call", "type": "phone_outbound", "at": WHEN});
    let event = world.post(ADMIN, &format!("/leads/{lead}/events"), &call).await.text("/id").to_owned();
    for path in [format!("/appointments/{plain}"), format!("/leads/{lead}/events/{event}")] {
        let cancel = async |body: &Value| {
            let reply = world.post(ADMIN, &format!("{path}/cancellation"), body).await;
            (reply.status, reply.text("/rule").to_owned(), reply.body.to_string())
        };
        let first = json!({"reason": "illness", "side": "customer", "note": "Calls again"});
        assert_eq!(cancel(&first).await.0, 200);
        for same in [json!({}), json!({"reason": "ILLNESS"}), json!({"side": "customer"}), first.clone()] {
            let (status, _, body) = cancel(&same).await;
            assert_eq!(status, 200, "{same} {body}");
        }
        for other in [json!({"reason": "no_time"}), json!({"side": "dealer"}), json!({"note": "Wrong number"})] {
            let (status, rule, body) = cancel(&other).await;
            assert_eq!((status, rule.as_str()), (409, "APT-11"), "{other} {body}");
        }
        assert_eq!(cancel(&json!({"reason": "aliens"})).await.0, 422);
    }
    assert_eq!(seen(&world, &plain).await.text("/cancellation/reason"), "illness");
    let deleted = world.call(Request::delete(ADMIN, &format!("/leads/{lead}/events/{event}"))).await;
    assert_eq!(deleted.status, 200, "a cancellation without a body is a repeat: {}", deleted.body);
}
