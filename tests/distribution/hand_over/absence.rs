//! Hand-over of the leads of users who are absent for long (DIS-12).

use super::{ANNA, absent, lead, leads_of, orders, owner, version};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World};
use serde_json::{Value, json};

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

/// DIS-12, SET-10: a client that does not know `hand_over` keeps it: in the absences of a user, in those of the dealer, and in the whole
/// settings. `null` removes it.
#[tokio::test]
async fn dis_12_an_absence_that_omits_its_hand_over_keeps_it_and_null_removes_it() {
    let world = World::new().await;
    let hand_over = json!({"to": "user:ben.krause", "back": true});
    let asked = json!([{"from": "2026-12-01", "until": "2026-12-08", "deputy": "greta.sommer", "hand_over": hand_over}]);
    assert_eq!(absent(&world, ANNA, &asked).await.status, 200);
    let longer = json!([{"from": "2026-12-20", "until": "2026-12-20"}, {"from": "2026-12-01T00:00:00+01:00", "until": "2026-12-09"}]);
    let saved = absent(&world, ANNA, &longer).await;
    let stored = |absence: &Value| (absence["until"].clone(), absence.get("deputy").cloned(), absence["hand_over"].clone());
    assert_eq!(stored(&saved.body["absences"][1]), (json!("2026-12-09T23:00:00Z"), None, hand_over.clone()), "{}", saved.body);
    let without = |absence: &mut Value, until: &str| {
        absence.as_object_mut().unwrap().remove("hand_over").unwrap();
        absence["until"] = json!(until);
    };
    let mut part = world.get(ADMIN, &of_dealer("absences")).await.body["settings"].take();
    without(&mut part["absences"][1], "2026-12-10");
    let saved = world.call(Request::put(ADMIN, &of_dealer("absences")).json(&part).version(version(&world).await)).await;
    let absence = &saved.body["settings"]["absences"][1];
    assert_eq!((&absence["until"], &absence["hand_over"]), (&json!("2026-12-10T23:00:00Z"), &hand_over), "{}", saved.body);
    let mut whole = world.get(ADMIN, &of_dealer("settings")).await.body["settings"].take();
    let members = whole["members"].as_array_mut().unwrap();
    without(&mut members.iter_mut().find(|member| member["user"] == ANNA).unwrap()["absences"][1], "2026-12-11");
    let saved = world.call(Request::put(ADMIN, &of_dealer("settings")).json(&whole).version(version(&world).await)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let read = world.get(ANNA, &of_dealer("users/anna.vogt/absences")).await.body["absences"][1].take();
    assert_eq!((&read["until"], &read["hand_over"]), (&json!("2026-12-11T23:00:00Z"), &hand_over));
    assert_eq!(orders(&world).await[0]["state"], "planned");
    let removed = absent(&world, ANNA, &json!([{"from": "2026-12-01", "until": "2026-12-11", "hand_over": null}])).await;
    assert_eq!((removed.status, removed.body["absences"][0].get("hand_over")), (200, None), "{}", removed.body);
    assert_eq!(orders(&world).await[0]["state"], "cancelled");
}

/// DIS-12: a lead that goes over twice, because the substitute is absent too, goes back to its first owner, once.
#[tokio::test]
async fn dis_12_a_lead_of_two_absences_goes_back_to_its_first_owner() {
    let world = World::new().await;
    let (anna, ben) = (leads_of(&world, ANNA, 1).await[0], leads_of(&world, "ben.krause", 1).await[0]);
    let away = |from: &str, until: &str, to: &str| json!([{"from": from, "until": until, "hand_over": {"to": to, "back": true}}]);
    assert_eq!(absent(&world, ANNA, &away("2026-12-01", "2026-12-08", "user:ben.krause")).await.status, 200);
    assert_eq!(absent(&world, "ben.krause", &away("2026-12-03", "2026-12-15", "user:greta.sommer")).await.status, 200);
    for (now, of_anna, of_ben) in [
        ("2026-12-01T09:00:00Z", "ben.krause", "ben.krause"),
        ("2026-12-03T09:00:00Z", "greta.sommer", "greta.sommer"),
        ("2026-12-09T09:00:00Z", ANNA, "greta.sommer"),
        ("2026-12-16T09:00:00Z", ANNA, "ben.krause"),
    ] {
        world.advance_to(now).await;
        assert_eq!((owner(&world, anna).await.as_str(), owner(&world, ben).await.as_str()), (of_anna, of_ben), "{now}");
    }
    assert_eq!((lead(&world, anna).await.handed_from, lead(&world, ben).await.handed_from), (None, None));
    let mut states: Vec<_> = orders(&world).await.iter().map(|order| (order["user"].clone(), order["moved"]["returned"].clone())).collect();
    states.sort_by_key(|(user, _)| user.to_string());
    assert_eq!(states, [(json!(ANNA), json!(1)), (json!("ben.krause"), json!(1))]);
}

/// DIS-12: an absence that is removed and entered again with the same beginning hands over again.
#[tokio::test]
async fn dis_12_an_absence_that_is_entered_again_hands_over_again() {
    let world = World::new().await;
    let own = leads_of(&world, ANNA, 2).await;
    let ill = json!([{"from": "2026-11-23", "until": "2026-11-26", "hand_over": {"to": "user:ben.krause", "back": true}}]);
    for (minute, absences, expected) in
        [(1, &ill, "ben.krause"), (2, &json!([]), ANNA), (3, &ill, "ben.krause"), (4, &json!([]), ANNA), (5, &ill, "ben.krause")]
    {
        assert_eq!(absent(&world, ANNA, absences).await.status, 200);
        world.advance_to(&format!("2026-11-23T09:0{minute}:00Z")).await;
        for id in &own {
            assert_eq!(owner(&world, *id).await, expected, "{minute}");
        }
    }
    world.advance_to("2026-11-27T09:00:00Z").await;
    assert_eq!((owner(&world, own[0]).await.as_str(), owner(&world, own[1]).await.as_str()), (ANNA, ANNA));
    let all = orders(&world).await;
    assert_eq!((all.len(), &all[0]["moved"]["leads"], &all[0]["moved"]["returned"]), (1, &json!(6), &json!(6)), "{all:?}");
}

/// DIS-12, DIS-4: the answer says what an absence moves and when, offers a hand-over of a long one, and names absences that are past. The
/// target must be assignable.
#[tokio::test]
async fn dis_12_the_answer_says_what_an_absence_moves_and_when() {
    let world = World::new().await;
    leads_of(&world, ANNA, 2).await;
    let day = |to: &str| json!([{"from": "2026-11-25", "until": "2026-11-25", "hand_over": {"to": to, "back": true}}]);
    assert_eq!(absent(&world, ANNA, &day("user:ingo.brandt")).await.faults(), ["absences[0].hand_over.to DIS-12"]);
    let saved = absent(&world, ANNA, &day("user:ben.krause")).await;
    let order = &saved.body["hand_overs"][0];
    let when = (saved.text("/hand_overs/0/from"), saved.text("/hand_overs/0/back_at"), saved.text("/hand_overs/0/to"));
    assert_eq!(when, ("2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z", "user:ben.krause"), "{}", saved.body);
    assert_eq!((&order["holds"]["counts"]["leads"], &order["state"]), (&json!(2), &json!("planned")));
    // The answer can be sent back.
    let path = of_dealer("users/anna.vogt/absences");
    let again = world.call(Request::put(ANNA, &path).json(&saved.body).version(version(&world).await)).await;
    assert_eq!((again.status, &again.body["version"], again.body.get("hand_overs")), (200, &saved.body["version"], None), "{}", again.body);
    let all = json!({"absences": [
        {"user": ANNA, "from": "2026-11-02", "until": "2026-11-03"},
        {"user": ANNA, "from": "2026-12-01", "until": "2026-12-08"},
    ]});
    let part = world.call(Request::put(ADMIN, &of_dealer("absences")).json(&all).version(version(&world).await)).await;
    assert_eq!(
        part.body["hand_over_offered"],
        json!([{"user": ANNA, "absence": 0, "working_days": 7, "holds": {"leads": 2, "tasks": 0, "events": 0, "appointments": 0}}]),
        "{}",
        part.body
    );
    assert_eq!(part.body["past_absences"], json!([{"user": ANNA, "from": "2026-11-01T23:00:00Z", "until": "2026-11-03T23:00:00Z"}]));
    let again = world.call(Request::put(ADMIN, &of_dealer("absences")).json(&part.body).version(version(&world).await)).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let far = json!([{"from": "2026-12-01", "until": "+12026-12-01T00:00:00Z"}]);
    assert_eq!(absent(&world, ANNA, &far).await.faults(), ["absences[0].until SET-7"]);
}
