//! The contact that an order of an administrator names, with its leads in the group, by the directory (INT-6). Erasures, access files
//! and legal holds use it (PRV-2, PRV-4, PRV-5).

use crate::sought::warn_unreadable;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, ContactId, Fault, LeadId, Refusal, Right};
use forecourt_domain::directory::{Contact, KnownName, find_person};
use forecourt_domain::lead::{Lead, LeadContact};
use forecourt_domain::privacy::ErasureTarget;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Call, Request};
use forecourt_edge::usecase::directory::{PersonChannels, channels, contact_of, known, record, records};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use std::collections::BTreeSet;

/// The number of leads that are examined together.
const TOGETHER: usize = 20;

/// A contact of the group with its leads.
pub(crate) struct Person {
    /// The id of the contact within the named lead.
    pub(crate) contact: ContactId,
    /// The record of the directory as it was read. `None` if the directory does not know the contact.
    pub(crate) record: Option<Contact>,
    /// The keys that lead to the contact and to nobody else.
    pub(crate) channels: BTreeSet<ChannelKey>,
    /// The leads with the contact.
    pub(crate) leads: Vec<(Lead, ErasureTarget)>,
    /// Whether the directory does not list all leads.
    pub(crate) searches: bool,
    /// The leads of the record that this release cannot read.
    pub(crate) unreadable: BTreeSet<LeadId>,
    /// Whether the record is also that of other contacts, who stay: all contacts of a lead have one record.
    pub(crate) is_shared: bool,
}

/// A contact of a lead that the directory gives the same record.
struct Candidate {
    lead: Lead,
    contact: LeadContact,
    keys: Vec<ChannelKey>,
}

/// The contact that a request names.
struct Named<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    lead: LeadId,
    contact: ContactId,
}

/// Checks that the sender is an administrator of the group.
pub(crate) fn may(call: &Call) -> Result<(), Refusal> {
    call.scope.needs(Right::ManageUsers)?;
    call.scope.needs(Right::ReadLeads)
}

/// Reads the fields that name a contact by a lead. Adds a fault of each that cannot be read.
pub(crate) fn read_contact(
    lead: Loose<Text>,
    contact: Loose<Text>,
    rule: &'static str,
    faults: &mut Vec<Fault>,
) -> (Option<LeadId>, Option<ContactId>) {
    let mut text = |name, value: Loose<Text>| value.text(name, faults).map(|text| text.trim().to_owned());
    let (lead, contact) = (text("lead", lead), text("contact", contact));
    let lead = lead.and_then(|text| text.parse::<LeadId>().ok());
    if lead.is_none() && !faults.iter().any(|fault| fault.field == "lead") {
        faults.push(Fault::new("lead", rule, "must be a lead's number: ten digits, with or without dashes"));
    }
    let named = contact.is_some();
    let contact = contact.and_then(|text| text.parse::<ContactId>().ok());
    if named && contact.is_none() {
        faults.push(Fault::new("contact", rule, "must be the id of one of the lead's contacts"));
    }
    (lead, contact)
}

/// Reads the reason of a body, one of `names`.
pub(crate) fn read_reason<T: Copy>(
    reason: Loose<Text>,
    names: &[(&'static str, T)],
    rule: &'static str,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let text = reason.text("reason", faults).map(|text| text.trim().to_owned());
    let reason = text.and_then(|text| names.iter().find(|(name, _)| *name == text).map(|(_, reason)| *reason));
    if reason.is_none() && !faults.iter().any(|fault| fault.field == "reason") {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        faults.push(Fault::new("reason", rule, format!("must be one of {}", names.join(", "))));
    }
    reason
}

/// Returns the items that a change with this `Idempotency-Key` reads: the stored request, and the item `made` by it.
pub(crate) fn load_request<'a>(request: Option<&'a Request>, now: DateTime<Utc>, made: fn(String) -> Key) -> Load<'a> {
    let known = move |loaded: &Loaded| made_by(request, loaded, now).ok().flatten().map(|id| made(id.to_owned()));
    Load::of(request.map(Request::remembered_at)).then(move |loaded| known(loaded).into_iter().collect())
}

/// Returns the id of the item that the request made when it was sent first. `None` if it was not sent before.
///
/// # Errors
/// [`Refusal::Reused`] if the key was used before with another request (INT-5).
pub(crate) fn made_by<'a>(request: Option<&Request>, loaded: &'a Loaded, now: DateTime<Utc>) -> Result<Option<&'a str>, Refusal> {
    request.map_or(Ok(None), |request| request.answered(loaded, now))
}

impl Person {
    /// Returns the record of the directory that is also that of other contacts. `None` if the contact has its own.
    pub(crate) fn shared_record(&self) -> Option<ChannelKey> {
        self.record.as_ref().filter(|_| self.is_shared).map(|record| record.id.clone())
    }
}

/// Finds the contact of a lead, and every lead of the group that the directory lists for the contact.
///
/// # Errors
/// 404 if there is no such lead; 409 if the contact is erased already; 422 if it has no such contact, or several and none is named.
pub(crate) async fn find(
    platform: &Platform,
    scope: &Scope,
    (id, contact): (LeadId, Option<ContactId>),
    rule: &'static str,
) -> Result<Person, Failure> {
    let load = Load::of([Key::Lead(id)]).then(|loaded| unit(loaded, [id]));
    let loaded = platform.store.load(scope, &load).await?;
    let (lead, dealer) = found(&loaded, id)?;
    let people = lead.known_people(enquiry_of(&loaded, lead));
    let person = match &contact {
        Some(contact) => people.iter().find(|one| one.id == *contact),
        None => people.first().filter(|_| people.len() == 1),
    };
    let ids = || people.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(", ");
    let missing = || match lead.erased {
        Some(_) if contact.is_some() || people.is_empty() => Refusal::conflict(rule, "the contact of this lead was erased already"),
        _ if people.is_empty() => Refusal::field("contact", rule, "must be the id of one of the lead's contacts"),
        _ if contact.is_none() => Refusal::field("contact", rule, format!("is required, because the lead has several contacts: {}", ids())),
        _ => Refusal::field("contact", rule, format!("must be the id of one of the lead's contacts: {}", ids())),
    };
    let person = person.ok_or_else(missing)?;
    let named = Named { platform, scope, lead: id, contact: person.id.clone() };
    let own = channels(platform, scope, dealer, &person.person);
    let directory = named.directory(&own).await?;
    // The lead of a contact whose channels were all corrected still names the record.
    let of_lead = || lead.contact_id.as_ref().filter(|_| people.first().is_some_and(|main| main.id == person.id));
    let mut record = recognised(&directory, &own);
    if record.is_none()
        && let Some(id) = of_lead()
    {
        let loaded = platform.store.load(scope, &Load::of([Key::Channel(id.clone())])).await?;
        record = forecourt_edge::usecase::directory::record(&loaded, id);
    }
    let mut wanted: Vec<LeadId> = record.iter().flat_map(|record| record.leads.iter().copied()).filter(|lead| *lead != id).collect();
    wanted.push(id);
    let searches = record.as_ref().is_some_and(|record| record.all_leads().is_none());
    let (mut candidates, mut unreadable) = (Vec::new(), BTreeSet::new());
    for some in wanted.chunks(TOGETHER) {
        candidates.extend(named.readable(some, record.as_ref(), &mut unreadable).await?);
    }
    let (ours, others) = named.split(candidates);
    let is_shared = !others.is_empty();
    let (contact, channels, leads) = (named.contact.clone(), BTreeSet::new(), Vec::new());
    let mut found = Person { contact, channels, record, leads, searches, unreadable, is_shared };
    found.channels.extend(ours.iter().flat_map(|one| one.keys.iter().cloned()));
    match &found.record {
        // The contact also has the former channels of the record, which no lead shows any more.
        Some(record) if !is_shared => found.channels.extend([&record.id].into_iter().chain(&record.aliases).cloned()),
        _ => found.channels.retain(|key| !others.iter().any(|other| other.keys.contains(key))),
    }
    for Candidate { lead, contact, .. } in ours {
        match found.leads.iter_mut().find(|(known, _)| known.id == lead.id) {
            Some((_, target)) => drop(target.contacts.insert(contact.id)),
            None => {
                let target = ErasureTarget { lead: lead.id, contacts: BTreeSet::from([contact.id]) };
                found.leads.push((lead, target));
            }
        }
    }
    Ok(found)
}

/// Whether two contacts with one record are the same person: by the e-mail address, or by the names (INT-6).
fn is_same(one: &LeadContact, other: &LeadContact) -> bool {
    let (one, other) = (&one.person, &other.person);
    let by_email = one.emails.iter().any(|email| other.emails.iter().any(|known| known.is_same(email)));
    let by_phone = || one.phones.iter().any(|phone| other.phones.iter().any(|known| known.is_same(phone)));
    by_email
        || match (KnownName::of(one), KnownName::of(other)) {
            (Some(one), Some(other)) => one.agrees(&other),
            _ => by_phone(),
        }
}

/// Returns the keys that the examination of leads reads: dealers and enquiries.
fn unit(loaded: &Loaded, leads: impl IntoIterator<Item = LeadId>) -> Vec<Key> {
    let of = |id: LeadId| {
        let lead = loaded.lead(id)?;
        Some([Key::Dealer(lead.dealer.clone()), enquiry_key(loaded, id)])
    };
    leads.into_iter().filter_map(of).flatten().collect()
}

/// Returns the stored record of the person of these channels.
fn recognised(loaded: &Loaded, own: &PersonChannels) -> Option<Contact> {
    let found = find_person(&known(loaded, own), own.name.as_ref(), "")?;
    record(loaded, &found.contact.id)
}

impl Named<'_> {
    /// Reads the directory's entries of a person's channels.
    async fn directory(&self, own: &PersonChannels) -> Result<Loaded, Failure> {
        let load = Load::of(own.keys().chain(own.named_keys())).then(|loaded| records(loaded, own));
        self.platform.store.load(self.scope, &load).await
    }

    /// Returns the candidates of the leads that this release can read. Adds the other leads to `unreadable`.
    async fn readable(
        &self,
        ids: &[LeadId],
        record: Option<&Contact>,
        unreadable: &mut BTreeSet<LeadId>,
    ) -> Result<Vec<Candidate>, Failure> {
        let together = self.candidates(ids, record).await;
        if !matches!(together, Err(Failure::Broken(_))) {
            return together;
        }
        let mut readable = Vec::new();
        for id in ids {
            match self.candidates(&[*id], record).await {
                Err(Failure::Broken(_)) if *id != self.lead => {
                    warn_unreadable(*id);
                    unreadable.insert(*id);
                }
                found => readable.extend(found?),
            }
        }
        Ok(readable)
    }

    /// Returns the contact that the request names, and the contacts of the leads that the directory gives the same record.
    async fn candidates(&self, ids: &[LeadId], record: Option<&Contact>) -> Result<Vec<Candidate>, Failure> {
        let channels_in = |loaded: &Loaded| -> Vec<(LeadId, LeadContact, PersonChannels)> {
            let of = |id: &LeadId| {
                let (lead, dealer) = found(loaded, *id).ok()?;
                let people = lead.known_people(enquiry_of(loaded, lead)).into_iter();
                Some(people.map(|one| (*id, channels(self.platform, self.scope, dealer, &one.person), one)).collect::<Vec<_>>())
            };
            ids.iter().filter_map(of).flatten().map(|(id, own, one)| (id, one, own)).collect()
        };
        let load = Load::of(ids.iter().copied().map(Key::Lead)).then(|loaded| {
            let of = |own: &PersonChannels| own.keys().chain(own.named_keys()).chain(records(loaded, own)).collect::<Vec<_>>();
            let entries = channels_in(loaded).iter().flat_map(|(_, _, own)| of(own)).collect::<Vec<_>>();
            [unit(loaded, ids.iter().copied()), entries].concat()
        });
        let loaded = self.platform.store.load(self.scope, &load).await?;
        let ours = |found: Option<Contact>| found.zip(record).is_some_and(|(found, record)| found.id == record.id);
        let mut candidates = Vec::new();
        for (id, contact, own) in channels_in(&loaded) {
            let is_named = id == self.lead && contact.id == self.contact;
            let Some(lead) = loaded.lead(id).filter(|_| is_named || ours(recognised(&loaded, &own))) else { continue };
            // A channel that the directory gives to somebody else identifies that person.
            let free = |key: &ChannelKey| contact_of(&loaded, key).is_none_or(|owner| ours(Some(owner)));
            let keys = own.identifying().filter(free).collect();
            candidates.push(Candidate { lead: lead.clone(), contact, keys });
        }
        Ok(candidates)
    }

    /// Returns the candidates that are the person of the request, and the others.
    fn split(&self, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Candidate>) {
        let (mut ours, mut others): (Vec<Candidate>, Vec<Candidate>) =
            candidates.into_iter().partition(|one| one.lead.id == self.lead && one.contact.id == self.contact);
        loop {
            let (same, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|one| ours.iter().any(|known| is_same(&known.contact, &one.contact)));
            others = rest;
            if same.is_empty() {
                return (ours, others);
            }
            ours.extend(same);
        }
    }
}
