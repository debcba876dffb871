//! The local twin of the mail server that receives: it stores a raw mail in the bucket and puts a notice of it on the mail queue, as SES
//! does by SNS. Mails come from a folder of dropped files and from `POST /_local/mail`.

use crate::System;
use crate::folder::write_whole;
use crate::partner_queue::Queued;
use chrono::{DateTime, SecondsFormat, Utc};
use forecourt_domain::base::MailId;
use forecourt_lead_intake::mail::{self, Verdict};
use forecourt_lead_intake::mail_in::FOLDER;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The largest raw mail in bytes, as SES has it.
pub const MAX_MAIL: usize = 40 * 1_048_576;
/// The mail domain of the local run.
pub const DOMAIN: &str = "in.forecourt.test";
/// A dropped file is complete if it has not changed for this long.
const QUIET: Duration = Duration::from_secs(2);

/// The reason why a mail is not received.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// It has no content.
    #[error("the mail is empty")]
    Empty,
    /// It is too large.
    #[error("the mail has more than {MAX_MAIL} bytes")]
    TooLarge,
    /// No address of the mail domain is named.
    #[error("no recipient is at the mail domain {0}: name one in `To`, or in `to=`")]
    NoRecipient(String),
    /// The bucket or the queue does not take it.
    #[error("the mail cannot be stored: {0}")]
    Storage(String),
}

impl System {
    /// Receives a raw mail for `recipients`; without any, for those of its headers that are at the mail domain. Returns its id and the
    /// recipients.
    ///
    /// # Errors
    /// [`NotReceived`]; nothing is stored.
    pub async fn receive_mail(&self, raw: &[u8], recipients: &[String]) -> Result<(MailId, Vec<String>), NotReceived> {
        if raw.is_empty() {
            return Err(NotReceived::Empty);
        }
        if raw.len() > MAX_MAIL {
            return Err(NotReceived::TooLarge);
        }
        let recipients = if recipients.is_empty() { self.recipients_of(raw) } else { recipients.to_vec() };
        if recipients.is_empty() {
            let domain = self.platform.mail_domain.as_deref().map(|domain| domain.as_str().to_owned());
            return Err(NotReceived::NoRecipient(domain.unwrap_or_else(|| "(none)".to_owned())));
        }
        let object = format!("{FOLDER}{}", self.platform.ids.next());
        let id = MailId::of_object(&object);
        self.platform.files.put(&object, raw.to_vec()).await.map_err(|e| NotReceived::Storage(e.chain()))?;
        let body = notice(raw, &object, &recipients, self.clock.now()).to_string();
        let message = Queued { id: self.mails.new_id(), sender: "sns".to_owned(), body, ..Queued::default() };
        self.mails.put(&message).map_err(|e| NotReceived::Storage(e.to_string()))?;
        Ok((id, recipients))
    }

    fn recipients_of(&self, raw: &[u8]) -> Vec<String> {
        let Some(domain) = self.platform.mail_domain.as_deref() else { return Vec::new() };
        let named = mail::envelope(raw).recipients.into_iter().map(|recipient| recipient.address);
        named.filter(|address| domain.contains(address)).collect()
    }
}

/// Returns the notification of SES about a raw mail, in the envelope of SNS. A verdict that the mail has as a header counts; the other
/// checks have passed.
pub fn notice(raw: &[u8], object: &str, recipients: &[String], now: DateTime<Utc>) -> Value {
    let envelope = mail::envelope(raw);
    let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let verdict = |verdict: Verdict| {
        let status = match verdict {
            Verdict::Missing | Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
            Verdict::Unclear => "GRAY",
        };
        json!({ "status": status })
    };
    let from = envelope.from.as_ref().map(|from| from.address.clone()).unwrap_or_default();
    let content = json!({
        "notificationType": "Received",
        "mail": {
            "timestamp": at,
            "source": envelope.return_path.unwrap_or_else(|| from.clone()),
            "messageId": object.rsplit('/').next().unwrap_or_default(),
            "destination": recipients,
            "headersTruncated": false,
            "commonHeaders": { "from": [from], "subject": envelope.subject },
        },
        "receipt": {
            "timestamp": at,
            "processingTimeMillis": 0,
            "recipients": recipients,
            "spamVerdict": verdict(envelope.verdicts.spam),
            "virusVerdict": verdict(envelope.verdicts.virus),
            "spfVerdict": verdict(envelope.verdicts.spf),
            "dkimVerdict": verdict(envelope.verdicts.dkim),
            "dmarcVerdict": verdict(envelope.verdicts.dmarc),
            "action": { "type": "S3", "bucketName": "local", "objectKeyPrefix": FOLDER, "objectKey": object },
        },
    });
    json!({
        "Type": "Notification",
        "MessageId": object,
        "TopicArn": "arn:aws:sns:eu-central-1:000000000000:local-mail",
        "Subject": "Amazon SES Email Receipt Notification",
        "Message": content.to_string(),
        "Timestamp": at,
    })
}

/// A folder into which people drop mails as `*.eml` files. A file that was taken moves to `done`, and one that cannot be received to
/// `failed`, with the reason in a text file beside it.
pub struct DropFolder {
    path: PathBuf,
    /// The files of the last look, each with its size and the time of its last change.
    seen: HashMap<PathBuf, (u64, SystemTime)>,
}

impl DropFolder {
    /// Opens the folder.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(path: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(path.join("done"))?;
        std::fs::create_dir_all(path.join("failed"))?;
        Ok(Self { path, seen: HashMap::new() })
    }

    /// Takes the complete files: those that have not changed since the last look, and for two seconds. Returns their number.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file cannot be moved.
    pub async fn take(&mut self, system: &System) -> std::io::Result<usize> {
        let mut now = HashMap::new();
        let mut complete = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            // A file can disappear while the folder is read.
            let Ok(facts) = std::fs::metadata(&path) else { continue };
            let is_mail = facts.is_file() && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("eml"));
            let Some(changed) = facts.modified().ok().filter(|_| is_mail) else { continue };
            let state = (facts.len(), changed);
            if self.seen.get(&path) == Some(&state) && changed.elapsed().is_ok_and(|quiet| quiet >= QUIET) {
                complete.push(path);
            } else {
                now.insert(path, state);
            }
        }
        self.seen = now;
        complete.sort();
        for path in &complete {
            self.take_one(system, path).await?;
        }
        Ok(complete.len())
    }

    async fn take_one(&self, system: &System, path: &Path) -> std::io::Result<()> {
        let received = match std::fs::read(path) {
            Ok(raw) => system.receive_mail(&raw, &[]).await.map(|_| ()).map_err(|e| e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match received {
            Ok(()) => std::fs::rename(path, self.path.join("done").join(name)),
            Err(why) => {
                tracing::warn!(file = name, why, "a dropped mail was not received");
                let failed = self.path.join("failed");
                std::fs::rename(path, failed.join(&name))?;
                write_whole(&failed.join(format!("{name}.txt")), format!("{why}\n").as_bytes())
            }
        }
    }
}
