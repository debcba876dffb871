//! Sends wake-ups for items with a due time (ESC-10).
//!
//! - **Triggers**: batches of the table's stream, and a schedule every five minutes for the sweep.
//! - **Reads**: the stream records; the sweep reads the index of due items.
//! - **Sends**: one wake-up per due time to the queue of its kind: at once, as a delayed message if it is due within 15 minutes, otherwise
//!   as a one-time schedule of EventBridge Scheduler. It writes nothing to the table.
//! - **No decisions**: the consumer of a wake-up loads the item and decides. So a timer is never changed or deleted; a stale one does
//!   nothing.
//! - **Failure**: a stream record that cannot be relayed is reported as failed and retried. The sweep repeats each wake-up that is two
//!   minutes overdue, so a wake-up lost for any reason is repeated within 15 minutes. Neither an error of a queue or a shard nor an entry
//!   that cannot be read stops a sweep.
//! - **Fairness**: wake-ups are sent in batches, each with its group's id as its message group, by which SQS serves the groups in turn.
//!   In a sweep the groups take turns, too.
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
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest delay of a queue message. Wake-ups due later get a timer.
pub const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);
/// Time after which the sweep treats an overdue wake-up as lost.
const LOST: TimeDelta = TimeDelta::minutes(2);
/// Requests sent concurrently.
const AT_ONCE: usize = 16;
/// Largest number of wake-ups in one request to a queue: the limit of SQS.
pub const BATCH: usize = 10;
/// Number of overdue wake-ups of one group in one shard that a sweep keeps in memory. It passes over the rest of the group.
const MOST_OF_GROUP: usize = 4_000;
/// Number of a group's oldest overdue wake-ups that come first in each sweep. The others begin at another place in each sweep.
const OLDEST_FIRST: usize = 1_000;
/// Time that a sweep leaves for requests under way when its deadline comes.
const RESERVE: Duration = Duration::from_secs(10);

/// The destination of wake-ups: queues and timers, or their local replacements.
#[async_trait]
pub trait WakeUps: Send + Sync {
    /// Sends a batch of wake-ups to their queue, each delayed by 0 to 15 minutes: at most [`BATCH`], all of one queue. Returns the result
    /// of each, in the order of the batch: one that the queue does not accept does not stop the others.
    async fn send(&self, batch: &[(WakeUp, TimeDelta)]) -> Vec<Result<(), Failure>>;

    /// Sets a timer that sends the wake-up at `at`. Succeeds if a timer of the same name exists.
    ///
    /// # Errors
    /// Fails if the timer is not set.
    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure>;
}

/// A wake-up with its place in the order of sending and the delay of its message.
type Placed = (usize, (WakeUp, TimeDelta));

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
    /// Handles an invocation: relays the records of the stream, or sweeps if the event has none. Returns the function's response.
    ///
    /// # Errors
    /// [`Failure::Broken`] if the event cannot be read; otherwise as [`Outbox::sweep_until`].
    pub async fn invoke(&self, event: Value, deadline: Instant) -> Result<Value, Failure> {
        if event.get("Records").is_none() {
            return Ok(json!({ "found": self.sweep_until(Some(deadline)).await? }));
        }
        let event = serde_json::from_value(event).map_err(|e| Failure::Broken(e.into()))?;
        serde_json::to_value(self.relay(event).await).map_err(|e| Failure::Broken(e.into()))
    }

    /// Relays a batch of the table's stream. Records that could not be relayed are returned as failures and retried alone.
    pub async fn relay(&self, event: StreamEvent) -> DynamoDbEventResponse {
        let mut response = DynamoDbEventResponse::default();
        let (records, due): (Vec<_>, Vec<_>) =
            event.records.iter().filter_map(|record| changed_due(record).map(|due| (record, due))).unzip();
        for (record, result) in records.into_iter().zip(self.wake(due).await) {
            if let Err(failure) = result {
                tracing::warn!(
                    function = self.platform.function,
                    event_id = record.event_id,
                    problem = failure.chain(),
                    "wake-up not relayed"
                );
                let mut failed = DynamoDbBatchItemFailure::default();
                failed.item_identifier = record.change.sequence_number.clone();
                response.batch_item_failures.push(failed);
            }
        }
        response
    }

    /// As [`Outbox::sweep_until`], without a deadline.
    ///
    /// # Errors
    /// As [`Outbox::sweep_until`].
    pub async fn sweep(&self) -> Result<usize, Failure> {
        self.sweep_until(None).await
    }

    /// Sends every wake-up again that is overdue by two minutes (ESC-10), until shortly before `deadline`. Returns their number, with
    /// those that cannot be read. The groups take turns, so that they share the time if it is too short for all entries.
    ///
    /// # Errors
    /// Fails if a shard of the table or a queue did not answer, or if the time was too short to send all that was read. Everything else was
    /// sent by then.
    pub async fn sweep_until(&self, deadline: Option<Instant>) -> Result<usize, Failure> {
        let now = self.platform.clock.now();
        let until = deadline.map(|deadline| deadline.checked_sub(RESERVE).unwrap_or(deadline));
        // Half of the time is for reading.
        let read_until = until.map(|until| Instant::now() + until.saturating_duration_since(Instant::now()) / 2);
        let overdue = self.platform.store.overdue(now - LOST, MOST_OF_GROUP, read_until).await;
        let (found, unreadable) = (overdue.found, overdue.unreadable);
        self.platform.metrics.note(Metric::Overdue, &[found as f64], now);
        self.platform.metrics.note_lag(Metric::OldestOverdue, [overdue.oldest.unwrap_or(now)], now);
        let in_turns = in_turns(overdue.wake_ups, now).into_iter().map(|wake_up| (wake_up, TimeDelta::zero()));
        let results = self.send_all(in_turns.enumerate().collect(), until).await;
        let sent = results.iter().filter(|(_, result)| result.is_ok()).count();
        let failed = results.len() - sent;
        tracing::info!(function = self.platform.function, found, sent, failed, unreadable, complete = overdue.complete, "sweep finished");
        let mut failures = overdue.failures.into_iter().chain(results.into_iter().filter_map(|(_, result)| result.err()));
        failures.next().map_or(Ok(found), Err)
    }

    /// Sends each wake-up at its due time: at once, delayed, or by a timer. Returns the result of each, in their order.
    pub async fn wake(&self, due: Vec<(DateTime<Utc>, WakeUp)>) -> Vec<Result<(), Failure>> {
        let now = self.platform.clock.now();
        let (mut soon, mut later) = (Vec::new(), Vec::new());
        for (place, (at, wake_up)) in due.into_iter().enumerate() {
            let delay = (at - now).max(TimeDelta::zero());
            if delay <= self.delay {
                soon.push((place, (wake_up, delay)));
            } else {
                later.push((place, wake_up, at));
            }
        }
        let timers = stream::iter(later)
            .map(|(place, wake_up, at)| async move { (place, self.wake_ups.set_timer(&wake_up, at).await) })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>();
        let (mut results, set) = futures::join!(self.send_all(soon, None), timers);
        results.extend(set);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Sends wake-ups in batches, in their order; after `until` no further batch. Returns the result of each with its place.
    async fn send_all(&self, wake_ups: Vec<Placed>, until: Option<Instant>) -> Vec<(usize, Result<(), Failure>)> {
        let sent = stream::iter(batches(wake_ups)).map(|batch| async move {
            let (places, batch): (Vec<usize>, Vec<(WakeUp, TimeDelta)>) = batch.into_iter().unzip();
            let results: Vec<Result<(), Failure>> = if until.is_some_and(|until| Instant::now() >= until) {
                batch.iter().map(|_| Err(Failure::Unavailable("no time is left; the next sweep sends it".into()))).collect()
            } else {
                self.wake_ups.send(&batch).await
            };
            places.into_iter().zip(results).collect::<Vec<_>>()
        });
        sent.buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().flatten().collect()
    }
}

/// Returns batches of one queue each, in the order of their first wake-ups.
fn batches(wake_ups: Vec<Placed>) -> Vec<Vec<Placed>> {
    let mut open: BTreeMap<&'static str, Vec<Placed>> = BTreeMap::new();
    let mut batches = Vec::new();
    for placed in wake_ups {
        let batch = open.entry(placed.1.0.kind.queue()).or_default();
        batch.push(placed);
        if batch.len() == BATCH {
            batches.push(std::mem::take(batch));
        }
    }
    batches.extend(open.into_values().filter(|batch| !batch.is_empty()));
    batches.sort_by_key(|batch| batch.first().map(|(place, _)| *place));
    batches
}

/// Orders overdue wake-ups so that the groups take turns: the first of each group, then the second of each. Of a group the oldest come
/// first. The ones after them begin at another place in each sweep, so that wake-ups whose work always fails do not keep the others
/// waiting for ever.
fn in_turns(overdue: Vec<(DateTime<Utc>, WakeUp)>, now: DateTime<Utc>) -> Vec<WakeUp> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (due, wake_up) in overdue {
        groups.entry(wake_up.group.clone()).or_default().push((due, wake_up));
    }
    // Multiplied, so that sweeps five minutes apart begin at places far apart.
    let place = usize::try_from(now.timestamp()).unwrap_or_default().wrapping_mul(0x9e37_79b9);
    let mut turns = Vec::new();
    for mut group in groups.into_values() {
        if let Some((_, rest)) = group.split_at_mut_checked(OLDEST_FIRST)
            && !rest.is_empty()
        {
            rest.rotate_left(place % rest.len());
        }
        turns.extend(group.into_iter().enumerate());
    }
    turns.sort();
    turns.into_iter().map(|(_, (_, wake_up))| wake_up).collect()
}

/// Returns the wake-up of a stream record. `None` if the item has no due time that sends one, or had the same one before. The end of a
/// lease sends none, so a retry that is due at the end of the failed attempt's lease is new.
fn changed_due(record: &EventRecord) -> Option<(DateTime<Utc>, WakeUp)> {
    let text = |item: &serde_dynamo::Item, name: &str| match item.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    };
    let change = &record.change;
    let waking = |item| text(item, WAKE_UP).and_then(|_| text(item, "dsk"));
    let due = waking(&change.new_image)?;
    if waking(&change.old_image).as_ref() == Some(&due) {
        return None;
    }
    WakeUp::from_keys(&text(&change.keys, "pk")?, &text(&change.keys, "sk")?, &due)
}
