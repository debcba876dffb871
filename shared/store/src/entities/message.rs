//! Messages to staff, letters to customers, tests of texts, and the use of budgets.

use crate::Failure;
use crate::entity::{Due, Entity, Record, to_item};
use crate::keys::{self, DueKind};
use forecourt_domain::access::Scope;
use forecourt_domain::base::Usage;
use forecourt_domain::messages::{Letter, LetterState, Message, MessageState, TestMail};

impl Entity for Message {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let leased = matches!(self.state, MessageState::Sending { .. });
        let due = self.due().map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased });
        let record = Record::of(to_item(self)?).due(due);
        let record = match self.undelivered_since() {
            Some(at) => {
                record.listed(keys::undelivered_partition(scope, &self.dealer), keys::undelivered_notice(at, self.lead, &self.cause))
            }
            None => record,
        };
        Ok(match self.due().filter(|_| self.bundled) {
            Some(at) => {
                record.work(keys::work_partition(scope, &self.reader), keys::bundle_place(&self.dealer, at, self.lead, &self.cause))
            }
            None => record,
        })
    }
}

impl Entity for Letter {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let leased = matches!(self.state, LetterState::Sending { .. });
        let due = self.due().map(|at| Due { at, kind: DueKind::Deliver, dealer: self.dealer.clone(), leased });
        let record = Record::of(to_item(self)?).due(due);
        Ok(match self.undelivered_since() {
            Some(at) => {
                record.listed(keys::undelivered_partition(scope, &self.dealer), keys::undelivered_letter(at, &self.subject, &self.cause))
            }
            None => record,
        })
    }
}

impl Entity for TestMail {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased: self.leased });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for Usage {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?).expiring(self.expires()))
    }
}
