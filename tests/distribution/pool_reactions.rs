//! Reactions to leads of the pool, and `oldest_only` on every route (DIS-8).

use super::pool::{claim, claimant, leads, set_up_pool, user};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::lead::Event;
use futures::future::join_all;
use serde_json::{Value, json};

/// The requests by which a user reacts to a lead: the method's path below the lead, and the body.
fn reactions() -> Vec<(&'static str, Value)> {
    vec![
        ("reactions", json!({"kind": "reply"})),
        ("reactions", json!({"kind": "call_reached"})),
        ("contact-made", json!({"made": true})),
        ("communications", json!({"medium": "call", "reached": true})),
        ("communications", json!({"medium": "email", "subject": "Ihre Anfrage", "text": "Guten Tag"})),
        ("events", json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-25T10:00:00+01:00"})),
        ("test-drives", json!({"vehicle": {"make": "Opel", "model": "Corsa"}, "at": "2026-11-25T11:00:00+01:00"})),
        ("status", json!({"status": "won"})),
        ("status", json!({"status": "lost", "reason": "price"})),
    ]
}

async fn react(world: &World, who: &str, lead: &str, (path, body): &(&str, Value)) -> Reply {
    world.post(who, &format!("/leads/{lead}/{path}"), body).await
}

fn appointment(lead: &str) -> Value {
    json!({"customer": {"name": "Jana", "email": "jana@example.com"}, "kind": "showroom", "at": "2026-11-26T10:00:00+01:00", "lead": lead})
}

async fn owner(world: &World, lead: &str) -> String {
    world.page(lead.parse().unwrap()).await.lead.owner.unwrap().to_string()
}

fn spoken(id: &str) -> String {
    format!("{}-{}-{}", &id[..3], &id[3..6], &id[6..])
}

/// DIS-8, ESC-7: a reaction to a lead of the pool claims it for the assignable user who reacts.
#[tokio::test]
async fn dis_8_a_reaction_to_a_pool_lead_claims_it() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    for (i, reaction) in reactions().iter().enumerate() {
        let id = world.lead(&enquiry(&format!("n{i}"))).await.to_string();
        let done = react(&world, &claimant(0), &id, reaction).await;
        assert!((200..300).contains(&done.status), "{reaction:?}: {}", done.body);
        world.system.settle().await;
        let page = world.page(id.parse().unwrap()).await;
        assert_eq!(page.lead.owner.as_ref().unwrap().as_str(), "puller-00", "{reaction:?}");
        let assigned = page.timeline.iter().flat_map(|entry| &entry.events).filter_map(|event| match event {
            Event::Assigned { from: Some(from), to, why } => Some((from.to_string(), to.to_string(), why.rule.clone())),
            _ => None,
        });
        let expected = ("pool.nordstern".to_owned(), "puller-00".to_owned(), "DIS-8".to_owned());
        assert_eq!(assigned.collect::<Vec<_>>(), [expected], "{reaction:?}");
        // The lead left the pool in the same commit.
        let late = claim(&world, &claimant(1), &id).await;
        assert_eq!(late.status, 409, "{reaction:?}: {}", late.body);
    }
    // An appointment is a reaction, too, and is with the user who made it.
    let id = world.lead(&enquiry("otto")).await.to_string();
    let made = world.post(&claimant(0), &format!("/dealers/{NORDSTERN}/appointments"), &appointment(&id)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(owner(&world, &id).await, "puller-00");
    let seen = world.get(ADMIN, &format!("/appointments/{}", made.text("/id"))).await;
    assert_eq!(seen.text("/user"), "puller-00", "{}", seen.body);
    world.system.settle().await;
    let staff: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("puller") || mail.contains("helga")).collect();
    assert!(staff.is_empty(), "who claims a lead needs no notice, and no owner lost it: {staff:?}");
}

/// DIS-8: a call that was missed is no reaction, and users who are not assignable, the contact centre and partners claim nothing.
#[tokio::test]
async fn dis_8_only_a_reaction_of_an_assignable_user_claims_a_pool_lead() {
    let world = World::new().await;
    set_up_pool(&world, 1, false).await;
    let id = world.lead(&enquiry("jana")).await.to_string();
    for body in [json!({"kind": "call_missed"})] {
        assert_eq!(world.post(&claimant(0), &format!("/leads/{id}/reactions"), &body).await.status, 200);
    }
    assert_eq!(world.post(&claimant(0), &format!("/leads/{id}/contact-made"), &json!({"made": false})).await.status, 200);
    assert_eq!(world.post(&claimant(0), &format!("/leads/{id}/comments"), &json!({"text": "spannend"})).await.status, 201);
    assert_eq!(owner(&world, &id).await, "pool.nordstern");
    let reply = world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "call_reached"})).await;
    assert_eq!((reply.status, reply.text("/owner")), (200, "pool.nordstern"), "{}", reply.body);
    for who in ["chris.center", "partner:centre-demo"] {
        let mut body = appointment(&id);
        body.as_object_mut().unwrap().extend(Some(("external_id".to_owned(), json!("c-1"))).filter(|_| who.starts_with("partner")));
        let made = world.post(who, &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
        assert_eq!(made.status, 201, "{who}: {}", made.body);
    }
    assert_eq!(owner(&world, &id).await, "pool.nordstern");
}

/// DIS-8: with `oldest_only` no route lets a user take another lead of the pool than the oldest.
#[tokio::test]
async fn dis_8_with_oldest_only_no_route_takes_another_lead() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let ids = leads(&world, 3).await;
    let oldest = spoken(&ids[0]);
    let before = world.page(ids[1].parse().unwrap()).await.lead;
    let mut tries = reactions();
    tries.push(("assignment", json!({"user": "puller-00"})));
    tries.push(("assignment", json!({"user": "puller-01"})));
    tries.push(("assignment", json!({"dealer": "harbour-cars-demo"})));
    tries.push(("events", json!({"title": "Nachfassen", "type": "notes", "at": "2026-11-25T10:00:00+01:00", "user": "puller-00"})));
    for attempt in &tries {
        let refused = react(&world, &claimant(0), &ids[1], attempt).await;
        assert_eq!(refused.status, 409, "{attempt:?}: {}", refused.body);
        assert_eq!(refused.text("/detail"), format!("only the oldest lead of the pool can be claimed: {oldest} (DIS-8)"), "{attempt:?}");
    }
    let made = world.post(&claimant(0), &format!("/dealers/{NORDSTERN}/appointments"), &appointment(&ids[1])).await;
    assert!(made.status == 409 && made.text("/detail").contains(&oldest), "{}", made.body);
    let bulk = json!({"leads": [ids[1], ids[0], ids[1]], "event": {"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00"}});
    let several = world.post(&claimant(1), "/events", &bulk).await;
    let statuses: Vec<i64> =
        several.body["results"].as_array().unwrap_or(&Vec::new()).iter().filter_map(|result| result["status"].as_i64()).collect();
    assert_eq!(statuses, [409, 201, 409], "each lead is judged by itself: {}", several.body);
    assert_eq!(world.page(ids[1].parse().unwrap()).await.lead, before, "nothing changed");
    assert_eq!(owner(&world, &ids[0]).await, "puller-01");
    // The second lead is the oldest now, and the same requests succeed.
    let taken = react(&world, &claimant(0), &ids[1], &tries[0]).await;
    assert_eq!((taken.status, taken.text("/owner")), (200, "puller-00"), "{}", taken.body);
}

/// DIS-8: the supervisor of the pool user, and users who may change the dealer's settings, take any lead of the pool.
#[tokio::test]
async fn dis_8_a_supervisor_takes_any_lead_of_a_pool_with_oldest_only() {
    let world = World::new().await;
    set_up_pool(&world, 3, true).await;
    world
        .settings(|s| {
            s.members.iter_mut().filter(|m| m.user.as_str() == "pool.nordstern").for_each(|m| m.supervisor = Some(user("puller-02")))
        })
        .await;
    let ids = leads(&world, 4).await;
    assert_eq!(claim(&world, &claimant(1), &ids[3]).await.status, 409);
    assert_eq!(claim(&world, &claimant(2), &ids[3]).await.status, 200, "the supervisor of the pool user");
    let reacted = react(&world, "helga.stern", &ids[2], &("reactions", json!({"kind": "reply"}))).await;
    assert_eq!((reacted.status, reacted.text("/owner")), (200, "helga.stern"), "a dealer admin: {}", reacted.body);
    let assigned = react(&world, ADMIN, &ids[1], &("assignment", json!({"user": "puller-01"}))).await;
    assert_eq!((assigned.status, assigned.text("/owner")), (200, "puller-01"), "{}", assigned.body);
    assert_eq!(claim(&world, &claimant(0), &ids[0]).await.status, 200);
}

/// DIS-8: if the customer called or came in, the reaction claims the lead although it is not the oldest, and the timeline notes that.
#[tokio::test]
async fn dis_8_a_customer_who_calls_or_comes_in_need_not_wait_for_older_leads() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let ids = leads(&world, 6).await;
    let inbound = [
        ("reactions", json!({"kind": "call_reached", "inbound": true})),
        ("contact-made", json!({"made": true, "inbound": true})),
        ("communications", json!({"medium": "call", "reached": true, "inbound": true})),
        ("events", json!({"title": "Anruf", "type": "phone_inbound"})),
    ];
    for (id, reaction) in ids[1..].iter().zip(&inbound) {
        let done = react(&world, &claimant(0), id, reaction).await;
        assert!((200..300).contains(&done.status), "{reaction:?}: {}", done.body);
        assert_eq!(owner(&world, id).await, "puller-00", "{reaction:?}");
        let page = world.get(&claimant(0), &format!("/leads/{id}")).await;
        let noted = page.body["timeline"].to_string();
        assert!(noted.contains("\"inbound\":true") || noted.contains("phone_inbound"), "{noted}");
    }
    // A visit that is only planned does not show that the customer came.
    let planned = ("events", json!({"title": "Besuch", "type": "visit_inbound", "at": "2026-11-25T10:00:00+01:00"}));
    assert_eq!(react(&world, &claimant(0), &ids[5], &planned).await.status, 201);
    assert_eq!(owner(&world, &ids[5]).await, "pool.nordstern");
    // A reply cannot be inbound.
    let reply = ("reactions", json!({"kind": "reply", "inbound": true}));
    assert_eq!(react(&world, &claimant(0), &ids[5], &reply).await.status, 409);
}

/// DIS-8: of several users who react to a pool lead at once, one gets it, and the others change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_8_of_several_reactions_at_once_one_claims_the_lead() {
    for oldest_only in [false, true] {
        let world = World::new().await;
        set_up_pool(&world, 8, oldest_only).await;
        let ids = leads(&world, 3).await;
        for id in &ids {
            let world = &world;
            let body = json!({"kind": "reply"});
            let replies = join_all((0..8).map(|i| {
                let body = &body;
                async move { world.post(&claimant(i), &format!("/leads/{id}/reactions"), body).await.status }
            }));
            let statuses = replies.await;
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
            let page = world.page(id.parse().unwrap()).await;
            let events: Vec<&Event> = page.timeline.iter().flat_map(|entry| &entry.events).collect();
            let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
            assert_eq!(count(|event| matches!(event, Event::Reacted { .. })), 1, "{events:?}");
            assert_eq!(count(|event| matches!(event, Event::Assigned { from: Some(_), .. })), 1, "{events:?}");
        }
        assert_eq!(claim(&world, &claimant(0), &ids[0]).await.status, if owner(&world, &ids[0]).await == "puller-00" { 200 } else { 409 });
    }
}

/// DIS-8: changes of a pool lead that are no reaction need a user who may see it; requests for a lead outside the pool read no pool.
#[tokio::test]
async fn dis_8_bulk_events_claim_the_leads_of_the_pool_in_order() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let ids = leads(&world, 4).await;
    let bulk = json!({"leads": ids, "event": {"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-27T10:00:00+01:00"}});
    let several = world
        .call(Request::post(&claimant(1), "/events").headers(&[("content-type", "application/json")]).body(bulk.to_string().as_bytes()))
        .await;
    for (id, result) in ids.iter().zip(several.body["results"].as_array().unwrap_or(&Vec::new())) {
        assert_eq!(result["status"], 201, "{result}");
        assert_eq!(owner(&world, id).await, "puller-01");
    }
}
