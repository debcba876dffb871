//! Starts the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    forecourt_edge::start::log(std::io::stdout, "info");
    let handle = async |event: LambdaEvent<ApiGatewayV2httpRequest>| Ok::<_, Error>(forecourt_reference::handle(&event.payload));
    lambda_runtime::run(service_fn(handle)).await
}
