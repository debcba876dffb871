//! Recognises a person by the channels and the name of an enquiry (INT-6).

use crate::base::ChannelKey;
use crate::directory::{ChannelKind, Contact, KnownChannel, KnownName};
use std::collections::BTreeMap;

/// The new state of the contact directory after an enquiry.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The record.
    pub contact: Contact,
    /// Whether the record is new, or has a new channel or name.
    pub changed: bool,
    /// Channels that refer to the record from now on.
    pub new_aliases: Vec<KnownChannel>,
    /// Telephone numbers of other people that refer to the record from now on if they come with this person's name.
    pub new_named: Vec<ChannelKey>,
    /// Channels of this enquiry that belong to another person. They stay unchanged: records are not merged.
    pub clashes: Vec<Clash>,
    /// The enquiry's channels, each with the record that it referred to before.
    pub channels: Vec<(ChannelKey, Option<ChannelKey>)>,
    /// These records as they were before, each once.
    pub known: Vec<Contact>,
}

/// A channel that two people use.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// The address or number.
    pub channel: String,
    /// For a telephone number: the key of the number together with this person's name.
    pub named: Option<ChannelKey>,
    /// The other person.
    pub other: Contact,
}

impl Recognised {
    /// Returns the enquiry's channels by which a search does not find the record: they refer to another record or to none (LEAD-8).
    pub fn other_channels(&self) -> impl Iterator<Item = &ChannelKey> {
        let here = |(channel, owner): &&(ChannelKey, Option<ChannelKey>)| match owner {
            Some(owner) => *owner == self.contact.id,
            None => *channel == self.contact.id || self.new_aliases.iter().any(|alias| alias.key == *channel),
        };
        self.channels.iter().filter(move |of| !here(of)).map(|(channel, _)| channel)
    }
}

/// Recognises the person of an enquiry or an appointment, or creates one (INT-6). `known` holds the person's channels in order of
/// precedence (e-mail before phone), and `name` the person's name. `seed` is the id of the enquiry or appointment: a new record is named
/// by it if every channel is taken.
///
/// An e-mail address identifies a person. A telephone number does so only if the names agree, or if one side has no name and no e-mail
/// address differs. `None` if there is no channel that identifies a person.
pub fn find_person(known: &[KnownChannel], name: Option<&KnownName>, seed: &str) -> Option<Recognised> {
    let emails: Vec<&ChannelKey> = of_kind(known, ChannelKind::Email).map(|channel| &channel.key).collect();
    let is_same = |contact: &&Contact| contact.is_same_by_phone(name, &emails);
    let named = |channel: &KnownChannel| channel.named.as_ref().and_then(|(_, owner)| owner.clone());
    let by_email = of_kind(known, ChannelKind::Email).find_map(|channel| channel.owner.clone());
    let by_phone = || {
        let owner = |channel: &KnownChannel| channel.owner.as_ref().filter(is_same).cloned();
        of_kind(known, ChannelKind::Phone).find_map(|channel| owner(channel).or_else(|| named(channel).filter(|one| is_same(&one))))
    };
    let found = by_email.or_else(by_phone);
    let contact = found.clone().or_else(|| fresh(known, seed).map(Contact::new))?;
    Some(update_record(contact, found.as_ref(), known, name))
}

/// Adds the channels and the name of a person to the person's record. `before` is the stored record, `None` if there is none.
pub(crate) fn update_record(
    mut contact: Contact,
    before: Option<&Contact>,
    known: &[KnownChannel],
    name: Option<&KnownName>,
) -> Recognised {
    // The record lists its channels, so that an erasure finds them all. A person with more than 20 is probably a relay.
    let mut room = Contact::ALIASES.saturating_sub(contact.aliases.len());
    let (mut new_aliases, mut new_named, mut clashes) = (Vec::<KnownChannel>::new(), Vec::new(), Vec::<Clash>::new());
    for channel in known.iter().filter(|channel| channel.kind != ChannelKind::Switchboard) {
        match &channel.owner {
            None if channel.key != contact.id && room > 0 && !new_aliases.iter().any(|alias| alias.key == channel.key) => {
                room -= 1;
                new_aliases.push(channel.clone());
            }
            Some(owner) if owner.id != contact.id => {
                let named = channel.named_key.clone();
                clashes.push(Clash { channel: channel.text.clone(), named, other: owner.clone() });
                if let Some((key, None)) = &channel.named
                    && *key != contact.id
                    && room > 0
                    && !new_named.contains(key)
                {
                    room -= 1;
                    new_named.push(key.clone());
                }
            }
            // The person has the channel of the record again.
            None if channel.key == contact.id => contact.released = None,
            _ => {}
        }
    }
    contact.aliases.extend(new_aliases.iter().map(|alias| alias.key.clone()).chain(new_named.iter().cloned()));
    let is_own = |channel: &&KnownChannel| channel.owner.as_ref().is_none_or(|owner| owner.id == contact.id);
    let own_emails: Vec<ChannelKey> = of_kind(known, ChannelKind::Email).filter(is_own).map(|channel| channel.key.clone()).collect();
    contact.learn(own_emails, name);
    let changed = before != Some(&contact);
    let channels = known.iter().map(|channel| (channel.key.clone(), channel.owner.as_ref().map(|owner| owner.id.clone()))).collect();
    let owners: BTreeMap<&ChannelKey, &Contact> =
        known.iter().filter_map(|channel| channel.owner.as_ref()).map(|owner| (&owner.id, owner)).collect();
    let known = owners.into_values().cloned().collect();
    Recognised { contact, changed, new_aliases, new_named, clashes, channels, known }
}

fn of_kind(known: &[KnownChannel], kind: ChannelKind) -> impl Iterator<Item = &KnownChannel> {
    known.iter().filter(move |channel| channel.kind == kind)
}

/// Returns the id of a new record: the first channel without an owner, else a number together with the name, else the number with `seed`.
pub(crate) fn fresh(known: &[KnownChannel], seed: &str) -> Option<ChannelKey> {
    let seeded = |key: &ChannelKey| ChannelKey(format!("{}~{seed}", key.0));
    let mut own = known.iter().filter(|channel| channel.kind != ChannelKind::Switchboard);
    let free = own.clone().find(|channel| channel.owner.is_none());
    let free = free.map(|channel| if channel.released_record.is_some() { seeded(&channel.key) } else { channel.key.clone() });
    let named = || own.clone().find_map(|channel| channel.named.as_ref().filter(|(_, owner)| owner.is_none()).map(|(key, _)| key.clone()));
    free.or_else(named).or_else(|| own.next().map(|channel| seeded(&channel.key)))
}
