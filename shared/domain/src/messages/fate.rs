//! The delivery state of a message after the provider accepted it, and the stops of addresses (MSG-1).

use crate::base::text::shortened;
use crate::base::{Actor, ChannelKey, ConsentStatus, DealerId, LeadId, ReportKind, StopReason};
use crate::messages::{AskedVisit, Consent};
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
        Self { kind, at, detail: detail.map(|text| shortened(text, Self::MAX_DETAIL)).filter(|text| !text.is_empty()) }
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
    /// The lead with which a user recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
}

impl Stop {
    pub(crate) fn is_of(&self, kind: StopReason, dealer: Option<&DealerId>) -> bool {
        self.kind == kind && self.dealer.as_ref() == dealer
    }

    /// Whether the customer made it, by the link of a mail or a text message. A user and the provider record stops of their own beside it.
    pub fn is_of_customer(&self) -> bool {
        self.by == Actor::Customer
    }

    /// Whether it is the same stop as another one.
    fn is_same(&self, other: &Self) -> bool {
        self.is_of(other.kind, other.dealer.as_ref()) && self.is_of_customer() == other.is_of_customer()
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

/// The stops of an e-mail address or a telephone number within a group, and the consents of its owner (PRV-6). It holds no name. An erasure
/// keeps the consents, because they prove that the dealer was allowed to write; the words of a [`Stop::detail`] can name the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressState {
    /// The HMAC of the address.
    pub key: ChannelKey,
    /// The stops in force, at most two for each reason and dealer: the customer's, and another one. Neither hides the other, because not
    /// everybody may lift the customer's, and a link, which may be forwarded, does not lift that of a user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Stop>,
    /// The latest end of a stop for each reason and dealer. Older reports do not stop the address again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<LiftedStop>,
    /// The declarations of the customer about messages, in the order in which they were recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// The appointments about which text messages asked the customer to answer, the latest last (MSG-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AskedVisit>,
}

impl AddressState {
    pub(crate) fn new(key: &ChannelKey) -> Self {
        Self { key: key.clone(), stops: Vec::new(), lifted: Vec::new(), consents: Vec::new(), asked: Vec::new() }
    }

    /// Returns the state of the address with a further stop. `None` if it has this stop already, or if a user lifted it later than it
    /// happened. `before` is `None` if nothing is stored.
    pub fn with_stop(before: Option<&Self>, key: &ChannelKey, stop: Stop) -> Option<Self> {
        let mut state = before.cloned().unwrap_or_else(|| Self::new(key));
        let (kind, dealer) = (stop.kind, stop.dealer.as_ref());
        let is_lifted = state.lifted.iter().any(|lifted| lifted.kind == kind && lifted.dealer.as_ref() == dealer && lifted.at >= stop.at);
        if is_lifted || state.stops.iter().any(|known| known.is_same(&stop)) {
            return None;
        }
        state.stops.push(stop);
        Some(state)
    }

    /// Returns the state without a stop. `None` if the address does not have this stop.
    pub fn without_stop(&self, stop: &Stop, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        let mut state = self.clone();
        state.stops.retain(|known| !known.is_same(stop));
        if state.stops.len() == self.stops.len() {
            return None;
        }
        let (kind, dealer) = (stop.kind, stop.dealer.as_ref());
        state.lifted.retain(|lifted| !(lifted.kind == kind && lifted.dealer.as_ref() == dealer));
        state.lifted.push(LiftedStop { kind, dealer: dealer.cloned(), at: now, by: by.clone() });
        Some(state)
    }

    /// Returns the state of an address that has a tag, as `jana+x@example.com`, with what the owner of its `mailbox` refused at the address
    /// without the tag: unsubscriptions, complaints, and withdrawn consents. A bounce concerns one address.
    pub fn with_refusals(own: Option<&Self>, mailbox: Option<&Self>) -> Option<Self> {
        let Some(mailbox) = mailbox else { return own.cloned() };
        let mut state = own.cloned().unwrap_or_else(|| Self::new(&mailbox.key));
        let refuses = |stop: &&Stop| matches!(stop.kind, StopReason::Unsubscribed | StopReason::Complained);
        state.stops.extend(mailbox.stops.iter().filter(refuses).cloned());
        let withdrawn = mailbox.latest_consents().filter(|consent| consent.status == ConsentStatus::Withdrawn);
        let withdrawn: Vec<Consent> = withdrawn.cloned().collect();
        // A later consent at the address with the tag does not end them.
        state.consents.retain(|own| !withdrawn.iter().any(|one| own.is_about(one.channel, one.purpose)));
        state.consents.extend(withdrawn);
        Some(state)
    }

    /// Returns the stops that a dealer's messages meet.
    pub fn stops_at<'a>(&'a self, dealer: &'a DealerId) -> impl Iterator<Item = &'a Stop> {
        self.stops.iter().filter(move |stop| stop.dealer.as_ref().is_none_or(|of| of == dealer))
    }

    /// Whether the customer objected to messages of a dealer: by a complaint, an unsubscription, a stop of text messages, or the latest
    /// declaration about a channel and purpose. A bounce is no objection.
    pub(crate) fn objects_at(&self, dealer: &DealerId) -> bool {
        let stopped = self.stops_at(dealer).any(|stop| stop.kind != StopReason::Bounced);
        stopped || self.latest_consents().any(|consent| consent.status == ConsentStatus::Withdrawn)
    }

    /// Returns the state of the address after the customer permitted the messages that `stop` would stop. Stops that happened later stay,
    /// and earlier ones that are recorded later have no effect: text messages can arrive in another order. `None` if nothing changes.
    pub fn permitted(before: Option<&Self>, key: &ChannelKey, stop: &Stop) -> Option<Self> {
        let (kind, dealer, at) = (stop.kind, stop.dealer.as_ref(), stop.at);
        let mut state = before.cloned().unwrap_or_else(|| Self::new(key));
        let is_of = |lifted: &LiftedStop| lifted.kind == kind && lifted.dealer.as_ref() == dealer;
        if state.lifted.iter().any(|lifted| is_of(lifted) && lifted.at >= at) {
            return None;
        }
        state.stops.retain(|known| !(known.is_of(kind, dealer) && known.at <= at));
        state.lifted.retain(|lifted| !is_of(lifted));
        state.lifted.push(LiftedStop { kind, dealer: dealer.cloned(), at, by: stop.by.clone() });
        Some(state)
    }
}
