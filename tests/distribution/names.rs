//! Texts name users by their names (DIS-11): refusals and findings.

use super::pool::{claim, claimant, leads, set_up_pool};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World};
use forecourt_domain::base::{UserId, mentioned, with_names};
use serde_json::json;

#[test]
fn dis_11_a_text_has_names_in_the_place_of_marked_ids() {
    let [anna, ben] = ["anna", "ben"].map(|id| UserId::parse(id).unwrap());
    let text = format!("{} is full, and {} is not; anna", anna.mention(), ben.mention());
    assert_eq!(mentioned(&text).collect::<Vec<_>>(), [anna.clone(), ben]);
    let name = |user: &UserId| if *user == anna { "Anna Vogt".to_owned() } else { user.to_string() };
    assert_eq!(with_names(&text, name), "Anna Vogt is full, and ben is not; anna");
    assert_eq!(with_names("nobody", name), "nobody");
    // A mark that is not closed is left out.
    assert_eq!(with_names("a \u{2068}b", name), "a b");
}

/// DIS-8: a user who was too late reads the name of the faster one, and a user who is not assignable their own.
#[tokio::test]
async fn dis_8_the_refusal_of_a_claim_has_the_name_of_the_owner() {
    let world = World::new().await;
    set_up_pool(&world, 1, false).await;
    world.settings(|s| s.members[0].assignable = true).await;
    let ids = leads(&world, 2).await;
    assert_eq!(claim(&world, "anna.vogt", &ids[0]).await.status, 200);
    let late = claim(&world, &claimant(0), &ids[0]).await;
    let text = "the lead is not in the pool: it is in_progress, and its owner is Anna Vogt (DIS-8)";
    assert_eq!((late.status, late.text("/detail")), (409, text), "{}", late.body);
}

/// SET-7, SET-8, DIS-12: refused changes of settings and users, and findings, have names.
#[tokio::test]
async fn set_8_refusals_and_findings_have_names() {
    let world = World::new().await;
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let path = of_dealer("users/ben.krause?hand_over=user:helga.stern");
    let pool = world.call(Request::put(ADMIN, &of_dealer("pool")).version(version).json(&json!({"pool": {"user": "helga.stern"}}))).await;
    assert_eq!(pool.status, 422, "{}", pool.body);
    let detail = pool.text("/errors/0/detail");
    assert!(detail.contains("remove receives_leads from Anna Vogt, Ben Krause, "), "{}", pool.body);
    world.settings(|s| s.members.iter_mut().skip(1).for_each(|member| member.receives_leads = false)).await;
    let found = world.get(ADMIN, &of_dealer("settings/findings")).await;
    assert!(found.body.to_string().contains("Anna Vogt is the only member of the rotation"), "{}", found.body);
    assert!(!found.body.to_string().contains(['\u{2068}', '\u{2069}']), "{}", found.body);
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == "helga.stern").for_each(|m| m.assignable = false)).await;
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let refused = world.call(Request::delete(ADMIN, &path).json(&json!({})).version(version)).await;
    assert!(refused.status == 422 && refused.text("/detail").contains("Helga Stern does not stay at "), "{}", refused.body);
}
