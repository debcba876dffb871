//! A receiver that is down, refuses, or was switched off: nothing that happened meanwhile is lost (APT-6).

use crate::support::world::{ADMIN, Request, World, enquiry};
use crate::webhooks::events::{GROUP_ADMIN, LEADS, URL, notices, patch, sent_event_types, webhook};
use forecourt_domain::webhooks::RETRIES;
use serde_json::json;

/// APT-6: what happens while the receiver is down is delivered in order when it is back, within an hour, even after two days.
#[tokio::test]
async fn apt_6_a_receiver_that_was_down_gets_everything_in_order_when_it_is_back() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS).await;
    // A redirect is not followed, and is retried as any other failure.
    world.system.mailbox.set_status(URL.into(), 302);
    let lead = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-24T15:00:00Z").await;
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    world.advance_to("2026-11-25T15:00:00Z").await;
    let calls = world.system.mailbox.calls();
    let first: Vec<i64> = calls.iter().map(|call| call.at.timestamp()).collect();
    let pauses: Vec<i64> = first.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let planned = RETRIES.into_iter().chain(std::iter::repeat(3_600));
    assert!(pauses.len() > 40, "{pauses:?}");
    for (pause, least) in pauses.iter().zip(planned) {
        assert!((least..=least + least / 10 + 1).contains(pause), "{pauses:?}");
    }
    assert!(sent_event_types(&world).iter().all(|event| event == "lead.created"), "the later events wait: {:?}", sent_event_types(&world));
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.text("/state"), shown.text("/failing/last")), ("on", "answered 302"));
    world.system.mailbox.set_status(URL.into(), 204);
    world.advance_to("2026-11-25T16:10:00Z").await;
    assert_eq!(sent_event_types(&world)[calls.len()..], LEADS.map(str::to_owned));
    // The first accepted delivery clears the failure.
    assert_eq!(world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await.body.get("failing"), None);
}

/// APT-6: an event that the receiver refuses for good is set aside and does not block the next one. A timeout of the receiver and too many
/// requests pass.
#[tokio::test]
async fn apt_6_a_permanent_refusal_is_set_aside_and_blocks_nothing() {
    for (status, set_aside) in [(400, true), (404, true), (422, true), (408, false), (429, false), (500, false)] {
        let world = World::new().await;
        let (id, _) = webhook(&world, &LEADS[..2]).await;
        world.system.mailbox.set_status(URL.into(), status);
        world.lead(&enquiry("jana")).await;
        world.system.settle().await;
        let wanted: &[&str] = if set_aside { &LEADS[..2] } else { &LEADS[..1] };
        assert_eq!(sent_event_types(&world), wanted, "{status}");
        let page = world.get(GROUP_ADMIN, &format!("/webhooks/{id}/deliveries")).await;
        let state = if set_aside { "given_up" } else { "waiting" };
        assert_eq!(page.text("/deliveries/1/state"), state, "{status} {}", page.body);
        // It counts as a failure: a receiver that refuses everything is switched off some day.
        assert_eq!(world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await.text("/failing/last"), format!("answered {status}"));
    }
}

/// APT-6: a webhook is switched off by time, never by a count, however many events wait.
#[tokio::test]
async fn apt_6_no_number_of_failures_switches_a_webhook_off() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..1]).await;
    world.system.mailbox.set_status(URL.into(), 500);
    for i in 0..10 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    world.advance_to("2026-11-24T09:00:00Z").await;
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.text("/state"), notices(&world).len()), ("on", 0));
    assert!(sent_event_types(&world).len() > 200, "{}", sent_event_types(&world).len());
    world.system.mailbox.set_status(URL.into(), 200);
    world.advance_to("2026-11-24T10:10:00Z").await;
    let page = world.get(GROUP_ADMIN, &format!("/webhooks/{id}/deliveries")).await;
    let delivered = page.body["deliveries"].as_array().unwrap().iter().filter(|one| one["state"] == "delivered").count();
    assert_eq!(delivered, 10);
}

/// APT-6: a receiver that gets few events is not switched off by one temporary failure that comes days after a refusal: the event is
/// retried. Refusals alone switch it off after three days.
#[tokio::test]
async fn apt_6_a_temporary_failure_after_days_without_an_event_is_retried() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..1]).await;
    let state = async || world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    world.system.mailbox.set_status(URL.into(), 422);
    world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-27T09:00:00Z").await;
    world.system.mailbox.set_status(URL.into(), 503);
    world.lead(&enquiry("karl")).await;
    world.system.settle().await;
    let shown = state().await;
    assert_eq!((shown.text("/state"), shown.text("/failing/last"), notices(&world).len()), ("on", "answered 503", 0));
    world.system.mailbox.set_status(URL.into(), 204);
    world.advance_to("2026-11-27T10:00:00Z").await;
    assert_eq!(state().await.body.get("failing"), None);
    world.system.mailbox.set_status(URL.into(), 404);
    for (time, name) in [("2026-11-28T10:00:00Z", "lena"), ("2026-11-30T10:00:00Z", "mara"), ("2026-12-01T10:01:00Z", "nils")] {
        world.advance_to(time).await;
        assert_eq!(state().await.text("/state"), "on", "{name}");
        world.lead(&enquiry(name)).await;
        world.system.settle().await;
    }
    assert_eq!(state().await.text("/off_because"), "failing");
}

/// APT-6: the events of a period are delivered again in one request: what happened before the webhook was switched off for failing, and
/// while it was off.
#[tokio::test]
async fn apt_6_a_period_is_delivered_again_in_one_request_and_in_order() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS).await;
    world.system.mailbox.set_status(URL.into(), 500);
    let lead = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-26T11:00:00Z").await;
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.text("/off_because"), notices(&world).len()), ("failing", 1));
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    world.system.settle().await;
    world.system.mailbox.set_status(URL.into(), 204);
    let path = format!("/webhooks/{id}/redelivery");
    let period = json!({"from": "2026-11-23T00:00:00Z", "until": "2026-11-26T12:00:00Z"});
    assert_eq!(world.post(GROUP_ADMIN, &path, &period).await.status, 409, "the webhook is off");
    assert_eq!(patch(&world, &id, 2, &json!({"state": "on"})).await.status, 200);
    let before = sent_event_types(&world).len();
    let headers = [("content-type", "application/json"), ("idempotency-key", "p-1")];
    let again = async || world.call(Request::post(GROUP_ADMIN, &path).headers(&headers).body(period.to_string().as_bytes())).await;
    let reply = again().await;
    assert_eq!((reply.status, &reply.body), (202, &json!({"events": 3})));
    world.system.settle().await;
    assert_eq!(sent_event_types(&world)[before..], LEADS.map(str::to_owned));
    // A repeat of the request sends nothing, nor does a second request: the receiver has accepted everything.
    assert_eq!(again().await.body, json!({"events": 3}));
    assert_eq!(world.post(GROUP_ADMIN, &path, &period).await.body, json!({"events": 0}));
    world.system.settle().await;
    assert_eq!(sent_event_types(&world).len(), before + 3);
    let mut all = period.clone();
    all["delivered"] = json!(true);
    assert_eq!(world.post(GROUP_ADMIN, &path, &all).await.body, json!({"events": 3}));
    world.system.settle().await;
    assert_eq!(sent_event_types(&world)[before + 3..], LEADS.map(str::to_owned));
    let earlier = json!({"from": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z", "delivered": true});
    assert_eq!(world.post(GROUP_ADMIN, &path, &earlier).await.body, json!({"events": 0}));
    for wrong in
        [json!({}), json!({"from": "yesterday"}), json!({"from": "2030-01-01T00:00:00Z"}), json!({"from": "2026-11-23T00:00:00Z", "x": 1})]
    {
        assert_eq!(world.post(GROUP_ADMIN, &path, &wrong).await.status, 422, "{wrong}");
    }
    assert_eq!((world.post("rival.seller", &path, &period).await.status, world.post(ADMIN, &path, &period).await.status), (404, 403));
}
