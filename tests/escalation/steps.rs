//! Reminder, level 1, level 2, and the reactions that stop them (ESC-1 to ESC-3, ESC-5 to ESC-10).

use crate::support::world::{World, at, enquiry};
use forecourt_domain::base::{LeadId, StepKind};
use forecourt_domain::lead::{Event, Lead};
use serde_json::json;

fn step(lead: &Lead, kind: StepKind) -> (String, Option<String>) {
    let text = |at: chrono::DateTime<chrono::Utc>| at.format("%m-%dT%H:%M").to_string();
    let step = lead.plan.as_ref().unwrap().step(kind).unwrap();
    (text(step.due), step.fired.map(text))
}

async fn steps_on_timeline(world: &World, lead: LeadId) -> Vec<StepKind> {
    let page = world.page(lead).await;
    let events = page.timeline.iter().flat_map(|entry| entry.events.clone());
    events.filter_map(|event| if let Event::Step { step, .. } = event { Some(step) } else { None }).collect()
}

/// ESC-1, ESC-2, ESC-3: the steps of an unanswered lead happen in order and once, also with double delivery.
#[tokio::test]
async fn esc_1_2_3_the_steps_of_an_unanswered_lead_happen_in_order_and_once() {
    // Monday 10:00 in Berlin; level 1 after 120 working minutes, the reminder 30 minutes before, level 2 a day after level 1.
    for world in [World::new().await, World::delivering_twice().await] {
        let id = world.lead(&enquiry("jana")).await;
        world.advance_to("2026-11-30T09:00:00Z").await;
        let n = id.spoken();
        assert_eq!(
            world.mails(),
            [
                format!("11-23 09:00:00 anna.vogt: Neue Anfrage {n}: jana"),
                format!("11-23 10:30:00 anna.vogt: Erinnerung: Anfrage {n} ist bis 23.11.2026, 12:00 Uhr zu beantworten"),
                format!("11-23 11:00:00 anna.vogt: Überfällig: Anfrage {n} ist unbeantwortet"),
                format!("11-24 11:00:00 helga.stern: Stufe 2: Anfrage {n} (zuständig: Anna Vogt) ist weiterhin unbeantwortet"),
            ]
        );
        assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Reminder, StepKind::Level1, StepKind::Level2]);
        assert_eq!(world.page(id).await.lead.level(), 2);
    }
}

#[tokio::test]
async fn esc_2_a_reminder_before_the_arrival_is_skipped() {
    let world = World::new().await;
    world.settings(|s| (s.escalation.level_1, s.escalation.reminder) = (20, 30)).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Level1]);
}

#[tokio::test]
async fn esc_3_level_2_counts_from_the_due_time_of_level_1_not_from_a_late_firing() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-23T16:00:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    let lead = world.page(id).await.lead;
    assert_eq!(step(&lead, StepKind::Level1), ("11-23T11:00".into(), Some("11-23T16:00".into())));
    assert_eq!(step(&lead, StepKind::Level2).0, "11-24T11:00");
}

#[tokio::test]
async fn esc_5_a_step_that_falls_on_a_day_off_happens_at_the_next_opening() {
    // Thursday 24 December, 17:00 in Berlin. Level 1 is due on Thursday the 31st at 10:00 (holidays and company holidays between);
    // level 2 would be on New Year's Day, a day off, and happens on Saturday at 9:00.
    let world = World::at("2026-12-24T16:00:00Z").await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2027-01-04T09:00:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!(step(&lead, StepKind::Level1), ("12-31T08:00".into(), Some("12-31T08:00".into())));
    assert_eq!(step(&lead, StepKind::Level2), ("01-01T08:00".into(), Some("01-02T08:00".into())));
}

/// ESC-5, ESC-6: Sundays and nights delay the mail of a step, not the step.
#[tokio::test]
async fn esc_5_sundays_and_nights_delay_only_the_mail_of_a_step() {
    // Saturday 10:00 in Berlin: level 1 at 11:00, level 2 on Sunday at 11:00.
    let world = World::at("2026-11-28T09:00:00Z").await;
    world.settings(|s| (s.escalation.level_1, s.escalation.level_2) = (60, 1440)).await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-29T12:00:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!(step(&lead, StepKind::Level2), ("11-29T10:00".into(), Some("11-29T10:00".into())));
    assert!(!world.mails().iter().any(|mail| mail.contains("Stufe 2")));
    world.advance_to("2026-11-30T07:05:00Z").await;
    assert!(
        world.mails().iter().any(|mail| mail.starts_with("11-30 07:0") && mail.contains("helga.stern: Stufe 2")),
        "{:?}",
        world.mails()
    );
}

#[tokio::test]
async fn esc_6_a_level_1_due_at_closing_is_mailed_at_once() {
    // Monday 16:00 in Berlin: 120 working minutes run out exactly at closing.
    let world = World::at("2026-11-23T15:00:00Z").await;
    world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T22:00:00Z").await;
    assert!(world.mails().iter().any(|mail| mail.starts_with("11-23 17:00:00 anna.vogt: Überfällig")), "{:?}", world.mails());
}

/// ESC-6: mail that waited for the opening is sent only if it still applies.
#[tokio::test]
async fn esc_6_held_mail_is_sent_only_if_it_still_applies() {
    // The leads come in on a Sunday, when the dealer is closed.
    let world = World::at("2026-11-22T12:00:00Z").await;
    let answered = world.lead(&enquiry("answered")).await;
    let open = world.lead(&enquiry("open")).await;
    world.advance_to("2026-11-22T20:00:00Z").await;
    assert_eq!(world.mails(), Vec::<String>::new());
    let reply = world.post("anna.vogt", &format!("/leads/{answered}/reactions"), &json!({"kind": "reply"})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.advance_to("2026-11-23T07:05:00Z").await;
    assert_eq!(world.mails().len(), 1);
    assert!(world.mails()[0].contains(&open.spoken()));
}

/// ESC-7: the seller's reaction stops the response clock, and the response time is recorded.
#[tokio::test]
async fn esc_7_the_sellers_reaction_stops_the_clock_and_records_the_response_time() {
    for (kind, stops) in [("reply", true), ("call_reached", true), ("contact_made", true), ("call_missed", false)] {
        // Monday 12:00: half an hour to the lunch break, and 10 minutes after it, are 40 working minutes.
        let world = World::at("2026-11-23T11:00:00Z").await;
        let id = world.lead(&enquiry("jana")).await;
        world.advance_to("2026-11-23T12:40:00Z").await;
        let reply = world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": kind})).await;
        assert_eq!(reply.status, 200);
        if stops {
            assert_eq!(
                (&reply.body["reaction"]["working_seconds"], &reply.body["reaction"]["clock_seconds"]),
                (&json!(2400), &json!(6000))
            );
        }
        world.advance_to("2026-11-30T09:00:00Z").await;
        assert_eq!(steps_on_timeline(&world, id).await.is_empty(), stops, "{kind}");
    }
}

#[tokio::test]
async fn esc_7_only_the_first_reaction_counts_and_won_and_lost_are_reactions() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let won = world.post("anna.vogt", &format!("/leads/{id}/status"), &json!({"status": "won"})).await;
    assert_eq!((won.text("/status"), won.text("/reaction/kind"), &won.body["reaction"]["clock_seconds"]), ("won", "reply", &json!(0)));
    let lost = world.lead(&enquiry("karl")).await;
    let reply = world.post("ben.krause", &format!("/leads/{lost}/status"), &json!({"status": "lost", "reason": "spam"})).await;
    assert_eq!((reply.text("/lost_reason"), reply.text("/reaction/kind")), ("spam", "lost"));
    let clash = world.post("ben.krause", &format!("/leads/{lost}/status"), &json!({"status": "won"})).await;
    assert_eq!(clash.status, 409);
}

/// ESC-8: after an outage, late steps happen at once, and each recipient gets one notice for all of them.
#[tokio::test]
async fn esc_8_late_steps_after_an_outage_fire_at_once_with_one_notice_for_each_reader() {
    let world = World::new().await;
    let mut leads = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        leads.push(world.lead(&enquiry(name)).await);
    }
    world.system.settle().await;
    let before = world.mails().len();
    // The system is down for two days.
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-25T09:00:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.advance_to("2026-11-25T10:00:00Z").await;
    for id in &leads {
        assert_eq!(steps_on_timeline(&world, *id).await, [StepKind::Reminder, StepKind::Level1, StepKind::Level2]);
    }
    let late = world.mails().split_off(before);
    // Seven sellers, one of whom has two leads, and one supervisor: eight mails in all, not 24.
    let to = |reader: &str| late.iter().filter(|mail| mail.contains(&format!(" {reader}:"))).count();
    assert_eq!((late.len(), to("anna.vogt"), to("helga.stern")), (8, 1, 1), "{late:#?}");
    assert!(late.iter().any(|mail| mail.contains("helga.stern: 8 Anfragen warten auf Sie")), "{late:#?}");
}

#[tokio::test]
async fn esc_9_a_reopened_lead_has_a_new_deadline_and_its_old_timers_do_nothing() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    world.post("anna.vogt", &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "not_reached"})).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    // The supervisor reopens it: a reopening by the owner would keep the first deadline (ESC-12).
    let reopened = world.post("helga.stern", &format!("/leads/{id}/status"), &json!({"status": "in_progress"})).await;
    // 11:00 to 12:30 and 13:30 to 14:00 are 120 working minutes.
    assert_eq!(reopened.text("/deadline/due"), "2026-11-23T13:00:00Z");
    world.advance_to("2026-11-23T12:59:00Z").await;
    assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Reminder]);
    world.advance_to("2026-11-23T13:00:00Z").await;
    assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Reminder, StepKind::Level1]);
}

/// ESC-10: if every timer is lost, the sweep alone fires each step within 15 minutes.
#[tokio::test]
async fn esc_10_with_every_timer_lost_the_sweep_fires_each_step_within_15_minutes() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let mut now = at("2026-11-23T09:00:00Z");
    while now < at("2026-11-24T12:00:00Z") {
        world.system.agenda.lose_everything();
        now += chrono::TimeDelta::minutes(5);
        world.system.clock.freeze_at(now);
        world.system.outbox.sweep().await.unwrap();
        // Wake-ups that this sweep made due are lost too, so each sweep advances the lead by one stage.
        world.system.settle().await;
    }
    let lead = world.page(id).await.lead;
    for kind in [StepKind::Reminder, StepKind::Level1, StepKind::Level2] {
        let step = lead.plan.as_ref().unwrap().step(kind).unwrap();
        assert!(step.fired.unwrap() - step.at <= chrono::TimeDelta::minutes(15), "{kind:?}");
    }
    assert_eq!(world.mails().len(), 4);
}

/// SET-11: steps that have not fired follow the newer settings.
#[tokio::test]
async fn set_11_steps_that_have_not_fired_follow_newer_settings() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T10:45:00Z").await;
    assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Reminder]);
    world.settings(|s| s.escalation.level_1 = 240).await;
    world.advance_to("2026-11-23T11:30:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!(step(&lead, StepKind::Level1), ("11-23T14:00".into(), None));
    assert_eq!(step(&lead, StepKind::Reminder).1, Some("11-23T10:30".into()));
    world.advance_to("2026-11-23T14:00:00Z").await;
    assert_eq!(steps_on_timeline(&world, id).await, [StepKind::Reminder, StepKind::Level1]);
}
