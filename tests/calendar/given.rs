//! Events that somebody else gives to a user (CAL-10), the types of events with their names, and the times that types promise (CAL-1).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::settings::Absence;
use serde_json::{Value, json};

/// A lead of ben.krause.
async fn lead(world: &World, name: &str) -> LeadId {
    let lead = world.lead(&enquiry(name)).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "ben.krause"})).await;
    world.system.settle().await;
    lead
}

fn event(user: Option<&str>) -> Value {
    json!({"title": "Call back", "type": "phone_outbound", "at": "2026-11-25T09:00:00Z", "user": user})
}

fn notices_since(world: &World, before: usize) -> Vec<String> {
    world.mails()[before..]
        .iter()
        .map(|mail| mail[6..].to_owned())
        .filter(|mail| mail.contains("Call back") || mail.contains("Kalender"))
        .collect()
}

#[tokio::test]
async fn cal_10_the_user_of_an_event_is_notified_once_if_somebody_else_gives_it() {
    let world = World::new().await;
    let id = lead(&world, "jana").await;
    let before = world.mails().len();
    let events = format!("/leads/{id}/events");
    let own = world.post("ben.krause", &events, &event(None)).await;
    assert_eq!(own.status, 201, "{}", own.body);
    world.system.settle().await;
    assert!(notices_since(&world, before).is_empty(), "an own event needs no notice");
    let made = world.post(ADMIN, &events, &event(Some("clara.henning"))).await;
    world.system.settle().await;
    let spoken = id.spoken();
    let line = |who: &str| format!("09:00:00 {who}: Call back für Sie am 25.11.2026, 10:00 Uhr: Anfrage {spoken} von jana");
    assert_eq!(notices_since(&world, before), [line("clara.henning")]);
    // CAL-9: a correction that gives it to another user.
    let path = format!("{events}/{}", made.text("/id"));
    let given = world.call(Request::patch(ADMIN, &path).json(&json!({"user": "david.roth"}))).await;
    assert_eq!(given.status, 200, "{}", given.body);
    world.system.settle().await;
    let retitled = world.call(Request::patch(ADMIN, &path).json(&json!({"notes": "ask for the engine"}))).await;
    assert_eq!(retitled.status, 200, "{}", retitled.body);
    // The follow-up of an event is given, too.
    let done = world.post(ADMIN, &format!("{path}/completion"), &json!({"follow_up": event(Some("clara.henning"))})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    world.system.settle().await;
    assert_eq!(notices_since(&world, before), [line("clara.henning"), line("david.roth"), line("clara.henning")]);
    // The user may not see the lead, and reads and completes the event.
    let mail = world.system.mailbox.mails().into_iter().rev().find(|mail| mail.to.starts_with("clara.henning")).unwrap();
    assert!(mail.text.contains(&format!("/desk/leads/{id}/events/")) && mail.text.contains("Ingo Brandt"), "{}", mail.text);
    assert_eq!(world.get("clara.henning", &format!("/leads/{id}")).await.status, 404);
    let follow_up = done.text("/follow_up/id");
    assert_eq!(world.get("clara.henning", &format!("{events}/{follow_up}")).await.status, 200);
    let day = world.get("clara.henning", &format!("/dealers/{NORDSTERN}/calendar?view=day&date=2026-11-25&user=clara.henning")).await;
    assert_eq!(day.body["events"].as_array().map(Vec::len), Some(1), "{}", day.body);
}

#[tokio::test]
async fn cal_10_a_notice_waits_for_the_opening_and_goes_to_the_deputy_of_an_absent_user() {
    let world = World::at("2026-11-23T20:00:00Z").await;
    world
        .settings(|settings| {
            let absence = Absence {
                from: at("2026-11-23T00:00:00Z"),
                until: at("2026-11-30T00:00:00Z"),
                deputy: Some("david.roth".parse().unwrap()),
                hand_over: None,
            };
            settings
                .members
                .iter_mut()
                .filter(|member| member.user.as_str() == "clara.henning")
                .for_each(|m| m.absences.push(absence.clone()));
        })
        .await;
    let id = lead(&world, "jana").await;
    let before = world.mails().len();
    for user in ["clara.henning", "elif.yilmaz"] {
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/events"), &event(Some(user))).await.status, 201);
    }
    // An event that is completed before the opening needs no notice.
    let done = world.post(ADMIN, &format!("/leads/{id}/events"), &event(Some("felix.lang"))).await;
    let done = format!("/leads/{id}/events/{}/completion", done.text("/id"));
    assert_eq!(world.post("felix.lang", &done, &json!({})).await.status, 200);
    world.advance_to("2026-11-24T06:59:00Z").await;
    assert!(notices_since(&world, before).is_empty());
    world.advance_to("2026-11-24T07:05:00Z").await;
    let mut readers: Vec<String> =
        notices_since(&world, before).iter().map(|mail| mail.split([' ', ':']).nth(3).unwrap().to_owned()).collect();
    readers.sort();
    assert_eq!(readers, ["david.roth", "elif.yilmaz"]);
}

/// CAL-10, CAL-2: the events of one bulk request are one mail.
#[tokio::test]
async fn cal_10_many_events_of_one_request_are_one_mail() {
    let world = World::new().await;
    let mut leads = Vec::new();
    for n in 0..45 {
        leads.push(world.lead(&enquiry(&format!("n{n}"))).await);
    }
    world.system.settle().await;
    let before = world.mails().len();
    let reply = world.post(ADMIN, "/events", &json!({"leads": leads, "event": event(Some("clara.henning"))})).await;
    assert_eq!(reply.status, 207, "{}", reply.body);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let mails = notices_since(&world, before);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].ends_with("clara.henning: 45 Kalendereinträge wurden für Sie geplant: Call back"), "{mails:?}");
}

/// CAL-1: a follow-up type without a time gets the opening of the day that its name promises.
#[tokio::test]
async fn cal_1_follow_up_types_default_to_the_day_that_they_promise() {
    for (now, kind, expected) in [
        ("2026-11-23T09:00:00Z", "48_hour_follow_up", "2026-11-25T07:00:00Z"),
        ("2026-11-23T09:00:00Z", "3-7 Day Follow Up", "2026-11-26T07:00:00Z"),
        ("2026-11-23T09:00:00Z", "14_day_follow_up", "2026-12-07T07:00:00Z"),
        // Friday: the second day is a Sunday.
        ("2026-11-27T09:00:00Z", "48_hour_follow_up", "2026-11-30T07:00:00Z"),
        // Thursday: the third day is a Sunday.
        ("2026-11-26T09:00:00Z", "3-7_day_follow_up", "2026-11-30T07:00:00Z"),
        // Others stay at the present.
        ("2026-11-23T09:00:00Z", "post_sales_follow_up", "2026-11-23T09:00:00Z"),
    ] {
        let world = World::at(now).await;
        let id = world.lead(&enquiry("jana")).await;
        let made = world.post(ADMIN, &format!("/leads/{id}/events"), &json!({"title": "Ask", "type": kind})).await;
        assert_eq!((made.status, made.text("/at")), (201, expected), "{kind}: {}", made.body);
    }
}

/// CAL-1, CAL-4: the types and reasons, with names in three languages.
#[tokio::test]
async fn cal_1_event_types_and_no_show_reasons_have_names_for_those_who_plan() {
    let world = World::new().await;
    world
        .settings(|settings| {
            settings.event_types.push("Garage visit".into());
            settings.no_show_reasons.push("Snow".into());
        })
        .await;
    let types = world.get("ben.krause", &format!("/dealers/{NORDSTERN}/event-types")).await;
    assert_eq!(types.body["event_types"].as_array().map(Vec::len), Some(17), "{}", types.body);
    let known = json!({"value": "48_hour_follow_up", "own": false,
        "names": {"en": "48 hour follow-up", "de": "Nachfassen nach 48 Stunden", "nl": "Opvolging na 48 uur"}});
    assert_eq!(types.body["event_types"][8], known);
    assert_eq!(types.body["event_types"][16]["names"]["de"], "Garage visit");
    let reasons = world.get("ben.krause", &format!("/dealers/{NORDSTERN}/no-show-reasons")).await;
    assert_eq!(reasons.body["no_show_reasons"][1]["names"]["nl"], "Niet gekomen", "{}", reasons.body);
    assert_eq!(
        reasons.body["no_show_reasons"][5],
        json!({"value": "Snow", "own": true, "names": {"en": "Snow", "de": "Snow", "nl": "Snow"}})
    );
    for list in ["event-types", "no-show-reasons"] {
        assert_eq!(world.get("hugo.office", &format!("/dealers/{NORDSTERN}/{list}")).await.status, 403, "{list}");
        assert_eq!(world.get("ben.krause", &format!("/dealers/harbour-cars-demo/{list}")).await.status, 404, "{list}");
    }
}
