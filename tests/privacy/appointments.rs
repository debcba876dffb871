//! Appointments of an erased customer: no notice to the salesperson, no reopening (PRV-2, APT-7, CAL-9).

use super::{erased, minutes_pass, order, table};
use crate::support::appointments::{appointment, made};
use crate::support::pingbacks::{ping, secret};
use crate::support::world::{ADMIN, Request, World, enquiry};
use chrono::TimeDelta;
use forecourt_domain::base::{AppointmentId, LeadId};
use serde_json::json;

const ANNA: &str = "anna.vogt";

/// Plans a test drive of a lead. Returns the ids of its event and its appointment.
async fn drive(world: &World, lead: LeadId) -> (String, AppointmentId) {
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-25T11:00:00+01:00"});
    let made = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let event = made.text("/id").to_owned();
    let appointment = AppointmentId::of_event(lead, &event.parse().unwrap());
    (event, appointment)
}

/// The mails to a user that name `customer`.
fn about(world: &World, who: &str, customer: &str) -> Vec<String> {
    let to = |mail: &str| mail.split('@').next() == Some(who);
    let mails = world.system.mailbox.mails().into_iter().filter(|mail| to(&mail.to));
    mails.filter(|mail| format!("{} {}", mail.subject, mail.text).contains(customer)).map(|mail| mail.subject).collect()
}

/// PRV-2, APT-7: a notice that waits for the opening, a reminder and the list of the day are not sent after an erasure.
#[tokio::test]
async fn prv_2_no_salesperson_is_notified_of_an_appointment_of_an_erased_customer() {
    for world in [World::new().await, World::delivering_twice().await] {
        world.settings(|settings| settings.appointments.appointment_reminder_minutes = 45).await;
        let lead = world.lead(&enquiry("jana")).await;
        world.advance_to("2026-11-24T20:00:00Z").await;
        // One event of the lead, one appointment without a lead, and the same of another customer.
        let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-25T11:00:00+01:00", "user": ANNA});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
        let mut ids = Vec::new();
        for customer in ["jana", "otto"] {
            let mut body = appointment(customer, "2026-11-25T12:00:00+01:00");
            body["user"] = json!(ANNA);
            ids.push(made(&world, "chris.center", &body).await);
        }
        world.system.settle().await;
        let (before, all) = (about(&world, ANNA, "jana").len(), about(&world, ANNA, "").len());
        let receipt = erased(&world, lead, None).await;
        assert_eq!((receipt["erased"]["appointments"].as_u64(), receipt["erased"]["cancelled"].as_u64()), (Some(2), Some(2)), "{receipt}");
        world.advance_to("2026-11-25T18:00:00Z").await;
        assert_eq!(about(&world, ANNA, "jana").len(), before, "{:?}", about(&world, ANNA, "jana"));
        assert_eq!(about(&world, ANNA, "otto").len(), 3, "notice, list and reminder: {:?}", about(&world, ANNA, "otto"));
        assert_eq!(about(&world, ANNA, "").len(), all + 3, "nothing about a customer without a name: {:?}", about(&world, ANNA, ""));
        let gone = world.get(ADMIN, &format!("/appointments/{}", ids[0])).await;
        assert_eq!((gone.text("/state"), &gone.body["cancellation"]), ("cancelled", &json!(null)), "{}", gone.body);
    }
}

/// PRV-2, CAL-9: nobody is left who could come, so that nothing is reopened.
#[tokio::test]
async fn prv_2_an_appointment_of_an_erased_customer_cannot_be_reopened() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let (event, _) = drive(&world, lead).await;
    let plain = made(&world, ADMIN, &appointment("jana", "2026-11-25T12:00:00+01:00")).await;
    erased(&world, lead, None).await;
    for path in [format!("/leads/{lead}/events/{event}"), format!("/appointments/{plain}")] {
        let refused = world.post(ADMIN, &format!("{path}/reopening"), &json!({})).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-2"), "{path}: {}", refused.body);
    }
}

/// PRV-2: no correction and no report brings back the customer of an erased appointment: no order of an erasure would reach the new data.
#[tokio::test]
async fn prv_2_nothing_is_added_to_an_appointment_of_an_erased_customer() {
    let world = World::new().await;
    let key = secret(&world, &json!({})).await;
    let lead = world.lead(&enquiry("jana")).await;
    let (_, drive) = drive(&world, lead).await;
    let mut body = appointment("jana", "2026-11-25T12:00:00+01:00");
    body["external_id"] = json!("c-1");
    let other = made(&world, "partner:centre-demo", &body).await;
    // A visit of the past is not cancelled.
    let past = made(&world, ADMIN, &appointment("jana", "2026-11-23T12:00:00+01:00")).await;
    world.advance_to("2026-11-24T09:00:00Z").await;
    erased(&world, lead, None).await;
    let before = world.system.mailbox.mails().len();
    let of = async |id: &str| world.get(ADMIN, &format!("/appointments/{id}")).await.body;
    for id in [drive.to_string(), other.clone(), past.clone()] {
        let shown = of(&id).await;
        let path = format!("/appointments/{id}");
        let customer = json!({"customer": {"name": "Jana", "email": "jana@example.com"}});
        for change in [customer, json!({"notes": "Jana likes coffee"})] {
            let refused = world.call(Request::patch(ADMIN, &path).json(&change).headers(&[("if-match", "*")])).await;
            assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-2"), "{change}: {}", refused.body);
        }
        assert_eq!(of(&id).await, shown);
    }
    let moved = world.post(ADMIN, &format!("/appointments/{past}/time"), &json!({"at": "2026-12-01T10:00:00+01:00"})).await;
    assert_eq!((moved.status, moved.text("/rule")), (409, "PRV-2"), "{}", moved.body);
    let noted = json!({"reason": "illness", "side": "customer", "note": "Jana has the flu"});
    let cancelled = world.post(ADMIN, &format!("/appointments/{past}/cancellation"), &noted).await;
    assert_eq!((cancelled.status, cancelled.text("/rule")), (409, "PRV-2"), "{}", cancelled.body);
    let came = world.post(ADMIN, &format!("/appointments/{past}/attendance"), &json!({"attendance": "completed"})).await;
    assert_eq!(came.status, 200, "the attendance is counted: {}", came.body);
    // Another system would book the appointment again.
    let shown = of(&other).await;
    let report = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-24T08:59:00Z", "to": "2026-12-02T10:00:00Z"});
    let pinged = ping(&world, &key, "e-1", &report).await;
    assert!(pinged.status < 300, "{}", pinged.body);
    assert_eq!((of(&other).await, shown["state"].as_str()), (shown.clone(), Some("cancelled")));
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().len(), before, "no letter");
}

/// PRV-2, APT-11: the side and a listed reason of a cancellation stay; a note and the words of another system go.
#[tokio::test]
async fn prv_2_an_erased_cancellation_keeps_side_and_listed_reason() {
    let world = World::new().await;
    let key = secret(&world, &json!({})).await;
    let lead = world.lead(&enquiry("jana")).await;
    let (event, drive) = drive(&world, lead).await;
    let why = json!({"reason": "illness", "side": "customer", "note": "Jana has the flu"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events/{event}/cancellation"), &why).await.status, 200);
    let mut body = appointment("jana", "2026-11-25T12:00:00+01:00");
    body["external_id"] = json!("c-1");
    let other = made(&world, "partner:centre-demo", &body).await;
    let words = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T09:00:00Z", "reason": "ate too much"});
    let pinged = ping(&world, &key, "e-1", &words).await;
    assert!(pinged.status < 300, "{}", pinged.body);
    let page = world.get(ADMIN, &format!("/appointments/{other}")).await;
    assert_eq!(page.text("/cancellation/reason"), "ate too much", "{}", page.body);
    erased(&world, lead, None).await;
    let kept = json!({"reason": "illness", "side": "customer"});
    let page = world.get(ADMIN, &format!("/appointments/{drive}")).await;
    assert_eq!(page.body["cancellation"], kept, "{}", page.body);
    let page = world.get(ADMIN, &format!("/leads/{lead}/events/{event}")).await;
    assert_eq!((page.text("/reason"), page.text("/side"), page.body.get("note")), ("illness", "customer", None), "{}", page.body);
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await.body.to_string();
    assert!(timeline.contains("illness") && !timeline.contains("flu"), "{timeline}");
    assert_eq!(world.get(ADMIN, &format!("/appointments/{other}")).await.text("/state"), "cancelled");
    let left: Vec<String> = table(&world).await.into_iter().filter(|item| item.contains("flu") || item.contains("too much")).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// PRV-2: an appointment that the person makes while the erasure runs is not part of the order.
#[tokio::test]
async fn prv_2_an_appointment_that_is_made_after_the_order_stays() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let earlier = made(&world, "chris.center", &appointment("jana", "2026-11-25T12:00:00+01:00")).await;
    let ordered = order(&world, lead, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::seconds(1));
    let later = made(&world, "chris.center", &appointment("jana", "2026-11-26T12:00:00+01:00")).await;
    minutes_pass(&world).await;
    let receipt = world.get(super::GROUP_ADMIN, &format!("/erasures/{}", ordered.text("/id"))).await;
    assert_eq!((receipt.text("/state"), &receipt.body["erased"]["appointments"]), ("done", &json!(1)), "{}", receipt.body);
    let of = async |id: &str| world.get(ADMIN, &format!("/appointments/{id}")).await;
    let (erased, kept) = (of(&earlier).await, of(&later).await);
    assert_eq!(erased.text("/state"), "cancelled", "{}", erased.body);
    assert!(!erased.body.to_string().contains("jana"), "{}", erased.body);
    assert_eq!(kept.text("/state"), "booked", "{}", kept.body);
    assert!(kept.body.to_string().contains("jana@example.com"), "{}", kept.body);
}

/// PRV-2: a dry run counts the appointments that the erasure then erases, also those without a lead.
#[tokio::test]
async fn prv_2_a_dry_run_counts_appointments_without_a_lead() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    drive(&world, lead).await;
    for (name, at) in [("jana", "2026-11-25T12:00:00+01:00"), ("jana", "2026-11-23T10:30:00+01:00"), ("otto", "2026-11-25T14:00:00+01:00")]
    {
        made(&world, ADMIN, &appointment(name, at)).await;
    }
    world.advance_to("2026-11-24T09:00:00Z").await;
    let dry = world.post(super::GROUP_ADMIN, "/erasures?dry_run=true", &json!({"lead": lead, "reason": "requested"})).await;
    assert_eq!((&dry.body["appointments"], &dry.body["cancelled"]), (&json!(3), &json!(2)), "{}", dry.body);
    assert_eq!(dry.body.get("more_appointments"), None, "{}", dry.body);
    let receipt = erased(&world, lead, None).await;
    for count in ["appointments", "cancelled"] {
        assert_eq!(receipt["erased"][count], dry.body[count], "{receipt}");
    }
}
