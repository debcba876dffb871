//! The salesperson of a linked appointment takes the lead out of the pool (APT-8, DIS-8).

use super::pool::{claim, claimant, leads, set_up_pool};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::lead::Event;
use forecourt_domain::messages::{MessageState, Notice};
use serde_json::{Value, json};

async fn book(world: &World, who: &str, name: &str, user: Option<String>) -> Reply {
    let customer = json!({"name": name, "email": format!("{name}@example.com")});
    let body = json!({"customer": customer, "kind": "showroom", "at": "2026-11-26T10:00:00+01:00", "user": user});
    let made = world.post(who, &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made
}

/// APT-8, DIS-8: the salesperson of the appointment becomes the owner of a pool lead, also if it is not the oldest one, stops the clock,
/// and is notified. The lead has left the pool.
#[tokio::test]
async fn apt_8_the_salesperson_takes_the_lead_out_of_the_pool() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let oldest = world.lead(&enquiry("oldest")).await;
    let lead = world.lead(&enquiry("jana")).await;
    assert_eq!(book(&world, "chris.center", "jana", Some(claimant(1))).await.text("/lead"), lead.to_string());
    world.system.settle().await;
    let page = world.page(lead).await;
    assert_eq!((page.lead.owner.as_ref().unwrap().as_str(), page.lead.clock_runs()), (claimant(1).as_str(), false));
    let assigned = page.timeline.iter().flat_map(|entry| &entry.events).filter_map(|event| match event {
        Event::Assigned { to, why, .. } if to.as_str() == claimant(1) => Some(why.rule.clone()),
        _ => None,
    });
    assert_eq!(assigned.collect::<Vec<_>>(), ["APT-8"]);
    assert_eq!(world.page(oldest).await.lead.owner.unwrap().as_str(), "pool.nordstern");
    // The notice is sent although the same appointment has answered the lead.
    let notices = page.messages.iter().filter(|message| matches!(message.notice, Notice::Assigned { assignment: 2.., .. }));
    let notices: Vec<(&str, bool)> = notices.map(|one| (one.reader.as_str(), matches!(one.state, MessageState::Sent { .. }))).collect();
    assert_eq!(notices, [(claimant(1).as_str(), true)]);
    // The pool lists only the other lead.
    let waiting = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?owner=pool.nordstern")).await;
    let waiting: Vec<&str> = waiting.body["leads"].as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap()).collect();
    assert_eq!(waiting, [oldest.to_string()]);
    // Who books for themself gets no notice of the assignment.
    book(&world, &claimant(0), "oldest", None).await;
    world.system.settle().await;
    let own = world.page(oldest).await;
    assert_eq!(own.lead.owner.unwrap().as_str(), claimant(0));
    assert!(own.messages.iter().all(|message| !matches!(message.notice, Notice::Assigned { assignment: 2.., .. })), "{:?}", own.messages);
}

/// APT-8, DIS-8: a seller who books for the customer of another lead than the oldest one, or links the booking to it, does not take it. The
/// contact centre and users who may take any lead do.
#[tokio::test]
async fn apt_8_no_seller_takes_another_lead_than_the_oldest_by_a_booking() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let ids = leads(&world, 5).await;
    let state = async |n: usize| {
        let lead = world.page(ids[n].parse::<LeadId>().unwrap()).await.lead;
        (lead.owner.as_ref().unwrap().to_string(), lead.clock_runs(), lead.planned.len())
    };
    let waits = |events| ("pool.nordstern".to_owned(), true, events);
    for user in [None, Some(claimant(0)), Some(claimant(1))] {
        book(&world, &claimant(0), "n1", user).await;
    }
    assert_eq!(state(1).await, waits(3), "the lead waits with its appointments");
    let unlinked = async |who: &str, name: &str| {
        let customer = json!({"name": name, "email": format!("{name}@example.com")});
        let body = json!({"customer": customer, "kind": "showroom", "at": "2026-11-27T10:00:00+01:00", "user": claimant(0), "link": false});
        let made = world.post(who, &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
        assert_eq!((made.status, &made.body["lead"]), (201, &Value::Null), "{}", made.body);
        made.text("/id").to_owned()
    };
    let link = async |who: &str, id: &str, lead: &str| {
        world.call(Request::patch(who, &format!("/appointments/{id}")).json(&json!({"lead": lead})).headers(&[("if-match", "*")])).await
    };
    let booking = unlinked(&claimant(0), "n2").await;
    let refused = link(&claimant(0), &booking, &ids[2]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.text("/detail").contains("only the oldest lead of the pool"), "{}", refused.body);
    assert_eq!(state(2).await, waits(0));
    assert_eq!(link(ADMIN, &booking, &ids[2]).await.status, 200);
    assert_eq!(state(2).await, (claimant(0), false, 1), "an administrator may give any lead");
    book(&world, "chris.center", "n3", Some(claimant(1))).await;
    assert_eq!(state(3).await, (claimant(1), false, 1), "the contact centre gains nothing");
    // The oldest lead is anybody's.
    let booking = unlinked(&claimant(0), "n0").await;
    assert_eq!(link(&claimant(0), &booking, &ids[0]).await.status, 200);
    assert_eq!(state(0).await, (claimant(0), false, 1));
    assert_eq!(claim(&world, &claimant(1), &ids[1]).await.status, 200, "the next one waits with its appointments");
}

/// APT-8: the user of the pool is not the salesperson of an appointment that names none, neither later.
#[tokio::test]
async fn apt_8_the_pools_user_is_nobodys_salesperson() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    let lead = world.lead(&enquiry("jana")).await;
    let made = book(&world, "chris.center", "jana", None).await;
    let path = format!("/appointments/{}", made.text("/id"));
    let user = async || world.get(ADMIN, &path).await.body["user"].clone();
    assert_eq!(user().await, Value::Null);
    let moved = world.post("chris.center", &format!("{path}/time"), &json!({"at": "2026-11-26T14:00:00+01:00"})).await;
    assert_eq!((moved.status, user().await), (200, Value::Null), "{}", moved.body);
    let mails = world.system.mailbox.mails();
    assert!(mails.iter().all(|mail| !(mail.to.starts_with("jana@") && mail.text.contains("pool.nordstern"))), "no letter names the pool");
    // Who takes the lead is the salesperson at the next change.
    assert_eq!(claim(&world, &claimant(0), &lead.to_string()).await.status, 200);
    let moved = world.post(&claimant(0), &format!("{path}/time"), &json!({"at": "2026-11-26T15:00:00+01:00"})).await;
    assert_eq!((moved.status, user().await), (200, json!(claimant(0))), "{}", moved.body);
}

/// APT-8: a pool lead whose appointment has no salesperson who can take it stays in the pool with its deadline.
#[tokio::test]
async fn apt_8_a_lead_that_nobody_takes_stays_in_the_pool_with_its_deadline() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    world
        .settings(|s| {
            let full = s.members.iter_mut().find(|member| member.user.as_str() == claimant(0)).unwrap();
            full.max_open = Some(1);
        })
        .await;
    let held = world.lead(&enquiry("held")).await;
    assert_eq!(claim(&world, &claimant(0), &held.to_string()).await.status, 200);
    for (name, user) in [("nobody", None), ("full", Some(claimant(0)))] {
        let lead = world.lead(&enquiry(name)).await;
        let deadline = world.page(lead).await.lead.deadline();
        let made = book(&world, "chris.center", name, user).await;
        let stored = world.page(lead).await.lead;
        assert_eq!(made.text("/lead"), lead.to_string(), "{name}");
        assert_eq!((stored.owner.as_ref().unwrap().as_str(), stored.clock_runs(), stored.deadline()), ("pool.nordstern", true, deadline));
        assert_eq!(stored.planned.len(), 1, "{name}");
        // The next claim takes it.
        assert_eq!(claim(&world, &claimant(1), &lead.to_string()).await.status, 200, "{name}");
        let seen: Value = world.get(ADMIN, &format!("/appointments/{}", made.text("/id"))).await.body;
        assert_eq!(seen["lead"], lead.to_string(), "{seen}");
    }
}
