//! A lead without an erased contact (PRV-2).

use super::ERASED;
use crate::base::{Cancellation, ChannelKey, ContactId, LostReason, Refusal, Status, numbered};
use crate::calendar::Ending;
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::LoadLane;
use crate::elements::Counts;
use crate::enquiry::{Enquiry, RoutingCriteria};
use crate::lead::{Event, Lead, LeadContact, StopCause, Task, TaskState};
use crate::privacy::{ErasedCounts, Erasure};
use crate::rules::lead::reaction::{self, ClosingOutcome, StatusChange};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The input of the erasure of a contact of a lead.
#[derive(Debug, Clone, Copy)]
pub struct LeadErasure<'a> {
    /// The order.
    pub order: &'a Erasure,
    /// The lead, one of the order's targets.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// Its enquiry. `None` if its timeline has none.
    pub enquiry: Option<&'a Enquiry>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Erases the contact in the state of a lead, unless the order spares the lead. If no other contact remains, an open lead is closed as
/// lost, and nobody is notified. `None` if the lead has no such contact any more. `load` returns the lanes of the dealer.
///
/// # Errors
/// Those of closing a lead, which cannot happen to an open one.
pub fn erase_lead(input: LeadErasure<'_>, contacts: &BTreeSet<ContactId>, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let LeadErasure { order, lead, dealer, enquiry, now } = input;
    let people = lead.known_people(enquiry);
    if (lead.erased.is_some() && people.is_empty()) || order.spares(lead, now).is_some() {
        return Ok(None);
    }
    let rest: Vec<LeadContact> = people.iter().filter(|contact| !contacts.contains(&contact.id)).cloned().collect();
    if !people.is_empty() && rest.len() == people.len() {
        return Ok(None);
    }
    let closes = rest.is_empty() && lead.status == Status::InProgress;
    let closing = StatusChange { outcome: ClosingOutcome::Lost(LostReason::Other), agreed: false, note: None };
    let closed = if closes { reaction::close(LeadInput { lead, dealer, by: &order.by, now }, closing, load)? } else { None };
    let mut decision = closed.unwrap_or_else(|| commit(lead.touched(now), order.by.clone(), Vec::new(), now));
    for item in &mut decision.items {
        match item {
            Item::Lead(changed) if rest.is_empty() => changed.erase_all(order, now),
            Item::Lead(changed) => changed.erase_some(order, contacts, &rest),
            Item::Entry(entry) => entry.events.push(Event::ContactErased { contacts: contacts.clone() }),
            _ => {}
        }
    }
    let counts = ErasedCounts {
        leads: u32::from(rest.is_empty()),
        shared_leads: u32::from(!rest.is_empty()),
        closed: u32::from(closes),
        documents: lead.counts.documents,
        ..ErasedCounts::default()
    };
    Ok(Some(decision.with(Item::Erasure(Box::new(order.with(counts)))).erasing()))
}

impl Lead {
    /// Erases everything that tells about a person. Numbers, times, type, source, owner and states stay.
    fn erase_all(&mut self, order: &Erasure, now: DateTime<Utc>) {
        (self.erased, self.erasure) = (Some(now), None);
        // Lists need a text; the number says nothing about the person.
        self.contact = self.id.spoken();
        (self.phone, self.email, self.enquirer) = (None, None, None);
        self.contact_id = self.contact_id.as_ref().map(|key| order.anonymous(key, Some(self.id)));
        self.other_channels.clear();
        self.contacts.clear();
        self.targets.clear();
        self.tasks.clear();
        self.planned.clear();
        if let Some(run) = self.follow_up.as_mut() {
            run.end(StopCause::Erased, now);
        }
        self.erase_enquiry();
    }

    /// Erases some of several contacts. What cannot be said to be of another contact is erased too.
    fn erase_some(&mut self, order: &Erasure, contacts: &BTreeSet<ContactId>, rest: &[LeadContact]) {
        (self.contacts, self.erasure) = (rest.to_vec(), None);
        if let Some(main) = rest.first() {
            self.show(&main.person);
        }
        let stays = |key: &ChannelKey| !order.channels.contains(key) || order.shared_record.as_ref() == Some(key);
        self.contact_id = self.contact_id.take().filter(stays);
        self.other_channels.retain(|key| !order.channels.contains(key));
        self.enquirer = self.enquirer.take().filter(|enquirer| !contacts.contains(&enquirer.contact));
        self.targets.iter_mut().for_each(|target| target.title = ERASED.to_owned());
        self.tasks.iter_mut().for_each(|task| task.title = ERASED.to_owned());
        for planned in &mut self.planned {
            planned.title = planned.kind.clone();
        }
        self.counts = Counts::default();
        if contacts.contains(&numbered(1)) {
            self.erase_enquiry();
        }
    }

    fn erase_enquiry(&mut self) {
        self.vehicle = String::new();
        self.plate = None;
        self.asked = RoutingCriteria { condition: self.asked.condition, ..RoutingCriteria::default() };
        (self.terms.criteria, self.terms.stricter) = (None, None);
    }
}

/// Erases the texts of a task. A task of a lead without a contact is removed. `None` if nothing changes.
pub fn erase_task(order: &Erasure, lead: &Lead, task: &Task, now: DateTime<Utc>) -> Option<Decision> {
    let mut erased = task.clone();
    erased.work.title = ERASED.to_owned();
    match &mut erased.state {
        TaskState::Open if lead.erased.is_some() => {
            erased.state = TaskState::Deleted(Ending::cancelled(now, &order.by, Cancellation::default()));
        }
        TaskState::Open => {}
        TaskState::Done(ended) | TaskState::Deleted(ended) => (ended.reason, ended.note) = (None, None),
    }
    (erased != *task).then(|| Decision::default().with(Item::Task(Box::new(erased))).erasing())
}
