//! A follow-up without its erased contact (PRV-2).

use crate::decision::{Decision, Item};
use crate::enquiry::{Person, Vehicle};
use crate::follow_up::{ChainEnd, ChainState, FollowUp};
use crate::privacy::Erasure;
use chrono::{DateTime, Utc};

/// Erases the contact of a follow-up: name, addresses, plate, vehicle number, service history and notes. Type and dates of the job, the
/// chain and the outcomes stay, because they are counted. An open chain ends. `None` if nothing changes, or if it is newer than the order.
pub fn erase_follow_up(order: &Erasure, before: &FollowUp, now: DateTime<Utc>) -> Option<Decision> {
    if before.erased.is_some() || before.created > order.at {
        return None;
    }
    let mut erased = before.clone();
    erased.contact = Person::default();
    erased.contact_id = None;
    erased.external_id = None;
    let Vehicle { make, model, .. } = before.vehicle.clone();
    erased.vehicle = Vehicle { make, model, ..Vehicle::default() };
    erased.flags.clear();
    erased.history.clear();
    erased.wrong_numbers.clear();
    erased.notes.clear();
    erased.clearable = None;
    if !matches!(erased.chain.state, ChainState::Ended { .. }) {
        erased.chain.state = ChainState::Ended { at: now, why: ChainEnd::Erased };
    }
    erased.erased = Some(now);
    erased.version += 1;
    erased.updated = now;
    Some(Decision::default().with(Item::FollowUp(Box::new(erased))).erasing())
}
