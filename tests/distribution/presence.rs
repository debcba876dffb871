//! Presence: who takes leads, who stands in, and who is notified (DIS-4, DIS-6, DIS-13, ESC-12).

use crate::support::world::{ADMIN, Request, World, at, dealer_of, enquiry};
use forecourt_domain::base::UserId;
use forecourt_domain::distribution::{Availability, PassedOverFor, Rotation};
use forecourt_domain::settings::{Absence, DealerSettings, Member};
use forecourt_local::demo;
use proptest::prelude::*;
use serde_json::{Value, json};

const NORDSTERN: &str = "autohaus-nordstern-demo";

/// Monday, 10:00 in Berlin.
const NOW: &str = "2026-11-23T09:00:00Z";

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// A member: the user, the supervisor, and the deputy of an absence today; `Some(None)` is an absence without a deputy.
type Sketch<'a> = (&'a str, Option<&'a str>, Option<Option<&'a str>>);

/// Returns a dealer's settings with these members.
fn people(members: &[Sketch<'_>]) -> DealerSettings {
    let of = |(id, supervisor, away): &Sketch<'_>| Member {
        supervisor: supervisor.map(user),
        absences: away.iter().map(|deputy| today(*deputy)).collect(),
        ..Member::new(user(id))
    };
    let whole = demo::group().unwrap().dealers.remove(0).settings;
    DealerSettings { members: members.iter().map(of).collect(), fallback_user: None, admin_user: user("boss"), ..(*whole).clone() }
}

fn today(deputy: Option<&str>) -> Absence {
    Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-24T00:00:00Z"), deputy: deputy.map(user), hand_over: None }
}

#[test]
fn dis_4_deputies_are_followed_until_one_is_present() {
    let settings = people(&[
        ("anna", Some("eve"), Some(Some("ben"))),
        ("ben", None, Some(Some("cara"))),
        ("cara", None, None),
        ("eve", None, None),
        ("boss", None, None),
    ]);
    assert_eq!(settings.recipient_for(&user("anna"), at(NOW)).as_str(), "cara");
    assert!(settings.stands_in(&user("cara"), &user("anna"), at(NOW)), "a recipient of notices also sees the leads");
    assert!(!settings.stands_in(&user("cara"), &user("anna"), at("2026-11-24T09:00:00Z")), "not after the absence");
}

#[test]
fn dis_4_a_circle_of_deputies_ends_at_the_supervisor() {
    let settings =
        people(&[("anna", Some("eve"), Some(Some("ben"))), ("ben", None, Some(Some("anna"))), ("eve", None, None), ("boss", None, None)]);
    assert_eq!(settings.recipient_for(&user("anna"), at(NOW)).as_str(), "eve");
}

#[test]
fn dis_4_of_several_absences_any_deputy_who_is_present_counts() {
    let mut settings = people(&[("anna", None, Some(None)), ("ben", None, Some(None)), ("cara", None, None), ("boss", None, None)]);
    settings.members[0].absences.push(today(Some("ben")));
    settings.members[0].absences.push(today(Some("cara")));
    assert_eq!(settings.recipient_for(&user("anna"), at(NOW)).as_str(), "cara");
}

#[test]
fn dis_4_after_the_deputies_the_supervisor_the_fallback_user_and_the_administrator_are_notified() {
    let away = Some(None);
    let mut settings = people(&[("anna", Some("eve"), away), ("eve", None, away), ("fred", None, away), ("boss", None, away)]);
    settings.fallback_user = Some(user("fred"));
    let recipient = |settings: &DealerSettings| settings.recipient_for(&user("anna"), at(NOW)).to_string();
    assert_eq!(recipient(&settings), "boss", "the administrator is notified although nobody is present");
    for (i, expected) in [(3, "boss"), (2, "fred"), (1, "eve"), (0, "anna")] {
        settings.members[i].absences.clear();
        assert_eq!(recipient(&settings), expected);
    }
}

#[test]
fn esc_12_level_2_never_goes_to_the_owner() {
    // The supervisor is absent, and the deputy of the supervisor is the owner.
    let mut settings =
        people(&[("anna", Some("eve"), None), ("eve", None, Some(Some("anna"))), ("fred", None, None), ("boss", None, None)]);
    let level_2 = |settings: &DealerSettings| settings.escalates_to(Some(&user("anna")), at(NOW)).to_string();
    assert_eq!(level_2(&settings), "boss");
    settings.fallback_user = Some(user("fred"));
    assert_eq!(level_2(&settings), "fred");
    settings.members[0].supervisor = Some(user("anna"));
    assert_eq!(settings.supervisor_of(Some(&user("anna"))).as_str(), "fred", "nobody supervises themselves");
}

#[test]
fn dis_6_without_an_eligible_user_a_person_who_is_present_gets_the_lead() {
    let mut settings = people(&[("anna", None, Some(None)), ("ben", None, None), ("cara", None, None), ("boss", None, Some(None))]);
    settings.members[0].receives_leads = true;
    settings.members[2].assignable = true;
    let (choice, turned) =
        Rotation::new(crate::support::world::dealer("d"), None).next(&Availability::new(&dealer_of(&settings), None, at(NOW)));
    assert_eq!((choice.owner.as_str(), choice.why.rule.as_str(), turned), ("cara", "DIS-6", None));
    let passed: Vec<_> = choice.why.passed_over.iter().map(|passed| (passed.user.as_str(), passed.reason)).collect();
    assert_eq!(passed, [("anna", PassedOverFor::Absent), ("boss", PassedOverFor::Absent)]);
}

fn members() -> impl Strategy<Value = Vec<(Option<usize>, Vec<Option<usize>>)>> {
    let one = (prop::option::of(0_usize..6), prop::collection::vec(prop::option::of(0_usize..6), 0..3));
    prop::collection::vec(one, 6)
}

proptest! {
    /// DIS-4, ESC-12: if anybody of the chain is present, the recipient is present; level 2 does not reach the owner while another person
    /// of the chain is present.
    #[test]
    fn dis_4_a_notice_reaches_a_person_who_is_present_if_there_is_one(people_of in members(), fallback in prop::option::of(0_usize..6)) {
        let id = |i: usize| user(&format!("user-{i}"));
        let mut settings = people(&[]);
        settings.members = people_of.iter().enumerate().map(|(i, (supervisor, away))| Member {
            supervisor: supervisor.map(id),
            absences: away.iter().map(|deputy| today(deputy.map(|d| format!("user-{d}")).as_deref())).collect(),
            ..Member::new(id(i))
        }).collect();
        settings.fallback_user = fallback.map(id);
        settings.admin_user = id(5);
        let present = |user: &UserId| settings.is_present(user, at(NOW));
        for (owner, (supervisor, _)) in people_of.iter().enumerate() {
            // The closure of everybody who could be notified, by a naive search.
            let above = || supervisor.iter().chain(&fallback).chain(&[5]).copied();
            let closure = |from: Vec<usize>| {
                let mut known = from;
                for next in 0.. {
                    let Some(one) = known.get(next).copied() else { break };
                    let deputies = people_of[one].1.iter().flatten().copied().collect::<Vec<_>>();
                    deputies.into_iter().for_each(|deputy| if !known.contains(&deputy) { known.push(deputy) });
                }
                known
            };
            let all = closure([owner].into_iter().chain(above()).collect());
            let recipient = settings.recipient_for(&id(owner), at(NOW)).clone();
            prop_assert_eq!(present(&recipient), all.iter().any(|one| present(&id(*one))));
            prop_assert!(settings.stands_in(&recipient, &id(owner), at(NOW)) || recipient == id(owner));
            let others = closure(above().collect()).into_iter().any(|one| one != owner && present(&id(one)));
            let level_2 = settings.escalates_to(Some(&id(owner)), at(NOW)).clone();
            if others {
                prop_assert!(present(&level_2) && level_2 != id(owner));
            }
        }
    }
}

async fn availability(world: &World, who: &str, of: &str, version: u64, body: &Value) -> crate::support::world::Reply {
    world.call(Request::put(who, &format!("/dealers/{NORDSTERN}/users/{of}/availability")).version(version).json(body)).await
}

#[tokio::test]
async fn dis_13_a_user_outside_their_own_hours_or_on_a_weekly_absence_gets_no_lead() {
    let world = World::new().await;
    let set = availability(&world, "anna.vogt", "anna.vogt", 1, &json!({"hours": {"mon": [["13:00", "18:00"]]}})).await;
    assert_eq!((set.status, &set.body["present"], &set.body["takes_leads"]), (200, &json!(false), &json!(false)), "{}", set.body);
    let weekly = availability(&world, ADMIN, "ben.krause", 2, &json!({"weekly_absences": [{"day": "mon", "deputy": "felix.lang"}]})).await;
    assert_eq!((weekly.status, &weekly.body["present"]), (200, &json!(false)), "{}", weekly.body);
    let id = world.lead(&enquiry("jana")).await;
    let owner = world.page(id).await.lead.owner.unwrap();
    assert!(!["anna.vogt", "ben.krause"].contains(&owner.as_str()), "{owner}");
    let page = world.get(ADMIN, &format!("/leads/{id}/timeline")).await.body.to_string();
    assert!(page.contains(r#""off_duty""#) && page.contains(r#""absent""#), "{page}");
    // In the afternoon she is there.
    world.advance_to("2026-11-23T12:30:00Z").await;
    let read = world.get("anna.vogt", &format!("/dealers/{NORDSTERN}/users/anna.vogt/availability")).await;
    assert_eq!(read.body["present"], json!(true));
}

#[tokio::test]
async fn dis_13_presence_counts_at_the_opening_at_which_the_clock_starts() {
    // Sunday. Anna is away until Monday, 12:00; Ben until Monday, 6:00. At the opening on Monday only Ben is present.
    let world = World::at("2026-11-22T12:00:00Z").await;
    world
        .settings(|s| {
            for (id, until) in [("anna.vogt", "2026-11-23T11:00:00Z"), ("ben.krause", "2026-11-23T05:00:00Z")] {
                let member = s.members.iter_mut().find(|m| m.user.as_str() == id).unwrap();
                member.absences = vec![Absence { from: at("2026-11-20T00:00:00Z"), until: at(until), deputy: None, hand_over: None }];
            }
            s.members.iter_mut().for_each(|m| m.receives_leads &= ["anna.vogt", "ben.krause"].contains(&m.user.as_str()));
        })
        .await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "ben.krause");
}

#[tokio::test]
async fn dis_13_a_busy_user_is_passed_over_until_the_time_has_passed() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/users/anna.vogt/busy");
    let busy = world.call(Request::put("anna.vogt", &path).json(&json!({"minutes": 45}))).await;
    assert_eq!((busy.status, &busy.body["busy_until"]), (200, &json!("2026-11-23T09:45:00Z")), "{}", busy.body);
    assert_eq!((busy.body["version"].as_u64(), &busy.body["takes_leads"]), (Some(1), &json!(false)), "the settings keep their version");
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "ben.krause");
    world.advance_to("2026-11-23T09:46:00Z").await;
    let read = world.get("anna.vogt", &format!("/dealers/{NORDSTERN}/users/anna.vogt/availability")).await;
    assert_eq!((&read.body["busy_until"], &read.body["takes_leads"]), (&Value::Null, &json!(true)));
    // A change of the settings keeps the mark of another user, and the user can end it.
    world.call(Request::put("anna.vogt", &path).json(&json!({"until": "2026-11-23T15:00:00Z"}))).await;
    world.settings(|s| s.escalation.level_1 = 90).await;
    let ended = world.call(Request::put("anna.vogt", &path).json(&json!({}))).await;
    assert_eq!((ended.status, &ended.body["busy_until"]), (200, &Value::Null));
    for (value, type_of) in [(json!(-5), "less"), (json!(99_999_999_999_u64), "more"), (json!("x"), "text")] {
        let refused = world.call(Request::put("anna.vogt", &path).json(&json!({"minutes": value}))).await;
        assert_eq!(refused.text("/errors/0/detail"), "must be a whole number from 1 to 1440", "{type_of}: {}", refused.body);
        let weight = json!({"users": [{"user": "anna.vogt", "weight": value}]});
        let refused = world.call(Request::patch(ADMIN, &format!("/dealers/{NORDSTERN}/users")).version(2).json(&weight)).await;
        assert_eq!(refused.text("/errors/0/detail"), "must be a whole number from 1 to 10", "{type_of}: {}", refused.body);
    }
    // A version is not needed, but one that is sent must be current.
    let stale = world.call(Request::put("anna.vogt", &path).version(1).json(&json!({"minutes": 5}))).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let current = world.call(Request::put("anna.vogt", &path).version(2).json(&json!({"minutes": 5}))).await;
    assert_eq!(current.status, 200, "{}", current.body);
    for (body, fault) in [
        (json!({"minutes": 0}), "minutes DIS-13"),
        (json!({"minutes": 1_441}), "minutes DIS-13"),
        (json!({"until": "2026-11-23T08:00:00Z"}), "until DIS-13"),
        (json!({"until": "2026-11-23T15:00:00Z", "minutes": 5}), "minutes DIS-13"),
    ] {
        let refused = world.call(Request::put("anna.vogt", &path).json(&body)).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{body}");
    }
    assert_eq!(
        world.call(Request::put("ben.krause", &path).json(&json!({"minutes": 5}))).await.status,
        403,
        "a seller marks only themselves"
    );
}

#[tokio::test]
async fn dis_13_the_dealer_may_prefer_that_only_absences_count() {
    let world = World::new().await;
    availability(&world, "anna.vogt", "anna.vogt", 1, &json!({"hours": {"tue": [["13:00", "18:00"]]}})).await;
    world.settings(|s| s.leads_outside_own_hours = true).await;
    // Anna has the lead outside her hours, and its notice.
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "anna.vogt");
    world.system.settle().await;
    let to: Vec<String> = world.system.mailbox.mails().iter().map(|mail| mail.to.clone()).collect();
    assert_eq!(to, ["anna.vogt@autohaus-nordstern-demo.example"]);
    // So is the reminder, and not the supervisor's.
    world.advance_to("2026-11-23T10:35:00Z").await;
    let last = world.system.mailbox.mails().last().unwrap().to.clone();
    assert_eq!((world.system.mailbox.mails().len(), last.as_str()), (2, "anna.vogt@autohaus-nordstern-demo.example"));
    // A busy user gets no lead while another user is free.
    let busy = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/users/ben.krause/busy")).json(&json!({"minutes": 45}))).await;
    assert_eq!((busy.status, &busy.body["takes_leads"]), (200, &json!(false)), "{}", busy.body);
    let next = world.lead(&enquiry("otto")).await;
    assert_eq!(world.page(next).await.lead.owner.unwrap().as_str(), "clara.henning");
}

/// DIS-7, DIS-13: a user who is busy outside their own hours counts as absent for an assignment by hand.
#[tokio::test]
async fn dis_13_a_busy_user_outside_their_own_hours_is_assigned_nothing_by_mistake() {
    let world = World::new().await;
    availability(&world, "ben.krause", "ben.krause", 1, &json!({"hours": {"tue": [["13:00", "18:00"]]}})).await;
    world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/users/ben.krause/busy")).json(&json!({"minutes": 45}))).await;
    let id = world.lead(&enquiry("jana")).await;
    let refused = world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    assert!(refused.status == 409 && refused.text("/detail").starts_with("Ben Krause is absent"), "{}", refused.body);
}

#[tokio::test]
async fn dis_13_faults_of_an_availability_name_its_own_fields() {
    let world = World::new().await;
    let body = json!({"hours": {"mon": [["12:00", "09:00"]]}, "weekly_absences": [{"day": "mon", "deputy": "anna.vogt"}, {"day": "mon"}]});
    let refused = availability(&world, "anna.vogt", "anna.vogt", 1, &body).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.faults(), ["weekly_absences[0].deputy DIS-4", "weekly_absences[1].day DIS-13", "hours.mon[0] DIS-13"]);
    let empty = availability(&world, "anna.vogt", "anna.vogt", 1, &json!({"hours": {}})).await;
    assert_eq!(empty.faults(), ["hours DIS-13"]);
    assert_eq!(availability(&world, "anna.vogt", "ben.krause", 1, &json!({})).await.status, 403);
}

#[tokio::test]
async fn dis_4_absences_that_have_ended_leave_the_settings_at_the_next_change() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/users/anna.vogt/absences");
    let past = json!({"from": "2026-11-01", "until": "2026-11-05"});
    let later = json!({"from": "2026-12-01", "until": "2026-12-05"});
    let set = world.call(Request::put("anna.vogt", &path).version(1).json(&json!({"absences": [past, later]}))).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let list = set.body["absences"].as_array().unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(list[0]["from"], json!("2026-11-30T23:00:00Z"), "a plain date is a day of the dealer's zone");
    assert_eq!(set.body["past_absences"][0]["until"], json!("2026-11-05T23:00:00Z"), "the answer names what was not stored");
    let repeated = world.call(Request::put("anna.vogt", &path).version(1).json(&json!({"absences": [past, later]}))).await;
    assert_eq!((repeated.status, &repeated.body["version"]), (200, &set.body["version"]), "a repeat finds the same absences");
}

#[tokio::test]
async fn esc_12_findings_name_each_user_whose_leads_would_reach_nobody() {
    let world = World::new().await;
    world
        .settings(|s| {
            let away = |s: &mut DealerSettings, id: &str| {
                let member = s.members.iter_mut().find(|m| m.user.as_str() == id).unwrap();
                member.absences =
                    vec![Absence { from: at("2026-12-07T00:00:00Z"), until: at("2026-12-09T00:00:00Z"), deputy: None, hand_over: None }];
            };
            let ids: Vec<String> = s.members.iter().map(|m| m.user.to_string()).collect();
            ids.iter().filter(|id| *id != "ben.krause").for_each(|id| away(s, id));
            s.members.iter_mut().filter(|m| m.user.as_str() != "anna.vogt").for_each(|m| m.receives_leads = false);
            s.members.iter_mut().filter(|m| m.user.as_str() != "anna.vogt").for_each(|m| m.assignable = false);
        })
        .await;
    let found = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await.body;
    let nobody: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["kind"] == "nobody_present")
        .map(|finding| finding["detail"].as_str().unwrap())
        .collect();
    assert!(!nobody.is_empty() && nobody[0].starts_with("at 2026-12-07 08:00 neither Anna Vogt"), "{found}");
}

/// ESC-12, SET-8: an owner who is present is nobody above: the findings name a time at which level 2 reaches nobody else.
#[tokio::test]
async fn esc_12_findings_name_a_time_at_which_nobody_above_is_present() {
    let world = World::new().await;
    world
        .settings(|s| {
            let member = s.members.iter_mut().find(|m| m.user.as_str() == "ingo.brandt").unwrap();
            member.absences = vec![today(None)];
        })
        .await;
    let found = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await.body;
    let fields: Vec<(&str, &str)> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["kind"].as_str().unwrap(), finding["field"].as_str().unwrap()))
        .collect();
    // Helga is the supervisor of the sellers and present; above her is only Ingo.
    assert_eq!(fields, [("nobody_present", "members[7].supervisor")], "{found}");
}
