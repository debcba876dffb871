//! The changes of which the salesperson of an appointment is notified (APT-7).

use crate::appointment::{Appointment, SalesChange, SalesNotice};
use crate::base::{Actor, UserId};
use crate::lead::{Lead, is_pooled};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// The cause of a change of an appointment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangeCause<'a> {
    /// The author.
    pub(crate) by: &'a Actor,
    /// What else notifies the salesperson.
    pub(crate) notified: Elsewhere,
    /// The settings of the dealer of the changed appointment.
    pub(crate) settings: &'a DealerSettings,
    /// The time.
    pub(crate) now: DateTime<Utc>,
}

/// Which other notices a change sends to salespersons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// None.
    Nothing,
    /// The lead has a new owner or another dealer, and the former owner, who is the former salesperson, is notified of that (DIS-7).
    Assignment,
    /// All: a hand-over of work (DIS-12), or a booking by the customer (CAL-8).
    All,
}

impl Appointment {
    /// Returns the appointment with the notices about its change from `before`, and with the next check after its visit.
    pub(crate) fn briefed(mut self, before: Option<&Self>, cause: ChangeCause<'_>) -> Self {
        let changes = self.changes(before, cause);
        self.brief(changes, cause.settings, cause.now);
        self.plan_visit_check(cause.settings);
        self
    }

    /// Adds the notice to the owner of its lead that somebody else made it with another salesperson. The user of the pool gets none.
    pub(crate) fn with_owner_notified(mut self, lead: Option<&Lead>, cause: ChangeCause<'_>) -> Self {
        let ChangeCause { by, notified, settings, now } = cause;
        let owner = lead.filter(|lead| !is_pooled(lead, settings)).and_then(|lead| lead.owner.as_ref());
        let learns = |owner: &&UserId| self.user.as_ref() != Some(*owner) && by.user() != Some(*owner);
        let Some(owner) = owner.filter(learns).filter(|_| notified == Elsewhere::Nothing && self.is_to_come(now)).cloned() else {
            return self;
        };
        let notice = SalesNotice { what: SalesChange::MadeForLead, to: Some(owner), by: by.clone(), at: now, from: None, dealer: None };
        self.brief(vec![notice], settings, now);
        self
    }

    /// Returns the changes of which somebody else than their author must be notified. A past visit needs none.
    fn changes(&self, before: Option<&Self>, ChangeCause { by, notified, now, .. }: ChangeCause<'_>) -> Vec<SalesNotice> {
        let to_come = self.is_to_come(now) || before.is_some_and(|before| before.is_to_come(now));
        if !to_come || notified == Elsewhere::All {
            return Vec::new();
        }
        let from = before.map(|before| before.at);
        let notice = |what, to: Option<&UserId>| SalesNotice { what, to: to.cloned(), by: by.clone(), at: now, from, dealer: None };
        let person = self.user.as_ref();
        let changes = match before {
            None => vec![notice(SalesChange::Made, person)],
            Some(before) if before.user != self.user => {
                let former = before.user.as_ref().filter(|_| notified == Elsewhere::Nothing);
                // The former salesperson need not be a member of the dealer to which the appointment has gone.
                let dealer = Some(before.dealer.clone()).filter(|dealer| *dealer != self.dealer);
                let passed = former.map(|former| SalesNotice { dealer, ..notice(SalesChange::Passed, Some(former)) });
                passed.into_iter().chain(person.map(|person| notice(SalesChange::Given, Some(person)))).collect()
            }
            Some(before) => self.change(before).map(|what| notice(what, person)).into_iter().collect(),
        };
        changes.into_iter().filter(|change| change.to.is_none() || change.to.as_ref() != by.user()).collect()
    }

    /// Returns the change from `before` with the same salesperson. `None` if the salesperson need not know it.
    fn change(&self, before: &Self) -> Option<SalesChange> {
        match (before.state.is_cancelled(), self.state.is_cancelled()) {
            (false, true) => Some(SalesChange::Cancelled),
            (true, false) => Some(SalesChange::Reopened),
            (true, true) => None,
            (false, false) if (self.at, &self.dealer) != (before.at, &before.dealer) => Some(SalesChange::Moved),
            (false, false) => {
                let shown = |one: &Self| (one.customer.clone(), one.reached.clone(), one.notes.clone(), one.kind);
                (shown(self) != shown(before)).then_some(SalesChange::Corrected)
            }
        }
    }
}
