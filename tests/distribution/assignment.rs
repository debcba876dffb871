//! Manual assignment to a user or to another dealer, and its entry on the timeline (DIS-6, DIS-7, DIS-11).

use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use forecourt_domain::lead::Event;
use forecourt_domain::settings::{Absence, DealerSettings};
use serde_json::json;

/// DIS-7, LEAD-5: a user assigns a lead to another user; the response clock is not reset.
#[tokio::test]
async fn dis_7_reassigning_does_not_reset_the_response_clock() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let reply = world.post("anna.vogt", &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause", "note": "knows her"})).await;
    assert_eq!((reply.status, reply.text("/owner"), reply.text("/deadline/due")), (200, "ben.krause", "2026-11-23T11:00:00Z"));
    world.advance_to("2026-11-23T11:00:00Z").await;
    assert!(world.mails().last().unwrap().contains("ben.krause: Überfällig"));
    let page = world.page(id).await;
    let Event::Assigned { from, to, why } = &page.timeline[1].events[0] else { panic!() };
    assert_eq!(
        (from.as_ref().unwrap().as_str(), to.as_str(), why.rule.as_str(), why.note.as_deref()),
        ("anna.vogt", "ben.krause", "DIS-7", Some("knows her"))
    );
    assert_eq!(serde_json::to_value(&page.timeline[1].by).unwrap(), json!({"user": "anna.vogt"}));
}

/// DIS-7: at another dealer that dealer's distribution runs, and open steps count from the lead's arrival by that dealer's hours.
#[tokio::test]
async fn dis_7_a_moved_lead_is_distributed_and_its_steps_count_by_the_new_dealers_hours() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:40:00Z").await;
    let reply = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!((reply.status, reply.text("/dealer")), (200, "harbour-cars-demo"), "{}", reply.body);
    world.system.settle().await;
    let lead = world.page(id).await.lead;
    assert_eq!(lead.owner.as_ref().unwrap().as_str(), "amelia.hart");
    // The lead came in at 9:00 in London. Level 1 is 90 minutes there and has passed. The new owner gets the reminder's 20 minutes to act.
    // The reminder fired before and stays.
    assert_eq!(lead.deadline(), Some(at("2026-11-23T10:30:00Z")));
    world.advance_to("2026-11-23T10:59:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 0);
    world.advance_to("2026-11-23T11:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 1);
    // The lead has left the list and the scope of the first dealer.
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 0);
    assert_eq!(world.get(ADMIN, &format!("/leads/{id}")).await.status, 404);
    assert_eq!(world.list("sophie.clarke", "harbour-cars-demo").await.len(), 1);
}

/// DIS-6: if no user is eligible, the fallback user gets the lead; if that user is absent, the administrator does.
#[tokio::test]
async fn dis_6_without_an_eligible_user_the_fallback_user_then_the_administrator_is_assigned() {
    let world = World::new().await;
    world.settings(|s| s.members.iter_mut().for_each(|m| m.receives_leads = false)).await;
    let absent = || Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-30T00:00:00Z"), deputy: None, hand_over: None };
    let owner = async |name: &str| world.page(world.lead(&enquiry(name)).await).await.lead.owner.unwrap().to_string();
    assert_eq!(owner("one").await, "helga.stern");
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == "helga.stern").for_each(|m| m.absences.push(absent()))).await;
    assert_eq!(owner("two").await, "ingo.brandt");
    world.settings(|s| s.fallback_user = None).await;
    assert_eq!(owner("three").await, "ingo.brandt");
}

/// DIS-11: an assignment records the turn and the users who were passed over.
#[tokio::test]
async fn dis_11_an_assignment_records_the_turn_and_the_skipped_users() {
    let world = World::new().await;
    let absent = Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-30T00:00:00Z"), deputy: None, hand_over: None };
    world.settings(|s| s.members[0].absences.push(absent)).await;
    let id = world.lead(&enquiry("jana")).await;
    let page = world.get("ben.krause", &format!("/leads/{id}")).await;
    insta::with_settings!({sort_maps => true}, {
        insta::assert_json_snapshot!(page.body["timeline"][0]["events"][1]);
    });
}

/// DIS-7: a closed lead cannot be reassigned until it is reopened.
#[tokio::test]
async fn dis_7_a_closed_lead_cannot_be_reassigned_until_it_is_reopened() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.post("anna.vogt", &format!("/leads/{id}/status"), &json!({"status": "won"})).await;
    let reply = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert_eq!((reply.status, reply.text("/detail")), (409, "the lead is won; reopen it first (LEAD-1)"));
}

/// LEAD-8: a lead that moves to a dealer created later is in that dealer's list.
#[tokio::test]
async fn lead_8_a_lead_older_than_its_new_dealer_is_in_that_dealers_list() {
    let world = World::at("2026-11-23T09:00:00Z").await;
    let id = world.lead(&enquiry("jana")).await;
    // The new dealer is set up three months after the lead came in.
    world.advance_to("2027-02-22T09:00:00Z").await;
    let demo = forecourt_local::demo::group().unwrap();
    let harbour = demo.dealers.iter().find(|d| d.id.as_str() == "harbour-cars-demo").unwrap();
    let young = crate::support::world::dealer("young-dealer");
    let settings = DealerSettings { lead_address: None, ..(*harbour.settings).clone() }.check().unwrap();
    forecourt_local::demo::save(&world.store, &world.scope(), &young, &settings, world.system.clock.now()).await.unwrap();
    let reply = world.post("gina.group", &format!("/leads/{id}/assignment"), &json!({"dealer": "young-dealer"})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(world.list("gina.group", "young-dealer").await.len(), 1);
    assert_eq!(world.list("gina.group", NORDSTERN).await.len(), 0);
}

/// DIS-1: a lead that is closed before it has an owner takes no turn; it is distributed when it is reopened.
#[tokio::test]
async fn dis_1_a_lead_closed_before_it_has_an_owner_takes_no_turn() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post("gina.group", &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    world.post("gina.group", &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "spam"})).await;
    world.system.settle().await;
    assert_eq!(world.page(id).await.lead.owner, None);
    world.post("gina.group", &format!("/leads/{id}/status"), &json!({"status": "in_progress"})).await;
    world.system.settle().await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "amelia.hart");
}
