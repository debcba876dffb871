//! Starts the function.

use aws_lambda_events::sqs::SqsEvent;
use forecourt_edge::environment::{optional_setting, setting};
use forecourt_edge::start::{Needs, Purpose};
use forecourt_send::https::{Https, System};
use forecourt_send::{Sender, pace::Pace, ses::Ses, ses::Settings, texts::Texts};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, config) =
        forecourt_edge::start::platform("send", forecourt_edge::files::bucket, Needs::Keys(&[Purpose::Links, Purpose::Webhooks])).await?;
    let (mail_pace, sms_pace) = (Pace::read("MAIL_RATE", optional_setting)?, Pace::read("SMS_RATE", optional_setting)?);
    let (from, sms_from, https) = (setting("MAIL_FROM")?, optional_setting("SMS_FROM"), Https::new(Arc::new(System)));
    let settings = Settings { from, sms_from, mail_pace, sms_pace, timeout: Settings::TIMEOUT, https };
    setting("PUBLIC_URL")?;
    let texts = Arc::new(Texts::new(platform.console.clone())?);
    let sender = Sender { platform, carrier: Arc::new(Ses::new(&config, settings)), texts };
    let handle = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(sender.handle_until(event.payload, Some(forecourt_edge::start::ends_at(event.context.deadline))).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
