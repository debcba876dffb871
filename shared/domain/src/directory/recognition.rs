//! Recognises a person by the channels of an enquiry (INT-6).

use crate::base::{ChannelKey, DealerId, LeadId};
use crate::directory::Contact;
use std::collections::BTreeMap;

/// The new state of the contact directory after an enquiry.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The record. After an enquiry, its lead is the latest one at its dealer.
    pub contact: Contact,
    /// Channels that refer to the record from now on.
    pub new_aliases: Vec<ChannelKey>,
    /// Whether a channel of this enquiry belongs to another person. That channel stays unchanged: e-mail has precedence over phone, and
    /// records are not merged.
    pub clash: bool,
    /// The enquiry's channels, each with the record that it referred to before.
    pub channels: Vec<(ChannelKey, Option<ChannelKey>)>,
    /// These records as they were before, each once.
    pub known: Vec<Contact>,
}

impl Recognised {
    /// Returns the enquiry's channels by which a search does not find the record: they refer to another record or to none (LEAD-8).
    pub fn elsewhere(&self) -> impl Iterator<Item = &ChannelKey> {
        let here = |(channel, owner): &&(ChannelKey, Option<ChannelKey>)| match owner {
            Some(owner) => *owner == self.contact.id,
            None => *channel == self.contact.id || self.new_aliases.contains(channel),
        };
        self.channels.iter().filter(move |of| !here(of)).map(|(channel, _)| channel)
    }
}

/// Recognises the contact of an enquiry, or creates one (INT-6). `known` holds the enquiry's channels in order of precedence (e-mail
/// before phone), each with the contact that it refers to.
///
/// `None` if the enquiry has no channel that identifies a person.
pub fn recognise(known: &[(ChannelKey, Option<Contact>)], dealer: &DealerId, lead: LeadId) -> Option<Recognised> {
    let mut found = find_person(known)?;
    found.contact.and_more = found.contact.all_leads().is_none();
    found.contact.latest.insert(dealer.clone(), lead);
    Some(found)
}

/// Like [`recognise`], for a person without a new lead: the customer of an appointment.
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
    // The record lists its channels, so that an erasure finds them all. A person with more than 20 is probably a relay.
    new_aliases.truncate(20_usize.saturating_sub(contact.aliases.len()));
    contact.aliases.extend(new_aliases.iter().cloned());
    let channels = known.iter().map(|(channel, owner)| (channel.clone(), owner.as_ref().map(|owner| owner.id.clone()))).collect();
    let known: BTreeMap<&ChannelKey, &Contact> =
        known.iter().filter_map(|(_, owner)| owner.as_ref()).map(|owner| (&owner.id, owner)).collect();
    Some(Recognised { contact, new_aliases, clash, channels, known: known.into_values().cloned().collect() })
}
