//! Queue messages: each is handled by itself, and only handled messages are acknowledged. A failed message returns to its queue, and after
//! several attempts moves to the dead-letter queue.

pub mod partner;

use crate::Platform;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::base::Refusal;
use forecourt_store::Failure;
use forecourt_store::keys::WakeUp;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Instant;

/// Handles the messages of a batch one after the other, because messages of one dealer would contend with each other.
/// `handle` returns the subject of the message for the log: ids only.
pub async fn each<F, Fut>(platform: &Platform, event: SqsEvent, handle: F) -> SqsBatchResponse
where
    F: Fn(SqsMessage) -> Fut,
    Fut: Future<Output = Result<String, Failure>> + Send,
{
    each_of(platform, event, handle, None).await
}

/// As [`each`]. `partners` is the queue of the messages if it is one of partners: it settles failed messages itself.
async fn each_of<F, Fut>(platform: &Platform, event: SqsEvent, handle: F, partners: Option<&dyn partner::PartnerQueue>) -> SqsBatchResponse
where
    F: Fn(SqsMessage) -> Fut,
    Fut: Future<Output = Result<String, Failure>> + Send,
{
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let started = Instant::now();
        let id = message.message_id.clone().unwrap_or_default();
        let outcome = (Box::pin(handle(message.clone())) as BoxFuture<'_, _>).await;
        let ms = started.elapsed().as_millis() as u64;
        let failure = match outcome {
            Ok(about) => {
                tracing::info!(function = platform.function, message_id = id, about, ms, "message done");
                continue;
            }
            Err(failure) => failure,
        };
        let settled = match partners {
            Some(queue) => partner::settle(platform, queue, &message, &failure).await,
            None => false,
        };
        let outcome = if settled { "message becomes a dead letter" } else { "message goes back" };
        tracing::warn!(function = platform.function, message_id = id, problem = problem_text(&failure), ms, "{outcome}");
        if !settled {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id;
            response.batch_item_failures.push(failed);
        }
    }
    response
}

/// Handles the wake-ups of a batch with the same `key` together. A group that fails is handled one by one, so that a bad wake-up goes back
/// alone.
pub async fn grouped<K, F, Fut>(platform: &Platform, event: SqsEvent, key: impl Fn(&WakeUp) -> K, handle: F) -> SqsBatchResponse
where
    K: Ord,
    F: Fn(Vec<WakeUp>) -> Fut + Sync,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    let mut groups: BTreeMap<K, BTreeSet<WakeUp>> = BTreeMap::new();
    for wake_up in event.records.iter().filter_map(|message| wake_up(message).ok()) {
        groups.entry(key(&wake_up)).or_default().insert(wake_up);
    }
    let (mut done, mut later) = (BTreeSet::new(), BTreeSet::new());
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let wake_ups: Vec<WakeUp> = group.into_iter().collect();
        match (Box::pin(handle(wake_ups.clone())) as BoxFuture<'_, Result<(), Failure>>).await {
            Ok(()) => done.extend(wake_ups),
            // Contention and outages would also fail one by one.
            Err(Failure::Contended | Failure::Unavailable(_)) => later.extend(wake_ups),
            Err(_) => {}
        }
    }
    let (done, later, handle) = (&done, &later, &handle);
    each(platform, event, |message| {
        let wake_up = wake_up(&message);
        async move {
            let wake_up = wake_up?;
            if later.contains(&wake_up) {
                return Err(Failure::Contended);
            }
            if !done.contains(&wake_up) {
                handle(vec![wake_up.clone()]).await?;
            }
            Ok(wake_up.about())
        }
    })
    .await
}

/// Describes a failure for the log: of bad input the fields and rules, never the values.
fn problem_text(failure: &Failure) -> String {
    match failure {
        Failure::Refused(Refusal::Invalid(faults)) => {
            faults.iter().map(|f| format!("{} ({})", f.field, f.rule)).collect::<Vec<_>>().join(", ")
        }
        // A parser's message may quote the body.
        Failure::Refused(Refusal::Malformed(_)) => "the message cannot be read".into(),
        other => other.chain(),
    }
}

/// Reads a wake-up.
///
/// # Errors
/// [`Refusal::Malformed`] if the message is not a wake-up.
pub fn wake_up(message: &SqsMessage) -> Result<WakeUp, Failure> {
    let body = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(body).map_err(|e| Failure::Refused(Refusal::Malformed(format!("the message is not a wake-up: {e}"))))
}
