//! The list of webhook deliveries, and redelivery by hand (APT-6).

use crate::support::pingbacks::{attended, external, ping, secret};
use crate::support::sim::SimulatedTable;
use crate::support::world::{ADMIN, Reply, Request, World, at, enquiry};
use crate::webhooks::events::{GROUP_ADMIN, LEADS, URL, body, sent_event_types, webhook};
use forecourt_domain::webhooks::{DeliveryOutcome, LeasedAttempt, Outgoing, Webhooks, claim};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Load};
use serde_json::{Value, json};

async fn deliveries(world: &World, id: &str, query: &str) -> Vec<Value> {
    let page = world.get(GROUP_ADMIN, &format!("/webhooks/{id}/deliveries{query}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["deliveries"].as_array().unwrap().clone()
}

async fn redeliver(world: &World, id: &str, delivery: &Value, key: &str) -> Reply {
    let path = format!("/webhooks/{id}/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    world.call(Request::post(GROUP_ADMIN, &path).headers(&[("idempotency-key", key)])).await
}

async fn patch(world: &World, id: &str, body: &Value) {
    let path = format!("/webhooks/{id}");
    let seen = world.get(GROUP_ADMIN, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", &*seen)];
    assert_eq!(world.call(Request::patch(GROUP_ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await.status, 200);
}

#[tokio::test]
async fn apt_6_deliveries_are_listed_newest_first_with_their_state() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS).await;
    let (other, _) = webhook(&world, &LEADS[..1]).await;
    let first = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    world.system.mailbox.set_status(URL.into(), 503);
    let second = world.lead(&enquiry("karl")).await;
    world.advance_to("2026-11-23T09:10:10Z").await;
    let all = deliveries(&world, &id, "").await;
    let seen: Vec<_> =
        all.iter().map(|one| (one["lead"].as_str().unwrap(), one["event"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
    let (first, second) = (first.to_string(), second.to_string());
    let wanted = [
        (&*second, "lead.assigned", "waiting"),
        (&*second, "lead.created", "waiting"),
        (&*first, "lead.assigned", "delivered"),
        (&*first, "lead.created", "delivered"),
    ];
    assert_eq!(seen, wanted);
    // The second delivery failed at once and after five seconds. The delivery behind it was not attempted.
    let failed = &all[1];
    assert_eq!((&failed["attempts"], &failed["last_status"], &failed["last_failure"]), (&json!(2), &json!(503), &json!("answered 503")));
    let next = at(failed["next_attempt_at"].as_str().unwrap());
    assert!((at("2026-11-23T09:10:35Z")..at("2026-11-23T09:10:40Z")).contains(&next), "{next}");
    assert_eq!((&all[0]["attempts"], all[0].get("last_status")), (&json!(0), None));
    assert_eq!((&all[3]["last_status"], &all[3]["attempts"], all[3].get("next_attempt_at")), (&json!(204), &json!(1), None));
    let calls = world.system.mailbox.calls();
    assert_eq!(all[3]["webhook_id"], json!(calls.iter().find(|call| call.webhook_id.ends_with(&id)).unwrap().webhook_id));
    assert!(!json!(all).to_string().contains("jana"), "ids and states only");
    // The other webhook has its own deliveries. Each page starts where the one before ended.
    assert_eq!(deliveries(&world, &other, "").await.len(), 2);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(GROUP_ADMIN, &format!("/webhooks/{id}/deliveries?limit=1{cursor}")).await.body;
        paged.extend(page["deliveries"].as_array().unwrap().clone());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    for query in ["?limit=0", "?limit=101", "?cursor=x", "?cursor=", "?colour=red"] {
        assert_eq!(world.get(GROUP_ADMIN, &format!("/webhooks/{id}/deliveries{query}")).await.status, 422, "{query}");
    }
    // A cursor may be older than the events that are kept.
    let expired = Cursor::new(&id, "000000").encode();
    assert!(deliveries(&world, &id, &format!("?cursor={expired}")).await.is_empty());
    // The first deliveries are deleted after two weeks, also across the end of a month.
    world.advance_to("2026-12-07T09:05:00Z").await;
    assert_eq!(deliveries(&world, &id, "").await.len(), 2);
    world.advance_to("2026-12-08T09:05:00Z").await;
    assert_eq!(deliveries(&world, &id, "").await.len(), 0);
    assert_eq!(redeliver(&world, &id, &all[3], "late").await.status, 404);
}

#[tokio::test]
async fn apt_6_a_redelivery_has_the_same_id_and_keeps_its_place() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS).await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let all = deliveries(&world, &id, "").await;
    let again = redeliver(&world, &id, &all[1], "k-1").await;
    assert_eq!((again.status, again.text("/state"), again.text("/id")), (202, "waiting", all[1]["id"].as_str().unwrap()));
    world.system.settle().await;
    let calls = world.system.mailbox.calls();
    assert_eq!((calls.len(), &calls[2].webhook_id, &calls[2].body), (3, &calls[0].webhook_id, &calls[0].body));
    // A repeat with the same key sends nothing; another key sends it again.
    let repeated = redeliver(&world, &id, &all[1], "k-1").await;
    assert_eq!(
        (repeated.status, repeated.headers["idempotent-replay"].as_bytes(), repeated.text("/state")),
        (202, &b"true"[..], "delivered")
    );
    world.system.settle().await;
    assert_eq!(sent_event_types(&world).len(), 3);
    assert_eq!(redeliver(&world, &id, &all[1], "k-2").await.status, 202);
    world.system.settle().await;
    assert!(redeliver(&world, &id, &all[1], "k-1").await.headers.contains_key("idempotent-replay"));
    world.system.settle().await;
    assert_eq!(deliveries(&world, &id, "").await[1]["attempts"], 3);
    // While the redelivery fails, later events wait behind it.
    world.system.mailbox.set_status(URL.into(), 500);
    assert_eq!(redeliver(&world, &id, &all[1], "k-3").await.status, 202);
    world.system.settle().await;
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    world.advance_to("2026-11-23T09:01:00Z").await;
    assert!(sent_event_types(&world)[4..].iter().all(|event_type| event_type == "lead.created"), "{:?}", sent_event_types(&world));
    // A manual redelivery does not wait for the next scheduled attempt.
    world.system.mailbox.set_status(URL.into(), 200);
    let before = sent_event_types(&world).len();
    assert_eq!(redeliver(&world, &id, &all[1], "k-4").await.status, 202);
    world.system.settle().await;
    assert_eq!(sent_event_types(&world)[before..], ["lead.created", "lead.status_changed"]);
    let last = body(world.system.mailbox.calls().last().unwrap());
    assert_eq!(last["data"]["status"], "lost");
}

/// Returns the webhooks, and the two events of a new lead that wait to be sent.
async fn two_events(world: &World) -> (Webhooks, [Outgoing; 2]) {
    let about = forecourt_domain::base::Subject::Lead(world.lead(&enquiry("jana")).await);
    let open = world.store.unsettled_events(&world.scope(), &about).await.unwrap();
    let load = Load::of(open.iter().map(|sequence| Key::Outgoing(about.clone(), *sequence)).chain([Key::Webhooks]));
    let loaded = world.store.load(&world.scope(), &load).await.unwrap();
    (loaded.webhooks(), [0, 1].map(|place: usize| loaded.outgoing(&about, open[place]).unwrap().clone()))
}

/// APT-6: a sender may read an event after the receiver responded 410, and the webhook before. It sends no later event of the lead.
#[tokio::test]
async fn apt_6_a_webhook_that_was_read_before_a_410_gets_no_later_event() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..2]).await;
    let (before, [first, second]) = two_events(&world).await;
    let (id, now) = (id.parse().unwrap(), world.system.clock.now());
    let leased = claim(&[&first], &before, now).changed.remove(0);
    let gone = LeasedAttempt { webhook: &id, leased: &leased, outcome: &DeliveryOutcome::Gone, at: now };
    let (refused, after) = leased.attempted(gone, &before).unwrap();
    let claimed = claim(&[&refused, &second], &before, now);
    assert!(claimed.send.is_empty(), "{:?}", claimed.send);
    // The waiting event is continued after the notice, and is not lost.
    let waiting = claimed.changed.iter().find(|outgoing| outgoing.sequence == second.sequence).unwrap();
    assert!(waiting.due() > Some(now));
    let settled = refused.notice_sent(&id, now);
    assert_eq!(claim(&[&settled, waiting], &before, now).send, [(second.sequence, id.clone())], "it is switched on again");
    let off = claim(&[&settled, waiting], &after, now);
    assert!(off.send.is_empty() && off.changed.iter().all(|outgoing| outgoing.due().is_none()), "{off:?}");
}

/// APT-6: events of one lead are sent one at a time. A redelivery is queued before the event that a sender has claimed, but waits for it.
#[tokio::test]
async fn apt_6_a_redelivery_waits_for_the_event_that_a_sender_has_claimed() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..2]).await;
    let (webhooks, [first, second]) = two_events(&world).await;
    let now = world.system.clock.now();
    let webhook = webhooks.get(&id.parse().unwrap()).unwrap();
    let leased = claim(&[&first], &webhooks, now).changed.remove(0);
    let accepted = |leased: &Outgoing| {
        let attempt = LeasedAttempt { webhook: &webhook.id, leased, outcome: &DeliveryOutcome::Taken(200), at: now };
        leased.attempted(attempt, &webhooks).unwrap()
    };
    let (created, after) = accepted(&leased);
    let assigned = claim(&[&second], &after, now).changed.remove(0);
    let again = created.redelivered(webhook, now).unwrap();
    let both: [&Outgoing; 2] = [&again, &assigned];
    assert!(claim(&both, &webhooks, now).send.is_empty(), "a sender has the later one");
    let (settled, _) = accepted(&assigned);
    assert_eq!(claim(&[&again, &settled], &webhooks, now).send, [(again.sequence, webhook.id.clone())]);
    assert!(assigned.redelivered(webhook, now).unwrap_err().to_string().contains("the delivery is being sent"));
}

#[tokio::test]
async fn apt_6_a_redelivery_to_a_webhook_that_is_off_is_refused() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..1]).await;
    world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let all = deliveries(&world, &id, "").await;
    patch(&world, &id, &json!({"state": "off"})).await;
    let refused = redeliver(&world, &id, &all[0], "k").await;
    assert_eq!((refused.status, refused.text("/detail").contains("asked")), (409, true), "{}", refused.body);
    patch(&world, &id, &json!({"state": "on"})).await;
    world.system.mailbox.set_status(URL.into(), 410);
    assert_eq!(redeliver(&world, &id, &all[0], "k").await.status, 202);
    world.system.settle().await;
    let refused = redeliver(&world, &id, &all[0], "l").await;
    assert_eq!((refused.status, refused.text("/detail").contains("answered 410")), (409, true), "{}", refused.body);
    assert_eq!(deliveries(&world, &id, "").await[0]["state"], "given_up");
    for wrong in ["lead-1-8", "lead-x", "appointment-x-9", "x"] {
        assert_eq!(redeliver(&world, &id, &json!({"id": wrong}), "m").await.status, 404, "{wrong}");
    }
    // Only users of the group with the right to manage webhooks may list and redeliver.
    let path = format!("/webhooks/{id}/deliveries");
    for who in ["anna.vogt", ADMIN, "hugo.office", "partner:portal-demo"] {
        let reply = world.get(who, &path).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "manage_webhooks"), "{who}");
        assert_eq!(world.post(who, &format!("{path}/{}/redeliver", all[0]["id"].as_str().unwrap()), &json!({})).await.status, 403);
    }
    assert_eq!(world.get("rival.seller", &path).await.status, 404);
    assert_eq!(world.post("rival.seller", &format!("{path}/{}/redeliver", all[0]["id"].as_str().unwrap()), &json!({})).await.status, 404);
}

/// APT-5, APT-6: a late report is sent with the time at which it happened and is kept from the time at which it arrived. A reinstated
/// appointment is reported too.
#[tokio::test]
async fn apt_6_a_late_report_is_listed_and_a_reinstated_appointment_is_reported() {
    let world = World::new().await;
    let events = ["appointment.cancelled", "appointment.reinstated", "appointment.attended"];
    let (id, _) = webhook(&world, &events).await;
    external(&world, "c-1").await;
    let secret = secret(&world, &json!({})).await;
    let cancelled = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T08:00:00Z"});
    let moved = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T08:10:00Z", "to": "2026-11-23T10:00:00+01:00"});
    for (i, sent_body) in [cancelled, moved].iter().enumerate() {
        let reply = ping(&world, &secret, &format!("m{i}"), sent_body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        world.system.settle().await;
    }
    world.advance_to("2026-12-20T09:00:00Z").await;
    let reply = ping(&world, &secret, "m2", &attended("c-1", "2026-11-23T11:00:00Z")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.system.settle().await;
    assert_eq!(sent_event_types(&world), events.map(str::to_owned));
    let listed = deliveries(&world, &id, "").await;
    assert_eq!(listed.len(), 1, "the other events were delivered four weeks ago");
    assert_eq!((&listed[0]["event"], &listed[0]["happened_at"]), (&json!(events[2]), &json!("2026-11-23T11:00:00Z")));
    assert_eq!(redeliver(&world, &id, &listed[0], "k-1").await.status, 202);
}

/// APT-6: a receiver that is down does not delay other receivers, however many events wait for it. The table is in this thread: the shared
/// one, under the load of other tests, could return a wake-up to its queue.
#[tokio::test(start_paused = true)]
async fn apt_6_a_receiver_that_is_down_does_not_delay_another() {
    let world = World::on(SimulatedTable::new().client()).await;
    let (down, up) =
        (webhook(&world, &["appointment.moved"]).await.0, json!({"url": "https://up.example/hooks", "events": ["appointment.moved"]}));
    let up = world.post(GROUP_ADMIN, "/webhooks", &up).await.text("/id").to_owned();
    world.system.mailbox.set_status(URL.into(), 503);
    let appointment = external(&world, "c-1").await;
    for minute in 0..60 {
        let to = json!({"at": format!("2026-11-24T10:{minute:02}:00+01:00")});
        assert_eq!(world.post(ADMIN, &format!("/appointments/{appointment}/time"), &to).await.status, 200);
    }
    world.system.settle().await;
    let of = |id: &str| world.system.mailbox.calls().iter().filter(|call| call.webhook_id.ends_with(id)).count();
    assert_eq!((of(&up), of(&down)), (60, 1));
}
