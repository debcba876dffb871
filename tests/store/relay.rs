//! The relay from the table's stream to queues and timers (ESC-10).

use crate::support::world::{self, NORDSTERN, World, at, enquiry};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_local::engine;
use forecourt_outbox::{BATCH, LONGEST_DELAY, Outbox, WakeUps};
use forecourt_store::Failure;
use forecourt_store::keys::{DueKind, WakeUp, WakeUpTarget};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Recorded {
    messages: Mutex<Vec<(WakeUp, TimeDelta)>>,
    timers: Mutex<Vec<(WakeUp, DateTime<Utc>)>>,
    /// The number of requests to queues.
    requests: AtomicUsize,
    /// Whether the queues refuse every wake-up.
    refuse: bool,
    /// The only wake-up that the queues refuse.
    refused: Option<WakeUp>,
}

#[async_trait]
impl WakeUps for Recorded {
    async fn send(&self, batch: &[(WakeUp, TimeDelta)]) -> Vec<Result<(), Failure>> {
        assert!((1..=BATCH).contains(&batch.len()) && batch.iter().all(|(wake_up, _)| wake_up.kind.queue() == batch[0].0.kind.queue()));
        self.requests.fetch_add(1, SeqCst);
        let one = |(wake_up, delay): &(WakeUp, TimeDelta)| {
            if self.refuse || self.refused.as_ref() == Some(wake_up) {
                return Err(Failure::Unavailable("no".into()));
            }
            self.messages.lock().unwrap().push((wake_up.clone(), *delay));
            Ok(())
        };
        batch.iter().map(one).collect()
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

/// Returns a recorded destination, and an outbox that sends to it. The clock of `world` is ten minutes further, and every wake-up so far
/// is lost.
fn after_a_loss(world: &World, wakes: Recorded) -> (Arc<Recorded>, Outbox) {
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-23T09:10:00Z"));
    let wakes = Arc::new(wakes);
    (wakes.clone(), Outbox { platform: world.system.platform.clone(), wake_ups: wakes, delay: LONGEST_DELAY })
}

/// ESC-10: a sweep sends ten wake-ups with one request. One that a queue refuses stops none of the others, and the sweep reports the error.
#[tokio::test]
async fn esc_10_a_sweep_sends_in_batches_and_goes_on_after_an_error() {
    let world = World::new().await;
    for i in 0..25 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    let due: Vec<WakeUp> =
        world.store.due(at("2026-11-23T09:08:00Z"), 100).await.unwrap().into_iter().map(|(_, wake_up)| wake_up).collect();
    assert_eq!(due.len(), 25, "the notices to the owners");
    let (wakes, outbox) = after_a_loss(&world, Recorded { refused: Some(due[3].clone()), ..Recorded::default() });
    assert!(outbox.sweep().await.is_err());
    let mut sent: Vec<WakeUp> = wakes.messages.lock().unwrap().iter().map(|(wake_up, _)| wake_up.clone()).collect();
    assert_eq!((sent.len(), wakes.requests.load(SeqCst)), (24, 3));
    sent.push(due[3].clone());
    let set = |wake_ups: Vec<WakeUp>| wake_ups.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(sent), set(due));
}

/// ESC-10: entries that this release cannot read hide nothing from a sweep. They count for the alarm.
#[tokio::test]
async fn esc_10_entries_that_cannot_be_read_hide_nothing_from_a_sweep() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let client = engine::client(world::engine());
    let lead = client.get_item().table_name(&world.table).key("pk", text(&format!("demo-group#L#{id}"))).key("sk", text("@"));
    let shard = lead.send().await.unwrap().item.unwrap()["dpk"].clone();
    // They are in the shard of the lead, older than its notice, and more than one page of a query holds.
    let numbers: Vec<usize> = (0..1_200).collect();
    let place = format!("001795420000000#another_kind#{NORDSTERN}-{}", "x".repeat(900));
    for chunk in numbers.chunks(25) {
        let put = |number: &usize| {
            let item = PutRequest::builder().item("pk", text(&format!("demo-group#Z#{number}"))).item("sk", text("@"));
            let item = item.item("dpk", shard.clone()).item("dsk", text(&place)).build().unwrap();
            WriteRequest::builder().put_request(item).build()
        };
        client.batch_write_item().request_items(&world.table, chunk.iter().map(put).collect()).send().await.unwrap();
    }
    let (wakes, outbox) = after_a_loss(&world, Recorded::default());
    assert_eq!(outbox.sweep().await.unwrap(), numbers.len() + 1);
    let sent: Vec<_> = wakes.messages.lock().unwrap().iter().map(|(wake_up, _)| wake_up.target.lead()).collect();
    assert_eq!(sent, [Some(id)]);
    let overdue = world.store.overdue(at("2026-11-23T09:08:00Z"), 10, None).await;
    assert_eq!((overdue.unreadable, overdue.complete), (numbers.len(), true));
    assert_eq!(overdue.oldest, DateTime::from_timestamp_millis(1_795_420_000_000));
}

/// ESC-10: a sweep sends nothing after its deadline, and reports that. The next one finds all that was left.
#[tokio::test]
async fn esc_10_a_sweep_without_time_sends_nothing_and_the_next_one_sends_it() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let (wakes, outbox) = after_a_loss(&world, Recorded::default());
    let failure = outbox.sweep_until(Some(Instant::now())).await.unwrap_err();
    assert!(matches!(failure, Failure::Unavailable(_)) && failure.chain().contains("no time is left"), "{}", failure.chain());
    assert_eq!(wakes.requests.load(SeqCst), 0);
    assert_eq!(outbox.sweep_until(Some(Instant::now() + Duration::from_secs(60))).await.unwrap(), 1);
    let sent: Vec<_> = wakes.messages.lock().unwrap().iter().map(|(wake_up, _)| wake_up.target.lead()).collect();
    assert_eq!(sent, [Some(id)]);
}

/// ESC-10: in a sweep the groups take turns. A group whose wake-ups are few and late is not behind the thousands of another.
#[tokio::test]
async fn esc_10_in_a_sweep_the_groups_take_turns() {
    let world = World::new().await;
    for i in 0..60 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    world.system.clock.freeze_at(at("2026-11-23T09:01:00Z"));
    let rival = world.post("rival.seller", "/dealers/rival-dealer/leads", &enquiry("jana")).await;
    assert_eq!(rival.status, 201, "{}", rival.body);
    let (wakes, outbox) = after_a_loss(&world, Recorded::default());
    assert_eq!(outbox.sweep().await.unwrap(), 61);
    let messages = wakes.messages.lock().unwrap();
    let first = messages.iter().position(|(wake_up, _)| wake_up.group.as_str() == "rival-group");
    assert_eq!((messages.len(), first), (61, Some(1)), "it is in the first batch, although it is the youngest");
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
        let source = format!("            Queue: !GetAtt {queue}.Arn\n            BatchSize: ");
        for wanted in [format!("{setting}_QUEUE_URL: !Ref {queue}\n"), source] {
            assert!(template.contains(&wanted), "{wanted}");
        }
    }
}
