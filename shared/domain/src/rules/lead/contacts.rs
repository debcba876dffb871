//! Adds, edits and removes the contacts of a lead (LEAD-7).
//!
//! Until a user changes them, a lead has one contact: that of the enquiry. A channel that a user replaces never was the contact's, and no
//! longer leads to the person, unless the user marks it as a former one. A channel that belongs to another person is noted and never
//! merged (INT-6).

use crate::base::{Actor, ChannelKey, ContactId, Country, Refusal, numbered};
use crate::decision::{Decision, Item, commit};
use crate::directory::{Channel, Clash, Contact, KnownChannel, KnownName, fresh, update_record};
use crate::enquiry::{Enquiry, Person, RawContact};
use crate::lead::{Entry, Event, Lead, LeadContact, TimelineAction};
use crate::rules::directory::noted_elsewhere;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The maximum number of contacts of a lead.
const MAX_ENTERED: usize = 10;

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
    /// Whether the channels that are replaced were the contact's before. Otherwise they never were.
    pub keeps_former: bool,
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
    pub known: &'a [KnownChannel],
    /// The channels that the contact never had, and that no other contact of the record has.
    pub removed: &'a [KnownChannel],
    /// The name of the contact.
    pub name: Option<&'a KnownName>,
    /// The latest leads at the dealer of other people who share a channel with the contact.
    pub others: &'a [&'a Lead],
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
            unread_emails: if self.emails { Vec::new() } else { before.unread_emails.clone() },
            phones: if self.phones { checked.phones } else { before.phones.clone() },
            preferred_channel: raw.preferred_channel.or(before.preferred_channel),
            language: if raw.language.is_some() { checked.language } else { before.language.clone() },
            street: text(&raw.street, checked.street, &before.street),
            postcode: text(&raw.postcode, checked.postcode, &before.postcode),
            city: text(&raw.city, checked.city, &before.city),
            country: text(&raw.country, checked.country, &before.country),
        };
        if !person.has_channel() {
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
    if people.len() >= MAX_ENTERED {
        return Err(Refusal::conflict("LEAD-7", format!("the lead already has {MAX_ENTERED} contacts; remove one first")));
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
    let answers_another = main == Some(true) && context.lead.enquirer.is_some();
    if before == person && !becomes_main && !answers_another {
        return Ok(None);
    }
    let after = people.remove(place);
    people.insert(if becomes_main { 0 } else { place }, LeadContact { person: person.clone(), ..after });
    let (before, after) = (Some(Box::new(before)), Some(Box::new(person)));
    let event =
        Event::Contact { action: TimelineAction::Changed, contact: id.clone(), before, after, main: becomes_main || answers_another };
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
        return Err(Refusal::conflict("LEAD-7", "this is the lead's main contact; make another contact the main contact first"));
    }
    let before = Some(Box::new(people.remove(place).person));
    let event = Event::Contact { action: TimelineAction::Deleted, contact: id.clone(), before, after: None, main: false };
    Ok(Some(context.decided(people, event)))
}

/// The changes of the directory after a change of the contacts.
#[derive(Default)]
struct DirectoryUpdate {
    items: Vec<Item>,
    /// The lead's record, if it changed or was created.
    record: Option<Contact>,
    clashes: Vec<Clash>,
}

impl ContactsContext<'_> {
    fn decided(&self, people: Vec<LeadContact>, event: Event) -> Decision {
        let mut changed = self.lead.touched(self.now);
        if let Some(main) = people.first() {
            changed.show(&main.person);
        }
        if matches!(event, Event::Contact { main: true, .. }) {
            // The user has chosen who gets the letters.
            changed.enquirer = None;
        }
        changed.contacts = people;
        let DirectoryUpdate { items, record, clashes } = self.directory_update();
        changed.contact_id = record.as_ref().map(|record| record.id.clone()).or(changed.contact_id);
        let learned = |channel: &ChannelKey| items.iter().any(|item| matches!(item, Item::Channel(known, _) if known == channel));
        let here = |channel: &&KnownChannel| match &channel.owner {
            Some(owner) => Some(&owner.id) == changed.contact_id.as_ref(),
            None => learned(&channel.key),
        };
        let other_channels = self.known.iter().filter(|known| !here(known)).chain(self.removed);
        let other_channels: Vec<ChannelKey> = other_channels.map(|channel| channel.key.clone()).collect();
        changed.found_by(&other_channels);
        let others: BTreeMap<&ChannelKey, &Contact> = self
            .known
            .iter()
            .filter_map(|channel| channel.owner.as_ref())
            .filter(|owner| Some(&owner.id) != changed.contact_id.as_ref() && !learned(&owner.id))
            .map(|owner| (&owner.id, owner))
            .collect();
        let shared: Vec<Item> = others.into_values().filter_map(|owner| owner.shares(changed.id)).collect();
        let noted = noted_elsewhere(self.record, &clashes, (&changed, self.others), self.by, self.now);
        let clash = clashes.iter().map(Clash::event);
        let timeline = [event].into_iter().chain(clash).collect();
        let mut decision = commit(changed, self.by.clone(), timeline, self.now);
        decision.items.extend(noted);
        items.into_iter().chain(shared).fold(decision, Decision::with)
    }

    /// Returns the changes of the directory: new channels refer to the lead's record, and channels that the contact never had no longer
    /// refer to it.
    fn directory_update(&self) -> DirectoryUpdate {
        let new = || {
            let latest = BTreeMap::from([(self.lead.dealer.clone(), self.lead.id)]);
            let id = fresh(self.known, &self.lead.id.to_string())?;
            Some(Contact { latest, leads: vec![self.lead.id], ..Contact::new(id) })
        };
        let Some(mut record) = self.record.cloned().or_else(new) else { return DirectoryUpdate::default() };
        let mut items = Vec::new();
        for channel in self.removed {
            record.release_channel(channel, &mut items);
        }
        let updated = update_record(record, self.record, self.known, self.name);
        items.extend(updated.aliases());
        let record = updated.changed.then_some(updated.contact);
        items.extend(record.clone().map(|record| Item::Channel(record.id.clone(), Channel::Contact(record))));
        DirectoryUpdate { items, record, clashes: updated.clashes }
    }
}
