//! Who may exceed a maximum of open leads, and what the timeline notes (DIS-7, DIS-8, DIS-11, DIS-13).

use super::pool::{claim, claimant, set_up_pool};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::settings::DealerSettings;
use serde_json::{Value, json};

/// Leaves Anna and Ben in the rotation. Both have one open lead at most.
fn two_with_one(settings: &mut DealerSettings) {
    settings.members.iter_mut().skip(2).for_each(|member| member.receives_leads = false);
    settings.members.iter_mut().take(2).for_each(|member| member.max_open = Some(1));
}

async fn assign(world: &World, who: &str, id: LeadId, user: &str) -> Reply {
    world.post(who, &format!("/leads/{id}/assignment"), &json!({"user": user, "despite": ["full"]})).await
}

/// Returns the reason of the latest assignment.
async fn why(world: &World, id: LeadId) -> Value {
    let page = world.page(id).await;
    let events: Vec<Value> = page.timeline.iter().flat_map(|entry| &entry.events).map(|event| json!(event)).collect();
    events.into_iter().rev().find(|event| event.get("why").is_some()).expect("an assignment")["why"].clone()
}

/// DIS-7, DIS-13: `despite` with `full` needs the supervisor of the new owner or the right to change settings. Nobody exceeds their own
/// maximum, and no colleague exceeds it for them.
#[tokio::test]
async fn dis_13_only_a_supervisor_exceeds_a_maximum() {
    let world = World::new().await;
    world.settings(two_with_one).await;
    let of_anna = world.lead(&enquiry("a")).await;
    let of_ben = world.lead(&enquiry("b")).await;
    let own = assign(&world, "anna.vogt", of_anna, "anna.vogt").await;
    assert_eq!(own.status, 200, "the lead is already hers: {}", own.body);
    // Ben's lead: Ben may give it away, but neither Anna nor Ben may give it to Anna.
    let by_ben = assign(&world, "ben.krause", of_ben, "anna.vogt").await;
    let text = "Anna Vogt has 1 of 1 open leads; present and free: Clara Henning, David Roth, Elif Yilmaz, Felix Lang, Greta Sommer, \
                Helga Stern; only Helga Stern or a user who may change the settings can exceed the maximum \
                (DIS-13)";
    assert_eq!((by_ben.status, by_ben.text("/detail")), (409, text), "{}", by_ben.body);
    let free = world.lead(&enquiry("c")).await;
    assert_eq!(world.page(free).await.lead.owner.unwrap().as_str(), "helga.stern", "everybody is full");
    assert_eq!(assign(&world, "helga.stern", free, "clara.henning").await.status, 200);
    let by_supervisor = assign(&world, "helga.stern", of_ben, "anna.vogt").await;
    assert_eq!((by_supervisor.status, why(&world, of_ben).await["despite"].clone()), (200, json!(["full"])), "{}", by_supervisor.body);
    assert_eq!(assign(&world, ADMIN, free, "ben.krause").await.status, 200, "Ben has no lead now");
    let admin = assign(&world, ADMIN, of_anna, "ben.krause").await;
    assert_eq!((admin.status, why(&world, of_anna).await["despite"].clone()), (200, json!(["full"])), "{}", admin.body);
}

/// DIS-13: a full user takes no lead by assigning it to themself, whatever rights they have.
#[tokio::test]
async fn dis_13_a_full_user_cannot_assign_a_lead_to_themself() {
    let world = World::new().await;
    world
        .settings(|s| {
            two_with_one(s);
            s.members.iter_mut().filter(|member| member.user.as_str() == "helga.stern").for_each(|member| member.max_open = Some(1));
            // Anna supervises Ben, so that she sees his leads.
            s.members[1].supervisor = Some(s.members[0].user.clone());
        })
        .await;
    let ids = [world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await];
    let text = "you have 1 of 1 open leads; close one, or let a supervisor assign the lead to you (DIS-13)";
    let anna = assign(&world, "anna.vogt", ids[1], "anna.vogt").await;
    assert_eq!((anna.status, anna.text("/detail")), (409, text), "{}", anna.body);
    assert_eq!(world.page(ids[2]).await.lead.owner.unwrap().as_str(), "helga.stern");
    let helga = assign(&world, "helga.stern", ids[1], "helga.stern").await;
    assert_eq!((helga.status, helga.text("/detail")), (409, text), "{}", helga.body);
    // Ben is Anna's: she may exceed his maximum.
    assert_eq!(assign(&world, "anna.vogt", ids[0], "ben.krause").await.status, 200);
}

/// DIS-8, DIS-13: a full user cannot take a lead out of the pool by a reaction either, and not by closing it. If the customer called or
/// came in, the lead is theirs, and the timeline notes that they were full.
#[tokio::test]
async fn dis_8_a_reaction_of_a_full_user_claims_only_if_the_customer_began_it() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == "puller-00").for_each(|m| m.max_open = Some(1))).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    let ids = [world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await];
    assert_eq!(claim(&world, &claimant(0), &ids[0].to_string()).await.status, 200);
    let text = "you have 1 of 1 open leads; close one, or let a supervisor assign the lead to you (DIS-13)";
    for (path, body) in [
        ("claim", json!({})),
        ("reactions", json!({"kind": "reply"})),
        ("communications", json!({"medium": "call", "reached": true})),
        ("status", json!({"status": "lost", "reason": "spam"})),
        ("assignment", json!({"user": "puller-00", "despite": ["full"]})),
    ] {
        let refused = world.post(&claimant(0), &format!("/leads/{}/{path}", ids[1]), &body).await;
        assert_eq!((refused.status, refused.text("/detail")), (409, text), "{path}: {}", refused.body);
    }
    assert_eq!(world.page(ids[1]).await.lead.owner.unwrap().as_str(), "pool.nordstern");
    let called = world.post(&claimant(0), &format!("/leads/{}/reactions", ids[1]), &json!({"kind": "call_reached", "inbound": true})).await;
    assert_eq!((called.status, called.text("/owner")), (200, "puller-00"), "{}", called.body);
    assert_eq!(why(&world, ids[1]).await, json!({"rule": "DIS-8", "despite": ["full"]}));
    // A user below the maximum claims as before, without a note.
    let reply = world.post(&claimant(1), &format!("/leads/{}/reactions", ids[2]), &json!({"kind": "reply"})).await;
    assert_eq!((reply.status, why(&world, ids[2]).await), (200, json!({"rule": "DIS-8"})), "{}", reply.body);
}

/// DIS-11, DIS-13: also the fallback user and a user who gets the work of a leaver may be full: the timeline notes it.
#[tokio::test]
async fn dis_11_the_timeline_notes_each_lead_that_a_full_user_gets() {
    let world = World::new().await;
    world
        .settings(|s| {
            two_with_one(s);
            s.members.iter_mut().filter(|member| member.user.as_str() == "helga.stern").for_each(|member| member.max_open = Some(1));
        })
        .await;
    let ids = [world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await];
    assert_eq!(why(&world, ids[2]).await.get("despite"), None, "Helga had no lead");
    let last = world.lead(&enquiry("d")).await;
    let reason = why(&world, last).await;
    assert_eq!((&reason["rule"], &reason["despite"]), (&json!("DIS-6"), &json!(["full"])), "{reason}");
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let path = of_dealer("users/anna.vogt?hand_over=user:ben.krause&despite=full");
    let gone = world.call(Request::delete(ADMIN, &path).json(&json!({})).version(version)).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    world.advance_to("2026-11-23T09:02:00Z").await;
    let reason = why(&world, ids[0]).await;
    assert_eq!((&reason["rule"], &reason["despite"]), (&json!("DIS-12"), &json!(["full"])), "{reason}");
}

/// DIS-13, SET-8: the findings name a rotation in which everybody is full, by kind and field.
#[tokio::test]
async fn set_8_a_rotation_in_which_everybody_is_full_is_a_finding() {
    let world = World::new().await;
    world.settings(two_with_one).await;
    let kinds = async || -> Vec<String> {
        let found = world.get(ADMIN, &of_dealer("settings/findings")).await;
        let kind = |finding: &Value| format!("{} {}", finding["kind"].as_str().unwrap(), finding["field"].as_str().unwrap());
        found.body["findings"].as_array().unwrap().iter().map(kind).collect()
    };
    world.lead(&enquiry("a")).await;
    assert_eq!(kinds().await, Vec::<String>::new());
    let ids = [world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await];
    assert_eq!(kinds().await, ["everybody_full members"]);
    // With one of them absent and the other one full, nobody can get a lead now either.
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/status", ids[0]), &json!({"status": "won"})).await.status, 200);
    let busy = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/users/ben.krause/busy")).json(&json!({"minutes": 30}))).await;
    assert_eq!((busy.status, kinds().await), (200, vec!["nobody_eligible members".to_owned()]), "{}", busy.body);
}
