//! A mail that arrived for a dealer, and the result of reading it.

use crate::base::{Actor, DealerId, Email, LeadId, MailId, is_default};
use crate::settings::DealerSettings;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The reason of a mail that Forecourt sent itself. It is neither forwarded nor reported: that could start a loop.
pub const OWN_MAIL: &str = "own_mail";
/// The reason of a mail whose only customer is the dealer or a user of the dealer.
pub const OWN_ADDRESS: &str = "own_address";
/// The reason of a mail that answers a lead with the maximum number of communications.
pub const FULL_LEAD: &str = "full_lead";
/// The reason of a mail whose virus check failed. It is not forwarded.
pub const VIRUS: &str = "virus";

/// A mail as it arrived for a dealer. The fields are those of [`IncomingMail`].
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the record")]
pub struct Arrived {
    pub id: MailId,
    pub dealer: DealerId,
    pub received: DateTime<Utc>,
    pub from: Option<String>,
    pub reply_to: Option<String>,
    pub subject: Option<String>,
    pub bytes: u64,
    pub object: String,
    pub verdicts: MailVerdicts,
    pub marked: bool,
}

/// A mail that arrived for a dealer. A mail to several dealers has one record for each of them, with the same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncomingMail {
    /// The id, from the name of the raw mail in the bucket.
    pub id: MailId,
    /// The dealer.
    pub dealer: DealerId,
    /// When the system received the mail.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub received: DateTime<Utc>,
    /// The sender, as the mail states it. `None` if it names none, or was not opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The address to which the sender wants answers, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The subject on one line. `None` if it has none, or was not opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The size of the raw mail. 0 if it was not read, because the virus check failed.
    #[serde(default)]
    pub bytes: u64,
    /// The name of the raw mail in the bucket.
    pub object: String,
    /// The verdicts of the receiving mail server.
    #[serde(default)]
    pub verdicts: MailVerdicts,
    /// The result of reading the mail.
    pub outcome: MailOutcome,
    /// Whether the mail contains the mark of a message of the system. No message is sent about it, because a loop could arise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marked: bool,
    /// The copy to the dealer's `forward_to` (SET-4). `None` if there was no such address when the mail arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<MailStep>,
    /// The report of a mail without a lead to `unparsed_mail_to` (INT-7). `None` if the mail made a lead or answered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<MailStep>,
    /// The user's decision about a mail without a lead. `None` while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled: Option<Handled>,
    /// When its content was erased, because a person is erased whose mail it is (PRV-2).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub erased: Option<DateTime<Utc>>,
    /// The version, 1 for a new record. Each decision of a user adds 1.
    pub version: u64,
}

/// The verdicts of the receiving mail server by their names: `pass`, `fail`, `unclear` or `missing`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct MailVerdicts {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub spam: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub virus: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub spf: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dkim: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dmarc: String,
}

/// The result of reading a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MailOutcome {
    /// Leads were made, or an enquiry was added to a lead in progress.
    Leads {
        /// The leads, at least one.
        leads: Vec<LeadId>,
        /// The refusals of further enquiries of the mail, in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// The mail answers a message about a lead.
    Answer {
        /// The lead.
        lead: LeadId,
    },
    /// The mail is no enquiry.
    NoLead {
        /// The short name of the reason, by which reasons are counted, for example `newsletter`.
        reason: String,
        /// The reason as people read it, in English.
        detail: String,
    },
    /// The mail contains an enquiry that a rule refuses.
    Refused {
        /// The refusals, in English.
        detail: String,
    },
    /// A result of another release.
    #[serde(other)]
    Unknown,
}

impl MailOutcome {
    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            MailOutcome::Leads { .. } => "leads",
            MailOutcome::Answer { .. } => "answer",
            MailOutcome::NoLead { .. } => "no_lead",
            MailOutcome::Refused { .. } => "refused",
            MailOutcome::Unknown => "unknown",
        }
    }

    /// Whether a person should look at the mail, because it is part of no lead.
    pub fn is_without_lead(&self) -> bool {
        matches!(self, MailOutcome::NoLead { .. } | MailOutcome::Refused { .. })
    }
}

/// A message about an incoming mail that is sent once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStep {
    /// When it must be processed next. `None` if it is settled.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The number of failed attempts.
    #[serde(default)]
    pub attempts: u32,
    /// The number of those that had no answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unclear: u32,
    /// Whether it has its share of the limit of the hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// The delivery state.
    pub state: MailStepState,
}

/// The delivery state of a message about an incoming mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MailStepState {
    /// It waits to be sent.
    Queued,
    /// A sender has leased it until the due time.
    Sending,
    /// The provider accepted it.
    Sent {
        /// When it was accepted.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's id of the message.
        provider_id: String,
    },
    /// It must not be sent.
    Dropped {
        /// When that was decided.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The short name of the reason.
        why: String,
    },
    /// The provider rejected it, or every attempt failed.
    Failed {
        /// When it failed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's error.
        why: String,
    },
    /// A state of another release.
    #[serde(other)]
    Unknown,
}

/// A user's decision about a mail without a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// When the user decided.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user.
    pub by: Actor,
    /// The lead that the user made of the mail. `None` if the mail needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
}

impl MailStep {
    /// Returns a step that is due at `now`.
    pub fn due_at(now: DateTime<Utc>) -> Self {
        Self { due: Some(now), attempts: 0, unclear: 0, counted: false, state: MailStepState::Queued }
    }

    /// Whether a sender has leased it: its due time is the end of the lease.
    pub fn is_leased(&self) -> bool {
        self.state == MailStepState::Sending
    }
}

impl IncomingMail {
    /// How long a record is kept after the mail arrived.
    pub const KEPT: TimeDelta = TimeDelta::days(180);

    /// Returns the record of a mail that was read at `now`. A copy is due if the dealer forwards its mail, and a report if the mail is part
    /// of no lead. A mail is never sent back to its sender.
    pub fn of(arrived: &Arrived, outcome: MailOutcome, settings: &DealerSettings, now: DateTime<Utc>) -> Self {
        let Arrived { id, dealer, received, from, reply_to, subject, bytes, object, verdicts, marked } = arrived.clone();
        let reason = if let MailOutcome::NoLead { reason, .. } = &outcome { reason.as_str() } else { "" };
        let is_own = marked || reason == OWN_MAIL;
        let sender = from.as_deref().and_then(|from| Email::parse(from).ok());
        let is_sender = |to: &Email| sender.as_ref().is_some_and(|from| from.is_same(to));
        let forwards = settings.forward_to.as_ref().is_some_and(|to| !is_sender(to)) && !is_own && reason != VIRUS;
        let reports = outcome.is_without_lead() && !is_own && !settings.unparsed_mail_to.as_ref().is_some_and(is_sender);
        let step = |wanted: bool| wanted.then(|| MailStep::due_at(now));
        let (forward, report) = (step(forwards), step(reports));
        Self {
            id,
            dealer,
            received,
            from,
            reply_to,
            subject,
            bytes,
            object,
            verdicts,
            outcome,
            marked,
            forward,
            report,
            handled: None,
            erased: None,
            version: 1,
        }
    }

    /// When a step must be processed next. `None` if all are settled.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.steps().filter_map(|step| step.due).min()
    }

    /// Whether the step that is due next is leased.
    pub fn is_leased(&self) -> bool {
        let next = self.steps().filter(|step| step.due.is_some()).min_by_key(|step| step.due);
        next.is_some_and(MailStep::is_leased)
    }

    /// Whether the mail is part of no lead, and no user has decided about it.
    pub fn is_open(&self) -> bool {
        self.outcome.is_without_lead() && self.handled.is_none()
    }

    /// When the record may be deleted.
    pub fn expires(&self) -> DateTime<Utc> {
        self.received + Self::KEPT
    }

    fn steps(&self) -> impl Iterator<Item = &MailStep> {
        self.forward.iter().chain(&self.report)
    }
}
