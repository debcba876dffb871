//! The carrier on AWS: mail by SES, text messages by End User Messaging, webhooks by HTTPS.

use crate::carrier::{Call, Carrier, Sms, Undelivered};
use crate::https::Https;
use crate::mail::Mail;
use async_trait::async_trait;
use aws_sdk_ses::error::{DisplayErrorContext, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;

/// Sends through SES from one verified address.
pub struct Ses {
    /// The SES client.
    pub client: aws_sdk_ses::Client,
    /// The sender address, of a domain that is verified in SES.
    pub from: String,
    /// The client for text messages and their origination identity (a number, a sender id or a pool). `None` if text messages are not configured.
    pub sms: Option<(aws_sdk_pinpointsmsvoicev2::Client, String)>,
    /// The client for webhooks.
    pub https: Https,
}

#[async_trait]
impl Carrier for Ses {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let mime = mail.mime(&self.from).map_err(|e| Undelivered::Never(e.to_string()))?;
        let message = RawMessage::builder().data(Blob::new(mime)).build().map_err(|e| Undelivered::Never(e.to_string()))?;
        match self.client.send_raw_email().source(&self.from).destinations(&mail.to).raw_message(message).send().await {
            Ok(sent) => Ok(sent.message_id),
            Err(e) => Err(undelivered(&e, e.as_service_error().is_some_and(|e| e.is_message_rejected()))),
        }
    }

    async fn call(&self, call: &Call) -> Result<u16, String> {
        self.https.send(call).await
    }

    async fn carry_sms(&self, sms: &Sms) -> Result<String, Undelivered> {
        let Some((client, from)) = &self.sms else {
            return Err(Undelivered::Never("text messages are not configured (parameter SmsFrom)".into()));
        };
        let send = client.send_text_message().destination_phone_number(&sms.to).origination_identity(from).message_body(&sms.text);
        match send.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(e) => {
                let rejected = e.as_service_error().is_some_and(|e| e.is_validation_exception() || e.is_conflict_exception());
                Err(undelivered(&e, rejected))
            }
        }
    }
}

/// A rejected message stays rejected. A request without an answer may have been delivered. Every other failure can be retried.
fn undelivered<E: std::error::Error + Send + Sync + 'static, R: std::fmt::Debug + Send + Sync + 'static>(
    error: &SdkError<E, R>,
    rejected: bool,
) -> Undelivered {
    let why = DisplayErrorContext(error).to_string();
    match error {
        _ if rejected => Undelivered::Never(why),
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => Undelivered::Unclear(why),
        SdkError::DispatchFailure(failure) if failure.is_timeout() || failure.is_io() => Undelivered::Unclear(why),
        _ => Undelivered::Later(why),
    }
}
