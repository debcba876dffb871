//! Places and lifts legal holds (PRV-5).

use crate::base::{Actor, LeadId, Refusal};
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead, TimelineAction};
use crate::privacy::{Erasure, HoldEnd, LegalHold};
use chrono::{DateTime, Utc};

/// Returns the decision that stores a new hold.
pub fn placed(hold: LegalHold) -> Decision {
    Decision::default().with(Item::LegalHold(Box::new(hold)))
}

/// Returns the decision that stores a new hold and shows it on these leads, which are some of its leads.
///
/// # Errors
/// 409 if one of them is erased.
pub fn placed_on<'a>(hold: &LegalHold, leads: impl IntoIterator<Item = &'a Lead>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut decision = placed(hold.clone());
    for lead in leads {
        not_erased(lead)?;
        decision.items.extend(shown_on(hold, lead, now).into_iter().flat_map(|shown| shown.items));
    }
    Ok(decision)
}

/// Refuses to say that a hold holds a lead that is erased.
///
/// # Errors
/// 409 that names the lead.
pub fn not_erased(lead: &Lead) -> Result<(), Refusal> {
    let detail = || format!("the lead {} was erased meanwhile, and no legal hold can keep it", lead.id.spoken());
    if lead.erased.is_some() { Err(Refusal::conflict("PRV-5", detail())) } else { Ok(()) }
}

/// Lifts a hold. `None` if it was lifted before.
pub fn lifted(hold: &LegalHold, by: Actor, now: DateTime<Utc>) -> Option<Decision> {
    hold.stands().then(|| placed(LegalHold { lifted: Some(HoldEnd { at: now, by }), ..hold.clone() }))
}

/// Shows the state of a hold on one of its leads: it is among the holds of the lead while it stands. It is no activity on the lead (CAL-3).
/// `None` if nothing changes, and if the lead was erased before.
pub fn shown_on(hold: &LegalHold, lead: &Lead, now: DateTime<Utc>) -> Option<Decision> {
    let is_shown = lead.holds.iter().any(|held| held.id == hold.id);
    if is_shown == hold.stands() || lead.erased.is_some() {
        return None;
    }
    let mut changed = Lead { updated: lead.updated, ..lead.touched(now) };
    let (action, by) = match &hold.lifted {
        None => {
            changed.holds.push(hold.on_lead());
            (TimelineAction::Added, &hold.by)
        }
        Some(end) => {
            changed.holds.retain(|held| held.id != hold.id);
            (TimelineAction::Deleted, &end.by)
        }
    };
    let event = Event::LegalHold { action, hold: hold.id.clone(), reason: hold.reason };
    Some(commit(changed, by.clone(), vec![event], now))
}

/// Refuses an erasure while a hold stands.
///
/// # Errors
/// 409 that names the hold.
pub fn not_held(order: &Erasure, holds: &[LegalHold]) -> Result<(), Refusal> {
    let Some(hold) = holds.iter().find(|hold| hold.forbids_order(order)) else { return Ok(()) };
    let since = hold.at.format("%Y-%m-%d");
    let leads = hold.leads.iter().map(|lead: &LeadId| lead.spoken()).collect::<Vec<_>>().join(", ");
    let detail = format!("the legal hold {} of {since} on {leads} is in force; lift it first", hold.id);
    Err(Refusal::conflict("PRV-5", detail))
}
