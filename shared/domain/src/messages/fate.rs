//! What became of a message after the provider accepted it, and the addresses to which nothing more is sent (MSG-1).

use crate::base::{Actor, ChannelKey, DealerId, Medium};
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

/// What the provider reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The provider still tries to deliver it.
    Delayed,
    /// It was not delivered, and a later mail may be: the mailbox is full, for example. SES reports an automatic answer in the same way.
    Returned,
    /// The recipient's mail server accepted it.
    Delivered,
    /// The provider accepted it and then refused to send it.
    Rejected,
    /// The address does not work.
    Bounced,
    /// The recipient marked it as unwanted.
    Complained,
    /// A report of another release.
    #[serde(other)]
    Unknown,
}

impl ReportKind {
    /// Whether it replaces an earlier report, so that the order in which reports arrive makes no difference. A delivery outweighs a
    /// temporary failure, which may be an automatic answer.
    pub fn outweighs(self, known: Self) -> bool {
        let weight = |kind| match kind {
            ReportKind::Unknown => 0,
            ReportKind::Delayed => 1,
            ReportKind::Returned => 2,
            ReportKind::Delivered => 3,
            ReportKind::Rejected => 4,
            ReportKind::Bounced => 5,
            ReportKind::Complained => 6,
        };
        weight(self) > weight(known)
    }

    /// Whether the letter did not arrive, or was unwanted.
    pub fn is_failure(self) -> bool {
        !matches!(self, ReportKind::Unknown | ReportKind::Delayed | ReportKind::Delivered)
    }

    /// Returns the name of the letter's state in the API. `None` if the letter still counts as sent.
    pub fn state(self) -> Option<&'static str> {
        match self {
            ReportKind::Unknown | ReportKind::Delayed => None,
            ReportKind::Returned => Some("returned"),
            ReportKind::Delivered => Some("delivered"),
            ReportKind::Rejected => Some("rejected"),
            ReportKind::Bounced => Some("bounced"),
            ReportKind::Complained => Some("complained"),
        }
    }

    /// Returns the reason for which no further mail is sent to the address. `None` if mail is still sent.
    pub fn stops(self) -> Option<StopReason> {
        match self {
            ReportKind::Bounced => Some(StopReason::Bounced),
            ReportKind::Complained => Some(StopReason::Complained),
            _ => None,
        }
    }
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

/// The reason for which messages to an address are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A mail came back: the address does not work.
    Bounced,
    /// The recipient marked a mail as unwanted.
    Complained,
    /// The recipient wants no marketing mail. Other mail is sent.
    Unsubscribed,
    /// The recipient wants no text messages of the dealer.
    Stopped,
    /// A reason of another release. It stops nothing.
    #[serde(other)]
    Unknown,
}

impl StopReason {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            StopReason::Bounced => "bounced",
            StopReason::Complained => "complained",
            StopReason::Unsubscribed => "unsubscribed",
            StopReason::Stopped => "stopped",
            StopReason::Unknown => "unknown",
        }
    }

    /// Reads a name of the API.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Bounced, Self::Complained, Self::Unsubscribed, Self::Stopped].into_iter().find(|reason| reason.name() == name)
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
