//! Recognises a person by the channels of an enquiry (INT-6).

use crate::base::{ChannelKey, DealerId, LeadId};
use crate::directory::Contact;
use std::collections::BTreeMap;

/// The new state of the contact directory after an enquiry.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The record; of an enquiry, with its lead as the latest at its dealer.
    pub contact: Contact,
    /// Channels that now point at the record and did not before.
    pub new_aliases: Vec<ChannelKey>,
    /// A channel of this enquiry belongs to somebody else, and was left alone: e-mail beats phone, nothing is merged.
    pub clash: bool,
    /// The enquiry's channels, and the record that each led to before.
    pub channels: Vec<(ChannelKey, Option<ChannelKey>)>,
    /// These records as they were, each once.
    pub known: Vec<Contact>,
}

impl Recognised {
    /// Those of the enquiry's channels by which a search does not come to the record: they lead to somebody else, or to nobody (LEAD-8).
    pub fn elsewhere(&self) -> impl Iterator<Item = &ChannelKey> {
        let here = |(channel, owner): &&(ChannelKey, Option<ChannelKey>)| match owner {
            Some(owner) => *owner == self.contact.id,
            None => *channel == self.contact.id || self.new_aliases.contains(channel),
        };
        self.channels.iter().filter(move |of| !here(of)).map(|(channel, _)| channel)
    }
}

/// Finds the contact of an enquiry again, or makes one (INT-6). `known` holds, for each of the enquiry's channels in order of weight
/// (e-mail before phone), the channel, what its item says, and the contact it leads to.
///
/// `None`: the enquiry has no channel that identifies anybody.
pub fn recognise(known: &[(ChannelKey, Option<Contact>)], dealer: &DealerId, lead: LeadId) -> Option<Recognised> {
    let mut found = find_person(known)?;
    found.contact.and_more = found.contact.all_leads().is_none();
    found.contact.latest.insert(dealer.clone(), lead);
    Some(found)
}

/// The same of whoever is reached by the `known` channels and has no lead by it: the customer of an appointment.
pub fn find_person(known: &[(ChannelKey, Option<Contact>)]) -> Option<Recognised> {
    let (first, _) = known.first()?;
    let mut contact = known.iter().find_map(|(_, contact)| contact.clone()).unwrap_or_else(|| Contact::new(first.clone()));
    let mut new_aliases = Vec::new();
    let mut clash = false;
    for (channel, owner) in known {
        match owner {
            Some(owner) => clash |= owner.id != contact.id,
            None if *channel != contact.id && !new_aliases.contains(channel) => new_aliases.push(channel.clone()),
            None => {}
        }
    }
    // The record names its channels, so that an erasure finds them all; past this many a person is a relay in disguise.
    new_aliases.truncate(20_usize.saturating_sub(contact.aliases.len()));
    contact.aliases.extend(new_aliases.iter().cloned());
    let channels = known.iter().map(|(channel, owner)| (channel.clone(), owner.as_ref().map(|owner| owner.id.clone()))).collect();
    let known: BTreeMap<&ChannelKey, &Contact> =
        known.iter().filter_map(|(_, owner)| owner.as_ref()).map(|owner| (&owner.id, owner)).collect();
    Some(Recognised { contact, new_aliases, clash, channels, known: known.into_values().cloned().collect() })
}
