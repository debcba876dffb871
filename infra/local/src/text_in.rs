//! The local twin of two-way text messages: it puts a message of a customer on the queue of texts, as AWS End User Messaging does by SNS
//! (`POST /_local/sms`).

use crate::System;
use crate::partner_queue::Queued;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// A text message of a customer.
#[derive(Debug, Clone)]
pub struct CustomerText<'a> {
    /// The customer's number in E.164.
    pub from: &'a str,
    /// The number of the dealer in E.164.
    pub to: &'a str,
    /// The text.
    pub text: &'a str,
    /// The id that the provider gives to the message.
    pub id: &'a str,
}

impl System {
    /// Puts a text message on the queue.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn receive_text(&self, text: &CustomerText<'_>) -> std::io::Result<()> {
        let body = text_notice(text, self.clock.now()).to_string();
        self.texts.put(&Queued { id: self.texts.new_id(), sender: "sns".to_owned(), body, ..Queued::default() })
    }
}

/// Returns the message of AWS End User Messaging about a text message, in the envelope of SNS.
pub fn text_notice(CustomerText { from, to, text, id }: &CustomerText<'_>, now: DateTime<Utc>) -> Value {
    let content = json!({
        "originationNumber": from,
        "destinationNumber": to,
        "messageKeyword": "KEYWORD",
        "messageBody": text,
        "inboundMessageId": id,
    });
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": "arn:aws:sns:eu-central-1:000000000000:local-texts",
        "Message": content.to_string(),
        "Timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
    })
}
