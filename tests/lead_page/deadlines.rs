//! Deadlines of a lead that users set and move, and whether contact was made (LEAD-6).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{LeadId, StepKind};
use serde_json::{Value, json};

async fn patch(world: &World, path: &str, body: &Value) -> Reply {
    world.call(Request::patch(ADMIN, path).json(body)).await
}

async fn timeline_events(world: &World, id: LeadId) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    page["timeline"].as_array().unwrap().iter().flat_map(|entry| entry["events"].as_array().unwrap().clone()).collect()
}

async fn event_names(world: &World, id: LeadId) -> Vec<String> {
    timeline_events(world, id).await.iter().map(|event| event["what"].as_str().unwrap().to_owned()).collect()
}

async fn row(world: &World, id: LeadId) -> Value {
    world.list(ADMIN, NORDSTERN).await.into_iter().find(|row| row["id"] == json!(id.to_string())).unwrap()
}

#[tokio::test]
async fn lead_6_further_deadlines_are_set_moved_met_and_dropped_and_the_earliest_open_one_is_current() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/deadlines");
    // The first-contact deadline is at 11:00 UTC.
    let offer = world.post(ADMIN, &path, &json!({"title": " Send the offer ", "at": "2026-11-23T10:00:00Z"})).await;
    assert_eq!(offer.status, 201, "{}", offer.body);
    let offer_path = offer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(offer.text("/current_deadline/title"), "Send the offer");
    assert_eq!(offer.body["current_deadline"]["seconds_left"], 3_600);
    let later = world.post(ADMIN, &path, &json!({"title": "Ask the bank", "at": "2026-11-27T10:00:00Z"})).await;
    let later_path = later.headers["location"].to_str().unwrap().to_owned();
    let ids: Vec<&Value> = later.body["deadlines"].as_array().unwrap().iter().map(|deadline| &deadline["title"]).collect();
    assert_eq!(ids, [&json!("Send the offer"), &Value::Null, &json!("Ask the bank")], "by their times");
    // A deadline in the past is overdue in lists, although the contact was answered. It causes no notice.
    world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T10:30:00Z").await;
    let listed = row(&world, id).await;
    assert_eq!((&listed["overdue"], &listed["current_deadline_at"]), (&json!(true), &json!("2026-11-23T10:00:00Z")));
    let overdue = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?overdue=true")).await;
    assert_eq!(overdue.body["leads"].as_array().unwrap().len(), 1);
    assert!(world.mails().len() == 1 && world.mails()[0].contains("anna.vogt: Frist verstrichen: Send the offer"), "{:?}", world.mails());
    // A moved deadline is no longer current. A met deadline is closed.
    let moved = patch(&world, &offer_path, &json!({"at": "2026-11-28T10:00:00Z"})).await;
    assert_eq!((moved.status, moved.text("/current_deadline/title")), (200, "Ask the bank"), "{}", moved.body);
    assert_eq!(row(&world, id).await["overdue"], false);
    assert_eq!(
        patch(&world, &offer_path, &json!({"at": "2026-11-28T10:00:00Z"})).await.body["version"],
        moved.body["version"],
        "so already"
    );
    let met = world.post(ADMIN, &format!("{later_path}/completion"), &json!({"note": "agreed"})).await;
    assert_eq!((met.status, met.text("/current_deadline/title")), (200, "Send the offer"));
    assert_eq!(met.body["deadlines"][1]["met_at"], "2026-11-23T10:30:00Z");
    assert_eq!(world.post(ADMIN, &format!("{later_path}/completion"), &json!({})).await.body["version"], met.body["version"]);
    assert_eq!(world.post(ADMIN, &format!("{later_path}/completion"), &json!({"note": "and signed"})).await.status, 409, "not lost unsaid");
    assert_eq!(patch(&world, &later_path, &json!({"title": "Ask again"})).await.status, 409);
    let dropped = world.call(Request::delete(ADMIN, &offer_path).json(&json!({}))).await;
    assert_eq!((dropped.status, &dropped.body["current_deadline"]), (200, &Value::Null));
    assert_eq!(world.call(Request::delete(ADMIN, &offer_path).json(&json!({}))).await.body["version"], dropped.body["version"], "once");
    for never in ["000001", "000077", "x"] {
        assert_eq!(world.call(Request::delete(ADMIN, &format!("{path}/{never}")).json(&json!({}))).await.status, 404, "{never}");
    }
    let wanted = ["deadline_added", "deadline_added", "reacted", "deadline_changed", "deadline_met", "deadline_deleted"];
    assert_eq!(event_names(&world, id).await[2..], wanted);
    let timeline_events = timeline_events(&world, id).await;
    assert_eq!(
        (&timeline_events[5]["from"], &timeline_events[5]["at"]),
        (&json!("2026-11-23T10:00:00Z"), &json!("2026-11-28T10:00:00Z")),
        "the old time is kept"
    );
    assert_eq!(timeline_events[6]["note"], "agreed");
}

/// ESC-2, ESC-3, ESC-5, ESC-9, SET-11: the steps follow a deadline that was moved by hand. Stale timers do nothing, and new settings do
/// not move it.
#[tokio::test]
async fn lead_6_moving_the_first_contact_deadline_moves_its_steps_and_keeps_the_original_time() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/deadlines/first-contact");
    world.advance_to("2026-11-23T09:10:00Z").await;
    // To Wednesday, 15:00 in Berlin.
    let moved = patch(&world, &path, &json!({"at": "2026-11-25T15:00:00+01:00"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let deadline = &moved.body["deadlines"][0];
    assert_eq!((&deadline["at"], &deadline["original_at"]), (&json!("2026-11-25T14:00:00Z"), &json!("2026-11-23T11:00:00Z")));
    let steps = |reply: &Reply| -> Vec<Value> {
        reply.body["deadline"]["steps"].as_array().unwrap().iter().map(|step| step["happens_at"].clone()).collect()
    };
    let wanted = [json!("2026-11-25T13:30:00Z"), json!("2026-11-25T14:00:00Z"), json!("2026-11-26T14:00:00Z")];
    assert_eq!(steps(&moved), wanted, "reminder and level 2 by the dealer's minutes");
    world.settings(|draft| draft.escalation.level_1 = 30).await;
    world.advance_to("2026-11-25T13:00:00Z").await;
    let page = world.page(id).await;
    assert_eq!((page.lead.level(), page.lead.deadline()), (0, Some(at("2026-11-25T14:00:00Z"))), "no old timer, no new settings");
    assert_eq!(world.mails().len(), 1, "{:?}", world.mails());
    world.advance_to("2026-11-26T15:00:00Z").await;
    let mails = world.mails();
    let times: Vec<&str> = mails.iter().skip(1).map(|mail| &mail[..11]).collect();
    assert_eq!(times, ["11-25 13:30", "11-25 14:00", "11-26 14:00"], "{mails:?}");
    assert_eq!(world.page(id).await.lead.original_deadline(), Some(at("2026-11-23T11:00:00Z")), "OVR-4");
    // The deadline is moved after it was overdue. Each step happens once more, and the original deadline is kept.
    patch(&world, &path, &json!({"at": "2026-11-27T14:00:00Z"})).await;
    let again = world.page(id).await.lead;
    assert_eq!((again.level(), again.deadline_before_moves), (0, Some(at("2026-11-23T11:00:00Z"))));
    world.advance_to("2026-11-27T14:30:00Z").await;
    assert_eq!(world.page(id).await.lead.plan.unwrap().step(StepKind::Level1).unwrap().fired, Some(at("2026-11-27T14:00:00Z")));
    assert_eq!(world.mails().len(), 6, "{:?}", world.mails());
}

/// ESC-5, ESC-2: a step of a moved deadline waits for the end of a day off, and a reminder that would be in the past is skipped.
#[tokio::test]
async fn lead_6_a_moved_deadline_waits_for_the_end_of_a_day_off_and_skips_a_past_reminder() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/deadlines/first-contact");
    // Christmas Day and the days after it are days off at this dealer.
    let moved = patch(&world, &path, &json!({"at": "2026-12-25T10:00:00Z"})).await;
    let level_1 = moved.body["deadline"]["steps"][1].clone();
    assert_eq!((&level_1["due"], &level_1["happens_at"]), (&json!("2026-12-25T10:00:00Z"), &json!("2026-12-31T07:00:00Z")));
    let soon = patch(&world, &path, &json!({"at": "2026-11-23T09:20:00Z"})).await;
    let steps: Vec<&Value> = soon.body["deadline"]["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
    assert_eq!(steps, [&json!("level_1"), &json!("level_2")]);
    // A held notice that became obsolete before the morning is not sent (ESC-6).
    patch(&world, &path, &json!({"at": "2026-11-23T19:00:00Z"})).await;
    world.advance_to("2026-11-23T20:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 1);
    patch(&world, &path, &json!({"at": "2026-11-26T10:00:00Z"})).await;
    world.advance_to("2026-11-24T12:00:00Z").await;
    let messages = world.get(ADMIN, &format!("/leads/{id}")).await.body["messages"].clone();
    let level_1 = messages.as_array().unwrap().iter().find(|message| message["about"] == "level_1").unwrap().clone();
    assert_eq!(level_1["fate"], "dropped", "{messages}");
}

#[tokio::test]
async fn lead_6_contact_made_stops_the_clock_and_contact_not_made_does_not() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/contact-made");
    let no = world.post(ADMIN, &path, &json!({"made": false, "note": "no answer"})).await;
    assert_eq!((no.status, &no.body["reaction"]), (200, &Value::Null), "{}", no.body);
    assert!(no.body["deadline"]["seconds_left"].is_number());
    let yes = world.post(ADMIN, &path, &json!({"made": true})).await;
    assert_eq!((yes.text("/reaction/kind"), &yes.body["current_deadline"]), ("contact_made", &Value::Null));
    assert_eq!(event_names(&world, id).await[2..], ["no_contact", "reacted"]);
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 0);
    assert_eq!(patch(&world, &format!("/leads/{id}/deadlines/first-contact"), &json!({"at": "2026-11-26T10:00:00Z"})).await.status, 409);
    for (body, fault) in [(json!({}), "made LEAD-6"), (json!({"made": "maybe"}), "made INT-3"), (json!({"made": null}), "made LEAD-6")] {
        assert_eq!(world.post(ADMIN, &path, &body).await.faults(), [fault]);
    }
}

/// LEAD-9, SET-10, INT-5: deadlines need the right to work the lead and the current version, repeats have no effect, and invalid
/// deadlines are refused.
#[tokio::test]
async fn lead_6_deadline_changes_require_the_right_and_current_version_and_repeats_have_no_effect() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/deadlines");
    let body = json!({"title": "Send the offer", "at": "2026-11-25T10:00:00Z"});
    for (who, status) in [("ben.krause", 404), ("alice.moore", 404), ("rival.seller", 404), ("chris.center", 403), ("hugo.office", 403)] {
        assert_eq!(world.post(who, &path, &body).await.status, status, "{who}");
        let moved = world.call(Request::patch(who, &format!("{path}/first-contact")).json(&json!({"at": "2026-11-25T10:00:00Z"}))).await;
        assert_eq!(moved.status, status, "{who}");
        assert_eq!(world.post(who, &format!("/leads/{id}/contact-made"), &json!({"made": true})).await.status, status, "{who}");
    }
    let keyed = [("idempotency-key", "k-1")];
    let first = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    world.post(ADMIN, &path, &json!({"title": "Another", "at": "2026-11-25T11:00:00Z"})).await;
    let again = world.call(Request::post("anna.vogt", &path).json(&body).headers(&keyed)).await;
    assert_eq!((again.status, &again.headers["location"]), (201, &first.headers["location"]));
    assert_eq!(again.body["deadlines"].as_array().unwrap().len(), 3, "made once");
    let other =
        world.call(Request::post("anna.vogt", &path).json(&json!({"title": "x", "at": "2026-11-25T10:00:00Z"})).headers(&keyed)).await;
    assert_eq!(other.text("/type"), "urn:forecourt:problem:reused");
    // The same key with another deadline is a different request and is refused.
    let [one, two] = [2, 3].map(|n: u64| format!("{path}/{n:06}/completion"));
    assert_eq!(world.call(Request::post("anna.vogt", &one).json(&json!({})).headers(&[("idempotency-key", "k-2")])).await.status, 200);
    assert_eq!(world.call(Request::post("anna.vogt", &two).json(&json!({})).headers(&[("idempotency-key", "k-2")])).await.status, 422);
    let stale = world
        .call(
            Request::patch(ADMIN, &format!("{path}/first-contact"))
                .json(&json!({"at": "2026-11-25T10:00:00Z"}))
                .headers(&[("if-match", "\"1\"")]),
        )
        .await;
    assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(4)));
    for (body, faults) in [
        (json!({}), vec!["title LEAD-6"]),
        (json!({"title": "x"}), vec!["at LEAD-6"]),
        (json!({"title": "  ", "at": "2026-11-22T10:00:00Z"}), vec!["title LEAD-6", "at LEAD-6"]),
        (json!({"title": "x\u{7}y", "at": "2040-11-22T10:00:00Z"}), vec!["title LEAD-6", "at LEAD-6"]),
        (json!({"title": ["x"], "at": "tomorrow"}), vec!["title INT-3", "at LEAD-6"]),
    ] {
        assert_eq!(world.post(ADMIN, &path, &body).await.faults(), faults, "{body}");
    }
    let first_contact = format!("{path}/first-contact");
    assert_eq!(patch(&world, &first_contact, &json!({"title": "x", "at": "2026-11-25T10:00:00Z"})).await.faults(), ["title LEAD-6"]);
    assert_eq!(patch(&world, &first_contact, &json!({"at": "2026-11-23T08:59:59Z"})).await.faults(), ["at LEAD-6"]);
    assert_eq!(patch(&world, &format!("{path}/nothing"), &json!({"at": "2026-11-25T10:00:00Z"})).await.status, 404);
    assert_eq!(world.call(Request::delete(ADMIN, &first_contact).json(&json!({}))).await.status, 409);
    assert_eq!(world.post(ADMIN, &format!("{first_contact}/completion"), &json!({})).await.status, 409);
    // At most twenty deadlines are open; a met one makes room. Those of a closed lead are inactive.
    for n in 0..18 {
        assert_eq!(world.post(ADMIN, &path, &json!({"title": n.to_string(), "at": "2026-12-01T10:00:00Z"})).await.status, 201);
    }
    assert_eq!(world.post(ADMIN, &path, &body).await.status, 201, "in the place of the met one");
    assert_eq!(world.post(ADMIN, &path, &body).await.status, 409);
    let won = world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "won"})).await;
    assert_eq!(won.body["current_deadline"], Value::Null);
    world.advance_to("2026-12-02T10:00:00Z").await;
    assert_eq!(row(&world, id).await["overdue"], false);
    assert_eq!(world.post(ADMIN, &path, &json!({"title": "x", "at": "2026-12-05T10:00:00Z"})).await.status, 409);
}

/// LEAD-6: a reopened lead gets a new deadline, even if the old one was moved.
#[tokio::test]
async fn lead_6_a_reopened_lead_gets_a_new_deadline_even_if_the_old_one_was_moved() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    patch(&world, &format!("/leads/{id}/deadlines/first-contact"), &json!({"at": "2026-11-30T10:00:00Z"})).await;
    for status in [json!({"status": "lost", "reason": "other"}), json!({"status": "in_progress"})] {
        world.post(ADMIN, &format!("/leads/{id}/status"), &status).await;
    }
    let lead = world.page(id).await.lead;
    assert_eq!((lead.deadline(), lead.deadline_before_moves), (Some(at("2026-11-23T11:00:00Z")), None));
}
