//! Contacts by their channels, and answered requests.

use crate::Failure;
use crate::entity::{Attributes, Entity, Record, from_item, to_item};
use forecourt_domain::access::Scope;
use forecourt_domain::directory::Channel;
use forecourt_domain::people::ReceivedRequest;

impl Entity for Channel {
    /// The state is an enum: one attribute that is named after the variant. The envelope's attributes would be further variants.
    fn from_attributes(mut attributes: Attributes) -> Result<Self, Failure> {
        attributes.retain(|name, _| matches!(name.as_str(), "contact" | "alias_of"));
        from_item(attributes)
    }
}

impl Entity for ReceivedRequest {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?).expiring(self.until))
    }
}
