//! Starts the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_edge::start::{Needs, Purpose};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) =
        forecourt_edge::start::platform("appointment-pingback", forecourt_edge::files::none, Needs::Keys(&[Purpose::PingBacks])).await?;
    let handle = async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        Ok::<_, Error>(forecourt_appointment_pingback::handle(&platform, event.payload).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
