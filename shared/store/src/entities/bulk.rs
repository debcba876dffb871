//! Bulk actions and the pages of their leads (LEAD-10).

use crate::Failure;
use crate::entity::{Due, Entity, Record, to_item};
use crate::keys::DueKind;
use forecourt_domain::access::Scope;
use forecourt_domain::lead::{BulkAction, BulkPage};

impl Entity for BulkAction {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Export, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due).expiring(self.at + Self::KEPT))
    }
}

impl Entity for BulkPage {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?).expiring(self.at + BulkAction::KEPT))
    }
}
