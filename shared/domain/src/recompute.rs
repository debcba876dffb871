//! After a change of hours, days off, zone or durations the open leads are computed anew, page by page (SET-11).

use crate::access::Actor;
use crate::assignment::commit;
use crate::dealer::{Dealer, Draft};
use crate::decision::{Decision, Item};
use crate::ids::DealerId;
use crate::lead::Lead;
use crate::timeline::Event;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far the recomputation of a dealer's open leads has come. It stays when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recompute {
    /// Whose leads.
    pub dealer: DealerId,
    /// The version of the settings that it brings in. A later change begins anew.
    pub policy: u64,
    /// When the next page is to be looked at; `None`: it is done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Where the next page begins in the dealer's list; `None`: with the newest lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An intake that read the old settings is done after this time, whatever it met: no lead is missed.
const INTAKES_DONE: TimeDelta = TimeDelta::seconds(60);

/// Whether deadlines come out otherwise under `after`.
pub fn moves_deadlines(before: &Draft, after: &Draft) -> bool {
    before.calendar != after.calendar
        || before.escalation != after.escalation
        || before.reassign_after != after.reassign_after
        || before.resubmission_respects_hours != after.resubmission_respects_hours
}

impl Recompute {
    /// The recomputation that the settings of `dealer` ask for, saved at `now`.
    pub fn after(dealer: &Dealer, now: DateTime<Utc>) -> Self {
        Self { dealer: dealer.id.clone(), policy: dealer.version, due: Some(now + INTAKES_DONE), cursor: None }
    }

    /// Whether there is a page to be looked at.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// After a page, with the next at `cursor`; `None`: that was the last.
    pub fn turned(&self, cursor: Option<String>, now: DateTime<Utc>) -> Self {
        // Each page has a time of its own, so that each is a wake-up of its own.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        Self { due: cursor.is_some().then_some(next), cursor, ..self.clone() }
    }
}

/// Computes the steps of a lead that have not happened anew. `None`: they stay as they are, or the clock does not run.
pub fn recompute(lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Decision> {
    if lead.dealer != dealer.id || !lead.clock_runs() {
        return None;
    }
    let mut changed = lead.touched(now);
    changed.updated = lead.updated;
    if changed.replan(dealer) {
        let event = Event::DeadlineMoved { deadline: changed.deadline() };
        return Some(commit(changed, Actor::System, vec![event], now));
    }
    // That it goes to the next in turn at another time is nothing that a timeline tells.
    (changed.turn != lead.turn).then(|| Decision::default().with(Item::Lead(Box::new(changed))))
}
