//! The channels of a person, and the records that they refer to (INT-6).

use crate::base::{ChannelKey, Email};
use crate::directory::{Channel, Contact, Released};
use crate::enquiry::Person;
use crate::settings::DealerSettings;

impl DealerSettings {
    /// Returns the channels by which a person is known, each with its kind: e-mail before phone. Excluded are the dealer's lead address,
    /// relay addresses, and phone numbers that could not be read (INT-6).
    pub fn channels_of(&self, person: &Person) -> Vec<(ChannelKind, String)> {
        let of_dealer = |email: &&Email| self.lead_address.as_ref().is_some_and(|own| own.is_same(email));
        let of_relay = |email: &&Email| self.relay_domains.iter().any(|relay| email.is_at(relay));
        let emails = person.emails.iter().filter(|email| !of_dealer(email) && !of_relay(email));
        let emails = emails.map(|email| (ChannelKind::Email, email.key()));
        let phones = person.phones.iter().filter_map(|phone| Some((ChannelKind::Phone, phone.channel()?)));
        // A search by the bare number finds the leads of every extension.
        let switchboards = person.phones.iter().filter(|phone| phone.extension.is_some()).filter_map(|phone| phone.e164.clone());
        emails.chain(phones).chain(switchboards.map(|number| (ChannelKind::Switchboard, number))).collect()
    }
}

/// The kind of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// An e-mail address. It identifies a person.
    Email,
    /// A telephone number, with its extension. It identifies a person together with the name.
    Phone,
    /// The number of a switchboard without the extension. It identifies no person, but a search by it finds the lead.
    Switchboard,
}

/// A channel of an enquiry, and the directory's entries for it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownChannel {
    /// The kind.
    pub kind: ChannelKind,
    /// The key.
    pub key: ChannelKey,
    /// The address or number.
    pub text: String,
    /// The person to whom it belongs.
    pub owner: Option<Contact>,
    /// The record that is stored under the key, if the channel no longer belongs to its person. It keeps its place.
    pub released_record: Option<Contact>,
    /// For a telephone number: the key of the number together with the person's name. It distinguishes people who share a number.
    pub named_key: Option<ChannelKey>,
    /// That key and the person to whom it belongs, if the key was read and can refer to a person.
    pub named: Option<(ChannelKey, Option<Contact>)>,
}

impl KnownChannel {
    /// Returns the entry of the channel that refers to the record `to`.
    pub(crate) fn leading_to(&self, to: &ChannelKey) -> Channel {
        match &self.released_record {
            Some(record) => Channel::Contact(Contact { released: Some(Released { to: Some(to.clone()) }), ..record.clone() }),
            None => Channel::AliasOf(to.clone()),
        }
    }

    /// Returns the entry of the channel that refers to no person.
    pub(crate) fn leading_nowhere(&self) -> Channel {
        match &self.released_record {
            Some(record) => Channel::Contact(Contact { released: Some(Released::default()), ..record.clone() }),
            // An alias of itself refers to no record.
            None => Channel::AliasOf(self.key.clone()),
        }
    }
}
