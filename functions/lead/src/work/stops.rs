//! Stops of messages to the addresses of a lead's contacts: list, record, lift (MSG-1).

use super::change;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Actor, ChannelKey, Email, Fault, LeadId, Medium, Refusal, Right, StopReason};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Lead, LeadContact};
use forecourt_domain::messages::{AddressState, Stop};
use forecourt_domain::rules::messages::fate::{self, LeadAddress, LiftRequest};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text, note};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{LeadContext, enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stop that the customer asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"address": "+491712345678", "reason": "stopped", "note": "asked on the telephone"}))]
pub struct StopBody {
    /// An e-mail address or a telephone number in E.164 of a contact of the lead.
    #[schema(value_type = String, max_length = 254)]
    address: Loose<Text>,
    /// `stopped`: no text messages of this dealer to the number. `unsubscribed`: no advertising and no service mail of the
    /// group to the address.
    #[schema(value_type = String, example = "stopped")]
    reason: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// Why a stop is lifted.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"note": "asked for text messages on the telephone"}))]
pub struct LiftBody {
    /// How the customer asked for messages again, up to 2,000 characters. Required if the customer or a user of another dealer made the
    /// stop.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The stops of messages to the addresses of a lead's contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopsView {
    /// The stops in force, in the order of the contacts.
    pub stops: Vec<StopView>,
}

/// A stop of messages to an address.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopView {
    /// Id, for lifting it.
    pub id: String,
    /// Id of the contact who has the address.
    pub contact: String,
    /// The e-mail address, or the telephone number in E.164.
    pub address: String,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// `bounced`: the address does not work. `complained`: the recipient marked a mail as unwanted. `unsubscribed`: no advertising and no
    /// service mail; other mail is sent. `stopped`: no text messages.
    pub reason: &'static str,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Actor of the record: `user:…`; `customer` if a text message or the link of a mail stopped it; `system` if the provider reported it.
    /// Absent if a user recorded it with a lead that you do not see, or with one of another dealer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The words of the provider, or the note of the user. Absent without `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether you may lift it.
    pub may_lift: bool,
}

/// An address of a contact of a lead.
pub(super) struct Address {
    pub(super) contact: String,
    /// The address as people read it.
    pub(super) text: String,
    pub(super) medium: Medium,
    pub(super) key: ChannelKey,
}

impl Address {
    /// Returns the addresses of a lead's contacts to which messages can be sent, each once.
    pub(super) fn all(platform: &Platform, call: &Call, lead: &Lead, enquiry: Option<&Enquiry>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for address in lead.people(enquiry).iter().flat_map(|contact| Self::of(platform, call, contact)) {
            if !all.iter().any(|known| known.key == address.key) {
                all.push(address);
            }
        }
        all
    }

    /// Returns the addresses of a contact to which messages can be sent. Another contact of the lead can have the same.
    pub(super) fn of(platform: &Platform, call: &Call, contact: &LeadContact) -> Vec<Self> {
        let key = |text: &str| platform.store.secret().channel(&call.scope, text);
        let of = |text: &str, medium, key| Self { contact: contact.id.to_string(), text: text.to_owned(), medium, key };
        // The owner of a mailbox may have refused messages at the address without a tag (SET-12).
        let emails = contact.person.emails.iter().flat_map(|email| [Some(email.clone()), email.without_tag()]).flatten();
        let emails = emails.map(|email| of(email.as_str(), Medium::Email, key(&email.key())));
        let numbers = contact.person.phones.iter().filter_map(|phone| phone.texted());
        emails.chain(numbers.map(|number| of(number, Medium::Sms, key(number)))).collect()
    }

    /// Whether it is the address that a request names. A number is compared without spaces and punctuation.
    pub(super) fn is(&self, named: &str) -> bool {
        match Email::parse(named) {
            Ok(email) => Email::parse(&self.text).is_ok_and(|known| known.is_same(&email)),
            Err(_) => named.chars().filter(|one| !one.is_whitespace() && !"-/().".contains(*one)).eq(self.text.chars()),
        }
    }

    fn with<'a>(&'a self, loaded: &'a Loaded) -> LeadAddress<'a> {
        LeadAddress { address: &self.text, medium: self.medium, key: &self.key, state: loaded.address_state(&self.key) }
    }
}

impl StopBody {
    fn check(self) -> Result<(String, StopReason, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let address = self.address.text("address", &mut Vec::new()).unwrap_or_default().trim().to_owned();
        let reason = self.reason.text("reason", &mut Vec::new()).and_then(|reason| StopReason::of_name(&reason));
        if reason.is_none() {
            faults.push(Fault::new("reason", "MSG-1", "must be stopped or unsubscribed"));
        }
        let note = note(self.note, "note", &mut faults);
        match reason {
            Some(reason) if faults.is_empty() => Ok((address, reason, note)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// The reader of what is stored about the addresses of a lead. Users of other dealers record things with the same address.
#[derive(Clone, Copy)]
pub(super) struct AddressReader<'a> {
    pub(super) call: &'a Call,
    pub(super) loaded: &'a Loaded,
    pub(super) lead: &'a Lead,
    pub(super) dealer: &'a Dealer,
}

impl AddressReader<'_> {
    /// Whether the reader sees who recorded something with the lead `of`, and its words: if it is this lead, or one of this dealer that the
    /// reader may read. If no lead is known any more, a member of this dealer recorded it, or no person did.
    pub(super) fn sees(&self, of: Option<LeadId>, by: &Actor) -> bool {
        let settings = &self.dealer.settings;
        match of.and_then(|of| self.loaded.lead(of)) {
            Some(of) if of.id == self.lead.id => true,
            Some(of) => of.dealer == self.lead.dealer && self.call.scope.needs_on(Right::ReadLeads, of, settings, self.call.now).is_ok(),
            None => match by {
                Actor::User(user) => settings.people().contains(user),
                Actor::Customer | Actor::System => true,
                Actor::Partner(_) | Actor::Unknown => false,
            },
        }
    }
}

/// The end of the id of a stop that the customer made: the same address can have another one with the same reason.
const OF_CUSTOMER: &str = ".customer";

/// Returns the id of a stop.
fn id_of(stop: &Stop, address: &Address) -> String {
    let of_customer = if stop.is_of_customer() { OF_CUSTOMER } else { "" };
    format!("{}-{}{of_customer}", stop.kind.name(), address.key.0)
}

/// Returns the keys of the leads with which the stops and declarations of the loaded addresses were recorded.
fn origins(addresses: &[Key], loaded: &Loaded) -> Vec<Key> {
    let state = |key: &Key| if let Key::AddressState(key) = key { loaded.address_state(key) } else { None };
    let leads = |state: &AddressState| {
        let stops = state.stops.iter().filter_map(|stop| stop.lead);
        stops.chain(state.latest_consents().filter_map(|consent| consent.lead)).map(Key::Lead).collect::<Vec<_>>()
    };
    addresses.iter().filter_map(state).flat_map(leads).collect()
}

/// Returns the keys of the stops of a lead's contacts, and of what names the contacts.
pub(super) fn keys(platform: &Platform, call: &Call, id: LeadId, loaded: &Loaded) -> Vec<Key> {
    let Some(lead) = loaded.lead(id) else { return Vec::new() };
    let enquiry = enquiry_key(loaded, id);
    let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead)).into_iter();
    [enquiry].into_iter().chain(addresses.map(|address| Key::AddressState(address.key))).collect()
}

/// The same, with the leads with which the stops and declarations were recorded.
fn keys_with_origins(platform: &Platform, call: &Call, id: LeadId, loaded: &Loaded) -> Vec<Key> {
    let keys = keys(platform, call, id, loaded);
    let origins = origins(&keys, loaded);
    keys.into_iter().chain(origins).collect()
}

/// Reads the lead of a request that its sender may read, and what is stored about the addresses of its contacts: two or three reads of all
/// addresses at once.
pub(super) async fn read(platform: &Platform, call: &Call) -> Result<(LeadId, Loaded), Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let dealer = |loaded: &Loaded| loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
    let load = Load::of([Key::Lead(id), Key::Entry(id, 1)])
        .then(|loaded| keys_with_origins(platform, call, id, loaded).into_iter().chain(dealer(loaded)).collect());
    let loaded = platform.store.load(&call.scope, &load).await?;
    let (lead, dealer) = found(&loaded, id)?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    Ok((id, loaded))
}

/// `GET /leads/{id}/stops`.
pub(super) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (id, loaded) = read(platform, call).await?;
    let (lead, dealer) = found(&loaded, id)?;
    let works = call.scope.needs(Right::WorkLeads).is_ok();
    let reader = AddressReader { call, loaded: &loaded, lead, dealer };
    let view = |address: &Address, stop: &Stop| {
        let is_seen = reader.sees(stop.lead, &stop.by);
        StopView {
            id: id_of(stop, address),
            contact: address.contact.clone(),
            address: address.text.clone(),
            medium: address.medium.name(),
            reason: stop.kind.name(),
            at: stop.at,
            by: is_seen.then(|| stop.by.to_string()),
            why: stop.detail.clone().filter(|_| is_seen),
            may_lift: works && fate::may_lift(stop, stop.lead.and_then(|of| loaded.lead(of)), (lead, dealer), &call.scope),
        }
    };
    let addresses = Address::all(platform, call, lead, enquiry_of(&loaded, lead));
    let stops = addresses.iter().flat_map(|address| {
        let stops = loaded.address_state(&address.key).into_iter().flat_map(|state| state.stops_at(&lead.dealer));
        stops.map(|stop| view(address, stop)).collect::<Vec<_>>()
    });
    Ok(Answer::new(200, &StopsView { stops: stops.collect() })?.about(&id))
}

/// `POST /leads/{id}/stops`.
pub(super) async fn add(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (wanted, reason, note) = call.json::<StopBody>()?.check()?;
    let id: LeadId = call.part("id", "lead")?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, loaded, .. } = context;
        let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead));
        let address = addresses.iter().find(|address| address.is(&wanted));
        let address = address.ok_or_else(|| Refusal::field("address", "MSG-1", "must be an address of a contact of this lead"))?;
        fate::stop(context.input(&by, call.now), address.with(loaded), reason, note.clone())
    };
    change(platform, call, Right::WorkLeads, &|loaded| keys(platform, call, id, loaded), rule).await
}

/// `DELETE /leads/{id}/stops/{stop}`.
pub(super) async fn lift(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let wanted: String = call.part("stop", "stop")?;
    let missing = || Refusal::NotFound("stop");
    let note = noted(call)?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, loaded, .. } = context;
        let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead));
        let stops = |address| loaded.address_state(address).into_iter().flat_map(|state| state.stops_at(&lead.dealer));
        let stops: Vec<(&Address, &Stop)> =
            addresses.iter().flat_map(|address| stops(&address.key).map(move |stop| (address, stop))).collect();
        let is_named = |(address, stop): &&(&Address, &Stop)| id_of(stop, address) == wanted;
        // Before the customer's stop had an id of its own, it had that of the other one.
        let was_named = |(address, stop): &&(&Address, &Stop)| id_of(stop, address).strip_suffix(OF_CUSTOMER) == Some(&wanted);
        let (address, stop) = stops.iter().find(is_named).or_else(|| stops.iter().find(was_named)).ok_or_else(missing)?;
        let origin = stop.lead.and_then(|of| loaded.lead(of));
        let request = LiftRequest { stop, origin, note: note.as_deref(), scope: &call.scope };
        fate::lift(context.input(&by, call.now), address.with(loaded), request).map(Some)
    };
    change(platform, call, Right::WorkLeads, &|loaded| keys_with_origins(platform, call, id, loaded), rule).await
}

/// Returns the note of a request without or with a body.
fn noted(call: &Call) -> Result<Option<String>, Problem> {
    if call.body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut faults = Vec::new();
    let note = note(call.json::<LiftBody>()?.note, "note", &mut faults);
    if faults.is_empty() { Ok(note) } else { Err(Refusal::Invalid(faults).into()) }
}
