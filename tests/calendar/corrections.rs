//! Corrections of calendar events, and events that are reopened (CAL-9).

use crate::support::invitations::taken;
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{AppointmentId, LeadId};
use serde_json::{Value, json};

async fn lead_of_anna(world: &World) -> LeadId {
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await.status, 200);
    lead
}

async fn plan(world: &World, lead: LeadId, kind: &str, at: &str) -> String {
    let body = json!({"title": "Call", "type": kind, "at": at, "notes": "About the finance offer"});
    let made = world.post(ADMIN, &format!("/leads/{lead}/events"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    format!("/leads/{lead}/events/{}", made.text("/id"))
}

async fn correct(world: &World, who: &str, event: &str, body: &Value) -> Reply {
    world.call(Request::patch(who, event).json(body)).await
}

async fn latest(world: &World, lead: LeadId) -> Vec<Value> {
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    timeline.body["timeline"][0]["events"].as_array().unwrap().clone()
}

/// CAL-9: texts, type and person are corrected; the timeline keeps the previous values; the time goes to the new person.
#[tokio::test]
async fn cal_9_an_event_is_corrected_and_the_timeline_keeps_the_previous_values() {
    let world = World::new().await;
    let lead = lead_of_anna(&world).await;
    let event = plan(&world, lead, "phone_outbound", "2026-11-25T12:00:00Z").await;
    let fixed = correct(&world, ADMIN, &event, &json!({"title": " Visit ", "type": "Visit Inbound", "notes": ""})).await;
    assert_eq!((fixed.status, fixed.text("/title"), fixed.text("/type")), (200, "Visit", "visit_inbound"), "{}", fixed.body);
    assert_eq!((&fixed.body["notes"], fixed.text("/user"), fixed.text("/at")), (&Value::Null, "anna.vogt", "2026-11-25T12:00:00Z"));
    let events = latest(&world, lead).await;
    assert_eq!((events.len(), &events[0]["what"], &events[0]["title"]), (1, &json!("event_corrected"), &json!("Visit")));
    assert_eq!(events[0]["before"], json!({"title": "Call", "type": "phone_outbound", "notes": "About the finance offer"}));
    let board = world.page(lead).await.lead.planned[0].clone();
    assert_eq!((board.title.as_deref(), board.kind.as_deref()), (Some("Visit"), Some("visit_inbound")), "the next action");
    let version = world.page(lead).await.lead.version;
    assert_eq!(correct(&world, ADMIN, &event, &json!({"title": "Visit"})).await.status, 200);
    assert_eq!(world.page(lead).await.lead.version, version, "the same again changes nothing");
    // Handed over to a colleague, and back to the owner of the lead.
    assert!(taken(&world, "anna.vogt", "2026-11-25").await > 0);
    let given = correct(&world, ADMIN, &event, &json!({"user": "ben.krause"})).await;
    assert_eq!((given.status, given.text("/user")), (200, "ben.krause"), "{}", given.body);
    assert_eq!((taken(&world, "anna.vogt", "2026-11-25").await, taken(&world, "ben.krause", "2026-11-25").await > 0), (0, true));
    let events = latest(&world, lead).await;
    assert_eq!((events.len(), &events[0]["what"], &events[0]["to"]), (1, &json!("event_given"), &json!("ben.krause")));
    let back = correct(&world, "ben.krause", &event, &json!({"user": ""})).await;
    assert_eq!((back.status, back.text("/user")), (200, "anna.vogt"), "the person of the event gives it back: {}", back.body);
    assert_eq!(taken(&world, "ben.krause", "2026-11-25").await, 0);
}

/// CAL-9: every fault is named; other people's events stay out of reach.
#[tokio::test]
async fn cal_9_a_wrong_correction_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let lead = lead_of_anna(&world).await;
    let event = plan(&world, lead, "phone_outbound", "2026-11-25T12:00:00Z").await;
    let before = world.page(lead).await.lead;
    let wrong = correct(&world, ADMIN, &event, &json!({"title": "", "type": "dance", "user": "hugo.office"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["title CAL-1".into(), "type CAL-1".into(), "user CAL-1".into()]));
    let wrong = correct(&world, ADMIN, &event, &json!({"at": "2026-11-26T12:00:00Z"})).await;
    assert_eq!(wrong.status, 422, "the time is not corrected here: {}", wrong.body);
    let drive = correct(&world, ADMIN, &event, &json!({"type": "booked_test_drive"})).await;
    assert_eq!((drive.status, drive.text("/rule")), (409, "CAL-9"), "{}", drive.body);
    for (who, status) in [("ben.krause", 404), ("chris.center", 403), ("alice.moore", 404), ("partner:portal-demo", 403)] {
        assert_eq!(correct(&world, who, &event, &json!({"title": "Mine"})).await.status, status, "{who}");
        assert_eq!(world.post(who, &format!("{event}/reopening"), &json!({})).await.status, status, "{who}");
    }
    assert_eq!(world.page(lead).await.lead, before);
    assert_eq!(world.post(ADMIN, &format!("{event}/completion"), &json!({"note": "reached"})).await.status, 200);
    let ended = correct(&world, ADMIN, &event, &json!({"title": "Call about the price"})).await;
    assert_eq!((ended.status, ended.text("/title"), ended.text("/note")), (200, "Call about the price", "reached"), "{}", ended.body);
    let given = correct(&world, ADMIN, &event, &json!({"user": "ben.krause"})).await;
    assert_eq!((given.status, given.text("/rule")), (409, "CAL-9"), "{}", given.body);
    let other = plan(&world, lead, "phone_outbound", "2026-11-26T12:00:00Z").await;
    assert_eq!(world.call(Request::delete(ADMIN, &other)).await.status, 200);
    assert_eq!(correct(&world, ADMIN, &other, &json!({"title": "Again"})).await.text("/rule"), "CAL-9");
}

/// CAL-9, CAL-3: an event that was ended by mistake is the next action again, with its time and its history.
#[tokio::test]
async fn cal_9_an_event_that_ended_by_mistake_is_reopened() {
    let world = World::new().await;
    let lead = lead_of_anna(&world).await;
    let event = plan(&world, lead, "phone_outbound", "2026-11-25T12:00:00Z").await;
    let occupied = taken(&world, "anna.vogt", "2026-11-25").await;
    let no_show = json!({"reason": "not_reached"});
    for (path, body, was) in
        [("completion", json!({}), "completed"), ("no-show", no_show, "no_show"), ("cancellation", json!({}), "deleted")]
    {
        assert_eq!(world.post(ADMIN, &format!("{event}/{path}"), &body).await.text("/state"), was);
        assert_eq!((world.page(lead).await.lead.planned.len(), taken(&world, "anna.vogt", "2026-11-25").await), (0, 0), "{was}");
        for _ in 0..2 {
            let again = world.post("anna.vogt", &format!("{event}/reopening"), &json!({})).await;
            assert_eq!((again.status, again.text("/state"), &again.body["reason"]), (200, "incomplete", &Value::Null), "{}", again.body);
        }
        let events = latest(&world, lead).await;
        assert_eq!((&events[0]["what"], &events[0]["from"], events.len()), (&json!("event_reopened"), &json!(was), 1));
        assert_eq!(world.page(lead).await.lead.next_action().0, at("2026-11-25T12:00:00Z"));
        assert_eq!(taken(&world, "anna.vogt", "2026-11-25").await, occupied, "{was}");
    }
    // It is due at its time as before (ESC-4).
    world.advance_to("2026-11-25T12:05:00Z").await;
    assert_eq!(world.get(ADMIN, &event).await.body["level"], 1);
}

/// CAL-9, APT-1, APT-4: the appointment of a reopened event is booked again without attendance, and the customer of a cancelled one learns
/// it.
#[tokio::test]
async fn cal_9_the_appointment_follows_its_reopened_event() {
    let world = World::new().await;
    let lead = lead_of_anna(&world).await;
    let event = plan(&world, lead, "booked_test_drive", "2026-11-25T12:00:00Z").await;
    let id = AppointmentId::of_event(lead, &event.rsplit('/').next().unwrap().parse().unwrap());
    let seen = async || world.get(ADMIN, &format!("/appointments/{id}")).await;
    let drives = async || world.get(ADMIN, &format!("/leads/{lead}")).await.body["counts"]["test_drives"].clone();
    let answered = world.page(lead).await.lead.reaction.is_some();
    assert!(answered, "a booked test drive answers the customer");
    let wrong = correct(&world, ADMIN, &event, &json!({"type": "visit_inbound"})).await;
    assert_eq!((wrong.status, wrong.text("/rule")), (409, "CAL-9"), "{}", wrong.body);
    assert_eq!(world.call(Request::delete(ADMIN, &event)).await.status, 200);
    let count = drives().await;
    assert_eq!((seen().await.text("/state"), world.page(lead).await.lead.reaction.is_some()), ("cancelled", false));
    assert_eq!(world.post(ADMIN, &format!("{event}/reopening"), &json!({})).await.status, 200);
    assert_eq!((seen().await.text("/state"), world.page(lead).await.lead.reaction.is_some()), ("booked", true));
    assert_ne!(drives().await, count, "the test drive counts again");
    world.system.settle().await;
    let confirmed = mails_to(&world, "jana").into_iter().filter(|(mail, _)| mail.subject.starts_with("Ihr Termin")).count();
    assert_eq!(confirmed, 1, "the first confirmation was stale before it was sent");
    world.advance_to("2026-11-25T13:00:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("{event}/completion"), &json!({})).await.status, 200);
    assert_eq!(seen().await.text("/attendance"), "completed");
    assert_eq!(world.post(ADMIN, &format!("{event}/reopening"), &json!({})).await.status, 200);
    let page = seen().await;
    let history: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
    assert_eq!((page.text("/attendance"), history.last()), ("unknown", Some(&"unknown")), "{history:?}");
    // Handed over: the appointment has the same salesperson.
    assert_eq!(correct(&world, ADMIN, &event, &json!({"user": "ben.krause"})).await.status, 200);
    assert_eq!(seen().await.text("/user"), "ben.krause");
}

/// CAL-9, CAL-8: a customer who cancelled may have booked again, so the booking is not reopened.
#[tokio::test]
async fn cal_9_a_cancelled_booking_by_invitation_is_not_reopened() {
    let world = World::new().await;
    let lead = lead_of_anna(&world).await;
    let invited = world.post(ADMIN, &format!("/leads/{lead}/invitations"), &json!({"type": "booked_test_drive"})).await;
    let link = invited.text("/link").split_once("/i/").map(|(_, token)| format!("/i/{token}")).unwrap();
    let offer = world.get("", &link).await;
    let slot = offer.text("/free/0/from").to_owned();
    assert_eq!(world.post("", &format!("{link}/booking"), &json!({"from": slot})).await.status, 201);
    assert_eq!(world.call(Request::delete("", &format!("{link}/booking"))).await.status, 200);
    let event = world.events(lead).await.into_iter().find(|event| event.booked).unwrap();
    let path = format!("/leads/{lead}/events/{}", event.id);
    let shown = world.get(ADMIN, &path).await;
    assert_eq!((shown.text("/state"), shown.text("/side")), ("deleted", "customer"), "{}", shown.body);
    let refused = world.post(ADMIN, &format!("{path}/reopening"), &json!({})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "CAL-9"), "{}", refused.body);
}
