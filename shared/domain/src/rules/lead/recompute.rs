//! Recomputes the deadlines of a lead after a change of settings (SET-11).

use crate::base::Actor;
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Recomputes the steps of a lead that have not fired. `None` if they do not change or the clock does not run.
pub fn recompute(lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Decision> {
    if lead.dealer != dealer.id || !lead.clock_runs() {
        return None;
    }
    let mut changed = lead.touched(now);
    changed.updated = lead.updated;
    if changed.replan(dealer) {
        let event = Event::DeadlineMoved { from: lead.deadline(), deadline: changed.deadline() };
        return Some(commit(changed, Actor::System, vec![event], now));
    }
    // The timeline does not show that the lead passes on at another time.
    (changed.turn != lead.turn).then(|| Decision::default().with(Item::Lead(Box::new(changed))))
}
