//! Starts the function.

use forecourt_edge::environment::optional_setting;
use forecourt_edge::queue::partner::Sqs;
use forecourt_edge::start::{Needs, Purpose};
use forecourt_lead_intake::OwnQueues;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let keys = Needs::Keys(&[Purpose::Links, Purpose::Origins]);
    let (platform, config) = forecourt_edge::start::platform("lead-intake", forecourt_edge::files::bucket, keys).await?;
    let partners = Sqs::from_environment(&config)?;
    let queues = OwnQueues { mails: optional_setting("MAIL_QUEUE_ARN"), texts: optional_setting("TEXT_QUEUE_ARN") };
    let handle = |event: LambdaEvent<serde_json::Value>| forecourt_lead_intake::handle(&platform, &partners, &queues, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
