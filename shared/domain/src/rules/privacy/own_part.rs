//! The part of a lead that is about one of its contacts, as an access file gives it (PRV-4).
//!
//! If a lead has or had other contacts, nobody can tell from a text whom it concerns. The contact then gets what would stay if the others
//! were erased (PRV-2): the own data, enquiries, letters and mails, and the numbers, times and states of the rest.

use super::timeline::{enquiry_of, without_person};
use crate::base::{ContactId, Email, numbered};
use crate::calendar::{CalendarEvent, EventState, Invitation};
use crate::elements::{Communication, Content, Element};
use crate::enquiry::{Enquiry, Person};
use crate::lead::{Entry, Event, Lead, Raw, Task, TaskState, is_same};
use crate::messages::Letter;
use std::collections::BTreeSet;

/// The part of a lead that is about one of its contacts. The timeline is noted entry by entry before it is used.
/// By default it is the whole of something that has one contact.
#[derive(Debug, Clone, Default)]
pub struct OwnPart {
    contacts: BTreeSet<ContactId>,
    /// The contact's data, as it is and as it was.
    own: Vec<Person>,
    /// The data of other contacts.
    others: Vec<Person>,
    /// The people of the enquiries.
    enquirers: Vec<Person>,
    /// The people of the enquiries of mails, each with the mail: a mail can have enquiries of several people.
    mailed: Vec<(String, Person)>,
}

impl OwnPart {
    /// Returns the part of the contact with these ids within the lead.
    pub fn of(lead: &Lead, enquiry: Option<&Enquiry>, contacts: &BTreeSet<ContactId>) -> Self {
        let mut part = Self { contacts: contacts.clone(), ..Self::default() };
        lead.people(enquiry).iter().for_each(|one| part.note_person(&one.id, &one.person));
        part
    }

    /// Notes the people whom a timeline entry names.
    pub fn note(&mut self, entry: &Entry) {
        if let Some(mail) = entry.raw.as_ref().and_then(Raw::mail) {
            let enquirers = entry.events.iter().filter_map(enquiry_of).map(|enquiry| (mail.to_owned(), enquiry.contact.clone()));
            self.mailed.extend(enquirers);
        }
        for event in &entry.events {
            match event {
                Event::Received { enquiry } => self.note_person(&numbered(entry.version), &enquiry.contact),
                Event::Resent { enquiry } | Event::Added { enquiry } => add(&mut self.enquirers, &enquiry.contact),
                Event::Contact { contact, before, after, .. } => {
                    before.iter().chain(after).for_each(|person| self.note_person(contact, person));
                }
                _ => {}
            }
        }
    }

    fn note_person(&mut self, id: &ContactId, person: &Person) {
        add(if self.contacts.contains(id) { &mut self.own } else { &mut self.others }, person);
    }

    /// Whether the lead has or had other contacts.
    pub fn is_shared(&self) -> bool {
        !self.others.is_empty() || self.enquirers.iter().any(|person| !self.is_own(person))
    }

    /// Returns the contact's data, as it is and as it was.
    pub fn people(&self) -> &[Person] {
        &self.own
    }

    /// Whether this person is the contact.
    fn is_own(&self, person: &Person) -> bool {
        self.own.iter().any(|own| is_same(own, person)) && !self.others.contains(person)
    }

    /// Whether an e-mail address is that of the contact alone.
    fn has_address(&self, address: &str) -> bool {
        let Ok(address) = Email::parse(address) else { return false };
        let has = |people: &[Person]| people.iter().any(|person| person.emails.iter().any(|email| email.is_same(&address)));
        has(&self.own) && !has(&self.others)
    }

    /// Returns a timeline entry without what may be about other contacts. Its raw input stays only if [`OwnPart::has_raw`].
    pub fn entry(&self, entry: &Entry) -> Entry {
        if !self.is_shared() {
            return entry.clone();
        }
        let own = |person: &Person| self.is_own(person);
        let events = entry.events.iter().filter_map(|event| without_person(event, &own)).collect();
        Entry { events, raw: entry.raw.clone().filter(|_| self.has_raw(entry)), ..entry.clone() }
    }

    /// Whether the raw input of an entry is the contact's own: an enquiry or a mail that the contact sent.
    pub fn has_raw(&self, entry: &Entry) -> bool {
        let mut enquirers = entry.events.iter().filter_map(enquiry_of).map(|enquiry| &enquiry.contact).peekable();
        let enquired = enquirers.peek().is_some();
        let all_own = enquirers.all(|person| self.is_own(person));
        let is_sender = |event: &Event| match event {
            Event::MailReceived(mail) => mail.from.as_ref().is_some_and(|from| self.has_address(from)),
            _ => false,
        };
        let wrote = || entry.events.iter().any(is_sender);
        let mail = entry.raw.as_ref().and_then(Raw::mail);
        let has_others = || self.mailed.iter().any(|(one, person)| mail == Some(one.as_str()) && !self.is_own(person));
        !self.is_shared() || (enquired && all_own && !has_others()) || (!enquired && wrote())
    }

    /// Whether an element is the contact's own: in a shared lead, a mail or a text message that the contact sent.
    pub fn has_element(&self, element: &Element) -> bool {
        let is_own_message = || match &element.content {
            Content::Communication(Communication::Email { received: Some(mail), .. }) => {
                mail.is_of(|contact| self.contacts.contains(contact))
            }
            Content::Communication(Communication::Sms { received: Some(text), .. }) => self.contacts.contains(&text.contact),
            _ => false,
        };
        !self.is_shared() || is_own_message()
    }

    /// Whether a letter about the lead was written to the contact.
    pub fn has_letter(&self, letter: &Letter) -> bool {
        let is_own = || letter.answers.as_ref().is_some_and(|enquirer| self.contacts.contains(&enquirer.contact));
        !self.is_shared() || is_own()
    }

    /// Returns a calendar event without the texts that may be about other contacts.
    pub fn event(&self, event: &CalendarEvent) -> CalendarEvent {
        if !self.is_shared() {
            return event.clone();
        }
        let mut own = CalendarEvent { title: event.kind.clone(), notes: None, ..event.clone() };
        match &mut own.state {
            EventState::Incomplete => {}
            EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => ended.note = None,
        }
        own
    }

    /// Returns a task without the texts that may be about other contacts.
    pub fn task(&self, task: &Task) -> Task {
        let mut own = task.clone();
        if self.is_shared() {
            own.work.title = super::ERASED.to_owned();
            match &mut own.state {
                TaskState::Open => {}
                TaskState::Done(ended) | TaskState::Deleted(ended) => (ended.reason, ended.note) = (None, None),
            }
        }
        own
    }

    /// Returns an invitation without the text that may be about other contacts.
    pub fn invitation(&self, invitation: &Invitation) -> Invitation {
        Invitation { title: invitation.title.clone().filter(|_| !self.is_shared()), ..invitation.clone() }
    }
}

fn add(people: &mut Vec<Person>, person: &Person) {
    if !people.contains(person) {
        people.push(person.clone());
    }
}
