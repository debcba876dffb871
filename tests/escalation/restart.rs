//! A response clock that starts anew: after an agreed move, a reopening or a further message (DIS-10, ESC-7, ESC-9, INT-6).

use crate::support::dealers::of_dealer;
use crate::support::invitations::{book, drive, invited};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{LeadId, StepKind};
use serde_json::{Value, json};

const SUPERVISOR: &str = "helga.stern";

/// Returns an enquiry with its own id, and with this source and type.
fn of(number: u32, source: &str, kind: &str) -> Value {
    let mut body = enquiry("jana");
    (body["external_id"], body["source"], body["type"]) = (json!(format!("m-{number}")), json!(source), json!(kind));
    body
}

/// A portal's message: 15 minutes. Trade-ins: no deadline.
async fn put_rules(world: &World, version: u64, portal: u32) {
    let rules = json!([{"when": {"sources": ["portal"]}, "level_1": portal}, {"when": {"types": ["trade_in"]}, "level_1": 0}]);
    let request = Request::put(ADMIN, &of_dealer("deadline-rules")).json(&json!({"deadline_rules": rules})).version(version);
    assert_eq!(world.call(request).await.status, 200);
}

async fn reply(world: &World, who: &str, id: LeadId) {
    assert_eq!(world.post(who, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
}

async fn set_status(world: &World, who: &str, id: LeadId, status: &Value) -> Reply {
    let reply = world.post(who, &format!("/leads/{id}/status"), status).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

fn lost() -> Value {
    json!({"status": "lost", "reason": "not_reached", "appointments": "keep"})
}

fn reopened() -> Value {
    json!({"status": "in_progress"})
}

async fn owner(world: &World, id: LeadId) -> String {
    world.page(id).await.lead.owner.unwrap().to_string()
}

/// Returns when a step is planned, as day and time in UTC. Empty if it is not planned.
async fn planned(world: &World, id: LeadId, step: StepKind) -> String {
    let plan = world.page(id).await.lead.plan;
    plan.and_then(|plan| plan.step(step).map(|step| step.at.format("%d %H:%M").to_string())).unwrap_or_default()
}

/// DIS-10: leads pass on after an hour. A further message gives the owner a whole hour again, and then the lead passes on.
#[tokio::test]
async fn dis_10_a_further_message_gives_the_owner_all_the_time_again() {
    let world = World::new().await;
    world.settings(|s| s.reassign_after = 60).await;
    let id = world.lead(&of(0, "website", "used_car")).await;
    reply(&world, "anna.vogt", id).await;
    world.advance_to("2026-11-23T14:00:00Z").await;
    world.send(&of(1, "website", "used_car")).await;
    world.advance_to("2026-11-23T14:59:00Z").await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    // New settings do not take the time away.
    world.settings(|s| s.escalation.reminder = 20).await;
    world.system.settle().await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    world.advance_to("2026-11-23T15:01:00Z").await;
    assert_eq!(owner(&world, id).await, "ben.krause");
}

/// DIS-10, LEAD-6: an agreed deadline keeps the lead with its owner. A move without agreement does not.
#[tokio::test]
async fn dis_10_a_lead_does_not_pass_on_before_an_agreed_deadline() {
    let world = World::new().await;
    world.settings(|s| s.reassign_after = 60).await;
    let move_to = async |who: &str, id: LeadId, time: &str| {
        world.call(Request::patch(who, &format!("/leads/{id}/deadlines/first-contact")).json(&json!({"at": time}))).await
    };
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    assert_eq!(move_to(SUPERVISOR, id, "2026-11-24T10:00:00Z").await.status, 200);
    let dodge = world.lead(&enquiry("piet")).await;
    assert_eq!(move_to("ben.krause", dodge, "2026-11-24T09:00:00Z").await.status, 200);
    world.advance_to("2026-11-23T10:31:00Z").await;
    assert_eq!([owner(&world, id).await, owner(&world, dodge).await], ["anna.vogt", "clara.henning"]);
    world.advance_to("2026-11-24T09:59:00Z").await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    world.advance_to("2026-11-24T10:01:00Z").await;
    assert_ne!(owner(&world, id).await, "anna.vogt");
}

/// DIS-10: a supervisor corrects an agreed deadline to an earlier one, and a further message has a shorter deadline: the lead passes on.
#[tokio::test]
async fn dis_10_an_agreed_deadline_that_is_not_the_latest_keeps_no_lead() {
    let world = World::new().await;
    put_rules(&world, 1, 15).await;
    world.settings(|s| s.reassign_after = 60).await;
    let agree = async |id: LeadId, time: &str| {
        let body = json!({"at": time});
        let moved = world.call(Request::patch(SUPERVISOR, &format!("/leads/{id}/deadlines/first-contact")).json(&body)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    };
    let (corrected, asked) = (world.lead(&enquiry("piet")).await, world.lead(&of(0, "website", "used_car")).await);
    let owners = [owner(&world, corrected).await, owner(&world, asked).await];
    world.advance_to("2026-11-23T09:20:00Z").await;
    for id in [corrected, asked] {
        agree(id, "2026-11-24T10:00:00Z").await;
    }
    world.advance_to("2026-11-23T09:30:00Z").await;
    agree(corrected, "2026-11-23T10:00:00Z").await;
    world.send(&of(1, "portal", "used_car")).await;
    assert_eq!(world.page(asked).await.lead.deadline(), Some(at("2026-11-23T09:45:00Z")));
    world.advance_to("2026-11-23T10:18:00Z").await;
    assert_eq!([owner(&world, corrected).await, owner(&world, asked).await], owners, "an hour from the move");
    world.advance_to("2026-11-23T10:31:00Z").await;
    assert_ne!(owner(&world, corrected).await, owners[0]);
    assert_ne!(owner(&world, asked).await, owners[1]);
}

/// DIS-10, ESC-12: a supervisor's reopening gives all the time again. The owner's own leaves the reminder's time, once.
#[tokio::test]
async fn dis_10_a_reopened_lead_does_not_pass_on_at_once() {
    let world = World::new().await;
    world.settings(|s| s.reassign_after = 60).await;
    let (first, second) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("piet")).await);
    world.advance_to("2026-11-23T09:30:00Z").await;
    set_status(&world, "anna.vogt", first, &lost()).await;
    set_status(&world, "ben.krause", second, &lost()).await;
    world.advance_to("2026-11-23T14:00:00Z").await;
    set_status(&world, SUPERVISOR, first, &reopened()).await;
    set_status(&world, "ben.krause", second, &reopened()).await;
    world.advance_to("2026-11-23T14:20:00Z").await;
    assert_eq!([owner(&world, first).await, owner(&world, second).await], ["anna.vogt", "ben.krause"]);
    // To close and reopen it again gains nothing.
    set_status(&world, "ben.krause", second, &lost()).await;
    set_status(&world, "ben.krause", second, &reopened()).await;
    world.advance_to("2026-11-23T14:31:00Z").await;
    assert_eq!([owner(&world, first).await.as_str(), "ben.krause"], ["anna.vogt", "ben.krause"]);
    assert_ne!(owner(&world, second).await, "ben.krause");
    world.advance_to("2026-11-23T14:59:00Z").await;
    assert_eq!(owner(&world, first).await, "anna.vogt");
    world.advance_to("2026-11-23T15:01:00Z").await;
    assert_ne!(owner(&world, first).await, "anna.vogt");
}

/// ESC-9, ESC-12: an answered lead that is reopened starts anew, also if its owner reopens it. Reports keep the first answer.
#[tokio::test]
async fn esc_9_an_answered_lead_that_is_reopened_starts_a_new_clock() {
    for who in ["anna.vogt", SUPERVISOR] {
        let world = World::new().await;
        let id = world.lead(&enquiry("jana")).await;
        world.advance_to("2026-11-23T09:30:00Z").await;
        reply(&world, "anna.vogt", id).await;
        set_status(&world, "anna.vogt", id, &lost()).await;
        world.advance_to("2026-11-24T09:00:00Z").await;
        let anew = set_status(&world, who, id, &reopened()).await;
        assert_eq!((anew.text("/deadline/due"), &anew.body["reaction"]), ("2026-11-24T11:00:00Z", &Value::Null), "{who}");
        world.advance_to("2026-11-25T11:01:00Z").await;
        assert_eq!(world.page(id).await.lead.level(), 2);
        world.advance_to("2026-11-25T11:10:00Z").await;
        reply(&world, "anna.vogt", id).await;
        let reaction = world.page(id).await.lead.reaction.unwrap();
        assert_eq!((reaction.clock_seconds, reaction.in_time()), (94_200, Some(false)), "from the reopening");
        let leads = world.get(ADMIN, "/overview/leads").await.body["leads"].clone();
        let counts = ["answered", "in_time", "level_2"].map(|name| leads[name]["number"].as_u64().unwrap());
        assert_eq!((counts, &leads["further"]["received"]), ([1, 1, 1], &json!(0)), "{leads}");
    }
}

/// INT-6, ESC-13: a further message with a shorter time is not left to the longer deadline of the one before, or to none.
#[tokio::test]
async fn int_6_a_further_message_with_an_earlier_deadline_moves_the_steps_forward() {
    let world = World::new().await;
    put_rules(&world, 1, 15).await;
    let id = world.lead(&of(0, "website", "used_car")).await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    world.send(&of(1, "portal", "used_car")).await;
    let steps = async || [planned(&world, id, StepKind::Level1).await, planned(&world, id, StepKind::Level2).await];
    assert_eq!(steps().await, ["23 09:20", "24 09:20"]);
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    assert_eq!(page.body["deadline"]["rule"]["number"], json!(1), "{}", page.body["deadline"]);
    assert!(page.body.to_string().contains("deadline_moved"), "the timeline shows it");
    // New rules move both deadlines.
    put_rules(&world, 2, 30).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!(steps().await, ["23 09:35", "24 09:35"]);
    // The owner cannot move level 2 back to that of the first message.
    let moved = world
        .call(Request::patch("anna.vogt", &format!("/leads/{id}/deadlines/first-contact")).json(&json!({"at": "2026-11-23T15:00:00Z"})))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(steps().await, ["23 15:00", "24 09:35"]);
    world.send(&of(2, "website", "used_car")).await;
    assert_eq!(steps().await, ["23 11:10", "24 09:35"], "its own two hours are earlier than the owner's move");
    let again = world
        .call(Request::patch("anna.vogt", &format!("/leads/{id}/deadlines/first-contact")).json(&json!({"at": "2026-11-23T16:00:00Z"})))
        .await;
    assert_eq!((again.status, steps().await), (200, ["23 16:00".to_owned(), "24 09:35".to_owned()]));
    // A message with a longer time changes nothing.
    world.send(&of(3, "website", "used_car")).await;
    world.advance_to("2026-11-23T10:30:00Z").await;
    world.send(&of(4, "website", "used_car")).await;
    assert_eq!(steps().await, ["23 11:10", "24 09:35"]);
    reply(&world, "anna.vogt", id).await;
    assert_eq!(world.page(id).await.lead.reaction.unwrap().in_time(), Some(true), "by the deadline of the first message, 11:00");
}

/// INT-6, ESC-13: the first message has no deadline, the further one has.
#[tokio::test]
async fn int_6_a_further_message_starts_a_deadline_if_the_one_before_has_none() {
    let world = World::new().await;
    put_rules(&world, 1, 15).await;
    let id = world.lead(&of(0, "website", "trade_in")).await;
    assert_eq!(world.page(id).await.lead.deadline(), None);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let dry = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/dry-run"), &json!({"lead": of(9, "portal", "used_car")})).await;
    assert_eq!((dry.text("/becomes"), &dry.body["deadlines"]["rule"]["level_1"]), ("added", &json!(15)), "{}", dry.body);
    world.send(&of(1, "portal", "used_car")).await;
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-23T09:20:00Z")));
    world.advance_to("2026-11-24T09:21:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
}

/// INT-6: level 1 of the first message has happened. The further message only brings level 2 forward.
#[tokio::test]
async fn int_6_steps_that_have_happened_stay_and_level_2_never_becomes_later() {
    let world = World::new().await;
    let rules = json!([{"when": {"sources": ["portal"]}, "level_1": 15, "level_2": 60}]);
    let request = Request::put(ADMIN, &of_dealer("deadline-rules")).json(&json!({"deadline_rules": rules})).version(1);
    assert_eq!(world.call(request).await.status, 200);
    let id = world.lead(&of(0, "website", "used_car")).await;
    world.advance_to("2026-11-23T13:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 1);
    world.send(&of(1, "portal", "used_car")).await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.deadline(), lead.level()), (Some(at("2026-11-23T11:00:00Z")), 1));
    assert_eq!(planned(&world, id, StepKind::Level2).await, "23 14:15");
    world.advance_to("2026-11-23T14:16:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
}

/// ESC-7, CAL-8: a time that the customer books answers the first enquiry, as any appointment, but no further message.
#[tokio::test]
async fn esc_7_a_booking_by_the_customer_answers_no_further_message() {
    let world = World::new().await;
    let (first, link) = invited(&world, "piet", &drive()).await;
    assert_eq!(book(&world, &link, "2026-11-26T09:00:00Z").await.status, 201);
    assert!(!world.page(first).await.lead.clock_runs());
    let (id, link) = invited(&world, "jana", &drive()).await;
    reply(&world, ADMIN, id).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    world.send(&of(1, "website", "used_car")).await;
    assert_eq!(book(&world, &link, "2026-11-26T14:00:00Z").await.status, 201);
    assert!(world.page(id).await.lead.clock_runs(), "the message still waits");
}

/// ESC-7, CAL-8: a time that the customer books on a reopened lead answers it: no further message waits.
#[tokio::test]
async fn esc_7_a_booking_by_the_customer_answers_a_reopened_lead() {
    let world = World::new().await;
    let (id, link) = invited(&world, "jana", &drive()).await;
    reply(&world, ADMIN, id).await;
    set_status(&world, ADMIN, id, &lost()).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    set_status(&world, ADMIN, id, &reopened()).await;
    assert!(world.page(id).await.lead.clock_runs());
    assert_eq!(book(&world, &link, "2026-11-26T14:00:00Z").await.status, 201);
    assert!(!world.page(id).await.lead.clock_runs());
}

/// OVR-4, INT-6: the first message has no deadline. The lead is not judged by that of a further message, also after a move by its owner.
#[tokio::test]
async fn ovr_4_a_lead_without_deadline_is_not_judged_by_that_of_a_further_message() {
    let world = World::new().await;
    put_rules(&world, 1, 15).await;
    let ids = [0, 1, 2].map(|number| {
        let mut body = enquiry(["jana", "piet", "lena"][number]);
        (body["source"], body["type"]) = (json!("website"), json!("trade_in"));
        body
    });
    let mut leads = Vec::new();
    for body in &ids {
        leads.push(world.lead(body).await);
        let mut further = body.clone();
        (further["external_id"], further["source"], further["type"]) = (json!("further"), json!("portal"), json!("used_car"));
        further["external_id"] = json!(format!("further-{}", leads.len()));
        world.send(&further).await;
        assert_eq!(world.page(leads[leads.len() - 1]).await.lead.deadline(), Some(at("2026-11-23T09:15:00Z")));
    }
    let mover = owner(&world, leads[2]).await;
    let later = json!({"at": "2026-11-23T09:30:00Z"});
    let moved = world.call(Request::patch(&mover, &format!("/leads/{}/deadlines/first-contact", leads[2])).json(&later)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    // Newer rules bring the level 2 of the further message forward, although its level 1 was moved by hand.
    assert_eq!(planned(&world, leads[2], StepKind::Level2).await, "24 09:15");
    put_rules(&world, 2, 5).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!(
        [planned(&world, leads[2], StepKind::Level1).await, planned(&world, leads[2], StepKind::Level2).await],
        ["23 09:30", "24 09:05"]
    );
    world.advance_to("2026-11-23T12:00:00Z").await;
    reply(&world, ADMIN, leads[0]).await;
    assert_eq!(world.page(leads[0]).await.lead.reaction.unwrap().in_time(), None);
    let shown = world.get(ADMIN, "/overview/leads").await.body["leads"].clone();
    assert_eq!(["in_time", "late", "overdue"].map(|name| shown[name]["number"].as_u64().unwrap()), [0, 0, 0], "{shown}");
}

/// ESC-13: a reopening keeps the deadline rule of the message that waits.
#[tokio::test]
async fn esc_13_a_reopened_lead_keeps_the_rule_of_its_latest_message() {
    let world = World::new().await;
    put_rules(&world, 1, 15).await;
    let id = world.lead(&of(0, "website", "used_car")).await;
    reply(&world, "anna.vogt", id).await;
    world.send(&of(1, "portal", "used_car")).await;
    set_status(&world, "anna.vogt", id, &lost()).await;
    world.advance_to("2026-11-23T14:00:00Z").await;
    let anew = set_status(&world, SUPERVISOR, id, &reopened()).await;
    assert_eq!(anew.text("/deadline/due"), "2026-11-23T14:15:00Z");
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    assert_eq!(page.body["deadline"]["rule"]["when"], json!({"sources": ["portal"]}), "{}", page.body["deadline"]);
}

/// ESC-7: a user who cancels the appointment that stopped the clock, before it begins, has not answered. The deadline stays.
#[tokio::test]
async fn esc_7_a_cancelled_appointment_is_no_reaction() {
    let world = World::new().await;
    let book = async |id: LeadId| {
        let body = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
        let made = world.post(ADMIN, &format!("/leads/{id}/events"), &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.headers["location"].to_str().unwrap().to_owned()
    };
    let cancel = async |event: &str| assert_eq!(world.call(Request::delete(ADMIN, event)).await.status, 200);
    let runs = async |id: LeadId| world.page(id).await.lead.clock_runs();
    let id = world.lead(&enquiry("jana")).await;
    let (first, second) = (book(id).await, book(id).await);
    cancel(&first).await;
    assert!(!runs(id).await, "the second one stands");
    world.advance_to("2026-11-23T10:55:00Z").await;
    cancel(&second).await;
    assert!(runs(id).await);
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    assert_eq!((page.text("/deadline/due"), &page.body["reaction"]), ("2026-11-23T11:00:00Z", &Value::Null), "{}", page.body);
    world.advance_to("2026-11-24T11:01:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
    // An answer stays, also if an appointment was first.
    let answered = world.lead(&enquiry("piet")).await;
    let event = book(answered).await;
    reply(&world, ADMIN, answered).await;
    cancel(&event).await;
    assert!(!runs(answered).await);
    // After level 2, the supervisor is notified again: the notice may have been dropped meanwhile.
    let level_2 = || world.mails().iter().filter(|mail| mail.contains("Stufe 2")).count();
    let before = level_2();
    let event = book(id).await;
    cancel(&event).await;
    world.system.settle().await;
    assert_eq!((runs(id).await, level_2()), (true, before + 1), "{:?}", world.mails());
}

/// ESC-7, ESC-12: an appointment that the owner cancels around a closing moves no deadline.
#[tokio::test]
async fn esc_12_an_appointment_that_is_cancelled_around_a_closing_moves_no_deadline() {
    for cancels_first in [true, false] {
        let world = World::new().await;
        let id = world.lead(&enquiry("jana")).await;
        let body = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
        let made = world.post("anna.vogt", &format!("/leads/{id}/events"), &body).await;
        let event = made.headers["location"].to_str().unwrap().to_owned();
        world.advance_to("2026-11-23T10:30:00Z").await;
        assert_eq!(set_status(&world, "anna.vogt", id, &lost()).await.status, 200);
        let cancel = async || assert_eq!(world.call(Request::delete("anna.vogt", &event)).await.status, 200);
        if cancels_first {
            cancel().await;
        }
        assert_eq!(set_status(&world, "anna.vogt", id, &reopened()).await.status, 200);
        if !cancels_first {
            assert!(!world.page(id).await.lead.clock_runs(), "the appointment stands");
            cancel().await;
        }
        let lead = world.page(id).await.lead;
        assert!(lead.clock_runs());
        assert_eq!(lead.deadline().unwrap(), at("2026-11-23T11:00:00Z"), "{cancels_first}");
        world.advance_to("2026-11-24T11:01:00Z").await;
        assert_eq!(world.page(id).await.lead.level(), 2, "{cancels_first}");
    }
}
