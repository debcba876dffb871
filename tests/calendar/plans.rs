//! Follow-up plans: their steps, their times, and what stops them (CAL-11).

use crate::support::letters;
use crate::support::plans::{SELLER, answered, calls, save, set, start, world};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, enquiry};
use forecourt_domain::base::{LeadId, Purpose};
use forecourt_domain::settings::{Absence, FollowUpPlan};
use forecourt_send::mail::Mail;
use serde_json::{Value, json};

/// The mails to a customer.
fn mails_to(world: &World, name: &str) -> Vec<Mail> {
    letters::mails_to(world, name).into_iter().map(|(mail, _)| mail).collect()
}

async fn plan(world: &World, lead: LeadId) -> Value {
    world.get("gina.group", &format!("/leads/{lead}")).await.body["plan"].clone()
}

/// State, reason and number of steps that were carried out.
async fn state(world: &World, lead: LeadId) -> (String, String, usize) {
    let plan = plan(world, lead).await;
    let done = plan["steps"].as_array().map_or(0, |steps| steps.iter().filter(|step| step["done_at"].is_string()).count());
    let text = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("why"), done)
}

async fn titles(world: &World, lead: LeadId) -> Vec<String> {
    world.events(lead).await.into_iter().map(|event| format!("{} {}", event.at.format("%m-%d %H:%M"), event.title)).collect()
}

#[tokio::test]
async fn cal_11_the_steps_happen_at_the_openings_of_their_days() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    let started = start(&world, SELLER, lead, "calls").await;
    assert_eq!(started.status, 200, "{}", started.body);
    assert_eq!((started.text("/plan/state"), started.text("/plan/next_at")), ("running", "2026-11-24T07:00:00Z"), "{}", started.body);
    let before = world.mails().len();
    world.advance_to("2026-11-24T06:59:00Z").await;
    assert!(titles(&world, lead).await.is_empty());
    world.advance_to("2026-11-24T07:05:00Z").await;
    assert_eq!(titles(&world, lead).await, ["11-24 07:00 First call"]);
    // ESC-4: the owner is notified at the time of the step.
    let told: Vec<String> = world.mails()[before..].iter().filter(|mail| mail.contains("First call")).cloned().collect();
    assert!(told.len() == 1 && told[0].contains(SELLER), "{told:?}");
    world.advance_to("2026-11-26T07:05:00Z").await;
    let mails = mails_to(&world, "jana");
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Noch da?"]);
    assert!(mails[0].text.contains("Ben Krause"), "{}", mails[0].text);
    // The sixth day is a Sunday. The open event of the first step does not hold the last one back.
    world.advance_to("2026-11-30T07:05:00Z").await;
    assert_eq!(titles(&world, lead).await, ["11-24 07:00 First call", "11-30 07:00 Last call"]);
    assert_eq!(state(&world, lead).await, ("finished".into(), String::new(), 3));
    let timeline = world.get(SELLER, &format!("/leads/{lead}")).await.body["timeline"].clone();
    let plan_events = timeline.as_array().unwrap().iter().flat_map(|entry| entry["events"].as_array().unwrap());
    let whats: Vec<&str> = plan_events.filter_map(|event| event["what"].as_str()).filter(|what| what.starts_with("plan_")).collect();
    assert_eq!(whats, ["plan_started", "plan_step", "plan_step", "plan_step", "plan_ended"]);
}

#[tokio::test]
async fn cal_11_days_off_summer_time_and_changed_hours_move_a_step_to_the_next_opening() {
    let steps = |days: &[u32]| {
        let step = |day: &u32| json!({"day": day, "type": "phone_outbound", "title": format!("Day {day}")});
        json!({"id": "p", "name": "P", "steps": days.iter().map(step).collect::<Vec<_>>()})
    };
    // Friday before the end of summer time.
    let world = world("2026-10-23T08:00:00Z", &[steps(&[1, 2, 3, 4])]).await;
    world
        .settings(|settings| {
            let day = serde_json::from_value(json!({"from": "2026-10-27", "name": "Closed", "kind": "company_holiday"})).unwrap();
            settings.calendar = settings.calendar.with_days_off(vec![day]);
        })
        .await;
    let lead = answered(&world, "jana").await;
    assert_eq!(start(&world, SELLER, lead, "p").await.status, 200);
    world.advance_to("2026-11-20T12:00:00Z").await;
    // Saturday in summer time; Sunday is closed, so that Monday is the second step; each further step is at least a day later.
    let expected = ["10-24 07:00 Day 1", "10-26 07:00 Day 2", "10-28 07:00 Day 3", "10-29 07:00 Day 4"];
    assert_eq!(titles(&world, lead).await, expected);
    // A closure that is entered later holds a step that is due.
    let other = answered(&world, "tom").await;
    assert_eq!(start(&world, SELLER, other, "p").await.text("/plan/next_at"), "2026-11-21T08:00:00Z");
    let closed = json!({"from": "2026-11-21", "name": "Closed", "kind": "company_holiday"});
    world.settings(|settings| settings.calendar = settings.calendar.with_days_off(vec![serde_json::from_value(closed).unwrap()])).await;
    world.advance_to("2026-11-21T12:00:00Z").await;
    assert_eq!(plan(&world, other).await["next_at"], "2026-11-23T07:00:00Z");
    assert!(titles(&world, other).await.is_empty());
}

#[tokio::test]
async fn cal_11_a_plan_starts_with_the_first_answer_to_a_lead_of_its_type() {
    let auto = |id: &str, types: Value| {
        let mut plan = calls();
        (plan["id"], plan["types"], plan["starts"]) = (json!(id), types, json!("after_answer"));
        plan
    };
    let world = world("2026-11-23T09:00:00Z", &[auto("new", json!(["new_car"])), auto("all", json!([])), calls()]).await;
    let lead = answered(&world, "jana").await;
    let now = plan(&world, lead).await;
    assert_eq!((&now["id"], &now["started_by"]), (&json!("all"), &json!("system")), "{now}");
    // Stopped once, it does not start again with the answer to a further message.
    assert_eq!(world.call(Request::delete(SELLER, &format!("/leads/{lead}/plan"))).await.status, 200);
    world
        .post(
            "partner:portal-demo",
            &format!("/dealers/{NORDSTERN}/leads"),
            &json!({"type": "used_car", "source": "website",
        "message": "And the colour?", "contact": {"last_name": "jana", "email": "jana@example.com"}}),
        )
        .await;
    world.post(SELLER, &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
    assert_eq!(state(&world, lead).await, ("stopped".into(), "by_user".into(), 0));
    // A booking is an answer that needs no plan; so is the end of the lead.
    let booked = world.lead(&enquiry("tom")).await;
    let drive = json!({"title": "Corsa", "type": "booked_test_drive", "at": "2026-11-25T09:00:00Z"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{booked}/events"), &drive).await.status, 201);
    world.post(ADMIN, &format!("/leads/{booked}/reactions"), &json!({"kind": "reply"})).await;
    assert!(plan(&world, booked).await.is_null());
}

#[tokio::test]
async fn cal_11_a_reaction_a_booking_an_objection_and_the_end_of_the_lead_stop_the_plan() {
    let address = json!({"address": "jana@example.com", "reason": "unsubscribed"});
    let withdrawn = json!({"channel": "email", "address": "jana@example.com", "purpose": "advertising", "status": "withdrawn",
        "source": "telephone", "text": "Please stop."});
    let drive = json!({"title": "Corsa", "type": "booked_test_drive", "at": "2026-11-28T09:00:00Z"});
    let cases = [
        ("reactions", json!({"kind": "call_reached"}), "answered"),
        ("reactions", json!({"kind": "call_reached", "inbound": true}), "answered"),
        ("events", drive, "booked"),
        ("status", json!({"status": "won"}), "won"),
        ("status", json!({"status": "lost", "reason": "price"}), "lost"),
        ("contacts/000001/consents", withdrawn, "opt_out"),
        ("stops", address, "opt_out"),
        ("assignment", json!({"dealer": "harbour-cars-demo"}), "transferred"),
        ("", json!({}), "answered"),
    ];
    for (path, body, why) in cases {
        let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
        let lead = answered(&world, "jana").await;
        assert_eq!(start(&world, SELLER, lead, "calls").await.status, 200);
        world.advance_to("2026-11-24T10:00:00Z").await;
        let reply = match path {
            // The customer asks again.
            "" => {
                world
                    .post(
                        "partner:portal-demo",
                        &format!("/dealers/{NORDSTERN}/leads"),
                        &json!({"type": "used_car",
                "source": "website", "message": "Still there?", "contact": {"last_name": "jana", "email": "jana@example.com"}}),
                    )
                    .await
            }
            _ => world.post("gina.group", &format!("/leads/{lead}/{path}"), &body).await,
        };
        assert!(reply.status < 300, "{path}: {}", reply.body);
        assert_eq!(state(&world, lead).await, ("stopped".into(), why.into(), 1), "{path} {body}");
        world.advance_to("2026-12-01T12:00:00Z").await;
        assert_eq!(state(&world, lead).await.2, 1, "{path} {body}");
        assert!(mails_to(&world, "jana").iter().all(|mail| mail.subject != "Noch da?"), "{path}");
    }
}

#[tokio::test]
async fn cal_11_a_seller_s_own_work_does_not_stop_the_plan() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    start(&world, SELLER, lead, "calls").await;
    let event = json!({"title": "Prepare", "type": "notes", "at": "2026-11-25T09:00:00Z"});
    for (path, body) in [
        ("reactions", json!({"kind": "reply"})),
        ("reactions", json!({"kind": "call_missed"})),
        ("events", event),
        ("comments", json!({"text": "no answer"})),
    ] {
        let reply = world.post(SELLER, &format!("/leads/{lead}/{path}"), &body).await;
        assert!(reply.status < 300, "{path}: {}", reply.body);
    }
    assert_eq!(state(&world, lead).await, ("running".into(), String::new(), 0));
}

#[tokio::test]
async fn cal_11_no_advertising_goes_out_without_a_recorded_consent() {
    let mut advertising = calls();
    advertising["steps"][1].as_object_mut().unwrap().remove("purpose");
    assert_eq!(serde_json::from_value::<FollowUpPlan>(advertising.clone()).unwrap().steps[1].purpose, Purpose::Advertising);
    let world = world("2026-11-23T09:00:00Z", &[advertising]).await;
    let (without, with) = (answered(&world, "jana").await, answered(&world, "tom").await);
    let consent = json!({"channel": "email", "address": "tom@example.com", "purpose": "advertising", "status": "granted",
        "source": "form", "text": "I agree to offers."});
    let granted = world.post(SELLER, &format!("/leads/{with}/contacts/000001/consents"), &consent).await;
    assert!(granted.status < 300, "{}", granted.body);
    for lead in [without, with] {
        assert_eq!(start(&world, SELLER, lead, "calls").await.status, 200);
    }
    world.advance_to("2026-11-26T09:00:00Z").await;
    assert_eq!(plan(&world, without).await["steps"][1]["skipped"], "no_consent");
    assert!(mails_to(&world, "jana").is_empty());
    assert_eq!(mails_to(&world, "tom").len(), 1);
    // A step that is left out does not end the plan.
    world.advance_to("2026-11-30T09:00:00Z").await;
    assert_eq!(state(&world, without).await, ("finished".into(), String::new(), 3));
}

#[tokio::test]
async fn cal_11_an_objection_stops_every_method_also_one_of_another_lead() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    assert_eq!(start(&world, SELLER, lead, "calls").await.status, 200);
    // Another lead of the same customer, at another dealer of the group.
    let elsewhere = world.post("gina.group", "/dealers/harbour-cars-demo/leads", &enquiry("jana")).await;
    assert_eq!(elsewhere.status, 201, "{}", elsewhere.body);
    let path = format!("/leads/{}/stops", elsewhere.text("/id"));
    let stopped = world.post("gina.group", &path, &json!({"address": "jana@example.com", "reason": "unsubscribed"})).await;
    assert!(stopped.status < 300, "{}", stopped.body);
    assert_eq!(state(&world, lead).await.0, "running");
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(state(&world, lead).await, ("stopped".into(), "opt_out".into(), 0));
    assert!(titles(&world, lead).await.is_empty());
    let refused = start(&world, SELLER, lead, "calls").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "CAL-11"), "{}", refused.body);
}

#[tokio::test]
async fn cal_11_a_run_keeps_its_steps_when_the_plan_changes() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    start(&world, SELLER, lead, "calls").await;
    set(&world, &[]).await;
    // A text that the dealer has removed: a person follows up.
    let path = format!("/dealers/{NORDSTERN}/texts/still-there");
    assert_eq!(world.call(Request::delete(ADMIN, &path).version(1)).await.status, 200);
    world.advance_to("2026-11-30T09:00:00Z").await;
    assert_eq!(titles(&world, lead).await, ["11-24 07:00 First call", "11-26 07:00 Mail", "11-30 07:00 Last call"]);
    let refused = start(&world, SELLER, lead, "calls").await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["id CAL-11".to_owned()]), "{}", refused.body);
}

#[tokio::test]
async fn cal_11_a_message_is_in_the_customer_s_language() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    save(&world, "nog-daar", "nl", "Nog daar?").await;
    let mut body = enquiry("jana");
    body["contact"]["language"] = json!("nl");
    let lead = world.lead(&body).await;
    world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
    assert_eq!(start(&world, ADMIN, lead, "calls").await.status, 200);
    world.advance_to("2026-11-26T09:00:00Z").await;
    assert_eq!(mails_to(&world, "jana")[0].subject, "Nog daar?");
}

#[tokio::test]
async fn cal_11_the_deputy_of_an_absent_owner_is_notified() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    start(&world, SELLER, lead, "calls").await;
    let absence = Absence {
        from: at("2026-11-23T12:00:00Z"),
        until: at("2026-11-30T00:00:00Z"),
        deputy: Some("david.roth".parse().unwrap()),
        hand_over: None,
    };
    world
        .settings(|settings| {
            let seller = settings.members.iter_mut().find(|member| member.user.as_str() == SELLER).unwrap();
            seller.absences.push(absence);
        })
        .await;
    let before = world.mails().len();
    world.advance_to("2026-11-24T07:05:00Z").await;
    let told: Vec<String> = world.mails()[before..].iter().filter(|mail| mail.contains("First call")).cloned().collect();
    assert!(told.len() == 1 && told[0].contains("david.roth"), "{told:?}");
}

#[tokio::test]
async fn cal_11_wake_ups_that_come_twice_make_each_step_once() {
    let world = World::delivering_twice().await;
    set(&world, &[calls()]).await;
    save(&world, "still-there", "de", "Noch da?").await;
    let lead = answered(&world, "jana").await;
    start(&world, SELLER, lead, "calls").await;
    world.advance_to("2026-12-01T09:00:00Z").await;
    assert_eq!(titles(&world, lead).await, ["11-24 07:00 First call", "11-30 07:00 Last call"]);
    assert_eq!(mails_to(&world, "jana").len(), 1);
}

#[tokio::test]
async fn cal_11_one_plan_runs_at_a_time_and_another_may_follow() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let lead = answered(&world, "jana").await;
    let (first, second) = futures::join!(start(&world, SELLER, lead, "calls"), start(&world, ADMIN, lead, "calls"));
    let mut both = [first.status, second.status];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    world.advance_to("2026-11-30T09:00:00Z").await;
    assert_eq!(state(&world, lead).await.0, "finished");
    let again = start(&world, SELLER, lead, "calls").await;
    assert_eq!((again.status, &again.body["plan"]["number"]), (200, &json!(2)), "{}", again.body);
    world.advance_to("2026-12-01T09:00:00Z").await;
    assert_eq!(titles(&world, lead).await.len(), 3);
    // Stopping twice changes nothing.
    for _ in 0..2 {
        let stopped = world.call(Request::delete(SELLER, &format!("/leads/{lead}/plan"))).await;
        assert_eq!((stopped.status, stopped.text("/plan/why")), (200, "by_user"), "{}", stopped.body);
    }
}

#[tokio::test]
async fn cal_11_a_plan_is_out_of_reach_for_others_and_refused_on_a_closed_or_booked_lead() {
    let mut other = calls();
    (other["id"], other["types"]) = (json!("other"), json!(["new_car"]));
    let world = world("2026-11-23T09:00:00Z", &[calls(), other]).await;
    let lead = answered(&world, "jana").await;
    for who in ["clara.henning", "rival.seller"] {
        assert_eq!(start(&world, who, lead, "calls").await.status, 404, "{who}");
        assert_eq!(world.call(Request::delete(who, &format!("/leads/{lead}/plan"))).await.status, 404, "{who}");
    }
    assert_eq!(start(&world, SELLER, lead, "other").await.faults(), ["id CAL-11"]);
    assert_eq!(world.get(SELLER, &format!("/leads/{lead}")).await.body["plans"], json!([{"id": "calls", "name": "Calls"}]));
    let drive = json!({"title": "Corsa", "type": "booked_test_drive", "at": "2026-11-28T09:00:00Z"});
    let made = world.post(SELLER, &format!("/leads/{lead}/events"), &drive).await;
    assert_eq!(start(&world, SELLER, lead, "calls").await.status, 409);
    let path = format!("/leads/{lead}/events/{}/cancellation", made.text("/id"));
    world.post(SELLER, &path, &json!({"reason": "other"})).await;
    world.post(SELLER, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    assert_eq!(start(&world, SELLER, lead, "calls").await.status, 409);
}

#[tokio::test]
async fn cal_11_a_message_that_waits_is_not_sent_after_a_reaction() {
    let mut mail_first = calls();
    mail_first["steps"] = json!([{"day": 1, "type": "email_outbound", "title": "Mail", "text": "still-there", "purpose": "contract"}]);
    let world = world("2026-11-23T09:00:00Z", &[mail_first]).await;
    world.settings(|settings| settings.limits.letters_per_recipient = 1).await;
    let lead = answered(&world, "jana").await;
    start(&world, SELLER, lead, "calls").await;
    // Another mail of Tuesday uses the limit up, so that the message of the plan waits for Wednesday.
    world.advance_to("2026-11-24T06:00:00Z").await;
    let own = json!({"medium": "email", "subject": "Hello", "text": "Hello"});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/communications"), &own).await.status, 201);
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(state(&world, lead).await, ("finished".into(), String::new(), 1));
    world.post(SELLER, &format!("/leads/{lead}/reactions"), &json!({"kind": "call_reached", "inbound": true})).await;
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert!(mails_to(&world, "jana").iter().all(|mail| mail.subject != "Noch da?"));
    assert_eq!(plan(&world, lead).await["steps"][0]["answered"], true);
}
