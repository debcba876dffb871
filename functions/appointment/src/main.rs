//! Starts the function.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) = forecourt_edge::start::platform("appointment", forecourt_edge::files::none).await?;
    let handle = |event: LambdaEvent<serde_json::Value>| forecourt_appointment::handle(&platform, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
