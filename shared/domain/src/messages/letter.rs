//! Letters to customers (MSG-1, APT-3).

use crate::base::{DealerId, Language, Medium, Subject};
use crate::elements::{Form, Quote};
use crate::lead::Lead;
use crate::messages::Lease;
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a customer is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// What it is about.
    pub home: Subject,
    /// What caused it: its name there, so that one cause makes one letter (MSG-1).
    pub cause: String,
    /// In whose name.
    pub dealer: DealerId,
    /// By what.
    pub medium: Medium,
    /// What it says.
    pub says: LetterKind,
    /// The [`Appointment::sequence`](crate::appointment::Appointment::sequence) that it tells of; a later one makes it stale.
    #[serde(default)]
    pub sequence: u32,
    /// In which language; none: the customer's, else the dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When it was queued.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// The address or number that it went to, or was to go to when a sender last had it (APT-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What has become of it.
    pub fate: LetterState,
}

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum LetterKind {
    /// An appointment is booked.
    Confirmation,
    /// It takes place at another time.
    Moved,
    /// It is called off.
    Cancelled,
    /// It is soon.
    Reminder,
    /// What a user wrote (LEAD-3).
    Text {
        /// The subject of an e-mail, in a line.
        subject: String,
        /// The text, up to 20,000 characters; of an SMS up to 1,000.
        text: String,
        /// A quote that goes along, as it was when it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enclosed: Option<Box<Enclosed>>,
    },
}

impl LetterKind {
    /// As the API writes it.
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

/// A quote that goes along with an e-mail (LEAD-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// What it says.
    pub quote: Quote,
    /// As what it is written.
    pub form: Form,
}

/// What has become of a letter (MSG-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum LetterState {
    /// To be sent at `due`.
    Queued {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// How many attempts have failed.
        #[serde(default)]
        attempts: u32,
    },
    /// A sender has it. If nothing was heard of it by `until`, nobody knows whether it went out.
    Sending {
        /// End of the sender's lease.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// How many attempts have failed before.
        #[serde(default)]
        attempts: u32,
    },
    /// The provider took it.
    Sent {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's id of it.
        provider_id: String,
    },
    /// It was not to go out.
    Suppressed {
        /// When that was found.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// Why.
        why: SuppressionReason,
    },
    /// The provider refused it, or every attempt failed.
    Failed {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// What the provider said.
        why: String,
    },
    /// The sender was lost while it had it: it may have gone out, so it is shown and not sent again.
    Unclear {
        /// When that was found.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
}

impl LetterState {
    /// Its name, as the API writes it.
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

/// Why a letter did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The dealer sends customers nothing (`send_external_mail`, MSG-1).
    Switched,
    /// The appointment was moved, called off, or done with, since.
    NoLongerSo,
    /// Its time has come before the letter went out.
    TooLate,
    /// The customer does not want to be told by this medium (APT-3).
    Refused,
    /// The customer cannot be reached by this medium.
    NoAddress,
    /// It is called off, and at this address nobody was told that it was booked.
    NeverTold,
    /// At this address the customer was told of it as it is.
    AlreadyTold,
    /// By now the dealer tells nobody by this medium, or reminds nobody (APT-3).
    NotUsed,
}

impl SuppressionReason {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            SuppressionReason::Switched => "switched",
            SuppressionReason::NoLongerSo => "no_longer_so",
            SuppressionReason::TooLate => "too_late",
            SuppressionReason::Refused => "refused",
            SuppressionReason::NoAddress => "no_address",
            SuppressionReason::NeverTold => "never_told",
            SuppressionReason::AlreadyTold => "already_told",
            SuppressionReason::NotUsed => "not_used",
        }
    }
}

impl Letter {
    /// A letter to the main contact of a lead, to go out at once; where the dealer sends customers nothing, it is recorded as such.
    pub fn of_lead(lead: &Lead, cause: String, medium: Medium, says: LetterKind, settings: &DealerSettings, now: DateTime<Utc>) -> Self {
        let switched_off = LetterState::Suppressed { at: now, why: SuppressionReason::Switched };
        let queued = LetterState::Queued { due: now, attempts: 0 };
        Self {
            home: Subject::Lead(lead.id),
            cause,
            dealer: lead.dealer.clone(),
            medium,
            says,
            sequence: 0,
            language: None,
            queued: now,
            to: None,
            fate: if settings.send_external_mail { queued } else { switched_off },
        }
    }

    /// When it wants to be looked at; `None`: never again.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.fate {
            LetterState::Queued { due, .. } => Some(*due),
            LetterState::Sending { until, .. } => Some(*until),
            _ => None,
        }
    }

    pub(crate) fn with_state(&self, fate: LetterState) -> Self {
        Self { fate, ..self.clone() }
    }

    /// Records that the provider took it.
    pub fn sent(&self, provider_id: String, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Sent { at: now, provider_id })
    }

    /// Records that it is not to go out.
    pub fn suppressed(&self, why: SuppressionReason, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Suppressed { at: now, why })
    }

    /// Records that nobody knows whether the provider took it.
    pub fn unclear(&self, now: DateTime<Utc>) -> Self {
        self.with_state(LetterState::Unclear { at: now })
    }

    /// Records a failure that is known: later again where `again` may help, else failed for good.
    pub fn failed(&self, why: String, again: bool, now: DateTime<Utc>) -> Self {
        let attempts = match self.fate {
            LetterState::Queued { attempts, .. } | LetterState::Sending { attempts, .. } => attempts + 1,
            _ => Lease::MAIL.attempts,
        };
        match Lease::MAIL.next_attempt(attempts, now).filter(|_| again) {
            Some(due) => self.with_state(LetterState::Queued { due, attempts }),
            None => self.with_state(LetterState::Failed { at: now, why }),
        }
    }
}
