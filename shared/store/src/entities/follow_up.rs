//! Follow-ups (FUP).

use crate::Failure;
use crate::entity::{Attributes, Entity, Record, flat, from_item, to_item};
use crate::keys;
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::follow_up::FollowUp;

/// The fields of a follow-up that are not in its row: no list shows them.
const UNLISTED: [&str; 5] = ["history", "contacts", "notes", "clearable", "wrong_numbers"];

impl Entity for FollowUp {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let mut row: Attributes = to_item(self)?;
        let mut state: Attributes = UNLISTED.iter().filter_map(|name| row.remove_entry(*name)).collect();
        state.insert("row".into(), AttributeValue::M(row));
        let (partition, place) = keys::follow_up_listing(scope, self);
        let record = Record::of(state).listed(partition, place);
        // An erasure finds the follow-ups of a contact.
        Ok(match &self.contact_id {
            Some(contact) => record.work(keys::follow_ups_of_contact(scope, contact), self.id.to_string()),
            None => record,
        })
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}
