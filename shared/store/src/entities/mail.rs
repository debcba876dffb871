//! Mail that arrived for dealers.

use crate::Failure;
use crate::entity::{Attributes, Due, Entity, Record, flat, from_item, in_row};
use crate::keys::{self, DueKind};
use forecourt_domain::access::Scope;
use forecourt_domain::mail::IncomingMail;

impl Entity for IncomingMail {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let due = self.due().map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased: self.is_leased() });
        let (partition, place) = (keys::mails_partition(scope, &self.dealer), keys::mail_place(self.received, &self.id));
        let record = Record::of(in_row(self)?).due(due).expiring(self.expires());
        let record = record.listed(partition.clone(), place.clone());
        Ok(if self.is_open() { record.work(partition, place) } else { record })
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}
