//! The local twin of the events that SES publishes about mails (MSG-1).
//!
//! Like SES's mailbox simulator, mail to `bounce@`, `complaint@` and `success@` of `simulator.amazonses.com` makes such an event by itself.
//! About other mails, `POST /_local/mail-events` makes one.

use chrono::{DateTime, SecondsFormat, Utc};
use forecourt_send::MailTags;
use forecourt_send::mail::Mail;
use serde::Deserialize;
use serde_json::{Value, json};

/// The domain of SES's mailbox simulator.
const SIMULATOR: &str = "simulator.amazonses.com";

/// The delivery state of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum MailEvent {
    Bounce,
    TransientBounce,
    Complaint,
    Delivery,
    Delay,
    Reject,
}

impl MailEvent {
    /// Returns the event that the address of a mail asks for. `None` if it is no address of the simulator.
    pub fn simulated(to: &str) -> Option<Self> {
        let (local, domain) = to.rsplit_once('@')?;
        // A label distinguishes recipients: `bounce+one@…`.
        let local = local.split('+').next()?;
        match local {
            _ if !domain.eq_ignore_ascii_case(SIMULATOR) => None,
            "bounce" | "suppressionlist" => Some(Self::Bounce),
            "complaint" => Some(Self::Complaint),
            "success" => Some(Self::Delivery),
            _ => None,
        }
    }

    /// Returns the event about `mail` that SES would publish at `now`. `message_id` is the id that the provider gave the mail.
    pub fn about(self, mail: &Mail, message_id: &str, now: DateTime<Utc>) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let tags: serde_json::Map<_, _> =
            mail.tags.iter().flat_map(MailTags::pairs).map(|(name, value)| (name.to_owned(), json!([value]))).collect();
        let sent = json!({"messageId": message_id, "timestamp": time(mail.at), "destination": [mail.to], "tags": tags});
        let recipient = |code: &str| json!([{"emailAddress": mail.to, "diagnosticCode": code}]);
        let bounce = |kind: &str, sub: &str, code: &str| json!({"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": recipient(code), "timestamp": time(now)});
        let (kind, field, details) = match self {
            Self::Bounce => ("Bounce", "bounce", bounce("Permanent", "General", "smtp; 550 5.1.1 user unknown")),
            Self::TransientBounce => ("Bounce", "bounce", bounce("Transient", "MailboxFull", "smtp; 552 5.2.2 mailbox full")),
            Self::Complaint => ("Complaint", "complaint", json!({"complaintFeedbackType": "abuse", "timestamp": time(now)})),
            Self::Delivery => ("Delivery", "delivery", json!({"timestamp": time(now), "smtpResponse": "250 ok"})),
            Self::Delay => (
                "DeliveryDelay",
                "deliveryDelay",
                json!({"delayType": "TransientCommunicationFailure", "delayedRecipients": recipient("smtp; 421 4.4.1 no connection"), "timestamp": time(now)}),
            ),
            Self::Reject => ("Reject", "reject", json!({"reason": "Bad content"})),
        };
        json!({"eventType": kind, "mail": sent, field: details})
    }
}
