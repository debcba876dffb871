//! A test of a text: a mail to the user who edits it (MSG-2).

use crate::base::{Budget, DealerId, UserId, Window};
use crate::messages::{FailedAttempts, Lease, Retry};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The latest test that a user requested. It is sent to the address of that user only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestMail {
    /// The user.
    pub user: UserId,
    /// The number of the user's tests, from 1.
    pub number: u64,
    /// The dealer of the text.
    pub dealer: DealerId,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was requested.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// When it is due, or the lease of its sender ends. `None` if it is settled.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Whether a sender has leased it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leased: bool,
    /// The number of attempts.
    #[serde(default, skip_serializing_if = "crate::base::is_default")]
    pub attempts: u32,
}

impl TestMail {
    /// The number of attempts before it is given up. The user is waiting for it.
    const ATTEMPTS: u32 = 5;

    /// Returns the budget of a user's tests.
    pub fn budget() -> Budget {
        Budget { most: 50, window: Window::Day }
    }

    /// Returns the mail leased to a sender. `None` if it is not due.
    pub fn claim(&self, now: DateTime<Utc>) -> Option<Self> {
        self.due.filter(|due| *due <= now)?;
        Some(Self { due: Some(Lease::MAIL.until(now)), leased: true, attempts: self.attempts + 1, ..self.clone() })
    }

    /// Returns the mail after its attempt: due again, or settled and without its text, which may name a customer (PRV-1). `retry` is
    /// `None` if it was accepted.
    #[must_use]
    pub fn after(&self, retry: Option<Retry>, now: DateTime<Utc>) -> Self {
        let before = FailedAttempts { attempts: self.attempts.saturating_sub(1), unclear: 0 };
        let next = retry.filter(|_| self.attempts < Self::ATTEMPTS);
        let next = next.and_then(|retry| Lease::MAIL.after(retry, before, (self.queued, self.user.as_str()), now));
        match next {
            Some(next) => Self { due: Some(next.due), leased: false, ..self.clone() },
            None => Self { due: None, leased: false, subject: String::new(), text: String::new(), ..self.clone() },
        }
    }
}
