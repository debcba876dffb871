//! Consents to messages, with their proof, and the one rule that decides whether a customer may be contacted (PRV-6).

use crate::base::{
    Actor, ChannelKey, ConsentSource, ConsentStatus, ContactChannel, DealerId, ElementId, LeadId, Medium, Purpose, StopReason,
};
use crate::messages::{AddressState, Stop};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A customer's declaration about messages by a channel and for a purpose, with its proof. It belongs to the address or number, not to a
/// lead. It has no name and no address, so that it remains after an erasure (PRV-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The channel.
    pub channel: ContactChannel,
    /// The purpose.
    pub purpose: Purpose,
    /// The declaration.
    pub status: ConsentStatus,
    /// When the customer declared it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The way in which the customer declared it.
    pub source: ConsentSource,
    /// The text that the customer saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The fingerprint of the text, after the person was erased (PRV-2). The text itself may name the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_hash: Option<String>,
    /// The actor who recorded it.
    pub by: Actor,
    /// The lead with which it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The document of that lead that proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ElementId>,
}

impl Consent {
    pub(crate) fn is_about(&self, channel: ContactChannel, purpose: Purpose) -> bool {
        self.channel == channel && self.purpose == purpose
    }
}

/// The reason why a customer must not be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// Messages to the address are stopped.
    Stopped(StopReason),
    /// The customer refused such messages.
    Withdrawn,
    /// The customer did not agree to such messages.
    NotGranted,
}

/// Returns whether a customer may be contacted by a channel for a purpose. `consents` are those of the address or number, and `stops` those
/// that the dealer's messages meet.
///
/// Messages that belong to a contract need no consent. Service messages are sent until the customer objects. Advertising needs the
/// customer's consent; on paper, it is sent until the customer objects. A complaint outweighs a bounce, because fewer people may lift it.
///
/// # Errors
/// The reason why not.
pub fn may_contact<'a>(
    channel: ContactChannel,
    purpose: Purpose,
    consents: &[Consent],
    stops: impl IntoIterator<Item = &'a Stop>,
) -> Result<(), Unwanted> {
    let stops: Vec<StopReason> = stops.into_iter().map(|stop| stop.kind).collect();
    let reasons: &[StopReason] = match channel {
        ContactChannel::Email if purpose.is_contract() => &[StopReason::Complained, StopReason::Bounced],
        ContactChannel::Email => &[StopReason::Complained, StopReason::Bounced, StopReason::Unsubscribed],
        ContactChannel::Sms => &[StopReason::Stopped],
        ContactChannel::Telephone | ContactChannel::Letter | ContactChannel::Unknown => &[],
    };
    if let Some(reason) = reasons.iter().find(|reason| stops.contains(reason)) {
        return Err(Unwanted::Stopped(*reason));
    }
    let declared = status_of(consents, channel, purpose);
    match purpose {
        Purpose::Contract => Ok(()),
        _ if declared == ConsentStatus::Withdrawn => Err(Unwanted::Withdrawn),
        Purpose::Service => Ok(()),
        Purpose::Advertising | Purpose::Unknown if declared == ConsentStatus::Granted || channel == ContactChannel::Letter => Ok(()),
        Purpose::Advertising | Purpose::Unknown => Err(Unwanted::NotGranted),
    }
}

/// Returns the latest declaration about a channel and a purpose.
fn latest(consents: &[Consent], channel: ContactChannel, purpose: Purpose) -> Option<&Consent> {
    latest_place(consents, channel, purpose).and_then(|place| consents.get(place))
}

fn latest_place(consents: &[Consent], channel: ContactChannel, purpose: Purpose) -> Option<usize> {
    let about = consents.iter().enumerate().filter(|(_, consent)| consent.is_about(channel, purpose));
    about.max_by_key(|(_, consent)| consent.at).map(|(place, _)| place)
}

/// Returns the place of the declaration that makes room: never the latest about its channel and purpose, because it holds; among the others
/// the earliest of a link or, without one, the earliest. A person with the link of a mail can click on it often: that must not displace
/// other proofs.
fn least_needed(consents: &[Consent]) -> Option<usize> {
    let holds = |place: usize, consent: &Consent| latest_place(consents, consent.channel, consent.purpose) == Some(place);
    let others = consents.iter().enumerate().filter(|(place, consent)| !holds(*place, consent));
    others.min_by_key(|(_, consent)| (consent.source != ConsentSource::Link, consent.at)).map(|(place, _)| place)
}

fn status_of(consents: &[Consent], channel: ContactChannel, purpose: Purpose) -> ConsentStatus {
    latest(consents, channel, purpose).map_or(ConsentStatus::Unknown, |consent| consent.status)
}

/// Returns the reason why a dealer must not write to an address. `state` is `None` if nothing is stored about it.
pub fn unwanted(state: Option<&AddressState>, medium: Medium, purpose: Purpose, dealer: &DealerId) -> Option<Unwanted> {
    let stops = state.into_iter().flat_map(|state| state.stops_at(dealer));
    may_contact(medium.into(), purpose, state.map(|state| state.consents.as_slice()).unwrap_or_default(), stops).err()
}

/// The maximum number of declarations that are kept of an address, about every channel and purpose.
const MOST_CONSENTS: usize = 100;

/// The maximum size of the texts of these declarations, in bytes. Without it, senders of enquiries could fill the item.
const MOST_TEXT_BYTES: usize = 100_000;

impl AddressState {
    /// Returns the latest declaration about each channel and purpose, in their order.
    pub fn latest_consents(&self) -> impl Iterator<Item = &Consent> {
        let pairs = ContactChannel::ALL.into_iter().flat_map(|channel| Purpose::OF_CONSENT.map(|purpose| (channel, purpose)));
        pairs.filter_map(|(channel, purpose)| latest(&self.consents, channel, purpose))
    }

    /// Returns the latest declaration about a channel and a purpose.
    pub(crate) fn latest_consent(&self, channel: ContactChannel, purpose: Purpose) -> Option<&Consent> {
        latest(&self.consents, channel, purpose)
    }

    /// Returns the state of the address with further declarations. `None` if it has them already. If there are more
    /// than 100, or their texts have more than 100,000 bytes, the earliest ones that no longer hold make room, those of links first.
    /// `before` is `None` if nothing is stored.
    pub fn with_consents(before: Option<&Self>, key: &ChannelKey, consents: impl IntoIterator<Item = Consent>) -> Option<Self> {
        let mut state = before.cloned().unwrap_or_else(|| Self::new(key));
        let known = state.consents.len();
        for consent in consents {
            let is_same = |other: &Consent| {
                other.is_about(consent.channel, consent.purpose)
                    && (other.status, other.at, other.source) == (consent.status, consent.at, consent.source)
            };
            if !state.consents.iter().any(is_same) {
                state.consents.push(consent);
            }
        }
        let is_new = state.consents.len() > known;
        let bytes = |consents: &[Consent]| consents.iter().filter_map(|consent| consent.text.as_ref()).map(String::len).sum::<usize>();
        while state.consents.len() > MOST_CONSENTS || bytes(&state.consents) > MOST_TEXT_BYTES {
            let Some(place) = least_needed(&state.consents) else { break };
            state.consents.remove(place);
        }
        is_new.then_some(state)
    }

    /// Returns the customer's status before the link of a mail withdrew the consent: granted if it was. Another click on the link withdraws
    /// nothing, and a withdrawal by another way stays.
    pub fn status_before_link(&self, purpose: Purpose) -> Option<ConsentStatus> {
        let channel = ContactChannel::Email;
        let withdrawn = latest(&self.consents, channel, purpose)
            .filter(|consent| consent.source == ConsentSource::Link && consent.status == ConsentStatus::Withdrawn)?;
        let earlier: Vec<Consent> = self.consents.iter().filter(|consent| *consent != withdrawn).cloned().collect();
        Some(status_of(&earlier, channel, purpose))
    }
}
