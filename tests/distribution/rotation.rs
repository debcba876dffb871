//! The rotation alone, without the system (DIS-1, DIS-2).

use crate::support::world::dealer_of;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::UserId;
use forecourt_domain::distribution::{Availability, Rotation};
use forecourt_domain::settings::{Absence, DealerSettings, Member};
use forecourt_local::demo;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn member(i: usize) -> Member {
    weighted(i, 1)
}

fn weighted(i: usize, weight: u8) -> Member {
    let member = serde_json::json!({"user": user(i), "receives_leads": true, "assignable": true, "weight": weight});
    serde_json::from_value(member).unwrap()
}

fn user(i: usize) -> UserId {
    UserId::parse(&format!("user-{i:02}")).unwrap()
}

fn draft(members: Vec<Member>) -> DealerSettings {
    let settings = demo::group().unwrap().dealers.remove(0).settings;
    DealerSettings { members, fallback_user: None, ..(*settings).clone() }
}

fn now() -> DateTime<Utc> {
    crate::support::world::at("2026-11-23T09:00:00Z")
}

fn assign_next(rotation: &mut Rotation, settings: &DealerSettings) -> UserId {
    let (choice, turned) = rotation.next(&Availability::new(&dealer_of(settings), None, now()));
    *rotation = turned.unwrap_or_else(|| rotation.clone());
    choice.owner
}

proptest! {
    /// DIS-2: of n leads over k users each user gets n/k, rounded up or down.
    #[test]
    fn dis_2_each_user_gets_an_equal_share(n in 0_usize..500, k in 1_usize..20) {
        let settings = draft((0..k).map(member).collect());
        let mut rotation = Rotation::new(crate::support::world::dealer("d"), None);
        let mut counts = BTreeMap::new();
        for _ in 0..n {
            *counts.entry(assign_next(&mut rotation, &settings)).or_insert(0) += 1;
        }
        for i in 0..k {
            let count = counts.get(&user(i)).copied().unwrap_or(0);
            prop_assert!(count == n / k || count == n.div_ceil(k));
        }
    }

    /// DIS-2: between two turns of a user who stays, every other user who stays has exactly one turn. Users who join, leave or return do
    /// not change this.
    #[test]
    fn dis_2_no_user_loses_a_turn_or_catches_up_when_others_join_leave_or_return(changes in prop::collection::vec((0_usize..8, 0_usize..3, 1_usize..5), 1..60)) {
        let mut members: BTreeMap<usize, Member> = (0..8).map(|i| (i, member(i))).collect();
        let mut rotation = Rotation::new(crate::support::world::dealer("d"), None);
        // Users 8 and 9 stay throughout.
        members.extend([(8, member(8)), (9, member(9))]);
        let mut stayers = Vec::new();
        for (who, change, leads) in changes {
            match change {
                0 => drop(members.remove(&who)),
                1 => drop(members.entry(who).or_insert_with(|| member(who)).absences.pop()),
                _ => if let Some(m) = members.get_mut(&who) {
                    m.absences.push(Absence { from: now() - TimeDelta::days(1), until: now() + TimeDelta::days(1), deputy: None, hand_over: None });
                },
            }
            let settings = draft(members.values().cloned().collect());
            for _ in 0..leads {
                let owner = assign_next(&mut rotation, &settings);
                prop_assert!(settings.is_present(&owner, now()));
                if owner >= user(8) {
                    stayers.push(owner);
                }
            }
        }
        prop_assert!(stayers.windows(2).all(|pair| pair[0] != pair[1]), "{stayers:?}");
    }
}

/// DIS-1: a turn skips absent users, and after the last user the first one follows.
#[test]
fn dis_1_the_rotation_skips_absent_users_and_restarts_after_the_last() {
    let mut members: Vec<Member> = (0..3).map(member).collect();
    members[1].absences.push(Absence { from: now(), until: now() + TimeDelta::hours(1), deputy: Some(user(2)), hand_over: None });
    let settings = draft(members);
    let mut rotation = Rotation::new(crate::support::world::dealer("d"), None);
    let owners: Vec<_> = (0..4).map(|_| assign_next(&mut rotation, &settings).to_string()).collect();
    assert_eq!(owners, ["user-00", "user-02", "user-00", "user-02"]);
}
