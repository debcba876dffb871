//! A new owner gets time to act (DIS-7).

use crate::support::world::{ADMIN, Reply, World, at, enquiry};
use forecourt_domain::base::{LeadId, StepKind};
use serde_json::json;

async fn assign(world: &World, id: LeadId, user: &str) -> Reply {
    let reply = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": user})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

/// Returns when the steps that are left happen.
async fn planned(world: &World, id: LeadId) -> Vec<(StepKind, String)> {
    let plan = world.page(id).await.lead.plan.unwrap();
    let open = plan.steps().iter().filter(|step| step.fired.is_none());
    open.map(|step| (step.kind, step.at.format("%d %H:%M").to_string())).collect()
}

/// DIS-7: level 1 is due at 11:00 UTC on Monday, level 2 a day later. The dealer reminds 30 minutes before.
#[tokio::test]
async fn dis_7_a_new_owner_gets_the_reminders_time_once_and_level_2_does_not_move() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.page(id).await.lead.plan.unwrap().deadline(), Some(at("2026-11-23T11:00:00Z")));
    // There is time enough.
    assign(&world, id, "ben.krause").await;
    let all = [(StepKind::Reminder, "23 10:30"), (StepKind::Level1, "23 11:00"), (StepKind::Level2, "24 11:00")];
    assert_eq!(planned(&world, id).await, all.map(|(kind, at)| (kind, at.to_owned())));
    world.advance_to("2026-11-23T10:55:00Z").await;
    let late = assign(&world, id, "clara.henning").await;
    assert_eq!(late.text("/deadline/due"), "2026-11-23T11:00:00Z", "reports judge by the deadline itself");
    let given = [(StepKind::Level1, "23 11:25"), (StepKind::Level2, "24 11:00")].map(|(kind, at)| (kind, at.to_owned()));
    assert_eq!(planned(&world, id).await, given);
    // Another release's settings, or a new version of them, leave it.
    world.settings(|s| s.reassign_after = 0).await;
    world.advance_to("2026-11-23T11:10:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), planned(&world, id).await), (0, given.to_vec()));
    // An owner who gets the lead back has had the time.
    assign(&world, id, "ben.krause").await;
    assign(&world, id, "anna.vogt").await;
    world.advance_to("2026-11-23T11:24:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 0);
    world.advance_to("2026-11-23T11:26:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 1);
    world.advance_to("2026-11-24T11:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
}

/// DIS-7, DIS-10: a lead that goes on in the night leaves time after the opening; with the reminder off, half an hour.
#[tokio::test]
async fn dis_7_the_time_to_act_counts_in_opening_hours_and_also_without_a_reminder() {
    let world = World::new().await;
    world.settings(|s| (s.escalation.level_1, s.escalation.reminder) = (600, 0)).await;
    let id = world.lead(&enquiry("jana")).await;
    // Level 1 is due on Tuesday at 11:00 in Berlin, 10:00 UTC.
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-24T10:00:00Z")));
    world.advance_to("2026-11-24T05:00:00Z").await;
    assign(&world, id, "ben.krause").await;
    assert_eq!(planned(&world, id).await[0].1, "24 10:00", "half an hour after the opening is earlier");
    world.advance_to("2026-11-24T09:50:00Z").await;
    assign(&world, id, "clara.henning").await;
    assert_eq!(planned(&world, id).await[0].1, "24 10:20");
    world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    let answered = assign(&world, id, "david.roth").await;
    assert_eq!(answered.text("/owner"), "david.roth", "an answered lead needs no time");
}

/// DIS-7, DIS-10: a lead goes on at the very time of level 1. The new owner is not notified of a new and an overdue lead at once.
#[tokio::test]
async fn dis_7_a_lead_that_goes_on_is_not_new_and_overdue_at_once() {
    let world = World::new().await;
    world.settings(|s| s.reassign_after = 120).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T11:29:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.owner.unwrap().as_str(), lead.plan.unwrap().level()), ("ben.krause", 0), "half an hour until the break");
    let to_ben = |mails: Vec<String>| mails.into_iter().filter(|mail| mail.contains(" ben.krause:")).collect::<Vec<_>>();
    assert_eq!(to_ben(world.mails()).len(), 1, "{:?}", world.mails());
    world.advance_to("2026-11-23T11:30:00Z").await;
    assert_eq!(to_ben(world.mails()).len(), 2, "{:?}", world.mails());
    world.advance_to("2026-11-24T11:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2, "a day after the first deadline");
}
