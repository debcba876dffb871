//! What goes out, and the port that carries it: mail, text messages, webhooks.

use crate::mail::Mail;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a provider can fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It may go better later.
    #[error("{0}")]
    Later(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
    /// Nobody knows whether it was delivered.
    #[error("{0}")]
    Unclear(String),
}

/// A text message to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// What makes it the same message if it is sent again.
    pub id: String,
    /// The number, in E.164.
    pub to: String,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// What carries mail, text messages and webhooks.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands a mail over; returns the provider's id of it.
    ///
    /// # Errors
    /// [`Undelivered`] says whether to try again.
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered>;

    /// Hands a text message over; returns the provider's id of it. One that carries mail only refuses.
    ///
    /// # Errors
    /// [`Undelivered`] says whether to try again.
    async fn carry_sms(&self, _: &Sms) -> Result<String, Undelivered> {
        Err(Undelivered::Never("no sender of text messages is set up".into()))
    }

    /// Tells a webhook; returns the status that it answered. One that carries mail only refuses.
    ///
    /// # Errors
    /// What stood in the way of an answer, in words.
    async fn call(&self, _: &Call) -> Result<u16, String> {
        Err("no sender of webhooks is set up".into())
    }
}

/// One attempt to tell a webhook something, as Standard Webhooks has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Where.
    pub url: String,
    /// `webhook-id`: the same for each attempt.
    pub webhook_id: String,
    /// `webhook-timestamp`: of this attempt, in seconds since 1970.
    pub webhook_timestamp: i64,
    /// `webhook-signature`: `v1,…`, by each secret that is good, with spaces between.
    pub webhook_signature: String,
    /// The JSON that is signed.
    pub body: String,
}
