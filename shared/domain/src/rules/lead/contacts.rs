//! Adds, corrects and removes the contacts of a lead (LEAD-7).
//!
//! Until somebody changes anything, the one contact of a lead is whom the enquiry names. What the directory knows only grows: a channel that was
//! corrected away still finds the person by whom it was used, and one that belongs to somebody else is noted, never merged (INT-6).

use crate::base::{Actor, ChannelKey, ContactId, Country, Refusal, numbered};
use crate::decision::{Decision, Item, commit};
use crate::directory::{Channel, Contact};
use crate::enquiry::{Enquiry, Person, RawContact};
use crate::lead::{Entry, Event, Lead, LeadContact, TimelineAction};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Contacts that a lead has at most.
const MOST: usize = 10;

/// Channels that the directory knows of a contact at most; past this many a person is a relay in disguise.
const ALIASES: usize = 20;

/// What a contact is to be: what is said takes the place of what was; of what is said as empty nothing stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactChange {
    /// What is said, as written.
    pub said: RawContact,
    /// Whether the e-mail addresses are said.
    pub emails: bool,
    /// Whether the telephone numbers are said.
    pub phones: bool,
    /// Whether it is to be the main one.
    pub main: Option<bool>,
}

/// What a change of a lead's contacts goes by.
#[derive(Debug, Clone, Copy)]
pub struct ContactsContext<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its enquiry.
    pub enquiry: Option<&'a Enquiry>,
    /// The lead's record in the directory.
    pub record: Option<&'a Contact>,
    /// The channels that are new of the contact, and whom each leads to.
    pub known: &'a [(ChannelKey, Option<Contact>)],
    /// By whom.
    pub by: &'a Actor,
    /// When.
    pub now: DateTime<Utc>,
}

impl ContactChange {
    /// The contact as it will be: `before` with what is said, judged as at intake (INT-3).
    ///
    /// # Errors
    /// Faults by field.
    pub fn applied(&self, before: &Person, country: Country) -> Result<Person, Refusal> {
        let said = self.said.judged(country).map_err(|faults| Refusal::Invalid(faults).relocated(|field| Some(own_field(field))))?;
        // Said as empty it is taken away; what is not said stays.
        let text = |raw: &Option<String>, said: Option<String>, before: &Option<String>| if raw.is_some() { said } else { before.clone() };
        let raw = &self.said;
        let person = Person {
            first_name: text(&raw.first_name, said.first_name, &before.first_name),
            last_name: text(&raw.last_name, said.last_name, &before.last_name),
            company: text(&raw.company, said.company, &before.company),
            emails: if self.emails { said.emails } else { before.emails.clone() },
            phones: if self.phones { said.phones } else { before.phones.clone() },
            language: if raw.language.is_some() { said.language } else { before.language.clone() },
            street: text(&raw.street, said.street, &before.street),
            postcode: text(&raw.postcode, said.postcode, &before.postcode),
            city: text(&raw.city, said.city, &before.city),
            country: text(&raw.country, said.country, &before.country),
        };
        if person.emails.is_empty() && person.phones.is_empty() {
            return Err(Refusal::field("emails", "INT-3", "must have an address, or phones a telephone number"));
        }
        Ok(person)
    }
}

/// A field of an enquiry's contact as one of a contact by itself.
fn own_field(field: &str) -> String {
    match field.strip_prefix("contact.").unwrap_or(field) {
        "email" | "contact" => "emails".into(),
        "phone" => "phones".into(),
        "phone.type" => "phones.type".into(),
        other => other.to_owned(),
    }
}

/// Adds a contact. Its name is the version of the lead that this makes.
///
/// # Errors
/// 409 for a lead with ten contacts.
pub fn add(case: &ContactsContext<'_>, person: Person, main: bool) -> Result<Decision, Refusal> {
    let mut people = case.lead.people(case.enquiry);
    if people.len() >= MOST {
        return Err(Refusal::Conflict(format!("the lead has {MOST} contacts already (LEAD-7)")));
    }
    let id: ContactId = numbered(case.lead.version + 1);
    let at = if main { 0 } else { people.len() };
    people.insert(at, LeadContact { id: id.clone(), person: person.clone() });
    let told = Event::Contact { did: TimelineAction::Added, contact: id, before: None, after: Some(Box::new(person)), main };
    Ok(case.decided(people, told))
}

/// Gives a contact the data of `person`, and makes it the main one. `None`: it is so already.
///
/// # Errors
/// 404 for one that is not there; 422 where the main one is to be main no more.
pub fn correct(case: &ContactsContext<'_>, id: &ContactId, person: Person, main: Option<bool>) -> Result<Option<Decision>, Refusal> {
    let mut people = case.lead.people(case.enquiry);
    let place = people.iter().position(|contact| contact.id == *id).ok_or(Refusal::NotFound("contact"))?;
    if main == Some(false) && place == 0 {
        return Err(Refusal::field("main", "LEAD-7", "must not be false: make another contact the main one"));
    }
    let before = people[place].person.clone();
    let becomes_main = main == Some(true) && place > 0;
    if before == person && !becomes_main {
        return Ok(None);
    }
    let after = people.remove(place);
    people.insert(if becomes_main { 0 } else { place }, LeadContact { person: person.clone(), ..after });
    let (before, after) = (Some(Box::new(before)), Some(Box::new(person)));
    let told = Event::Contact { did: TimelineAction::Changed, contact: id.clone(), before, after, main: becomes_main };
    Ok(Some(case.decided(people, told)))
}

/// Takes a contact off the lead. The directory still knows it. `made` is the entry that it would be named after ([`numbered`]). `None`: it was taken off
/// already.
///
/// # Errors
/// 404 for one that never was there; 409 for the main one.
pub fn remove(case: &ContactsContext<'_>, id: &ContactId, made: Option<&Entry>) -> Result<Option<Decision>, Refusal> {
    let mut people = case.lead.people(case.enquiry);
    let Some(place) = people.iter().position(|contact| contact.id == *id) else {
        return if made.is_some_and(|made| made.brings(id)) { Ok(None) } else { Err(Refusal::NotFound("contact")) };
    };
    if place == 0 {
        return Err(Refusal::Conflict("it is the lead's main contact: make another one the main one first".into()));
    }
    let before = Some(Box::new(people.remove(place).person));
    let told = Event::Contact { did: TimelineAction::Deleted, contact: id.clone(), before, after: None, main: false };
    Ok(Some(case.decided(people, told)))
}

impl ContactsContext<'_> {
    fn decided(&self, people: Vec<LeadContact>, told: Event) -> Decision {
        let mut changed = self.lead.touched(self.now);
        if let Some(main) = people.first() {
            changed.contact = main.person.display_name();
        }
        changed.contacts = people;
        let (directory, record, clash) = self.directory();
        changed.contact_id = record.or(changed.contact_id);
        let learned = |channel: &ChannelKey| directory.iter().any(|item| matches!(item, Item::Channel(known, _) if known == channel));
        let here = |(channel, owner): &&(ChannelKey, Option<Contact>)| match owner {
            Some(owner) => Some(&owner.id) == changed.contact_id.as_ref(),
            None => learned(channel),
        };
        let elsewhere: Vec<&ChannelKey> = self.known.iter().filter(|known| !here(known)).map(|(channel, _)| channel).collect();
        changed.found_by(elsewhere);
        let others: BTreeMap<&ChannelKey, &Contact> = self
            .known
            .iter()
            .filter_map(|(_, owner)| owner.as_ref())
            .filter(|owner| Some(&owner.id) != changed.contact_id.as_ref())
            .map(|owner| (&owner.id, owner))
            .collect();
        let shared: Vec<Item> = others.into_values().filter_map(|owner| owner.shares(changed.id)).collect();
        let told = [told].into_iter().chain(clash.then_some(Event::ContactClash)).collect();
        let decision = commit(changed, self.by.clone(), told, self.now);
        directory.into_iter().chain(shared).fold(decision, Decision::with)
    }

    /// What the directory learns: channels that nobody was known by lead to the lead's record from now on. Says which record a lead has that had none, and
    /// whether a channel belongs to somebody else.
    fn directory(&self) -> (Vec<Item>, Option<ChannelKey>, bool) {
        let new: Vec<&ChannelKey> = self.known.iter().filter(|(_, owner)| owner.is_none()).map(|(channel, _)| channel).collect();
        let others = self.known.iter().filter_map(|(_, owner)| owner.as_ref());
        let clash = others.into_iter().any(|owner| self.record.is_none_or(|record| record.id != owner.id));
        let (mut record, new) = match (self.record, new.split_first()) {
            (_, None) => return (Vec::new(), None, clash),
            (Some(record), Some(_)) => (record.clone(), &new[..]),
            (None, Some((first, rest))) => {
                let latest = BTreeMap::from([(self.lead.dealer.clone(), self.lead.id)]);
                (Contact { latest, leads: vec![self.lead.id], ..Contact::new(ChannelKey::clone(first)) }, rest)
            }
        };
        let room = ALIASES.saturating_sub(record.aliases.len());
        let fresh: Vec<ChannelKey> = new.iter().copied().filter(|channel| **channel != record.id).take(room).cloned().collect();
        record.aliases.extend(fresh.iter().cloned());
        let id = record.id.clone();
        let aliases = fresh.into_iter().map(|channel| Item::Channel(channel, Channel::AliasOf(id.clone())));
        let items = [Item::Channel(id.clone(), Channel::Contact(record))].into_iter().chain(aliases).collect();
        (items, Some(id.clone()), clash)
    }
}
