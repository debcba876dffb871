//! The directory of contacts: the channels that identify a person, and the contact of each (INT-6).

use crate::Platform;
use crate::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, LeadId};
use forecourt_domain::directory::{Channel, ChannelKind, Contact, KnownChannel, KnownName, Recognised, Released, find_person};
use forecourt_domain::enquiry::Person;
use forecourt_domain::lead::LeadContact;
use forecourt_domain::settings::Dealer;
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// A channel of a person, with its key in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChannel {
    /// The kind.
    pub kind: ChannelKind,
    /// The key.
    pub key: ChannelKey,
    text: String,
    named: Option<ChannelKey>,
}

/// The channels of a person in order of weight, and the name under which the directory knows the person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChannels {
    /// The name. `None` if the person has none.
    pub name: Option<KnownName>,
    /// The channels, each once.
    pub all: Vec<PersonChannel>,
}

impl PersonChannels {
    /// Returns the keys of the directory's entries.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.all.iter().map(|channel| Key::Channel(channel.key.clone()))
    }

    /// Returns the keys of the entries for the telephone numbers together with the name.
    pub fn named_keys(&self) -> impl Iterator<Item = Key> {
        self.named().map(Key::Channel)
    }

    /// Returns the telephone numbers together with the name.
    pub fn named(&self) -> impl Iterator<Item = ChannelKey> {
        self.all.iter().filter_map(|channel| channel.named.clone())
    }

    /// Returns the channels that identify the person: all but switchboards, and the telephone numbers together with the name.
    pub fn identifying(&self) -> impl Iterator<Item = ChannelKey> {
        let plain = self.all.iter().filter(|channel| channel.kind != ChannelKind::Switchboard);
        plain.map(|channel| channel.key.clone()).chain(self.named())
    }

    /// Returns whether one of the channels has this key.
    pub fn has(&self, key: &ChannelKey) -> bool {
        self.all.iter().any(|channel| channel.key == *key)
    }

    /// Returns the channels whose keys `keeps` holds.
    #[must_use]
    pub fn only(mut self, keeps: impl Fn(&ChannelKey) -> bool) -> Self {
        self.all.retain(|channel| keeps(&channel.key));
        self
    }
}

/// Returns the channels that identify `person` at `dealer` as keys, in order of weight.
pub fn channels(platform: &Platform, scope: &Scope, dealer: &Dealer, person: &Person) -> PersonChannels {
    let name = KnownName::of(person);
    let secret = platform.store.secret();
    let mut all: Vec<PersonChannel> = Vec::new();
    for (kind, text) in dealer.settings.channels_of(person) {
        let key = secret.channel(scope, &text);
        let named = name.as_ref().filter(|_| kind == ChannelKind::Phone);
        let named = named.map(|name| secret.channel(scope, &format!("{text};name={}", name.key())));
        if !all.iter().any(|known| known.key == key) {
            all.push(PersonChannel { kind, key, text, named });
        }
    }
    PersonChannels { name, all }
}

/// Returns the records that the entries of `channels` point at, and the entries of numbers that belong to somebody else with this
/// person's name.
pub fn records(loaded: &Loaded, channels: &PersonChannels) -> Vec<Key> {
    records_of(loaded, channels, find_person(&known(loaded, channels), channels.name.as_ref(), "").as_ref())
}

/// Returns the keys that [`records`] returns. `found` is the person of the channels, recognised from the same items.
pub fn records_of(loaded: &Loaded, channels: &PersonChannels, found: Option<&Recognised>) -> Vec<Key> {
    let clashes = found.into_iter().flat_map(|found| &found.clashes);
    let named: Vec<ChannelKey> = clashes.filter_map(|clash| clash.named.clone()).collect();
    let pointed = channels.all.iter().map(|channel| &channel.key).chain(&named).filter_map(|key| pointed(loaded, key));
    let pointed: Vec<Key> = pointed.map(Key::Channel).collect();
    named.into_iter().map(Key::Channel).chain(pointed).collect()
}

/// Returns the key of the record that the entry of a channel points at.
pub fn pointed(loaded: &Loaded, channel: &ChannelKey) -> Option<ChannelKey> {
    match loaded.channel(channel)? {
        Channel::AliasOf(record) => Some(record.clone()),
        Channel::Contact(Contact { released: Some(Released { to: Some(record) }), .. }) => Some(record.clone()),
        Channel::Contact(_) => None,
    }
}

/// Returns the record with this id.
pub fn record(loaded: &Loaded, id: &ChannelKey) -> Option<Contact> {
    match loaded.channel(id)? {
        Channel::Contact(contact) => Some(contact.clone()),
        Channel::AliasOf(_) => None,
    }
}

/// Returns the contact of a channel.
pub fn contact_of(loaded: &Loaded, channel: &ChannelKey) -> Option<Contact> {
    match pointed(loaded, channel) {
        Some(id) => record(loaded, &id),
        None => record(loaded, channel).filter(|contact| contact.released.is_none()),
    }
}

/// The number of leads of a record whose contacts are examined for a channel that a correction removes.
const LEADS: usize = 25;

/// Returns the latest leads that a record lists, without `except`.
pub fn leads_of(record: &Contact, except: Option<LeadId>) -> impl Iterator<Item = LeadId> {
    record.leads.iter().rev().copied().filter(move |lead| Some(*lead) != except).take(LEADS)
}

/// Returns the keys of leads, and of the enquiries of those that were read.
pub fn lead_keys(loaded: &Loaded, leads: impl Iterator<Item = LeadId>) -> impl Iterator<Item = Key> {
    leads.flat_map(|lead| [Key::Lead(lead)].into_iter().chain(loaded.lead(lead).map(|_| enquiry_key(loaded, lead))))
}

/// Returns the contacts of those of the leads that belong to the record.
pub fn contacts_of(loaded: &Loaded, record: &ChannelKey, leads: impl Iterator<Item = LeadId>) -> impl Iterator<Item = LeadContact> {
    let leads = leads.filter_map(|lead| loaded.lead(lead)).filter(|lead| lead.contact_id.as_ref() == Some(record));
    leads.flat_map(|lead| lead.people(enquiry_of(loaded, lead)))
}

/// Returns each of `channels` with its contact.
pub fn known(loaded: &Loaded, channels: &PersonChannels) -> Vec<KnownChannel> {
    let held = |key: &ChannelKey| record(loaded, key).filter(|contact| contact.released.is_some());
    let named = |channel: &PersonChannel| {
        let key = channel.named.clone().filter(|key| loaded.requested(&Key::Channel(key.clone())) && held(key).is_none())?;
        let owner = contact_of(loaded, &key);
        Some((key, owner))
    };
    let known = |channel: &PersonChannel| KnownChannel {
        kind: channel.kind,
        key: channel.key.clone(),
        text: channel.text.clone(),
        owner: contact_of(loaded, &channel.key),
        released_record: held(&channel.key),
        named_key: channel.named.clone(),
        named: named(channel),
    };
    channels.all.iter().map(known).collect()
}
