//! Letters to customers (MSG-1, APT-3).

use crate::base::{DealerId, ElementId, Email, Language, Medium, Purpose, StopReason, Subject};
use crate::elements::{Form, Quote};
use crate::enquiry::Vehicle;
use crate::lead::{Enquirer, Lead};
use crate::messages::{FailedAttempts, Lease, Report, Retry, Unwanted};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A letter to a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The appointment or lead of the letter.
    #[serde(rename = "home")]
    pub subject: Subject,
    /// A name for the cause, unique within the subject, so that one cause creates one letter (MSG-1).
    pub cause: String,
    /// The dealer that sends it.
    pub dealer: DealerId,
    /// The medium.
    pub medium: Medium,
    /// The content.
    #[serde(rename = "says")]
    pub kind: LetterKind,
    /// The [`Appointment::sequence`](crate::appointment::Appointment::sequence) of the letter. A later sequence makes it stale.
    #[serde(default)]
    pub sequence: u32,
    /// The language. `None` if it is the customer's language or, without one, the dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When it was queued.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// The contact of the lead whom the letter answers. `None` if it is about an appointment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Box<Enquirer>>,
    /// The id of the received mail that it answers, without angle brackets (LEAD-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// The address or number of the latest attempt (APT-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The names of the budgets of which it has its share; no further attempt takes another one (SET-12).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<String>,
    /// Whether it is the automatic answer to a new enquiry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub instant: bool,
    /// The number of the run of the follow-up plan that wrote it (CAL-11). `None` if no plan did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<u32>,
    /// The purpose (PRV-6).
    #[serde(default, skip_serializing_if = "Purpose::is_contract")]
    pub purpose: Purpose,
    /// The delivery state.
    #[serde(rename = "fate")]
    pub state: LetterState,
    /// What the provider reported after it had accepted the letter. `None` if it reported nothing, or if the letter is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<Report>>,
}

/// The content of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum LetterKind {
    /// The appointment is booked.
    Confirmation,
    /// The appointment was rescheduled.
    Moved,
    /// The appointment was cancelled.
    Cancelled,
    /// The appointment is soon.
    Reminder,
    /// A text that a user wrote (LEAD-3).
    Text {
        /// The subject of an e-mail, one line.
        subject: String,
        /// The text: up to 20,000 characters, in an SMS up to 1,000.
        text: String,
        /// An attached quote, as it was when the letter was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enclosed: Option<Box<Enclosed>>,
        /// The attached documents of the lead. Their files are read when the letter is sent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<ElementId>,
        /// The vehicle whose sheet is attached, as it was when the letter was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sheet: Option<Box<Vehicle>>,
    },
}

impl LetterKind {
    /// Returns a text without attachments.
    pub fn text(subject: String, text: String) -> Self {
        LetterKind::Text { subject, text, enclosed: None, documents: Vec::new(), sheet: None }
    }

    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            LetterKind::Confirmation => "confirmation",
            LetterKind::Moved => "moved",
            LetterKind::Cancelled => "cancelled",
            LetterKind::Reminder => "reminder",
            LetterKind::Text { .. } => "text",
        }
    }
}

/// A quote that is attached to an e-mail (LEAD-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// The content of the quote.
    pub quote: Quote,
    /// The file format.
    pub form: Form,
}

/// The delivery state of a letter (MSG-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum LetterState {
    /// The letter waits to be sent.
    Queued {
        /// When it is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// The number of failed attempts.
        #[serde(default)]
        attempts: u32,
    },
    /// A sender has leased it. If there is no result by `until`, it is unknown whether it was sent.
    Sending {
        /// When the lease expires.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// The number of failed attempts before this one.
        #[serde(default)]
        attempts: u32,
    },
    /// The provider accepted it.
    Sent {
        /// When it was accepted.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's id of the letter.
        provider_id: String,
    },
    /// The letter must not be sent.
    Suppressed {
        /// When that was decided.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        why: SuppressionReason,
    },
    /// The provider rejected it, or every attempt failed. It is shown, and a person may send it again.
    Failed {
        /// When it failed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's error.
        why: String,
    },
    /// The attempt had no answer, or its sender stopped. The letter may have been sent, so it is shown; only a person sends it again.
    Unclear {
        /// When that was detected.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
}

impl LetterState {
    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            LetterState::Queued { .. } => "queued",
            LetterState::Sending { .. } => "sending",
            LetterState::Sent { .. } => "sent",
            LetterState::Suppressed { .. } => "suppressed",
            LetterState::Failed { .. } => "failed",
            LetterState::Unclear { .. } => "unclear",
        }
    }
}

/// The reason why a letter was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The dealer sends no mail to customers (`send_external_mail`, MSG-1).
    Switched,
    /// The appointment was rescheduled, cancelled or completed in the meantime.
    NoLongerSo,
    /// The time of the appointment came before the letter was sent.
    TooLate,
    /// The customer refuses this medium (APT-3).
    Refused,
    /// The customer has no address for this medium.
    NoAddress,
    /// The appointment was cancelled, and this address never received a confirmation.
    #[serde(rename = "never_told")]
    NeverNotified,
    /// This address was already notified of the current state.
    #[serde(rename = "already_told")]
    AlreadyNotified,
    /// The dealer has switched this medium or the reminders off (APT-3).
    NotUsed,
    /// The dealer sends no text messages to numbers of this country (SET-12).
    Country,
    /// The dealer answers customers in another system (`lead_tracking_only`, SET-5).
    TrackingOnly,
    /// An earlier mail to this address came back.
    Bounced,
    /// The recipient marked an earlier mail as unwanted.
    Complained,
    /// The recipient wants no text messages.
    Stopped,
    /// The recipient wants neither advertising nor service mails, or withdrew the consent to them.
    Unsubscribed,
    /// It advertises, and the recipient did not agree to that.
    NoConsent,
    /// It is an automatic answer, and its address had one today, or the limit of letters is used up.
    Limit,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl SuppressionReason {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            SuppressionReason::Switched => "switched",
            SuppressionReason::NoLongerSo => "no_longer_so",
            SuppressionReason::TooLate => "too_late",
            SuppressionReason::Refused => "refused",
            SuppressionReason::NoAddress => "no_address",
            SuppressionReason::NeverNotified => "never_told",
            SuppressionReason::AlreadyNotified => "already_told",
            SuppressionReason::NotUsed => "not_used",
            SuppressionReason::Country => "country",
            SuppressionReason::TrackingOnly => "tracking_only",
            SuppressionReason::Bounced => "bounced",
            SuppressionReason::Complained => "complained",
            SuppressionReason::Stopped => "stopped",
            SuppressionReason::Unsubscribed => "unsubscribed",
            SuppressionReason::NoConsent => "no_consent",
            SuppressionReason::Limit => "limit",
            SuppressionReason::Unknown => "unknown",
        }
    }

    /// Whether messages to the address are stopped or unwanted, so that a person decides about the letter.
    pub fn is_stop(self) -> bool {
        use SuppressionReason::{Bounced, Complained, NoConsent, Stopped, Unsubscribed};
        matches!(self, Bounced | Complained | Stopped | Unsubscribed | NoConsent)
    }
}

impl From<Unwanted> for SuppressionReason {
    fn from(why: Unwanted) -> Self {
        match why {
            Unwanted::Stopped(StopReason::Bounced) => SuppressionReason::Bounced,
            Unwanted::Stopped(StopReason::Complained) => SuppressionReason::Complained,
            Unwanted::Stopped(StopReason::Stopped) => SuppressionReason::Stopped,
            Unwanted::Stopped(StopReason::Unsubscribed) | Unwanted::Withdrawn => SuppressionReason::Unsubscribed,
            Unwanted::NotGranted => SuppressionReason::NoConsent,
            Unwanted::Stopped(StopReason::Unknown) => SuppressionReason::Unknown,
        }
    }
}

impl Letter {
    /// Creates a letter to the contact of a lead's latest enquiry, due at once.
    pub fn of_lead(lead: &Lead, cause: String, medium: Medium, kind: LetterKind, now: DateTime<Utc>) -> Self {
        Self {
            subject: Subject::Lead(lead.id),
            cause,
            dealer: lead.dealer.clone(),
            medium,
            kind,
            sequence: 0,
            language: None,
            queued: now,
            instant: false,
            plan: None,
            purpose: Purpose::Contract,
            to: None,
            counted: Vec::new(),
            answers: Some(Box::new(lead.latest_enquirer())),
            in_reply_to: None,
            state: LetterState::Queued { due: now, attempts: 0 },
            report: None,
        }
    }

    /// Whether a user wrote its text for this customer.
    pub fn is_by_user(&self) -> bool {
        matches!(self.kind, LetterKind::Text { .. }) && !self.instant && self.plan.is_none()
    }

    /// When it must be processed next. `None` if it is settled.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            LetterState::Queued { due, .. } => Some(*due),
            LetterState::Sending { until, .. } => Some(*until),
            _ => None,
        }
    }

    pub(crate) fn with_state(&self, state: LetterState) -> Self {
        Self { state, ..self.clone() }
    }

    /// Records that the provider accepted it.
    pub fn sent(&self, provider_id: String, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Sent { at: now, provider_id })
    }

    /// Records that it must not be sent.
    pub fn suppressed(&self, why: SuppressionReason, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Suppressed { at: now, why })
    }

    /// Records that it is unknown whether the provider accepted it.
    pub fn unclear(&self, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Unclear { at: now })
    }

    /// Records a failed attempt. If `retry` leaves an attempt, the letter is queued again; otherwise it has failed. After an attempt
    /// without an answer it is unclear: a customer never gets a letter twice without a person's decision.
    pub fn failed(&self, why: String, retry: Retry, now: DateTime<Utc>) -> Self {
        let attempts = match self.state {
            LetterState::Queued { attempts, .. } | LetterState::Sending { attempts, .. } => attempts,
            _ => Lease::MAIL.attempts,
        };
        if retry == Retry::Unclear {
            return self.unclear(now);
        }
        // The first unclear attempt ends a letter, so that none is counted.
        let before = FailedAttempts { attempts, unclear: 0 };
        match Lease::MAIL.after(retry, before, (self.queued, &self.cause), now) {
            Some(next) => self.with_state(LetterState::Queued { due: next.due, attempts: next.attempts }),
            None => self.with_state(LetterState::Failed { at: now, why }),
        }
    }

    /// The name of the state in the API: that of the provider's report, if there is one.
    pub fn state_name(&self) -> &'static str {
        let reported = self.sent_report().and_then(|report| report.kind.state());
        reported.unwrap_or_else(|| self.state.name())
    }

    /// Returns the provider's report about the letter. `None` if the letter is not sent.
    pub fn sent_report(&self) -> Option<&Report> {
        self.report.as_deref().filter(|_| matches!(self.state, LetterState::Sent { .. }))
    }

    /// Records a report of the provider about the mail `message_id` to `address`. An unclear letter to that address was sent, as the report
    /// shows. `None` if the letter was sent by another attempt, or if the report adds nothing.
    pub fn reported(&self, message_id: &str, address: &Email, report: &Report) -> Option<Self> {
        let adds = |known: Option<&Report>| known.is_none_or(|known| report.kind.outweighs(known.kind));
        let is_to = || self.to.as_deref().and_then(|to| Email::parse(to).ok()).is_some_and(|to| to.is_same(address));
        let state = match &self.state {
            LetterState::Sent { provider_id, .. } if provider_id == message_id && adds(self.report.as_deref()) => self.state.clone(),
            LetterState::Unclear { at } if is_to() => LetterState::Sent { at: *at, provider_id: message_id.to_owned() },
            _ => return None,
        };
        Some(Self { report: Some(Box::new(report.clone())), ..self.with_state(state) })
    }

    /// Since when a person has to decide about it, because it failed, became unclear, came back, was unwanted, or was not sent to an
    /// address to which messages are stopped. `None` if nobody has to.
    pub fn undelivered_since(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            LetterState::Failed { at, .. } | LetterState::Unclear { at } => Some(*at),
            LetterState::Suppressed { at, why } if why.is_stop() => Some(*at),
            LetterState::Sent { .. } => self.sent_report().filter(|report| report.kind.is_failure()).map(|report| report.at),
            _ => None,
        }
    }

    /// Whether a user may send the letter again by hand. An automatic answer is not sent again.
    pub fn may_be_sent_again(&self) -> bool {
        self.undelivered_since().is_some() && !self.instant
    }

    /// Returns the letter queued again by hand, with all attempts. `None` unless it was not delivered or is unclear.
    pub(crate) fn queued_again(&self, now: DateTime<Utc>) -> Option<Self> {
        // Another letter to the recipient: it takes a share of the budgets again (SET-12).
        let state = LetterState::Queued { due: now, attempts: 0 };
        let again = || Self { counted: Vec::new(), report: None, ..self.with_state(state) };
        self.undelivered_since().map(|_| again())
    }
}
