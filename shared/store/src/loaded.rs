//! What was read of a unit, by what it is.

use crate::Failure;
use crate::items::{Attributes, Seen, Stored, decode};
use crate::keys::Key;
use chrono::NaiveDate;
use forecourt_domain::appointment::{Appointment, PendingReports, Unprocessed};
use forecourt_domain::base::{
    AppointmentId, ChannelKey, DealerId, ElementId, EventId, InvitationId, LeadId, Partner, PartnerId, Subject, TaskId, UserId,
};
use forecourt_domain::calendar::{CalendarEvent, CalendarFeeds, Invitation};
use forecourt_domain::directory::Channel;
use forecourt_domain::distribution::{LaneState, Pool, Rotation};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::lead::{Entry, Lead, Receipt, Task};
use forecourt_domain::messages::{Letter, Message};
use forecourt_domain::people::{ReceivedRequest as Sent, Signing, User};
use forecourt_domain::settings::{Dealer, Lane, Recompute};
use forecourt_domain::slots::Day;
use std::collections::HashMap;

/// The items of a unit as they were read.
#[derive(Debug, Default)]
pub struct Loaded {
    pub(crate) items: HashMap<Key, Option<Seen>>,
}

impl Loaded {
    pub(crate) fn ask(&mut self, key: Key) {
        self.items.entry(key).or_insert(None);
    }

    pub(crate) fn asked(&self, key: &Key) -> bool {
        self.items.contains_key(key)
    }

    pub(crate) fn found(&mut self, key: Key, attributes: Attributes) -> Result<(), Failure> {
        let seen = decode(&key, attributes)?;
        self.items.insert(key, Some(seen));
        Ok(())
    }

    /// What is stored under `key`.
    pub fn stored(&self, key: &Key) -> Option<&Stored> {
        self.items.get(key)?.as_ref().map(|seen| &seen.stored)
    }

    /// A lead, if it was asked for and is there.
    pub fn lead(&self, id: LeadId) -> Option<&Lead> {
        match self.stored(&Key::Lead(id)) {
            Some(Stored::Lead(lead)) => Some(lead),
            _ => None,
        }
    }

    /// A message of a lead.
    pub fn message(&self, lead: LeadId, cause: &str) -> Option<&Message> {
        match self.stored(&Key::Message(lead, cause.to_owned())) {
            Some(Stored::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// A dealer.
    pub fn dealer(&self, id: &DealerId) -> Option<&Dealer> {
        match self.stored(&Key::Dealer(id.clone())) {
            Some(Stored::Dealer(dealer)) => Some(dealer),
            _ => None,
        }
    }

    /// A calendar event of a lead.
    pub fn event(&self, lead: LeadId, event: &EventId) -> Option<&CalendarEvent> {
        match self.stored(&Key::Event(lead, event.clone())) {
            Some(Stored::Event(event)) => Some(event),
            _ => None,
        }
    }

    /// An invitation of a lead.
    pub fn invitation(&self, lead: LeadId, id: &InvitationId) -> Option<&Invitation> {
        match self.stored(&Key::Invitation(lead, id.clone())) {
            Some(Stored::Invitation(invitation)) => Some(invitation),
            _ => None,
        }
    }

    /// An element of a lead.
    pub fn element(&self, lead: LeadId, kind: ElementKind, id: &ElementId) -> Option<&Element> {
        match self.stored(&Key::Element(lead, kind, id.clone())) {
            Some(Stored::Element(element)) => Some(element),
            _ => None,
        }
    }

    /// A task of a lead.
    pub fn task(&self, lead: LeadId, id: &TaskId) -> Option<&Task> {
        match self.stored(&Key::Task(lead, id.clone())) {
            Some(Stored::Task(task)) => Some(task),
            _ => None,
        }
    }

    /// An appointment.
    pub fn appointment(&self, id: &AppointmentId) -> Option<&Appointment> {
        match self.stored(&Key::Appointment(id.clone())) {
            Some(Stored::Appointment(appointment)) => Some(appointment),
            _ => None,
        }
    }

    /// What was said early of an appointment.
    pub fn early(&self, id: &AppointmentId) -> Option<&PendingReports> {
        match self.stored(&Key::Early(id.clone())) {
            Some(Stored::Early(early)) => Some(early),
            _ => None,
        }
    }

    /// What a dealer's own system told of that is not kept.
    pub fn unprocessed(&self, dealer: &DealerId) -> Option<&Unprocessed> {
        match self.stored(&Key::Unprocessed(dealer.clone())) {
            Some(Stored::Unprocessed(count)) => Some(count),
            _ => None,
        }
    }

    /// What was sent under a name.
    pub fn seen(&self, key: &str) -> Option<&Sent> {
        match self.stored(&Key::Seen(key.to_owned())) {
            Some(Stored::Seen(seen)) => Some(seen),
            _ => None,
        }
    }

    /// A partner.
    pub fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        match self.stored(&Key::Partner(id.clone())) {
            Some(Stored::Partner(partner)) => Some(partner),
            _ => None,
        }
    }

    /// What a partner signs with.
    pub fn signing(&self, partner: &PartnerId) -> Option<&Signing> {
        match self.stored(&Key::Signing(partner.clone())) {
            Some(Stored::Signing(signing)) => Some(signing),
            _ => None,
        }
    }

    /// A letter.
    pub fn letter(&self, home: &Subject, cause: &str) -> Option<&Letter> {
        match self.stored(&Key::Letter(home.clone(), cause.to_owned())) {
            Some(Stored::Letter(letter)) => Some(letter),
            _ => None,
        }
    }

    /// The appointments that those of `keys` that are events are, where they are read and are any.
    pub fn appointments_of(&self, keys: &[Key]) -> Vec<Key> {
        let of = |key: &Key| match key {
            Key::Event(lead, event) => self.event(*lead, event).filter(|event| event.is_appointment()),
            _ => None,
        };
        keys.iter().filter_map(of).map(|event| Key::Appointment(event.appointment_id())).collect()
    }

    /// An entry of a lead's timeline.
    pub fn entry(&self, lead: LeadId, version: u64) -> Option<&Entry> {
        match self.stored(&Key::Entry(lead, version)) {
            Some(Stored::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    /// A user's calendar links.
    pub fn feeds(&self, user: &UserId) -> Option<&CalendarFeeds> {
        match self.stored(&Key::Feeds(user.clone())) {
            Some(Stored::Feeds(feeds)) => Some(feeds),
            _ => None,
        }
    }

    /// A user.
    pub fn user(&self, id: &UserId) -> Option<&User> {
        match self.stored(&Key::User(id.clone())) {
            Some(Stored::User(user)) => Some(user),
            _ => None,
        }
    }

    /// How far a dealer's open leads are computed anew.
    pub fn recompute(&self, dealer: &DealerId) -> Option<&Recompute> {
        match self.stored(&Key::Recompute(dealer.clone())) {
            Some(Stored::Recompute(recompute)) => Some(recompute),
            _ => None,
        }
    }

    /// Where a lane of a dealer stands: at its beginning where none was saved yet. `None`: it was not asked for, so nothing guards it.
    pub fn place(&self, dealer: &DealerId, lane: &Lane) -> Option<LaneState> {
        let key = Key::Place(dealer.clone(), lane.clone());
        if !self.asked(&key) {
            return None;
        }
        Some(match (self.stored(&key), lane) {
            (Some(Stored::Rotation(rotation)), _) => LaneState::Rotation(rotation.clone()),
            (Some(Stored::Pool(pool)), _) => LaneState::Pool(pool.clone()),
            (_, Lane::Rotation(group)) => LaneState::Rotation(Rotation::new(dealer.clone(), group.clone())),
            (_, Lane::Pool) => LaneState::Pool(Pool::new(dealer.clone())),
        })
    }

    /// Where the rotation of `lane` stands, if it is one and was asked for.
    pub fn rotation(&self, dealer: &DealerId, lane: Option<&Lane>) -> Option<Rotation> {
        match self.place(dealer, lane?)? {
            LaneState::Rotation(rotation) => Some(rotation),
            LaneState::Pool(_) => None,
        }
    }

    /// What a channel's item says.
    pub fn channel(&self, key: &ChannelKey) -> Option<&Channel> {
        match self.stored(&Key::Channel(key.clone())) {
            Some(Stored::Channel(channel)) => Some(channel),
            _ => None,
        }
    }

    /// A person's day: empty where nothing takes any of it yet. `None`: it was not asked for, so nothing guards it.
    pub fn day(&self, user: &UserId, date: NaiveDate) -> Option<Day> {
        let key = Key::Day(user.clone(), date);
        match self.stored(&key) {
            Some(Stored::Day(day)) => Some(day.clone()),
            _ => self.asked(&key).then(|| Day::empty(user.clone(), date)),
        }
    }

    /// A receipt.
    pub fn receipt(&self, key: &str) -> Option<&Receipt> {
        match self.stored(&Key::Receipt(key.to_owned())) {
            Some(Stored::Receipt(receipt)) => Some(receipt),
            _ => None,
        }
    }

    pub(crate) fn holds_commit(&self, commit: &str) -> bool {
        self.items.values().flatten().any(|seen| seen.commit == commit)
    }
}
