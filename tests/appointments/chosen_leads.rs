//! Links of appointments to a chosen lead, and their end by others than users (APT-8, ESC-7).

use crate::support::appointments::{make, seen};
use crate::support::invitations::cancel;
use crate::support::letters::mails_to;
use crate::support::pingbacks::{ping, secret};
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use forecourt_domain::base::AppointmentOrigin;
use serde_json::{Value, json};

const WHEN: &str = "2026-11-25T14:00:00+01:00";

async fn world() -> World {
    let world = World::new().await;
    let origins = [AppointmentOrigin::Forecourt, AppointmentOrigin::ContactCentre, AppointmentOrigin::DealerSystem];
    world.settings(|s| s.appointments.origins = origins.into()).await;
    world
}

fn body(name: &str, user: &str, also: &Value) -> Value {
    let customer = json!({"name": name, "email": format!("{name}@example.com")});
    let mut body = json!({"customer": customer, "kind": "showroom", "at": WHEN, "user": user});
    body.as_object_mut().unwrap().extend(also.as_object().unwrap().clone());
    body
}

async fn made(world: &World, body: &Value) -> String {
    let made = make(world, ADMIN, body).await;
    assert_eq!((made.status, &made.body["lead"]), (201, &Value::Null), "{}", made.body);
    made.text("/id").to_owned()
}

async fn link(world: &World, who: &str, id: &str, lead: impl ToString) -> Reply {
    let body = json!({"lead": lead.to_string()});
    world.call(Request::patch(who, &format!("/appointments/{id}")).json(&body).headers(&[("if-match", "*")])).await
}

/// APT-8: an appointment is linked only to an open lead of its own customer, with room and without an ordered erasure, and not for the
/// workshop. The history names the author, and the access log the contact centre.
#[tokio::test]
async fn apt_8_an_appointment_is_linked_only_to_a_lead_of_its_own_customer() {
    let world = world().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    let id = made(&world, &body("jana", "ben.krause", &json!({"link": false}))).await;
    let refused = async |id: &str, lead: String, why: &str| {
        for who in [ADMIN, "chris.center"] {
            let refused = link(&world, who, id, &lead).await;
            assert_eq!(refused.status, 409, "{who}: {}", refused.body);
            assert!(refused.text("/detail").contains(why), "{who}: {}", refused.body);
        }
        assert_eq!(seen(&world, id).await.body["lead"], Value::Null, "{why}");
    };
    refused(&id, other.to_string(), "another customer").await;
    assert!(world.page(other).await.lead.clock_runs() && world.events(other).await.is_empty());
    let workshop = made(&world, &body("jana", "ben.krause", &json!({"kind": "workshop"}))).await;
    refused(&workshop, lead.to_string(), "no workshop appointment").await;
    let status = |status: Value| (format!("/leads/{lead}/status"), status);
    let (path, lost) = status(json!({"status": "lost", "reason": "price"}));
    assert_eq!(world.post(ADMIN, &path, &lost).await.status, 200);
    refused(&id, lead.to_string(), "the lead is closed").await;
    assert_eq!(world.post(ADMIN, &path, &json!({"status": "in_progress"})).await.status, 200);
    let linked = link(&world, "chris.center", &id, lead).await;
    assert_eq!(linked.status, 200, "{}", linked.body);
    let page = seen(&world, &id).await;
    let history = page.body["history"].as_array().unwrap();
    let entry = history.iter().find(|entry| entry["what"] == "linked").unwrap_or_else(|| panic!("{history:?}"));
    assert!(entry["by"].as_str().unwrap().contains("chris.center") && entry["at"] == "2026-11-23T09:00:00Z", "{entry}");
    let log = world.get("gina.group", "/access-log").await;
    let searches: Vec<&Value> = log.body["records"].as_array().unwrap().iter().filter(|record| record["what"] == "lead_search").collect();
    assert_eq!((searches.len(), &searches[0]["searched_by"]), (1, &json!("appointment")), "{}", log.body);
    // Nobody links a booking to data that is about to be erased.
    let ordered = world.post("gina.group", "/erasures", &json!({"lead": other, "reason": "requested"})).await;
    assert!((200..300).contains(&ordered.status), "{}", ordered.body);
    let late = made(&world, &body("otto", "ben.krause", &json!({"link": false}))).await;
    assert_ne!(link(&world, ADMIN, &late, other).await.status, 200);
}

/// APT-8, ESC-7: if a partner or the customer cancels a booking that was linked, the clock of the lead runs again with its deadline. If a
/// user has reacted otherwise, or the request named the lead, the answer stays.
#[tokio::test]
async fn apt_8_a_linked_booking_that_others_cancel_leaves_no_lead_without_a_deadline() {
    let world = world().await;
    let secret = secret(&world, &json!({})).await;
    let mut waits = Vec::new();
    for (n, name) in ["linked", "called", "named"].into_iter().enumerate() {
        let lead = world.lead(&enquiry(name)).await;
        let deadline = world.page(lead).await.lead.deadline();
        let also = if name == "named" { json!({"external_id": name, "lead": lead}) } else { json!({"external_id": name}) };
        let made = make(&world, "partner:centre-demo", &body(name, "ben.krause", &also)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(!world.page(lead).await.lead.clock_runs());
        if name == "called" {
            let called = world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "call_reached"})).await;
            assert_eq!(called.status, 200, "{}", called.body);
        }
        let report = json!({"type": "appointment.cancelled", "external_id": name, "at": "2026-11-23T09:00:00Z"});
        let cancelled = ping(&world, &secret, &format!("m-{n}"), &report).await;
        assert!((200..300).contains(&cancelled.status), "{}", cancelled.body);
        let stored = world.page(lead).await.lead;
        waits.push(stored.clock_runs() && stored.deadline() == deadline && stored.planned.is_empty());
    }
    assert_eq!(waits, [true, false, false]);
    // The customer cancels by the link in the letter.
    let lead = world.lead(&enquiry("jana")).await;
    assert_eq!(make(&world, "chris.center", &body("jana", "ben.krause", &json!({}))).await.text("/lead"), lead.to_string());
    world.system.settle().await;
    let letters = mails_to(&world, "jana");
    let line = letters.iter().find_map(|(mail, _)| mail.text.lines().find_map(|line| line.trim().strip_prefix("https://desk.example")));
    let by_link = cancel(&world, line.unwrap()).await;
    assert_eq!(by_link.status, 200, "{}", by_link.body);
    assert!(world.page(lead).await.lead.clock_runs());
}

/// ESC-7, APT-8: an appointment that is cancelled and reopened answers its lead again.
#[tokio::test]
async fn apt_8_a_reopened_booking_stops_the_clock_again() {
    let world = world().await;
    let lead = world.lead(&enquiry("jana")).await;
    let made = make(&world, ADMIN, &body("jana", "ben.krause", &json!({}))).await;
    assert_eq!(made.text("/lead"), lead.to_string());
    let id = made.text("/id");
    for (route, runs, reacted) in [("cancellation", true, 1), ("reopening", false, 2), ("cancellation", true, 2), ("reopening", false, 3)] {
        let done = world.post(ADMIN, &format!("/appointments/{id}/{route}"), &json!({})).await;
        assert_eq!(done.status, 200, "{route}: {}", done.body);
        let page = world.page(lead).await;
        assert_eq!((page.lead.clock_runs(), page.lead.reaction.is_none()), (runs, runs), "{route}");
        let events = page.timeline.iter().flat_map(|entry| &entry.events);
        let first = events.filter(|event| matches!(event, forecourt_domain::lead::Event::Reacted { first: true, .. })).count();
        assert_eq!(first, reacted, "{route}");
    }
}

/// APT-8, ACC-1: a seller who books for the customer of a colleague's lead does not learn of the lead from the response. The owner, the
/// salesperson and the contact centre do.
#[tokio::test]
async fn apt_8_the_response_has_only_leads_that_the_requester_may_read() {
    let world = world().await;
    let lead = world.lead(&enquiry("jana")).await;
    let owner = world.page(lead).await.lead.owner.unwrap().to_string();
    let others: Vec<&str> = ["anna.vogt", "ben.krause", "clara.henning"].into_iter().filter(|user| *user != owner).collect();
    for (n, (who, user, shows)) in
        [(others[0], others[1], false), (others[0], others[0], true), (&*owner, others[0], true), ("chris.center", others[0], true)]
            .into_iter()
            .enumerate()
    {
        let made = make(&world, who, &body("jana", user, &json!({"at": format!("2026-11-26T1{n}:00:00+01:00")}))).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!((made.body["lead"].is_string(), made.body["event"].is_string()), (shows, shows), "{who}: {}", made.body);
        assert_eq!(seen(&world, made.text("/id")).await.text("/lead"), lead.to_string(), "it is linked");
    }
}
