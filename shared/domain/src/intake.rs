//! From an enquiry to a lead, in one commit: lead, contact, deadline, and an owner or the wish for one (INT-5, INT-9).

use crate::access::Actor;
use crate::assignment::{Place, by_turn};
use crate::contact::{Channel, Recognised};
use crate::deadline::Plan;
use crate::dealer::Dealer;
use crate::decision::{Decision, Item};
use crate::enquiry::Enquiry;
use crate::ids::{LeadId, UserId};
use crate::lead::{Lead, Status};
use crate::refusal::Refusal;
use crate::routing::Asked;
use crate::timeline::{Entry, Event, Raw};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a lead came from: what makes the same enquiry the same lead (INT-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// A hash of who sent it and what they call it: provider and external id, else message id, else `Idempotency-Key`, and the position in the document.
    pub key: String,
    /// A hash of what it said first.
    pub body: String,
    /// What it said when it was sent again (ADF `resend`), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resent: Vec<Resent>,
    /// Who owned it in the first answer, which is the answer to every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The deadline in the first answer.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// A state of an enquiry that was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resent {
    /// A hash of what it said.
    pub body: String,
    /// A hash of the request that brought it, where that has a name: brought again, it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// An `Idempotency-Key` that came besides the sender's own id of the enquiry, and the lead it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// A hash of who sent it and the key.
    pub key: String,
    /// A hash of what was sent.
    pub body: String,
    /// The lead that came of it.
    pub lead: LeadId,
}

/// One enquiry on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// What it says.
    pub enquiry: Enquiry,
    /// A hash of who sent it and what they call it.
    pub origin: String,
    /// A hash of what it says.
    pub body: String,
    /// A second name for it, by `Idempotency-Key`.
    pub receipt: Option<String>,
    /// A hash of the request that brings it, where that has a name: its `Idempotency-Key` or message.
    pub request: Option<String>,
    /// The input as it came.
    pub raw: Raw,
    /// Who sent it.
    pub by: Actor,
    /// The sender says that it is the newer state of one sent before.
    pub resend: bool,
    /// When it came in: the response clock counts from here (ESC-1).
    pub at: DateTime<Utc>,
}

impl Origin {
    /// Whether an arrival brings nothing new: a first sending of what was said before, the present state again, or a request that was
    /// carried out. An earlier state sent again on purpose is new: the sender has changed it back.
    fn knows(&self, arrival: &Arrival) -> bool {
        let present = self.resent.last().map_or(&self.body, |last| &last.body);
        let said_before = self.body == arrival.body || self.resent.iter().any(|resent| resent.body == arrival.body);
        let carried_out = arrival.request.is_some() && self.resent.iter().any(|resent| resent.request == arrival.request);
        carried_out || if arrival.resend { *present == arrival.body } else { said_before }
    }
}

impl Arrival {
    fn receipt_of(&self, lead: LeadId) -> Option<Item> {
        let key = self.receipt.clone()?;
        Some(Item::Receipt(Receipt { key, body: self.body.clone(), lead }))
    }
}

/// What was found under the names that an arrival has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Found<'a> {
    /// The lead under the number that its origin asks for.
    pub lead: Option<&'a Lead>,
    /// The receipt of its `Idempotency-Key`.
    pub receipt: Option<&'a Receipt>,
}

/// What becomes of an arrival.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// A new lead.
    New(Decision),
    /// The lead is there already, and this changes it (ADF `resend`).
    Resent(Decision),
    /// It was carried out before: the answer is the first answer. The decision remembers a key that came with it for the first time.
    Repeat(Option<Decision>),
    /// Another enquiry has this number: ask for the next one.
    NumberTaken,
}

/// Decides what becomes of an arrival whose number would be `id` (INT-5, INT-9).
///
/// With the `place` of its lane the lead gets its owner in the same commit; without (it is contended) the wish for an owner is part of the lead's state.
///
/// # Errors
/// [`Refusal::Reused`] when its name was used before for something else.
pub fn receive(
    arrival: &Arrival,
    id: LeadId,
    found: Found<'_>,
    dealer: &Dealer,
    contact: Option<&Recognised>,
    place: Option<&Place>,
) -> Result<Verdict, Refusal> {
    if let Some(receipt) = found.receipt {
        if receipt.body != arrival.body {
            return Err(Refusal::Reused("this Idempotency-Key was used before with another body (INT-5)".into()));
        }
        return Ok(Verdict::Repeat(None));
    }
    if let Some(lead) = found.lead {
        return known(arrival, lead);
    }
    let mut lead = new_lead(arrival, id, dealer, contact);
    let mut events = vec![Event::Received { enquiry: Box::new(arrival.enquiry.clone()) }];
    if contact.is_some_and(|c| c.clash) {
        events.push(Event::ContactClash);
    }
    let mut decision = Decision::default();
    if let Some(place) = place {
        let (event, notice, moved) = by_turn(&mut lead, dealer, place, arrival.at);
        lead.origin.owner = lead.owner.clone();
        events.push(event);
        decision = decision.with(notice).with_some(moved.map(Place::item));
    }
    let entry = Entry { lead: id, version: lead.version, at: arrival.at, by: arrival.by.clone(), events, raw: Some(arrival.raw.clone()) };
    decision = decision.with(Item::Lead(Box::new(lead))).with(Item::Entry(Box::new(entry))).with_some(arrival.receipt_of(id));
    if let Some(Recognised { contact, new_aliases, .. }) = contact {
        decision = decision.with(Item::Channel(contact.id.clone(), Channel::Contact(contact.clone())));
        for alias in new_aliases {
            decision = decision.with(Item::Channel(alias.clone(), Channel::AliasOf(contact.id.clone())));
        }
    }
    Ok(Verdict::New(decision))
}

/// How often an enquiry can be changed by sending it again.
const RESENDS: usize = 20;

/// An enquiry whose number is taken: by itself, or by chance by another.
fn known(arrival: &Arrival, lead: &Lead) -> Result<Verdict, Refusal> {
    if lead.origin.key != arrival.origin {
        return Ok(Verdict::NumberTaken);
    }
    if lead.origin.knows(arrival) {
        return Ok(Verdict::Repeat(arrival.receipt_of(lead.id).map(|receipt| Decision::default().with(receipt))));
    }
    if !arrival.resend {
        return Err(Refusal::Reused(
            "this enquiry's id was used before with another body (INT-5); to change it, send ADF with status=\"resend\"".into(),
        ));
    }
    if lead.origin.resent.len() >= RESENDS {
        return Err(Refusal::Reused(format!("this enquiry was sent again {RESENDS} times; it is changed here no more (INT-5)")));
    }
    let mut changed = lead.touched(arrival.at);
    changed.describe(&arrival.enquiry);
    changed.origin.resent.push(Resent { body: arrival.body.clone(), request: arrival.request.clone() });
    let entry = Entry {
        lead: lead.id,
        version: changed.version,
        at: arrival.at,
        by: arrival.by.clone(),
        events: vec![Event::Resent { enquiry: Box::new(arrival.enquiry.clone()) }],
        raw: Some(arrival.raw.clone()),
    };
    let receipt = arrival.receipt_of(lead.id);
    Ok(Verdict::Resent(Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry))).with_some(receipt)))
}

fn new_lead(arrival: &Arrival, id: LeadId, dealer: &Dealer, contact: Option<&Recognised>) -> Lead {
    // Without hours to count in there is no deadline; the enquiry is no less welcome for it (CLK-6).
    let plan = Plan::new(dealer.settings.escalation, &dealer.settings.calendar, arrival.at).unwrap_or(None);
    let deadline = plan.as_ref().and_then(Plan::deadline);
    let mut lead = Lead {
        id,
        version: 1,
        dealer: dealer.id.clone(),
        status: Status::InProgress,
        owner: None,
        assignment: 0,
        lead_type: arrival.enquiry.lead_type,
        source: String::new(),
        contact: String::new(),
        contact_id: contact.map(|c| c.contact.id.clone()),
        vehicle: String::new(),
        asked: Asked::default(),
        arrived: arrival.at,
        moved: None,
        updated: arrival.at,
        plan,
        policy: dealer.version,
        restarted: None,
        reaction: None,
        origin: Origin { key: arrival.origin.clone(), body: arrival.body.clone(), resent: Vec::new(), owner: None, deadline },
        requests: Vec::new(),
    };
    lead.describe(&arrival.enquiry);
    lead
}
