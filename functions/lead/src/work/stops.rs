//! Stops of messages to the addresses of a lead's contacts: list, record, lift (MSG-1).

use super::change;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{ChannelKey, Email, Fault, LeadId, Medium, Refusal, Right, StopReason};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::Stop;
use forecourt_domain::rules::messages::fate::{self, LeadAddress};
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
    /// `stopped`: no text messages of this dealer to the number. `unsubscribed`: no marketing mail of the group to the address.
    #[schema(value_type = String, example = "stopped")]
    reason: Loose<Text>,
    /// Free text, up to 2,000 characters.
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
    /// `bounced`: the address does not work. `complained`: the recipient marked a mail as unwanted. `unsubscribed`: no marketing mail;
    /// other mail is sent. `stopped`: no text messages.
    pub reason: &'static str,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who recorded it: `user:…`, or `system` if the provider reported it.
    pub by: String,
    /// The words of the provider, or the note of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether you may lift it.
    pub may_lift: bool,
}

/// An address of a contact of a lead.
struct Address {
    contact: String,
    /// The address as people read it.
    text: String,
    medium: Medium,
    key: ChannelKey,
}

impl Address {
    /// Returns the addresses of a lead's contacts to which messages can be sent, each once.
    fn all(platform: &Platform, call: &Call, lead: &Lead, enquiry: Option<&Enquiry>) -> Vec<Self> {
        let key = |text: &str| platform.store.secret().channel(&call.scope, text);
        let mut all: Vec<Self> = Vec::new();
        for contact in lead.people(enquiry) {
            let of = |text: &str, medium, key| Self { contact: contact.id.to_string(), text: text.to_owned(), medium, key };
            let emails = contact.person.emails.iter().map(|email| of(email.as_str(), Medium::Email, key(&email.key())));
            let numbers = contact.person.phones.iter().filter_map(|phone| phone.texted());
            let numbers = numbers.map(|number| of(number, Medium::Sms, key(number)));
            for address in emails.chain(numbers) {
                if !all.iter().any(|known| known.key == address.key) {
                    all.push(address);
                }
            }
        }
        all
    }

    fn with<'a>(&'a self, loaded: &'a Loaded) -> LeadAddress<'a> {
        LeadAddress { address: &self.text, key: &self.key, state: loaded.address_state(&self.key) }
    }
}

impl StopBody {
    fn check(self) -> Result<(String, StopReason, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let address = self.address.text("address", &mut Vec::new()).unwrap_or_default().trim().to_owned();
        let reason = self.reason.text("reason", &mut Vec::new()).and_then(|reason| StopReason::of_name(&reason));
        let reason = reason.filter(|reason| matches!(reason, StopReason::Stopped | StopReason::Unsubscribed));
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

/// Returns the keys of the stops of a lead's contacts, and of what names the contacts.
fn keys(platform: &Platform, call: &Call, id: LeadId, loaded: &Loaded) -> Vec<Key> {
    let Some(lead) = loaded.lead(id) else { return Vec::new() };
    let enquiry = enquiry_key(loaded, id);
    let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead)).into_iter();
    [enquiry].into_iter().chain(addresses.map(|address| Key::AddressState(address.key))).collect()
}

/// `GET /leads/{id}/stops`: two or three reads of all addresses of the contacts at once.
pub(super) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let dealer = |loaded: &Loaded| loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
    let load = Load::of([Key::Lead(id), Key::Entry(id, 1)])
        .then(|loaded| keys(platform, call, id, loaded).into_iter().chain(dealer(loaded)).collect());
    let loaded = platform.store.load(&call.scope, &load).await?;
    let (lead, dealer) = found(&loaded, id)?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    let works = call.scope.needs(Right::WorkLeads).is_ok();
    let view = |address: &Address, stop: &Stop| StopView {
        id: format!("{}-{}", stop.kind.name(), address.key.0),
        contact: address.contact.clone(),
        address: address.text.clone(),
        medium: address.medium.name(),
        reason: stop.kind.name(),
        at: stop.at,
        by: stop.by.to_string(),
        why: stop.detail.clone(),
        may_lift: works && fate::may_lift(stop.kind, lead, dealer, &call.scope),
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
    let email = Email::parse(&wanted).ok();
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, loaded, .. } = context;
        let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead));
        let is_meant = |address: &&Address| match &email {
            Some(email) => Email::parse(&address.text).is_ok_and(|known| known.is_same(email)),
            None => address.text == wanted,
        };
        let address = addresses.iter().find(is_meant);
        let address = address.ok_or_else(|| Refusal::field("address", "MSG-1", "must be an address of a contact of this lead"))?;
        if reason == StopReason::Stopped && address.medium != Medium::Sms {
            return Err(Refusal::field("address", "MSG-1", "must be a telephone number if the reason is stopped"));
        }
        fate::stop(context.input(&by, call.now), address.with(loaded), reason, note.clone())
    };
    change(platform, call, Right::WorkLeads, &|loaded| keys(platform, call, id, loaded), rule).await
}

/// `DELETE /leads/{id}/stops/{stop}`.
pub(super) async fn lift(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let stop: String = call.part("stop", "stop")?;
    let missing = || Refusal::NotFound("stop");
    let (reason, key) = stop.split_once('-').ok_or_else(missing)?;
    let reason = StopReason::of_name(reason).ok_or_else(missing)?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, loaded, .. } = context;
        let addresses = Address::all(platform, call, lead, enquiry_of(loaded, lead));
        let address = addresses.iter().find(|address| address.key.0 == key).ok_or_else(missing)?;
        fate::lift(context.input(&by, call.now), address.with(loaded), reason, &call.scope).map(Some)
    };
    change(platform, call, Right::WorkLeads, &|loaded| keys(platform, call, id, loaded), rule).await
}
