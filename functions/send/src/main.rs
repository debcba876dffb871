//! Starts the function.

use aws_lambda_events::sqs::SqsEvent;
use forecourt_edge::environment::setting;
use forecourt_send::https::{Https, System};
use forecourt_send::{Sender, ses::Ses, texts::Texts};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (platform, config) = forecourt_edge::start::platform("send", forecourt_edge::files::none).await?;
    let sms = setting("SMS_FROM").ok().filter(|from| !from.is_empty());
    let sms = sms.map(|from| (aws_sdk_pinpointsmsvoicev2::Client::new(&config), from));
    let ses = Ses { client: aws_sdk_ses::Client::new(&config), from: setting("MAIL_FROM")?, sms, https: Https::new(Arc::new(System)) };
    let texts = Texts::new(&setting("PUBLIC_URL")?)?;
    let sender = Sender { platform, carrier: Arc::new(ses), texts: Arc::new(texts) };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(sender.handle(event.payload).await))).await
}
