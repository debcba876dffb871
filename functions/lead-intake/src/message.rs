//! A received mail as a message of a lead's conversation (LEAD-3).

use crate::attached::MOST_LISTED;
use crate::mail::{Envelope, MAX_MESSAGE, Verdict, Verdicts};
use chrono::{DateTime, Utc};
use forecourt_domain::base::text::visible;
use forecourt_domain::base::{ElementId, numbered};
use forecourt_domain::elements::ReceivedMail;
use forecourt_domain::mail::MailVerdicts;
use forecourt_domain::rules::lead::attached::EnquiryMail;
use forecourt_store::short;

/// Longest subject that is shown.
const LONGEST_SUBJECT: usize = 500;

/// The checks of the mail server that matter to a reader.
const CHECKS: [&str; 2] = ["spam", "dmarc"];

/// What is known of a received mail beside its text.
#[derive(Debug, Clone)]
pub(crate) struct MailFacts<'a> {
    pub(crate) envelope: &'a Envelope,
    /// The checks of the mail server that it failed.
    pub(crate) failed: Vec<String>,
    /// When the mail server received it.
    pub(crate) received: DateTime<Utc>,
    /// The name of the raw mail in the bucket.
    pub(crate) object: &'a str,
    /// Remarks on content that was left unread.
    pub(crate) notes: &'a [String],
}

impl MailFacts<'_> {
    /// Returns the subject on one line.
    pub(crate) fn subject(&self) -> String {
        let subject = visible(self.envelope.subject.as_deref().unwrap_or_default(), ' ');
        subject.chars().filter(|c| !c.is_control()).take(LONGEST_SUBJECT).collect()
    }

    /// Returns the mail with a text. The rules add the contact, the user and the documents.
    pub(crate) fn mail(&self, text: String) -> ReceivedMail {
        let from = self.envelope.from.as_ref();
        ReceivedMail {
            from: from.map(|from| from.address.clone()),
            name: from.and_then(|from| from.name.as_deref()).map(|name| visible(name, ' ').into_owned()),
            contact: None,
            user: None,
            mailbox: false,
            automatic: false,
            text,
            message_id: self.envelope.message_id.clone(),
            at: self.received,
            object: self.object.to_owned(),
            failed: self.failed.clone(),
            documents: Vec::new(),
            refused: Vec::new(),
            notes: self.notes.iter().take(MOST_LISTED).cloned().collect(),
            enquiry: None,
        }
    }

    /// Returns the mail as the first message of a conversation. `texts` are shown one below the other; `name` is the name of the message.
    pub(crate) fn of_enquiry<'a>(&self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Box<EnquiryMail> {
        let mut text = texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
        let end = text.char_indices().nth(MAX_MESSAGE).map(|(at, _)| at);
        text.truncate(end.unwrap_or(text.len()));
        let mut mail = self.mail(text);
        if end.is_some() {
            mail.notes.insert(0, "the text of the mail is too long and was cut; the raw mail has the whole text".to_owned());
        }
        let id = ElementId::parse(&short(name)).unwrap_or_else(|_| numbered(0));
        Box::new(EnquiryMail { id, subject: self.subject(), mail })
    }
}

/// Returns the names of the checks that a mail failed, by its verdicts.
pub(crate) fn failed(verdicts: Verdicts) -> Vec<String> {
    let verdicts = CHECKS.into_iter().zip([verdicts.spam, verdicts.dmarc]);
    verdicts.filter(|(_, verdict)| *verdict == Verdict::Fail).map(|(name, _)| name.to_owned()).collect()
}

/// Returns the names of the checks that a mail failed, by its record.
pub(crate) fn failed_by_record(verdicts: &MailVerdicts) -> Vec<String> {
    let verdicts = CHECKS.into_iter().zip([&verdicts.spam, &verdicts.dmarc]);
    verdicts.filter(|(_, verdict)| *verdict == Verdict::Fail.name()).map(|(name, _)| name.to_owned()).collect()
}
