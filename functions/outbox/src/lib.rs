//! Sends wake-ups for items with a due time (ESC-10).
//!
//! - **Triggers**: batches of the table's stream, and a schedule every five minutes for the sweep.
//! - **Reads**: the stream records; the sweep reads the index of due items.
//! - **Sends**: one wake-up per due time to the queue of its kind: at once, as a delayed message if it is due within 15 minutes, otherwise as a one-time
//!   schedule of EventBridge Scheduler. It writes nothing to the table.
//! - **No decisions**: the consumer of a wake-up loads the item and decides. So a timer is never changed or deleted; a stale one does nothing.
//! - **Failure**: a stream record that cannot be relayed is reported as failed and retried. The sweep repeats whatever is overdue by two minutes, so a
//!   wake-up lost for any reason is repeated within 15 minutes.
//!
//! NOTE: delivery is at least once and unordered. Every consumer must tolerate wake-ups that are doubled, late, early or missing.

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

/// Longest delay of a queue message. Wake-ups due later get a timer.
pub const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);
/// Time after which the sweep treats an overdue wake-up as lost.
const LOST: TimeDelta = TimeDelta::minutes(2);
/// Wake-ups sent concurrently.
const AT_ONCE: usize = 16;

/// The destination of wake-ups: queues and timers, or their local replacements.
#[async_trait]
pub trait WakeUps: Send + Sync {
    /// Sends a wake-up to the queue of its kind, delayed by `delay` (0 to 15 minutes).
    ///
    /// # Errors
    /// Fails if the queue does not accept it.
    async fn send(&self, wake_up: &WakeUp, delay: TimeDelta) -> Result<(), Failure>;

    /// Sets a timer that sends the wake-up at `at`. Succeeds if a timer of the same name exists.
    ///
    /// # Errors
    /// Fails if the timer is not set.
    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure>;
}

/// Relays wake-ups from the table to the queues.
#[derive(Clone)]
pub struct Outbox {
    /// The table and the clock.
    pub platform: Platform,
    /// The destination of wake-ups.
    pub wake_ups: Arc<dyn WakeUps>,
    /// Wake-ups due within this time are sent as delayed messages, later ones as timers. At most [`LONGEST_DELAY`].
    pub delay: TimeDelta,
}

impl Outbox {
    /// Relays a batch of the table's stream. Records that could not be relayed are returned as failures and retried alone.
    pub async fn relay(&self, event: StreamEvent) -> DynamoDbEventResponse {
        let now = self.platform.clock.now();
        let mut response = DynamoDbEventResponse::default();
        let wake_ups: Vec<_> = event.records.iter().filter_map(|record| changed_due(record).map(|due| (record, due))).collect();
        let results: Vec<_> = stream::iter(wake_ups)
            .map(|(record, (due, wake_up))| async move { (record, self.wake(&wake_up, due, now).await) })
            .buffered(AT_ONCE)
            .collect()
            .await;
        for (record, result) in results {
            if let Err(failure) = result {
                tracing::warn!(function = self.platform.function, event_id = record.event_id, problem = %failure, "wake-up not relayed");
                let mut failed = DynamoDbBatchItemFailure::default();
                failed.item_identifier = record.change.sequence_number.clone();
                response.batch_item_failures.push(failed);
            }
        }
        response
    }

    /// Sends the wake-ups again that are overdue by two minutes (ESC-10). Returns their number, at most 500; the next sweep finds the rest.
    ///
    /// # Errors
    /// Fails if the table or a queue is unavailable.
    pub async fn sweep(&self) -> Result<usize, Failure> {
        let now = self.platform.clock.now();
        let overdue = self.platform.store.due(now - LOST, 500).await?;
        let found = overdue.len();
        let oldest = overdue.first().map_or(now, |(due, _)| *due);
        self.platform.metrics.note(Metric::Overdue, &[found as f64], now);
        self.platform.metrics.note_lag(Metric::OldestOverdue, [oldest], now);
        stream::iter(overdue)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, |(_, wake_up)| async move { self.wake_ups.send(&wake_up, TimeDelta::zero()).await })
            .await?;
        tracing::info!(function = self.platform.function, found, "sweep finished");
        Ok(found)
    }

    /// Sends the wake-up at its due time: at once, delayed, or by a timer.
    ///
    /// # Errors
    /// Fails if the queue or the timer does not accept it.
    pub async fn wake(&self, wake_up: &WakeUp, due: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Failure> {
        let delay = due - now;
        if delay <= TimeDelta::zero() {
            self.wake_ups.send(wake_up, TimeDelta::zero()).await
        } else if delay <= self.delay {
            self.wake_ups.send(wake_up, delay).await
        } else {
            self.wake_ups.set_timer(wake_up, due).await
        }
    }
}

/// Returns the wake-up of a stream record. `None` if the item has no due time, or had the same one before.
fn changed_due(record: &EventRecord) -> Option<(DateTime<Utc>, WakeUp)> {
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
