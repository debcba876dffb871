//! Level 2 stays where it is, unless a supervisor agrees to a move (ESC-12).

use crate::support::world::{ADMIN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{LeadId, StepKind};
use forecourt_domain::lead::Event;
use serde_json::{Value, json};

/// The owner of the first lead, and the owner's supervisor.
const OWNER: &str = "anna.vogt";
const SUPERVISOR: &str = "helga.stern";

async fn move_to(world: &World, who: &str, id: LeadId, time: &str) -> Reply {
    world.call(Request::patch(who, &format!("/leads/{id}/deadlines/first-contact")).json(&json!({"at": time}))).await
}

async fn approve(world: &World, who: &str, id: LeadId) -> Reply {
    world.post(who, &format!("/leads/{id}/deadlines/first-contact/approval"), &json!({})).await
}

async fn set_status(world: &World, who: &str, id: LeadId, status: &Value) -> Reply {
    let reply = world.post(who, &format!("/leads/{id}/status"), status).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

/// Returns when a step of the answered lead happens.
fn happens<'a>(reply: &'a Reply, step: &str) -> &'a str {
    let steps = reply.body["deadline"]["steps"].as_array().unwrap();
    steps.iter().find(|is| is["step"] == step).map_or("", |is| is["happens_at"].as_str().unwrap())
}

fn to_supervisor(world: &World) -> Vec<String> {
    world.mails().into_iter().filter(|mail| mail.contains("helga.stern: Stufe 2")).collect()
}

/// ESC-12: the first-contact deadline is at 11:00 UTC on Monday, level 2 a day later. The owner moves the deadline twice, level 2 never.
#[tokio::test]
async fn esc_12_a_move_by_the_owner_moves_reminder_and_level_1_only() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    for time in ["2026-11-23T15:00:00Z", "2026-11-24T10:59:00Z"] {
        let moved = move_to(&world, OWNER, id, time).await;
        assert_eq!((moved.status, happens(&moved, "level_1"), happens(&moved, "level_2")), (200, time, "2026-11-24T11:00:00Z"));
        assert!(moved.body["deadline"].get("requested").is_none(), "{}", moved.body);
    }
    // A change of the settings moves no deadline that was set by hand; its level 2 follows the dealer's minutes.
    world.settings(|s| (s.escalation.level_1, s.escalation.level_2) = (600, 1_500)).await;
    world.advance_to("2026-11-24T12:35:00Z").await;
    let lead = world.page(id).await.lead;
    let fired = |kind| lead.plan.as_ref().unwrap().step(kind).unwrap().fired;
    assert_eq!(fired(StepKind::Level1), Some(at("2026-11-24T10:59:00Z")));
    assert_eq!(fired(StepKind::Level2), Some(at("2026-11-24T12:00:00Z")), "1,500 minutes after the first deadline");
    assert_eq!(to_supervisor(&world).len(), 1, "{:?}", world.mails());
    // After level 2 a move is a request, and level 2 does not happen again.
    assert_eq!(move_to(&world, OWNER, id, "2026-11-25T10:00:00Z").await.status, 202);
    assert_eq!(approve(&world, SUPERVISOR, id).await.status, 200);
    assert_eq!((world.page(id).await.lead.level(), world.page(id).await.lead.highest_level()), (0, 2), "reports keep the level");
}

/// ESC-12: a move to level 2 or beyond waits for a supervisor or an administrator.
#[tokio::test]
async fn esc_12_a_move_beyond_level_2_is_a_request_that_a_supervisor_grants() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(approve(&world, SUPERVISOR, id).await.text("/detail"), "no move of the first-contact deadline is requested (ESC-12)");
    let asked = move_to(&world, OWNER, id, "2026-11-24T11:00:00Z").await;
    assert_eq!((asked.status, happens(&asked, "level_1")), (202, "2026-11-23T11:00:00Z"), "{}", asked.body);
    let requested = json!({"at": "2026-11-24T11:00:00Z", "by": "user:anna.vogt", "requested_at": "2026-11-23T09:00:00Z"});
    assert_eq!(asked.body["deadline"]["requested"], requested);
    let again = move_to(&world, OWNER, id, "2026-11-24T11:00:00Z").await;
    assert_eq!((again.status, &again.body["version"]), (202, &asked.body["version"]), "asked once");
    for (who, status) in [(OWNER, 403), ("ben.krause", 404), ("alice.moore", 404), ("chris.center", 403), ("hugo.office", 403)] {
        assert_eq!(approve(&world, who, id).await.status, status, "{who}");
    }
    let path = format!("/leads/{id}/deadlines");
    world.post(OWNER, &path, &json!({"title": "Offer", "at": "2026-11-25T10:00:00Z"})).await;
    let further = world.page(id).await.lead.targets[0].id.clone();
    assert_eq!(world.post(SUPERVISOR, &format!("{path}/{further}/approval"), &json!({})).await.status, 409);
    assert_eq!(world.post(SUPERVISOR, &format!("{path}/nothing/approval"), &json!({})).await.status, 404);
    let granted = approve(&world, SUPERVISOR, id).await;
    assert_eq!((granted.status, happens(&granted, "level_1")), (200, "2026-11-24T11:00:00Z"), "{}", granted.body);
    assert_eq!(happens(&granted, "level_2"), "2026-11-25T11:00:00Z");
    assert!(granted.body["deadline"].get("requested").is_none());
    assert_eq!(approve(&world, SUPERVISOR, id).await.status, 409);
    // From then on the granted deadline is the first one that stands.
    let moved = move_to(&world, OWNER, id, "2026-11-25T10:00:00Z").await;
    assert_eq!((moved.status, happens(&moved, "level_2")), (200, "2026-11-25T11:00:00Z"));
    let events: Vec<String> = world.get(OWNER, &format!("/leads/{id}/timeline")).await.body["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .flat_map(|entry| entry["events"].as_array().unwrap())
        .map(|event| event["what"].as_str().unwrap().to_owned())
        .collect();
    let wanted = ["deadline_requested", "deadline_added", "deadline_granted", "first_contact_moved", "first_contact_moved"];
    assert_eq!(events[2..], wanted);
}

/// ESC-12: a request that is not granted changes nothing: the supervisor is notified in time. Setting the present deadline withdraws it.
#[tokio::test]
async fn esc_12_a_request_stops_no_step_and_can_be_withdrawn() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(move_to(&world, OWNER, id, "2026-12-01T11:00:00Z").await.status, 202);
    let kept = move_to(&world, OWNER, id, "2026-11-23T11:00:00Z").await;
    assert_eq!((kept.status, kept.body["deadline"].get("requested")), (200, None), "{}", kept.body);
    assert_eq!(move_to(&world, OWNER, id, "2026-11-24T11:30:00Z").await.status, 202);
    world.advance_to("2026-11-24T11:10:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), to_supervisor(&world).len()), (2, 1), "{:?}", world.mails());
    world.advance_to("2026-11-24T12:00:00Z").await;
    let late = approve(&world, ADMIN, id).await;
    assert_eq!((late.status, late.text("/rule")), (409, "ESC-12"), "the requested time is past: {}", late.body);
    // An administrator's own move is agreed.
    let moved = move_to(&world, ADMIN, id, "2026-11-26T11:00:00Z").await;
    assert_eq!((moved.status, happens(&moved, "level_2")), (200, "2026-11-27T11:00:00Z"));
}

/// ESC-12, ESC-9: a lead that was closed unanswered and reopened by its owner keeps its deadline, and what is late happens at once. A
/// supervisor's reopening starts anew, and so does the customer's next enquiry after an answer (INT-6).
#[tokio::test]
async fn esc_12_a_reopening_by_the_owner_keeps_the_first_deadline() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    set_status(&world, OWNER, id, &json!({"status": "lost", "reason": "not_reached"})).await;
    world.advance_to("2026-11-24T13:00:00Z").await;
    assert_eq!(to_supervisor(&world), Vec::<String>::new());
    let reopened = set_status(&world, OWNER, id, &json!({"status": "in_progress"})).await;
    assert_eq!(reopened.text("/deadline/due"), "2026-11-23T11:00:00Z");
    world.advance_to("2026-11-24T13:05:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), to_supervisor(&world).len()), (2, 1), "{:?}", world.mails());
    set_status(&world, OWNER, id, &json!({"status": "lost", "reason": "not_reached"})).await;
    let anew = set_status(&world, SUPERVISOR, id, &json!({"status": "in_progress"})).await;
    assert_eq!((anew.text("/deadline/due"), &anew.body["deadline"]["level"]), ("2026-11-24T15:05:00Z", &json!(0)));
    world.post(OWNER, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    set_status(&world, OWNER, id, &json!({"status": "lost", "reason": "price"})).await;
    let answered = set_status(&world, OWNER, id, &json!({"status": "in_progress"})).await;
    assert_eq!((answered.text("/deadline/due"), &answered.body["reaction"]), ("2026-11-24T15:05:00Z", &Value::Null), "it starts anew");
}

/// ESC-12: level 2 fires in the night. The owner closes the lead before the mail goes out and reopens it later: the supervisor gets the
/// mail all the same.
#[tokio::test]
async fn esc_12_a_closing_in_the_night_does_not_swallow_the_supervisors_notice() {
    let world = World::new().await;
    world.settings(|s| s.escalation.level_2 = 720).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T23:30:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), to_supervisor(&world).len()), (2, 0));
    set_status(&world, OWNER, id, &json!({"status": "lost", "reason": "not_reached"})).await;
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(to_supervisor(&world).len(), 0, "the lead is closed");
    set_status(&world, OWNER, id, &json!({"status": "in_progress"})).await;
    world.advance_to("2026-11-24T09:05:00Z").await;
    assert_eq!(to_supervisor(&world).len(), 1, "{:?}", world.mails());
    let timeline = world.page(id).await.timeline;
    let steps = timeline.iter().flat_map(|entry| &entry.events);
    assert_eq!(steps.filter(|event| matches!(event, Event::Step { step: StepKind::Level2, .. })).count(), 1, "the step happened once");
}

/// ESC-7, ESC-12: a test drive that a seller enters for a past time answers nobody. One in the future is an appointment.
#[tokio::test]
async fn esc_7_an_appointment_entered_for_a_past_time_is_no_reaction() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let path = format!("/leads/{id}/test-drives");
    let drive = |time: &str| json!({"vehicle": {"make": "Opel", "model": "Corsa"}, "at": time});
    for past in ["2026-11-20T09:00:00Z", "2026-11-23T09:30:00Z", "2026-11-23T09:59:59Z"] {
        assert_eq!(world.post(OWNER, &path, &drive(past)).await.status, 201);
        assert!(world.page(id).await.lead.clock_runs(), "{past}");
    }
    assert_eq!(world.post(OWNER, &path, &drive("2026-11-23T10:30:00Z")).await.status, 201);
    assert!(!world.page(id).await.lead.clock_runs());
}

/// ESC-12, DIS-7: a transfer at night does not keep level 2 from everybody: somebody above the new owner is notified.
#[tokio::test]
async fn esc_12_level_2_happens_again_at_the_dealer_to_which_a_lead_is_transferred() {
    let world = World::new().await;
    world.settings(|s| s.escalation.level_2 = 720).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T23:30:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), to_supervisor(&world).len()), (2, 0));
    let path = format!("/leads/{id}/assignment");
    let moved = world.post("gina.group", &path, &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-24T23:30:00Z").await;
    let level_2: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("Level 2") || mail.contains("level 2")).collect();
    assert_eq!(level_2.len(), 1, "{:?}", world.mails());
    let lead = world.page(id).await.lead;
    assert_eq!((lead.level(), lead.highest_level()), (2, 2));
}
