//! The signing secrets of partners, and the requests that they sent (APT-4).

use crate::base::{Actor, PartnerId, Refusal};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A partner's signing secrets, by the names that they derive from: the secrets themselves are not stored. Times are real ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// Whose.
    pub partner: PartnerId,
    /// The name of the secret that is good now.
    pub current: String,
    /// Since when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// Who made it.
    pub by: Actor,
    /// Those before, each for a while; the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Previous>,
}

/// A secret that is about to be good no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its name.
    pub name: String,
    /// Until when it is good.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl Signing {
    /// Hours for which the secret before stays good, unless said otherwise.
    pub const HOURS: u32 = 24;
    /// Most hours for which it does: a week.
    pub const MOST_HOURS: u32 = 168;
    /// Secrets that are good at the same time at most.
    pub const MOST: usize = 4;

    /// Makes a partner's first secret, or the next one; the one before is good for `hours` more, and each before that for as long as
    /// it was to be; with no hours none of them is any more.
    ///
    /// # Errors
    /// Too many hours; 409 where four are good already.
    pub fn rotated(
        before: Option<&Self>,
        partner: &PartnerId,
        name: String,
        hours: u32,
        by: Actor,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        if hours > Self::MOST_HOURS {
            return Err(Refusal::field("previous_good_for_hours", "APT-4", format!("must be 0 to {}", Self::MOST_HOURS)));
        }
        let until = now + TimeDelta::hours(hours.into());
        let before = before.filter(|_| hours > 0);
        let latest = before.map(|before| Previous { name: before.current.clone(), until });
        let still_good = before.into_iter().flat_map(|before| &before.earlier).filter(|earlier| now < earlier.until).cloned();
        let earlier: Vec<Previous> = latest.into_iter().chain(still_good).collect();
        if let Some(first) = earlier.iter().map(|earlier| earlier.until).min().filter(|_| earlier.len() >= Self::MOST) {
            let why = format!(
                "{} secrets are good already: wait until {first}, or end them all with previous_good_for_hours 0 (APT-4)",
                Self::MOST
            );
            return Err(Refusal::Conflict(why));
        }
        Ok(Self { partner: partner.clone(), current: name, since: now, by, earlier })
    }

    /// The names of the secrets that are good at `now`.
    pub fn good(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let earlier = self.earlier.iter().filter(move |earlier| now < earlier.until).map(|earlier| earlier.name.as_str());
        [self.current.as_str()].into_iter().chain(earlier)
    }
}

/// Something that was sent, under the name that its sender gave it: sent again it is answered as the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRequest {
    /// A hash of who sent it and its name.
    pub key: String,
    /// A hash of what it said.
    pub body: String,
    /// What was answered.
    pub answer: String,
    /// Until when it is remembered, in real time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl ReceivedRequest {
    /// How long it is remembered: thirty days, longer than anybody sends again.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Whether `before` is the same, to be answered as it was.
    ///
    /// # Errors
    /// [`Refusal::Reused`] when its name was used before for something else (INT-5).
    pub fn repeats<'a>(before: Option<&'a Self>, body: &str, now: DateTime<Utc>) -> Result<Option<&'a str>, Refusal> {
        match before.filter(|seen| now < seen.until) {
            Some(seen) if seen.body != body => Err(Refusal::Reused("this name was used before with another body (INT-5)".into())),
            seen => Ok(seen.map(|seen| seen.answer.as_str())),
        }
    }
}
