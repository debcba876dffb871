//! Starts the function, which handles the table's stream and the scheduled sweep.

use chrono::TimeDelta;
use forecourt_edge::environment::setting;
use forecourt_edge::start::{Needs, ends_at};
use forecourt_outbox::{LONGEST_DELAY, Outbox, aws::Queues};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, config) = forecourt_edge::start::platform("outbox", forecourt_edge::files::none, Needs::Nothing).await?;
    let delay = setting("LONGEST_DELAY_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).map(TimeDelta::seconds);
    let delay = delay.unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY);
    let outbox = Outbox { platform, wake_ups: Arc::new(Queues::from_environment(&config)?), delay };
    let handle = async |event: LambdaEvent<Value>| Ok::<_, Error>(outbox.invoke(event.payload, ends_at(event.context.deadline)).await?);
    lambda_runtime::run(service_fn(handle)).await
}
