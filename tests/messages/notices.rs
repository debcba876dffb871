//! Notices: their recipients, their languages, and the delivery state of each message (DIS-4, ESC-6, MSG-1, MSG-2, SET-7).

use crate::support::world::{ADMIN, World, at, enquiry};
use async_trait::async_trait;
use forecourt_domain::base::UserId;
use forecourt_domain::messages::{Message, MessageState};
use forecourt_domain::settings::Absence;
use forecourt_edge::Platform;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use forecourt_store::keys::{DueKind, WakeUp, WakeUpTarget};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn dis_4_a_deputy_gets_the_notices_of_an_absent_user() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world
        .settings(|s| {
            let absence = Absence {
                from: at("2026-11-23T09:30:00Z"),
                until: at("2026-11-24T00:00:00Z"),
                deputy: Some(UserId::parse("felix.lang").unwrap()),
                hand_over: None,
            };
            s.members.iter_mut().find(|m| m.user.as_str() == "anna.vogt").unwrap().absences.push(absence);
        })
        .await;
    world.advance_to("2026-11-23T11:00:00Z").await;
    let readers: Vec<_> = world.mails().iter().map(|mail| mail.split([' ', ':']).nth(4).unwrap().to_owned()).collect();
    assert_eq!(readers, ["anna.vogt", "felix.lang", "felix.lang"], "{:?}", world.mails());
    // Meanwhile the deputy sees the lead and works on it.
    assert_eq!(world.get("felix.lang", &format!("/leads/{id}")).await.status, 200);
    assert_eq!(world.post("felix.lang", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status, 200);
}

#[tokio::test]
async fn msg_1_a_lead_reassigned_before_its_notice_is_sent_notifies_only_the_new_owner() {
    // Sunday: no notice is sent before Monday.
    let world = World::at("2026-11-22T12:00:00Z").await;
    let id = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "ben.krause"})).await;
    world.advance_to("2026-11-23T07:05:00Z").await;
    let notices: Vec<_> = world.mails().into_iter().filter(|mail| mail.contains("Neue Anfrage")).collect();
    assert!(notices.len() == 1 && notices[0].contains("ben.krause"), "{notices:?}");
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let messages =
        page.body["messages"].as_array().unwrap().iter().map(|m| format!("{} {} {}", m["about"], m["fate"], m["to"]).replace('"', ""));
    let mut messages: Vec<String> = messages.collect();
    messages.sort();
    let expected = ["assigned dropped null", "assigned sent ben.krause", "passed dropped null", "passed sent helga.stern"];
    assert_eq!(messages, expected, "a former owner who was never notified need not learn that it has gone on");
}

#[tokio::test]
async fn msg_2_notices_are_in_the_readers_language() {
    let world = World::new().await;
    for dealer in ["autohaus-nordstern-demo", "lakeside-motors-demo", "harbour-cars-demo", "grachten-autos-demo"] {
        let body = json!({"source": "website", "contact": {"last_name": "Lee", "email": "lee@example.com"}, "vehicle": {"make": "MG", "model": "MG4"}});
        assert_eq!(world.post("partner:portal-demo", &format!("/dealers/{dealer}/leads"), &body).await.status, 201);
    }
    world.advance_to("2026-11-23T15:05:00Z").await;
    let number = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect::<String>();
    let first = |from: &str| {
        world
            .system
            .mailbox
            .mails()
            .into_iter()
            .find(|mail| mail.from_name == from)
            .map(|mail| number(&format!("{}\n{}", mail.subject, mail.text)))
    };
    insta::assert_snapshot!(first("Autohaus Nordstern").unwrap());
    insta::assert_snapshot!(first("Lakeside Motors").unwrap());
    insta::assert_snapshot!(first("Grachten Auto's").unwrap());
}

/// A provider that fails with the given errors in turn, then accepts everything.
struct Flaky {
    failures: Mutex<Vec<Undelivered>>,
    carried: Mutex<Vec<Mail>>,
}

#[async_trait]
impl Carrier for Flaky {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        self.carried.lock().unwrap().push(mail.clone());
        Ok("id".into())
    }
}

async fn sent_through(failures: Vec<Undelivered>) -> (Vec<MessageState>, usize) {
    sent_times(12, failures).await
}

async fn sent_times(times: usize, failures: Vec<Undelivered>) -> (Vec<MessageState>, usize) {
    sent_from("2026-11-23T09:00:00Z", times, failures).await
}

async fn sent_from(now: &str, times: usize, failures: Vec<Undelivered>) -> (Vec<MessageState>, usize) {
    let world = World::at(now).await;
    let id = world.lead(&enquiry("jana")).await;
    let flaky = Arc::new(Flaky { failures: Mutex::new(failures), carried: Mutex::default() });
    let platform: Platform = world.system.platform.of("send");
    let sender = Sender { platform, carrier: flaky.clone(), texts: Arc::new(Texts::new(world.system.platform.console.clone()).unwrap()) };
    let wake_up = WakeUp {
        kind: DueKind::Send,
        group: world.scope().group().clone(),
        dealer: crate::support::world::dealer(crate::support::world::NORDSTERN),
        target: WakeUpTarget::Message { lead: id, message: "assigned-1".into() },
    };
    let mut states = Vec::new();
    for _ in 0..times {
        let event = json!({"Records": [{"messageId": "1", "body": json!(wake_up).to_string()}]});
        let response = sender.handle(serde_json::from_value(event).unwrap()).await;
        assert_eq!(response.batch_item_failures.len(), 0);
        let message: Message = world.page(id).await.messages.remove(0);
        if let Some(due) = message.due() {
            world.system.clock.freeze_at(due);
        }
        states.push(message.state);
    }
    let carried = flaky.carried.lock().unwrap().len();
    (states, carried)
}

#[tokio::test]
async fn msg_1_a_temporary_failure_is_retried_and_a_permanent_one_is_shown() {
    let later = || Undelivered::Later("throttled".into());
    let (states, carried) = sent_through(vec![later(), later()]).await;
    assert!(matches!(states[0], MessageState::Queued { attempts: 1, due, .. } if due == at("2026-11-23T09:02:00Z")), "{:?}", states[0]);
    assert!(matches!(states[2], MessageState::Sent { .. }));
    assert_eq!(carried, 1);

    let (states, carried) = sent_through(vec![Undelivered::Never("rejected".into())]).await;
    assert!(matches!(&states[0], MessageState::Failed { why, .. } if why == "rejected"));
    assert_eq!(carried, 0);

    // Three days of attempts, in opening hours.
    let (states, carried) = sent_times(90, (0..100).map(|_| later()).collect()).await;
    let failed = states.iter().position(|state| matches!(state, MessageState::Failed { .. }));
    assert!(failed.is_some_and(|failed| failed > 71), "{failed:?}");
    assert_eq!(carried, 0);
    // Without an answer each time, the reader may have had it eight times.
    let (states, _) = sent_through((0..20).map(|_| Undelivered::Unclear("no answer".into())).collect()).await;
    let seven = states.iter().filter(|state| matches!(state, MessageState::Queued { attempts: 7, .. })).count();
    assert!(seven > 0 && matches!(&states[11], MessageState::Failed { why, .. } if why == NO_ANSWER), "{states:?}");
}

/// The reason of a notice that had no answer in eight attempts, with the provider's last error.
const NO_ANSWER: &str = "no answer in eight attempts; it may have arrived: no answer";

/// MSG-1: after hours of known failures, one attempt without an answer does not end a notice.
#[tokio::test]
async fn msg_1_known_failures_do_not_count_as_attempts_without_an_answer() {
    let mut failures = vec![Undelivered::Unclear("no answer".into())];
    failures.extend((0..10).map(|_| Undelivered::Later("unavailable".into())));
    let (states, carried) = sent_times(14, failures).await;
    assert!(states.iter().any(|state| matches!(state, MessageState::Queued { attempts: 10, unclear: 0, .. })), "{states:?}");
    assert!(states.iter().any(|state| matches!(state, MessageState::Queued { attempts: 11, unclear: 1, .. })), "{states:?}");
    assert!(matches!(states.last(), Some(MessageState::Sent { .. })), "{states:?}");
    assert_eq!(carried, 1);
}

/// MSG-1: a provider that throttles, or whose quota is used up, uses up no attempt; the pauses grow, up to a quarter of an hour and a half.
#[tokio::test]
async fn msg_1_a_busy_provider_uses_up_no_attempt() {
    let busy = || Undelivered::Busy("Maximum sending rate exceeded".into());
    let (states, carried) = sent_times(12, (0..11).map(|_| busy()).collect()).await;
    let mut before = at("2026-11-23T09:00:00Z");
    for state in &states[..11] {
        let MessageState::Queued { attempts: 0, due, .. } = state else { panic!("{state:?}") };
        let pause = (*due - before).num_seconds();
        assert!((60..=1_350).contains(&pause), "{pause}");
        before = *due;
    }
    assert!(matches!(states[11], MessageState::Sent { .. }), "{:?}", states[11]);
    assert_eq!(carried, 1);
}

/// ESC-6: a mail whose sending failed before closing waits for the next opening, like any other held mail.
#[tokio::test]
async fn esc_6_a_failed_mail_is_not_retried_at_night() {
    let later = || Undelivered::Later("throttled".into());
    let (states, carried) = sent_from("2026-11-23T16:55:00Z", 12, vec![later(), later()]).await;
    assert!(matches!(states[1], MessageState::Queued { attempts: 2, due, .. } if due == at("2026-11-23T17:01:00Z")), "{:?}", states[1]);
    assert!(matches!(states[2], MessageState::Queued { attempts: 2, due, .. } if due == at("2026-11-24T07:00:43Z")), "{:?}", states[2]);
    assert_eq!(carried, 1);
}

#[tokio::test]
async fn msg_1_a_name_cannot_break_the_mime_headers_of_a_mail() {
    let world = World::new().await;
    let body = json!({"contact": {"last_name": "Ünal =?utf-8?q?x?= \"<a@b.c>", "email": "u@example.com"}});
    world.lead(&body).await;
    world.system.settle().await;
    let mail = &world.system.mailbox.mails()[0];
    let mime = String::from_utf8(mail.mime("desk@forecourt.example").unwrap()).unwrap();
    let (headers, _) = mime.split_once("\r\n\r\n").unwrap();
    assert_eq!(headers.lines().filter(|line| line.starts_with("Subject:") || line.starts_with("To:")).count(), 2, "{headers}");
    assert!(headers.is_ascii());
    assert!(headers.contains("Auto-Submitted: auto-generated"));
}

#[tokio::test]
async fn esc_6_an_obsolete_held_notice_does_not_delay_other_notices() {
    // Sunday: five notices for each seller are held until Monday.
    let world = World::at("2026-11-22T12:00:00Z").await;
    let mut annas = Vec::new();
    for i in 0..35 {
        let id = world.lead(&enquiry(&format!("n{i}"))).await;
        if world.page(id).await.lead.owner.unwrap().as_str() == "anna.vogt" {
            annas.push(id);
        }
    }
    world.advance_to("2026-11-22T13:00:00Z").await;
    // One of Anna's leads is answered, whichever notice is first in the mail.
    annas.sort();
    world.post("anna.vogt", &format!("/leads/{}/reactions", annas[0]), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T07:02:00Z").await;
    let hers: Vec<_> = world.mails().into_iter().filter(|mail| mail.contains("anna.vogt")).collect();
    assert_eq!(hers, ["11-23 07:00:43 anna.vogt: 4 Anfragen warten auf Sie"]);
    assert_eq!(world.mails().len(), 7);
}

#[tokio::test]
async fn msg_1_a_digest_of_a_crashed_sender_is_sent_again_with_the_same_id() {
    let world = World::at("2026-11-22T12:00:00Z").await;
    for i in 0..14 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    world.advance_to("2026-11-22T13:00:00Z").await;
    world.system.clock.freeze_at(at("2026-11-23T07:00:43Z"));
    // The sender crashes after the provider accepted the mail: nothing is recorded, and the lease expires.
    let lost = Arc::new(AcceptingProvider::default());
    let sender = Sender {
        platform: world.system.platform.of("send"),
        carrier: lost.clone(),
        texts: Arc::new(Texts::new(world.system.platform.console.clone()).unwrap()),
    };
    let wake_ups = world.store.due(at("2026-11-23T07:00:43Z"), 100).await.unwrap();
    let (_, wake_up) = wake_ups.iter().find(|(_, wake_up)| wake_up.kind == DueKind::Send).unwrap();
    let event = json!({"Records": [{"messageId": "1", "body": json!(wake_up).to_string()}]});
    let task = tokio::spawn(async move { sender.handle(serde_json::from_value(event).unwrap()).await });
    while lost.carried.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    let first = lost.carried.lock().unwrap()[0].clone();
    // Meanwhile one of the mail's two leads is answered, so its text is shorter. It keeps the same message id.
    let lead = first.text.split("/leads/").nth(1).unwrap()[..10].to_owned();
    world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T07:10:00Z").await;
    // No wake-up announces the end of a lease: the sweep finds it.
    world.system.outbox.sweep().await.unwrap();
    world.advance_to("2026-11-23T07:20:00Z").await;
    let again = world.system.mailbox.mails().into_iter().filter(|mail| mail.id == first.id).count();
    let ids: Vec<_> = world.system.mailbox.mails().into_iter().map(|mail| mail.id).collect();
    assert_eq!((again, ids.len()), (1, 7), "{} {ids:?} {:?}", first.id, world.mails());
}

/// A provider that accepts the mail and never responds.
#[derive(Default)]
struct AcceptingProvider {
    carried: Mutex<Vec<Mail>>,
}

#[async_trait]
impl Carrier for AcceptingProvider {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        self.carried.lock().unwrap().push(mail.clone());
        std::future::pending().await
    }
}

#[tokio::test]
async fn esc_6_a_step_due_at_closing_is_mailed_even_if_it_fires_seconds_later() {
    // Harbour Cars closes at 18:00. From 16:30, 90 working minutes end exactly at closing.
    let world = World::at("2026-11-23T16:30:00Z").await;
    let lead = world.post("gina.group", "/dealers/harbour-cars-demo/leads", &enquiry("late")).await;
    assert_eq!(lead.text("/deadline"), "2026-11-23T18:00:00Z");
    world.advance_to("2026-11-23T17:59:00Z").await;
    world.system.clock.freeze_at(at("2026-11-23T18:00:02Z"));
    world.system.settle().await;
    assert!(world.mails().last().unwrap().starts_with("11-23 18:00:02 amelia.hart: Overdue"), "{:?}", world.mails());
}

#[tokio::test]
async fn esc_9_a_held_notice_of_a_step_before_the_reopening_is_dropped() {
    // Lakeside's level 2 is four hours after level 1: at night, so its mail is held.
    let world = World::at("2026-11-24T00:30:00Z").await;
    let reply = world.post("gina.group", "/dealers/lakeside-motors-demo/leads", &enquiry("late")).await;
    let path = format!("/leads/{}/status", reply.text("/id"));
    world.advance_to("2026-11-24T05:40:00Z").await;
    assert_eq!(world.page(reply.text("/id").parse().unwrap()).await.lead.level(), 2);
    world.post("alice.moore", &path, &json!({"status": "lost", "reason": "other"})).await;
    world.post("alice.moore", &path, &json!({"status": "in_progress"})).await;
    world.advance_to("2026-11-24T15:10:00Z").await;
    assert!(!world.mails().iter().any(|mail| mail.contains("Level 2")), "{:?}", world.mails());
}

#[tokio::test]
async fn acc_1_a_held_notice_is_dropped_after_its_lead_moves_to_another_dealer() {
    let world = World::at("2026-11-24T00:30:00Z").await;
    let reply = world.post("gina.group", "/dealers/lakeside-motors-demo/leads", &enquiry("late")).await;
    world.advance_to("2026-11-24T05:40:00Z").await;
    let before = world.mails().len();
    let moved =
        world.post("dan.rivera", &format!("/leads/{}/assignment", reply.text("/id")), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.advance_to("2026-11-24T15:10:00Z").await;
    let after = world.mails().split_off(before);
    assert!(after.iter().all(|mail| !mail.contains("dan.rivera")), "{after:?}");
    assert!(after.iter().any(|mail| mail.contains("amelia.hart: New lead")), "{after:?}");
}

#[tokio::test]
async fn esc_8_a_held_reminder_is_not_sent_after_level_1() {
    // Wednesday, 16:00:20 in Berlin. Level 1 is due on Thursday at 8:00:20, between the opening and the time at which held mail is
    // sent. The wake-up of the reminder is lost, and the reminder happens at night.
    let world = World::at("2026-11-25T15:00:20Z").await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-25T20:00:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    world.advance_to("2026-11-26T07:10:00Z").await;
    let n = id.spoken();
    let notices: Vec<_> = world.mails().into_iter().skip(1).collect();
    assert_eq!(notices, [format!("11-26 07:00:20 anna.vogt: Überfällig: Anfrage {n} ist unbeantwortet")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn esc_6_sixty_held_notices_to_one_reader_are_sent_in_a_few_mails() {
    // Sunday. Every lead is assigned to the same seller by hand.
    let world = World::at("2026-11-22T12:00:00Z").await;
    for i in 0..60 {
        let id = world.lead(&enquiry(&format!("n{i}"))).await;
        world.post(ADMIN, &format!("/leads/{id}/assignment"), &json!({"user": "anna.vogt"})).await;
    }
    world.advance_to("2026-11-23T07:10:00Z").await;
    let mails = world.system.mailbox.mails();
    let sizes_of = |user: &str| -> Vec<usize> {
        mails.iter().filter(|mail| mail.to.starts_with(user)).map(|mail| mail.text.matches("/leads/").count()).collect()
    };
    let supervisor = sizes_of("helga.stern");
    assert!(supervisor.iter().sum::<usize>() > 50 && supervisor.len() <= 6, "the supervisor learns of reassigned leads: {supervisor:?}");
    let sizes = sizes_of("anna.vogt");
    assert_eq!(sizes.iter().sum::<usize>(), 60, "{sizes:?}");
    assert_eq!(mails.iter().filter(|mail| !mail.to.starts_with("anna.vogt") && !mail.to.starts_with("helga.stern")).count(), 0);
    assert!(sizes.len() <= 6 && sizes.contains(&25), "{sizes:?}");
}

#[tokio::test]
async fn esc_3_the_fallback_user_who_is_notified_of_level_2_can_open_the_lead() {
    let world = World::new().await;
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|m| m.supervisor = None);
            s.fallback_user = Some(UserId::parse("felix.lang").unwrap());
        })
        .await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-24T11:00:00Z").await;
    assert!(world.mails().last().unwrap().contains("felix.lang: Stufe 2"), "{:?}", world.mails());
    assert_eq!(world.get("felix.lang", &format!("/leads/{id}")).await.status, 200);
    assert_eq!(world.get("ben.krause", &format!("/leads/{id}")).await.status, 404);
}

#[tokio::test]
async fn esc_8_each_step_of_leads_received_while_closed_is_one_mail_for_each_reader() {
    // Sunday: 21 leads, three for each seller, all due on Monday at 10:00 in Berlin.
    let world = World::at("2026-11-22T12:00:00Z").await;
    for i in 0..21 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    world.advance_to("2026-11-24T10:00:00Z").await;
    let at = |time: &str| world.mails().into_iter().filter(|mail| mail.starts_with(time)).count();
    // New leads, reminder, level 1: one mail each to seven sellers. Level 2: one mail to their supervisor.
    assert_eq!(
        [at("11-23 07:00:43"), at("11-23 08:30:00"), at("11-23 09:00:00"), at("11-24 09:00:00")],
        [7, 7, 7, 1],
        "{:#?}",
        world.mails()
    );
    assert_eq!(world.mails().len(), 22);
}
