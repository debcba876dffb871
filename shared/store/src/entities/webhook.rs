//! Events for the group's webhooks.

use crate::Failure;
use crate::entity::{Attributes, Due, Entity, Record, to_item};
use crate::keys::{self, DueKind, Month};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::webhooks::Outgoing;

impl Entity for Outgoing {
    const COMPUTED: &'static [&'static str] = &["webhooks"];

    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let due = self.due().map(|at| Due { at, kind: DueKind::Notify, dealer: self.data.dealer.clone(), leased: self.is_leased() });
        let settled = due.is_none();
        let mut state: Attributes = to_item(self)?;
        // The row has the recipients only: the state of each delivery changes, and every change would be written to the index.
        let recipients = self.deliveries.iter().map(|delivery| AttributeValue::S(delivery.webhook.to_string())).collect();
        state.insert("row".into(), AttributeValue::M(Attributes::from([("webhooks".into(), AttributeValue::L(recipients))])));
        let partition = keys::deliveries_partition(scope, &Month::of(self.queued));
        let place = keys::delivery_place(self.queued, &self.about, self.sequence);
        let record = Record::of(state).listed(partition, place).due(due);
        Ok(if settled { record.expiring(self.queued + Outgoing::KEPT) } else { record })
    }
}
