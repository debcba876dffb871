//! What became of a message after the provider accepted it, and the addresses to which nothing more is sent (MSG-1).

use crate::base::{Actor, ChannelKey, DealerId, Medium, ReportKind, StopReason};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The provider's report about a letter that it accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What happened.
    pub kind: ReportKind,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The words of the recipient's mail server or of the provider, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Report {
    /// The maximum length of [`Report::detail`], in characters.
    const MAX_DETAIL: usize = 300;

    /// A report. The detail becomes one line without control characters, and is shortened.
    pub fn new(kind: ReportKind, at: DateTime<Utc>, detail: Option<&str>) -> Self {
        let clean = |text: &str| {
            let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
            words.join(" ").chars().take(Self::MAX_DETAIL).collect::<String>()
        };
        Self { kind, at, detail: detail.map(clean).filter(|text| !text.is_empty()) }
    }
}

/// A stop of messages to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The reason.
    pub kind: StopReason,
    /// The dealer whose messages it stops. `None` if it stops those of every dealer of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user who recorded it; the system if the provider reported it.
    pub by: Actor,
    /// The words of the provider, or the note of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Stop {
    fn is_of(&self, kind: StopReason, dealer: Option<&DealerId>) -> bool {
        self.kind == kind && self.dealer.as_ref() == dealer
    }
}

/// The end of a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftedStop {
    /// The reason of the stop.
    pub kind: StopReason,
    /// The dealer whose messages it stopped. `None` if it stopped those of every dealer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
    /// When it was lifted.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user who lifted it.
    pub by: Actor,
}

/// The stops of an e-mail address or a telephone number within a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressState {
    /// The HMAC of the address.
    pub key: ChannelKey,
    /// The stops in force, at most one for each reason and dealer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Stop>,
    /// The latest end of a stop for each reason and dealer. Older reports do not stop the address again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<LiftedStop>,
}

impl AddressState {
    /// Returns the state of the address with a further stop. `None` if it has this stop already, or if a user lifted it later than it
    /// happened. `before` is `None` if nothing is stored.
    pub fn with_stop(before: Option<&Self>, key: &ChannelKey, stop: Stop) -> Option<Self> {
        let mut state = before.cloned().unwrap_or_else(|| Self { key: key.clone(), stops: Vec::new(), lifted: Vec::new() });
        let (kind, dealer) = (stop.kind, stop.dealer.as_ref());
        let is_lifted = state.lifted.iter().any(|lifted| lifted.kind == kind && lifted.dealer.as_ref() == dealer && lifted.at >= stop.at);
        if is_lifted || state.stops.iter().any(|known| known.is_of(kind, dealer)) {
            return None;
        }
        state.stops.push(stop);
        Some(state)
    }

    /// Returns the state without a stop, as a user lifted it. `None` if the address does not have this stop.
    pub fn without_stop(&self, kind: StopReason, dealer: Option<&DealerId>, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        let mut state = self.clone();
        state.stops.retain(|stop| !stop.is_of(kind, dealer));
        if state.stops.len() == self.stops.len() {
            return None;
        }
        state.lifted.retain(|lifted| !(lifted.kind == kind && lifted.dealer.as_ref() == dealer));
        state.lifted.push(LiftedStop { kind, dealer: dealer.cloned(), at: now, by: by.clone() });
        Some(state)
    }

    /// Returns the stops that a dealer's messages meet.
    pub fn stops_at<'a>(&'a self, dealer: &'a DealerId) -> impl Iterator<Item = &'a Stop> {
        self.stops.iter().filter(move |stop| stop.dealer.as_ref().is_none_or(|of| of == dealer))
    }

    /// Returns the reason for which a letter of `dealer` to a customer must not be sent. `None` if it may be sent. A complaint outweighs a
    /// bounce, because fewer people may lift it.
    pub fn forbids(&self, medium: Medium, dealer: &DealerId) -> Option<StopReason> {
        let has = |kind: StopReason| self.stops_at(dealer).any(|stop| stop.kind == kind).then_some(kind);
        match medium {
            Medium::Email => has(StopReason::Complained).or_else(|| has(StopReason::Bounced)),
            Medium::Sms => has(StopReason::Stopped),
            Medium::Unknown => None,
        }
    }
}
