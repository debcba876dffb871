//! Changes of the directory (INT-6).

use crate::base::{ChannelKey, LeadId};
use crate::decision::Item;
use crate::directory::{Channel, Contact, Recognised};

impl Contact {
    /// Returns the record with `lead` added, as a lead that shares a channel with this person. `None` if the record already has it.
    pub(crate) fn shares(&self, lead: LeadId) -> Option<Item> {
        let mut record = Self { and_more: self.all_leads().is_none(), ..self.clone() };
        record.name(lead);
        (record.leads != self.leads).then(|| Item::Channel(record.id.clone(), Channel::Contact(record)))
    }
}

impl Recognised {
    /// Returns the records of other people who share a channel with `lead`, with that lead added (LEAD-8). `own` is the lead's own record.
    pub(crate) fn shared(&self, own: Option<&ChannelKey>, lead: LeadId) -> impl Iterator<Item = Item> {
        self.known.iter().filter(move |record| own != Some(&record.id)).filter_map(move |record| record.shares(lead))
    }

    /// Returns the new items of the directory. Empty if every channel already maps to the record.
    pub(crate) fn learnt(&self, known: &[(ChannelKey, Option<Contact>)]) -> Vec<Item> {
        let is_new = !known.iter().any(|(_, owner)| owner.as_ref().is_some_and(|owner| owner.id == self.contact.id));
        if !is_new && self.new_aliases.is_empty() {
            return Vec::new();
        }
        let record = Item::Channel(self.contact.id.clone(), Channel::Contact(self.contact.clone()));
        let alias = |alias: &ChannelKey| Item::Channel(alias.clone(), Channel::AliasOf(self.contact.id.clone()));
        [record].into_iter().chain(self.new_aliases.iter().map(alias)).collect()
    }
}
