//! The end of advertising and service mails by the link of a mail, and their permission (PRV-6).

use crate::base::{Actor, ChannelKey, ConsentSource, ConsentStatus, ContactChannel, MAX_DECLARATION, Purpose, StopReason};
use crate::decision::{Decision, Item, commit};
use crate::lead::{AddressStopped, Event, Lead, TimelineAction};
use crate::messages::{AddressState, Consent, Stop};
use chrono::{DateTime, Utc};

/// A request by the link of a mail.
#[derive(Debug, Clone, Copy)]
pub struct SubscriptionContext<'a> {
    /// The HMAC of the address to which the mail was sent.
    pub key: &'a ChannelKey,
    /// What is stored about the address.
    pub state: Option<&'a AddressState>,
    /// The lead that the mail is about. `None` if it does not exist any more. An erased one stays as it is.
    pub lead: Option<&'a Lead>,
    /// The address. Empty if no contact of the lead has it any more.
    pub address: &'a str,
    /// The text that the recipient saw: the proof.
    pub text: &'a str,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Whether the owner of an address gets advertising and service mails, as far as unsubscribing is concerned.
pub fn is_subscribed(state: Option<&AddressState>) -> bool {
    !state.is_some_and(|state| state.stops.iter().any(|stop| stop.kind == StopReason::Unsubscribed))
}

/// Whether the link of a mail permits the mails again: the customer ended them, and nobody else recorded that the customer wants none.
pub fn may_resubscribe(state: Option<&AddressState>) -> bool {
    let stops = state.into_iter().flat_map(|state| &state.stops);
    !is_subscribed(state) && stops.filter(|stop| stop.kind == StopReason::Unsubscribed).all(Stop::is_of_customer)
}

impl SubscriptionContext<'_> {
    /// Returns the lead on whose timeline the request is noted.
    fn noted_lead(&self) -> Option<&Lead> {
        self.lead.filter(|lead| lead.erased.is_none())
    }

    fn consent(&self, purpose: Purpose, status: ConsentStatus) -> Consent {
        Consent {
            channel: ContactChannel::Email,
            purpose,
            status,
            at: self.now,
            source: ConsentSource::Link,
            text: Some(self.text.chars().take(MAX_DECLARATION).collect()),
            text_hash: None,
            by: Actor::Customer,
            lead: self.noted_lead().map(|lead| lead.id),
            document: None,
        }
    }

    /// Stores the state with the declarations, and notes it on the timeline of the lead once a day: clicks cost nothing, and must not fill
    /// the timeline.
    fn stored(&self, state: AddressState, consents: Vec<Consent>, action: TimelineAction) -> Decision {
        let is_noted = self.is_noted(&consents, action);
        let state = AddressState::with_consents(Some(&state), self.key, consents).unwrap_or(state);
        let noted = self.noted_lead().filter(|_| !is_noted).map(|lead| {
            let stopped = AddressStopped { action, kind: StopReason::Unsubscribed, to: self.address.to_owned(), note: None };
            commit(lead.touched(self.now), Actor::Customer, vec![Event::AddressStop(stopped)], self.now)
        });
        noted.unwrap_or_default().with(Item::AddressState(state))
    }

    /// Whether the link did the same today. The declarations of links show it; if there are none, because the customer refused such mails
    /// before, the latest end of the stop does.
    fn is_noted(&self, consents: &[Consent], action: TimelineAction) -> bool {
        let Some(before) = self.state else { return false };
        let is_today = |at: DateTime<Utc>| at.date_naive() == self.now.date_naive();
        let is_same = |known: &Consent| {
            let withdraws = known.status == ConsentStatus::Withdrawn;
            let is_of_link = known.source == ConsentSource::Link && known.lead == self.noted_lead().map(|lead| lead.id);
            is_of_link && withdraws == (action == TimelineAction::Added) && is_today(known.at)
        };
        match consents.is_empty() {
            true => before.lifted.iter().any(|end| end.kind == StopReason::Unsubscribed && end.by == Actor::Customer && is_today(end.at)),
            false => before.consents.iter().any(is_same),
        }
    }
}

/// Ends advertising and service mails of the group to the address, and withdraws the consent to them. `None` if the customer has ended them
/// already. That a user recorded a stop before does not count: the customer's own is protected, and withdraws the consent.
pub fn unsubscribe(context: SubscriptionContext<'_>) -> Option<Decision> {
    let SubscriptionContext { key, state, now, .. } = context;
    let stop = Stop { kind: StopReason::Unsubscribed, dealer: None, at: now, by: Actor::Customer, detail: None, lead: None };
    let stopped = AddressState::with_stop(state, key, stop)?;
    let declared = |purpose| {
        stopped
            .latest_consents()
            .any(|known| known.channel == ContactChannel::Email && known.purpose == purpose && known.status == ConsentStatus::Withdrawn)
    };
    let withdrawn: Vec<Consent> = Purpose::OF_CONSENT
        .into_iter()
        .filter(|purpose| !declared(*purpose))
        .map(|purpose| context.consent(purpose, ConsentStatus::Withdrawn))
        .collect();
    Some(context.stored(stopped, withdrawn, TimelineAction::Added))
}

/// Permits the mails again that [`unsubscribe`] ended. The consent is again as it was before: a click on a link makes no new one. `None` if
/// the customer has not ended them. If a user recorded that the customer wants none, they stay ended: a link, which may be forwarded, does
/// not undo that.
pub fn resubscribe(context: SubscriptionContext<'_>) -> Option<Decision> {
    let SubscriptionContext { state, now, .. } = context;
    let state = state?;
    let stop = state.stops.iter().find(|stop| stop.kind == StopReason::Unsubscribed && stop.is_of_customer())?;
    let permitted = state.without_stop(stop, &Actor::Customer, now)?;
    let before = Purpose::OF_CONSENT.into_iter().filter_map(|purpose| Some((purpose, state.status_before_link(purpose)?)));
    let consents: Vec<Consent> = before.map(|(purpose, status)| context.consent(purpose, status)).collect();
    Some(context.stored(permitted, consents, TimelineAction::Deleted))
}
