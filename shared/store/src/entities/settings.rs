//! Dealers, the work that follows from a change of their settings, and users.

use crate::Failure;
use crate::entity::{Attributes, Due, Entity, Record, flat, from_item, in_row, to_item};
use crate::keys::{self, DueKind};
use forecourt_domain::access::Scope;
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::people::User;
use forecourt_domain::settings::{Dealer, HandOver, Recompute};

impl Entity for Dealer {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?).listed(keys::dealers_partition(scope), self.id.to_string()))
    }
}

impl Entity for Recompute {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Recompute, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for HandOver {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Recompute, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for BookingWatch {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased: self.leased });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for User {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(in_row(self)?).listed(keys::users_partition(scope), self.id.to_string()))
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}
