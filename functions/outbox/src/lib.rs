//! Relays what has become due (ESC-10): from the table's stream to queues and timers, and by the sweep what was lost on the way.
//!
//! It decides nothing. Where an item says that it wants to be looked at, its kind's queue is told: at once, by a delayed message if that is
//! within 15 minutes, else by a timer. A timer is never changed or taken back: who looks finds what is so then.

pub mod aws;

use async_trait::async_trait;
use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::Platform;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::WakeUp;
use forecourt_store::{Failure, WAKE_UP};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::sync::Arc;

/// Longest time that a queue can hold a message back: what is due later gets a timer.
pub const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);
/// How long something may be overdue before the sweep takes it for lost.
const LOST: TimeDelta = TimeDelta::minutes(2);
/// Wake-ups under way at once.
const AT_ONCE: usize = 16;

/// Where wake-ups go: queues and timers, or their local twins.
#[async_trait]
pub trait Wakes: Send + Sync {
    /// Tells the queue of the wake-up's kind, `delay` from now (0 to 15 minutes).
    ///
    /// # Errors
    /// When the queue does not take it.
    async fn tell(&self, wake_up: &WakeUp, delay: TimeDelta) -> Result<(), Failure>;

    /// Sets a timer that tells the queue at `at`. A timer of the same name that is there already is as good.
    ///
    /// # Errors
    /// When the timer is not set.
    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure>;
}

/// The relay.
#[derive(Clone)]
pub struct Outbox {
    /// The table and the clock.
    pub platform: Platform,
    /// Where wake-ups go.
    pub wakes: Arc<dyn Wakes>,
    /// What is due within this time is a delayed message, at most [`LONGEST_DELAY`]; what is due later gets a timer.
    pub delay: TimeDelta,
}

impl Outbox {
    /// A batch of the table's stream. Records that could not be relayed are retried by themselves.
    pub async fn relay(&self, event: StreamEvent) -> DynamoDbEventResponse {
        let now = self.platform.clock.now();
        let mut response = DynamoDbEventResponse::default();
        let wake_ups: Vec<_> = event.records.iter().filter_map(|record| due_now(record).map(|due| (record, due))).collect();
        let results: Vec<_> = stream::iter(wake_ups)
            .map(|(record, (due, wake_up))| async move { (record, self.wake(&wake_up, due, now).await) })
            .buffered(AT_ONCE)
            .collect()
            .await;
        for (record, result) in results {
            if let Err(failure) = result {
                tracing::warn!(function = self.platform.function, event_id = record.event_id, problem = failure.chain(), "not relayed");
                let mut failed = DynamoDbBatchItemFailure::default();
                failed.item_identifier = record.change.sequence_number.clone();
                response.batch_item_failures.push(failed);
            }
        }
        response
    }

    /// Finds what is overdue by two minutes and tells its queue again (ESC-10). Returns how much there was; what is more than one
    /// round takes is found by the next.
    ///
    /// # Errors
    /// When the table or a queue is out of reach.
    pub async fn sweep(&self) -> Result<usize, Failure> {
        let now = self.platform.clock.now();
        let overdue = self.platform.store.due(now - LOST, 500).await?;
        let found = overdue.len();
        let oldest = overdue.first().map_or(now, |(due, _)| *due);
        self.platform.metrics.note(Metric::Overdue, &[found as f64], now);
        self.platform.metrics.note_lag(Metric::OldestOverdue, [oldest], now);
        stream::iter(overdue)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, |(_, wake_up)| async move { self.wakes.tell(&wake_up, TimeDelta::zero()).await })
            .await?;
        tracing::info!(function = self.platform.function, found, "swept");
        Ok(found)
    }

    /// Arranges that `look` is told when it is due.
    ///
    /// # Errors
    /// When the queue or the timer does not take it.
    pub async fn wake(&self, wake_up: &WakeUp, due: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Failure> {
        let delay = due - now;
        if delay <= TimeDelta::zero() {
            self.wakes.tell(wake_up, TimeDelta::zero()).await
        } else if delay <= self.delay {
            self.wakes.tell(wake_up, delay).await
        } else {
            self.wakes.set_timer(wake_up, due).await
        }
    }
}

/// The wake-up that a stream record asks for: its item is due, and was not due at the same time before.
fn due_now(record: &EventRecord) -> Option<(DateTime<Utc>, WakeUp)> {
    let text = |item: &serde_dynamo::Item, name: &str| match item.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    };
    let change = &record.change;
    let due = text(&change.new_image, "dsk")?;
    if text(&change.old_image, "dsk").as_ref() == Some(&due) || text(&change.new_image, WAKE_UP).is_none() {
        return None;
    }
    WakeUp::from_keys(&text(&change.keys, "pk")?, &text(&change.keys, "sk")?, &due)
}
