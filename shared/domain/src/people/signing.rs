//! The signing secrets of partners, and their received requests (APT-4).

use crate::base::{Actor, PartnerId, Refusal};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A partner's signing secrets. Only the names are stored: each secret derives from its name. Times are real times, not those of the
/// demo's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// The partner.
    pub partner: PartnerId,
    /// The name of the current secret.
    pub current: String,
    /// The time since which it is valid.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// The author of the current secret.
    pub by: Actor,
    /// The earlier secrets, which stay valid for a limited time; the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Previous>,
}

/// An earlier secret that is valid for a limited time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// The name of the secret.
    pub name: String,
    /// The end of its validity.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

/// The next secret of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSecret {
    /// Its name.
    pub name: String,
    /// The author.
    pub by: Actor,
    /// The time since which it is valid.
    pub since: DateTime<Utc>,
}

impl Signing {
    /// Default hours for which the previous secret stays valid.
    pub const HOURS: u32 = 24;
    /// Maximum hours for which the previous secret stays valid: a week.
    pub const MAX_HOURS: u32 = 168;
    /// The maximum number of secrets that are valid at the same time.
    pub const MOST: usize = 4;

    /// Creates a partner's first secret, or the next one. The previous secret stays valid for `hours`, and the secrets before it until the
    /// end of their validity. With 0 hours, all earlier secrets become invalid at once.
    ///
    /// # Errors
    /// More than [`MAX_HOURS`](Self::MAX_HOURS); 409 if [`MOST`](Self::MOST) secrets are already valid.
    pub fn rotated(before: Option<&Self>, partner: &PartnerId, new: NewSecret, hours: u32) -> Result<Self, Refusal> {
        let NewSecret { name, by, since: now } = new;
        if hours > Self::MAX_HOURS {
            return Err(Refusal::field("previous_good_for_hours", "APT-4", format!("must be 0 to {}", Self::MAX_HOURS)));
        }
        let until = now + TimeDelta::hours(hours.into());
        let before = before.filter(|_| hours > 0);
        let latest = before.map(|before| Previous { name: before.current.clone(), until });
        let still_good = before.into_iter().flat_map(|before| &before.earlier).filter(|earlier| now < earlier.until).cloned();
        let earlier: Vec<Previous> = latest.into_iter().chain(still_good).collect();
        if let Some(first) = earlier.iter().map(|earlier| earlier.until).min().filter(|_| earlier.len() >= Self::MOST) {
            let why = format!(
                "{} secrets are already valid: wait until {first}, or revoke all earlier ones with previous_good_for_hours 0",
                Self::MOST
            );
            return Err(Refusal::conflict("APT-4", why));
        }
        Ok(Self { partner: partner.clone(), current: name, since: now, by, earlier })
    }

    /// Returns the names of the secrets that are valid at `now`.
    pub fn good(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let earlier = self.earlier.iter().filter(move |earlier| now < earlier.until).map(|earlier| earlier.name.as_str());
        [self.current.as_str()].into_iter().chain(earlier)
    }
}

/// A received request with the id that its sender gave it. A repeat gets the first response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRequest {
    /// A hash of the sender and the id.
    pub key: String,
    /// A hash of the body.
    pub body: String,
    /// The response.
    pub answer: String,
    /// The time until which it is kept, in real time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl ReceivedRequest {
    /// How long it is kept: thirty days, longer than any sender retries.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Returns the first response if the request is a repeat of `before`.
    ///
    /// # Errors
    /// [`Refusal::Reused`] if the id was used before with another body (INT-5).
    pub fn repeats<'a>(before: Option<&'a Self>, body: &str, now: DateTime<Utc>) -> Result<Option<&'a str>, Refusal> {
        match before.filter(|received| now < received.until) {
            Some(received) if received.body != body => Err(Refusal::Reused("this id was used before with another body".into())),
            received => Ok(received.map(|received| received.answer.as_str())),
        }
    }
}
