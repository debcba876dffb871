//! Resubmissions that nobody completes (ESC-4, ESC-5, ESC-6).

use crate::support::world::{ADMIN, CONSOLE_URL, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

async fn plan_event(world: &World, lead: LeadId, at: &str) -> String {
    let body = json!({"title": "Call about the offer", "type": "Phone Outbound", "at": at});
    let reply = world.post("anna.vogt", &format!("/leads/{lead}/events"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.text("/id").to_owned()
}

/// Returns a lead of Anna's that is already answered, so that only its calendar events can escalate.
async fn answered_lead(world: &World) -> LeadId {
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    id
}

fn resubmission_notices(world: &World) -> Vec<String> {
    let of = |mail: String| mail.contains("Wiedervorlage").then(|| mail.split(" Wiedervorlage").next().unwrap().to_owned());
    world.mails().into_iter().filter_map(of).collect()
}

async fn set_resubmission_respects_hours(world: &World, hours: bool) {
    world
        .settings(|s| {
            s.resubmission_respects_hours = hours;
            s.escalation.level_2_resubmission = 120;
        })
        .await;
}

/// ESC-4: the seller is notified when a resubmission is due, and the supervisor after the configured minutes.
#[tokio::test]
async fn esc_4_a_resubmission_notifies_the_seller_when_due_and_then_the_supervisor() {
    for world in [World::new().await, World::delivering_twice().await] {
        set_resubmission_respects_hours(&world, false).await;
        let id = answered_lead(&world).await;
        plan_event(&world, id, "2026-11-24T10:00:00+01:00").await;
        world.advance_to("2026-11-25T12:00:00Z").await;
        assert_eq!(resubmission_notices(&world), ["11-24 09:00:00 anna.vogt:", "11-24 11:00:00 helga.stern:"], "{:?}", world.mails());
        let events = world.get("anna.vogt", &format!("/leads/{id}/events")).await;
        assert_eq!((&events.body["events"][0]["level"], &events.body["events"][0]["state"]), (&json!(2), &json!("incomplete")));
    }
}

/// ESC-4, CAL-4: a user who was assigned an event can complete it by the link in the reminder, even if another user owns the lead. Other
/// users cannot, and the user sees nothing else of the lead.
#[tokio::test]
async fn esc_4_the_user_of_an_event_can_complete_it_without_access_to_the_lead() {
    let world = World::new().await;
    set_resubmission_respects_hours(&world, false).await;
    let id = answered_lead(&world).await;
    let given = async |at: &str| {
        let body = json!({"title": "Call about the offer", "type": "phone_outbound", "at": at, "user": "ben.krause"});
        let made = world.post("anna.vogt", &format!("/leads/{id}/events"), &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.headers["location"].to_str().unwrap().to_owned()
    };
    let event = given("2026-11-24T10:00:00+01:00").await;
    world.advance_to("2026-11-24T11:00:00Z").await;
    let mails: Vec<_> = world.system.mailbox.mails().into_iter().filter(|mail| mail.subject.contains("Wiedervorlage")).collect();
    let recipients: Vec<&str> = mails.iter().map(|mail| mail.to.split('@').next().unwrap()).collect();
    assert_eq!(recipients, ["ben.krause", "helga.stern"]);
    let enquiry_in = |mail: &str| mail.contains("eingegangen") || mail.contains("website");
    assert_eq!(mails.iter().map(|mail| enquiry_in(&mail.text)).collect::<Vec<_>>(), [false, true], "only who sees the lead: {mails:?}");
    for (mail, reader) in mails.iter().zip(recipients) {
        // The console's page of an event has the path of the API after `/desk`.
        let link = mail.text.lines().find_map(|line| line.trim().strip_prefix(CONSOLE_URL)?.strip_prefix("/desk")).unwrap();
        let read = world.get(reader, link).await;
        assert_eq!((read.status, read.text("/user"), link), (200, "ben.krause", event.as_str()), "{}", read.body);
    }
    for (who, path, status) in [
        ("anna.vogt", event.clone(), 200),
        ("clara.henning", event.clone(), 404),
        ("alice.moore", event.clone(), 404),
        ("chris.center", event.clone(), 403),
        ("ben.krause", format!("/leads/{id}"), 404),
        ("ben.krause", format!("/leads/{id}/events"), 404),
        ("ben.krause", format!("{event}x"), 404),
        ("anna.vogt", format!("{event}x"), 404),
    ] {
        assert_eq!(world.get(who, &path).await.status, status, "{who} {path}");
    }
    let worked = [
        (event.clone(), "time", json!({"at": "2026-11-25T10:00:00Z"}), "incomplete"),
        (event.clone(), "no-show", json!({"reason": "not_reached"}), "no_show"),
        (given("2026-11-26T10:00:00Z").await, "completion", json!({"note": "He takes it"}), "completed"),
    ];
    for (event, how, body, state) in worked {
        assert_eq!(world.post("clara.henning", &format!("{event}/{how}"), &body).await.status, 404);
        let done = world.post("ben.krause", &format!("{event}/{how}"), &body).await;
        assert_eq!((done.status, done.text("/state")), (200, state), "{}", done.body);
    }
    // Only users with access to the lead can cancel an event. Ben does not see an event that has no user.
    let other = given("2026-11-26T12:00:00Z").await;
    assert_eq!(world.call(Request::delete("ben.krause", &other)).await.status, 404);
    let annas = format!("/leads/{id}/events/{}", plan_event(&world, id, "2026-11-26T14:00:00Z").await);
    assert_eq!(world.get("ben.krause", &annas).await.status, 404);
    assert_eq!(world.post("ben.krause", &format!("{annas}/completion"), &json!({})).await.status, 404);
}

/// ESC-4: a resubmission that is completed, moved or deleted in time causes no notice.
#[tokio::test]
async fn esc_4_a_resubmission_completed_moved_or_deleted_in_time_causes_no_notice() {
    let world = World::new().await;
    set_resubmission_respects_hours(&world, false).await;
    let id = answered_lead(&world).await;
    let (done, moved, deleted) = (
        plan_event(&world, id, "2026-11-24T09:00:00Z").await,
        plan_event(&world, id, "2026-11-24T09:10:00Z").await,
        plan_event(&world, id, "2026-11-24T09:20:00Z").await,
    );
    let path = |event: &str, what: &str| format!("/leads/{id}/events/{event}{what}");
    assert_eq!(world.post("anna.vogt", &path(&done, "/completion"), &json!({})).await.status, 200);
    assert_eq!(world.post("anna.vogt", &path(&moved, "/time"), &json!({"at": "2026-11-26T09:00:00Z"})).await.status, 200);
    assert_eq!(world.call(Request::delete("anna.vogt", &path(&deleted, ""))).await.status, 200);
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(resubmission_notices(&world), Vec::<String>::new());
    world.advance_to("2026-11-26T09:01:00Z").await;
    assert_eq!(resubmission_notices(&world), ["11-26 09:00:00 anna.vogt:"]);
    // An event that moves after its notice starts again.
    assert_eq!(world.post("anna.vogt", &path(&moved, "/time"), &json!({"at": "2026-11-27T09:00:00Z"})).await.status, 200);
    world.advance_to("2026-11-27T09:30:00Z").await;
    assert_eq!(resubmission_notices(&world)[1..], ["11-27 09:00:00 anna.vogt:"]);
}

/// ESC-4: an event whose time is past when it is saved is not a resubmission.
#[tokio::test]
async fn esc_4_an_event_saved_with_a_past_time_is_not_a_resubmission() {
    let world = World::new().await;
    let id = answered_lead(&world).await;
    plan_event(&world, id, "2026-11-23T08:00:00Z").await;
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(resubmission_notices(&world), Vec::<String>::new());
}

/// ESC-4: on won leads only the seller is notified, on lost leads nobody.
#[tokio::test]
async fn esc_4_a_resubmission_of_a_won_lead_notifies_the_seller_only_and_of_a_lost_lead_no_user() {
    for (status, wanted) in
        [(json!({"status": "won"}), vec!["11-24 09:00:00 anna.vogt:"]), (json!({"status": "lost", "reason": "price"}), Vec::<&str>::new())]
    {
        let world = World::new().await;
        set_resubmission_respects_hours(&world, false).await;
        let id = answered_lead(&world).await;
        plan_event(&world, id, "2026-11-24T09:00:00Z").await;
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/status"), &status).await.status, 200);
        world.advance_to("2026-11-26T12:00:00Z").await;
        assert_eq!(resubmission_notices(&world), wanted, "{status}");
    }
}

/// ESC-6: with the setting off, steps fire at any hour except on days off. With it on, steps outside opening hours wait for the next
/// opening. Durations remain clock minutes.
#[tokio::test]
async fn esc_6_a_resubmission_respects_opening_hours_only_if_the_dealer_sets_it() {
    for (hours, at, wanted) in [
        // A weekday, 22:00 in Berlin.
        (false, "2026-11-24T21:00:00Z", ["11-24 21:00:00 anna.vogt:", "11-24 23:00:00 helga.stern:"]),
        (true, "2026-11-24T21:00:00Z", ["11-25 07:00:00 anna.vogt:", "11-25 07:00:00 helga.stern:"]),
        // A Sunday is not a day off.
        (false, "2026-11-29T11:00:00Z", ["11-29 11:00:00 anna.vogt:", "11-29 13:00:00 helga.stern:"]),
        // Christmas is a day off; a Sunday and company holidays until the 30th follow.
        (false, "2026-12-25T11:00:00Z", ["12-31 07:00:00 anna.vogt:", "12-31 07:00:00 helga.stern:"]),
        // Just before closing: the second step falls into the evening.
        (true, "2026-11-24T16:30:00Z", ["11-24 16:30:00 anna.vogt:", "11-25 07:00:00 helga.stern:"]),
    ] {
        let world = World::new().await;
        set_resubmission_respects_hours(&world, hours).await;
        let id = answered_lead(&world).await;
        plan_event(&world, id, at).await;
        world.advance_to("2027-01-05T12:00:00Z").await;
        let minutes = |notice: &str| notice.rsplit_once(':').map(|_| notice[..11].to_owned() + &notice[14..]).unwrap();
        let got: Vec<String> = resubmission_notices(&world).iter().map(|notice| minutes(notice)).collect();
        let wanted: Vec<String> = wanted.iter().map(|notice| minutes(notice)).collect();
        assert_eq!(got, wanted, "{hours} {at}");
    }
}

/// CAL-1, CAL-3, CAL-4: errors are named, the next action falls back to the next event, a follow-up is created with the completion, and a
/// repeat changes nothing.
#[tokio::test]
async fn cal_4_events_end_once_with_a_follow_up_and_keep_their_history() {
    let world = World::new().await;
    let id = answered_lead(&world).await;
    let events = format!("/leads/{id}/events");
    let wrong = world.post("anna.vogt", &events, &json!({"type": "party", "at": "tomorrow", "user": "nobody"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["at CAL-1".to_owned()]));
    let wrong = world.post("anna.vogt", &events, &json!({"type": "party", "user": "nobody"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["title CAL-1".to_owned(), "type CAL-1".into(), "user CAL-1".into()]));
    let (late, early) = (plan_event(&world, id, "2026-11-26T09:00:00Z").await, plan_event(&world, id, "2026-11-25T09:00:00Z").await);
    let next = async || world.get("anna.vogt", &events).await.body["next_action_at"].clone();
    assert_eq!(next().await, "2026-11-25T09:00:00Z");
    let follow_up =
        json!({"reason": "not_reached", "follow_up": {"title": "Again", "type": "phone_outbound", "at": "2026-11-27T09:00:00Z"}});
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let path = format!("{events}/{early}/no-show");
    let mut answers = Vec::<Value>::new();
    for _ in 0..2 {
        let reply = world.call(Request::post("anna.vogt", &path).headers(&key).body(follow_up.to_string().as_bytes())).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        answers.push(reply.body);
    }
    assert_eq!((&answers[0]["state"], &answers[0]["follow_up"]["title"]), (&json!("no_show"), &json!("Again")));
    assert_eq!(world.get("anna.vogt", &events).await.body["events"].as_array().unwrap().len(), 3, "one follow-up");
    assert_eq!(world.post("anna.vogt", &format!("{events}/{early}/completion"), &json!({})).await.status, 409);
    assert_eq!(next().await, "2026-11-26T09:00:00Z");
    let moved = world.post("anna.vogt", &format!("{events}/{late}/time"), &json!({"at": "2026-11-28T09:00:00Z"})).await;
    assert_eq!(moved.body["rescheduled_from"], json!(["2026-11-26T09:00:00Z"]));
    assert_eq!(next().await, "2026-11-27T09:00:00Z");
    for (who, status) in [("ben.krause", 404), ("hugo.office", 403), ("", 401)] {
        assert_eq!(world.post(who, &events, &json!({"title": "x", "type": "notes"})).await.status, status, "{who}");
    }
}

async fn change(world: &World, part: &str, body: &Value) {
    let path = format!("/dealers/{}/{part}", crate::support::world::NORDSTERN);
    let seen = world.get(ADMIN, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", seen.as_str())];
    let reply = world.call(Request::put(ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// SET-3, SET-11: the current durations and hours apply, and a step that can come earlier gets a new timer.
#[tokio::test]
async fn set_11_a_change_of_durations_moves_planned_resubmissions() {
    for (minutes, wanted) in
        [(0, vec!["11-24 09:00:00 anna.vogt:"]), (60, vec!["11-24 09:00:00 anna.vogt:", "11-24 10:00:00 helga.stern:"])]
    {
        let world = World::new().await;
        set_resubmission_respects_hours(&world, false).await;
        let id = answered_lead(&world).await;
        plan_event(&world, id, "2026-11-24T09:00:00Z").await;
        world.advance_to("2026-11-24T09:10:00Z").await;
        change(&world, "escalation", &json!({"level_2_resubmission": minutes})).await;
        world.advance_to("2026-11-26T12:00:00Z").await;
        assert_eq!(resubmission_notices(&world), wanted, "{minutes}");
    }
    // The duration is off first and turned on later; then a day off is removed.
    let world = World::new().await;
    world.settings(|s| s.escalation.level_2_resubmission = 0).await;
    let id = answered_lead(&world).await;
    plan_event(&world, id, "2026-11-24T09:00:00Z").await;
    world.advance_to("2026-11-24T09:10:00Z").await;
    change(&world, "escalation", &json!({"level_2_resubmission": 240})).await;
    world.advance_to("2026-11-24T14:00:00Z").await;
    assert_eq!(resubmission_notices(&world), ["11-24 09:00:00 anna.vogt:", "11-24 13:00:00 helga.stern:"]);
    plan_event(&world, id, "2026-12-25T10:00:00Z").await;
    world.advance_to("2026-12-25T10:30:00Z").await;
    change(&world, "holidays", &json!({"days_off": []})).await;
    world.advance_to("2026-12-25T10:35:00Z").await;
    assert_eq!(resubmission_notices(&world).len(), 3, "it is reported within two minutes: {:?}", resubmission_notices(&world));
}

/// ESC-4: resubmissions that came due while the lead was lost are notified when it is reopened.
#[tokio::test]
async fn esc_4_a_reopened_lead_notifies_of_resubmissions_that_came_due_while_it_was_lost() {
    let world = World::new().await;
    set_resubmission_respects_hours(&world, false).await;
    let id = answered_lead(&world).await;
    plan_event(&world, id, "2026-11-24T09:00:00Z").await;
    let status = async |body: Value| assert_eq!(world.post(ADMIN, &format!("/leads/{id}/status"), &body).await.status, 200);
    status(json!({"status": "lost", "reason": "price"})).await;
    world.advance_to("2026-11-24T10:00:00Z").await;
    assert_eq!(resubmission_notices(&world), Vec::<String>::new());
    status(json!({"status": "in_progress"})).await;
    world.advance_to("2026-11-24T13:00:00Z").await;
    let readers: Vec<String> = resubmission_notices(&world).iter().map(|notice| notice[15..].to_owned()).collect();
    assert_eq!(readers, ["anna.vogt:", "helga.stern:"], "{:?}", resubmission_notices(&world));
}

/// CAL-4: a follow-up of an event that has ended is refused; the response does not claim success.
#[tokio::test]
async fn cal_4_a_follow_up_of_an_ended_event_is_refused() {
    let world = World::new().await;
    world.settings(|s| s.no_show_reasons = vec!["Kam nicht".into()]).await;
    let id = answered_lead(&world).await;
    let (done, missed) = (plan_event(&world, id, "2026-11-24T09:00:00Z").await, plan_event(&world, id, "2026-11-24T09:00:00Z").await);
    let path = |event: &str, what: &str| format!("/leads/{id}/events/{event}/{what}");
    let follow_up = json!({"follow_up": {"title": "Next", "type": "sms", "at": "2026-12-01T10:30:00+01:00"}});
    assert_eq!(world.post("anna.vogt", &path(&done, "completion"), &json!({})).await.status, 200);
    assert_eq!(world.post("anna.vogt", &path(&done, "completion"), &json!({})).await.status, 200, "it is so already");
    assert_eq!(world.post("anna.vogt", &path(&done, "completion"), &follow_up).await.status, 409);
    assert_eq!(world.post("anna.vogt", &path(&done, "completion"), &json!({"note": "else"})).await.status, 409);
    for reason in ["kam nicht", "Kam nicht"] {
        assert_eq!(world.post("anna.vogt", &path(&missed, "no-show"), &json!({"reason": reason})).await.status, 200);
    }
}
