//! The port to the outside: mail, text messages and webhook requests, and how sending can fail.

use crate::mail::Mail;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use forecourt_domain::messages::Retry;
use forecourt_domain::webhooks::BadEndpoint;
use forecourt_store::Cause;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::time::Duration;

/// How sending can fail.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// Not delivered: the provider throttles, or a quota is used up. A later attempt may succeed.
    #[error("the provider accepts no more messages for now")]
    Busy(#[source] Cause),
    /// Not delivered; a later attempt may succeed.
    #[error("not delivered")]
    Later(#[source] Cause),
    /// Not delivered, and no attempt can succeed.
    #[error("rejected")]
    Never(#[source] Cause),
    /// Not delivered: the address of the recipient does not work.
    #[error("the address does not work")]
    Refused(#[source] Cause),
    /// The request was sent and got no answer: the message may have been delivered.
    #[error("no answer")]
    Unclear(#[source] Cause),
}

impl Undelivered {
    /// How to continue.
    pub fn retry(&self) -> Retry {
        match self {
            Undelivered::Busy(_) => Retry::Busy,
            Undelivered::Later(_) => Retry::Later,
            Undelivered::Never(_) | Undelivered::Refused(_) => Retry::Never,
            Undelivered::Unclear(_) => Retry::Unclear,
        }
    }

    /// The reason in words: the causes, without the repetitions of nested errors.
    pub fn why(&self) -> String {
        let causes = std::iter::successors(self.source(), |error| (*error).source()).map(ToString::to_string);
        causes.fold(String::new(), |why, cause| match why.is_empty() {
            true => cause,
            false if why.contains(&cause) => why,
            false => format!("{why}: {cause}"),
        })
    }
}

/// The reason why a webhook request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The address is not allowed (APT-6).
    #[error("the address {0}")]
    Address(BadEndpoint),
    /// The request cannot be written.
    #[error("the request cannot be written")]
    Request(#[source] Cause),
    /// There was no answer in time.
    #[error("no answer within ten seconds")]
    TimedOut,
    /// There was no connection, or it broke.
    #[error("no connection")]
    Connection(#[source] Cause),
    /// Webhooks are not configured.
    #[error("webhooks are not configured")]
    NotConfigured,
}

impl NoAnswer {
    /// The reason in words: the innermost cause, which is the most specific.
    pub fn why(&self) -> String {
        let first: &(dyn Error + 'static) = self;
        std::iter::successors(Some(first), |error| (*error).source()).last().map(ToString::to_string).unwrap_or_default()
    }
}

/// A text message to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// Id of the message: the same for every attempt.
    pub id: String,
    /// Telephone number in E.164.
    pub to: String,
    /// The dealer's own number in E.164, to which the customer can answer. `None` if the stack's own identity sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Text of the message.
    pub text: String,
    /// Time of the attempt.
    pub at: DateTime<Utc>,
}

/// Sends mail, text messages and webhook requests.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Sends a mail and returns the provider's message id.
    ///
    /// # Errors
    /// [`Undelivered`] states whether to retry.
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered>;

    /// Sends a text message and returns the provider's message id. The default implementation fails.
    ///
    /// # Errors
    /// [`Undelivered`] states whether to retry.
    async fn carry_sms(&self, _: &Sms) -> Result<String, Undelivered> {
        Err(Undelivered::Never("text messages are not configured".into()))
    }

    /// The longest time that one mail or text message may take now, with the wait for its turn. A wake-up does not name the medium of its
    /// letter, so the slower medium counts.
    fn longest_send(&self) -> Duration {
        Duration::ZERO
    }

    /// Sends a webhook request and returns the HTTP status. The default implementation fails.
    ///
    /// # Errors
    /// [`NoAnswer`] states why.
    async fn call(&self, _: &Call) -> Result<u16, NoAnswer> {
        Err(NoAnswer::NotConfigured)
    }
}

/// One webhook request, in the format of Standard Webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// URL of the receiver.
    pub url: String,
    /// `webhook-id`: the same for every attempt.
    pub webhook_id: String,
    /// Time of this attempt by the system's clock. Not sent.
    pub at: DateTime<Utc>,
    /// `webhook-timestamp`: real time of this attempt in seconds since 1970. Receivers compare it with their own clock.
    pub webhook_timestamp: i64,
    /// `webhook-signature`: `v1,…` for each valid secret, separated by spaces.
    pub webhook_signature: String,
    /// The signed JSON.
    pub body: String,
}
