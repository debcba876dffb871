//! Adds, edits and removes the contacts of a lead (LEAD-7).
//!
//! Until a user changes them, a lead has one contact: that of the enquiry. The directory only grows: a channel that was removed from the
//! contact still finds the person who used it. A channel that belongs to another person is noted and never merged (INT-6).

use crate::base::{Actor, ChannelKey, ContactId, Country, Refusal, numbered};
use crate::decision::{Decision, Item, commit};
use crate::directory::{Channel, Contact};
use crate::enquiry::{Enquiry, Person, RawContact};
use crate::lead::{Entry, Event, Lead, LeadContact, TimelineAction};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The maximum number of contacts of a lead.
const MOST: usize = 10;

/// The maximum number of channels of a contact in the directory. More channels mean that the contact is not one person, but a relay for
/// many.
const ALIASES: usize = 20;

/// The fields of a contact to change. A given value replaces the old one, an empty value removes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactChange {
    /// The given values, as written.
    pub raw: RawContact,
    /// Whether e-mail addresses are given.
    pub emails: bool,
    /// Whether telephone numbers are given.
    pub phones: bool,
    /// Whether it becomes the main contact.
    pub main: Option<bool>,
}

/// The input of a change of a lead's contacts.
#[derive(Debug, Clone, Copy)]
pub struct ContactsContext<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its enquiry.
    pub enquiry: Option<&'a Enquiry>,
    /// The lead's record in the directory.
    pub record: Option<&'a Contact>,
    /// The new channels of the contact, each with its record in the directory.
    pub known: &'a [(ChannelKey, Option<Contact>)],
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl ContactChange {
    /// Returns `before` with the given values, checked as at intake (INT-3).
    ///
    /// # Errors
    /// Faults by field.
    pub fn applied(&self, before: &Person, country: Country) -> Result<Person, Refusal> {
        let checked = self.raw.judged(country).map_err(|faults| Refusal::Invalid(faults).relocated(|field| Some(own_field(field))))?;
        // An empty value removes the old one. A field that is not given stays unchanged.
        let text =
            |raw: &Option<String>, checked: Option<String>, before: &Option<String>| if raw.is_some() { checked } else { before.clone() };
        let raw = &self.raw;
        let person = Person {
            first_name: text(&raw.first_name, checked.first_name, &before.first_name),
            middle_name: text(&raw.middle_name, checked.middle_name, &before.middle_name),
            last_name: text(&raw.last_name, checked.last_name, &before.last_name),
            company: text(&raw.company, checked.company, &before.company),
            emails: if self.emails { checked.emails } else { before.emails.clone() },
            phones: if self.phones { checked.phones } else { before.phones.clone() },
            preferred_channel: raw.preferred_channel.or(before.preferred_channel),
            language: if raw.language.is_some() { checked.language } else { before.language.clone() },
            street: text(&raw.street, checked.street, &before.street),
            postcode: text(&raw.postcode, checked.postcode, &before.postcode),
            city: text(&raw.city, checked.city, &before.city),
            country: text(&raw.country, checked.country, &before.country),
        };
        if person.emails.is_empty() && person.phones.is_empty() {
            return Err(Refusal::field("emails", "INT-3", "must not be empty unless phones has a number"));
        }
        Ok(person)
    }
}

/// Returns the name of an enquiry's contact field as a field of a separate contact.
fn own_field(field: &str) -> String {
    match field.strip_prefix("contact.").unwrap_or(field) {
        "email" | "contact" => "emails".into(),
        "phone" => "phones".into(),
        "phone.type" => "phones.type".into(),
        "phone.time" => "phones.time".into(),
        other => other.to_owned(),
    }
}

/// Adds a contact. Its id is the new version of the lead.
///
/// # Errors
/// 409 if the lead has ten contacts.
pub fn add(context: &ContactsContext<'_>, person: Person, main: bool) -> Result<Decision, Refusal> {
    let mut people = context.lead.people(context.enquiry);
    if people.len() >= MOST {
        return Err(Refusal::Conflict(format!("the lead already has {MOST} contacts; remove one first (LEAD-7)")));
    }
    let id: ContactId = numbered(context.lead.version + 1);
    let at = if main { 0 } else { people.len() };
    people.insert(at, LeadContact { id: id.clone(), person: person.clone() });
    let event = Event::Contact { action: TimelineAction::Added, contact: id, before: None, after: Some(Box::new(person)), main };
    Ok(context.decided(people, event))
}

/// Gives a contact the data of `person`, and makes it the main contact. `None` if nothing changes.
///
/// # Errors
/// 404 if there is no such contact; 422 if the main contact would lose that role.
pub fn correct(context: &ContactsContext<'_>, id: &ContactId, person: Person, main: Option<bool>) -> Result<Option<Decision>, Refusal> {
    let mut people = context.lead.people(context.enquiry);
    let place = people.iter().position(|contact| contact.id == *id).ok_or(Refusal::NotFound("contact"))?;
    if main == Some(false) && place == 0 {
        return Err(Refusal::field("main", "LEAD-7", "must not be false; make another contact the main contact instead"));
    }
    let before = people[place].person.clone();
    let becomes_main = main == Some(true) && place > 0;
    if before == person && !becomes_main {
        return Ok(None);
    }
    let after = people.remove(place);
    people.insert(if becomes_main { 0 } else { place }, LeadContact { person: person.clone(), ..after });
    let (before, after) = (Some(Box::new(before)), Some(Box::new(person)));
    let event = Event::Contact { action: TimelineAction::Changed, contact: id.clone(), before, after, main: becomes_main };
    Ok(Some(context.decided(people, event)))
}

/// Removes a contact from the lead. The directory still knows it. `made` is the entry that would have added it ([`numbered`]). `None` if it
/// is already removed.
///
/// # Errors
/// 404 if there was never such a contact; 409 if it is the main contact.
pub fn remove(context: &ContactsContext<'_>, id: &ContactId, made: Option<&Entry>) -> Result<Option<Decision>, Refusal> {
    let mut people = context.lead.people(context.enquiry);
    let Some(place) = people.iter().position(|contact| contact.id == *id) else {
        return if made.is_some_and(|made| made.brings(id)) { Ok(None) } else { Err(Refusal::NotFound("contact")) };
    };
    if place == 0 {
        return Err(Refusal::Conflict("this is the lead's main contact; make another contact the main contact first".into()));
    }
    let before = Some(Box::new(people.remove(place).person));
    let event = Event::Contact { action: TimelineAction::Deleted, contact: id.clone(), before, after: None, main: false };
    Ok(Some(context.decided(people, event)))
}

impl ContactsContext<'_> {
    fn decided(&self, people: Vec<LeadContact>, event: Event) -> Decision {
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
        let timeline = [event].into_iter().chain(clash.then_some(Event::ContactClash)).collect();
        let decision = commit(changed, self.by.clone(), timeline, self.now);
        directory.into_iter().chain(shared).fold(decision, Decision::with)
    }

    /// Returns the changes of the directory: unknown channels map to the lead's record from now on. Also returns the id of the lead's
    /// record if one changed or was created, and whether a channel belongs to another person.
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
