//! Hand-over of the work of users who cannot do it any more (DIS-12).

mod absence;
mod access;
mod notices;
mod orders;
mod targets;

use crate::support::appointments::{appointment, made};
use crate::support::dealers::of_dealer;
use crate::support::invitations::{book, free};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, dealer, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::lead::{Event, Lead};
use forecourt_domain::settings::{HandOver, PoolSettings};
use forecourt_store::{Load, keys::Key};
use serde_json::{Value, json};

const ANNA: &str = "anna.vogt";

/// Returns new leads of `owner`.
async fn leads_of(world: &World, owner: &str, count: usize) -> Vec<LeadId> {
    numbered_leads_of(world, owner, 0..count).await
}

/// Returns new leads of `owner`. Each contact has a number of the range in its name.
async fn numbered_leads_of(world: &World, owner: &str, numbers: std::ops::Range<usize>) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for i in numbers {
        let id = world.lead(&enquiry(&format!("{}{i}", owner.replace('.', "")))).await;
        let given = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": owner})).await;
        assert_eq!(given.status, 200, "{}", given.body);
        leads.push(id);
    }
    leads
}

async fn lead(world: &World, id: LeadId) -> Lead {
    world.page(id).await.lead
}

async fn owner(world: &World, id: LeadId) -> String {
    lead(world, id).await.owner.unwrap().to_string()
}

async fn version(world: &World) -> u64 {
    world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap()
}

/// Takes a user off the dealer. `query` is that of the request.
async fn remove(world: &World, user: &str, query: &str) -> Reply {
    let path = of_dealer(&format!("users/{user}{query}"));
    world.call(Request::delete(ADMIN, &path).json(&json!({})).version(version(world).await)).await
}

async fn orders(world: &World) -> Vec<Value> {
    let reply = world.get(ADMIN, &of_dealer("hand-overs")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["hand_overs"].as_array().unwrap().clone()
}

/// Sets the absences of a user.
async fn absent(world: &World, user: &str, absences: &Value) -> Reply {
    let path = of_dealer(&format!("users/{user}/absences"));
    world.call(Request::put(ADMIN, &path).json(&json!({"absences": absences})).version(version(world).await)).await
}

/// DIS-12: a user with 130 leads, a task, events, an appointment and an invitation is taken off the dealer. Everything goes to others, by
/// the rotation or to the lead's owner, and nothing is left.
#[tokio::test]
async fn dis_12_the_work_of_a_user_who_is_taken_off_a_dealer_goes_to_others() {
    let world = World::new().await;
    let mut own = leads_of(&world, ANNA, 5).await;
    let invited = world.post(ADMIN, &format!("/leads/{}/invitations", own[2]), &json!({"type": "booked_test_drive", "user": ANNA})).await;
    let link = invited.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    // The leads are listed by their dates: the invited one is among the first.
    world.advance_to("2026-11-23T09:00:01Z").await;
    own.extend(numbered_leads_of(&world, ANNA, 5..130).await);
    let other = leads_of(&world, "ben.krause", 1).await[0];
    let task = json!({"title": "Photograph it", "start": "2026-11-24T10:00:00Z", "minutes": 30, "assignee": ANNA});
    let task = world.post(ADMIN, &format!("/leads/{other}/tasks"), &task).await;
    assert_eq!(task.status, 201, "{}", task.body);
    let event = |user: Option<&str>| json!({"title": "Delivery", "type": "delivery", "at": "2026-11-25T10:00:00Z", "user": user});
    for (id, user) in [(other, Some(ANNA)), (own[0], None), (own[1], None)] {
        let planned = world.post(ADMIN, &format!("/leads/{id}/events"), &event(user)).await;
        assert_eq!(planned.status, 201, "{}", planned.body);
    }
    let won = world.post(ADMIN, &format!("/leads/{}/status", own[1]), &json!({"status": "won"})).await;
    assert_eq!(won.status, 200, "{}", won.body);
    let mut visit = appointment("vera", "2026-11-26T10:00:00+01:00");
    visit["user"] = json!(ANNA);
    let visit = made(&world, ADMIN, &visit).await;
    world.system.settle().await;

    let held = world.get(ADMIN, &of_dealer("users/anna.vogt/work")).await;
    assert_eq!(held.status, 200, "{}", held.body);
    assert_eq!(held.body["counts"], json!({"leads": 130, "tasks": 1, "events": 3, "appointments": 1}));
    assert_eq!((held.body["leads"].as_array().unwrap().len(), held.body["invitations"].as_array().unwrap().len()), (50, 1));
    let letters = world.system.mailbox.mails().iter().filter(|mail| mail.to.starts_with("vera")).count();

    let gone = remove(&world, ANNA, "").await;
    assert_eq!((gone.status, gone.text("/hand_overs/0/to"), gone.text("/hand_overs/0/reason")), (200, "distribution", "removed"));
    // Access ends at once, before anything has moved.
    assert_eq!(world.get(ANNA, &format!("/leads/{}", own[5])).await.status, 404);
    world.advance_to("2026-11-23T09:00:10Z").await;
    let mut shares = std::collections::BTreeMap::new();
    for id in own.iter().filter(|id| **id != own[1]) {
        let moved = lead(&world, *id).await;
        assert_eq!(moved.handed_from.as_ref().unwrap().user.as_str(), ANNA);
        *shares.entry(moved.owner.unwrap().to_string()).or_insert(0) += 1;
    }
    // The rotation gives the leads to the six sellers in turn.
    assert!(shares.len() == 6 && shares.values().all(|share| (21..=22).contains(share)), "{shares:?}");
    let entry = world.page(own[5]).await.timeline.pop().unwrap();
    let Event::Assigned { from, why, .. } = &entry.events[0] else { panic!("{entry:?}") };
    assert_eq!((from.as_ref().unwrap().as_str(), why.rule.as_str(), why.turn.is_some()), (ANNA, "DIS-12", true));
    // The task and the event on the lead of another user go to that user, the event of the won lead to the supervisor.
    assert_eq!(lead(&world, other).await.tasks[0].assignee, None);
    let taken_by = async |id| world.events(id).await[0].taken.as_ref().map(|taken| taken.user.to_string());
    assert_eq!((world.events(other).await[0].user.clone(), taken_by(other).await.as_deref()), (None, Some("ben.krause")));
    assert_eq!(taken_by(own[0]).await, Some(owner(&world, own[0]).await));
    assert_eq!((owner(&world, own[1]).await.as_str(), taken_by(own[1]).await.as_deref()), (ANNA, Some("helga.stern")));
    let seen = world.get(ADMIN, &format!("/appointments/{visit}")).await;
    assert_eq!(seen.text("/user"), "helga.stern", "{}", seen.body);
    // The invitation continues with the new owner.
    let offer = world.get("", &link).await;
    let slot = free(&offer)[0].clone();
    assert_eq!(book(&world, &link, &slot).await.status, 201);
    assert_eq!(world.events(own[2]).await[0].taken.as_ref().unwrap().user.to_string(), owner(&world, own[2]).await);

    world.advance_to("2026-11-23T09:05:00Z").await;
    let order = orders(&world).await.remove(0);
    assert_eq!(
        order["moved"],
        json!({"leads": 129, "tasks": 1, "events": 2, "appointments": 1, "returned": 0, "invitations": 1}),
        "{order}"
    );
    assert_eq!(order["state"], "done");
    let left = world.get(ADMIN, &of_dealer("users/anna.vogt/work")).await;
    assert_eq!(left.body["counts"], json!({"leads": 0, "tasks": 0, "events": 0, "appointments": 0}), "{}", left.body);
    // If the won lead is reopened, it gets an owner who works here.
    let reopened = world.post(ADMIN, &format!("/leads/{}/status", own[1]), &json!({"status": "in_progress"})).await;
    assert_eq!(reopened.status, 200, "{}", reopened.body);
    world.system.settle().await;
    assert_ne!(owner(&world, own[1]).await, ANNA);
    // Many leads are few mails, and the customers hear nothing.
    let to_ben = world.mails().iter().filter(|mail| mail.contains(" ben.krause:")).count();
    assert!(to_ben <= 8, "{to_ben} {:?}", world.mails());
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| mail.to.starts_with("vera")).count(), letters);
}

/// DIS-12: a dry run lists what would move and changes nothing. An operator sees numbers only.
#[tokio::test]
async fn dis_12_a_dry_run_lists_the_work_and_changes_nothing() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 2).await;
    let before = version(&world).await;
    let shown = remove(&world, ANNA, "?dry_run=true&hand_over=user:ben.krause").await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.body["hand_overs"][0]["holds"]["counts"]["leads"], 2);
    assert_eq!(shown.body["hand_overs"][0]["holds"]["leads"].as_array().unwrap().len(), 2);
    assert!(shown.body["hand_overs"][0].get("id").is_none() && shown.body["users"].to_string().contains(ANNA));
    world.system.settle().await;
    assert_eq!((version(&world).await, orders(&world).await.len(), owner(&world, own[0]).await.as_str()), (before, 0, ANNA));
    let operator = world.get("otto.operator", &of_dealer("users/anna.vogt/work")).await;
    assert_eq!((&operator.body["counts"]["leads"], &operator.body["leads"]), (&json!(2), &json!([])));
    assert_eq!(world.get("ben.krause", &of_dealer("users/anna.vogt/work")).await.status, 403);
    assert_eq!(world.get(ANNA, &of_dealer("users/anna.vogt/work")).await.body["leads"].as_array().unwrap().len(), 2);
}

/// DIS-12: the work goes to the person whom the request names. A person who cannot take it, and a pool that does not exist, are refused.
#[tokio::test]
async fn dis_12_the_work_goes_to_the_named_person() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 3).await;
    for (to, fault) in [
        ("pool", "hand_over DIS-12"),
        ("user:ingo.brandt", "hand_over DIS-12"),
        ("user:anna.vogt", "hand_over DIS-12"),
        ("user:nobody", "hand_over DIS-12"),
        ("someone", "hand_over DIS-12"),
    ] {
        let refused = remove(&world, ANNA, &format!("?hand_over={to}")).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{to}: {}", refused.body);
    }
    assert_eq!(remove(&world, ANNA, "?hand_over=user:greta.sommer").await.status, 200);
    world.system.settle().await;
    for id in own {
        assert_eq!(owner(&world, id).await, "greta.sommer");
    }
}

/// DIS-12: a job that loses its memory, and whose pages are delivered twice, moves and counts each lead once. A lead that got another owner
/// in the meantime stays with that owner.
#[tokio::test]
async fn dis_12_an_interrupted_hand_over_moves_each_lead_once() {
    let world = World::delivering_twice().await;
    let own = leads_of(&world, ANNA, 60).await;
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    let given = world.post(ADMIN, &format!("/leads/{}/assignment", own[7]), &json!({"user": "helga.stern"})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let mut steps = 0;
    while world.system.step().await.is_some() {
        steps += 1;
        if steps % 3 == 0 {
            world.system.restore_agenda().await.unwrap();
        }
    }
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!((owner(&world, own[7]).await.as_str(), lead(&world, own[7]).await.handed_from), ("helga.stern", None));
    for id in &own {
        let page = world.page(*id).await;
        let moves = page.timeline.iter().flat_map(|entry| &entry.events);
        let moves = moves.filter(|event| matches!(event, Event::Assigned { why, .. } if why.rule == "DIS-12")).count();
        assert_eq!(moves, usize::from(*id != own[7]));
    }
    let order = orders(&world).await.remove(0);
    assert_eq!((&order["moved"]["leads"], &order["state"]), (&json!(59), &json!("done")));
}

/// DIS-12: the leads of a pool go to the new pool, or by rotation if the pool is switched off.
#[tokio::test]
async fn dis_12_the_leads_of_a_former_pool_go_to_the_new_distribution() {
    let world = World::new().await;
    let pool = |user: &str| Some(PoolSettings { user: user.parse().unwrap(), oldest_only: false });
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|member| member.receives_leads = false);
            s.pool = pool("helga.stern");
        })
        .await;
    let waiting = world.lead(&enquiry("one")).await;
    assert_eq!(owner(&world, waiting).await, "helga.stern");
    let set = async |body: Value| {
        let request = Request::put(ADMIN, &of_dealer("pool")).json(&body).version(version(&world).await);
        let reply = world.call(request).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        world.system.settle().await;
        reply
    };
    let changed = set(json!({"pool": {"user": "anna.vogt"}})).await;
    assert_eq!(changed.text("/hand_overs/0/reason"), "pool");
    assert_eq!(owner(&world, waiting).await, ANNA);
    world.advance_to("2026-11-23T09:02:00Z").await;
    set(json!({"pool": null})).await;
    // Nobody is in the rotation, so the fallback user gets the lead.
    assert_eq!(owner(&world, waiting).await, "helga.stern");
}

/// DIS-12, ACC-1: a user who may not work leads any more keeps the membership, but no part in the distribution, and the work goes over.
#[tokio::test]
async fn dis_12_a_user_who_loses_the_right_to_work_leads_hands_over_the_work() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 4).await;
    let mut user = world.get("gina.group", "/users/anna.vogt").await.body;
    user["role"] = json!("contact_centre");
    let stored = user["version"].as_u64().unwrap();
    let saved = world.call(Request::put("gina.group", "/users/anna.vogt").json(&user).version(stored)).await;
    assert_eq!((saved.status, saved.text("/hand_overs/0/reason")), (200, "rights"), "{}", saved.body);
    let at = &saved.body["at"][NORDSTERN];
    assert_eq!((&at["receives_leads"], &at["assignable"]), (&json!(false), &json!(false)));
    world.system.settle().await;
    for id in own {
        assert_ne!(owner(&world, id).await, ANNA);
    }
    // Such a user gets no part again, in none of the ways.
    let part = json!({"receives_leads": true, "assignable": true});
    let refused = world.call(Request::put(ADMIN, &of_dealer("users/anna.vogt")).json(&part).version(version(&world).await)).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["receives_leads DIS-12".to_owned(), "assignable DIS-12".into()]));
    let switches = json!({"users": [{"user": "ben.krause", "supervisor": ANNA}]});
    let refused = world.call(Request::patch(ADMIN, &of_dealer("users")).json(&switches).version(version(&world).await)).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["users[0].supervisor DIS-12".to_owned()]), "{}", refused.body);
    let fallback = json!({"fallback_user": ANNA});
    let refused = world.call(Request::put(ADMIN, &of_dealer("configuration")).json(&fallback).version(version(&world).await)).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["fallback_user DIS-12".to_owned()]));
    let deputy = json!([{"from": "2026-12-01", "until": "2026-12-02", "deputy": ANNA}]);
    assert_eq!(absent(&world, "ben.krause", &deputy).await.faults(), ["absences[0].deputy DIS-12"]);
    // The role of a user who is in charge of others cannot change before somebody else is.
    let mut helga = world.get("gina.group", "/users/helga.stern").await.body;
    helga["role"] = json!("head_office");
    let stored = helga["version"].as_u64().unwrap();
    let refused = world.call(Request::put("gina.group", "/users/helga.stern").json(&helga).version(stored)).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
}

/// DIS-12, SET-7: with `hand_over`, deleting a user ends the memberships too, and so does taking a dealer from a user.
#[tokio::test]
async fn dis_12_deleting_a_user_hands_over_the_work_at_every_dealer() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 2).await;
    let delete = |path: &str| Request::delete("gina.group", path).json(&json!({})).version(1);
    assert_eq!(world.call(delete("/users/anna.vogt")).await.status, 409);
    let gone = world.call(delete("/users/anna.vogt?hand_over=user:ben.krause")).await;
    assert_eq!((gone.status, gone.text("/hand_overs/0/reason")), (200, "left"), "{}", gone.body);
    world.system.settle().await;
    assert_eq!((owner(&world, own[0]).await.as_str(), owner(&world, own[1]).await.as_str()), ("ben.krause", "ben.krause"));
    assert_eq!(world.get(ANNA, &of_dealer("leads")).await.status, 401);
    // The supervisor of the sellers cannot leave before somebody else is named.
    let refused = world.call(delete("/users/helga.stern?hand_over=distribution")).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.text("/detail").contains("fallback_user"), "{}", refused.body);
    let mut ben = world.get("gina.group", "/users/ben.krause").await.body;
    ben["dealers"] = json!([]);
    let put = |path: &str| Request::put("gina.group", path).json(&ben).version(1);
    assert_eq!(world.call(put("/users/ben.krause")).await.faults(), ["dealers SET-7"]);
    let saved = world.call(put("/users/ben.krause?hand_over=distribution")).await;
    assert_eq!((saved.status, saved.text("/hand_overs/0/reason")), (200, "removed"), "{}", saved.body);
    world.system.settle().await;
    assert!(!["ben.krause", ANNA].contains(&owner(&world, own[0]).await.as_str()));
}

/// DIS-12: two users leave at the same moment, and one was to take the work of the other. Nothing stays with either.
#[tokio::test]
async fn dis_12_two_causes_at_once_leave_nothing_with_either() {
    let world = World::new().await;
    let anna = leads_of(&world, ANNA, 3).await;
    let ben = leads_of(&world, "ben.krause", 3).await;
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause").await.status, 200);
    assert_eq!(remove(&world, "ben.krause", "").await.status, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    for id in anna.into_iter().chain(ben) {
        assert!(![ANNA, "ben.krause"].contains(&owner(&world, id).await.as_str()));
    }
}

/// DIS-12, DIS-6: if nobody is present, the administrator gets the leads.
#[tokio::test]
async fn dis_12_without_anybody_present_the_administrator_gets_the_leads() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 2).await;
    for user in ["ben.krause", "clara.henning", "david.roth", "elif.yilmaz", "felix.lang", "greta.sommer", "helga.stern", ADMIN] {
        assert_eq!(absent(&world, user, &json!([{"from": "2026-11-23", "until": "2026-11-23"}])).await.status, 200);
    }
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    world.system.settle().await;
    assert_eq!((owner(&world, own[0]).await.as_str(), owner(&world, own[1]).await.as_str()), (ADMIN, ADMIN));
}

/// DIS-12: an order is stored with the change, so a change that is refused makes none.
#[tokio::test]
async fn dis_12_a_refused_change_makes_no_order() {
    let world = World::new().await;
    assert_eq!(remove(&world, "helga.stern", "").await.status, 422);
    let stale = Request::delete(ADMIN, &of_dealer("users/anna.vogt")).json(&json!({})).version(99);
    assert_eq!(world.call(stale).await.status, 412);
    assert_eq!(orders(&world).await.len(), 0);
    let now = world.system.clock.now();
    let id = HandOver::id_of(&ANNA.parse().unwrap(), now);
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    let loaded = world.store.load(&world.scope(), &Load::of([Key::HandOver(dealer(NORDSTERN), id.clone())])).await.unwrap();
    assert_eq!(loaded.hand_over(&dealer(NORDSTERN), &id).unwrap().by.to_string(), "user:ingo.brandt");
}
