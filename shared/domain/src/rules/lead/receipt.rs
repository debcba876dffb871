//! The receipt of an enquiry whose sender may not read the lead (INT-5, ACC-1).

use super::intake::{Arrival, OTHER_BODY, RESENDS, sent_again_too_often};
use crate::base::{DealerId, Refusal};
use crate::lead::{EnquiryReceipt, Lead, LeadOrigin, Receipt, Resent};

impl EnquiryReceipt {
    /// Returns whether an arrival repeats the enquiry of this receipt. If not, it changes the enquiry.
    ///
    /// # Errors
    /// [`Refusal::Reused`] if the content differs and is not marked as sent again, or if the enquiry was sent again too often.
    pub fn repeats(&self, arrival: &Arrival) -> Result<bool, Refusal> {
        if brings_nothing_new(&self.body, &self.resent, arrival) {
            return Ok(true);
        }
        if !arrival.resend {
            return Err(Refusal::Reused(OTHER_BODY.into()));
        }
        if self.resent.len() >= RESENDS { Err(sent_again_too_often()) } else { Ok(false) }
    }

    /// Returns the receipt `id` of an enquiry that was sent to `dealer` and is now part of `lead`. `added` is the receipt of the enquiry
    /// if it was added to the lead before. An enquiry that was received before there were receipts gets the time and the contents that
    /// were stored then.
    pub fn of(id: String, dealer: &DealerId, arrival: &Arrival, lead: &Lead, added: Option<&Receipt>) -> Self {
        let own = lead.origin.key == arrival.origin;
        let (at, body, resent) = match added {
            _ if own => (lead.arrived, lead.origin.body.clone(), lead.origin.resent.clone()),
            Some(receipt) => (receipt.added.as_ref().map_or(arrival.at, |added| added.at), arrival.body.clone(), Vec::new()),
            None => (arrival.at, arrival.body.clone(), Vec::new()),
        };
        let flags = arrival.enquiry.flags.clone();
        Self { id, by: arrival.by.clone(), dealer: dealer.clone(), at, body, resent, flags, lead: lead.id }
    }

    /// Returns the receipt after the enquiry was sent again.
    #[must_use]
    pub fn sent_again(&self, arrival: &Arrival) -> Self {
        let mut after = self.clone();
        after.resent.push(Resent { body: arrival.body.clone(), request: arrival.request.clone() });
        after.flags.clone_from(&arrival.enquiry.flags);
        after
    }
}

impl LeadOrigin {
    /// Whether an arrival of the same origin brings nothing new.
    pub fn knows(&self, arrival: &Arrival) -> bool {
        brings_nothing_new(&self.body, &self.resent, arrival)
    }
}

/// Whether an arrival brings nothing new: the first sending of a known content, the current content again, or a request that was already
/// processed. An earlier content that is marked as sent again is new, because the sender has changed it back.
fn brings_nothing_new(first: &String, resent: &[Resent], arrival: &Arrival) -> bool {
    let present = resent.last().map_or(first, |last| &last.body);
    let is_known_content = *first == arrival.body || resent.iter().any(|resent| resent.body == arrival.body);
    let carried_out = arrival.request.is_some() && resent.iter().any(|resent| resent.request == arrival.request);
    carried_out || if arrival.resend { *present == arrival.body } else { is_known_content }
}
