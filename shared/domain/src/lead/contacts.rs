//! The contacts of a lead. One of them is the main contact (LEAD-7).

use crate::base::{ContactId, Email, Phone, numbered};
use crate::directory::KnownName;
use crate::enquiry::{CHANNELS, ContactPreferences, Enquiry, Person};
use crate::lead::{Event, Lead, TimelineAction};
use serde::{Deserialize, Serialize};

/// One of a lead's contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadContact {
    /// Its id within the lead.
    pub id: ContactId,
    /// The person's data.
    pub person: Person,
}

/// The contact of the latest enquiry, with the channels of that enquiry. A letter that answers the enquiry is sent to them (INT-6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enquirer {
    /// The contact.
    pub contact: ContactId,
    /// The e-mail address. `None` means the contact's first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The telephone number. `None` means the contact's preferred one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// The maximum number of contacts of a lead to which an enquiry can still add one.
const MAX_WITH_ENQUIRIES: usize = 20;

impl Lead {
    /// Returns the contacts, the main one first: the contacts that users have edited, otherwise the contact of the enquiry.
    pub fn people(&self, enquiry: Option<&Enquiry>) -> Vec<LeadContact> {
        if !self.contacts.is_empty() {
            return self.contacts.clone();
        }
        enquiry.map(|enquiry| LeadContact { id: numbered(1), person: enquiry.contact.clone() }).into_iter().collect()
    }

    /// Returns the contacts whose data the lead has. An erased lead only has those that users of an earlier release added to it (PRV-2);
    /// its timeline may still name the erased contact until the erasure is done.
    pub fn known_people(&self, enquiry: Option<&Enquiry>) -> Vec<LeadContact> {
        match self.erased {
            None => self.people(enquiry),
            Some(_) => self.contacts.iter().filter(|contact| contact.person != Person::default()).cloned().collect(),
        }
    }

    /// Returns the addresses of the main contact: the first e-mail address, and the first mobile number or, without one, the first number
    /// that can be dialled. `enquiry` is the content of the timeline entry [`Lead::enquiry_version`].
    pub fn reached(&self, enquiry: Option<&Enquiry>) -> Option<ContactPreferences> {
        let person = self.contacts.first().map(|main| &main.person).or_else(|| enquiry.map(|enquiry| &enquiry.contact))?;
        Some(ContactPreferences::of(person))
    }

    /// Returns the contact to whom the next answer is sent: the contact of the latest enquiry, or else the main contact.
    pub fn latest_enquirer(&self) -> Enquirer {
        let main =
            || Enquirer { contact: self.contacts.first().map_or_else(|| numbered(1), |main| main.id.clone()), email: None, phone: None };
        self.enquirer.as_deref().cloned().unwrap_or_else(main)
    }

    /// Returns the name and the addresses of the contact who sent the enquiry. `None` if the lead no longer has this contact. A channel
    /// that the contact no longer has is replaced by another channel of the contact.
    pub fn addressee(&self, enquirer: &Enquirer, enquiry: Option<&Enquiry>) -> Option<(String, ContactPreferences)> {
        let person = self.people(enquiry).into_iter().find(|contact| contact.id == enquirer.contact)?.person;
        let mut reached = ContactPreferences::of(&person);
        let email = |asked: &Email| person.emails.iter().find(|email| email.is_same(asked)).cloned();
        let phone = |asked: &Phone| person.phones.iter().find(|phone| phone.is_same(asked)).cloned();
        reached.email = enquirer.email.as_ref().and_then(email).or(reached.email);
        reached.phone = enquirer.phone.as_ref().and_then(phone).or(reached.phone);
        Some((person.display_name(), reached))
    }

    /// Returns a contact of the lead as the recipient of a message, at one of the contact's own addresses or numbers. `None` if the lead
    /// has no such contact. An address that is not the contact's is left out.
    pub fn recipient(&self, contact: &ContactId, address: Option<&str>, enquiry: Option<&Enquiry>) -> Option<Enquirer> {
        let person = self.known_people(enquiry).into_iter().find(|one| one.id == *contact)?.person;
        let asked = address.and_then(|address| Email::parse(address.trim()).ok());
        let email = asked.and_then(|asked| person.emails.iter().find(|email| email.is_same(&asked)).cloned());
        let phone = address.and_then(|address| person.phones.iter().find(|phone| phone.texted() == Some(address.trim())).cloned());
        Some(Enquirer { contact: contact.clone(), email, phone })
    }

    /// Returns the contact who has an e-mail address, as the enquirer whom a letter to this address answers. `None` if no contact has it.
    pub fn writer(&self, address: &Email, enquiry: Option<&Enquiry>) -> Option<Enquirer> {
        let has = |contact: &LeadContact| contact.person.emails.iter().any(|email| email.is_same(address));
        let contact = self.people(enquiry).into_iter().find(has)?;
        let usual = ContactPreferences::of(&contact.person).email;
        let email = Some(address.clone()).filter(|address| usual.is_none_or(|usual| !usual.is_same(address)));
        Some(Enquirer { contact: contact.id, email, phone: None })
    }

    /// Returns the contact who has a telephone number in E.164, as the enquirer whom a text message to this number answers. `None` if no
    /// contact has it.
    pub fn texter(&self, number: &str, enquiry: Option<&Enquiry>) -> Option<Enquirer> {
        let is_it = |phone: &&Phone| phone.texted() == Some(number);
        let (contact, phone) = self.people(enquiry).into_iter().find_map(|contact| {
            let phone = contact.person.phones.iter().find(is_it).cloned()?;
            Some((contact, phone))
        })?;
        let usual = ContactPreferences::of(&contact.person).phone;
        let phone = Some(phone).filter(|phone| usual.is_none_or(|usual| !usual.is_same(phone)));
        Some(Enquirer { contact: contact.id, email: None, phone })
    }

    /// Sends the next letter to the contact who wrote last (INT-6).
    pub(crate) fn answer_to(&mut self, writer: Enquirer) {
        let main = self.contacts.first().map_or_else(|| numbered(1), |main| main.id.clone());
        let is_usual = writer.contact == main && writer.email.is_none() && writer.phone.is_none();
        self.enquirer = (!is_usual).then(|| Box::new(writer));
    }

    /// Makes the person of a further enquiry a contact of this lead, which is already the next version. `enquiry` is the lead's enquiry.
    /// Returns the change of the contacts. `None` if the lead has the person with these channels.
    pub(crate) fn join(&mut self, person: &Person, enquiry: Option<&Enquiry>) -> Option<Event> {
        let mut people = self.people(enquiry);
        let same = people.iter().position(|contact| is_same(&contact.person, person));
        // A person without a name is the main contact.
        let same = same.or_else(|| (KnownName::of(person).is_none() && !people.is_empty()).then_some(0));
        let (place, event) = match same {
            Some(place) => {
                let before = people[place].person.clone();
                let after = with_channels(&before, person);
                let contact = people[place].id.clone();
                people[place].person = after.clone();
                let (old, new) = (Some(Box::new(before.clone())), Some(Box::new(after.clone())));
                let changed = Event::Contact { action: TimelineAction::Changed, contact, before: old, after: new, main: false };
                (place, (before != after).then_some(changed))
            }
            None if people.len() < MAX_WITH_ENQUIRIES => {
                let contact: ContactId = numbered(self.version);
                people.push(LeadContact { id: contact.clone(), person: person.clone() });
                let after = Some(Box::new(person.clone()));
                (people.len() - 1, Some(Event::Contact { action: TimelineAction::Added, contact, before: None, after, main: false }))
            }
            None => {
                // There is no room for the person. No letter may go to somebody else instead.
                let ContactPreferences { email, phone, .. } = ContactPreferences::of(person);
                self.enquirer = Some(Box::new(Enquirer { contact: numbered(self.version), email, phone }));
                return None;
            }
        };
        let contact = &people[place];
        let usual = ContactPreferences::of(&contact.person);
        let asked = ContactPreferences::of(person);
        let email = asked.email.filter(|email| usual.email.as_ref().is_none_or(|usual| !usual.is_same(email)));
        let phone = asked.phone.filter(|phone| usual.phone.as_ref().is_none_or(|usual| !usual.is_same(phone)));
        let is_usual = place == 0 && email.is_none() && phone.is_none();
        self.enquirer = (!is_usual).then(|| Box::new(Enquirer { contact: contact.id.clone(), email, phone }));
        if event.is_some() {
            if let Some(main) = people.first() {
                self.show(&main.person);
            }
            self.contacts = people;
        }
        event
    }

    /// Gives the contact of the enquiry `before` the data of its newer version, and keeps the channels of further enquiries. A contact that
    /// a user has corrected stays unchanged (LEAD-7).
    pub(crate) fn refresh_contact(&mut self, before: Option<&Enquiry>, now: &Person) {
        let own = self.contacts.iter_mut().find(|contact| contact.id == numbered(1));
        if let Some((contact, before)) = own.zip(before.map(|before| &before.contact))
            && with_channels(before, &contact.person) == contact.person
        {
            let mut further = contact.person.clone();
            further.emails.retain(|email| !before.emails.iter().any(|known| known.is_same(email)));
            further.phones.retain(|phone| !before.phones.contains(phone));
            contact.person = with_channels(now, &further);
        }
        if let Some(main) = self.contacts.first().map(|main| main.person.clone()) {
            self.show(&main);
        }
    }
}

/// Returns whether a contact of a lead and the person of a further enquiry are the same: by their names, or by a channel if one of them
/// has no name.
pub(crate) fn is_same(contact: &Person, person: &Person) -> bool {
    match (KnownName::of(contact), KnownName::of(person)) {
        (Some(one), Some(other)) => one.agrees(&other),
        _ => {
            let email = person.emails.iter().any(|email| contact.emails.iter().any(|known| known.is_same(email)));
            let phone = person.phones.iter().any(|phone| contact.phones.iter().any(|known| known.is_same(phone)));
            email || phone
        }
    }
}

/// Removes the second channel if there is no room for a further one. The first is the contact's usual one, and the answer to the enquiry
/// goes to the last.
fn make_room<T>(channels: &mut Vec<T>) {
    if channels.len() >= CHANNELS {
        channels.remove(1);
    }
}

/// Returns the contact with the channels of a further enquiry, and with its name if the contact has none.
fn with_channels(contact: &Person, person: &Person) -> Person {
    let mut after = contact.clone();
    for email in &person.emails {
        if !after.emails.iter().any(|known| known.is_same(email)) {
            make_room(&mut after.emails);
            after.emails.push(email.clone());
        }
    }
    for phone in &person.phones {
        let is_known = |known: &Phone| known.typed == phone.typed || known.is_same(phone);
        if !after.phones.iter().any(is_known) {
            make_room(&mut after.phones);
            after.phones.push(phone.clone());
        }
    }
    if KnownName::of(contact).is_none() {
        (after.first_name, after.last_name, after.company) = (person.first_name.clone(), person.last_name.clone(), person.company.clone());
    }
    after
}
