//! Orders an erasure (PRV-2).

use crate::base::ChannelKey;
use crate::decision::{Decision, Item};
use crate::directory::{Channel, Contact, Released};
use crate::lead::Lead;
use crate::privacy::Erasure;

/// Returns the decision that stores an order. `known` are those of the order's channels that the directory knows: from this commit on they
/// lead to no person, so that a new enquiry of the person makes a new contact and is not erased. `shared` is the record that stays for
/// other contacts: it loses these channels, and its names, which later enquiries bring again. `leads` are those of the order: from this
/// commit on nothing is sent about them.
pub fn ordered<'a>(
    order: Erasure,
    known: impl IntoIterator<Item = &'a ChannelKey>,
    shared: Option<&Contact>,
    leads: impl IntoIterator<Item = &'a Lead>,
) -> Decision {
    let marked = leads.into_iter().filter(|lead| lead.erased.is_none() || !lead.contacts.is_empty());
    let marked: Vec<Item> = marked.map(|lead| Item::Lead(Box::new(Lead { erasure: Some(order.id.clone()), ..lead.clone() }))).collect();
    // An alias of itself refers to no record.
    let nowhere = |key: &ChannelKey| Item::Channel(key.clone(), Channel::AliasOf(key.clone()));
    let known = known.into_iter().filter(|key| shared.is_none_or(|record| record.id != **key));
    let decision = known.map(nowhere).fold(Decision::default(), Decision::with);
    let shared = shared.map(|record| {
        let mut record = record.clone();
        record.aliases.retain(|key| !order.channels.contains(key));
        record.emails.retain(|key| !order.channels.contains(key));
        record.names.clear();
        if order.channels.contains(&record.id) {
            record.released = Some(Released::default());
        }
        Item::Channel(record.id.clone(), Channel::Contact(record))
    });
    let mut decision = decision.with_some(shared).with(Item::Erasure(Box::new(order)));
    decision.items.extend(marked);
    decision.erasing()
}
