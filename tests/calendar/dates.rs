//! Events on a day picked in the calendar (CAL-2).

use crate::support::invitations::taken;
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::{Value, json};

fn on(date: &str) -> Value {
    json!({"title": "Call", "type": "phone_outbound", "date": date})
}

/// CAL-2: an event created from a day in the calendar is on that day.
#[tokio::test]
async fn cal_2_an_event_created_with_a_date_is_on_that_day() {
    let world = World::new().await;
    let (id, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("piet")).await);
    let events = format!("/leads/{id}/events");
    // Tuesday, Saturday and past days use the dealer's opening time, also in summer time. Today uses the present time of day. Sunday and a
    // day off use the time of day of the next opening.
    for (date, at) in [
        ("2026-11-24", "2026-11-24T07:00:00Z"),
        ("2026-11-28", "2026-11-28T08:00:00Z"),
        ("2027-03-29", "2027-03-29T06:00:00Z"),
        ("2026-11-23", "2026-11-23T09:00:00Z"),
        ("2026-11-20", "2026-11-20T07:00:00Z"),
        ("2026-11-29", "2026-11-29T07:00:00Z"),
        ("2026-12-25", "2026-12-25T07:00:00Z"),
    ] {
        let made = world.post(ADMIN, &events, &on(date)).await;
        assert_eq!((made.status, made.text("/at")), (201, at), "{date}: {}", made.body);
        let day = world.get(ADMIN, &format!("/dealers/autohaus-nordstern-demo/calendar?view=day&date={date}")).await;
        assert_eq!(day.body["events"].as_array().unwrap().len(), 1, "{date}: {}", day.body);
    }
    assert_eq!((taken(&world, "anna.vogt", "2026-11-24").await, taken(&world, "anna.vogt", "2026-11-23").await), (4, 0), "today is as now");
    // A bulk request, a follow-up and a rescheduled event accept a date too.
    let bulk = world.post(ADMIN, "/events", &json!({"leads": [id, other], "event": on("2026-12-01")})).await;
    assert_eq!((bulk.text("/results/0/event/at"), bulk.text("/results/1/event/at")), ("2026-12-01T07:00:00Z", "2026-12-01T07:00:00Z"));
    let event = bulk.text("/results/0/event/id");
    let moved = world.post(ADMIN, &format!("{events}/{event}/time"), &json!({"date": "2026-12-05"})).await;
    assert_eq!((moved.status, moved.text("/at")), (200, "2026-12-05T08:00:00Z"), "{}", moved.body);
    let done = world.post(ADMIN, &format!("{events}/{event}/completion"), &json!({"follow_up": on("2026-12-07")})).await;
    assert_eq!(done.text("/follow_up/at"), "2026-12-07T07:00:00Z", "{}", done.body);
    // A dealer without opening hours uses the present time of day. If the clock skips that time, the first valid time after it is used.
    world
        .settings(|s| {
            s.calendar = serde_json::from_value(json!({"zone": "Europe/Berlin"})).unwrap();
            s.escalation = serde_json::from_value(json!({"level_1": 0})).unwrap();
        })
        .await;
    assert_eq!(world.post(ADMIN, &events, &on("2026-12-02")).await.text("/at"), "2026-12-02T09:00:00Z");
    world.advance_to("2026-11-24T01:30:00Z").await;
    assert_eq!(world.post(ADMIN, &events, &on("2027-03-28")).await.text("/at"), "2027-03-28T01:00:00Z");
}

/// CAL-2: an invalid date, or a date together with a time, is refused.
#[tokio::test]
async fn cal_2_an_invalid_date_or_a_date_together_with_a_time_is_refused() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let events = format!("/leads/{id}/events");
    let event = |more: Value| {
        let mut event = json!({"title": "Call", "type": "phone_outbound"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let at = "2026-11-25T09:00:00Z";
    let made = world.post(ADMIN, &events, &event(json!({"at": at}))).await;
    let time = format!("{events}/{}/time", made.text("/id"));
    let completion = format!("{events}/{}/completion", made.text("/id"));
    for (wrong, faults) in [
        (json!({"date": "2026-02-30"}), vec!["date CAL-2"]),
        (json!({"date": "2026-1-5"}), vec!["date CAL-2"]),
        (json!({"date": "25.11.2026"}), vec!["date CAL-2"]),
        (json!({"date": at}), vec!["date CAL-2"]),
        (json!({"date": ""}), vec!["date CAL-2"]),
        (json!({"date": 20261125}), vec!["date CAL-2"]),
        (json!({"date": ["2026-11-25"]}), vec!["date INT-3"]),
        (json!({"date": "2037-11-25"}), vec!["date CAL-2"]),
        (json!({"date": "+262142-12-31"}), vec!["date CAL-2"]),
        (json!({"date": "9999-12-31"}), vec!["date CAL-2"]),
        (json!({"at": "9999-12-31T00:00:00Z"}), vec!["at CAL-1"]),
        (json!({"at": at, "date": "2026-11-25"}), vec!["date CAL-2"]),
        (json!({"day": "2026-11-25"}), vec!["day API-1"]),
        (json!({"at": at, "Date": null, "when": at}), vec!["Date API-1", "when API-1"]),
    ] {
        let reply = world.post(ADMIN, &events, &event(wrong.clone())).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.iter().map(|fault| (*fault).to_owned()).collect()), "{wrong}");
        let moved = world.post(ADMIN, &time, &wrong).await;
        assert_eq!((moved.status, moved.faults()), (422, reply.faults()), "{wrong}");
        let next = world.post(ADMIN, &completion, &json!({"follow_up": event(wrong.clone())})).await;
        let within: Vec<String> = faults.iter().map(|fault| format!("follow_up.{fault}")).collect();
        assert_eq!((next.status, next.faults()), (422, within), "{wrong}");
    }
    assert_eq!(world.post(ADMIN, &time, &json!({})).await.faults(), ["at CAL-4"]);
    // In a bulk request, an unknown field beside the event is refused too.
    let bulk = json!({"leads": [id], "event": event(json!({})), "date": "2026-11-25"});
    assert_eq!(world.post(ADMIN, "/events", &bulk).await.faults(), ["date API-1"]);
    let bulk = json!({"leads": [id], "event": event(json!({"on": "2026-11-25"}))});
    assert_eq!(world.post(ADMIN, "/events", &bulk).await.faults(), ["event.on API-1"]);
    // So is unknown in requests that create a link: otherwise the link could last longer, or show more, than intended.
    let invitation = json!({"type": "booked_test_drive", "expires_in_day": 1});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/invitations"), &invitation).await.faults(), ["expires_in_day API-1"]);
    assert_eq!(world.post(ADMIN, "/calendar-feeds", &json!({"dealers": "autohaus-nordstern-demo"})).await.faults(), ["dealers API-1"]);
    assert_eq!(world.events(id).await.len(), 1, "nothing was planned, nothing ended");
}
