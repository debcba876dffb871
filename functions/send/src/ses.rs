//! The carrier on AWS: mail by SES, text messages by End User Messaging, webhooks by HTTPS.
//!
//! One attempt is one POST on a connection of its own. The SDK retries nothing, because a repeated send can deliver a message twice. No
//! connection is kept: if the provider had closed it, the result of the next send would be unclear.

use crate::carrier::{Call, Carrier, NoAnswer, Sms, Undelivered};
use crate::https::Https;
use crate::mail::Mail;
use crate::pace::Pace;
use crate::tag::MailTags;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use forecourt_edge::environment::{optional_setting, setting};
use forecourt_edge::resolver::System;
use forecourt_store::Cause;
use hyper_util::client::legacy;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Time limit for a connection. An attempt without a connection is retried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The error codes of a provider that throttles, or that has used up a quota of the account.
const BUSY: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceeded",
    "LimitExceededException",
    "ServiceQuotaExceededException",
    "AccountSendingPausedException",
];

/// The error codes of a provider that rejects a message for good.
const REJECTED: [&str; 4] = ["MessageRejected", "InvalidParameterValue", "ValidationException", "ConflictException"];

/// The settings of the carrier.
pub struct Settings {
    /// The sender address, of a domain that is verified in SES.
    pub from: String,
    /// The configuration set that publishes the events of mails. `None` if no event is published.
    pub configuration_set: Option<String>,
    /// The origination identity of text messages: a number, a sender id or a pool. `None` if text messages are not configured.
    pub sms_from: Option<String>,
    /// The rate of mails.
    pub mail_pace: Pace,
    /// The rate of text messages.
    pub sms_pace: Pace,
    /// Time limit of an attempt, from the connection to the answer.
    pub timeout: Duration,
    /// The client for webhooks.
    pub https: Https,
}

impl Settings {
    /// The time limit of an attempt. A mail with attachments takes several seconds, and the result of a cancelled attempt is unclear.
    pub const TIMEOUT: Duration = Duration::from_secs(15);

    /// Reads the settings of a function.
    ///
    /// # Errors
    /// If a setting is missing or invalid.
    pub fn from_environment() -> Result<Self, Cause> {
        Ok(Self {
            from: setting("MAIL_FROM")?,
            configuration_set: optional_setting("CONFIGURATION_SET"),
            sms_from: optional_setting("SMS_FROM"),
            mail_pace: Pace::read("MAIL_RATE", optional_setting)?,
            sms_pace: Pace::read("SMS_RATE", optional_setting)?,
            timeout: Self::TIMEOUT,
            https: Https::new(Arc::new(System)),
        })
    }
}

/// Sends mail through SES from one verified address, and text messages through End User Messaging.
pub struct Ses {
    mail: aws_sdk_ses::Client,
    sms: aws_sdk_pinpointsmsvoicev2::Client,
    settings: Settings,
}

impl Ses {
    /// Creates the clients. Region, credentials and endpoint come from `config`.
    pub fn new(config: &SdkConfig, settings: Settings) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT.min(settings.timeout / 2)).operation_timeout(settings.timeout).build();
        let http =
            aws_smithy_http_client::Builder::new().pool_max_idle_per_host(0).tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mail = aws_sdk_ses::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.clone())
            .http_client(http.clone());
        let sms = aws_sdk_pinpointsmsvoicev2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .http_client(http);
        Self {
            mail: aws_sdk_ses::Client::from_conf(mail.build()),
            sms: aws_sdk_pinpointsmsvoicev2::Client::from_conf(sms.build()),
            settings,
        }
    }
}

#[async_trait]
impl Carrier for Ses {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let from = &self.settings.from;
        let mime = mail.mime(from).map_err(|e| Undelivered::Never(e.into()))?;
        let message = RawMessage::builder().data(Blob::new(mime)).build().map_err(|e| Undelivered::Never(e.into()))?;
        self.settings.mail_pace.turn().await;
        let send = self.mail.send_raw_email().source(from).destinations(&mail.to).raw_message(message);
        let tags = mail.tags.iter().flat_map(MailTags::pairs).map(|(name, value)| MessageTag::builder().name(name).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(|e| Undelivered::Never(e.into()))?;
        let send =
            send.set_configuration_set_name(self.settings.configuration_set.clone()).set_tags(Some(tags).filter(|tags| !tags.is_empty()));
        Ok(send.send().await.map_err(undelivered)?.message_id)
    }

    async fn carry_sms(&self, sms: &Sms) -> Result<String, Undelivered> {
        let Some(from) = sms.from.as_ref().or(self.settings.sms_from.as_ref()) else {
            return Err(Undelivered::Never("text messages are not configured (parameter SmsFrom)".into()));
        };
        self.settings.sms_pace.turn().await;
        let send = self.sms.send_text_message().destination_phone_number(&sms.to).origination_identity(from).message_body(&sms.text);
        Ok(send.send().await.map_err(undelivered)?.message_id.unwrap_or_default())
    }

    fn longest_send(&self) -> Duration {
        self.settings.mail_pace.wait().max(self.settings.sms_pace.wait()) + self.settings.timeout
    }

    async fn call(&self, call: &Call) -> Result<u16, NoAnswer> {
        self.settings.https.send(call).await
    }
}

/// Classifies a failure. A rejected message is not retried, and a throttled one uses up no attempt. If a request may have reached the
/// provider and has no answer, the result is unclear. After every other failure the message was not sent, and is retried.
fn undelivered<E>(error: SdkError<E, HttpResponse>) -> Undelivered
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let answer = match &error {
        SdkError::ServiceError(answer) => Some((answer.err().code().unwrap_or_default(), answer.raw().status().as_u16())),
        _ => None,
    };
    match (answer, &error) {
        (Some((code, _)), _) if REJECTED.contains(&code) => Undelivered::Never(error.into()),
        (Some((code, status)), _) if status == 429 || BUSY.contains(&code) => Undelivered::Busy(error.into()),
        (Some(_), _) | (None, SdkError::ConstructionFailure(_)) => Undelivered::Later(error.into()),
        _ if never_connected(&error) => Undelivered::Later(error.into()),
        _ => Undelivered::Unclear(error.into()),
    }
}

/// Returns whether there was no connection, so that nothing was sent: the name is unknown, the connection was refused or timed out, or TLS
/// failed.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.any(|cause| cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
}
