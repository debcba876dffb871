//! Sends wake-ups by SQS and EventBridge Scheduler.
//!
//! Each message carries its group's id as its `MessageGroupId`. On a standard queue that orders nothing. It makes the queue fair: while
//! one group has many messages, SQS delivers those of the other groups first. A message without it would count as a group of its own.

use crate::WakeUps;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::environment::{Missing, setting};
use forecourt_store::Failure;
use forecourt_store::keys::{DueKind, WakeUp};
use serde_json::json;
use std::collections::HashMap;

/// The queues, one per kind, and the schedule group.
pub struct Queues {
    sqs: aws_sdk_sqs::Client,
    scheduler: aws_sdk_scheduler::Client,
    /// Name and URL of each queue.
    urls: [(&'static str, String); 5],
    group: String,
    role: String,
    /// The ARN of the scheduler's call of SQS.
    send_message: String,
}

impl Queues {
    /// Reads the environment: the URL of each queue (`ASSIGN_QUEUE_URL` …), then `SCHEDULE_GROUP` and `SCHEDULE_ROLE`.
    ///
    /// # Errors
    /// [`Missing`] names the variable that is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Missing> {
        let role = setting("SCHEDULE_ROLE")?;
        let partition = role.split(':').nth(1).unwrap_or("aws");
        Ok(Self {
            sqs: aws_sdk_sqs::Client::new(config),
            scheduler: aws_sdk_scheduler::Client::new(config),
            urls: [
                ("assign", setting("ASSIGN_QUEUE_URL")?),
                ("escalate", setting("ESCALATE_QUEUE_URL")?),
                ("send", setting("SEND_QUEUE_URL")?),
                ("notify", setting("NOTIFY_QUEUE_URL")?),
                ("export", setting("EXPORT_QUEUE_URL")?),
            ],
            group: setting("SCHEDULE_GROUP")?,
            send_message: format!("arn:{partition}:scheduler:::aws-sdk:sqs:sendMessage"),
            role,
        })
    }

    /// Returns the URL of the queue of a kind.
    fn queue(&self, kind: DueKind) -> Result<&str, Failure> {
        let found = self.urls.iter().find(|(name, _)| *name == kind.queue());
        found.map(|(_, url)| url.as_str()).ok_or_else(|| Failure::Broken(format!("no queue for {}", kind.name()).into()))
    }

    /// Sends a batch. Returns the reasons of those that the queue did not accept, by their places in the batch.
    async fn send_batch(&self, batch: &[(WakeUp, TimeDelta)]) -> Result<HashMap<usize, String>, Failure> {
        let Some((first, _)) = batch.first() else { return Ok(HashMap::new()) };
        let mut send = self.sqs.send_message_batch().queue_url(self.queue(first.kind)?);
        for (place, (wake_up, delay)) in batch.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(body(wake_up)?)
                .message_group_id(wake_up.group.as_str())
                .delay_seconds(whole_seconds(*delay));
            send = send.entries(entry.build().map_err(|e| Failure::Broken(e.into()))?);
        }
        let sent = send.send().await.map_err(|e| Failure::Unavailable(e.into()))?;
        let reason = |failed: &BatchResultErrorEntry| {
            Some((failed.id().parse().ok()?, format!("{}: {}", failed.code(), failed.message().unwrap_or_default())))
        };
        Ok(sent.failed().iter().filter_map(reason).collect())
    }
}

fn body(wake_up: &WakeUp) -> Result<String, Failure> {
    serde_json::to_string(wake_up).map_err(|e| Failure::Broken(e.into()))
}

#[async_trait]
impl WakeUps for Queues {
    async fn send(&self, batch: &[(WakeUp, TimeDelta)]) -> Vec<Result<(), Failure>> {
        let sent = self.send_batch(batch).await.map_err(|e| e.chain());
        let result = |place: usize| match &sent {
            Ok(failed) => failed.get(&place).map_or(Ok(()), |why| Err(Failure::Unavailable(why.clone().into()))),
            Err(why) => Err(Failure::Unavailable(why.clone().into())),
        };
        (0..batch.len()).map(result).collect()
    }

    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        // The scheduler's own target for queues has no message group for standard queues, so the timer calls SQS.
        let url = self.queue(wake_up.kind)?;
        let message = json!({"QueueUrl": url, "MessageBody": body(wake_up)?, "MessageGroupId": wake_up.group.as_str()});
        let built = |e: aws_sdk_scheduler::error::BuildError| Failure::Broken(e.into());
        let target = Target::builder().arn(&self.send_message).role_arn(&self.role).input(message.to_string()).build().map_err(built)?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(built)?;
        let create = self
            .scheduler
            .create_schedule()
            .name(wake_up.timer_name(at))
            .group_name(&self.group)
            .target(target)
            .flexible_time_window(window);
        let create = create.schedule_expression(expression(at)).action_after_completion(ActionAfterCompletion::Delete);
        match create.send().await {
            Ok(_) => Ok(()),
            // The same wake-up was relayed before.
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conflict_exception()) => Ok(()),
            Err(e) => Err(Failure::Unavailable(e.into())),
        }
    }
}

/// Returns whole seconds, rounded up, because an early wake-up would find nothing to do. At most 15 minutes, the limit of SQS.
fn whole_seconds(delay: TimeDelta) -> i32 {
    let seconds = (delay.num_milliseconds().max(0) + 999) / 1000;
    i32::try_from(seconds.min(900)).unwrap_or(900)
}

/// Returns the schedule expression `at(…)` in UTC, rounded up to the second.
fn expression(at: DateTime<Utc>) -> String {
    let up = DateTime::from_timestamp((at.timestamp_millis() + 999).div_euclid(1000), 0).unwrap_or(at);
    up.format("at(%Y-%m-%dT%H:%M:%S)").to_string()
}
