//! Stores one checked enquiry: one read and one transaction.

use crate::answer::Outcome;
use crate::attached::{Documents, Files, documents_of};
use crate::candidate::{Candidate, Origin, Tried};
use crate::lookup::{counting_key, declared, lane, lane_keys, referenced_keys};
use crate::mail::Attachment;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::usecase::directory::channels;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};

/// Lead numbers tried for one enquiry. More collisions than this mean an error in the derivation of numbers.
const NUMBERS: u32 = 16;
/// Times that files are stored for one enquiry.
const ROUNDS: u32 = 3;

/// The result of one attempt.
enum Step {
    /// The record of the mail is stored already.
    Before,
    /// These documents need their files first.
    NeedsFiles(Documents),
    /// The attempt was made with these documents.
    Tried(Tried, Documents),
}

/// An item that is stored in the transaction of an enquiry, once: the record of its mail.
pub(crate) struct Record<'a> {
    pub(crate) key: Key,
    /// Returns the item for the lead of the enquiry.
    pub(crate) item: &'a (dyn Fn(LeadId) -> Item + Send + Sync),
}

/// Where and for whom an enquiry is stored.
pub(crate) struct Storing<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) scope: &'a Scope,
    /// The dealer to which it was sent.
    pub(crate) addressed: &'a DealerId,
    /// The dealer whose rules apply.
    pub(crate) dealer: &'a Dealer,
    /// The files of the arrival's attachments, in their order.
    pub(crate) files: &'a [Attachment<'a>],
    pub(crate) record: Option<Record<'a>>,
}

impl Storing<'_> {
    /// Stores an enquiry. `own_origin` is its origin if the first one names a lead of another user; `None` if only the sender can use the
    /// first one. Returns `None`, without a change, if the record is stored already.
    ///
    /// # Errors
    /// The refusal of a rule, or a temporary failure.
    pub(crate) async fn store(&self, arrival: Arrival, own_origin: Option<String>) -> Result<Option<Outcome>, Failure> {
        let attachments = arrival.attachments.clone();
        let mut files = Files::of(self.platform, self.scope, &attachments, self.files);
        let stored = self.attempt(arrival, own_origin, &mut files).await;
        // After a temporary failure, the same mail arrives again.
        if let Ok(_) | Err(Failure::Refused(_)) = &stored {
            files.remove_unused().await?;
        }
        stored
    }

    async fn attempt(&self, mut arrival: Arrival, own_origin: Option<String>, files: &mut Files<'_>) -> Result<Option<Outcome>, Failure> {
        let Self { platform, scope, dealer, .. } = *self;
        let store = &platform.store;
        let channels = channels(platform, scope, dealer, &arrival.enquiry.contact);
        let declared = declared(platform, scope, &arrival.enquiry);
        let mut candidate_origin = if own_origin.is_some() { Origin::Shared } else { Origin::Own };
        let (mut number, mut rounds) = (0, 0);
        while number < NUMBERS {
            let id = store.secret().lead_number(scope, &arrival.origin, number);
            let receipt_id = short(&store.secret().name(scope, &["enquiry-receipt", &arrival.by.to_string(), &arrival.origin]));
            let lane = lane(dealer, &arrival.enquiry);
            let keys = [Key::Lead(id), Key::Dealer(dealer.id.clone())].into_iter().chain(lane_keys(dealer, lane));
            let keys = keys.chain(channels.keys()).chain(arrival.receipt.clone().map(Key::Receipt));
            let keys = keys.chain([Key::EnquiryReceipt(receipt_id.clone())]).chain(self.record.as_ref().map(|record| record.key.clone()));
            let keys = keys.chain(declared.iter().map(|one| Key::AddressState(one.key.clone())));
            let candidate = Candidate {
                arrival: &arrival,
                id,
                origin: candidate_origin,
                scope,
                addressed: self.addressed,
                dealer,
                channels: &channels,
                declared: &declared,
                receipt_id: &receipt_id,
            };
            let load = Load::of(keys).with_long_retry().then(|loaded| {
                let referenced = referenced_keys(loaded, &channels, &dealer.id, (id, &arrival)).into_iter();
                // The settings in memory may be from before the first maximum of open leads.
                let counting = loaded.dealer(&dealer.id).and_then(counting_key);
                let texts = loaded.dealer(&dealer.id).filter(|dealer| dealer.settings.instant_answer.on);
                let texts = texts.map(|dealer| Key::DealerTexts(dealer.id.clone()));
                let referenced = referenced.chain(counting).chain(texts);
                referenced.chain(trade_in_keys(loaded, id, &arrival)).chain(candidate.about_named(loaded)).collect()
            });
            let rule = |loaded: &Loaded, attempt: u32| {
                if self.record.as_ref().is_some_and(|record| loaded.holds(&record.key)) {
                    return Ok((None, Step::Before));
                }
                let (decision, tried) = candidate.decide(loaded, attempt)?;
                let documents = decision.as_ref().map(documents_of).unwrap_or_default();
                let missing = files.missing_of(&documents);
                if !missing.is_empty() {
                    return Ok((None, Step::NeedsFiles(missing)));
                }
                Ok((self.recorded(decision, &tried), Step::Tried(tried, documents)))
            };
            match store.decide(scope, load, rule).await? {
                Step::Before => return Ok(None),
                // The lead can get another number of documents, or be another one, until the files are stored.
                Step::NeedsFiles(_) if rounds == ROUNDS => return Err(Failure::Contended),
                Step::NeedsFiles(missing) => {
                    files.store(missing).await?;
                    rounds += 1;
                }
                Step::Tried(Tried::Done(outcome), documents) => {
                    files.take(documents);
                    return Ok(Some(*outcome));
                }
                Step::Tried(Tried::NumberTaken, _) => number += 1,
                Step::Tried(Tried::OfAnother, _) => {
                    let own = own_origin.as_ref().ok_or_else(|| Failure::Broken("only shared origins are of another".into()))?;
                    arrival.origin.clone_from(own);
                    (candidate_origin, number) = (Origin::Own, 0);
                }
            }
        }
        Err(Failure::Broken("no free lead number".into()))
    }

    /// Adds the record to a decision that stores the enquiry, or finds it stored.
    fn recorded(&self, decision: Option<Decision>, tried: &Tried) -> Option<Decision> {
        let lead = if let Tried::Done(outcome) = tried { outcome.lead() } else { None };
        match (&self.record, lead) {
            (Some(record), Some(lead)) => Some(decision.unwrap_or_default().with((record.item)(lead))),
            _ => decision,
        }
    }
}

/// Returns the keys of the trade-ins of an enquiry that is sent again.
fn trade_in_keys(loaded: &Loaded, id: LeadId, arrival: &Arrival) -> impl Iterator<Item = Key> {
    let again = arrival.resend && loaded.lead(id).is_some_and(|lead| lead.origin.key == arrival.origin);
    Element::enquired_ids().filter(move |_| again).map(move |element| Key::Element(id, ElementKind::TradeIn, element))
}
