//! Changes of the directory (INT-6).

use crate::base::{Actor, ChannelKey, LeadId};
use crate::decision::{Item, commit};
use crate::directory::{Channel, Clash, Contact, KnownChannel, Recognised, Released};
use crate::lead::{Event, Lead};
use chrono::{DateTime, Utc};

impl Contact {
    /// Returns the record with `lead` added, as a lead that shares a channel with this person. `None` if the record already has it.
    pub(crate) fn shares(&self, lead: LeadId) -> Option<Item> {
        let mut record = self.clone();
        record.name(lead);
        (record.leads != self.leads).then(|| Item::Channel(record.id.clone(), Channel::Contact(record)))
    }

    /// Removes a channel that the person never had from the record. Adds the changes of the channel's own entries to `items`.
    pub(crate) fn release_channel(&mut self, channel: &KnownChannel, items: &mut Vec<Item>) {
        let of_record = |owner: &Option<Contact>| owner.as_ref().is_some_and(|owner| owner.id == self.id);
        let own = of_record(&channel.owner).then(|| (channel.key.clone(), channel.leading_nowhere()));
        let named =
            channel.named.as_ref().filter(|(_, owner)| of_record(owner)).map(|(key, _)| (key.clone(), Channel::AliasOf(key.clone())));
        for (key, nowhere) in own.into_iter().chain(named) {
            self.emails.remove(&key);
            if key == self.id {
                self.released = Some(Released::default());
            } else if self.aliases.remove(&key) {
                items.push(Item::Channel(key, nowhere));
            }
        }
    }

    /// Returns whether the directory lists a lead that names channels of both people, so that a clash between them was noted before.
    fn is_noted_with(&self, other: &Self) -> bool {
        self.leads.iter().any(|lead| other.leads.contains(lead))
    }
}

/// Removes channels that the person of `record` never had from the directory, after the other changes `items` of the directory.
pub(crate) fn release_channels(record: &Contact, channels: &[KnownChannel], items: &mut Vec<Item>) {
    let mut record = record.clone();
    let before = record.clone();
    // Another change can write the record, too: it is written once.
    let written = items.iter().position(|item| matches!(item, Item::Channel(id, Channel::Contact(_)) if *id == record.id));
    let written = written.map(|at| items.remove(at));
    let is_written = written.is_some();
    if let Some(Item::Channel(_, Channel::Contact(written))) = written {
        record = written;
    }
    for channel in channels {
        record.release_channel(channel, items);
    }
    if is_written || record != before {
        items.push(Item::Channel(record.id.clone(), Channel::Contact(record)));
    }
}

impl Clash {
    /// Returns the event of the timeline.
    pub(crate) fn event(&self) -> Event {
        Event::ContactClash { channel: Some(self.channel.clone()) }
    }
}

/// Returns the clashes that were not noted before between the person of `contact` and the others.
pub(crate) fn unnoted<'a>(contact: Option<&'a Contact>, clashes: &'a [Clash]) -> impl Iterator<Item = &'a Clash> {
    clashes.iter().filter(move |clash| contact.is_none_or(|contact| !contact.is_noted_with(&clash.other)))
}

/// Returns the changes that note the clashes on the timelines of the other people's latest leads at the dealer of `lead`. `leads` are those
/// leads.
pub(crate) fn noted_elsewhere(
    contact: Option<&Contact>,
    clashes: &[Clash],
    (lead, leads): (&Lead, &[&Lead]),
    by: &Actor,
    now: DateTime<Utc>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for other in leads.iter().filter(|other| other.id != lead.id) {
        let of_other = |clash: &&Clash| clash.other.latest.get(&lead.dealer) == Some(&other.id);
        let events: Vec<Event> = unnoted(contact, clashes).filter(of_other).map(Clash::event).collect();
        if !events.is_empty() {
            items.extend(commit(other.touched(now), by.clone(), events, now).items);
        }
    }
    items
}

impl Recognised {
    /// Returns the records of other people who share a channel with `lead`, with that lead added (LEAD-8). `own` is the lead's own record.
    pub(crate) fn shared(&self, own: Option<&ChannelKey>, lead: LeadId) -> impl Iterator<Item = Item> {
        // A channel that belonged to another person is stored in the record of that person, which is written once.
        let rewritten = |record: &&Contact| {
            self.new_aliases.iter().any(|alias| alias.released_record.as_ref().is_some_and(|held| held.id == record.id))
        };
        self.known.iter().filter(move |record| own != Some(&record.id) && !rewritten(record)).filter_map(move |record| record.shares(lead))
    }

    /// Returns the new items of the directory for a person without a new lead. Empty if nothing is new.
    pub(crate) fn directory_items(&self) -> Vec<Item> {
        if !self.changed {
            return Vec::new();
        }
        let record = Item::Channel(self.contact.id.clone(), Channel::Contact(self.contact.clone()));
        [record].into_iter().chain(self.aliases()).collect()
    }

    /// Returns the entries of the channels that lead to the record from now on.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = Item> {
        let id = &self.contact.id;
        let alias = move |alias: &KnownChannel| Item::Channel(alias.key.clone(), alias.leading_to(id));
        let named = move |key: &ChannelKey| Item::Channel(key.clone(), Channel::AliasOf(id.clone()));
        self.new_aliases.iter().map(alias).chain(self.new_named.iter().map(named))
    }
}
