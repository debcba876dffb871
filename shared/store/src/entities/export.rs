//! Exports.

use crate::Failure;
use crate::entity::{Due, Entity, Record, to_item};
use crate::keys::DueKind;
use chrono::TimeDelta;
use forecourt_domain::access::Scope;
use forecourt_domain::reports::Export;

impl Entity for Export {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        // A wake-up names one dealer, and an export belongs to several: it names the first.
        let due = self.due.zip(self.dealers.first());
        let due = due.map(|(at, dealer)| Due { at, kind: DueKind::Export, dealer: dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due).expiring(self.expires() + TimeDelta::days(1)))
    }
}
