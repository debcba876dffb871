//! The group's directory of contacts (INT-6).

mod channels;
mod known_name;
mod recognition;

pub use channels::{ChannelKind, KnownChannel};
pub use known_name::KnownName;
pub use recognition::{Clash, Recognised, find_person};
pub(crate) use recognition::{fresh, update_record};

use crate::base::{ChannelKey, DealerId, LeadId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A person known to the group, recognised by any of their channels (INT-6).
///
/// The item of the first channel holds the record. The items of the other channels refer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that holds the record.
    pub id: ChannelKey,
    /// The other channels of the person, whose items refer to this record.
    pub aliases: BTreeSet<ChannelKey>,
    /// The latest lead at each dealer.
    pub latest: BTreeMap<DealerId, LeadId>,
    /// The latest leads, at any dealer, that name a channel of this person: the person's own leads, and leads of others who share a
    /// channel (LEAD-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadId>,
    /// Whether there are more leads than `leads` lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub and_more: bool,
    /// The e-mail addresses among the channels.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub emails: BTreeSet<ChannelKey>,
    /// The names under which the person asked, the latest last, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<KnownName>,
    /// Set if the channel that holds the record no longer belongs to the person (LEAD-7). The record keeps its place, because leads refer
    /// to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "given_up")]
    pub released: Option<Released>,
}

/// A channel that no longer belongs to the person whose record it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The record of the channel's new person. `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ChannelKey>,
}

impl Contact {
    /// The maximum number of leads that a record lists.
    const LEADS: usize = 100;
    /// The maximum number of further channels of a record. More channels mean that the contact is not one person, but a relay for many.
    pub(crate) const ALIASES: usize = 20;
    /// The maximum number of names that a record keeps.
    const NAMES: usize = 10;

    /// Creates a contact with one channel and no leads.
    pub fn new(id: ChannelKey) -> Self {
        Self {
            id,
            aliases: BTreeSet::new(),
            latest: BTreeMap::new(),
            leads: Vec::new(),
            and_more: false,
            emails: BTreeSet::new(),
            names: Vec::new(),
            released: None,
        }
    }

    /// Returns whether another person with one of these telephone numbers is this person: if the names agree, or if one of the two has no
    /// name and no e-mail address differs (INT-6). `emails` are the e-mail addresses of the other person.
    pub(crate) fn is_same_by_phone(&self, name: Option<&KnownName>, emails: &[&ChannelKey]) -> bool {
        match name.filter(|_| !self.names.is_empty()) {
            Some(name) => self.names.iter().any(|known| known.agrees(name)),
            None => self.emails.is_empty() || emails.is_empty() || emails.iter().any(|email| self.emails.contains(*email)),
        }
    }

    /// Adds e-mail addresses and a name to the record.
    pub(crate) fn learn(&mut self, emails: impl IntoIterator<Item = ChannelKey>, name: Option<&KnownName>) {
        let emails: Vec<ChannelKey> = emails.into_iter().filter(|email| *email == self.id || self.aliases.contains(email)).collect();
        self.emails.extend(emails);
        // A name without a first name agrees with every person of the last name, so it is kept only until the first name is known.
        if let Some(name) = name.filter(|name| !self.names.iter().any(|known| known == *name || name.abbreviates(known))) {
            self.names.retain(|known| !known.abbreviates(name));
            self.names.push(name.clone());
            let over = self.names.len().saturating_sub(Self::NAMES);
            self.names.drain(..over);
        }
    }

    /// Returns every lead that names a channel of this person. `None` if the record does not list all of them.
    pub fn all_leads(&self) -> Option<&[LeadId]> {
        // Old records were stored before `leads` existed: they have `latest`, but no list.
        let names_all = !self.and_more && (self.latest.is_empty() || !self.leads.is_empty());
        names_all.then_some(&self.leads)
    }

    /// Adds a lead that names a channel of this person.
    pub(crate) fn name(&mut self, lead: LeadId) {
        if self.leads.contains(&lead) {
            return;
        }
        self.and_more = self.all_leads().is_none();
        self.leads.push(lead);
        let over = self.leads.len().saturating_sub(Self::LEADS);
        self.and_more |= over > 0;
        self.leads.drain(..over);
    }
}

/// The item that is stored for one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The record itself.
    Contact(Contact),
    /// A reference to the channel whose item holds the record.
    AliasOf(ChannelKey),
}
