//! The pool (SET-6, DIS-8, DIS-9, ESC-11).

use crate::world::{ADMIN, NORDSTERN, Reply, World, enquiry};
use forecourt_domain::dealer::{Draft, Member};
use forecourt_domain::ids::{GroupId, UserId};
use forecourt_domain::pool::PoolSettings;
use futures::future::join_all;
use http::Method;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn puller(i: usize) -> String {
    format!("puller-{i:02}")
}

/// Nordstern with a pool under `pool.nordstern`, whose supervisor is Helga, and `n` people who may take leads out of it.
async fn pooled(world: &World, n: usize, oldest_only: bool) {
    let group = GroupId::parse("demo-group").unwrap();
    let known = (0..n).map(puller).chain(["pool.nordstern".to_owned()]);
    for id in known {
        let data = json!({"id": id, "name": id, "email": format!("{id}@demo-group.example"), "language": "en", "role": "seller",
            "dealers": [NORDSTERN], "notices": id != "pool.nordstern"});
        world.store.put_user(&group, &serde_json::from_value(data).unwrap()).await.unwrap();
    }
    world.settings(|s| *s = with_pool(s, n, oldest_only)).await;
}

fn with_pool(settings: &Draft, n: usize, oldest_only: bool) -> Draft {
    let member = |id: &str, assignable: bool| -> Member { serde_json::from_value(json!({"user": id, "assignable": assignable})).unwrap() };
    let mut draft = settings.clone();
    draft.members.iter_mut().for_each(|m| m.receives_leads = false);
    draft.members.extend((0..n).map(|i| member(&puller(i), true)));
    draft.members.push(Member { supervisor: Some(user("helga.stern")), ..member("pool.nordstern", false) });
    draft.pool = Some(PoolSettings { user: user("pool.nordstern"), oldest_only });
    draft
}

async fn claim(world: &World, who: &str, lead: &str) -> Reply {
    world.call(Method::POST, who, &format!("/leads/{lead}/claim"), &[], b"").await
}

async fn leads(world: &World, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for i in 0..n {
        ids.push(world.lead(&enquiry(&format!("n{i}"))).await.to_string());
    }
    ids
}

#[tokio::test]
async fn dis_8_a_lead_waits_with_the_pool_user_until_one_takes_it() {
    let world = World::new().await;
    pooled(&world, 3, false).await;
    let id = world.lead(&enquiry("jana")).await;
    let page = world.get(&puller(0), &format!("/leads/{id}")).await;
    assert_eq!((page.status, page.text("/owner")), (200, "pool.nordstern"), "every assignable user sees it");
    let taken = claim(&world, &puller(1), &id.to_string()).await;
    assert_eq!((taken.status, taken.text("/owner")), (200, "puller-01"), "{}", taken.body);
    assert_eq!(claim(&world, &puller(1), &id.to_string()).await.status, 200, "it is theirs: nothing happens twice");
    let late = claim(&world, &puller(2), &id.to_string()).await;
    assert_eq!(late.status, 409);
    assert!(late.text("/detail").contains("puller-01"), "{}", late.body);
    assert_eq!(world.get(&puller(2), &format!("/leads/{id}")).await.status, 404, "it is nobody else's any more");
    world.system.settle().await;
    assert_eq!(world.mails(), Vec::<String>::new(), "who takes a lead need not be told, and the pool user's notices are off");
    // The clock counts from the enquiry (DIS-7): two hours after ten in the morning, with half of the lunch hour between.
    assert_eq!(taken.text("/deadline/due"), "2026-11-23T11:00:00Z");
}

/// INT-5: a key that named another request is refused here as everywhere.
#[tokio::test]
async fn int_5_a_claim_whose_key_named_another_request_is_refused() {
    let world = World::new().await;
    pooled(&world, 1, false).await;
    let id = world.lead(&enquiry("jana")).await;
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let call =
        async |path: &str, body: &[u8]| world.call(Method::POST, &puller(0), &format!("/leads/{id}/{path}"), &key, body).await.status;
    assert_eq!(call("reactions", br#"{"kind": "call_missed"}"#).await, 200);
    assert_eq!(call("claim", b"").await, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_8_of_fifty_who_claim_twenty_leads_each_lead_has_one_owner_and_the_losers_know_who() {
    let world = World::new().await;
    pooled(&world, 50, false).await;
    let ids = leads(&world, 20).await;
    let world = &world;
    let replies =
        join_all(ids.iter().flat_map(|id| (0..50).step_by(5).map(move |i| async move { (id, i, claim(world, &puller(i), id).await) })))
            .await;
    let mut owners: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (id, i, reply) in &replies {
        match reply.status {
            200 => drop(owners.entry(id).or_default().insert(puller(*i))),
            409 => {}
            other => panic!("{other}: {}", reply.body),
        }
    }
    assert_eq!(owners.len(), 20);
    for (id, _, reply) in replies.iter().filter(|(_, _, reply)| reply.status == 409) {
        let owner = owners[id].first().unwrap();
        assert!(owners[id].len() == 1 && reply.text("/detail").contains(owner.as_str()), "{id}: {:?} but {}", owners[id], reply.body);
    }
    for lead in world.list(ADMIN, NORDSTERN).await {
        assert_eq!(lead["owner"].as_str().unwrap(), owners[&lead["id"].as_str().unwrap().to_owned()].first().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_8_with_oldest_only_they_go_strictly_in_the_order_in_which_they_came() {
    let world = World::new().await;
    pooled(&world, 10, true).await;
    let ids = leads(&world, 12).await;
    let refused = claim(&world, &puller(0), &ids[3]).await;
    assert_eq!(refused.status, 409);
    let spoken = format!("{}-{}-{}", &ids[0][..3], &ids[0][3..6], &ids[0][6..]);
    assert!(refused.text("/detail").contains(&spoken), "{}", refused.body);
    // One leaves the pool by hand, and one is closed: they hold nobody up.
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/assignment", ids[1]), &json!({"user": "puller-09"})).await.status, 200);
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/status", ids[2]), &json!({"status": "lost", "reason": "spam"})).await.status, 200);
    let left: Vec<&String> = [0].into_iter().chain(3..12).map(|i| &ids[i]).collect();
    for (at, oldest) in left.iter().enumerate() {
        if let Some(next) = left.get(at + 1) {
            assert_eq!(claim(&world, &puller(8), next).await.status, 409, "while this one waits");
        }
        let world = &world;
        let asked = join_all((0..8).map(|i| async move { claim(world, &puller(i), oldest).await.status })).await;
        assert_eq!(asked.iter().filter(|status| **status == 200).count(), 1, "{asked:?}");
        assert!(asked.iter().all(|status| [200, 409].contains(status)), "{asked:?}");
    }
}

#[tokio::test]
async fn esc_11_the_pools_leads_escalate_to_its_supervisor_whatever_the_switch_says() {
    let world = World::new().await;
    pooled(&world, 2, false).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.level(), lead.owner.unwrap().as_str()), (2, "pool.nordstern"));
    let told: Vec<String> = world.mails().iter().map(|mail| mail.split([' ', ':']).nth(4).unwrap_or_default().to_owned()).collect();
    assert_eq!(told, ["helga.stern"], "{:?}", world.mails());
}

#[test]
fn set_6_a_pool_is_refused_where_it_cannot_work() {
    let demo = forecourt_local::demo::group().unwrap();
    let nordstern = &demo.dealers[0].settings;
    let faults = |draft: Draft| -> Vec<String> {
        draft.check().err().into_iter().flatten().map(|fault| format!("{} {}: {}", fault.field, fault.rule, fault.detail)).collect()
    };
    let good = with_pool(nordstern, 2, false);
    assert_eq!(faults(good.clone()), Vec::<String>::new());
    let mut shared = good.clone();
    shared.members[0].receives_leads = true;
    assert_eq!(faults(shared), ["pool DIS-9: nobody else may receive leads: anna.vogt would share them with the pool"]);
    let mut grouped = good.clone();
    grouped.distribution_groups.push(forecourt_domain::ids::DistributionGroupId::parse("new-cars").unwrap());
    assert_eq!(faults(grouped), ["pool DIS-8: cannot be combined with distribution groups"]);
    let mut alone = good.clone();
    alone.members.last_mut().unwrap().supervisor = None;
    assert_eq!(faults(alone), ["pool.user SET-6: needs a supervisor, who is told of leads that lie in the pool"]);
    let mut nobody = good;
    nobody.pool.as_mut().unwrap().user = user("nobody");
    assert_eq!(faults(nobody), ["pool.user SET-6: must be one of the members"]);
}
