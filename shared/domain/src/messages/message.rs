//! Messages to staff (MSG-1, ESC-6).

use crate::base::{DealerId, Email, LeadId, UserId, is_default};
use crate::messages::{FailedAttempts, Lease, Notice, Retry};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A notice about a lead. The recipient is selected when it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The lead of the message.
    pub lead: LeadId,
    /// A name for the cause, unique within the lead, so that one cause creates one message (MSG-1).
    pub cause: String,
    /// The dealer whose opening hours apply.
    pub dealer: DealerId,
    /// The content.
    pub notice: Notice,
    /// The user whom the message was meant for when it was queued. Messages with the same value can be combined into one mail.
    pub reader: UserId,
    /// The planned time of the event that it reports.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub of: DateTime<Utc>,
    /// When it was queued.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// Whether it is combined with other messages that wait for the same recipient: a notice of a step, or a delayed message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bundled: bool,
    /// Whether it is the copy for a reader who was outside their own weekly hours when somebody else got the message (DIS-4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Whether it is sent as a text message, in addition to a message by mail (ESC-14). An earlier release sends it by mail, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub text: bool,
    /// The delivery state.
    #[serde(rename = "fate")]
    pub state: MessageState,
}

/// The recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recipient {
    /// A user.
    User(UserId),
    /// An e-mail address. It cannot be confused with a user's id, which has no `@`.
    Address(Email),
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Recipient::User(user) => user.fmt(f),
            Recipient::Address(address) => address.fmt(f),
        }
    }
}

/// The delivery state of a message (MSG-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MessageState {
    /// The message waits to be checked and sent.
    Queued {
        /// When it is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// The number of failed attempts.
        attempts: u32,
        /// The number of those that had no answer.
        #[serde(default, skip_serializing_if = "is_default")]
        unclear: u32,
        /// The mail of the failed attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
    },
    /// A sender has leased it. If there is no result by `until`, it is claimed again.
    Sending {
        /// When the lease expires.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// The number of failed attempts before this one.
        attempts: u32,
        /// The number of those that had no answer.
        #[serde(default, skip_serializing_if = "is_default")]
        unclear: u32,
        /// The mail that combines it with other messages. A retry sends it in the same mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
    },
    /// The provider accepted it.
    Sent {
        /// When it was accepted.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The recipient.
        to: Recipient,
        /// The provider's id of the mail.
        provider_id: String,
    },
    /// The message was no longer valid, or the recipient wants no notices.
    Dropped {
        /// When it was dropped.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        why: DropReason,
    },
    /// The provider rejected it, or every attempt failed. It is shown, and a person may send it again.
    Failed {
        /// When it failed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's error.
        why: String,
    },
}

impl MessageState {
    /// The name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            MessageState::Queued { .. } => "queued",
            MessageState::Sending { .. } => "sending",
            MessageState::Sent { .. } => "sent",
            MessageState::Dropped { .. } => "dropped",
            MessageState::Failed { .. } => "failed",
        }
    }
}

/// The reason why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The lead was answered, closed or assigned to another user (ESC-6), or another notice to the same recipient states it.
    NoLongerSo,
    /// The recipient's `notices` are off (SET-7).
    NoticesOff,
    /// The recipient is no longer a user.
    NoReader,
}

impl DropReason {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            DropReason::NoLongerSo => "no_longer_so",
            DropReason::NoticesOff => "notices_off",
            DropReason::NoReader => "no_reader",
        }
    }
}

/// The reason of a message that is not sent again after [`Lease::UNCLEAR_ATTEMPTS`].
pub(crate) const MAY_HAVE_ARRIVED: &str = "no answer in eight attempts; it may have arrived";

/// The reason of a text message that is not sent again, because its only attempt had no answer.
pub(crate) const TEXT_MAY_HAVE_ARRIVED: &str = "no answer; the text message may have arrived";

/// A step that fires later than this after its planned time is late. Its notice waits for other late notices (ESC-8).
pub(crate) const LATE: TimeDelta = TimeDelta::minutes(5);

impl Message {
    /// When it must be processed next. `None` if it is settled.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            MessageState::Queued { due, .. } => Some(*due),
            MessageState::Sending { until, .. } => Some(*until),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => None,
        }
    }

    pub(crate) fn waits_until(&self, due: DateTime<Utc>, failed: FailedAttempts) -> Self {
        let FailedAttempts { attempts, unclear } = failed;
        let batch = self.batch().map(str::to_owned);
        // A text message is short, and is not combined with others.
        Self { bundled: !self.text, ..self.with_state(MessageState::Queued { due, attempts, unclear, batch }) }
    }

    pub(crate) fn with_state(&self, state: MessageState) -> Self {
        Self { state, ..self.clone() }
    }

    /// The mail that combines it with other messages, during an attempt or after a failed one.
    pub fn batch(&self) -> Option<&str> {
        match &self.state {
            MessageState::Queued { batch, .. } | MessageState::Sending { batch, .. } => batch.as_deref(),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => None,
        }
    }

    /// Returns the claimed message as part of the mail `batch`.
    pub fn in_batch(&self, batch: &str) -> Self {
        match self.state {
            MessageState::Sending { until, attempts, unclear, .. } => {
                self.with_state(MessageState::Sending { until, attempts, unclear, batch: Some(batch.to_owned()) })
            }
            MessageState::Queued { .. } | MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => {
                self.clone()
            }
        }
    }

    /// Records that the provider accepted it.
    pub fn sent(&self, to: Recipient, provider_id: String, now: DateTime<Utc>) -> Self {
        self.with_state(MessageState::Sent { at: now, to, provider_id })
    }

    /// Records that the message is not sent.
    pub fn dropped(&self, why: DropReason, now: DateTime<Utc>) -> Self {
        self.with_state(MessageState::Dropped { at: now, why })
    }

    /// Records a failed attempt. If `retry` leaves an attempt, the message is queued again; otherwise it has failed.
    pub fn failed(&self, why: String, retry: Retry, now: DateTime<Utc>) -> Self {
        let (attempts, unclear) = match self.state {
            MessageState::Queued { attempts, unclear, .. } | MessageState::Sending { attempts, unclear, .. } => (attempts, unclear),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => (Lease::MAIL.attempts, 0),
        };
        let before = FailedAttempts { attempts, unclear };
        // Notices of one mail wait for the same pause, so that they stay together.
        let name = self.batch().unwrap_or(&self.cause);
        if let Some(next) = Lease::MAIL.after(retry, before, (self.queued, name), now) {
            // The provider may have accepted the mail although the attempt failed, so the retry uses the same mail.
            let batch = self.batch().map(str::to_owned);
            return self.with_state(MessageState::Queued { due: next.due, attempts: next.attempts, unclear: next.unclear, batch });
        }
        let may_have_arrived = retry == Retry::Unclear && unclear + 1 >= Lease::UNCLEAR_ATTEMPTS;
        let why = if may_have_arrived { format!("{MAY_HAVE_ARRIVED}: {why}") } else { why };
        self.with_state(MessageState::Failed { at: now, why })
    }

    /// When it failed; `None` if it did not.
    pub fn undelivered_since(&self) -> Option<DateTime<Utc>> {
        if let MessageState::Failed { at, .. } = self.state { Some(at) } else { None }
    }

    /// Returns the message queued again by hand, with all attempts. `None` unless it has failed.
    pub(crate) fn queued_again(&self, now: DateTime<Utc>) -> Option<Self> {
        self.undelivered_since().map(|_| self.with_state(MessageState::Queued { due: now, attempts: 0, unclear: 0, batch: None }))
    }
}
