//! Notices of leads that go on, of tasks and of deadlines, and the people who receive level 2 (DIS-7, DIS-10, LEAD-4, LEAD-6, ESC-3).

use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use forecourt_domain::base::{GroupId, LeadId, UserId};
use forecourt_domain::people::User;
use forecourt_send::mail::Mail;
use serde_json::json;

/// Returns the mails to a user since `from`, each as subject and text with `#` for the digits of the lead's number.
fn read_by(world: &World, user: &str) -> Vec<String> {
    let written = |mail: &Mail| format!("{}\n\n{}", mail.subject, mail.text);
    let hidden = |text: String| text.lines().map(hidden).collect::<Vec<_>>().join("\n");
    let mails = world.system.mailbox.mails();
    mails.iter().filter(|mail| mail.to.split('@').next() == Some(user)).map(written).map(hidden).collect()
}

/// Replaces the digits of numbers and links of leads.
fn hidden(line: &str) -> String {
    let word = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if digits == 10 { word.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect() } else { word.to_owned() }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

async fn assign(world: &World, who: &str, lead: LeadId, body: serde_json::Value) {
    let reply = world.post(who, &format!("/leads/{lead}/assignment"), &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.system.settle().await;
}

async fn change_user(world: &World, id: &str, change: impl FnOnce(&mut User)) {
    let group = GroupId::parse("demo-group").unwrap();
    let mut user = (*world.store.user(&group, &UserId::parse(id).unwrap()).await.unwrap().unwrap()).clone();
    change(&mut user);
    world.store.put_user(&group, &user).await.unwrap();
    // The sender's copy of the user is at most a minute old.
    world.system.advance_to(world.system.clock.now() + chrono::TimeDelta::seconds(61)).await;
}

/// DIS-7: the new owner gets one mail with the reason and the deadline; the former owner and the supervisor are notified, each once.
#[tokio::test]
async fn dis_7_the_former_owner_and_the_supervisor_are_notified_that_a_lead_was_reassigned() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    assign(&world, ADMIN, id, json!({"user": "ben.krause", "note": "kennt den Kunden"})).await;
    insta::assert_snapshot!("new_owner", read_by(&world, "ben.krause").join("\n---\n"));
    insta::assert_snapshot!("former_owner", read_by(&world, "anna.vogt").split_off(1).join("\n---\n"));
    insta::assert_snapshot!("supervisor", read_by(&world, "helga.stern").join("\n---\n"));
    assert!(read_by(&world, ADMIN).is_empty(), "who assigns a lead needs no notice");
    let about: Vec<String> = world.get(ADMIN, &format!("/leads/{id}")).await.body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["about"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(about.iter().filter(|about| *about == "passed").count(), 2, "{about:?}");
}

/// DIS-7: the user who passes a lead on gets no notice, whether they give it away or take it.
#[tokio::test]
async fn dis_7_who_passes_a_lead_on_themself_is_not_notified() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    assign(&world, "anna.vogt", id, json!({"user": "ben.krause"})).await;
    assert_eq!([read_by(&world, "anna.vogt").len(), read_by(&world, "ben.krause").len(), read_by(&world, "helga.stern").len()], [1, 1, 1]);
    // The supervisor takes it.
    assign(&world, "helga.stern", id, json!({"user": "helga.stern"})).await;
    assert_eq!([read_by(&world, "anna.vogt").len(), read_by(&world, "ben.krause").len(), read_by(&world, "helga.stern").len()], [1, 2, 1]);
}

/// DIS-7: a transfer to another dealer is reported at the dealer that the lead leaves.
#[tokio::test]
async fn dis_7_a_transfer_is_reported_at_the_former_dealer() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    assign(&world, "gina.group", id, json!({"dealer": "harbour-cars-demo"})).await;
    insta::assert_snapshot!("transfer", read_by(&world, "anna.vogt").split_off(1).join("\n---\n"));
    assert_eq!(read_by(&world, "helga.stern").len(), 1);
}

/// DIS-7: a lead that comes back before the notices were sent has not gone on.
#[tokio::test]
async fn dis_7_a_lead_that_comes_back_at_night_is_reported_to_nobody_as_passed_on() {
    let world = World::at("2026-11-22T12:00:00Z").await;
    let id = world.lead(&enquiry("jana")).await;
    for user in ["ben.krause", "anna.vogt"] {
        assign(&world, ADMIN, id, json!({"user": user})).await;
    }
    world.advance_to("2026-11-23T07:10:00Z").await;
    let passed: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("Weitergegeben")).collect();
    // Ben had it in between, and never knew; the lead did leave him.
    assert!(passed.iter().all(|mail| !mail.contains("anna.vogt")), "{passed:?}");
    assert_eq!(world.mails().iter().filter(|mail| mail.contains("Neue Anfrage")).count(), 1, "{:?}", world.mails());
}

/// DIS-10, ESC-1: a lead that goes on when it is overdue is one mail to the new owner, which states the time to act.
#[tokio::test]
async fn dis_10_a_lead_that_passes_on_overdue_is_one_mail_to_the_new_owner() {
    let world = World::new().await;
    // Level 1 and the next user are due at the same time: 120 working minutes.
    world.settings(|s| s.reassign_after = 120).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T11:05:00Z").await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "ben.krause");
    let mails = read_by(&world, "ben.krause");
    assert_eq!(mails.len(), 1, "{mails:?}");
    insta::assert_snapshot!("overdue", mails[0]);
    let anna: Vec<String> = read_by(&world, "anna.vogt").iter().map(|mail| mail.lines().next().unwrap().to_owned()).collect();
    assert_eq!(anna.len(), 3, "assigned, reminder, passed on: {anna:?}");
    assert!(anna[2].starts_with("Weitergegeben"), "{anna:?}");
    assert_eq!(read_by(&world, "helga.stern").len(), 1);
}

/// DIS-7, ESC-6: a lead that is assigned at night and due at opening is one mail in the morning, and its new owner has time to act.
#[tokio::test]
async fn dis_7_a_lead_assigned_at_night_and_due_at_opening_is_one_mail_with_time_to_act() {
    let world = World::at("2026-11-23T15:00:30Z").await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T18:00:00Z").await;
    assign(&world, ADMIN, id, json!({"user": "ben.krause"})).await;
    // Half a minute of the two hours is left for the morning.
    world.advance_to("2026-11-24T07:25:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 0);
    let mails = read_by(&world, "ben.krause");
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].starts_with("Ne"), "{mails:?}");
    world.advance_to("2026-11-24T07:35:00Z").await;
    assert_eq!((world.page(id).await.lead.level(), read_by(&world, "ben.krause").len()), (1, 2));
}

/// LEAD-4: a task is reported to the user who must do it, unless they made it themself.
#[tokio::test]
async fn lead_4_a_task_given_to_a_user_is_reported_to_them() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let task =
        |assignee: &str| json!({"title": "Probefahrt vorbereiten", "start": "2026-11-24T09:00:00Z", "minutes": 30, "assignee": assignee});
    let made = world.post("anna.vogt", &format!("/leads/{id}/tasks"), &task("ben.krause")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/tasks"), &task("anna.vogt")).await.status, 201);
    world.system.settle().await;
    insta::assert_snapshot!("task", read_by(&world, "ben.krause").join("\n---\n"));
    assert_eq!(read_by(&world, "anna.vogt").len(), 1, "only the notice of the lead");
    // A task that changes hands before the notice is sent is reported to the last assignee only.
    world.advance_to("2026-11-23T18:00:00Z").await;
    let path = format!("/leads/{id}/tasks/{}", made.text("/id"));
    let give = async |to: &str| {
        let request = crate::support::world::Request::patch("helga.stern", &path).headers(&[("content-type", "application/json")]);
        let reply = world.call(request.body(json!({"assignee": to}).to_string().as_bytes())).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    give("clara.henning").await;
    give("david.roth").await;
    world.advance_to("2026-11-24T07:10:00Z").await;
    assert_eq!([read_by(&world, "clara.henning").len(), read_by(&world, "david.roth").len()], [0, 1]);
}

/// LEAD-6: a further deadline that passes unmet is reported to the owner once, and again after it was moved.
#[tokio::test]
async fn lead_6_a_further_deadline_that_passes_is_reported_to_the_owner() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    assert_eq!(world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    let set = async |title: &str, due: &str| {
        let made = world.post("anna.vogt", &format!("/leads/{id}/deadlines"), &json!({"title": title, "at": due})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.headers["location"].to_str().unwrap().to_owned()
    };
    let (offer, call) = (set("Angebot senden", "2026-11-23T14:00:00Z").await, set("Anrufen", "2026-11-23T14:30:00Z").await);
    world.system.settle().await;
    let before = read_by(&world, "anna.vogt").len();
    assert_eq!(world.post("anna.vogt", &format!("{call}/completion"), &json!({})).await.status, 200);
    world.advance_to("2026-11-23T15:30:00Z").await;
    let mails = read_by(&world, "anna.vogt").split_off(before);
    assert_eq!(mails.len(), 1, "the other deadline was met: {mails:?}");
    insta::assert_snapshot!("deadline", mails[0]);
    let request = crate::support::world::Request::patch("anna.vogt", &offer).headers(&[("content-type", "application/json")]);
    let moved = world.call(request.body(json!({"at": "2026-11-23T16:00:00Z"}).to_string().as_bytes())).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(read_by(&world, "anna.vogt").len(), before + 2);
}

/// ESC-3: level 2 reaches the supervisor although their notices are off; level 1 of a seller with notices off is not sent.
#[tokio::test]
async fn esc_3_level_2_reaches_a_supervisor_whose_notices_are_off() {
    let world = World::new().await;
    change_user(&world, "helga.stern", |user| user.notices = false).await;
    change_user(&world, "anna.vogt", |user| user.notices = false).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
    assert!(read_by(&world, "anna.vogt").is_empty(), "{:?}", world.mails());
    let mails = read_by(&world, "helga.stern");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Anna Vogt") && !mails[0].contains("anna.vogt"), "people appear by name: {mails:?}");
}

/// ESC-3, MSG-2: level 2 states the deadline that has passed. The new owner's notice states the end of their time to act.
#[tokio::test]
async fn msg_2_a_deadline_is_overdue_only_after_its_time() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    // Level 2 is at 11:00 on Tuesday, and the owner moves level 1 close to it.
    let body = json!({"at": "2026-11-24T10:55:00Z"});
    let moved =
        world.call(crate::support::world::Request::patch("anna.vogt", &format!("/leads/{id}/deadlines/first-contact")).json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-24T10:50:00Z").await;
    assign(&world, ADMIN, id, json!({"user": "ben.krause"})).await;
    world.advance_to("2026-11-24T11:02:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.level(), lead.plan.unwrap().step(forecourt_domain::base::StepKind::Level1).unwrap().fired), (2, None));
    let of = |user: &str, subject: &str| read_by(&world, user).into_iter().filter(|mail| mail.starts_with(subject)).collect::<Vec<_>>();
    let (level_2, new) = (of("helga.stern", "Stufe 2"), of("ben.krause", "Neue Anfrage"));
    assert!(level_2.len() == 1 && level_2[0].contains("überfällig seit 24.11.2026, 11:55 Uhr"), "{level_2:?}");
    assert!(new.len() == 1 && new[0].contains("zu beantworten bis 24.11.2026, 12:") && !new[0].contains("überfällig"), "{new:?}");
}

/// ESC-3, DIS-4: a notice whose recipient has left the group goes on to the next person.
#[tokio::test]
async fn esc_3_a_notice_goes_on_if_its_recipient_has_left_the_group() {
    let world = World::new().await;
    let now = at("2026-11-23T09:00:00Z");
    change_user(&world, "helga.stern", |user| user.left = Some(now)).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    assert_eq!(world.page(id).await.lead.level(), 2);
    let level_2: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("Stufe 2")).collect();
    assert!(level_2.len() == 1 && level_2[0].contains(ADMIN), "the administrator is next: {:?}", world.mails());
    // The seller's notices go to their supervisor or, as she has left too, to the next one.
    change_user(&world, "ben.krause", |user| user.left = Some(now)).await;
    assign(&world, "gina.group", id, json!({"user": "ben.krause"})).await;
    let instead = read_by(&world, ADMIN);
    assert!(instead.iter().any(|mail| mail.contains("in Vertretung für Ben Krause")), "{instead:?}");
}

/// MSG-2: the subject of a mail with several notices states the highest level of escalation, in the reader's language.
#[tokio::test]
async fn msg_2_the_subject_of_a_digest_states_its_escalation() {
    // Sunday evening: everything waits for Monday.
    let world = World::at("2026-11-23T09:00:00Z").await;
    for dealer in [NORDSTERN, "lakeside-motors-demo", "grachten-autos-demo"] {
        world.settings_of(dealer, |s| s.members.iter_mut().skip(1).for_each(|m| m.receives_leads = false)).await;
        for name in ["lee", "kim"] {
            let body = json!({"source": "website", "contact": {"last_name": name, "email": format!("{name}@example.com")}});
            assert_eq!(world.post("partner:portal-demo", &format!("/dealers/{dealer}/leads"), &body).await.status, 201);
        }
    }
    world.advance_to("2026-11-25T18:00:00Z").await;
    let mut subjects: Vec<String> =
        world.system.mailbox.mails().iter().map(|mail| mail.subject.clone()).filter(|s| s.starts_with("2 ")).collect();
    subjects.sort();
    subjects.dedup();
    insta::assert_snapshot!("digests", subjects.join("\n"));
}
