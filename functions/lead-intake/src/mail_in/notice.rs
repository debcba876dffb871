//! The notice of a received mail: the notification of SES about a receipt, in the envelope of SNS.

use super::FOLDER;
use crate::mail::{Mailbox, Verdict, Verdicts};
use crate::queue_time::received_at_or;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_store::Failure;
use serde::Deserialize;

/// Most recipients of a mail that are read.
const MAX_RECIPIENTS: usize = 100;

/// The notice of a received mail.
pub(super) struct Notice {
    /// The name of the raw mail in the bucket.
    pub(super) object: String,
    /// The id that the mail server gave to the mail.
    pub(super) message_id: String,
    /// The recipients of the delivery: those to which the sending server addressed it.
    pub(super) recipients: Vec<String>,
    /// The sender and the subject as the mail server read them.
    pub(super) from: Option<Mailbox>,
    pub(super) subject: Option<String>,
    pub(super) verdicts: StatedVerdicts,
    received: Option<DateTime<Utc>>,
}

/// The verdicts of a notice. `None` if the notice has none.
#[derive(Default)]
pub(super) struct StatedVerdicts {
    pub(super) spam: Option<Verdict>,
    pub(super) virus: Option<Verdict>,
    pub(super) spf: Option<Verdict>,
    pub(super) dkim: Option<Verdict>,
    pub(super) dmarc: Option<Verdict>,
}

impl StatedVerdicts {
    /// Returns the verdicts, and those of the headers in place of the missing ones.
    pub(super) fn or(&self, headers: Verdicts) -> Verdicts {
        Verdicts {
            spam: self.spam.unwrap_or(headers.spam),
            virus: self.virus.unwrap_or(headers.virus),
            spf: self.spf.unwrap_or(headers.spf),
            dkim: self.dkim.unwrap_or(headers.dkim),
            dmarc: self.dmarc.unwrap_or(headers.dmarc),
        }
    }
}

/// The envelope of SNS.
#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Message")]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    notification_type: String,
    mail: Option<MailFacts>,
    receipt: Option<ReceiptFacts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailFacts {
    message_id: String,
    #[serde(default)]
    common_headers: CommonHeaders,
}

#[derive(Default, Deserialize)]
struct CommonHeaders {
    #[serde(default)]
    from: Vec<String>,
    subject: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptFacts {
    timestamp: Option<DateTime<Utc>>,
    recipients: Vec<String>,
    spam_verdict: Option<VerdictFact>,
    virus_verdict: Option<VerdictFact>,
    spf_verdict: Option<VerdictFact>,
    dkim_verdict: Option<VerdictFact>,
    dmarc_verdict: Option<VerdictFact>,
    action: ActionFacts,
}

#[derive(Deserialize)]
struct VerdictFact {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionFacts {
    object_key: Option<String>,
}

fn malformed(why: &str) -> Failure {
    Failure::Refused(Refusal::Malformed(format!("the message is no notice of a mail: {why}")))
}

impl Notice {
    /// Reads the body of a queue message. `None` if it is a message of the mail server about itself, for example about a new rule.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if it cannot be read. The message then becomes a dead letter.
    pub(super) fn read(body: &str) -> Result<Option<Self>, Failure> {
        let envelope: SnsEnvelope = serde_json::from_str(body).map_err(|_| malformed("it has no envelope of SNS"))?;
        if !envelope.message.trim_start().starts_with('{') {
            return Ok(None);
        }
        let Notification { notification_type, mail, receipt } =
            serde_json::from_str(&envelope.message).map_err(|_| malformed("its content cannot be read"))?;
        if notification_type != "Received" {
            return Ok(None);
        }
        let (Some(mail), Some(receipt)) = (mail, receipt) else { return Err(malformed("it has no receipt")) };
        let object = receipt.action.object_key.filter(|name| name.starts_with(FOLDER));
        let verdict = |fact: Option<VerdictFact>| fact.map(|fact| Verdict::of(&fact.status));
        let mut recipients = receipt.recipients;
        recipients.truncate(MAX_RECIPIENTS);
        Ok(Some(Self {
            object: object.ok_or_else(|| malformed("it names no raw mail"))?,
            message_id: mail.message_id,
            recipients,
            from: mail.common_headers.from.first().and_then(|from| Mailbox::in_text(from)),
            subject: mail.common_headers.subject.map(|subject| subject.chars().filter(|c| !c.is_control()).take(500).collect()),
            verdicts: StatedVerdicts {
                spam: verdict(receipt.spam_verdict),
                virus: verdict(receipt.virus_verdict),
                spf: verdict(receipt.spf_verdict),
                dkim: verdict(receipt.dkim_verdict),
                dmarc: verdict(receipt.dmarc_verdict),
            },
            received: receipt.timestamp,
        }))
    }

    /// Returns when the mail server received the mail, by [`received_at_or`].
    pub(super) fn received_at_or(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        received_at_or(self.received, now)
    }
}
