//! A requested move of the first-contact deadline: who hears of it, and who grants it (ESC-12).

use crate::support::world::{CONSOLE_URL, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{GroupId, LeadId, UserId};
use forecourt_domain::settings::Absence;
use serde_json::json;

const OWNER: &str = "anna.vogt";
const SUPERVISOR: &str = "helga.stern";
const ADMINISTRATOR: &str = "ingo.brandt";
/// Beyond level 2, which is at 11:00 on Tuesday.
const LATER: &str = "2026-11-25T11:00:00Z";

async fn request(world: &World, who: &str, id: LeadId) {
    let reply = world.call(Request::patch(who, &format!("/leads/{id}/deadlines/first-contact")).json(&json!({"at": LATER}))).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    world.system.settle().await;
}

async fn approve(world: &World, who: &str, id: LeadId) -> Reply {
    world.post(who, &format!("/leads/{id}/deadlines/first-contact/approval"), &json!({})).await
}

/// Returns the texts of the mails to `user` that ask for a decision.
fn asked(world: &World, user: &str) -> Vec<String> {
    let mails = world.system.mailbox.mails();
    let of_user = mails.iter().filter(|mail| mail.to.split('@').next() == Some(user) && mail.subject.starts_with("Bitte entscheiden"));
    of_user.map(|mail| format!("{}\n{}", mail.subject, mail.text)).collect()
}

async fn away(world: &World, user: &str, deputy: Option<&str>) {
    let deputy = deputy.map(|deputy| UserId::parse(deputy).unwrap());
    let absence = Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-25T00:00:00Z"), deputy, hand_over: None };
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == user).for_each(|m| m.absences = vec![absence.clone()])).await;
}

/// ESC-12: the supervisor is notified of a request, once, although their notices are off.
#[tokio::test]
async fn esc_12_a_request_notifies_the_supervisor_with_a_link() {
    let world = World::new().await;
    let group = GroupId::parse("demo-group").unwrap();
    let mut helga = (*world.store.user(&group, &UserId::parse(SUPERVISOR).unwrap()).await.unwrap().unwrap()).clone();
    helga.notices = false;
    world.store.put_user(&group, &helga).await.unwrap();
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    request(&world, OWNER, id).await;
    request(&world, OWNER, id).await;
    let mails = asked(&world, SUPERVISOR);
    assert_eq!(mails.len(), 1, "{:?}", world.mails());
    let wanted = ["Anna Vogt", "25.11.2026", &format!("{CONSOLE_URL}/desk/leads/{id}")].map(str::to_owned);
    assert!(wanted.iter().all(|wanted| mails[0].contains(wanted)), "{}", mails[0]);
    let page = world.get(SUPERVISOR, &format!("/leads/{id}")).await;
    assert!(page.body["messages"].as_array().unwrap().iter().any(|message| message["about"] == "deadline_requested"));
    assert_eq!(approve(&world, SUPERVISOR, id).await.status, 200);
}

/// ESC-12, DIS-4: the person who gets level 2 instead of an absent supervisor gets the request, and may grant it without further rights.
#[tokio::test]
async fn esc_12_the_person_who_gets_level_2_may_grant_a_request() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    away(&world, SUPERVISOR, Some("ben.krause")).await;
    request(&world, OWNER, id).await;
    assert_eq!([asked(&world, "ben.krause").len(), asked(&world, SUPERVISOR).len()], [1, 0], "{:?}", world.mails());
    let refused = approve(&world, OWNER, id).await;
    let wanted = "you own the lead, so somebody else must agree to the move: Ben Krause, Helga Stern, or another user who may change the \
                  settings (ESC-12)";
    assert_eq!((refused.status, refused.text("/detail"), refused.text("/right")), (403, wanted, "change_settings"), "{}", refused.body);
    assert_eq!(approve(&world, "clara.henning", id).await.status, 404);
    let granted = approve(&world, "ben.krause", id).await;
    assert_eq!((granted.status, granted.text("/deadline/due")), (200, LATER), "{}", granted.body);
}

/// ESC-12: a supervisor who owns the lead may change the settings, and does not agree to their own move or reopening all the same.
#[tokio::test]
async fn esc_12_nobody_agrees_to_the_move_of_their_own_lead() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.post(ADMINISTRATOR, &format!("/leads/{id}/assignment"), &json!({"user": SUPERVISOR})).await.status, 200);
    request(&world, SUPERVISOR, id).await;
    assert_eq!(asked(&world, ADMINISTRATOR).len(), 1, "{:?}", world.mails());
    let refused = approve(&world, SUPERVISOR, id).await;
    assert!(
        refused.status == 403 && refused.text("/detail").contains("somebody else must agree to the move: Ingo Brandt"),
        "{}",
        refused.body
    );
    for status in [json!({"status": "lost", "reason": "not_reached"}), json!({"status": "in_progress"})] {
        let changed = world.post(SUPERVISOR, &format!("/leads/{id}/status"), &status).await;
        assert_eq!(changed.text("/deadline/due"), "2026-11-23T11:00:00Z", "the first deadline stays");
    }
    assert_eq!(approve(&world, ADMINISTRATOR, id).await.status, 200);
}

/// ESC-12: an owner who gives the lead away for a moment agrees to nothing: no request, no move and no reopening of their own.
#[tokio::test]
async fn esc_12_a_former_owner_does_not_agree_to_the_move_of_the_lead() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let give = async |who: &str, user: &str| {
        let reply = world.post(who, &format!("/leads/{id}/assignment"), &json!({"user": user})).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        world.system.settle().await;
    };
    give(ADMINISTRATOR, SUPERVISOR).await;
    request(&world, SUPERVISOR, id).await;
    give(SUPERVISOR, "ben.krause").await;
    let refused = approve(&world, SUPERVISOR, id).await;
    let wanted = "you owned the lead or requested the move, so somebody else must agree to it: Ingo Brandt, or another user who may change \
                  the settings (ESC-12)";
    assert_eq!((refused.status, refused.text("/detail")), (403, wanted), "{}", refused.body);
    let page = world.get(SUPERVISOR, &format!("/leads/{id}")).await;
    assert_eq!(page.text("/deadline/requested/approver"), ADMINISTRATOR, "{}", page.body["deadline"]);
    // A direct move is a request, too.
    let later = json!({"at": "2026-11-26T11:00:00Z"});
    let moved = world.call(Request::patch(SUPERVISOR, &format!("/leads/{id}/deadlines/first-contact")).json(&later)).await;
    assert_eq!(moved.status, 202, "{}", moved.body);
    world.system.settle().await;
    assert_eq!([asked(&world, ADMINISTRATOR).len(), asked(&world, SUPERVISOR).len()], [2, 0], "{:?}", world.mails());
    for status in [json!({"status": "lost", "reason": "not_reached"}), json!({"status": "in_progress"})] {
        let changed = world.post(SUPERVISOR, &format!("/leads/{id}/status"), &status).await;
        assert_eq!(changed.text("/deadline/due"), "2026-11-23T11:00:00Z", "the first deadline stays");
    }
    give(SUPERVISOR, SUPERVISOR).await;
    assert_eq!(approve(&world, SUPERVISOR, id).await.status, 403);
    assert_eq!(approve(&world, ADMINISTRATOR, id).await.status, 200);
}

/// ESC-12: the owner gives the lead away while an appointment stops the clock, and cancels the appointment: that is no way either.
#[tokio::test]
async fn esc_12_an_owner_who_gives_the_lead_away_while_the_clock_stands_does_not_agree() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let give = async |user: &str| world.post(SUPERVISOR, &format!("/leads/{id}/assignment"), &json!({"user": user})).await.status;
    assert_eq!(give(SUPERVISOR).await, 200);
    let drive = json!({"title": "Probefahrt", "type": "booked_test_drive", "at": "2026-11-26T09:00:00Z"});
    let made = world.post(SUPERVISOR, &format!("/leads/{id}/events"), &drive).await;
    assert_eq!((made.status, give("ben.krause").await), (201, 200), "{}", made.body);
    let event = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(world.call(Request::delete(SUPERVISOR, &event)).await.status, 200);
    request(&world, SUPERVISOR, id).await;
    assert_eq!([asked(&world, ADMINISTRATOR).len(), asked(&world, SUPERVISOR).len()], [1, 0], "{:?}", world.mails());
}

/// ESC-12: if nobody is present, level 2 of the administrator's own lead goes to another person, not to the owner.
#[tokio::test]
async fn esc_12_level_2_of_the_administrators_lead_goes_to_somebody_else() {
    let world = World::new().await;
    world
        .settings(|s| {
            let absence = Absence { from: at("2026-11-23T00:00:00Z"), until: at("2026-11-25T00:00:00Z"), deputy: None, hand_over: None };
            s.members.iter_mut().for_each(|m| m.absences = vec![absence.clone()]);
        })
        .await;
    let dealer = forecourt_domain::base::DealerId::parse(crate::support::world::NORDSTERN).unwrap();
    let load = forecourt_store::Load::of([forecourt_store::keys::Key::Dealer(dealer.clone())]);
    let loaded = world.store.load(&world.scope(), &load).await.unwrap();
    let settings = &loaded.dealer(&dealer).unwrap().settings;
    let level_2 = |owner: &str| settings.escalates_to(Some(&UserId::parse(owner).unwrap()), at("2026-11-23T10:00:00Z")).to_string();
    assert_eq!([level_2(ADMINISTRATOR), level_2(OWNER)], [SUPERVISOR, ADMINISTRATOR]);
}

/// ESC-12: the user who is asked to agree may read the lead and grant the request, also if the supervisor owned the lead and may not.
#[tokio::test]
async fn esc_12_the_user_who_is_asked_may_read_the_lead() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.fallback_user = Some("clara.henning".parse().unwrap());
            let owner = s.members.iter_mut().find(|member| member.user.as_str() == OWNER).unwrap();
            owner.supervisor = Some("ben.krause".parse().unwrap());
        })
        .await;
    let id = world.lead(&enquiry("jana")).await;
    let assign = async |user: &str| world.post(ADMINISTRATOR, &format!("/leads/{id}/assignment"), &json!({"user": user})).await.status;
    assert_eq!([assign("ben.krause").await, assign(OWNER).await], [200, 200]);
    let page = format!("/leads/{id}");
    assert_eq!(world.get("clara.henning", &page).await.status, 404);
    request(&world, OWNER, id).await;
    assert_eq!(asked(&world, "clara.henning").len(), 1, "{:?}", world.mails());
    assert_eq!([world.get("clara.henning", &page).await.status, world.get("david.roth", &page).await.status], [200, 404]);
    let granted = approve(&world, "clara.henning", id).await;
    assert_eq!((granted.status, granted.text("/deadline/due")), (200, LATER), "{}", granted.body);
    assert_eq!(world.get("clara.henning", &page).await.status, 404, "the request is decided");
}

/// DIS-10: an agreed move to an earlier deadline gives the owner no more time.
#[tokio::test]
async fn dis_10_an_earlier_deadline_keeps_no_lead() {
    let world = World::new().await;
    world.settings(|s| s.reassign_after = 60).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:50:00Z").await;
    let body = json!({"at": "2026-11-23T10:05:00Z"});
    let moved = world.call(Request::patch(SUPERVISOR, &format!("/leads/{id}/deadlines/first-contact")).json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-23T10:01:00Z").await;
    assert_ne!(world.page(id).await.lead.owner.unwrap().as_str(), OWNER);
}
