//! Reassignment after no reaction, and turns that are given back (DIS-10).

use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::json;

async fn owner(world: &World, id: LeadId) -> String {
    world.page(id).await.lead.owner.unwrap().to_string()
}

async fn mark(world: &World, id: LeadId, status: serde_json::Value) {
    let reply = world.post(ADMIN, &format!("/leads/{id}/status"), &status).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// DIS-10: a lead without a reaction goes to the next user in turn until every user has had it.
#[tokio::test]
async fn dis_10_a_lead_without_a_reaction_goes_to_the_next_user_until_all_have_had_it() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.reassign_after = 30;
            s.members.iter_mut().skip(3).for_each(|m| m.receives_leads = false);
        })
        .await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    world.advance_to("2026-11-23T09:29:00Z").await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    world.advance_to("2026-11-23T09:31:00Z").await;
    assert_eq!(owner(&world, id).await, "ben.krause");
    // Another lead takes its turn in between. A user who has already had this lead does not get it again.
    assert_eq!(owner(&world, world.lead(&enquiry("otto")).await).await, "clara.henning");
    world.advance_to("2026-11-23T10:01:00Z").await;
    assert_eq!(owner(&world, id).await, "clara.henning");
    let lead_page = world.page(id).await;
    let why = lead_page.timeline.last().unwrap().events.last().unwrap().clone();
    let passed = json!(why)["why"]["passed_over"].clone();
    assert_eq!(passed, json!([{"user": "anna.vogt", "reason": "had_it"}, {"user": "ben.krause", "reason": "had_it"}]), "{why:?}");
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(owner(&world, id).await, "clara.henning", "everybody has had it");
    // The response clock counts from the enquiry (DIS-7): level 1 was due at 12:00.
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-23T11:00:00Z")));
    let news: Vec<String> = world.mails().into_iter().filter(|m| m.contains("Neue Anfrage") && m.contains(&id.spoken())).collect();
    assert_eq!(news.len(), 3, "{news:?}");
}

#[tokio::test]
async fn dis_10_minutes_count_in_opening_hours_and_a_reaction_prevents_reassignment() {
    let world = World::at("2026-11-23T16:50:00Z").await;
    world.settings(|s| s.reassign_after = 30).await;
    let (late, answered) = (world.lead(&enquiry("late")).await, world.lead(&enquiry("answered")).await);
    world.post("ben.krause", &format!("/leads/{answered}/reactions"), &json!({"kind": "call_reached"})).await;
    world.advance_to("2026-11-24T07:19:00Z").await;
    assert_eq!(owner(&world, late).await, "anna.vogt", "ten minutes in the evening, nineteen in the morning");
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_ne!(owner(&world, late).await, "anna.vogt");
    assert_eq!(owner(&world, answered).await, "ben.krause");
}

/// DIS-10: automatic reassignment is off by default, and a manually assigned lead is not reassigned.
#[tokio::test]
async fn dis_10_reassignment_is_off_by_default_and_skips_manually_assigned_leads() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    world.settings(|s| s.reassign_after = 30).await;
    let by_hand = world.lead(&enquiry("b")).await;
    world.post(ADMIN, &format!("/leads/{by_hand}/assignment"), &json!({"user": "greta.sommer"})).await;
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(owner(&world, by_hand).await, "greta.sommer");
}

#[tokio::test]
async fn dis_10_a_lead_lost_as_spam_or_duplicate_returns_the_turn_to_its_owner() {
    let world = World::new().await;
    world.settings(|s| s.spam_gives_turn_back = true).await;
    let (spam, double, lost) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await, world.lead(&enquiry("c")).await);
    mark(&world, spam, json!({"status": "lost", "reason": "spam"})).await;
    mark(&world, double, json!({"status": "lost", "reason": "duplicate"})).await;
    mark(&world, lost, json!({"status": "lost", "reason": "price"})).await;
    let mut next = Vec::new();
    for name in ["d", "e", "f", "g"] {
        next.push(owner(&world, world.lead(&enquiry(name)).await).await);
    }
    assert_eq!(next, ["anna.vogt", "ben.krause", "david.roth", "elif.yilmaz"], "the turns that were given back come first");
}

/// DIS-10: a seller who used the turn that was given back for spam is passed over once if the lead is reopened.
#[tokio::test]
async fn dis_10_a_used_turn_is_owed_again_when_the_lead_is_reopened() {
    let world = World::new().await;
    world.settings(|s| s.spam_gives_turn_back = true).await;
    let id = world.lead(&enquiry("a")).await;
    assert_eq!(owner(&world, id).await, "anna.vogt");
    mark(&world, id, json!({"status": "lost", "reason": "spam"})).await;
    assert_eq!(owner(&world, world.lead(&enquiry("b")).await).await, "anna.vogt", "the turn that was given back");
    mark(&world, id, json!({"status": "in_progress"})).await;
    let mut next = Vec::new();
    for i in 0..7 {
        let lead = world.lead(&enquiry(&format!("n{i}"))).await;
        next.push(owner(&world, lead).await);
    }
    let passing = world.lead(&enquiry("passing")).await;
    let page = world.page(passing).await;
    let why = json!(page.timeline[0].events.last().unwrap())["why"].clone();
    assert_eq!(next, ["ben.krause", "clara.henning", "david.roth", "elif.yilmaz", "felix.lang", "greta.sommer", "ben.krause"]);
    assert_eq!(owner(&world, passing).await, "clara.henning", "{why}");
    let passed = world.list(ADMIN, NORDSTERN).await;
    let of = |who: &str| passed.iter().filter(|lead| lead["owner"] == who).count();
    assert_eq!((of("anna.vogt"), of("ben.krause"), of("clara.henning")), (2, 2, 2), "the spam counted twice, then not at all");
    // Marked as spam again, the lead gives the turn back again.
    mark(&world, id, json!({"status": "lost", "reason": "spam"})).await;
    assert_eq!(owner(&world, world.lead(&enquiry("again")).await).await, "anna.vogt");
}

/// DIS-10: a turn is given back once for each lead, and withdrawn if the lead is reopened.
#[tokio::test]
async fn dis_10_a_turn_is_returned_once_per_lead_and_withdrawn_if_the_lead_is_reopened() {
    let world = World::new().await;
    world.settings(|s| s.spam_gives_turn_back = true).await;
    let id = world.lead(&enquiry("a")).await;
    let spam = json!({"status": "lost", "reason": "spam"});
    mark(&world, id, spam.clone()).await;
    mark(&world, id, spam.clone()).await;
    mark(&world, id, json!({"status": "in_progress"})).await;
    assert_eq!(owner(&world, world.lead(&enquiry("b")).await).await, "ben.krause");
    mark(&world, id, spam).await;
    assert_eq!(owner(&world, world.lead(&enquiry("c")).await).await, "anna.vogt");
    assert_eq!(owner(&world, world.lead(&enquiry("d")).await).await, "clara.henning");
    // With the setting off, no turn is given back.
    world.settings(|s| s.spam_gives_turn_back = false).await;
    let other = world.lead(&enquiry("e")).await;
    mark(&world, other, json!({"status": "lost", "reason": "spam"})).await;
    assert_eq!(owner(&world, world.lead(&enquiry("f")).await).await, "elif.yilmaz");
    let draft = world.get("gina.group", &format!("/dealers/{NORDSTERN}/configuration")).await;
    assert_eq!(draft.body["settings"]["reassign_after"], 0);
}

/// Returns the owners of new leads of new contacts, and the users who were passed over for each, with the reasons.
async fn next(world: &World, name: &str, count: usize) -> Vec<(String, String)> {
    let mut owners = Vec::new();
    for i in 0..count {
        let page = world.page(world.lead(&enquiry(&format!("{name}{i}"))).await).await;
        let why = json!(page.timeline[0].events.last().unwrap())["why"].clone();
        let passed = why["passed_over"].as_array().cloned().unwrap_or_default();
        let passed: Vec<String> = passed.iter().map(|passed| passed["reason"].as_str().unwrap().to_owned()).collect();
        owners.push((page.lead.owner.unwrap().to_string(), passed.join(" ")));
    }
    owners
}

/// DIS-10, DIS-5, DIS-13: with weights and a maximum, a turn that was given back for spam is owed again when the lead is reopened. A lead
/// of a known contact takes no turn, and none is given back for it. A user who owes a turn and is full keeps the debt.
#[tokio::test]
async fn dis_10_turns_for_spam_are_owed_again_with_weights_limits_and_known_contacts() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.spam_gives_turn_back = true;
            s.members.iter_mut().skip(2).for_each(|m| m.receives_leads = false);
            (s.members[0].weight, s.members[0].max_open) = (2, Some(2));
        })
        .await;
    let (spam, lost) = (json!({"status": "lost", "reason": "spam"}), json!({"status": "lost", "reason": "price"}));
    let first = world.lead(&enquiry("a")).await;
    assert_eq!(owner(&world, first).await, "anna.vogt");
    mark(&world, first, spam.clone()).await;
    // The contact asks again: Anna gets the lead outside the rotation, and the turn stays hers.
    let known = world.lead(&enquiry("a")).await;
    let why = json!(world.page(known).await.timeline[0].events.last().unwrap())["why"].clone();
    assert_eq!((owner(&world, known).await.as_str(), &why["rule"]), ("anna.vogt", &json!("DIS-5")));
    mark(&world, known, spam).await;
    mark(&world, known, json!({"status": "in_progress"})).await;
    assert_eq!(next(&world, "extra", 1).await, [("anna.vogt".to_owned(), String::new())], "the turn that was given back");
    // Anna has used it, and has three open leads when the first one is reopened.
    mark(&world, first, json!({"status": "in_progress"})).await;
    let users = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/users")).await;
    assert_eq!(users.body["users"][0]["open_leads"], json!(3), "{}", users.body);
    let full = ("ben.krause".to_owned(), "full".to_owned());
    assert_eq!(next(&world, "full", 3).await, [full.clone(), full.clone(), full], "a full user keeps the debt");
    // With room for more, Anna loses one turn of the two rounds of three that follow, and no more.
    world.settings(|s| s.members[0].max_open = Some(100)).await;
    let rounds = next(&world, "round", 5).await;
    let of_anna = rounds.iter().filter(|(owner, _)| owner == "anna.vogt").count();
    assert_eq!(of_anna, 3, "four of six turns, and one is owed: {rounds:?}");
    let later = next(&world, "later", 3).await;
    assert_eq!(later.iter().filter(|(owner, _)| owner == "anna.vogt").count(), 2, "{later:?}");
    // Closed for another reason, a lead gives no turn back.
    mark(&world, first, lost).await;
    let after = next(&world, "after", 3).await;
    assert_eq!(after.iter().filter(|(owner, _)| owner == "anna.vogt").count(), 2, "{after:?}");
}
