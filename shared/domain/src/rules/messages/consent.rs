//! Records the declarations of customers about messages (PRV-6).

use super::fate::decides_for_owner;
use super::subscription::is_subscribed;
use crate::access::Scope;
use crate::base::{ChannelKey, ConsentStatus, ContactChannel, Refusal, Right};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::lead::{ConsentRecorded, Event};
use crate::messages::{AddressState, Consent};

/// The address or number to which a declaration belongs.
#[derive(Debug, Clone, Copy)]
pub struct ConsentAddress<'a> {
    /// The address or number.
    pub address: &'a str,
    /// Its HMAC.
    pub key: &'a ChannelKey,
    /// What is stored about it.
    pub state: Option<&'a AddressState>,
}

/// Records a declaration of the customer that a user states. `None` if it is recorded already.
///
/// # Errors
/// 422 if the customer cannot have declared it yet; 403 if it ends a refusal of the customer, has no document that proves it, and the
/// caller does not decide for the owner.
pub fn record(input: LeadInput<'_>, address: ConsentAddress<'_>, consent: Consent, scope: &Scope) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    if consent.at > now {
        return Err(Refusal::field("at", "PRV-6", "must not be in the future"));
    }
    if ends_refusal(&consent, address.state) && consent.document.is_none() && !decides_for_owner(lead, dealer, scope) {
        let detail = "the customer refused such messages; name a document that proves the consent, or ask the supervisor of the owner or an administrator";
        return Err(Refusal::not_allowed(Right::ChangeSettings, "PRV-6", detail));
    }
    let event = event(&consent, address.address, false);
    let recorded = AddressState::with_consents(address.state, address.key, [consent]);
    Ok(recorded.map(|state| commit(lead.touched(now), by.clone(), vec![event], now).with(Item::AddressState(state))))
}

/// Whether a declaration ends a refusal: the latest one is withdrawn, or the address is unsubscribed. An `unknown` after a withdrawal
/// counts, because a `granted` could follow it.
pub(super) fn ends_refusal(consent: &Consent, state: Option<&AddressState>) -> bool {
    let latest = state.and_then(|state| state.latest_consent(consent.channel, consent.purpose));
    let is_withdrawn = latest.is_some_and(|known| known.status == ConsentStatus::Withdrawn);
    let is_unsubscribed = consent.channel == ContactChannel::Email && !is_subscribed(state);
    match consent.status {
        ConsentStatus::Granted => is_withdrawn || is_unsubscribed,
        ConsentStatus::Unknown => is_withdrawn,
        ConsentStatus::Withdrawn => false,
    }
}

/// Returns the event of the timeline about a declaration.
pub(crate) fn event(consent: &Consent, address: &str, without_effect: bool) -> Event {
    Event::Consent(ConsentRecorded {
        channel: consent.channel,
        purpose: consent.purpose,
        status: consent.status,
        source: consent.source,
        to: address.to_owned(),
        document: consent.document.clone(),
        without_effect,
    })
}
