//! The relay from the table's stream to queues and timers (ESC-10).

use crate::support::world::{World, at, enquiry};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_outbox::{LONGEST_DELAY, Outbox, WakeUps};
use forecourt_store::Failure;
use forecourt_store::keys::{DueKind, WakeUp, WakeUpTarget};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Recorded {
    messages: Mutex<Vec<(WakeUp, TimeDelta)>>,
    timers: Mutex<Vec<(WakeUp, DateTime<Utc>)>>,
    refuse: bool,
}

#[async_trait]
impl WakeUps for Recorded {
    async fn send(&self, wake_up: &WakeUp, delay: TimeDelta) -> Result<(), Failure> {
        if self.refuse {
            return Err(Failure::Unavailable("no".into()));
        }
        self.messages.lock().unwrap().push((wake_up.clone(), delay));
        Ok(())
    }
    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        self.timers.lock().unwrap().push((wake_up.clone(), at));
        Ok(())
    }
}

fn stream() -> aws_lambda_events::dynamodb::Event {
    serde_json::from_str(include_str!("../../events/outbox/stream.json")).unwrap()
}

fn message_of(wake_up: &WakeUp) -> Option<String> {
    if let WakeUpTarget::Message { message, .. } = &wake_up.target { Some(message.clone()) } else { None }
}

#[tokio::test]
async fn esc_10_a_stream_record_becomes_a_message_a_delayed_message_or_a_timer() {
    let world = World::new().await;
    let wakes = Arc::new(Recorded::default());
    let outbox = Outbox { platform: world.system.platform.clone(), wake_ups: wakes.clone(), delay: LONGEST_DELAY };
    let response = outbox.relay(stream()).await;
    assert_eq!(response.batch_item_failures.len(), 0);
    let messages: Vec<_> =
        wakes.messages.lock().unwrap().iter().map(|(wake_up, delay)| (wake_up.kind, message_of(wake_up), delay.num_seconds())).collect();
    assert_eq!(messages, [(DueKind::Send, Some("assigned-1".to_owned()), 0), (DueKind::Assign, None, 0), (DueKind::Escalate, None, 600)]);
    let timers: Vec<_> = wakes.timers.lock().unwrap().iter().map(|(wake_up, at)| (wake_up.kind, wake_up.about(), *at)).collect();
    assert_eq!(timers, [(DueKind::Escalate, "4829130576".to_owned(), at("2026-11-23T10:30:00Z"))]);
}

/// ESC-10: a claimed message has no `tell` attribute, so the end of its lease causes no wake-up. Only the sweep finds it.
#[tokio::test]
async fn esc_10_the_end_of_a_lease_causes_no_wake_up() {
    let world = World::new().await;
    let wakes = Arc::new(Recorded::default());
    let outbox = Outbox { platform: world.system.platform.clone(), wake_ups: wakes.clone(), delay: LONGEST_DELAY };
    let mut event = stream();
    for record in &mut event.records {
        let kept = record.change.new_image.iter().filter(|(name, _)| name.as_str() != forecourt_store::WAKE_UP);
        record.change.new_image =
            kept.map(|(name, value)| (name.clone(), value.clone())).collect::<std::collections::HashMap<_, _>>().into();
    }
    assert_eq!(outbox.relay(event).await.batch_item_failures.len(), 0);
    assert!(wakes.messages.lock().unwrap().is_empty() && wakes.timers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn esc_10_a_refusing_target_fails_only_its_own_records() {
    let world = World::new().await;
    let outbox = Outbox {
        platform: world.system.platform.clone(),
        wake_ups: Arc::new(Recorded { refuse: true, ..Recorded::default() }),
        delay: LONGEST_DELAY,
    };
    let failed: Vec<_> = outbox.relay(stream()).await.batch_item_failures.into_iter().filter_map(|f| f.item_identifier).collect();
    assert_eq!(failed, ["111", "333", "444"]);
}

#[tokio::test]
async fn esc_10_timer_names_differ_by_wake_up_and_fit_the_scheduler() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let due = world.store.due(at("2030-01-01T00:00:00Z"), 100).await.unwrap();
    let names: Vec<_> =
        due.iter().filter(|(_, wake_up)| wake_up.target.lead() == Some(id)).map(|(at, wake_up)| wake_up.timer_name(*at)).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
    for name in names {
        assert!(name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{name}");
    }
}

/// MSG-1, APT-6: webhooks have a queue of their own, so that slow receivers do not delay mail.
#[test]
fn apt_6_webhooks_have_a_queue_separate_from_mail() {
    let of = |kind: DueKind| kind.queue();
    assert_ne!(of(DueKind::Notify), of(DueKind::Send));
    assert_ne!(of(DueKind::Notify), of(DueKind::Deliver));
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml")).unwrap();
    for kind in DueKind::ALL {
        let (queue, setting) = (format!("{}{}Queue", of(kind)[..1].to_uppercase(), &of(kind)[1..]), of(kind).to_uppercase());
        for wanted in [
            format!("{setting}_QUEUE_URL: !Ref {queue}\n"),
            format!("{setting}_QUEUE_ARN: !GetAtt {queue}.Arn\n"),
            format!("            Queue: !GetAtt {queue}.Arn\n            BatchSize: "),
        ] {
            assert!(template.contains(&wanted), "{wanted}");
        }
    }
}
