//! The directory of contacts: the channels that identify a person, and the contact of each (INT-6).

use crate::Platform;
use forecourt_domain::access::Scope;
use forecourt_domain::base::ChannelKey;
use forecourt_domain::directory::{Channel, Contact};
use forecourt_domain::enquiry::Person;
use forecourt_domain::settings::Dealer;
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// Returns the channels that identify `person` at `dealer` as keys, in order of weight.
pub fn channels(platform: &Platform, scope: &Scope, dealer: &Dealer, person: &Person) -> Vec<ChannelKey> {
    let mut channels: Vec<ChannelKey> = Vec::new();
    for channel in dealer.settings.channels_of(person).map(|channel| platform.store.secret().channel(scope, &channel)) {
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    channels
}

/// Returns the records that the aliases among `channels` point at.
pub fn records(loaded: &Loaded, channels: &[ChannelKey]) -> Vec<Key> {
    let record = |channel| match loaded.channel(channel) {
        Some(Channel::AliasOf(record)) => Some(Key::Channel(record.clone())),
        _ => None,
    };
    channels.iter().filter_map(record).collect()
}

/// Returns the contact of a channel.
pub fn contact_of(loaded: &Loaded, channel: &ChannelKey) -> Option<Contact> {
    match loaded.channel(channel)? {
        Channel::Contact(contact) => Some(contact.clone()),
        Channel::AliasOf(record) => match loaded.channel(record)? {
            Channel::Contact(contact) => Some(contact.clone()),
            Channel::AliasOf(_) => None,
        },
    }
}

/// Returns each of `channels` with its contact.
pub fn known(loaded: &Loaded, channels: &[ChannelKey]) -> Vec<(ChannelKey, Option<Contact>)> {
    channels.iter().map(|channel| (channel.clone(), contact_of(loaded, channel))).collect()
}
