//! Appointments, and reports that arrive before them.

use crate::Failure;
use crate::entity::{Attributes, Due, Entity, Record, flat, from_item, to_item};
use crate::keys::{self, DueKind, Month};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, MorningList, PendingReports};

/// The fields of an appointment that are not in its row: no list shows them.
const UNLISTED: [&str; 20] = [
    "reached",
    "told",
    "notes",
    "moved",
    "version",
    "updated",
    "said_of",
    "undone",
    "marked",
    "accepted",
    "given",
    "taken",
    "said",
    "briefing",
    "past_confirmations",
    "declines",
    "past_arrivals",
    "followed_by",
    "visit_check",
    "former_leads",
];

impl Entity for Appointment {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let mut row: Attributes = to_item(self)?;
        let mut state: Attributes = UNLISTED.iter().filter_map(|name| row.remove_entry(*name)).collect();
        state.insert("row".into(), AttributeValue::M(row));
        // One that came from another dealer may be older than this dealer: it is in a list of its own.
        let partition = match self.left.is_empty() {
            true => keys::appointments_partition(scope, &self.dealer, &Month::of(self.created)),
            false => keys::newcomers_partition(scope, &self.dealer),
        };
        let briefing = &self.briefing;
        // The notices and the check after the visit are due on their own; the earlier one wakes the function.
        let checked = self.visit_check.due.filter(|due| briefing.due.is_none_or(|briefed| *due < briefed));
        let leased = briefing.leased && checked.is_none();
        let due = checked.or(briefing.due).map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased });
        let record = Record::of(state).listed(partition, keys::appointment_place(self.created, &self.id)).due(due);
        // The diary finds the appointment of a lead by its event.
        Ok(match self.event {
            Some(_) => record,
            None => record.work(keys::diary_partition(scope, &self.dealer), keys::appointment_place(self.at, &self.id)),
        })
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}

impl Entity for MorningList {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Send, dealer: self.dealer.clone(), leased: self.leased });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for PendingReports {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?).expiring(self.until()))
    }
}
