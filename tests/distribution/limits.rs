//! The maximum of open leads (DIS-5 to DIS-8, DIS-13).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::settings::{Absence, DealerSettings, PoolSettings};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SPAM: &str = "spam";

/// Leaves the first `n` users in the rotation, each with a maximum.
fn limited(settings: &mut DealerSettings, n: usize, most: u32) {
    settings.members.iter_mut().skip(n).for_each(|m| m.receives_leads = false);
    settings.members.iter_mut().take(n).for_each(|m| m.max_open = Some(most));
}

async fn owner(world: &World, id: LeadId) -> String {
    world.page(id).await.lead.owner.unwrap().to_string()
}

/// Sends an enquiry. Returns the lead, its owner and the reason for the assignment.
async fn sent(world: &World, name: &str) -> (LeadId, String, Value) {
    let id = world.lead(&enquiry(name)).await;
    (id, owner(world, id).await, why(world, id).await)
}

/// Returns the reason of the latest assignment.
async fn why(world: &World, id: LeadId) -> Value {
    let page = world.page(id).await;
    let events: Vec<Value> = page.timeline.iter().flat_map(|entry| &entry.events).map(|event| json!(event)).collect();
    events.into_iter().rev().find(|event| event.get("why").is_some()).expect("an assignment")["why"].clone()
}

async fn set_status(world: &World, id: LeadId, status: &str) {
    let reason = (status == "lost").then_some(SPAM);
    let reply = world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": status, "reason": reason})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn assign(world: &World, id: LeadId, body: Value) -> Reply {
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &body).await
}

/// Returns the number of open leads of each user who has any, as the API shows them.
async fn shown(world: &World, dealer: &str) -> BTreeMap<String, u64> {
    let reply = world.get("gina.group", &format!("/dealers/{dealer}/users")).await;
    let users = reply.body["users"].as_array().unwrap();
    let open = users.iter().map(|user| (user["user"].as_str().unwrap().to_owned(), user["open_leads"].as_u64().unwrap()));
    open.filter(|(_, open)| *open > 0).collect()
}

/// Returns the same, counted from the leads.
async fn counted(world: &World, dealer: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for lead in world.list("gina.group", dealer).await.iter().filter(|lead| lead["status"] == "in_progress") {
        if let Some(owner) = lead["owner"].as_str() {
            *counts.entry(owner.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// DIS-13, DIS-11: a full user is passed over with the reason, and gets leads again after closing one.
#[tokio::test]
async fn dis_13_a_full_user_is_passed_over_until_a_lead_is_closed() {
    let world = World::new().await;
    world.settings(|s| limited(s, 3, 5)).await;
    world.settings(|s| s.members[0].max_open = Some(1)).await;
    let (first, anna, _) = sent(&world, "a").await;
    assert_eq!(
        (anna.as_str(), sent(&world, "b").await.1.as_str(), sent(&world, "c").await.1.as_str()),
        ("anna.vogt", "ben.krause", "clara.henning")
    );
    let (_, next, reason) = sent(&world, "d").await;
    assert_eq!((next.as_str(), &reason["passed_over"]), ("ben.krause", &json!([{"user": "anna.vogt", "reason": "full"}])), "{reason}");
    set_status(&world, first, "won").await;
    assert_eq!((sent(&world, "e").await.1.as_str(), sent(&world, "f").await.1.as_str()), ("clara.henning", "anna.vogt"));
    // A lead can be reopened by a full user: it is theirs.
    set_status(&world, first, "in_progress").await;
    assert_eq!(
        shown(&world, NORDSTERN).await,
        BTreeMap::from([("anna.vogt".into(), 2), ("ben.krause".into(), 2), ("clara.henning".into(), 2)])
    );
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
    let users = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/users")).await;
    assert_eq!(
        (users.body["users"][0]["gets_leads_now"].as_bool(), users.body["users"][1]["gets_leads_now"].as_bool()),
        (Some(false), Some(true))
    );
}

/// DIS-6, DIS-13: if every user is full, the fallback user gets the lead.
#[tokio::test]
async fn dis_6_if_everybody_is_full_the_fallback_user_gets_the_lead() {
    let world = World::new().await;
    world.settings(|s| limited(s, 2, 1)).await;
    sent(&world, "a").await;
    sent(&world, "b").await;
    let (_, owner, reason) = sent(&world, "c").await;
    assert_eq!((owner.as_str(), reason["rule"].as_str()), ("helga.stern", Some("DIS-6")));
    let full = |user: &str| json!({"user": user, "reason": "full"});
    assert_eq!(reason["passed_over"], json!([full("anna.vogt"), full("ben.krause")]));
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
}

/// DIS-5, DIS-13: the lead of a known contact whose owner is full goes through the rotation.
#[tokio::test]
async fn dis_5_a_known_contacts_lead_goes_through_the_rotation_if_the_owner_is_full() {
    let world = World::new().await;
    world.settings(|s| limited(s, 3, 1)).await;
    let (known, anna, _) = sent(&world, "known").await;
    assert_eq!(anna, "anna.vogt");
    set_status(&world, known, "won").await;
    let (again, back, reason) = sent(&world, "known").await;
    assert_eq!((back.as_str(), reason["rule"].as_str()), ("anna.vogt", Some("DIS-5")));
    set_status(&world, again, "won").await;
    // Another lead fills Anna's place.
    let (other, _, _) = sent(&world, "other").await;
    assert_eq!(assign(&world, other, json!({"user": "anna.vogt"})).await.status, 200);
    let (_, owner, reason) = sent(&world, "known").await;
    assert_eq!((owner.as_str(), reason["rule"].as_str()), ("clara.henning", Some("DIS-1")), "{reason}");
    assert_eq!(reason["passed_over"], json!([{"user": "anna.vogt", "reason": "full"}]));
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
}

/// DIS-7: a lead is assigned to a user who is absent or full only if the request accepts that.
#[tokio::test]
async fn dis_7_an_assignment_to_an_absent_or_full_user_must_accept_that() {
    let world = World::new().await;
    world.settings(|s| limited(s, 3, 1)).await;
    let away = Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-30T00:00:00Z"), deputy: None, hand_over: None };
    world.settings(|s| s.members[2].absences.push(away)).await;
    let (_, anna, _) = sent(&world, "a").await;
    assert_eq!(anna, "anna.vogt");
    let (id, ben, _) = sent(&world, "b").await;
    assert_eq!(ben, "ben.krause");
    let full = assign(&world, id, json!({"user": "anna.vogt"})).await;
    assert_eq!(full.status, 409, "{}", full.body);
    let detail = full.text("/detail");
    assert!(detail.starts_with("Anna Vogt has 1 of 1 open leads; present and free: David Roth, "), "{detail}");
    assert!(detail.ends_with("to assign the lead all the same, send despite [\"full\"] (DIS-7)"), "{detail}");
    assert!(!detail.contains("Ben Krause") && !detail.contains("Clara"), "{detail}");
    let absent = assign(&world, id, json!({"user": "clara.henning", "despite": ["full"]})).await;
    assert_eq!(absent.status, 409, "{}", absent.body);
    assert!(absent.text("/detail").starts_with("Clara Henning is absent; "), "{}", absent.body);
    let wrong = assign(&world, id, json!({"user": "clara.henning", "despite": ["tired"]})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["despite DIS-7".to_owned()]));
    assert_eq!(assign(&world, id, json!({"user": "clara.henning", "despite": ["absent", "full"]})).await.status, 200);
    assert_eq!(why(&world, id).await["despite"], json!(["absent"]), "the timeline has what applied");
    assert_eq!(assign(&world, id, json!({"user": "anna.vogt", "despite": ["full"]})).await.status, 200);
    assert_eq!((owner(&world, id).await.as_str(), shown(&world, NORDSTERN).await["anna.vogt"]), ("anna.vogt", 2));
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
}

/// DIS-13: the count follows each change of owner, status and dealer, and a lead that goes on to the next user (DIS-10).
#[tokio::test]
async fn dis_13_the_count_follows_every_change_of_a_lead() {
    let world = World::new().await;
    world.settings(|s| limited(s, 3, 50)).await;
    world.settings_of("harbour-cars-demo", |s| limited(s, 2, 50)).await;
    world
        .settings(|s| {
            s.reassign_after = 30;
            s.spam_gives_turn_back = true;
        })
        .await;
    let ids = [sent(&world, "a").await.0, sent(&world, "b").await.0, sent(&world, "c").await.0, sent(&world, "d").await.0];
    let agree = async |place: &str| {
        for dealer in [NORDSTERN, "harbour-cars-demo"] {
            assert_eq!(shown(&world, dealer).await, counted(&world, dealer).await, "{place}: {dealer}");
        }
    };
    agree("arrived").await;
    set_status(&world, ids[0], "lost").await;
    agree("lost").await;
    set_status(&world, ids[0], "in_progress").await;
    agree("reopened").await;
    assert_eq!(assign(&world, ids[1], json!({"user": "clara.henning"})).await.status, 200);
    agree("assigned").await;
    let moved = world.post("gina.group", &format!("/leads/{}/assignment", ids[2]), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    agree("on the way to the other dealer").await;
    world.system.settle().await;
    agree("at the other dealer").await;
    let before = owner(&world, ids[3]).await;
    world.advance_to("2026-11-23T09:31:00Z").await;
    assert_ne!(owner(&world, ids[3]).await, before, "it went on");
    agree("gone on").await;
    set_status(&world, ids[3], "won").await;
    agree("won").await;
    assert_eq!(shown(&world, NORDSTERN).await.values().sum::<u64>(), 2);
}

/// DIS-13: no user gets more than the maximum, however many leads arrive at once, and the count is exact.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_13_the_maximum_holds_when_many_leads_arrive_at_once() {
    let world = World::new().await;
    world.settings(|s| limited(s, 3, 7)).await;
    let path = format!("/dealers/{NORDSTERN}/leads");
    let sends = (0..40).map(|i| {
        let (path, world) = (&path, &world);
        async move {
            let reply = world.post("partner:portal-demo", path, &enquiry(&format!("n{i}"))).await;
            assert_eq!(reply.status, 201, "{}", reply.body);
        }
    });
    stream::iter(sends).buffer_unordered(16).collect::<Vec<_>>().await;
    world.advance_to("2026-11-23T09:01:00Z").await;
    let open = shown(&world, NORDSTERN).await;
    assert_eq!(open, counted(&world, NORDSTERN).await);
    let full = |user: &str| (user.to_owned(), 7);
    assert_eq!(open, BTreeMap::from([full("anna.vogt"), full("ben.krause"), full("clara.henning"), ("helga.stern".to_owned(), 19)]));
}

/// Sets the maximum of Anna and Ben, as the screen of the users does.
async fn set_maximum(world: &World, most: Option<u32>) {
    let users = format!("/dealers/{NORDSTERN}/users");
    let version = world.get(ADMIN, &users).await.body["version"].as_u64().unwrap();
    let switches = ["anna.vogt", "ben.krause"].map(|user| json!({"user": user, "max_open": most}));
    let reply = world.call(Request::patch(ADMIN, &users).version(version).json(&json!({"users": switches}))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// DIS-13, SET-11: leads from before the first maximum are counted within minutes, and counts from before the limits were off are void.
#[tokio::test]
async fn dis_13_leads_from_before_the_first_maximum_are_counted() {
    let world = World::new().await;
    world.settings(|s| s.members.iter_mut().skip(2).for_each(|m| m.receives_leads = false)).await;
    let mut ids = Vec::new();
    for i in 0..45 {
        ids.push(sent(&world, &format!("n{i}")).await.0);
    }
    set_status(&world, ids[0], "won").await;
    // A lead at level 2 with nothing left to happen is counted too.
    world.advance_to("2026-11-26T09:00:00Z").await;
    assert_eq!(world.page(ids[1]).await.lead.level(), 2);
    let before = world.page(ids[1]).await;
    set_maximum(&world, Some(500)).await;
    world.advance_to("2026-11-26T09:02:00Z").await;
    let open = shown(&world, NORDSTERN).await;
    assert_eq!((open["anna.vogt"], open["ben.krause"]), (22, 22));
    let after = world.page(ids[1]).await;
    assert_eq!((after.lead.updated, after.timeline.len()), (before.lead.updated, before.timeline.len()), "the count is no activity");
    // Off, and on again: what was closed meanwhile does not count.
    set_maximum(&world, None).await;
    set_status(&world, ids[2], "won").await;
    let (new, ..) = sent(&world, "meanwhile").await;
    set_maximum(&world, Some(500)).await;
    assert!(shown(&world, NORDSTERN).await.is_empty(), "the old count is void");
    world.advance_to("2026-11-26T09:05:00Z").await;
    assert_eq!(shown(&world, NORDSTERN).await.values().sum::<u64>(), 44);
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
    set_status(&world, new, "won").await;
    assert_eq!(shown(&world, NORDSTERN).await, counted(&world, NORDSTERN).await);
}

/// DIS-8, DIS-13: a full user cannot claim a lead from the pool.
#[tokio::test]
async fn dis_8_a_full_user_cannot_claim_from_the_pool() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|m| m.receives_leads = false);
            s.members[0].max_open = Some(1);
            s.pool = Some(PoolSettings { user: s.members[7].user.clone(), oldest_only: false });
        })
        .await;
    let ids = [world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await];
    assert!(shown(&world, NORDSTERN).await.is_empty(), "leads in the pool are nobody's");
    let claim = async |who: &str, id: LeadId| world.call(Request::post(who, &format!("/leads/{id}/claim"))).await;
    assert_eq!(claim("anna.vogt", ids[0]).await.status, 200);
    let full = claim("anna.vogt", ids[1]).await;
    let detail = "you have 1 of 1 open leads; close one, or let a supervisor assign the lead to you (DIS-13)";
    assert_eq!((full.status, full.text("/detail")), (409, detail), "{}", full.body);
    assert_eq!(claim("ben.krause", ids[1]).await.status, 200);
    assert_eq!(shown(&world, NORDSTERN).await, BTreeMap::from([("anna.vogt".into(), 1), ("ben.krause".into(), 1)]));
    // Back in the pool it is nobody's again.
    assert_eq!(assign(&world, ids[0], json!({"user": "helga.stern"})).await.status, 200);
    assert_eq!(shown(&world, NORDSTERN).await, BTreeMap::from([("ben.krause".into(), 1)]));
}

/// DIS-13, INT-9: with weights and a maximum, an intake costs the same units and round trips; closing a lead costs one write more, which
/// is two units in a transaction.
#[tokio::test]
async fn dis_13_weights_and_limits_cost_intake_no_write_unit_and_closing_two() {
    let mut costs = Vec::new();
    for is_limited in [false, true] {
        let world = World::new().await;
        if is_limited {
            world
                .settings(|s| {
                    s.members.iter_mut().for_each(|m| m.max_open = Some(30));
                    s.members.iter_mut().zip(1..=9).for_each(|(m, weight)| m.weight = weight);
                })
                .await;
        }
        for i in 0..12 {
            world.lead(&enquiry(&format!("warm{i}"))).await;
        }
        let before = world.store.spent();
        let reply = world.send(&enquiry("jana")).await;
        let intake = world.store.spent().since(before);
        let id = world.lead_of(&reply).await;
        world.system.settle().await;
        let before = world.store.spent();
        set_status(&world, id, "won").await;
        let closing = world.store.spent().since(before);
        println!("limited: {is_limited}: intake {intake:?}, closing {closing:?}");
        costs.push((intake, closing));
    }
    let [(intake, closing), (limited_intake, limited_closing)] = &costs[..] else { panic!() };
    assert_eq!((limited_intake.calls, limited_intake.write_units), (intake.calls, intake.write_units));
    assert!(limited_intake.read_units <= intake.read_units + 0.5, "{limited_intake:?} {intake:?}");
    assert!(limited_closing.calls <= closing.calls + 1, "{limited_closing:?} {closing:?}");
    assert_eq!(limited_closing.write_units, closing.write_units + 2.0, "one item in a transaction");
}
