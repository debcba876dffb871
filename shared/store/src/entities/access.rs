//! The access log.

use crate::Failure;
use crate::entity::{Due, Entity, Record, to_item};
use crate::keys::DueKind;
use forecourt_domain::access::{AccessRecord, AdminNoticeState, Scope};

impl Entity for AccessRecord {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let leased = self.notice.as_ref().is_some_and(|notice| matches!(notice.state, AdminNoticeState::Sending { .. }));
        let due = self.due().zip(self.notice.as_ref());
        let due = due.map(|(at, notice)| Due { at, kind: DueKind::Send, dealer: notice.dealer.clone(), leased });
        let record = Record::of(to_item(self)?).due(due);
        Ok(match self.expires() {
            Some(until) => record.expiring(until),
            None => record,
        })
    }
}
