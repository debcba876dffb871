//! Who can take work, what keeps a user from leaving, and the invitations of former users (DIS-12, SET-7).

use super::{ANNA, lead, leads_of, orders, owner, remove};
use crate::support::invitations::{book, free};
use crate::support::world::{ADMIN, Request, World, at};
use forecourt_domain::settings::Absence;
use serde_json::json;

/// DIS-12: a named user who is full or absent is refused, and the refusal names the users who are free, unless `despite` accepts it.
#[tokio::test]
async fn dis_12_a_named_user_who_is_full_or_absent_is_refused_unless_despite_accepts_it() {
    let world = World::new().await;
    world
        .settings(|s| {
            for member in &mut s.members {
                match member.user.as_str() {
                    "ben.krause" => member.max_open = Some(1),
                    "clara.henning" => {
                        let (from, until) = (at("2026-11-23T00:00:00Z"), at("2026-11-30T00:00:00Z"));
                        member.absences = vec![Absence { from, until, deputy: None, hand_over: None }];
                    }
                    _ => {}
                }
            }
        })
        .await;
    let own = leads_of(&world, ANNA, 2).await;
    leads_of(&world, "ben.krause", 1).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    for (to, why) in [("ben.krause", "has 1 of 1 open leads"), ("clara.henning", "is absent")] {
        let refused = remove(&world, ANNA, &format!("?hand_over=user:{to}")).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["hand_over DIS-12".to_owned()]), "{}", refused.body);
        let detail = refused.body["errors"].to_string();
        assert!(detail.contains(why) && detail.contains("David Roth") && !detail.contains("free: Anna Vogt"), "{detail}");
    }
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause&despite=late").await.faults(), ["despite DIS-12"]);
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause&despite=absent").await.status, 422);
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause&despite=full").await.status, 200);
    world.system.settle().await;
    assert_eq!((owner(&world, own[0]).await.as_str(), owner(&world, own[1]).await.as_str()), ("ben.krause", "ben.krause"));
}

/// DIS-12: when the named user becomes full, the distribution gets the rest.
#[tokio::test]
async fn dis_12_a_named_user_gets_no_more_leads_than_the_maximum() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 3).await;
    let open =
        world.get(ADMIN, &crate::support::dealers::of_dealer("users/ben.krause/work")).await.body["counts"]["leads"].as_u64().unwrap();
    world
        .settings(|s| {
            let ben = s.members.iter_mut().find(|member| member.user.as_str() == "ben.krause").unwrap();
            ben.max_open = Some(u32::try_from(open).unwrap() + 1);
        })
        .await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    assert_eq!(remove(&world, ANNA, "?hand_over=user:ben.krause").await.status, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let mut owners = Vec::new();
    for id in own {
        owners.push(owner(&world, id).await);
    }
    assert_eq!(owners.iter().filter(|owner| *owner == "ben.krause").count(), 1, "{owners:?}");
    assert!(!owners.contains(&ANNA.to_owned()), "{owners:?}");
}

/// DIS-12, SET-7: a dry run of the removal of a user needs no target: it lists what would move, and changes nothing.
#[tokio::test]
async fn dis_12_a_dry_run_of_a_removal_lists_the_work_without_a_target() {
    let world = World::new().await;
    leads_of(&world, ANNA, 2).await;
    let shown = world.call(Request::delete("gina.group", "/users/anna.vogt?dry_run=true").json(&json!({})).version(1)).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.body["hand_overs"][0]["holds"]["counts"]["leads"], 2, "{}", shown.body);
    assert_eq!((shown.body.get("left"), orders(&world).await.len()), (None, 0));
    let real = world.call(Request::delete("gina.group", "/users/anna.vogt").json(&json!({})).version(1)).await;
    assert_eq!(real.status, 409, "{}", real.body);
}

/// DIS-12, SET-7: an absence of another user that has ended keeps nobody from leaving. A part that counts is named by name.
#[tokio::test]
async fn dis_12_ended_absences_keep_nobody_and_parts_are_named_by_name() {
    let world = World::new().await;
    let ended = |until: &str| Absence { from: at("2026-11-22T08:00:00Z"), until: at(until), deputy: ANNA.parse().ok(), hand_over: None };
    let set = async |until: &'static str| {
        world
            .settings(|s| {
                let ben = s.members.iter_mut().find(|member| member.user.as_str() == "ben.krause").unwrap();
                ben.absences = vec![ended(until)];
            })
            .await;
    };
    set("2026-11-25T08:00:00Z").await;
    let refused = remove(&world, ANNA, "").await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["user SET-7".to_owned()]), "{}", refused.body);
    assert!(refused.body.to_string().contains("Anna Vogt has a part") && refused.body.to_string().contains("deputy of Ben Krause"));
    let delete = |path: &str| Request::delete("gina.group", path).json(&json!({})).version(1);
    let refused = world.call(delete("/users/anna.vogt?hand_over=distribution")).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.text("/detail").contains("deputy of Ben Krause") && !refused.text("/detail").contains("members["), "{}", refused.body);
    set("2026-11-23T08:00:00Z").await;
    let gone = world.call(delete("/users/anna.vogt?hand_over=distribution")).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
}

/// DIS-12, CAL-8: the invitation of a closed lead whose owner left leads to a time with the fallback user.
#[tokio::test]
async fn dis_12_an_invitation_of_a_closed_lead_of_a_former_user_can_be_booked() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await[0];
    let invited = world.post(ADMIN, &format!("/leads/{own}/invitations"), &json!({"type": "delivery"})).await;
    let link = invited.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    assert_eq!(world.post(ADMIN, &format!("/leads/{own}/status"), &json!({"status": "won"})).await.status, 200);
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(lead(&world, own).await.owner.unwrap().as_str(), ANNA);
    let offer = world.get("", &link).await;
    let slot = free(&offer)[0].clone();
    let booked = book(&world, &link, &slot).await;
    assert_eq!(booked.status, 201, "{}", booked.body);
    let event = world.events(own).await.remove(0);
    assert_eq!((event.user.unwrap().as_str(), event.taken.unwrap().user.as_str()), ("helga.stern", "helga.stern"));
}
