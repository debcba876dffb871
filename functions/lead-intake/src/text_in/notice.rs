//! The notice of a received text message: the message of AWS End User Messaging, in the envelope of SNS.

use crate::queue_time::received_at_or;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_store::Failure;
use serde::Deserialize;

/// Longest text that is kept, in characters. The provider joins the parts of a message, which are at most 1,600 characters.
const MAX_TEXT: usize = 10_000;
/// Longest sender and longest id that are read, in characters.
const MAX_NAME: usize = 200;

/// A received text message.
pub(super) struct Notice {
    /// The sender: a number in E.164, a short code or a name.
    pub(super) from: String,
    /// The number to which it was sent, in E.164.
    pub(super) to: String,
    /// The text.
    pub(super) text: String,
    /// The id that the provider gave to the message.
    pub(super) message_id: String,
    /// The message as the provider sent it.
    pub(super) raw: String,
    received: Option<DateTime<Utc>>,
}

/// The envelope of SNS.
#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Message")]
    message: String,
    #[serde(rename = "Timestamp")]
    timestamp: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InboundText {
    origination_number: String,
    destination_number: String,
    #[serde(default)]
    message_body: String,
    inbound_message_id: String,
}

fn malformed(why: &str) -> Failure {
    Failure::Refused(Refusal::Malformed(format!("the message is no notice of a text message: {why}")))
}

impl Notice {
    /// Reads the body of a queue message. `None` if it is a message of SNS about itself.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if it cannot be read. The message then becomes a dead letter.
    pub(super) fn read(body: &str) -> Result<Option<Self>, Failure> {
        let envelope: SnsEnvelope = serde_json::from_str(body).map_err(|_| malformed("it has no envelope of SNS"))?;
        if !envelope.message.trim_start().starts_with('{') {
            return Ok(None);
        }
        let InboundText { origination_number, destination_number, message_body, inbound_message_id } =
            serde_json::from_str(&envelope.message).map_err(|_| malformed("its content cannot be read"))?;
        let line = |text: &str| text.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>();
        let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        let text: String = message_body.replace("\r\n", "\n").chars().filter(is_kept).take(MAX_TEXT).collect();
        Ok(Some(Self {
            from: line(&origination_number),
            to: line(&destination_number),
            text: text.trim().to_owned(),
            message_id: line(&inbound_message_id),
            raw: envelope.message,
            received: envelope.timestamp,
        }))
    }

    /// Returns when the provider received the message, by [`received_at_or`].
    pub(super) fn received_at_or(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        received_at_or(self.received, now)
    }
}
