//! An enquiry and a lead number under which it may be stored: decides one attempt.

use crate::answer::{EnquiryReceiptView, LeadCreated, Outcome};
use crate::lookup::recognised;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, LeadId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::enquiry::VEHICLES;
use forecourt_domain::lead::{EnquiryReceipt, Lead, Receipt};
use forecourt_domain::rules::lead::intake::{self, Arrival, IntakeOutcome, StoredState};
use forecourt_domain::rules::messages::declared::DeclaredAt;
use forecourt_domain::settings::Dealer;
use forecourt_edge::usecase::directory::PersonChannels;
use forecourt_edge::usecase::lead::enquiry_of;
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// Attempts in which intake assigns the owner itself. If the rotation is still contended after that, the assign function does it.
const ASSIGNING_ATTEMPTS: u32 = 2;

/// Whose enquiries an origin can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Those of all users of the group: the id of another system.
    Shared,
    /// Only those of the sender.
    Own,
}

/// The result of one attempt.
pub(crate) enum Tried {
    /// The enquiry is stored, or was before.
    Done(Box<Outcome>),
    /// The number belongs to another lead.
    NumberTaken,
    /// The origin names a lead of another user that the sender may not see, or not change (INT-5, ACC-1).
    OfAnother,
}

type Decided = (Option<Decision>, Tried);

/// An enquiry and the lead number under which it may be stored.
pub(crate) struct Candidate<'a> {
    pub(crate) arrival: &'a Arrival,
    pub(crate) id: LeadId,
    pub(crate) origin: Origin,
    pub(crate) scope: &'a Scope,
    /// The dealer of the request.
    pub(crate) addressed: &'a DealerId,
    /// The dealer as read before; the consistent read may return newer settings.
    pub(crate) dealer: &'a Dealer,
    pub(crate) channels: &'a PersonChannels,
    /// The declarations of consent of the enquiry.
    pub(crate) declared: &'a [DeclaredAt],
    /// The id of the sender's receipt, if the sender may not read the lead.
    pub(crate) receipt_id: &'a str,
}

/// The stored lead that an arrival names, and the receipt that led to it.
#[derive(Clone, Copy)]
struct Named<'a> {
    lead: &'a Lead,
    receipt: Option<&'a Receipt>,
    /// Whether the sender's own `Idempotency-Key` led to it.
    by_key: bool,
}

impl Candidate<'_> {
    /// Returns the keys of the items that show whether the sender may read the lead that the arrival names, or sent it.
    pub(crate) fn about_named(&self, loaded: &Loaded) -> Vec<Key> {
        let may_read_leads = self.scope.needs(Right::ReadLeads).is_ok();
        let Some(Named { lead, .. }) = self.named(loaded).filter(|_| may_read_leads) else { return Vec::new() };
        let dealer = Key::Dealer(lead.dealer.clone());
        // A further read, only if the sender cannot read the lead or cannot any more.
        let unread = self.origin == Origin::Shared && loaded.requested(&dealer) && !self.may(Right::ReadLeads, lead, loaded);
        [dealer].into_iter().chain(unread.then_some(Key::Entry(lead.id, 1))).collect()
    }

    pub(crate) fn decide(&self, loaded: &Loaded, attempt: u32) -> Result<Decided, Refusal> {
        let Self { arrival, id, channels, .. } = *self;
        let by_key = arrival.receipt.as_deref().and_then(|key| loaded.receipt(key));
        let own = loaded.enquiry_receipt(self.receipt_id);
        if let Some(own) = own
            && by_key.is_none_or(|receipt| receipt.body == arrival.body)
            && own.repeats(arrival)?
        {
            let key = arrival.receipt.clone().filter(|_| by_key.is_none());
            let key = key.map(|key| Item::Receipt(Receipt { key, body: arrival.body.clone(), lead: own.lead, added: None }));
            return Ok((key.map(|key| Decision::default().with(key)), self.received(own, true)));
        }
        let named = self.named(loaded);
        if let Some(Named { lead, by_key, .. }) = named
            && self.origin == Origin::Shared
        {
            // To send an enquiry again is to change its lead. A known key changes nothing; but if the sender may not read the lead, the
            // answer to the first request can be a receipt, under an origin of the sender's own.
            let right = if arrival.resend && !by_key { Right::WorkLeads } else { Right::ReadLeads };
            let may = self.may(right, lead, loaded) && self.may(Right::ReadLeads, lead, loaded);
            if !may && !named.is_some_and(|named| self.repeats_own(named, loaded)) {
                return Ok((None, Tried::OfAnother));
            }
        }
        let dealer = loaded.dealer(&self.dealer.id).unwrap_or(self.dealer);
        let (contact, latest, others) = recognised(loaded, channels, &dealer.id, id);
        // If newer settings choose a lane that was not read, the assign function distributes the lead too.
        let contended = attempt >= ASSIGNING_ATTEMPTS;
        let added = loaded.receipt(&arrival.origin).and_then(|receipt| Some((receipt, loaded.lead(receipt.lead)?)));
        let mut trade_ins = [None; VEHICLES];
        for (place, element) in trade_ins.iter_mut().zip(Element::enquired_ids()) {
            *place = loaded.element(id, ElementKind::TradeIn, &element);
        }
        let contact = contact.as_ref();
        let latest_enquiry = latest.and_then(|lead| enquiry_of(loaded, lead));
        let lead = loaded.lead(id);
        let enquiry = lead.and_then(|lead| enquiry_of(loaded, lead));
        let found = StoredState {
            lead,
            receipt: by_key,
            added,
            latest,
            latest_enquiry,
            others: &others,
            enquiry,
            trade_ins,
            contact,
            texts: loaded.dealer_texts(&dealer.id),
            contended,
        };
        let outcome = intake::receive(arrival, id, found, dealer, &|lane| loaded.place(&dealer.id, lane))?;
        match outcome.declaring(arrival, self.declared, |key| loaded.address_state(key)) {
            IntakeOutcome::New(decision) => Ok(self.stored(decision, own, loaded, Outcome::Created)),
            IntakeOutcome::Added(decision) => {
                let added =
                    decision.items.iter().find_map(|item| if let Item::Receipt(receipt) = item { receipt.added.clone() } else { None });
                let outcome = |lead: LeadCreated| match &added {
                    Some(added) => Outcome::Updated(lead.when_added(added)),
                    None => Outcome::Updated(lead),
                };
                Ok(self.stored(decision, own, loaded, outcome))
            }
            IntakeOutcome::Resent(decision) => Ok(self.stored(decision, own, loaded, Outcome::Updated)),
            IntakeOutcome::Repeat(remembered) => match named {
                Some(named) => Ok(self.repeated(named, remembered, loaded)),
                None => Ok((remembered, Tried::NumberTaken)),
            },
            IntakeOutcome::NumberTaken => Ok((None, Tried::NumberTaken)),
        }
    }

    /// Returns the lead that the sender's key or the origin names.
    fn named<'a>(&self, loaded: &'a Loaded) -> Option<Named<'a>> {
        let of = |receipt: &'a Receipt, by_key| Some(Named { lead: loaded.lead(receipt.lead)?, receipt: Some(receipt), by_key });
        let by_key = self.arrival.receipt.as_deref().and_then(|key| loaded.receipt(key)).and_then(|receipt| of(receipt, true));
        let first = loaded.lead(self.id).filter(|lead| lead.origin.key == self.arrival.origin);
        let first = first.map(|lead| Named { lead, receipt: None, by_key: false });
        let added = || loaded.receipt(&self.arrival.origin).and_then(|receipt| of(receipt, false));
        by_key.or(first).or_else(added)
    }

    /// Whether the arrival repeats an enquiry of the same sender, who had no receipt: the first answer was the lead, because the sender
    /// could read it then (INT-5).
    fn repeats_own(&self, Named { lead, receipt, by_key }: Named<'_>, loaded: &Loaded) -> bool {
        let is_own = |by: &Actor| *by == self.arrival.by;
        match receipt {
            // The sender's own receipt may have another origin.
            _ if by_key => false,
            Some(receipt) => {
                let by = receipt.added.as_ref().and_then(|added| added.by.as_ref());
                receipt.body == self.arrival.body && by.is_some_and(is_own)
            }
            None => lead.origin.knows(self.arrival) && loaded.entry(lead.id, 1).is_some_and(|entry| is_own(&entry.by)),
        }
    }

    /// Whether the sender has a right on a lead.
    fn may(&self, right: Right, lead: &Lead, loaded: &Loaded) -> bool {
        let here = (lead.dealer == self.dealer.id).then_some(self.dealer);
        let dealer = loaded.dealer(&lead.dealer).or(here);
        dealer.is_some_and(|dealer| self.scope.needs_on(right, lead, &dealer.settings, self.arrival.at).is_ok())
    }

    /// Adds the sender's receipt to a decision, unless the sender may read the lead.
    fn stored(
        &self,
        decision: Decision,
        own: Option<&EnquiryReceipt>,
        loaded: &Loaded,
        outcome: impl Fn(LeadCreated) -> Outcome,
    ) -> Decided {
        let Some(lead) = decision.lead() else { return (Some(decision), Tried::NumberTaken) };
        if self.may(Right::ReadLeads, lead, loaded) && own.is_none() {
            let outcome = outcome(LeadCreated::of(lead, &self.dealer.id, &self.arrival.enquiry));
            return (Some(decision), Tried::Done(Box::new(outcome)));
        }
        let before = loaded.receipt(&self.arrival.origin);
        let receipt = match own {
            Some(own) => own.sent_again(self.arrival),
            None => self.receipt(lead, before),
        };
        let answer = self.received(&receipt, false);
        (Some(noted(decision, &receipt).with(Item::EnquiryReceipt(Box::new(receipt)))), answer)
    }

    fn receipt(&self, lead: &Lead, added: Option<&Receipt>) -> EnquiryReceipt {
        EnquiryReceipt::of(self.receipt_id.to_owned(), self.addressed, self.arrival, lead, added)
    }

    /// The answer to a repeat of which the sender has no receipt: the sender could read the lead, or the first answer is older than
    /// receipts.
    fn repeated(&self, Named { lead, receipt, .. }: Named<'_>, remembered: Option<Decision>, loaded: &Loaded) -> Decided {
        // A user without a receipt gets the first answer again: it named the lead, because the user was allowed to read it then.
        if self.scope.user_id().is_none() && !self.may(Right::ReadLeads, lead, loaded) {
            let made = self.receipt(lead, receipt);
            let answer = self.received(&made, true);
            return (Some(remembered.unwrap_or_default().with(Item::EnquiryReceipt(Box::new(made)))), answer);
        }
        let created = LeadCreated::of(lead, &self.dealer.id, &self.arrival.enquiry);
        let outcome = match receipt.and_then(|receipt| receipt.added.as_ref()) {
            Some(added) => Outcome::Repeated { lead: created.when_added(added), status: 200 },
            None => {
                // The first content may itself be marked as sent again.
                let first = lead.origin.body == self.arrival.body && (!self.arrival.resend || lead.origin.resent.is_empty());
                Outcome::Repeated { lead: created, status: if first { 201 } else { 200 } }
            }
        };
        (remembered, Tried::Done(Box::new(outcome)))
    }

    fn received(&self, receipt: &EnquiryReceipt, again: bool) -> Tried {
        let receipt = EnquiryReceiptView::of(receipt, &self.arrival.enquiry.flags);
        Tried::Done(Box::new(Outcome::Received { receipt, again }))
    }
}

/// Notes the sender's receipt in the timeline entry of the enquiry, so that an erasure finds it (PRV-2).
fn noted(mut decision: Decision, receipt: &EnquiryReceipt) -> Decision {
    for item in &mut decision.items {
        if let Item::Entry(entry) = item
            && entry.lead == receipt.lead
        {
            entry.receipt = Some(receipt.id.clone());
        }
    }
    decision
}
