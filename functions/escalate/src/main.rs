//! Starts the function.

use aws_lambda_events::sqs::SqsEvent;
use forecourt_edge::start::Needs;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) = forecourt_edge::start::platform("escalate", forecourt_edge::files::none, Needs::Keys(&[])).await?;
    let handle = async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(forecourt_escalate::handle(&platform, event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
