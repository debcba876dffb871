//! Mails and stops of addresses without an erased contact (PRV-2).

use super::ERASED;
use crate::base::{ChannelKey, ConsentSource};
use crate::decision::{Decision, Item};
use crate::lead::Lead;
use crate::mail::{Handled, IncomingMail, MailOutcome};
use crate::messages::AddressState;
use crate::privacy::{ErasedCounts, Erasure};
use chrono::{DateTime, Utc};

/// The input of the erasure of a mail.
#[derive(Debug, Clone, Copy)]
pub struct ErasedMail<'a> {
    /// The order.
    pub order: &'a Erasure,
    /// The mail.
    pub mail: &'a IncomingMail,
    /// The keys of the addresses and numbers that the mail states as its senders.
    pub senders: &'a [ChannelKey],
    /// The order's leads among those of the mail, after [`super::erase_lead`], each with the keys of its remaining contacts.
    pub leads: &'a [(&'a Lead, Vec<ChannelKey>)],
    /// The other leads of the mail. The mail has the data of their customers, too.
    pub others: &'a [&'a Lead],
    /// The current time.
    pub now: DateTime<Utc>,
}

impl ErasedMail<'_> {
    /// Whether the mail is erased with the contact: the contact sent it before the order, or it belongs to a lead of the contact. The mail
    /// with which a remaining contact of the lead asked stays.
    fn is_theirs(&self) -> bool {
        let Self { order, mail, senders, leads, .. } = *self;
        let is_sender = senders.iter().any(|key| order.channels.contains(key));
        let wrote = |remaining: &[ChannelKey]| senders.iter().any(|key| remaining.contains(key));
        let made_lead = matches!(mail.outcome, MailOutcome::Leads { .. });
        let stays = |(lead, remaining): &(&Lead, Vec<ChannelKey>)| lead.erased.is_none() && made_lead && wrote(remaining);
        (is_sender && mail.received <= order.at) || leads.iter().any(|lead| !stays(lead))
    }
}

/// Erases the content of a mail: sender, subject and reasons in words. The time, the size, the result and the leads stay. An open mail is
/// handled, and a copy or report that waits is not sent. `None` if the mail stays as it is, for example because a legal hold keeps one of
/// its leads.
pub fn erase_mail(input: ErasedMail<'_>) -> Option<Decision> {
    let ErasedMail { order, mail, now, .. } = input;
    let mut leads = input.leads.iter().map(|(lead, _)| lead).chain(input.others);
    let is_held = leads.any(|lead| !lead.holds.is_empty() || order.held.contains(&lead.id));
    if mail.erased.is_some() || is_held || !input.is_theirs() {
        return None;
    }
    let mut erased = IncomingMail { erased: Some(now), version: mail.version + 1, ..mail.steps_erased(now) };
    (erased.from, erased.reply_to, erased.subject) = (None, None, None);
    match &mut erased.outcome {
        MailOutcome::Leads { refused, .. } => *refused = None,
        MailOutcome::NoLead { detail, .. } | MailOutcome::Refused { detail } => *detail = ERASED.to_owned(),
        MailOutcome::Answer { .. } | MailOutcome::Unknown => {}
    }
    if mail.is_open() {
        erased.handled = Some(Handled { at: now, by: order.by.clone(), lead: None });
    }
    let counts = ErasedCounts { mails: 1, ..ErasedCounts::default() };
    let order = Item::Erasure(Box::new(order.with(counts)));
    Some(Decision::default().with(Item::IncomingMail(Box::new(erased))).with(order).erasing())
}

/// Removes the words of the provider and the notes of users from the stops of an address, and the texts and documents of users from the
/// consents. The stops stay: they protect the person, who may come back, from messages that the person did not want. The consents stay with
/// the fingerprint of their text, by which a kept form still proves them. `None` if there are no words.
pub fn erase_words(state: &AddressState, fingerprint: impl Fn(&str) -> String) -> Option<Decision> {
    let mut erased = state.clone();
    erased.stops.iter_mut().for_each(|stop| stop.detail = None);
    erased.asked.clear();
    // The text of a link is Forecourt's own, and names nobody.
    for consent in erased.consents.iter_mut().filter(|consent| consent.source != ConsentSource::Link) {
        consent.document = None;
        if let Some(text) = consent.text.take() {
            consent.text_hash = Some(fingerprint(&text));
        }
    }
    (erased != *state).then(|| Decision::default().with(Item::AddressState(erased)).erasing())
}
