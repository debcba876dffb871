//! Records the declarations of consent that an enquiry brings, in the commit of the enquiry (PRV-6).

use super::consent::{ConsentAddress, ends_refusal, event};
use crate::base::{Actor, ChannelKey, ConsentSource, ConsentStatus, LeadId};
use crate::decision::{Decision, Item};
use crate::enquiry::Declaration;
use crate::lead::Event;
use crate::messages::{AddressState, Consent};
use crate::rules::lead::intake::{Arrival, IntakeOutcome};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A declaration of an enquiry, and one of the addresses to which it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAt {
    /// The declaration.
    pub declaration: Declaration,
    /// The address or number.
    pub address: String,
    /// Its HMAC.
    pub key: ChannelKey,
}

impl DeclaredAt {
    /// Returns the consent of an enquiry that `lead` has. It was declared when the enquiry arrived, at the latest, whatever the clock of
    /// the sender says.
    fn consent(&self, arrival: &Arrival, lead: LeadId) -> Consent {
        let Declaration { channel, purpose, status, source, text, at } = &self.declaration;
        let by_way = match arrival.by {
            Actor::User(_) => ConsentSource::Form,
            Actor::Partner(_) | Actor::Customer | Actor::System | Actor::Unknown => ConsentSource::Portal,
        };
        let stated = at.or(arrival.enquiry.requested_at).unwrap_or(arrival.sent).min(arrival.sent);
        Consent {
            channel: *channel,
            purpose: *purpose,
            status: *status,
            at: in_milliseconds(stated),
            source: source.unwrap_or(by_way),
            text: text.clone(),
            text_hash: None,
            by: arrival.by.clone(),
            lead: Some(lead),
            document: None,
        }
    }
}

/// Returns a time as it is stored.
fn in_milliseconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

impl IntakeOutcome {
    /// Adds the declarations of an arrival to the commit that stores it. `state` returns what is stored about an address. A repeat declares
    /// nothing.
    ///
    /// The sender of an enquiry speaks for the customer without a proof that the dealer has seen. A consent therefore ends no refusal of
    /// the customer, whenever it was declared: it is on the timeline without effect, and a user records it, as any other one
    /// ([`super::consent::record`]). A withdrawal always counts.
    #[must_use]
    pub fn declaring<'s>(
        self,
        arrival: &Arrival,
        declared: &[DeclaredAt],
        state: impl Fn(&ChannelKey) -> Option<&'s AddressState>,
    ) -> Self {
        let with = |decision: Decision| {
            let Some(lead) = decision.lead().map(|lead| lead.id).filter(|_| !declared.is_empty()) else { return decision };
            let mut changed: BTreeMap<&ChannelKey, AddressState> = BTreeMap::new();
            let mut events = Vec::new();
            for one in declared {
                let known = changed.get(&one.key).or_else(|| state(&one.key));
                let (event, after) =
                    recorded(&one.consent(arrival, lead), ConsentAddress { address: &one.address, key: &one.key, state: known });
                events.extend(event);
                if let Some(after) = after {
                    changed.insert(&one.key, after);
                }
            }
            let mut decision = noted(decision, lead, events);
            decision.items.extend(changed.into_values().map(Item::AddressState));
            decision
        };
        match self {
            Self::New(decision) => Self::New(with(decision)),
            Self::Added(decision) => Self::Added(with(decision)),
            Self::Resent(decision) => Self::Resent(with(decision)),
            Self::Repeat(_) | Self::NumberTaken => self,
        }
    }
}

/// Returns the event of the timeline about a declaration, and the state of its address with it. Both are `None` if it is recorded already;
/// the state is `None` if it would end a refusal. One that is older than a refusal is kept as a proof of the time before.
fn recorded(consent: &Consent, address: ConsentAddress<'_>) -> (Option<Event>, Option<AddressState>) {
    let latest = address.state.and_then(|state| state.latest_consent(consent.channel, consent.purpose));
    let is_older = latest.is_some_and(|known| known.at > consent.at && known.status == ConsentStatus::Withdrawn);
    let event = |without_effect| Some(event(consent, address.address, without_effect));
    if ends_refusal(consent, address.state) && !is_older {
        return (event(true), None);
    }
    let after = AddressState::with_consents(address.state, address.key, [consent.clone()]);
    let holds = after.as_ref().is_some_and(|state| state.latest_consent(consent.channel, consent.purpose) == Some(consent));
    (after.as_ref().and_then(|_| event(!holds)), after)
}

/// Adds events to the entry that the decision adds to the timeline of a lead.
fn noted(mut decision: Decision, lead: LeadId, mut events: Vec<Event>) -> Decision {
    for item in &mut decision.items {
        if let Item::Entry(entry) = item
            && entry.lead == lead
        {
            entry.events.append(&mut events);
        }
    }
    decision
}
