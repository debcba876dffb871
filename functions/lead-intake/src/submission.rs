//! Stores the enquiries of a body as leads: per enquiry one read and one transaction.

use crate::answer::{LeadCreated, Outcome};
use crate::format::{Format, ReceivedEnquiry};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, LeadId, Refusal, Right, Status};
use forecourt_domain::decision::Item;
use forecourt_domain::directory::{Recognised, find_person};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::enquiry::{Enquiry, RoutingCriteria, VEHICLES};
use forecourt_domain::lead::{Lead, Raw, RawStorage};
use forecourt_domain::rules::lead::intake::{self, Arrival, IntakeOutcome, StoredState};
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_edge::Platform;
use forecourt_edge::formats::packed;
use forecourt_edge::http::Problem;
use forecourt_edge::usecase::directory::{self, PersonChannels, channels, records};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint};
use std::sync::Arc;

/// Largest raw input in bytes, compressed, that is kept next to the lead. Larger input is kept in the bucket.
const INLINE: usize = 4_096;
/// Attempts in which intake assigns the owner itself. If the rotation is still contended after that, the assign function does it.
const ASSIGNING_ATTEMPTS: u32 = 2;
/// Lead numbers tried for one enquiry. More collisions than this mean an error in the derivation of numbers.
const NUMBERS: u32 = 16;

/// A body received from a sender.
pub(crate) struct Submission {
    pub(crate) scope: Scope,
    pub(crate) dealer: DealerId,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) message_id: Option<String>,
    /// The month in which the message was sent, `2026-11`; empty for HTTP.
    pub(crate) sent_in: String,
    /// When the sender sent it: the response clock counts from here.
    pub(crate) sent: DateTime<Utc>,
    pub(crate) now: DateTime<Utc>,
}

impl Submission {
    /// Stores every enquiry of the body. A refused enquiry does not stop the others (INT-2).
    ///
    /// # Errors
    /// Fails if the body as a whole is refused.
    pub(crate) async fn run(&self, platform: &Platform) -> Result<Vec<Outcome>, Problem> {
        self.scope.needs(Right::SubmitLeads)?;
        self.scope.reaches(&self.dealer)?;
        let dealer = platform.store.dealer(&self.scope, &self.dealer).await?.ok_or(Refusal::NotFound("dealer"))?;
        let parts = self.format.read(&self.body)?;
        let mut outcomes = Vec::with_capacity(parts.len());
        for (position, part) in parts.iter().enumerate() {
            outcomes.push(self.store(platform, &dealer, part, position).await.unwrap_or_else(Outcome::Refused));
        }
        Ok(outcomes)
    }

    async fn store(&self, platform: &Platform, dealer: &Dealer, part: &ReceivedEnquiry, position: usize) -> Result<Outcome, Problem> {
        let enquiry = part.check(dealer, &self.source()).map_err(Problem::invalid)?;
        let store = &platform.store;
        let site = site(platform, &self.scope, dealer, &enquiry).await?;
        let mailbox = site.as_ref().map(|_| dealer.id.clone());
        let dealer = site.as_deref().unwrap_or(dealer);
        let content = serde_json::to_vec(&(&self.dealer, &enquiry)).map_err(|e| Failure::Broken(e.into()))?;
        let body = fingerprint(&content);
        let (origin, receipt) = self.origin_and_receipt(platform, &enquiry, position);
        let channels = channels(platform, &self.scope, dealer, &enquiry.contact);
        let raw = self.keep(platform, &part.raw, &origin, &body).await?;
        let request = self
            .idempotency_key
            .as_ref()
            .or(self.message_id.as_ref())
            .map(|key| store.secret().name(&self.scope, &["request", &self.sender(), key, &position.to_string()]));
        let (by, resend, sent, at) = (self.scope.actor(), part.resend, self.sent, self.now);
        let arrival = Arrival { origin, body, receipt, request, raw, by, resend, mailbox, sent, at, enquiry };
        for number in 0..NUMBERS {
            let id = store.secret().lead_number(&self.scope, &arrival.origin, number);
            let lane = lane(dealer, &arrival.enquiry);
            let keys = [Key::Lead(id), Key::lane(dealer.id.clone(), lane), Key::Dealer(dealer.id.clone())].into_iter();
            let keys = keys.chain(channels.keys()).chain(arrival.receipt.clone().map(Key::Receipt));
            let load = Load::of(keys).with_long_retry().then(|loaded| {
                referenced_keys(loaded, &channels, &dealer.id, (id, &arrival))
                    .into_iter()
                    .chain(trade_in_keys(loaded, id, &arrival))
                    .collect()
            });
            let candidate = Candidate { arrival: &arrival, id, dealer, channels: &channels };
            let rule = |loaded: &Loaded, attempt: u32| candidate.decide(loaded, attempt);
            if let Some(outcome) = store.decide(&self.scope, load, rule).await? {
                return Ok(outcome);
            }
        }
        Err(Failure::Broken("no free lead number".into()).into())
    }

    /// Returns the source of an enquiry that names none.
    fn source(&self) -> String {
        match self.scope.actor() {
            Actor::Partner(partner) => partner.to_string(),
            Actor::User(_) | Actor::Customer | Actor::System | Actor::Unknown => "direct".into(),
        }
    }

    fn sender(&self) -> String {
        match self.scope.actor() {
            Actor::User(user) => user.to_string(),
            Actor::Partner(partner) => partner.to_string(),
            Actor::Customer => "customer".into(),
            Actor::System => "system".into(),
            Actor::Unknown => "unknown".into(),
        }
    }

    /// Returns the origin by which a repeated enquiry is recognised (INT-5), and the key of a receipt if there is a second name.
    ///
    /// The origin is the sender's id of the enquiry, else the message, else the `Idempotency-Key`. Without any of these every enquiry is new. If the
    /// sender's id is given, the `Idempotency-Key` is the second name.
    ///
    /// The partner is part of every origin: nobody can get another partner's lead by guessing its id.
    fn origin_and_receipt(&self, platform: &Platform, enquiry: &Enquiry, position: usize) -> (String, Option<String>) {
        let name = |parts: &[&str]| platform.store.secret().name(&self.scope, parts);
        let partner = match self.scope.actor() {
            Actor::Partner(partner) => partner.to_string(),
            Actor::User(_) | Actor::Customer | Actor::System | Actor::Unknown => String::new(),
        };
        let (sender, position) = (self.sender(), position.to_string());
        let by_key = self.idempotency_key.as_ref().map(|key| name(&["key", &partner, &sender, key, &position]));
        let provider = enquiry.provider.as_ref().unwrap_or(&enquiry.source);
        match (&enquiry.external_id, &self.message_id, by_key) {
            (Some(id), _, receipt) => (name(&["id", &partner, self.dealer.as_str(), &provider.to_lowercase(), id]), receipt),
            // A message redriven from the dead-letter queue has a new id, so it is recognised by its content within the month in which it was sent.
            (None, Some(_), receipt) => {
                let content = fingerprint(&self.body);
                (name(&["message", &partner, self.dealer.as_str(), &self.sent_in, &content, &position]), receipt)
            }
            (None, None, Some(key)) => (key, None),
            (None, None, None) => (name(&["once", &platform.ids.next()]), None),
        }
    }

    /// Keeps the raw input (INT-2).
    async fn keep(&self, platform: &Platform, raw: &[u8], origin: &str, body: &str) -> Result<Raw, Failure> {
        let deflated = packed::pack(raw)?;
        let media_type = self.format.media_type().to_owned();
        if deflated.len() <= INLINE {
            return Ok(Raw { media_type, storage: RawStorage::Here(deflated) });
        }
        let name = format!("raw/{}/{origin}-{body}.zz", self.scope.group());
        platform.files.put(&name, deflated).await?;
        Ok(Raw { media_type, storage: RawStorage::InBucket(name) })
    }
}

/// Returns the dealer of the vehicle's site if the addressed dealer uses `rules_of_vehicle_location` (INT-10). `None` if the addressed dealer's own
/// rules apply, also for an unknown site.
pub(crate) async fn site(platform: &Platform, scope: &Scope, dealer: &Dealer, enquiry: &Enquiry) -> Result<Option<Arc<Dealer>>, Failure> {
    match dealer.settings.site_of(enquiry).filter(|site| *site != dealer.id) {
        Some(site) => platform.store.dealer(scope, &site).await,
        None => Ok(None),
    }
}

/// Returns the keys that the items of the first read refer to: contact records behind aliases, the lead of a receipt, the contact's latest lead.
pub(crate) fn referenced_keys(
    loaded: &Loaded,
    channels: &PersonChannels,
    dealer: &DealerId,
    (id, arrival): (LeadId, &Arrival),
) -> Vec<Key> {
    let lead = arrival.receipt.as_deref().and_then(|key| loaded.receipt(key)).map(|receipt| Key::Lead(receipt.lead));
    // A known contact may have a lead at this dealer to which this enquiry is added, or was added before.
    let found = find_person(&directory::known(loaded, channels), channels.name.as_ref(), &id.to_string());
    let of_contact = found.as_ref().and_then(|found| found.contact.latest.get(dealer).copied());
    let latest = of_contact.into_iter().flat_map(|lead| [Key::Lead(lead), Key::Receipt(arrival.origin.clone())]);
    // The contacts of the lead to which the enquiry is added.
    let joined =
        of_contact.filter(|lead| loaded.lead(*lead).is_some_and(|lead| lead.status == Status::InProgress && lead.contacts.is_empty()));
    let joined = joined.map(|lead| enquiry_key(loaded, lead));
    let others = found.iter().flat_map(|found| leads_of_others(found, dealer)).map(Key::Lead);
    // The contact of an enquiry that is sent again.
    let again = loaded.lead(id).filter(|lead| arrival.resend && lead.origin.key == arrival.origin && !lead.contacts.is_empty());
    let again = again.map(|lead| enquiry_key(loaded, lead.id));
    let added = loaded.receipt(&arrival.origin).map(|receipt| Key::Lead(receipt.lead));
    records(loaded, channels).into_iter().chain(lead).chain(latest).chain(joined).chain(others).chain(again).chain(added).collect()
}

/// Returns the latest leads at `dealer` of the people who share a channel with the contact.
fn leads_of_others(found: &Recognised, dealer: &DealerId) -> Vec<LeadId> {
    let mut leads: Vec<LeadId> = found.clashes.iter().filter_map(|clash| clash.other.latest.get(dealer).copied()).collect();
    leads.sort_unstable();
    leads.dedup();
    leads
}

/// Returns the keys of the trade-ins of an enquiry that is sent again.
fn trade_in_keys(loaded: &Loaded, id: LeadId, arrival: &Arrival) -> impl Iterator<Item = Key> {
    let again = arrival.resend && loaded.lead(id).is_some_and(|lead| lead.origin.key == arrival.origin);
    Element::enquired_ids().filter(move |_| again).map(move |element| Key::Element(id, ElementKind::TradeIn, element))
}

/// Returns the contact of an enquiry as it will be stored in the directory, and the contact's latest lead at `dealer` (INT-6, DIS-5).
/// Returns also the latest leads here of other people who share a channel with the contact.
pub(crate) fn recognised<'a>(
    loaded: &'a Loaded,
    channels: &PersonChannels,
    dealer: &DealerId,
    id: LeadId,
) -> (Option<Recognised>, Option<&'a Lead>, Vec<&'a Lead>) {
    let found = find_person(&directory::known(loaded, channels), channels.name.as_ref(), &id.to_string());
    let before = found.as_ref().and_then(|found| found.contact.latest.get(dealer));
    let latest = before.and_then(|lead| loaded.lead(*lead));
    let others = found.iter().flat_map(|found| leads_of_others(found, dealer)).filter_map(|lead| loaded.lead(lead)).collect();
    (found, latest, others)
}

/// Returns the lane of an enquiry: the rotation, a group's rotation, or the pool (DIS-3, DIS-8).
pub(crate) fn lane(dealer: &Dealer, enquiry: &Enquiry) -> Lane {
    dealer.settings.lane(&enquiry.source, enquiry.lead_type, &RoutingCriteria::of(enquiry))
}

type Decided = (Option<forecourt_domain::decision::Decision>, Option<Outcome>);

/// An enquiry and the lead number under which it may be stored.
struct Candidate<'a> {
    arrival: &'a Arrival,
    id: LeadId,
    /// The dealer as read before; the consistent read may return newer settings.
    dealer: &'a Dealer,
    channels: &'a PersonChannels,
}

impl Candidate<'_> {
    /// Decides one attempt. The outcome is `None` if the number belongs to another lead.
    fn decide(&self, loaded: &Loaded, attempt: u32) -> Result<Decided, Refusal> {
        let Self { arrival, id, dealer: known, channels } = *self;
        let dealer = loaded.dealer(&known.id).unwrap_or(known);
        let (contact, latest, others) = recognised(loaded, channels, &dealer.id, id);
        // If newer settings choose a lane that was not read, the assign function distributes the lead.
        let place = loaded.place(&dealer.id, &lane(dealer, &arrival.enquiry)).filter(|_| attempt < ASSIGNING_ATTEMPTS);
        let receipt = arrival.receipt.as_deref().and_then(|key| loaded.receipt(key));
        let added = loaded.receipt(&arrival.origin).and_then(|receipt| Some((receipt, loaded.lead(receipt.lead)?)));
        let mut trade_ins = [None; VEHICLES];
        for (place, element) in trade_ins.iter_mut().zip(Element::enquired_ids()) {
            *place = loaded.element(id, ElementKind::TradeIn, &element);
        }
        let (contact, place) = (contact.as_ref(), place.as_ref());
        let latest_enquiry = latest.and_then(|lead| enquiry_of(loaded, lead));
        let lead = loaded.lead(id);
        let enquiry = lead.and_then(|lead| enquiry_of(loaded, lead));
        let found = StoredState { lead, receipt, added, latest, latest_enquiry, others: &others, enquiry, trade_ins, contact, place };
        let created = |lead: &Lead| LeadCreated::of(lead, &known.id, &arrival.enquiry);
        let decided = match intake::receive(arrival, id, found, dealer)? {
            IntakeOutcome::New(decision) => {
                let outcome = decision.lead().map(|lead| Outcome::Created(created(lead)));
                (Some(decision), outcome)
            }
            IntakeOutcome::Added(decision) => {
                let added =
                    decision.items.iter().find_map(|item| if let Item::Receipt(receipt) = item { receipt.added.as_ref() } else { None });
                let outcome = decision.lead().zip(added).map(|(lead, added)| Outcome::Updated(created(lead).when_added(added)));
                (Some(decision), outcome)
            }
            IntakeOutcome::Resent(decision) => {
                let outcome = decision.lead().map(|lead| Outcome::Updated(created(lead)));
                (Some(decision), outcome)
            }
            IntakeOutcome::Repeat(remembered) => {
                let receipt = receipt.or(found.added.map(|(receipt, _)| receipt));
                let lead = receipt.and_then(|receipt| loaded.lead(receipt.lead)).or(found.lead);
                let outcome = |lead: &Lead| match receipt.and_then(|receipt| receipt.added.as_ref()) {
                    Some(added) => Outcome::Repeated { lead: created(lead).when_added(added), status: 200 },
                    None => {
                        let first = lead.origin.body == arrival.body && !arrival.resend;
                        Outcome::Repeated { lead: created(lead), status: if first { 201 } else { 200 } }
                    }
                };
                (remembered, lead.map(outcome))
            }
            IntakeOutcome::NumberTaken => (None, None),
        };
        Ok(decided)
    }
}
