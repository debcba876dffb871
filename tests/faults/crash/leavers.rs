//! Races of users who leave and hold leads (DIS-12). The hand-over of a lead takes effect a moment after the change, so the notices on the
//! way depend on the order of the calls. The final state does not: every lead has an owner who may act, the order is complete, and the
//! counts are right.

use super::GROUP;
use super::cloud::{Cloud, Setting, WakeUpTreatment};
use super::group::NORTH;
use super::journey::{enquiry, lead};
use super::races::{Before, Move, Order, make, to};
use super::turn::Turn;
use crate::support::gate::Gate;
use crate::support::world::{Reply, Request, at, dealer};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, LeadId, Status, UserId};
use forecourt_domain::distribution::LaneState;
use forecourt_domain::lead::Event;
use forecourt_domain::settings::{HandOver, Lane};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the settings after every seller got a maximum of open leads.
const LIMITED: u64 = 2;

fn leaver(user: &str) -> Move {
    Move::Set(Method::DELETE, format!("/dealers/{NORTH}/users/{user}"), LIMITED, json!({}))
}

/// Each race: the leaver, and the other action. Anna owns the lead of nine o'clock.
fn races() -> Vec<(&'static str, &'static str, Move)> {
    let lost = Move::Post("status", "k-s", json!({"status": "lost", "reason": "price"}));
    vec![
        ("an enquiry", "anna", Move::Lead("k-1")),
        ("an enquiry of a new person", "anna", Move::Contact("k-1")),
        ("an assignment to another", "anna", to(json!({"user": "ben"}))),
        ("an assignment to the leaver", "ben", to(json!({"user": "ben"}))),
        ("a transfer to another dealer", "anna", to(json!({"dealer": "west"}))),
        ("an answer", "anna", Move::Post("reactions", "k-r", json!({"kind": "reply"}))),
        ("closing", "anna", lost),
        ("level 1", "anna", Move::Deliver),
        ("level 1 twice", "anna", Move::DeliverTwice),
    ]
}

/// The end of a race, with the two replies.
async fn played(who: &str, other: &Move, order: Order) -> (Cloud, Vec<Reply>) {
    let seed = if let Order::SideBySide(seed) = order { Some(seed) } else { None };
    let at_once = if seed.is_some() { 3 } else { 1 };
    let gate = Gate::new(Vec::new(), seed, false);
    let setting = Setting { gate, wakes: WakeUpTreatment::AsSent, bug: None, retries: 0, at_once, lagging: false };
    let cloud = Cloud::new(setting, &GROUP, "2026-11-23T09:00:00Z").await;
    let limits: Vec<Value> = ["anna", "ben", "cara"].iter().map(|user| json!({"user": user, "max_open": 50})).collect();
    let limit = Request::new(Method::PATCH, "boss", &format!("/dealers/{NORTH}/users")).version(1).json(&json!({"users": limits}));
    assert_eq!(cloud.request(&limit).await.status, 200);
    cloud.pass_until(at("2026-11-23T09:02:00Z")).await;
    let before = &Before::of(&cloud, false).await;
    for key in ["k-a", "k-b", "k-c"] {
        lead(&cloud, NORTH, key, &enquiry(key)).await;
    }
    cloud.pass_until(at("2026-11-23T10:01:59Z")).await;
    cloud.clock.freeze_at(at("2026-11-23T10:02:00Z"));
    let leaver = leaver(who);
    let (x, y) = match order {
        Order::SideBySide(_) => tokio::join!(make(&cloud, before, &leaver), make(&cloud, before, other)),
        Order::AThenB => (make(&cloud, before, &leaver).await, make(&cloud, before, other).await),
        Order::BThenA => {
            let y = make(&cloud, before, other).await;
            (make(&cloud, before, &leaver).await, y)
        }
    };
    // The second look at the leads of the leaver is a minute later.
    cloud.pass_until(at("2026-11-23T10:20:00Z")).await;
    (cloud, [x, y].into_iter().flatten().collect())
}

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err(format!($($message)*));
        }
    };
}

/// Judges the final state, whatever the order of the calls was.
async fn judge(cloud: &Cloud, who: &str, replies: &[Reply]) -> Result<(), String> {
    ensure!(replies[0].status == 200, "the leaver: {}", replies[0].body);
    let fits = |reply: &Reply| [200, 201, 404, 409, 422].contains(&reply.status);
    ensure!(replies.iter().all(fits), "{:?}", replies.iter().map(|reply| &reply.body).collect::<Vec<_>>());
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only(GroupId::parse("demo-group").unwrap()));
    let (north, leaver) = (dealer(NORTH), UserId::parse(who).unwrap());
    let keys: BTreeSet<LeadId> = cloud
        .table
        .items()
        .iter()
        .filter(|item| item["sk"]["S"] == "@")
        .filter_map(|item| item["pk"]["S"].as_str()?.split_once("#L#")?.1.parse().ok())
        .collect();
    let order = HandOver::id_of(&leaver, at("2026-11-23T10:02:00Z"));
    let counting = Key::lane(north.clone(), Lane::Rotation(None));
    let all =
        keys.iter().copied().map(Key::Lead).chain([Key::Dealer(north.clone()), Key::HandOver(north.clone(), order.clone()), counting]);
    let loaded = store.load(&scope, &Load::of(all)).await.map_err(|e| format!("{e:?}"))?;
    let settings = &loaded.dealer(&north).ok_or("no dealer")?.settings;
    let (mut moved, mut open): (u32, BTreeMap<UserId, u32>) = Default::default();
    for id in keys {
        let page = store.lead_page(&scope, id, 1_000).await.map_err(|e| format!("{e:?}"))?.ok_or("no lead")?;
        let assigned = page.timeline.iter().flat_map(|entry| &entry.events).filter_map(|event| match event {
            Event::Assigned { from, to, why } => Some((from.clone(), to.clone(), why.rule.clone())),
            _ => None,
        });
        let assigned: Vec<_> = assigned.collect();
        moved += assigned.iter().filter(|(from, _, rule)| from.as_ref() == Some(&leaver) && rule == "DIS-12").count() as u32;
        let lead = page.lead;
        ensure!(assigned.last().map(|(_, to, _)| to) == lead.owner.as_ref(), "{id} is {:?}'s: {assigned:?}", lead.owner);
        ensure!(lead.assignment as usize == assigned.len() || lead.dealer != north, "{id}: {} of {assigned:?}", lead.assignment);
        if lead.dealer != north || lead.status != Status::InProgress {
            continue;
        }
        let owner = lead.owner.clone().ok_or(format!("{id} has no owner"))?;
        ensure!(settings.member(&owner).is_some_and(|member| member.assignable), "{id} is with {owner}, who may not act");
        ensure!(lead.counted.as_ref().map(|counted| &counted.user) == Some(&owner), "{id} is counted for {:?}", lead.counted);
        *open.entry(owner).or_default() += 1;
    }
    let order = loaded.hand_over(&north, &order).ok_or("no order")?;
    ensure!(order.done_at.is_some() && order.due.is_none() && !order.cancelled, "the order is {}", order.state());
    ensure!(order.moved.leads == moved, "the order counts {} leads, and {moved} moved", order.moved.leads);
    let Some(LaneState::Rotation(rotation)) = loaded.place(&north, &Lane::Rotation(None)) else { return Err("no rotation".into()) };
    for user in ["anna", "ben", "cara"].map(|id| UserId::parse(id).unwrap()) {
        let counted = rotation.open.as_ref().map_or(0, |counted| counted.of(&user));
        ensure!(counted == open.get(&user).copied().unwrap_or(0), "{counted} leads are counted for {user}: {open:?}");
    }
    ensure!(cloud.between().dead.is_empty(), "dead letters");
    Ok(())
}

/// Returns the first interleaving of a race in this turn whose final state is wrong. `None` if there is none.
fn wrong_end(what: &str, who: &str, other: &Move) -> Option<String> {
    let turn = Turn::current();
    let interleavings = (0..18).filter(|seed| turn.plays(*seed)).map(Order::SideBySide);
    let orders = [Order::AThenB, Order::BThenA].into_iter().chain(interleavings);
    orders.enumerate().find_map(|(i, order)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let judged = runtime.block_on(async {
            let (cloud, replies) = played(who, other, order).await;
            judge(&cloud, who, &replies).await
        });
        judged.err().map(|wrong| format!("{who} leaves, and {what}, order {i}: {wrong}"))
    })
}

/// DIS-12, DIS-13: a user with leads leaves while another action takes place.
#[test]
fn dis_12_a_leaver_with_leads_races_with_each_action_and_every_lead_has_an_owner_who_may_act() {
    let wrong: Vec<String> = races().iter().filter_map(|(what, who, other)| wrong_end(what, who, other)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
