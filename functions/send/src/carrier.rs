//! The port to the outside: mail, text messages and webhook requests, and how sending can fail.

use crate::mail::Mail;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How sending can fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// Not delivered; a later attempt may succeed.
    #[error("{0}")]
    Later(String),
    /// Not delivered, and no attempt can succeed.
    #[error("{0}")]
    Never(String),
    /// The request was sent and got no answer: the message may have been delivered.
    #[error("{0}")]
    Unclear(String),
}

/// A text message to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// Id of the message: the same for every attempt.
    pub id: String,
    /// Telephone number in E.164.
    pub to: String,
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

    /// Sends a webhook request and returns the HTTP status. The default implementation fails.
    ///
    /// # Errors
    /// The reason why there was no answer.
    async fn call(&self, _: &Call) -> Result<u16, String> {
        Err("webhooks are not configured".into())
    }
}

/// One webhook request, in the format of Standard Webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// URL of the receiver.
    pub url: String,
    /// `webhook-id`: the same for every attempt.
    pub webhook_id: String,
    /// `webhook-timestamp`: time of this attempt in seconds since 1970.
    pub webhook_timestamp: i64,
    /// `webhook-signature`: `v1,…` for each valid secret, separated by spaces.
    pub webhook_signature: String,
    /// The signed JSON.
    pub body: String,
}
