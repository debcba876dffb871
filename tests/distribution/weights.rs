//! Turns by weight (DIS-2, DIS-13).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, at, dealer_of, enquiry};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::UserId;
use forecourt_domain::distribution::{Availability, PassedOverFor, Rotation};
use forecourt_domain::settings::{Absence, DealerSettings, PoolSettings};
use forecourt_local::demo;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

fn now() -> DateTime<Utc> {
    at("2026-11-23T09:00:00Z")
}

fn rotation() -> Rotation {
    Rotation::new(crate::support::world::dealer("d"), None)
}

/// Returns settings with one user for each weight, named in order.
fn with_weights(weights: &[u8]) -> DealerSettings {
    let settings = demo::group().unwrap().dealers.remove(0).settings;
    let member = |(i, weight): (usize, &u8)| json!({"user": format!("user-{i:03}"), "receives_leads": true, "weight": weight});
    let members = weights.iter().enumerate().map(|entry| serde_json::from_value(member(entry)).unwrap()).collect();
    DealerSettings { members, fallback_user: None, ..(*settings).clone() }
}

fn set_absent(settings: &mut DealerSettings, who: usize, absent: bool) {
    let absence = || Absence { from: now() - TimeDelta::days(1), until: now() + TimeDelta::days(1), deputy: None, hand_over: None };
    settings.members[who].absences = if absent { vec![absence()] } else { Vec::new() };
}

fn serve(rotation: &mut Rotation, settings: &DealerSettings) -> UserId {
    let (choice, turned) = rotation.next(&Availability::new(&dealer_of(settings), None, now()));
    if let Some(turned) = turned {
        *rotation = turned;
    }
    choice.owner
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// The eligible users with their reduced weights.
fn eligible(settings: &DealerSettings) -> BTreeMap<UserId, i64> {
    let present = settings.members.iter().filter(|member| settings.is_present(&member.user, now()));
    let weights: BTreeMap<UserId, i64> = present.map(|member| (member.user.clone(), i64::from(member.weight))).collect();
    let common = weights.values().copied().fold(0, divisor);
    weights.into_iter().map(|(user, weight)| (user, weight / common)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// DIS-13: from the change of the eligible users or weights on, the turns of each user are at every moment its share, rounded down or
    /// up.
    #[test]
    fn dis_13_at_every_turn_each_user_has_its_share(
        weights in prop::collection::vec(1_u8..=10, 2..=12),
        // Each run of turns ends with a change: somebody comes, goes, or gets another weight.
        runs in prop::collection::vec((prop_oneof![1_usize..4, 1_usize..150], 0_usize..12, prop::option::of(1_u8..=10)), 1..40),
    ) {
        let (mut settings, mut rotation) = (with_weights(&weights), rotation());
        let (mut stretch, mut counts, mut turns) = ((BTreeMap::new(), false), BTreeMap::<UserId, i64>::new(), 0);
        for (run, who, weight) in runs {
            for _ in 0..run {
                let users = eligible(&settings);
                let is_weighted = settings.members.windows(2).any(|pair| pair[0].weight != pair[1].weight);
                if stretch != (users.clone(), is_weighted) {
                    (stretch, turns) = ((users.clone(), is_weighted), 0);
                    counts.clear();
                }
                let owner = serve(&mut rotation, &settings);
                prop_assert!(users.contains_key(&owner));
                turns += 1;
                *counts.entry(owner).or_default() += 1;
                let total: i64 = users.values().sum();
                for (user, weight) in &users {
                    let count = counts.get(user).copied().unwrap_or(0);
                    prop_assert!((count * total - turns * weight).abs() < total, "{user} has {count} of {turns} with {weight} of {total}");
                }
            }
            let who = who % settings.members.len();
            match weight {
                Some(weight) => settings.members[who].weight = weight,
                None => {
                    let absent = settings.members[who].absences.is_empty() && eligible(&settings).len() > 1;
                    set_absent(&mut settings, who, absent);
                }
            }
        }
    }

    /// DIS-13: with constant weights, users who come and go at every lead take no share from those who stay.
    #[test]
    fn dis_13_nobody_starves_when_others_come_and_go_at_every_lead(
        weights in prop::collection::vec(1_u8..=10, 3..=8),
        flips in prop::collection::vec(0_usize..8, 600),
    ) {
        // At least two weights are unequal.
        let weights = [&[3, 7][..], &weights].concat();
        let (mut settings, mut rotation) = (with_weights(&weights), rotation());
        let mut surplus: BTreeMap<UserId, f64> = BTreeMap::new();
        for flip in flips {
            // The first two users stay.
            let who = 2 + flip % (weights.len() - 2);
            let absent = settings.members[who].absences.is_empty();
            set_absent(&mut settings, who, absent);
            let users = eligible(&settings);
            let total: i64 = users.values().sum();
            users.iter().for_each(|(user, weight)| *surplus.entry(user.clone()).or_default() -= *weight as f64 / total as f64);
            *surplus.entry(serve(&mut rotation, &settings)).or_default() += 1.0;
            prop_assert!(surplus.values().all(|surplus| surplus.abs() < 3.0), "{surplus:?}");
        }
    }

    /// DIS-2: equal weights, whatever they are, give the order of the circle.
    #[test]
    fn dis_2_equal_weights_follow_the_circle(weight in 1_u8..=10, k in 1_usize..9, n in 1_usize..60) {
        let (settings, mut rotation) = (with_weights(&vec![weight; k]), rotation());
        for turn in 0..n {
            prop_assert_eq!(serve(&mut rotation, &settings), settings.members[turn % k].user.clone());
        }
        prop_assert_eq!(rotation.shares, forecourt_domain::distribution::Shares::default());
    }
}

/// DIS-13: two users with one turn and one with two.
#[test]
fn dis_13_a_user_with_twice_the_weight_gets_twice_the_leads() {
    let (settings, mut rotation) = (with_weights(&[1, 2, 1]), rotation());
    let owners: Vec<String> = (0..8).map(|_| serve(&mut rotation, &settings).to_string()).collect();
    let of = |range: std::ops::Range<usize>, who: &str| owners[range].iter().filter(|owner| *owner == who).count();
    for round in [0..4, 4..8] {
        assert_eq!((of(round.clone(), "user-000"), of(round.clone(), "user-001"), of(round, "user-002")), (1, 2, 1), "{owners:?}");
    }
    assert!(owners.windows(3).all(|three| three[0] != three[1] || three[1] != three[2]), "never three in a row: {owners:?}");
}

/// DIS-13, DIS-10: a turn that is given back counts for no share, and a user who owes one loses one.
#[test]
fn dis_13_turns_that_are_given_back_or_owed_keep_the_shares() {
    let (settings, mut served) = (with_weights(&[1, 3]), rotation());
    let user = |i: usize| settings.members[i].user.clone();
    served.owed = vec![user(0)];
    let owners: Vec<UserId> = (0..5).map(|_| serve(&mut served, &settings)).collect();
    assert_eq!(owners[0], user(0));
    assert_eq!(owners[1..].iter().filter(|owner| **owner == user(0)).count(), 1, "the four turns after it are a round: {owners:?}");
    let mut owing = rotation();
    owing.owes = vec![user(1)];
    let owners: Vec<UserId> = (0..3).map(|_| serve(&mut owing, &settings)).collect();
    assert_eq!(owners.iter().filter(|owner| **owner == user(1)).count(), 2, "one of the round's three turns is lost: {owners:?}");
    assert!(owing.owes.is_empty());
    // A user who is the only one keeps the debt until somebody else could get the lead.
    let mut alone = with_weights(&[1, 3]);
    set_absent(&mut alone, 0, true);
    owing.owes = vec![user(1)];
    assert_eq!((serve(&mut owing, &alone), owing.owes.len()), (user(1), 1));
}

/// DIS-13, SET-7: the list of users changes weights, and the rotation follows them.
#[tokio::test]
async fn dis_13_the_list_of_users_changes_weights() {
    let world = World::new().await;
    let users = format!("/dealers/{NORDSTERN}/users");
    world.settings(|s| s.members.iter_mut().skip(2).for_each(|m| m.receives_leads = false)).await;
    let version = world.get(ADMIN, &users).await.body["version"].as_u64().unwrap();
    let patch = |body: serde_json::Value, version: u64| world.call(Request::patch(ADMIN, &users).version(version).json(&body));
    let wrong = patch(json!({"users": [{"user": "anna.vogt", "weight": 11}, {"user": "ben.krause", "max_open": 0}]}), version).await;
    assert_eq!(
        (wrong.status, wrong.faults()),
        (422, vec!["users[0].weight DIS-13".to_owned(), "users[1].max_open DIS-13".to_owned()]),
        "{}",
        wrong.body
    );
    let reply = patch(json!({"users": [{"user": "anna.vogt", "weight": 3}]}), version).await;
    assert_eq!(
        (reply.status, reply.body["users"][0]["weight"].as_u64(), reply.body["users"][1]["weight"].as_u64()),
        (200, Some(3), Some(1))
    );
    let mut owners = Vec::new();
    for i in 0..4 {
        owners.push(world.page(world.lead(&enquiry(&format!("n{i}"))).await).await.lead.owner.unwrap().to_string());
    }
    owners.sort();
    assert_eq!(owners, ["anna.vogt", "anna.vogt", "anna.vogt", "ben.krause"]);
}

/// DIS-11, DIS-13: with weights, those with more credit who were absent are passed over, by name and reason.
#[test]
fn dis_11_with_weights_an_absent_user_is_passed_over_with_the_reason() {
    let mut settings = with_weights(&[1, 2, 3]);
    set_absent(&mut settings, 0, true);
    let (choice, _) = rotation().next(&Availability::new(&dealer_of(&settings), None, now()));
    let passed: Vec<_> = choice.why.passed_over.iter().map(|passed| (passed.user.as_str(), passed.reason)).collect();
    assert_eq!((choice.owner.as_str(), passed), ("user-001", vec![("user-000", PassedOverFor::Absent)]));
}

/// DIS-11, DIS-13: with weights, each turn names every user who cannot get the lead, also one who has had more than the share.
#[test]
fn dis_11_with_weights_every_user_who_cannot_get_the_lead_is_named() {
    let mut settings = with_weights(&[1, 2, 3]);
    let mut served = rotation();
    for _ in 0..3 {
        serve(&mut served, &settings);
    }
    // Each of them has had a turn, and the credit of the first one is the lowest.
    settings.members[0].max_open = Some(2);
    set_absent(&mut settings, 1, true);
    let mut dealer = dealer_of(&settings);
    dealer.busy.insert(settings.members[0].user.clone(), now() + TimeDelta::hours(1));
    for _ in 0..4 {
        let (choice, turned) = served.next(&Availability::new(&dealer, None, now()));
        let mut passed: Vec<_> = choice.why.passed_over.iter().map(|passed| (passed.user.as_str(), passed.reason)).collect();
        passed.sort();
        let expected = vec![("user-000", PassedOverFor::Busy), ("user-001", PassedOverFor::Absent)];
        assert_eq!((choice.owner.as_str(), passed), ("user-002", expected));
        served = turned.unwrap();
    }
}

/// DIS-10, DIS-11: a user who is owed a turn and cannot get the lead is passed over with the reason, and keeps the claim.
#[test]
fn dis_10_a_user_who_is_owed_a_turn_and_cannot_get_it_is_named() {
    let (mut settings, mut served) = (with_weights(&[1, 3, 2]), rotation());
    served.owed = vec![settings.members[0].user.clone(), settings.members[1].user.clone()];
    set_absent(&mut settings, 0, true);
    let (choice, turned) = served.next(&Availability::new(&dealer_of(&settings), None, now()));
    let passed: Vec<_> = choice.why.passed_over.iter().map(|passed| (passed.user.as_str(), passed.reason)).collect();
    assert_eq!((choice.owner.as_str(), passed), ("user-001", vec![("user-000", PassedOverFor::Absent)]));
    assert_eq!(turned.unwrap().owed, [settings.members[0].user.clone()]);
}

/// SET-8, DIS-13: a rotation of users who are never on duty within the opening hours, and a pool from which nobody can claim, are findings.
#[test]
fn set_8_a_rotation_that_is_never_on_duty_and_a_pool_without_claimants_are_findings() {
    let mut settings = with_weights(&[1, 1]);
    settings.admin_user = settings.members[0].user.clone();
    let kinds = |settings: &DealerSettings| -> Vec<String> {
        let found = forecourt_domain::settings::findings(&dealer_of(settings), &|_| 0, now());
        let lanes = ["everybody_full", "never_on_duty", "nobody_claims", "nobody_eligible"];
        let of_lane = found.into_iter().filter(|finding| lanes.contains(&finding.kind.name()));
        of_lane.map(|finding| format!("{} {}: {}", finding.kind.name(), finding.field, finding.detail)).collect()
    };
    assert_eq!(kinds(&settings), Vec::<String>::new());
    // The dealer opens on Sundays never, and on Mondays at eight.
    let hours = |week| Some(serde_json::from_value(week).unwrap());
    settings.members[0].hours = hours(json!({"sun": [["09:00", "18:00"]], "mon": [["06:00", "08:00"]]}));
    settings.members[1].weekly_absences =
        serde_json::from_value(json!(["mon", "tue", "wed", "thu", "fri", "sat"].map(|day| json!({"day": day})))).unwrap();
    let never = ["never_on_duty members: no user of the rotation is ever on duty within the weekly opening hours"];
    assert_eq!(kinds(&settings), never);
    settings.leads_outside_own_hours = true;
    assert_eq!(kinds(&settings), Vec::<String>::new(), "the dealer prefers to give leads outside own hours");
    settings.leads_outside_own_hours = false;
    settings.members[0].hours = hours(json!({"mon": [["06:00", "08:01"]]}));
    assert_eq!(kinds(&settings).iter().filter(|kind| kind.starts_with("never")).count(), 0);
    let pool = PoolSettings { user: settings.members[0].user.clone(), oldest_only: false };
    settings.members.iter_mut().for_each(|member| member.receives_leads = false);
    settings.pool = Some(pool);
    settings.members[0].assignable = true;
    assert_eq!(kinds(&settings), ["nobody_claims pool: no user is assignable: nobody can claim a lead from the pool"]);
    settings.members[1].assignable = true;
    settings.members[1].weekly_absences.clear();
    assert_eq!(kinds(&settings), Vec::<String>::new());
}
