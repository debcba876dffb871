//! Which order an absence has, and what its user gets back (DIS-12).

use super::{ANNA, absent, leads_of, orders, owner, remove};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World, enquiry};
use forecourt_domain::settings::PoolSettings;
use serde_json::{Value, json};

/// Returns an absence that hands over at its beginning.
fn away(from: &str, until: &str, to: &str, back: bool) -> Value {
    json!({"from": from, "until": until, "hand_over": {"to": format!("user:{to}"), "back": back}})
}

/// Returns the ids and states of the orders, the latest first.
async fn states(world: &World) -> Vec<(String, String)> {
    let text = |order: &Value, name: &str| order[name].as_str().unwrap().to_owned();
    orders(world).await.iter().map(|order| (text(order, "id"), text(order, "state"))).collect()
}

/// DIS-12: an absence that begins during another one (on holiday, then ill) has an order of its own. The order of the first one stays: the
/// leads come back.
#[tokio::test]
async fn dis_12_a_second_absence_has_its_own_order() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await[0];
    let holiday = away("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "ben.krause", true);
    assert_eq!(absent(&world, ANNA, &json!([holiday])).await.status, 200);
    world.advance_to("2026-11-23T09:02:00Z").await;
    assert_eq!(owner(&world, own).await, "ben.krause");
    let late = world.lead(&enquiry("late")).await;
    let given = world.post(ADMIN, &format!("/leads/{late}/assignment"), &json!({"user": ANNA, "despite": ["absent"]})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let ill = away("2026-11-23T09:02:00Z", "2026-11-23T09:30:00Z", "felix.lang", false);
    let saved = absent(&world, ANNA, &json!([holiday, ill])).await;
    assert_eq!((saved.status, saved.body["absences"][1]["hand_over"].get("order")), (200, None), "{}", saved.body);
    world.advance_to("2026-11-23T09:04:00Z").await;
    assert_eq!((owner(&world, own).await.as_str(), owner(&world, late).await.as_str()), ("ben.krause", "felix.lang"));
    let known: Vec<String> = states(&world).await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(known, ["done", "waiting"]);
    world.advance_to("2026-11-23T10:02:00Z").await;
    assert_eq!((owner(&world, own).await.as_str(), owner(&world, late).await.as_str()), (ANNA, "felix.lang"));
}

/// DIS-12: an absence whose first day is corrected keeps its order at the next changes, too. Requests cannot name an order.
#[tokio::test]
async fn dis_12_a_corrected_absence_keeps_its_order_at_later_changes() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await[0];
    let of = |from: &str, until: &str| away(&format!("2026-11-23T{from}:00:00Z"), until, "ben.krause", true);
    assert_eq!(absent(&world, ANNA, &json!([of("08", "2026-11-27")])).await.status, 200);
    world.advance_to("2026-11-23T09:02:00Z").await;
    let id = states(&world).await.remove(0).0;
    let corrected = absent(&world, ANNA, &json!([of("07", "2026-11-27")])).await;
    assert_eq!(corrected.body["absences"][0]["hand_over"]["order"], json!(id), "{}", corrected.body);
    let mut shorter = of("07", "2026-11-25");
    shorter["hand_over"]["order"] = json!("000000000000000-anna.vogt");
    let saved = absent(&world, ANNA, &json!([shorter])).await;
    assert_eq!((saved.status, &saved.body["absences"][0]["hand_over"]["order"]), (200, &json!(id)), "{}", saved.body);
    let all = orders(&world).await;
    assert_eq!((all.len(), &all[0]["back_at"], owner(&world, own).await.as_str()), (1, &json!("2026-11-25T23:00:00Z"), "ben.krause"));
    // Another absence that begins when the first one began has another order.
    let saved = absent(&world, ANNA, &json!([of("07", "2026-11-25"), of("08", "2026-11-24")])).await;
    let order = |place: usize| saved.body["absences"][place]["hand_over"]["order"].clone();
    assert!(order(0) == json!(id) && order(1) != json!(null) && order(1) != json!(id), "{}", saved.body);
    assert_eq!(orders(&world).await.len(), 2);
    assert_eq!(absent(&world, ANNA, &json!([])).await.status, 200);
    world.advance_to("2026-11-23T09:06:00Z").await;
    assert_eq!(owner(&world, own).await, ANNA);
    // The second order was removed before it moved anything.
    let ended: Vec<String> = states(&world).await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(ended, ["cancelled", "done"]);
}

/// DIS-12: the fallback user, who has no part in the distribution, gets the own leads back.
#[tokio::test]
async fn dis_12_the_fallback_user_gets_leads_back() {
    let world = World::new().await;
    let own = leads_of(&world, "clara.henning", 1).await[0];
    world
        .settings(|s| {
            s.fallback_user = "clara.henning".parse().ok();
            let clara = s.members.iter_mut().find(|member| member.user.as_str() == "clara.henning").unwrap();
            (clara.assignable, clara.receives_leads) = (false, false);
        })
        .await;
    let day = away("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "ben.krause", true);
    assert_eq!(absent(&world, "clara.henning", &json!([day])).await.status, 200);
    world.advance_to("2026-11-23T09:02:00Z").await;
    assert_eq!(owner(&world, own).await, "ben.krause");
    world.advance_to("2026-11-23T10:02:00Z").await;
    assert_eq!(owner(&world, own).await, "clara.henning");
}

/// DIS-12, DIS-13: a user who takes over work themself does not exceed their own maximum, and needs no notice. The list of orders has the
/// names of former users.
#[tokio::test]
async fn dis_12_a_user_takes_over_work_themself_within_their_maximum() {
    for (most, status) in [(1, 422), (5, 200)] {
        let world = World::new().await;
        world
            .settings(|s| {
                let admin = s.members.iter_mut().find(|member| member.user.as_str() == ADMIN).unwrap();
                (admin.assignable, admin.max_open) = (true, Some(most));
            })
            .await;
        leads_of(&world, ADMIN, 1).await;
        let own = leads_of(&world, ANNA, 2).await;
        world.advance_to("2026-11-23T09:05:00Z").await;
        let mails = || world.mails().iter().filter(|mail| mail.contains(&format!(" {ADMIN}:"))).count();
        let before = mails();
        let taken = remove(&world, ANNA, &format!("?hand_over=user:{ADMIN}&despite=full")).await;
        assert_eq!(taken.status, status, "{most}: {}", taken.body);
        if status == 422 {
            let text = taken.body.to_string();
            assert!(text.contains("you cannot exceed your own maximum") && !text.contains("despite=full"), "{text}");
            continue;
        }
        world.advance_to("2026-11-23T09:08:00Z").await;
        for id in own {
            assert_eq!(owner(&world, id).await, ADMIN);
        }
        assert_eq!(mails(), before, "{:?}", world.mails());
        let list = world.get(ADMIN, &of_dealer("hand-overs")).await;
        assert_eq!(list.body["people"], json!([{"id": ANNA, "name": "Anna Vogt"}]), "{}", list.body);
    }
}

/// DIS-12: an order can be read by its id, as the list shows it; other ids are not found.
#[tokio::test]
async fn dis_12_an_order_is_read_by_its_id() {
    let world = World::new().await;
    leads_of(&world, ANNA, 1).await;
    assert_eq!(remove(&world, ANNA, "").await.status, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    let list = world.get(ADMIN, &of_dealer("hand-overs")).await;
    let (order, people) = (&list.body["hand_overs"][0], &list.body["people"]);
    let id = order["id"].as_str().unwrap();
    let mut read = world.get(ADMIN, &of_dealer(&format!("hand-overs/{id}"))).await;
    assert_eq!(read.status, 200, "{}", read.body);
    assert_eq!(&read.body["people"], people);
    read.body.as_object_mut().unwrap().remove("people");
    assert_eq!(&read.body, order);
    for other in ["001795424400000-nobody", "x", "1-anna.vogt", "001795424400000-", "001795424400000-%23"] {
        assert_eq!(world.get(ADMIN, &of_dealer(&format!("hand-overs/{other}"))).await.status, 404, "{other}");
    }
    assert_eq!(world.get("ben.krause", &of_dealer(&format!("hand-overs/{id}"))).await.status, 403);
    let elsewhere = format!("/dealers/harbour-cars-demo/hand-overs/{id}");
    assert_eq!(world.get("gina.group", &elsewhere).await.status, 404);
    assert_eq!(world.get(ADMIN, &elsewhere).await.status, 404);
}

/// DIS-12: the leads of an absence come back when its user is back, also if a longer absence beside it is shortened. It has no order.
#[tokio::test]
async fn dis_12_leads_come_back_when_another_absence_is_shortened() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await[0];
    let holiday = away("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "ben.krause", true);
    let ill = |until: &str| json!({"from": "2026-11-23T09:30:00Z", "until": until});
    assert_eq!(absent(&world, ANNA, &json!([holiday, ill("2026-12-05T10:00:00Z")])).await.status, 200);
    world.advance_to("2026-11-23T10:05:00Z").await;
    assert_eq!(owner(&world, own).await, "ben.krause");
    assert_eq!(absent(&world, ANNA, &json!([ill("2026-11-23T10:30:00Z")])).await.status, 200);
    world.advance_to("2026-11-23T11:45:00Z").await;
    assert_eq!(owner(&world, own).await, ANNA);
}

/// DIS-12: another target of an absence that has begun gets what its user holds now. All of it comes back.
#[tokio::test]
async fn dis_12_another_target_gets_what_the_absent_user_holds_now() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await[0];
    let to = |target: &str| json!([away("2026-11-23T09:00:00Z", "2026-11-24T10:00:00Z", target, true)]);
    assert_eq!(absent(&world, ANNA, &to("ben.krause")).await.status, 200);
    world.advance_to("2026-11-23T09:02:00Z").await;
    let late = world.lead(&enquiry("late")).await;
    let given = world.post(ADMIN, &format!("/leads/{late}/assignment"), &json!({"user": ANNA, "despite": ["absent"]})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let saved = absent(&world, ANNA, &to("felix.lang")).await;
    assert_eq!((saved.status, saved.text("/hand_overs/0/to")), (200, "user:felix.lang"), "{}", saved.body);
    world.advance_to("2026-11-23T09:04:00Z").await;
    assert_eq!([owner(&world, own).await, owner(&world, late).await], ["ben.krause", "felix.lang"]);
    assert_eq!(orders(&world).await.len(), 1);
    world.advance_to("2026-11-24T10:02:00Z").await;
    assert_eq!([owner(&world, own).await, owner(&world, late).await], [ANNA, ANNA]);
}

/// DIS-12, DIS-8: leads that the pool's user got by rotation before there was a pool are in the pool, and go over with it. Leads that the
/// rotation gives afterwards stay.
#[tokio::test]
async fn dis_12_leads_from_before_the_pool_go_over_with_it() {
    let world = World::new().await;
    let before = world.lead(&enquiry("before")).await;
    assert_eq!(owner(&world, before).await, ANNA, "by rotation");
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|member| member.receives_leads = false);
            s.pool = Some(PoolSettings { user: ANNA.parse().unwrap(), oldest_only: false });
        })
        .await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    let path = of_dealer("pool?hand_over=user:ben.krause");
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let ended = world.call(Request::put(ADMIN, &path).json(&json!({"pool": null})).version(version)).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == ANNA).for_each(|m| m.receives_leads = true)).await;
    let after = world.lead(&enquiry("after")).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!([owner(&world, before).await, owner(&world, after).await], ["ben.krause", ANNA]);
}
