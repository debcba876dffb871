//! The timeline of a lead without an erased contact (PRV-2).

use super::ERASED;
use crate::decision::{Decision, Item};
use crate::enquiry::{Enquiry, Person};
use crate::lead::{EnquiryReceipt, Entry, Event, Lead, TaskDetails, is_same};

/// Removes from a timeline entry everything that may tell about an erased contact: all texts, and the persons and enquiries that
/// are not of a contact who remains. `lead` is the lead after [`super::erase_lead`], and `receipt` the sender's receipt of the
/// enquiry, whose flags may quote the enquiry. `None` if there is nothing of that.
pub fn erase_entry(entry: &Entry, lead: &Lead, receipt: Option<&EnquiryReceipt>) -> Option<Decision> {
    let remains = |person: &Person| lead.contacts.iter().any(|contact| is_same(&contact.person, person));
    let events: Vec<Event> = entry.events.iter().filter_map(|event| without_person(event, &remains)).collect();
    let of_other = entry.events.iter().any(|event| enquiry_of(event).is_some_and(|enquiry| remains(&enquiry.contact)));
    let raw = entry.raw.clone().filter(|_| of_other);
    let receipt = receipt.filter(|receipt| !of_other && !receipt.flags.is_empty());
    let receipt = receipt.map(|receipt| Item::EnquiryReceipt(Box::new(EnquiryReceipt { flags: Vec::new(), ..receipt.clone() })));
    let changed = events != entry.events || raw != entry.raw;
    let entry = changed.then(|| Item::Entry(Box::new(Entry { events, raw, ..entry.clone() })));
    let decision = Decision::default().with_some(entry).with_some(receipt).erasing();
    (!decision.items.is_empty()).then_some(decision)
}

/// Returns the enquiry of an event.
pub(super) fn enquiry_of(event: &Event) -> Option<&Enquiry> {
    match event {
        Event::Received { enquiry } | Event::Resent { enquiry } | Event::Added { enquiry } => Some(enquiry),
        _ => None,
    }
}

/// Returns an enquiry with only what reports count.
fn bare(enquiry: &Enquiry) -> Enquiry {
    Enquiry {
        source: enquiry.source.clone(),
        provider: enquiry.provider.clone(),
        external_id: None,
        lead_type: enquiry.lead_type,
        contact: Person::default(),
        vehicles: Vec::new(),
        trade_ins: Vec::new(),
        message: None,
        requested_at: enquiry.requested_at,
        consents: Vec::new(),
        flags: Vec::new(),
    }
}

/// Returns an event without personal data. `None` if nothing can be kept.
pub(super) fn without_person(event: &Event, remains: &impl Fn(&Person) -> bool) -> Option<Event> {
    let mut event = event.clone();
    match &mut event {
        Event::Received { enquiry } | Event::Resent { enquiry } | Event::Added { enquiry } => {
            if !remains(&enquiry.contact) {
                **enquiry = bare(enquiry);
            }
        }
        Event::Sited { .. }
        | Event::Step { .. }
        | Event::DeadlineMoved { .. }
        | Event::FirstContactMoved { .. }
        | Event::DeadlineRequest { .. }
        | Event::InvitationRevoked { .. }
        | Event::Invited { .. }
        | Event::ContactErased { .. }
        | Event::Plan(_)
        | Event::LegalHold { .. } => {}
        Event::ContactClash { channel } => *channel = None,
        Event::Assigned { why, .. } => why.note = None,
        Event::Moved { note, .. }
        | Event::Reacted { note, .. }
        | Event::CallMissed { note }
        | Event::NoContact { note }
        | Event::StatusChanged { note, .. } => *note = None,
        Event::Deadline { title, note, .. } => (*title, *note) = (ERASED.to_owned(), None),
        Event::Task { title, note, before, .. } => {
            (*title, *note) = (ERASED.to_owned(), None);
            if let Some(before) = before {
                **before = TaskDetails { title: ERASED.to_owned(), ..(**before).clone() };
            }
        }
        Event::Contact { before, after, .. } => {
            if before.iter().chain(after.iter()).any(|person| !remains(person)) {
                (*before, *after) = (None, None);
            }
        }
        Event::EventScheduled { title, .. }
        | Event::EventRescheduled { title, .. }
        | Event::EventGiven { title, .. }
        | Event::EventKept { title, .. }
        | Event::EventStayed { title, .. }
        | Event::DocumentAnnounced { title, .. }
        | Event::ElementRemoved { title, .. }
        | Event::Resubmission { title, .. } => *title = ERASED.to_owned(),
        Event::EventDeleted(cancelled) => {
            cancelled.title = ERASED.to_owned();
            cancelled.why.erase_texts();
        }
        Event::EventChanged(changed) => {
            changed.title = ERASED.to_owned();
            if let Some(before) = &mut changed.before {
                (before.title, before.notes) = (ERASED.to_owned(), None);
            }
        }
        Event::EventCompleted { title, note, .. } => (*title, *note) = (ERASED.to_owned(), None),
        Event::EventNoShow { title, reason, note, .. } => (*title, *reason, *note) = (ERASED.to_owned(), ERASED.to_owned(), None),
        Event::ElementAdded { title, text, .. } => (*title, *text) = (ERASED.to_owned(), None),
        Event::MailReceived(mail) => (mail.title, mail.from, mail.refused) = (ERASED.to_owned(), None, Vec::new()),
        Event::MailReturned { to, detail, .. } => (*to, *detail) = (ERASED.to_owned(), None),
        Event::AddressStop(stop) => (stop.to, stop.note) = (ERASED.to_owned(), None),
        Event::Consent(consent) => (consent.to, consent.document) = (ERASED.to_owned(), None),
        // The first has the sender's text, the second the former content, and another release knows what is in the third.
        Event::UnknownSite { .. } | Event::ElementChanged { .. } | Event::Unknown => return None,
    }
    Some(event)
}
