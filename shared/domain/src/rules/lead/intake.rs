//! Intake: an enquiry becomes a lead, or is added to one (INT).

use crate::base::{Actor, DealerId, LeadId, Refusal, Status};
use crate::decision::{Decision, Item};
use crate::directory::{Channel, Clash, Recognised};
use crate::distribution::{AssignmentReason, LoadLane};
use crate::elements::{Counts, Element};
use crate::enquiry::{Enquiry, LeadType, RoutingCriteria, VEHICLES};
use crate::lead::{
    Added, ClockStart, ClockTerms, DeadlineCriteria, Entry, Event, FurtherAnswers, Lead, LeadOrigin, Plan, Raw, Receipt, Resent, not_erased,
};
use crate::messages::Message;
use crate::rules::directory::{noted_elsewhere, unnoted};
use crate::rules::distribution::{Lanes, by_turn, hand_over};
use crate::rules::elements::{enquired, enquired_again};
use crate::rules::lead::attached::{Brought, EnquiryMail, MailAttachment, brought};
use crate::rules::lead::instant::instant_answer;
use crate::rules::lead::previous_owner::{Before, owner_before, passing};
use crate::settings::Dealer;
use crate::texts::DealerTexts;
use chrono::{DateTime, Utc};

/// An enquiry to be received.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Its content.
    pub enquiry: Enquiry,
    /// A hash of the sender and the sender's id for the enquiry.
    pub origin: String,
    /// A hash of the content.
    pub body: String,
    /// A second key of the enquiry, from the `Idempotency-Key`.
    pub receipt: Option<String>,
    /// A hash of the request's id, if it has one: its `Idempotency-Key` or message id.
    pub request: Option<String>,
    /// The attachments of its mail that become documents, unless it is sent again.
    pub attachments: Vec<MailAttachment>,
    /// Its mail as the first message of the conversation, unless it is sent again or the mail has several enquiries.
    pub mail: Option<Box<EnquiryMail>>,
    /// The raw input.
    pub raw: Raw,
    /// The sender.
    pub by: Actor,
    /// Whether the sender marks it as a newer content of an earlier enquiry.
    pub resend: bool,
    /// Whether a program wrote it, it is marked as spam, or its sender is not authentic: it gets no automatic answer.
    pub automatic: bool,
    /// The dealer to which it was sent, if another dealer's rules apply (INT-10).
    pub mailbox: Option<DealerId>,
    /// The site of its vehicle, if the dealer uses the rules of the site and does not know it (INT-10).
    pub unknown_site: Option<String>,
    /// When the sender sent it. The response clock starts here (ESC-1).
    pub sent: DateTime<Utc>,
    /// When it arrived: later than it was sent if it waited in a queue.
    pub at: DateTime<Utc>,
}

impl Arrival {
    /// Returns the timeline events about the site of the vehicle (INT-10).
    fn site_events(&self) -> impl Iterator<Item = Event> {
        let sited = self.mailbox.clone().map(|mailbox| Event::Sited { mailbox });
        sited.into_iter().chain(self.unknown_site.clone().map(|site| Event::UnknownSite { site }))
    }

    /// Returns the timeline entry of this arrival for the changed `lead`.
    fn entry(&self, lead: &Lead, events: Vec<Event>) -> Entry {
        Entry { lead: lead.id, version: lead.version, at: self.at, by: self.by.clone(), events, raw: Some(self.raw.clone()), receipt: None }
    }

    /// The time from which the response clock counts.
    fn clock(&self) -> ClockStart {
        ClockStart { counted: self.sent, seen: self.at, act_until: None }
    }

    fn receipt_of(&self, lead: LeadId) -> Option<Item> {
        let key = self.receipt.clone()?;
        Some(Item::Receipt(Receipt { key, body: self.body.clone(), lead, added: None }))
    }
}

/// The stored items that match the keys of an arrival.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoredState<'a> {
    /// The lead with the id that follows from the origin.
    pub lead: Option<&'a Lead>,
    /// The receipt of its `Idempotency-Key`.
    pub receipt: Option<&'a Receipt>,
    /// The receipt of the enquiry itself and its lead, if it was added to an existing lead.
    pub added: Option<(&'a Receipt, &'a Lead)>,
    /// The contact's latest lead at this dealer.
    pub latest: Option<&'a Lead>,
    /// The enquiry of that lead.
    pub latest_enquiry: Option<&'a Enquiry>,
    /// The latest leads here of other people who share a channel with the contact.
    pub others: &'a [&'a Lead],
    /// The enquiry of the lead with this id, if it is sent again.
    pub enquiry: Option<&'a Enquiry>,
    /// The trade-ins of the lead with this id, if the enquiry is sent again.
    pub trade_ins: [Option<&'a Element>; VEHICLES],
    /// The contact as it will be stored in the directory.
    pub contact: Option<&'a Recognised>,
    /// The dealer's own texts, if it answers new enquiries automatically.
    pub texts: Option<&'a DealerTexts>,
    /// Whether another function distributes the lead, because its lane is contended.
    pub contended: bool,
}

/// The result of an arrival.
#[derive(Debug, Clone, PartialEq)]
pub enum IntakeOutcome {
    /// A new lead.
    New(Decision),
    /// The lead exists, and the arrival changes it (ADF `resend`).
    Resent(Decision),
    /// The contact has a lead in progress here, and the enquiry was added to it (INT-6).
    Added(Decision),
    /// A repetition: the response is the first response. The decision stores a key that is new.
    Repeat(Option<Decision>),
    /// Another enquiry has this id. Try the next one.
    NumberTaken,
}

/// Decides the result of an arrival whose lead would have the number `id` (INT-5, INT-9).
///
/// The lead gets its owner in the same commit. If its lane is contended or was not loaded, its state records that it waits for an owner.
/// `load` returns the lanes of `dealer`.
///
/// # Errors
/// [`Refusal::Reused`] if its key was used before for another content.
pub fn receive(
    arrival: &Arrival,
    id: LeadId,
    found: StoredState<'_>,
    dealer: &Dealer,
    load: LoadLane<'_>,
) -> Result<IntakeOutcome, Refusal> {
    let contact = found.contact;
    if let Some(receipt) = found.receipt {
        if receipt.body != arrival.body {
            return Err(Refusal::Reused("this Idempotency-Key was used before with another body".into()));
        }
        return Ok(IntakeOutcome::Repeat(None));
    }
    if let Some(lead) = found.lead {
        return known(arrival, lead, found, dealer);
    }
    if let Some((receipt, lead)) = found.added {
        return added_before(arrival, receipt, lead);
    }
    let here = found.latest.filter(|lead| lead.dealer == dealer.id);
    if let Some(lead) = here.filter(|lead| lead.status == Status::InProgress) {
        return Ok(IntakeOutcome::Added(add(arrival, lead, found, dealer)));
    }
    let mut lead = new_lead(arrival, id, dealer, contact);
    let Brought { enquiry, events: attached, elements } = brought(arrival, &mut lead);
    let mut events = vec![Event::Received { enquiry }];
    events.extend(arrival.site_events());
    events.extend(clashes(contact).map(Clash::event));
    let (offered, trade_ins) = enquired(&mut lead, &arrival.enquiry, &arrival.by, arrival.at);
    events.extend(offered.into_iter().chain(attached));
    let mut decision = with_elements(Decision::default(), trade_ins.into_iter().chain(elements));
    let mut lanes = Lanes::new(dealer, load);
    let assigned = match owner_before(here, &mut lanes, arrival.at) {
        Before::Free(owner) => Some(hand_over(&mut lead, owner, AssignmentReason::of("DIS-5"), &mut lanes, arrival.at)),
        Before::Unable(owner, reason) if !found.contended => {
            by_turn(&mut lead, &mut lanes, arrival.at).map(|assigned| passing(owner, reason, assigned))
        }
        Before::Nobody if !found.contended => by_turn(&mut lead, &mut lanes, arrival.at),
        Before::Unable(..) | Before::Nobody => None,
    };
    if let Some((event, notice)) = assigned {
        lead.origin.owner = lead.owner.clone();
        events.push(event);
        decision = decision.with(notice);
    }
    decision.items.extend(lanes.items());
    let answer = instant_answer(arrival, &lead, dealer, found.texts);
    if let Some((element, letter)) = answer {
        lead.counts.add(element.content.kind());
        events.push(element.added());
        decision = decision.with(Item::Element(Box::new(element))).with(Item::Letter(Box::new(letter)));
    }
    let trade_in_notice = trade_in(arrival, &lead, dealer);
    let noted = noted(arrival, &lead, found);
    let entry = arrival.entry(&lead, events);
    decision = decision
        .with(Item::Lead(Box::new(lead)))
        .with(Item::Entry(Box::new(entry)))
        .with_some(arrival.receipt_of(id))
        .with_some(trade_in_notice);
    decision.items.extend(noted);
    Ok(IntakeOutcome::New(remember_channels(decision, contact, dealer, id)))
}

/// Returns the clashes of an arrival that were not noted before.
fn clashes(contact: Option<&Recognised>) -> impl Iterator<Item = &Clash> {
    contact.into_iter().flat_map(|found| unnoted(Some(&found.contact), &found.clashes))
}

/// Returns the changes that note the clashes of an arrival on the other people's leads.
fn noted(arrival: &Arrival, lead: &Lead, found: StoredState<'_>) -> Vec<Item> {
    let noted = |of: &Recognised| noted_elsewhere(Some(&of.contact), &of.clashes, (lead, found.others), &arrival.by, arrival.at);
    found.contact.map(noted).unwrap_or_default()
}

/// Returns the notice to the dealer's trade-in address, if the enquiry offers a vehicle and requests none (INT-8).
fn trade_in(arrival: &Arrival, lead: &Lead, dealer: &Dealer) -> Option<Item> {
    let Enquiry { lead_type, vehicles, trade_ins, .. } = &arrival.enquiry;
    let offers = !trade_ins.is_empty() || *lead_type == LeadType::TradeIn;
    let wanted = offers && vehicles.is_empty() && dealer.settings.trade_in_cc_email.is_some();
    wanted.then(|| {
        Item::Message(Message::trade_in(lead, lead.owner.clone().unwrap_or_else(|| dealer.settings.admin_user.clone()), arrival.at))
    })
}

/// Adds an enquiry to the lead that its contact has in progress here. The owner is notified. The enquiry starts a clock of its own; if one
/// is running, the earlier steps of both hold. The person of the enquiry is a contact of the lead, and the next letter goes to the channels
/// of the enquiry (INT-6).
fn add(arrival: &Arrival, lead: &Lead, found: StoredState<'_>, dealer: &Dealer) -> Decision {
    let contact = found.contact;
    let mut changed = lead.touched(arrival.at);
    let joined = changed.join(&arrival.enquiry.contact, found.latest_enquiry);
    changed.found_by(contact.into_iter().flat_map(Recognised::other_channels));
    let Brought { enquiry, events: attached, elements } = brought(arrival, &mut changed);
    let mut events = vec![Event::Added { enquiry }];
    events.extend(changed.further_message(dealer, arrival.clock(), DeadlineCriteria::of_enquiry(&arrival.enquiry)));
    events.extend(arrival.site_events());
    events.extend(joined);
    events.extend(clashes(contact).map(Clash::event));
    let (offered, trade_ins) = enquired(&mut changed, &arrival.enquiry, &arrival.by, arrival.at);
    events.extend(offered.into_iter().chain(attached));
    changed.follow(&arrival.by, &mut events, arrival.at);
    let noted = noted(arrival, &changed, found);
    let notice = changed.owner.clone().map(|owner| Item::Message(Message::added(&changed, owner, arrival.at)));
    let entry = arrival.entry(&changed, events);
    let trade_in = trade_in(arrival, &changed, dealer);
    let response = Added { at: arrival.at, owner: changed.owner.clone(), by: Some(arrival.by.clone()), deadline: changed.deadline() };
    let receipt = |key: String| Item::Receipt(Receipt { key, body: arrival.body.clone(), lead: lead.id, added: Some(response.clone()) });
    let decision =
        Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry))).with(receipt(arrival.origin.clone()));
    let mut decision = decision.with_some(notice).with_some(trade_in).with_some(arrival.receipt.clone().map(receipt));
    decision.items.extend(noted);
    // The lead is already the contact's latest one here. Only an unknown channel is new.
    remember_channels(with_elements(decision, trade_ins.into_iter().chain(elements)), contact, dealer, lead.id)
}

fn with_elements(decision: Decision, elements: impl IntoIterator<Item = Element>) -> Decision {
    elements.into_iter().fold(decision, |decision, element| decision.with(Item::Element(Box::new(element))))
}

/// Stores `lead` in the contact's record as the latest one at `dealer`, and the channels that now map to the record.
fn remember_channels(decision: Decision, contact: Option<&Recognised>, dealer: &Dealer, lead: LeadId) -> Decision {
    let Some(recognised) = contact else { return decision };
    let mut record = recognised.contact.clone();
    record.name(lead);
    record.latest.insert(dealer.id.clone(), lead);
    let decision = recognised.shared(Some(&record.id), lead).fold(decision, Decision::with);
    let decision = decision.with(Item::Channel(record.id.clone(), Channel::Contact(record)));
    recognised.aliases().fold(decision, Decision::with)
}

/// Handles a repeated enquiry that was added to `lead`: either unchanged, or sent again with new content (INT-5).
fn added_before(arrival: &Arrival, receipt: &Receipt, lead: &Lead) -> Result<IntakeOutcome, Refusal> {
    // A new key that names this enquiry is remembered, as for an enquiry that made a lead.
    let by_key = arrival.receipt.clone();
    let by_key = by_key.map(|key| Item::Receipt(Receipt { key, body: arrival.body.clone(), lead: lead.id, added: receipt.added.clone() }));
    if receipt.body == arrival.body {
        return Ok(IntakeOutcome::Repeat(by_key.map(|by_key| Decision::default().with(by_key))));
    }
    if !arrival.resend {
        return Err(Refusal::Reused(OTHER_BODY.into()));
    }
    not_erased(lead)?;
    let mut changed = lead.touched(arrival.at);
    changed.enquiry_version = Some(changed.version);
    let entry = arrival.entry(&changed, vec![Event::Resent { enquiry: Box::new(arrival.enquiry.clone()) }]);
    let receipt = Receipt { body: arrival.body.clone(), ..receipt.clone() };
    let decision = Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry)));
    Ok(IntakeOutcome::Resent(decision.with(Item::Receipt(receipt)).with_some(by_key)))
}

/// The error if an enquiry's id was used before with another content.
pub(super) const OTHER_BODY: &str = "this enquiry's id was used before with another body; to change it, send ADF with status=\"resend\"";

/// How often an enquiry can be changed by sending it again.
pub(super) const RESENDS: usize = 20;

/// Handles an enquiry whose number is in use: by the same enquiry, or by chance by another one.
fn known(arrival: &Arrival, lead: &Lead, found: StoredState<'_>, dealer: &Dealer) -> Result<IntakeOutcome, Refusal> {
    let contact = found.contact;
    if lead.origin.key != arrival.origin {
        return Ok(IntakeOutcome::NumberTaken);
    }
    if lead.origin.knows(arrival) {
        return Ok(IntakeOutcome::Repeat(arrival.receipt_of(lead.id).map(|receipt| Decision::default().with(receipt))));
    }
    if !arrival.resend {
        return Err(Refusal::Reused(OTHER_BODY.into()));
    }
    not_erased(lead)?;
    if lead.origin.resent.len() >= RESENDS {
        return Err(sent_again_too_often());
    }
    let mut changed = lead.touched(arrival.at);
    changed.describe(&arrival.enquiry);
    changed.refresh_contact(found.enquiry, &arrival.enquiry.contact);
    // The directory does not change, but a search by the new channels finds the lead.
    let channels = contact.into_iter().flat_map(|contact| &contact.channels);
    changed.found_by(channels.filter(|(_, owner)| owner.is_none() || *owner != lead.contact_id).map(|(channel, _)| channel));
    changed.origin.resent.push(Resent { body: arrival.body.clone(), request: arrival.request.clone() });
    let mut events = vec![Event::Resent { enquiry: Box::new(arrival.enquiry.clone()) }];
    if changed.follow_content(lead, &arrival.by, dealer) {
        events.push(Event::DeadlineMoved { from: lead.deadline(), deadline: changed.deadline() });
    }
    let (mut offered, trade_ins) = enquired_again(&mut changed, found.trade_ins, &arrival.enquiry, &arrival.by, arrival.at);
    events.append(&mut offered);
    let entry = arrival.entry(&changed, events);
    let receipt = arrival.receipt_of(lead.id);
    let decision = Decision::default().with(Item::Lead(Box::new(changed))).with(Item::Entry(Box::new(entry))).with_some(receipt);
    let shared = contact.into_iter().flat_map(|contact| contact.shared(lead.contact_id.as_ref(), lead.id));
    let decision = shared.fold(decision, Decision::with);
    Ok(IntakeOutcome::Resent(with_elements(decision, trade_ins)))
}

/// The error if an enquiry was sent again too often.
pub(super) fn sent_again_too_often() -> Refusal {
    Refusal::Reused(format!("this enquiry was already sent again {RESENDS} times; it cannot be changed again"))
}

fn new_lead(arrival: &Arrival, id: LeadId, dealer: &Dealer, contact: Option<&Recognised>) -> Lead {
    let mut lead = Lead {
        id,
        version: 1,
        dealer: dealer.id.clone(),
        status: Status::InProgress,
        owner: None,
        assignment: 0,
        turn: None,
        counted: None,
        lead_type: arrival.enquiry.lead_type,
        source: String::new(),
        contact: String::new(),
        phone: None,
        email: None,
        contact_id: contact.map(|c| c.contact.id.clone()),
        other_channels: Vec::new(),
        vehicle: String::new(),
        plate: None,
        enquiry_version: None,
        contacts: Vec::new(),
        enquirer: None,
        asked: RoutingCriteria::default(),
        arrived: arrival.sent,
        received: Some(arrival.at).filter(|at| *at > arrival.sent),
        moved_to_dealer_at: None,
        updated: arrival.at,
        plan: None,
        deadline_before_moves: None,
        terms: ClockTerms::default(),
        targets: Vec::new(),
        tasks: Vec::new(),
        settings_version: dealer.version,
        restarted: None,
        planned: Vec::new(),
        calendar_transfer_pending_since: None,
        handed_from: None,
        follow_up: None,
        former_follow_ups: Vec::new(),
        closed: None,
        erasure: None,
        holds: Vec::new(),
        appointments: Vec::new(),
        counts: Counts::default(),
        reaction: None,
        first_reaction: None,
        further: FurtherAnswers::default(),
        escalated: 0,
        first_level: None,
        origin: LeadOrigin { key: arrival.origin.clone(), body: arrival.body.clone(), resent: Vec::new(), owner: None, deadline: None },
        erased: None,
    };
    lead.found_by(contact.into_iter().flat_map(Recognised::other_channels));
    lead.describe(&arrival.enquiry);
    // Without opening hours to count in there is no deadline, but the enquiry is still accepted (CLK-6).
    lead.plan = Plan::new(lead.escalation(dealer), &dealer.settings.calendar, arrival.clock()).unwrap_or(None);
    lead.origin.deadline = lead.deadline();
    lead
}
