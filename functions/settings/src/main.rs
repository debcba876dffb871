//! Starts the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_edge::mail_server::Smtp;
use forecourt_edge::start::{Needs, Purpose};
use forecourt_edge::{Platform, files};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let needs = Needs::Keys(&[Purpose::PingBacks, Purpose::Webhooks]);
    let (platform, config) = forecourt_edge::start::platform("settings", files::none, needs).await?;
    let platform = Platform { mail_servers: Arc::new(Smtp::from_environment(&config)?), ..platform };
    let handle =
        async |event: LambdaEvent<ApiGatewayV2httpRequest>| Ok::<_, Error>(forecourt_settings::handle(&platform, event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
