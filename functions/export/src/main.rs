//! Starts the function.

use forecourt_edge::start::Needs;
use forecourt_export::Exporter;
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, config) = forecourt_edge::start::platform("export", forecourt_edge::files::bucket, Needs::Keys(&[])).await?;
    let exporter = Exporter::new(platform, forecourt_edge::files::upload_bucket(&config)?);
    lambda_runtime::run(service_fn(|event: lambda_runtime::LambdaEvent<serde_json::Value>| exporter.handle(event.payload))).await
}
