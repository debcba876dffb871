//! Starts the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_console::Console;
use forecourt_edge::start::Needs;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) = forecourt_edge::start::platform("console", forecourt_edge::files::none, Needs::Nothing).await?;
    let console = Console::from_environment(platform)?;
    let handle = async |event: LambdaEvent<ApiGatewayV2httpRequest>| Ok::<_, Error>(console.handle(event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
