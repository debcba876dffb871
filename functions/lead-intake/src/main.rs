//! Starts the function.

use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) = forecourt_edge::start::platform("lead-intake", forecourt_edge::files::bucket).await?;
    lambda_runtime::run(service_fn(|event: lambda_runtime::LambdaEvent<serde_json::Value>| {
        forecourt_lead_intake::handle(&platform, event.payload)
    }))
    .await
}
