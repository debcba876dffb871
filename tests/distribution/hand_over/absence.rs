//! Hand-over of the leads of users who are absent for long (DIS-12).

use super::{ANNA, absent, leads_of, orders, owner};
use crate::support::world::{ADMIN, World};
use serde_json::json;

/// DIS-12: a long absence offers a hand-over. It takes place when the absence begins; on return the user gets back what is not answered or
/// still with the substitute.
#[tokio::test]
async fn dis_12_a_long_absence_hands_over_and_gives_back() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 3).await;
    let long = json!([{"from": "2026-11-24", "until": "2026-11-25"}, {"from": "2026-12-01", "until": "2026-12-08"}]);
    let offered = absent(&world, ANNA, &long).await;
    assert_eq!(
        offered.body["hand_over_offered"],
        json!([{"absence": 1, "working_days": 7, "holds": {"leads": 3, "tasks": 0, "events": 0, "appointments": 0}}]),
        "{}",
        offered.body
    );
    let hand_over = json!({"to": "user:ben.krause", "back": true});
    let asked = absent(&world, ANNA, &json!([{"from": "2026-12-01", "until": "2026-12-08", "hand_over": hand_over}])).await;
    assert_eq!((asked.status, asked.body.get("hand_over_offered")), (200, None), "{}", asked.body);
    assert_eq!(orders(&world).await[0]["state"], "planned");
    world.advance_to("2026-11-30T20:00:00Z").await;
    assert_eq!(owner(&world, own[0]).await, ANNA);
    world.advance_to("2026-12-01T09:00:00Z").await;
    for id in &own {
        assert_eq!(owner(&world, *id).await, "ben.krause");
    }
    // Ben answers one lead and keeps it; another one is answered and goes to Greta; the third one stays unanswered.
    for id in &own[..2] {
        assert_eq!(world.post("ben.krause", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    }
    let given = world.post(ADMIN, &format!("/leads/{}/assignment", own[1]), &json!({"user": "greta.sommer"})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    // The absence ends a day earlier.
    let shorter = absent(&world, ANNA, &json!([{"from": "2026-12-01", "until": "2026-12-07", "hand_over": hand_over}])).await;
    assert_eq!(shorter.status, 200, "{}", shorter.body);
    assert_eq!(orders(&world).await[0]["state"], "waiting");
    world.advance_to("2026-12-08T08:00:00Z").await;
    let owners = [owner(&world, own[0]).await, owner(&world, own[1]).await, owner(&world, own[2]).await];
    assert_eq!(owners, [ANNA, "greta.sommer", ANNA]);
    let order = orders(&world).await.remove(0);
    assert_eq!((&order["moved"]["returned"], &order["state"]), (&json!(2), &json!("done")), "{order}");
    assert!(world.mails().iter().any(|mail| mail.starts_with("12-08") && mail.contains("anna.vogt")), "{:?}", world.mails());
}

/// DIS-12: an absence that is removed or moved before it begins takes its order along.
#[tokio::test]
async fn dis_12_an_absence_that_is_moved_moves_its_order() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 1).await;
    let of = |from: &str| json!([{"from": from, "until": "2026-12-20", "hand_over": {"to": "distribution"}}]);
    assert_eq!(absent(&world, ANNA, &of("2026-12-01")).await.status, 200);
    assert_eq!(absent(&world, ANNA, &of("2026-12-03")).await.status, 200);
    world.advance_to("2026-12-01T09:00:00Z").await;
    assert_eq!(owner(&world, own[0]).await, ANNA);
    let states: Vec<_> = orders(&world).await.iter().map(|order| order["state"].clone()).collect();
    assert_eq!(states, ["planned", "cancelled"]);
    assert_eq!(absent(&world, ANNA, &json!([])).await.status, 200);
    world.advance_to("2026-12-03T09:00:00Z").await;
    assert_eq!(owner(&world, own[0]).await, ANNA);
    // An absence that begins at once hands over at once. Wrong targets are refused.
    let ill = |to: &str| json!([{"from": "2026-12-03", "until": "2026-12-20", "hand_over": {"to": to}}]);
    assert_eq!(absent(&world, ANNA, &ill("user:anna.vogt")).await.faults(), ["absences[0].hand_over.to DIS-12"]);
    assert_eq!(absent(&world, ANNA, &ill("nowhere")).await.faults(), ["absences[0].hand_over.to DIS-12"]);
    assert_eq!(absent(&world, ANNA, &ill("distribution")).await.status, 200);
    world.system.settle().await;
    assert_ne!(owner(&world, own[0]).await, ANNA);
}
