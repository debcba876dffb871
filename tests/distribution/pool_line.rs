//! The line of a pool with `oldest_only`: handed-over and reopened leads, invitations, and what lists mark as claimable (DIS-8).

use super::pool::{claim, claimant, leads, set_up_pool};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use serde_json::json;

fn spoken(id: &str) -> String {
    format!("{}-{}-{}", &id[..3], &id[3..6], &id[6..])
}

/// Returns the leads that the lists mark as claimable for a user.
async fn claimable(world: &World, who: &str) -> Vec<String> {
    let reply = world.get(who, &format!("/dealers/{NORDSTERN}/leads?limit=100")).await;
    let marked = reply.body["leads"].as_array().unwrap().iter().filter(|row| row["claimable"] == true);
    marked.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// DIS-8, DIS-12: a lead that a hand-over brings into the pool stands in the line by its arrival.
#[tokio::test]
async fn dis_8_a_handed_over_lead_is_in_the_line_by_its_arrival() {
    let world = World::new().await;
    let old = world.lead(&enquiry("old")).await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{old}/assignment"), &json!({"user": "felix.lang"})).await.status, 200);
    world.advance_to("2026-11-23T09:10:00Z").await;
    set_up_pool(&world, 2, true).await;
    let newer = leads(&world, 30).await;
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let gone = Request::delete(ADMIN, &of_dealer("users/felix.lang")).json(&json!({})).version(version);
    assert_eq!(world.call(gone).await.status, 200);
    world.advance_to("2026-11-23T09:15:00Z").await;
    assert_eq!(world.page(old).await.lead.owner.unwrap().as_str(), "pool.nordstern");
    assert_eq!(claimable(&world, &claimant(0)).await, [old.to_string()]);
    let refused = claim(&world, &claimant(0), &newer[0]).await;
    assert!(refused.status == 409 && refused.text("/detail").contains(&spoken(&old.to_string())), "{}", refused.body);
    assert_eq!(claim(&world, &claimant(0), &old.to_string()).await.status, 200);
    assert_eq!(claim(&world, &claimant(0), &newer[0]).await.status, 200);
}

/// DIS-8: a lead of the pool that was closed and is reopened is in the line again, before leads that arrived later.
#[tokio::test]
async fn dis_8_a_reopened_pool_lead_is_in_the_line_again() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let first = leads(&world, 2).await;
    let status = async |body: serde_json::Value| {
        let reply = world.post(ADMIN, &format!("/leads/{}/status", first[0]), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    status(json!({"status": "lost", "reason": "price"})).await;
    // This claim removes the closed lead from the line.
    assert_eq!(claim(&world, &claimant(0), &first[1]).await.status, 200);
    world.advance_to("2026-11-23T09:10:00Z").await;
    let later = world.lead(&enquiry("later")).await.to_string();
    status(json!({"status": "in_progress"})).await;
    let refused = claim(&world, &claimant(1), &later).await;
    assert!(refused.status == 409 && refused.text("/detail").contains(&spoken(&first[0])), "{}", refused.body);
    assert_eq!(claim(&world, &claimant(1), &first[0]).await.status, 200);
    assert_eq!(claim(&world, &claimant(1), &later).await.status, 200);
}

/// DIS-8: an invitation that names a user takes no other lead than the oldest to that user.
#[tokio::test]
async fn dis_8_an_invitation_that_names_a_user_needs_the_oldest_lead() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    let ids = leads(&world, 2).await;
    let invite = async |lead: &str, user: Option<&str>| {
        let body = json!({"type": "booked_test_drive", "user": user});
        world.post(&claimant(0), &format!("/leads/{lead}/invitations"), &body).await
    };
    let refused = invite(&ids[1], Some("puller-00")).await;
    assert!(refused.status == 409 && refused.text("/detail").contains(&spoken(&ids[0])), "{}", refused.body);
    assert_eq!(invite(&ids[1], None).await.status, 201, "without a user it gives the customer to nobody");
    assert_eq!(invite(&ids[0], Some("puller-00")).await.status, 201);
}

/// DIS-8, DIS-13, LEAD-8: lists mark as claimable only what the caller may claim at this moment.
#[tokio::test]
async fn dis_8_only_leads_that_the_caller_may_claim_now_are_claimable() {
    let world = World::new().await;
    set_up_pool(&world, 2, true).await;
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == "puller-00").for_each(|m| m.max_open = Some(1))).await;
    let ids = leads(&world, 3).await;
    assert_eq!(claimable(&world, &claimant(0)).await, [ids[0].clone()]);
    let board = world.get(&claimant(0), &format!("/dealers/{NORDSTERN}/board?owner=puller-00&pool=true")).await;
    let rows: Vec<&str> = board.body["leads"].as_array().unwrap().iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(rows, [ids[0].as_str()]);
    // Helga may change the settings, and takes any.
    assert_eq!(claimable(&world, "helga.stern").await.len(), 3);
    assert_eq!(claim(&world, &claimant(0), &ids[0]).await.status, 200);
    assert!(claimable(&world, &claimant(0)).await.is_empty(), "who is full may claim nothing");
    assert_eq!(claimable(&world, &claimant(1)).await, [ids[1].clone()]);
}
