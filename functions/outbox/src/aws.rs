//! Sends wake-ups by SQS and EventBridge Scheduler.

use crate::WakeUps;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::environment::{Missing, setting};
use forecourt_store::Failure;
use forecourt_store::keys::{DueKind, WakeUp};

/// The queues, one per kind, and the schedule group.
pub struct Queues {
    sqs: aws_sdk_sqs::Client,
    scheduler: aws_sdk_scheduler::Client,
    /// Name, URL and ARN of each queue.
    urls: [(&'static str, String, String); 5],
    group: String,
    role: String,
}

impl Queues {
    /// Reads the environment: for each queue a URL and an ARN (`ASSIGN_QUEUE_URL`, `ASSIGN_QUEUE_ARN` …), then `SCHEDULE_GROUP` and `SCHEDULE_ROLE`.
    ///
    /// # Errors
    /// [`Missing`] names the variable that is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Missing> {
        Ok(Self {
            sqs: aws_sdk_sqs::Client::new(config),
            scheduler: aws_sdk_scheduler::Client::new(config),
            urls: [
                ("assign", setting("ASSIGN_QUEUE_URL")?, setting("ASSIGN_QUEUE_ARN")?),
                ("escalate", setting("ESCALATE_QUEUE_URL")?, setting("ESCALATE_QUEUE_ARN")?),
                ("send", setting("SEND_QUEUE_URL")?, setting("SEND_QUEUE_ARN")?),
                ("notify", setting("NOTIFY_QUEUE_URL")?, setting("NOTIFY_QUEUE_ARN")?),
                ("export", setting("EXPORT_QUEUE_URL")?, setting("EXPORT_QUEUE_ARN")?),
            ],
            group: setting("SCHEDULE_GROUP")?,
            role: setting("SCHEDULE_ROLE")?,
        })
    }

    fn queue(&self, kind: DueKind) -> Result<(&str, &str), Failure> {
        let found = self.urls.iter().find(|(name, ..)| *name == kind.queue());
        found
            .map(|(_, url, arn)| (url.as_str(), arn.as_str()))
            .ok_or_else(|| Failure::Broken(format!("no queue for {}", kind.name()).into()))
    }
}

fn body(wake_up: &WakeUp) -> Result<String, Failure> {
    serde_json::to_string(wake_up).map_err(|e| Failure::Broken(e.into()))
}

#[async_trait]
impl WakeUps for Queues {
    async fn send(&self, wake_up: &WakeUp, delay: TimeDelta) -> Result<(), Failure> {
        let (url, _) = self.queue(wake_up.kind)?;
        let send = self.sqs.send_message().queue_url(url).message_body(body(wake_up)?).delay_seconds(whole_seconds(delay));
        send.send().await.map(|_| ()).map_err(|e| Failure::Unavailable(e.into()))
    }

    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        let (_, arn) = self.queue(wake_up.kind)?;
        let built = |e: aws_sdk_scheduler::error::BuildError| Failure::Broken(e.into());
        let target = Target::builder().arn(arn).role_arn(&self.role).input(body(wake_up)?).build().map_err(built)?;
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
