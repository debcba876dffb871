//! Starts the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_console::api::Api;
use forecourt_console::sign_in::SignIn;
use forecourt_console::{Client, Console, Parts};
use forecourt_edge::environment::{ConsoleLinks, optional_setting, setting};
use forecourt_edge::start::Needs;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, _) = forecourt_edge::start::platform("console", forecourt_edge::files::none, Needs::Nothing).await?;
    let http = Arc::new(Client::default());
    let scopes = optional_setting("SIGN_IN_SCOPES").unwrap_or_default();
    let scopes: Vec<&str> = scopes.split(' ').collect();
    let mut sign_in = SignIn::new(&setting("ISSUER")?, &setting("SIGN_IN_CLIENT")?, &scopes);
    sign_in.audience = optional_setting("SIGN_IN_AUDIENCE");
    sign_in.sign_out = optional_setting("SIGN_OUT_URL");
    let console = Console::new(Parts {
        http: http.clone(),
        api: Api::new(http, &setting("API_URL")?),
        url: ConsoleLinks::from_environment()?.url().to_owned(),
        store: platform.store,
        sign_in,
        clock: platform.clock,
        wall: platform.wall,
        upload_origin: optional_setting("UPLOAD_ORIGIN").unwrap_or_default(),
    });
    let handle = async |event: LambdaEvent<ApiGatewayV2httpRequest>| Ok::<_, Error>(console.handle(event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
