//! Starts the function.

use aws_lambda_events::sqs::SqsEvent;
use forecourt_edge::environment::setting;
use forecourt_edge::start::{Needs, Purpose};
use forecourt_edge::{files, mail_server::Smtp};
use forecourt_send::{Sender, relayed::Relayed, ses::Ses, ses::Settings, texts::Texts};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let needs = Needs::Keys(&[Purpose::Links, Purpose::Webhooks]);
    let (platform, config) = forecourt_edge::start::platform("send", files::bucket, needs).await?;
    // The links of letters need it.
    setting("PUBLIC_URL")?;
    let texts = Arc::new(Texts::new(platform.console.clone())?);
    let (other, smtp) = (Arc::new(Ses::new(&config, Settings::from_environment()?)), Arc::new(Smtp::from_environment(&config)?));
    let carrier = Arc::new(Relayed { other, smtp, metrics: platform.metrics.clone() });
    let sender = Sender { platform, carrier, texts };
    let handle = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(sender.handle_until(event.payload, Some(forecourt_edge::start::ends_at(event.context.deadline))).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
