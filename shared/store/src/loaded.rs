//! The items of a unit as they were read. The accessors of stored items are made by the table in `entities/mod.rs`.

use crate::Failure;
use crate::entities::{Stored, decode};
use crate::entity::{Attributes, Versioned};
use crate::keys::Key;
use crate::preserve::Preserve;
use chrono::NaiveDate;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::decision::Item;
use forecourt_domain::distribution::{LaneState, OpenLeads};
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_domain::slots::Day;
use forecourt_domain::webhooks::Webhooks;
use std::collections::HashMap;

/// The items of a unit as they were read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every requested key, with its item if it exists.
    items: HashMap<Key, Option<Versioned<Stored>>>,
}

impl Loaded {
    pub(crate) fn request(&mut self, key: Key) {
        self.items.entry(key).or_insert(None);
    }

    /// Returns whether the item was read, even if it does not exist.
    pub fn requested(&self, key: &Key) -> bool {
        self.items.contains_key(key)
    }

    pub(crate) fn insert(&mut self, key: Key, attributes: Attributes) -> Result<(), Failure> {
        let item = decode(&key, attributes)?;
        self.items.insert(key, Some(item));
        Ok(())
    }

    /// Whether the item of a key was loaded and exists.
    pub fn holds(&self, key: &Key) -> bool {
        self.stored(key).is_some()
    }

    pub(crate) fn stored(&self, key: &Key) -> Option<&Stored> {
        self.items.get(key)?.as_ref().map(|versioned| &versioned.item)
    }

    /// Returns an item as it was read; `None` if it did not exist.
    pub(crate) fn versioned(&self, key: &Key) -> Option<&Versioned<Stored>> {
        self.items.get(key)?.as_ref()
    }

    /// Returns the version at which an item was read; `None` if it did not exist.
    pub(crate) fn version(&self, key: &Key) -> Option<u64> {
        self.items.get(key)?.as_ref().map(|versioned| versioned.version)
    }

    /// Copies to a new entry of a history the fields of its source item that this release does not know.
    pub(crate) fn carry_over(&self, scope: &Scope, item: &Item, attributes: &mut Attributes) -> Result<(), Failure> {
        let (copied, from, to) = match item {
            Item::SettingsChange(change) => (Key::Dealer(change.dealer.clone()), "settings", "settings"),
            Item::UserChange(change) => (Key::User(change.user.id.clone()), "row", "user"),
            _ => return Ok(()),
        };
        let Some(before) = self.versioned(&copied) else { return Ok(()) };
        let read = before.item.to_record(scope)?;
        if let (Some(stored), Some(read), Some(new)) = (before.stored.get(from), read.attribute(from), attributes.get_mut(to)) {
            Preserve::Stored.value(stored, read, new);
        }
        Ok(())
    }

    /// Whether an item was written by a commit.
    pub(crate) fn holds_commit(&self, commit: &str) -> bool {
        self.items.values().flatten().any(|versioned| versioned.commit == commit)
    }

    /// Returns the keys of the appointments of those of `keys` that are calendar events.
    pub fn appointments_of(&self, keys: &[Key]) -> Vec<Key> {
        let event = |key: &Key| match key {
            Key::Event(lead, event) => self.event(*lead, event).filter(|event| event.is_appointment()),
            _ => None,
        };
        keys.iter().filter_map(event).map(|event| Key::Appointment(event.appointment_id())).collect()
    }

    /// Returns the state of a lane: the initial state if none is stored; `None` if it was not loaded, so that no commit could guard it.
    pub fn place(&self, dealer: &DealerId, lane: &Lane) -> Option<LaneState> {
        if !self.requested(&Key::lane(dealer.clone(), lane.clone())) {
            return None;
        }
        let saved = match lane {
            Lane::Rotation(group) => self.saved_rotation(dealer, group).cloned().map(LaneState::Rotation),
            Lane::Pool => self.saved_pool(dealer).cloned().map(LaneState::Pool),
        };
        Some(saved.unwrap_or_else(|| LaneState::initial(dealer.clone(), lane)))
    }

    /// Returns the number of open leads of each user. `None` if the dealer counts none, or its rotation was not loaded (DIS-13).
    pub fn open_leads(&self, dealer: &Dealer) -> Option<&OpenLeads> {
        let since = dealer.counts_since?;
        self.saved_rotation(&dealer.id, &None)?.open.as_ref().filter(|open| open.since() == since)
    }

    /// Returns a user's day: an empty one if none is stored; `None` if it was not loaded, so that no commit could guard it.
    pub fn day(&self, user: &UserId, date: NaiveDate) -> Option<Day> {
        let requested = self.requested(&Key::Day(user.clone(), date));
        requested.then(|| self.saved_day(user, date).cloned().unwrap_or_else(|| Day::empty(user.clone(), date)))
    }

    /// Returns the group's webhooks; empty if none are stored.
    pub fn webhooks(&self) -> Webhooks {
        self.saved_webhooks().cloned().unwrap_or_default()
    }
}
