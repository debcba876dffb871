//! The pool (SET-6, DIS-8, DIS-9, ESC-11).

use crate::support::sim::{Commit, SimulatedTable};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::{GroupId, LeadId, UserId, with_names};
use forecourt_domain::lead::{Event, Lead};
use forecourt_domain::settings::{DealerSettings, Member, PoolSettings};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(super) fn claimant(i: usize) -> String {
    format!("puller-{i:02}")
}

/// Gives Nordstern a pool with the pool user `pool.nordstern`, whose supervisor is Helga, and `n` users who may claim its leads.
pub(super) async fn set_up_pool(world: &World, n: usize, oldest_only: bool) {
    let group = GroupId::parse("demo-group").unwrap();
    let known = (0..n).map(claimant).chain(["pool.nordstern".to_owned()]);
    for id in known {
        let data = json!({"id": id, "name": id, "email": format!("{id}@demo-group.example"), "language": "en", "role": "seller",
            "dealers": [NORDSTERN], "notices": id != "pool.nordstern"});
        world.store.put_user(&group, &serde_json::from_value(data).unwrap()).await.unwrap();
    }
    world.settings(|s| *s = with_pool(s, n, oldest_only)).await;
}

fn with_pool(settings: &DealerSettings, n: usize, oldest_only: bool) -> DealerSettings {
    let member = |id: &str, assignable: bool| -> Member { serde_json::from_value(json!({"user": id, "assignable": assignable})).unwrap() };
    let mut draft = settings.clone();
    draft.members.iter_mut().for_each(|m| m.receives_leads = false);
    draft.members.extend((0..n).map(|i| member(&claimant(i), true)));
    draft.members.push(Member { supervisor: Some(user("helga.stern")), ..member("pool.nordstern", false) });
    draft.pool = Some(PoolSettings { user: user("pool.nordstern"), oldest_only });
    draft
}

pub(super) async fn claim(world: &World, who: &str, lead: &str) -> Reply {
    world.call(Request::post(who, &format!("/leads/{lead}/claim"))).await
}

pub(super) async fn leads(world: &World, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for i in 0..n {
        ids.push(world.lead(&enquiry(&format!("n{i}"))).await.to_string());
    }
    ids
}

/// DIS-8: the pool user owns a lead until a user claims it.
#[tokio::test]
async fn dis_8_the_pool_user_owns_a_lead_until_a_user_claims_it() {
    let world = World::new().await;
    set_up_pool(&world, 3, false).await;
    let id = world.lead(&enquiry("jana")).await;
    let page = world.get(&claimant(0), &format!("/leads/{id}")).await;
    assert_eq!((page.status, page.text("/owner")), (200, "pool.nordstern"), "every assignable user sees it");
    let taken = claim(&world, &claimant(1), &id.to_string()).await;
    assert_eq!((taken.status, taken.text("/owner")), (200, "puller-01"), "{}", taken.body);
    assert_eq!(claim(&world, &claimant(1), &id.to_string()).await.status, 200, "it is theirs: nothing happens twice");
    let late = claim(&world, &claimant(2), &id.to_string()).await;
    assert_eq!(late.status, 409);
    assert!(late.text("/detail").contains("puller-01"), "{}", late.body);
    assert_eq!(world.get(&claimant(2), &format!("/leads/{id}")).await.status, 404, "it is nobody else's any more");
    world.system.settle().await;
    assert_eq!(world.mails(), Vec::<String>::new(), "a user who claims a lead gets no notice of it, and the pool user's notices are off");
    // The response clock counts from the enquiry (DIS-7): 120 working minutes from 10:00 in Berlin.
    assert_eq!(taken.text("/deadline/due"), "2026-11-23T11:00:00Z");
}

/// DIS-8, LEAD-8: the leads of the pool are marked for users who may claim them, and stand on an owner's board on request.
#[tokio::test]
async fn dis_8_an_owners_board_has_the_leads_to_claim_on_request() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    let ids = leads(&world, 2).await;
    assert_eq!(claim(&world, &claimant(0), &ids[0]).await.status, 200);
    let rows = async |who: &str, path: &str| -> Vec<(String, bool)> {
        let reply = world.get(who, &format!("/dealers/{NORDSTERN}/{path}")).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let row = |row: &serde_json::Value| (row["id"].as_str().unwrap().to_owned(), row["claimable"].as_bool().unwrap());
        let mut rows: Vec<_> = reply.body["leads"].as_array().unwrap().iter().map(row).collect();
        rows.sort();
        rows
    };
    let (own, pooled) = ((ids[0].clone(), false), (ids[1].clone(), true));
    let mut both = vec![own.clone(), pooled.clone()];
    both.sort();
    assert_eq!(rows(&claimant(0), "board?owner=puller-00").await, [own]);
    assert_eq!(rows(&claimant(0), "board?owner=puller-00&pool=true").await, both);
    assert_eq!(rows(&claimant(1), "board?owner=puller-01&pool=true").await, std::slice::from_ref(&pooled));
    assert_eq!(rows(&claimant(1), "board?owner=pool.nordstern&pool=true").await, std::slice::from_ref(&pooled), "the lead is there once");
    assert_eq!(rows(&claimant(1), "leads").await, [pooled]);
    assert!(rows(ADMIN, "board?owner=puller-01&pool=true").await.is_empty(), "a user who may not claim gets the owner's leads only");
    assert_eq!(rows(ADMIN, "leads?owner=pool.nordstern").await, [(ids[1].clone(), false)]);
}

/// INT-5: a claim is refused if its idempotency key was used for another request.
#[tokio::test]
async fn int_5_a_claim_with_the_key_of_another_request_is_refused() {
    let world = World::new().await;
    set_up_pool(&world, 1, false).await;
    let id = world.lead(&enquiry("jana")).await;
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let call = async |path: &str, body: &[u8]| {
        world.call(Request::post(&claimant(0), &format!("/leads/{id}/{path}")).headers(&key).body(body)).await.status
    };
    assert_eq!(call("reactions", br#"{"kind": "call_missed"}"#).await, 200);
    assert_eq!(call("claim", b"").await, 422);
}

/// Returns the owner of each lead: the user whose claim returned 200. Checks that each timeline holds one claim, that no response asks for
/// a retry, and that each refused claim names the owner.
async fn owners(world: &World, replies: &[(&str, usize, Reply)]) -> BTreeMap<String, String> {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (id, i, reply) in replies.iter().filter(|(.., reply)| reply.status == 200) {
        let before = owners.insert((*id).to_owned(), claimant(*i));
        assert!(before.is_none() && reply.text("/owner") == claimant(*i), "{before:?} had it before {}", reply.body);
    }
    for (id, owner) in &owners {
        let page = world.page(id.parse().unwrap()).await;
        let events = page.timeline.iter().flat_map(|entry| &entry.events);
        let claims: Vec<_> = events
            .filter_map(
                |event| if let Event::Assigned { from, to, .. } = event { Some((from.as_ref()?.as_str(), to.as_str())) } else { None },
            )
            .collect();
        assert_eq!((claims, page.lead.owner.unwrap().as_str()), (vec![("pool.nordstern", owner.as_str())], owner.as_str()));
    }
    for (id, i, reply) in replies.iter().filter(|(.., reply)| reply.status != 200) {
        assert_eq!(reply.status, 409, "{} asked for {id}: {}", claimant(*i), reply.body);
        if !reply.text("/detail").contains("only the oldest") {
            assert!(
                reply.text("/detail").ends_with(&format!("its owner is {} (DIS-8)", owners[*id])),
                "{id} has {}, but {}",
                owners[*id],
                reply.body
            );
        }
    }
    owners
}

/// DIS-8: when fifty users claim twenty leads, each lead gets one owner, and each refused claim names the owner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_8_fifty_users_claiming_twenty_leads_leave_one_owner_each_and_refusals_name_the_owner() {
    let world = &World::new().await;
    set_up_pool(world, 50, false).await;
    let ids = leads(world, 20).await;
    let mut wishes: Vec<(&str, usize)> = ids.iter().flat_map(|id| (0..50).map(move |i| (id.as_str(), i))).collect();
    fastrand::Rng::with_seed(8).shuffle(&mut wishes);
    let claims = wishes.into_iter().map(|(id, i)| async move { (id, i, claim(world, &claimant(i), id).await) });
    // At most as many claims at once as there are connections.
    let replies: Vec<_> = stream::iter(claims).buffer_unordered(200).collect().await;
    let owners = owners(world, &replies).await;
    assert_eq!((owners.len(), replies.len()), (20, 1_000));
}

/// DIS-8: when all thousand claims run at once and contend for the one waiting list, none is asked to retry.
#[tokio::test(start_paused = true)]
async fn dis_8_no_response_requires_a_retry_when_a_thousand_claims_run_at_once() {
    let table = SimulatedTable::new();
    let world = &World::on(table.client()).await;
    set_up_pool(world, 50, false).await;
    let ids = leads(world, 20).await;
    table.shuffled(Some(8));
    let wishes = ids.iter().flat_map(|id| (0..50).map(move |i| (id.as_str(), i)));
    let replies = join_all(wishes.map(|(id, i)| async move { (id, i, claim(world, &claimant(i), id).await) })).await;
    table.shuffled(None);
    assert_eq!(owners(world, &replies).await.len(), 20);
    println!("{} commits met another's", table.refused());
    assert!(table.refused() > 50);
}

/// A refusal that names an older lead, and the number of commits when the claim was sent and when it was answered.
struct Refused {
    oldest: String,
    sent: usize,
    answered: usize,
}

/// DIS-8: leads leave the pool strictly oldest first, in the order of the commits; the order of the responses does not matter.
#[tokio::test(start_paused = true)]
async fn dis_8_with_fifty_concurrent_users_leads_leave_the_pool_strictly_oldest_first() {
    for seed in 0..2 {
        let table = SimulatedTable::new();
        let world = &World::on(table.client()).await;
        set_up_pool(world, 50, true).await;
        let ids = &leads(world, 20).await;
        let (table, before) = (&table, table.count());
        table.shuffled(Some(seed));
        let hammered = join_all((0..50).map(|i| async move {
            let (mut replies, mut refused, mut left) = (Vec::new(), Vec::new(), ids.clone());
            let (mut dice, mut oldest) = (fastrand::Rng::with_seed(seed * 50 + i as u64), None);
            while !left.is_empty() {
                // After a refusal, claim the lead that it named; otherwise any remaining lead.
                let at = oldest.take().and_then(|oldest| left.iter().position(|id| *id == oldest)).unwrap_or(dice.usize(..left.len()));
                let (id, sent) = (left[at].clone(), table.count());
                let reply = claim(world, &claimant(i), &id).await;
                match reply.text("/detail").split_once("can be claimed: ") {
                    Some((_, rest)) => {
                        let named = rest[..12].replace('-', "");
                        oldest = Some(named.clone());
                        refused.push(Refused { oldest: named, sent, answered: table.count() });
                    }
                    None => drop(left.remove(at)),
                }
                replies.push((id, i, reply));
            }
            (replies, refused)
        }))
        .await;
        table.shuffled(None);
        let (replies, refused): (Vec<_>, Vec<_>) = hammered.into_iter().unzip();
        let replies: Vec<_> = replies.iter().flatten().map(|(id, i, reply)| (id.as_str(), *i, reply.clone())).collect();
        assert_eq!(owners(world, &replies).await.len(), 20);
        let writes = |commit: &Commit| commit.keys.iter().find(|(pk, sk)| pk.contains("#L#") && sk == "@").map(|(pk, _)| pk.clone());
        let taken: Vec<(usize, String)> =
            table.commits().iter().enumerate().skip(before).filter_map(|(at, commit)| Some((at, writes(commit)?))).collect();
        let order: Vec<&str> = taken.iter().map(|(_, pk)| pk.rsplit('#').next().unwrap()).collect();
        assert_eq!(order, ids.iter().map(String::as_str).collect::<Vec<_>>());
        // The lead that a refusal named was the oldest at some time between request and response.
        let refused: Vec<Refused> = refused.into_iter().flatten().collect();
        for Refused { oldest, sent, answered } in &refused {
            let at = order.iter().position(|id| id == oldest).unwrap();
            let since = at.checked_sub(1).map_or(0, |before| taken[before].0);
            assert!(
                since < *answered && *sent <= taken[at].0,
                "{oldest}, oldest from {since} to {}, between {sent} and {answered}",
                taken[at].0
            );
        }
        println!("{} claims, {} refused for an older one, {} commits that met another's", replies.len(), refused.len(), table.refused());
        assert!(refused.len() > 20 && table.refused() > 0);
    }
}

/// DIS-8: with `oldest_only`, leads can be claimed only in the order of their arrival.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_8_with_oldest_only_leads_are_claimed_in_the_order_of_arrival() {
    let world = World::new().await;
    set_up_pool(&world, 10, true).await;
    let ids = leads(&world, 12).await;
    let refused = claim(&world, &claimant(0), &ids[3]).await;
    assert_eq!(refused.status, 409);
    let spoken = format!("{}-{}-{}", &ids[0][..3], &ids[0][3..6], &ids[0][6..]);
    assert!(refused.text("/detail").contains(&spoken), "{}", refused.body);
    // One lead is assigned by hand and one is closed; neither blocks the leads behind it.
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/assignment", ids[1]), &json!({"user": "puller-09"})).await.status, 200);
    assert_eq!(world.post(ADMIN, &format!("/leads/{}/status", ids[2]), &json!({"status": "lost", "reason": "spam"})).await.status, 200);
    let left: Vec<&String> = [0].into_iter().chain(3..12).map(|i| &ids[i]).collect();
    for (at, oldest) in left.iter().enumerate() {
        if let Some(next) = left.get(at + 1) {
            assert_eq!(claim(&world, &claimant(8), next).await.status, 409, "while this one waits");
        }
        let world = &world;
        let statuses = join_all((0..8).map(|i| async move { claim(world, &claimant(i), oldest).await.status })).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    }
}

/// ESC-11: pool leads escalate to the pool user's supervisor, although the pool user's `notices` is off.
#[tokio::test]
async fn esc_11_pool_leads_escalate_to_the_supervisor_even_if_the_pool_users_notices_are_off() {
    let world = World::new().await;
    set_up_pool(&world, 2, false).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.level(), lead.owner.unwrap().as_str()), (2, "pool.nordstern"));
    let notices: Vec<String> = world.mails().iter().map(|mail| mail.split([' ', ':']).nth(4).unwrap_or_default().to_owned()).collect();
    assert_eq!(notices, ["helga.stern"], "{:?}", world.mails());
}

/// SET-6, DIS-8, DIS-9: contradictory pool settings are refused.
#[test]
fn set_6_contradictory_pool_settings_are_refused() {
    let demo = forecourt_local::demo::group().unwrap();
    let nordstern = &demo.dealers[0].settings;
    let faults = |draft: DealerSettings| -> Vec<String> {
        draft
            .check()
            .err()
            .into_iter()
            .flatten()
            .map(|fault| format!("{} {}: {}", fault.field, fault.rule, with_names(&fault.detail, ToString::to_string)))
            .collect()
    };
    let good = with_pool(nordstern, 2, false);
    assert_eq!(faults(good.clone()), Vec::<String>::new());
    let mut shared = good.clone();
    shared.members[0].receives_leads = true;
    assert_eq!(faults(shared), ["pool DIS-9: with a pool, no other user may receive leads; remove receives_leads from anna.vogt"]);
    let mut grouped = good.clone();
    grouped.distribution_groups.push(forecourt_domain::base::DistributionGroupId::parse("new-cars").unwrap());
    assert_eq!(faults(grouped), ["pool DIS-8: cannot be combined with distribution groups"]);
    let mut alone = good.clone();
    alone.members.last_mut().unwrap().supervisor = None;
    assert_eq!(faults(alone), ["pool.user SET-6: needs a supervisor to receive pool escalations"]);
    let mut nobody = good;
    nobody.pool.as_mut().unwrap().user = user("nobody");
    assert_eq!(faults(nobody), ["pool.user SET-6: must be one of the members"]);
}

/// DIS-8: a lead that is claimed and then returned to the pool by hand is the oldest again.
#[tokio::test]
async fn dis_8_a_lead_returned_to_the_pool_keeps_its_place_by_age() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let mut ids = Vec::new();
    for (i, time) in ["2026-11-23T09:01:00Z", "2026-11-23T09:02:00Z", "2026-11-23T09:03:00Z"].into_iter().enumerate() {
        world.system.clock.freeze_at(crate::support::world::at(time));
        ids.push(world.lead(&enquiry(&format!("n{i}"))).await.to_string());
    }
    assert_eq!(claim(&world, &claimant(0), &ids[0]).await.status, 200);
    let back = world.post(ADMIN, &format!("/leads/{}/assignment", ids[0]), &json!({"user": "pool.nordstern"})).await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(claim(&world, &claimant(1), &ids[1]).await.status, 409, "an older one is there");
    for id in &ids {
        assert_eq!(claim(&world, &claimant(1), id).await.status, 200);
    }
}

/// ESC-11: the pool's supervisor is notified of a pool lead although another notice to the same person at the same moment is dropped,
/// because this person has notices switched off.
#[tokio::test]
async fn esc_11_level_2_of_a_pool_lead_is_sent_although_another_notice_to_the_reader_is_dropped() {
    let world = World::new().await;
    set_up_pool(&world, 1, false).await;
    let helga = json!({"id": "helga.stern", "name": "Helga Stern", "email": "helga.stern@demo-group.example", "language": "de", "role": "dealer_admin",
        "dealers": [NORDSTERN], "notices": false});
    world.store.put_user(&GroupId::parse("demo-group").unwrap(), &serde_json::from_value(helga).unwrap()).await.unwrap();
    // Level 2 falls into the night: both notices wait for the opening.
    world.settings(|s| (s.escalation.level_1, s.escalation.level_2) = (60, 720)).await;
    let (pooled, taken) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    assert_eq!(claim(&world, &claimant(0), &taken.to_string()).await.status, 200);
    world.advance_to("2026-11-23T20:00:00Z").await;
    let given = world.post(ADMIN, &format!("/leads/{taken}/assignment"), &json!({"user": "helga.stern"})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    world.advance_to("2026-11-24T09:00:00Z").await;
    let notices: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("helga.stern")).collect();
    assert!(notices.len() == 1 && notices[0].contains(&pooled.spoken()), "{notices:?}");
}

/// DIS-8: when a lead returns to the pool between the read of the oldest lead and the claim, the claim reads again before it assigns
/// another lead.
#[tokio::test]
async fn dis_8_a_claim_reads_again_if_it_has_not_read_the_oldest_lead() {
    use forecourt_domain::distribution::Pool;
    use forecourt_domain::rules::distribution::pool::{Claimed, PoolLeads, claim};
    let world = World::new().await;
    set_up_pool(&world, 1, true).await;
    let (back, other) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    let nordstern = crate::support::world::dealer(NORDSTERN);
    let unit = forecourt_store::Load::of([forecourt_store::keys::Key::Dealer(nordstern.clone())]);
    let loaded = world.store.load(&world.scope(), &unit).await.unwrap();
    let dealer = loaded.dealer(&nordstern).unwrap();
    let pool = Pool { dealer: dealer.id.clone(), waiting: vec![back, other], arrived: BTreeMap::new() };
    let (lead, first) = (world.page(other).await.lead, world.page(back).await.lead);
    let now = world.system.clock.now();
    let claimed = |pool: &Pool, first: &[&Lead]| {
        claim(&lead, dealer, PoolLeads { pool, first, any: false, lanes: &|_| None }, &user("puller-00"), now)
    };
    assert_eq!(claimed(&pool, &[&lead]).unwrap(), Claimed::Again(None));
    assert!(claimed(&pool, &[&lead, &first]).is_err(), "now it is known that the other is older");
    // A lead that has left the pool is removed from the waiting list.
    let gone = Lead { owner: Some(user("puller-00")), ..first };
    let pool = Pool { waiting: vec![back, LeadId::from_bits(7), other], ..pool };
    assert!(matches!(claimed(&pool, &[&lead, &gone]).unwrap(), Claimed::Again(Some(_))));
}
