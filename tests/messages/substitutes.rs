//! Notices that go to somebody else: a substitute without notices, and users outside their own hours (DIS-4).

use crate::support::world::{ADMIN, World, at, enquiry};
use forecourt_domain::base::{GroupId, LeadId, UserId};
use forecourt_domain::settings::{Absence, DealerSettings};
use serde_json::json;

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// Returns the subjects of the mails to a user, except those that a lead has gone on to somebody else.
fn read_by(world: &World, user: &str) -> Vec<String> {
    let mails = world.system.mailbox.mails();
    let own = mails.iter().filter(|mail| mail.to.split('@').next() == Some(user) && !mail.subject.starts_with("Weitergegeben"));
    own.map(|mail| mail.subject.clone()).collect()
}

async fn without_notices(world: &World, ids: &[&str]) {
    let group = GroupId::parse("demo-group").unwrap();
    for id in ids {
        let mut changed = (*world.store.user(&group, &user(id)).await.unwrap().unwrap()).clone();
        changed.notices = false;
        world.store.put_user(&group, &changed).await.unwrap();
    }
    // The sender's copy of a user is at most a minute old.
    world.system.advance_to(world.system.clock.now() + chrono::TimeDelta::seconds(61)).await;
}

fn away(settings: &mut DealerSettings, id: &str, deputy: &str) {
    let member = settings.members.iter_mut().find(|member| member.user.as_str() == id).unwrap();
    let (from, until) = (at("2026-11-23T00:00:00Z"), at("2026-11-26T00:00:00Z"));
    member.absences = vec![Absence { from, until, deputy: Some(user(deputy)), hand_over: None }];
}

/// Anna works on Monday afternoon only.
async fn with_own_hours(world: &World) {
    world
        .settings(|s| {
            let member = s.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            member.hours = Some(serde_json::from_value(json!({"mon": [["13:00", "18:00"]]})).unwrap());
        })
        .await;
}

/// DIS-4: a deputy without notices does not keep a notice from everybody: the supervisor gets it. A user without notices gets none.
#[tokio::test]
async fn dis_4_a_deputy_without_notices_does_not_swallow_them() {
    let world = World::new().await;
    without_notices(&world, &["ben.krause"]).await;
    world.settings(|s| away(s, "anna.vogt", "ben.krause")).await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/assignment");
    assert_eq!(world.post(ADMIN, &path, &json!({"user": "anna.vogt", "despite": ["absent"]})).await.status, 200);
    world.system.settle().await;
    let new = |user: &str| read_by(&world, user).into_iter().filter(|subject| subject.starts_with("Neue Anfrage")).count();
    assert_eq!([new("anna.vogt"), new("ben.krause"), new("helga.stern")], [0, 0, 1], "{:?}", world.mails());
    // Ben has switched off the notices of his own work, and nobody else gets them.
    assert_eq!(world.post(ADMIN, &path, &json!({"user": "ben.krause"})).await.status, 200);
    world.system.settle().await;
    assert_eq!([new("ben.krause"), new("helga.stern")], [0, 1], "{:?}", world.mails());
}

/// DIS-4, DIS-13: the supervisor gets the notices at once, and the owner one mail when their hours begin.
#[tokio::test]
async fn dis_4_an_owner_outside_own_hours_hears_of_their_work_when_they_are_back() {
    for twice in [false, true] {
        let world = if twice { World::delivering_twice().await } else { World::new().await };
        with_own_hours(&world).await;
        let id = world.lead(&enquiry("jana")).await;
        let given = json!({"user": "anna.vogt", "despite": ["absent"]});
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &given).await.status, 200);
        world.advance_to("2026-11-23T12:29:00Z").await;
        assert_eq!((read_by(&world, "anna.vogt").len(), read_by(&world, "helga.stern").len()), (0, 3), "{:?}", world.mails());
        // Anna's hours begin in the break; the dealer opens at 13:30 in Berlin.
        world.advance_to("2026-11-23T12:40:00Z").await;
        let mails = read_by(&world, "anna.vogt");
        assert!(mails.len() == 1 && mails[0].starts_with("Neue Anfrage") && mails[0].ends_with("(überfällig)"), "{:?}", world.mails());
    }
}

/// DIS-4, ESC-6: what somebody else has done meanwhile is not reported to the owner.
#[tokio::test]
async fn dis_4_a_copy_for_the_owner_is_not_sent_if_the_lead_was_answered_or_went_on() {
    let world = World::new().await;
    with_own_hours(&world).await;
    let answered = world.lead(&enquiry("jana")).await;
    let gone: LeadId = world.lead(&enquiry("piet")).await;
    let to = async |id: LeadId, user: &str| {
        world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": user, "despite": ["absent"]})).await
    };
    assert_eq!((to(answered, "anna.vogt").await.status, to(gone, "anna.vogt").await.status), (200, 200));
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert_eq!(world.post("helga.stern", &format!("/leads/{answered}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    assert_eq!(to(gone, "ben.krause").await.status, 200);
    world.advance_to("2026-11-23T13:30:00Z").await;
    assert!(read_by(&world, "anna.vogt").is_empty(), "{:?}", world.mails());
}

/// DIS-4, ESC-4: a resubmission in the evening goes to the user themself, although their hours are over: nobody is at the dealer.
#[tokio::test]
async fn dis_4_own_hours_do_not_count_while_the_dealer_is_closed() {
    let world = World::new().await;
    world.settings(|s| s.resubmission_respects_hours = false).await;
    let id = world.lead(&enquiry("jana")).await;
    with_own_hours(&world).await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    let event = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-23T20:00:00+01:00"});
    assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/events"), &event).await.status, 201);
    world.advance_to("2026-11-23T19:05:00Z").await;
    let to = |user: &str| read_by(&world, user).iter().filter(|subject| subject.starts_with("Wiedervorlage")).count();
    assert_eq!([to("anna.vogt"), to("helga.stern")], [1, 0], "{:?}", world.mails());
}

/// DIS-4: the owner hears of their work on return, also if the substitutes have switched notices off.
#[tokio::test]
async fn dis_4_an_owner_hears_of_their_work_although_no_substitute_wants_the_notices() {
    let world = World::new().await;
    without_notices(&world, &["helga.stern", "ingo.brandt"]).await;
    with_own_hours(&world).await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let first = world.page(id).await.lead.owner.unwrap();
    without_notices(&world, &[first.as_str()]).await;
    let given = json!({"user": "anna.vogt", "despite": ["absent"]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &given).await.status, 200);
    world.advance_to("2026-11-23T09:30:00Z").await;
    let before = ["anna.vogt", "helga.stern", "ingo.brandt"].map(|user| read_by(&world, user).len());
    assert_eq!(before, [0, 0, 0], "{:?}", world.mails());
    world.advance_to("2026-11-23T12:40:00Z").await;
    let mails = read_by(&world, "anna.vogt");
    assert!(mails.len() == 1 && mails[0].starts_with("Neue Anfrage"), "{:?}", world.mails());
}

/// DIS-4: an owner who has switched notices off gets none, and outside their own hours neither does a substitute. Level 2 is sent.
#[tokio::test]
async fn dis_4_a_substitute_does_not_get_what_an_owner_outside_own_hours_has_switched_off() {
    let world = World::new().await;
    without_notices(&world, &["anna.vogt"]).await;
    with_own_hours(&world).await;
    let id = world.lead(&enquiry("jana")).await;
    let given = json!({"user": "anna.vogt", "despite": ["absent"]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &given).await.status, 200);
    world.advance_to("2026-11-23T14:00:00Z").await;
    assert_eq!((read_by(&world, "anna.vogt").len(), read_by(&world, "helga.stern").len()), (0, 0), "{:?}", world.mails());
    world.advance_to("2026-11-25T09:00:00Z").await;
    let level_2 = read_by(&world, "helga.stern");
    assert!(level_2.len() == 1 && level_2[0].starts_with("Stufe 2"), "{:?}", world.mails());
}

/// DIS-7, DIS-4: one user replaces the former and the new owner: one mail. The former owner hears of it on return.
#[tokio::test]
async fn dis_7_a_substitute_of_both_owners_gets_one_mail_about_an_assignment() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    with_own_hours(&world).await;
    world.settings(|s| away(s, "ben.krause", "helga.stern")).await;
    let given = json!({"user": "ben.krause", "despite": ["absent"]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{id}/assignment"), &given).await.status, 200);
    world.system.settle().await;
    let to = |user: &str| world.system.mailbox.mails().iter().filter(|mail| mail.to.split('@').next() == Some(user)).count();
    assert_eq!([to("anna.vogt"), to("helga.stern")], [1, 1], "{:?}", world.mails());
    assert!(read_by(&world, "helga.stern")[0].starts_with("Neue Anfrage"), "{:?}", world.mails());
    world.advance_to("2026-11-23T12:40:00Z").await;
    assert_eq!(to("anna.vogt"), 2, "{:?}", world.mails());
}
