//! Claims of leads from the pool (DIS-8).

use crate::base::{Actor, LeadId, Refusal, UserId};
use crate::decision::{Decision, Item, commit};
use crate::distribution::{AssignmentReason, Availability, LaneState, LoadLane, Pool};
use crate::lead::{Lead, is_pooled};
use crate::rules::distribution::{Lanes, hand_over};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// The result of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Claimed {
    /// The lead has a new owner.
    Taken(Decision),
    /// The user already owns the lead.
    Theirs,
    /// The first leads of the pool have changed: either a first lead was not loaded because it has just returned, or the loaded ones have
    /// left the pool. Load them and claim again.
    Again(Option<Decision>),
}

/// A pool with the current states of its first leads.
#[derive(Clone, Copy)]
pub struct PoolLeads<'a> {
    /// The pool.
    pub pool: &'a Pool,
    /// The leads that it named first when they were loaded.
    pub first: &'a [&'a Lead],
    /// The dealer's lanes. The rotation of all members counts open leads (DIS-13).
    pub lanes: LoadLane<'a>,
}

/// Assigns a lead of the pool to `user` (DIS-8).
///
/// # Errors
/// 409 with the owner if another user was faster, with the oldest lead if only that may be taken, or if the user is not assignable or
/// has the maximum of open leads.
pub fn claim(lead: &Lead, dealer: &Dealer, waiting: PoolLeads<'_>, user: &UserId, now: DateTime<Utc>) -> Result<Claimed, Refusal> {
    let PoolLeads { pool, first, lanes } = waiting;
    let settings = &dealer.settings;
    if lead.owner.as_ref() == Some(user) {
        return Ok(Claimed::Theirs);
    }
    if !settings.member(user).is_some_and(|member| member.assignable) {
        return Err(Refusal::conflict("DIS-8", format!("{user} is not assignable at {}", dealer.id)));
    }
    if !is_pooled(lead, settings) {
        let owner = lead.owner.as_ref().map_or("it has no owner yet".to_owned(), |owner| format!("its owner is {owner}"));
        return Err(Refusal::conflict("DIS-8", format!("the lead is not in the pool: it is {}, and {owner}", lead.status.name())));
    }
    let mut lanes = Lanes::new(dealer, lanes);
    let open = lanes.open();
    let available = Availability::new(settings, open.as_ref(), now);
    if let Some((open, most)) = available.load_of(user).filter(|_| available.is_full(user)) {
        let detail = format!("you have {open} of {most} open leads; close one, or let a supervisor assign the lead to you");
        return Err(Refusal::conflict("DIS-13", detail));
    }
    let in_pool = |lead: &&&Lead| lead.dealer == dealer.id && is_pooled(lead, settings);
    let left: Vec<LeadId> = first.iter().filter(|lead| !in_pool(lead)).map(|lead| lead.id).collect();
    let mut pruned = pool.clone();
    pruned.waiting.retain(|id| !left.contains(id));
    if settings.pool.as_ref().is_some_and(|pool| pool.oldest_only) {
        if pruned.waiting.first().is_some_and(|oldest| !first.iter().any(|lead| lead.id == *oldest)) {
            let prune = (pruned != *pool).then(|| Decision::default().with(Item::Pool(pruned)));
            return Ok(Claimed::Again(prune));
        }
        // The pool's order is nearly the order of arrival. Among its first leads, the arrival decides.
        let place = |lead: &&&Lead| pool.waiting.iter().position(|id| *id == lead.id).unwrap_or(usize::MAX);
        let oldest = first.iter().filter(in_pool).min_by_key(|lead| (lead.arrived, place(lead)));
        if let Some(oldest) = oldest.filter(|oldest| oldest.id != lead.id) {
            let number = oldest.id.spoken();
            return Err(Refusal::conflict("DIS-8", format!("only the oldest lead of the pool can be claimed: {number}")));
        }
    }
    pruned.waiting.retain(|id| *id != lead.id);
    let mut changed = lead.touched(now);
    let why = AssignmentReason::of("DIS-8");
    let (event, _) = hand_over(&mut changed, user.clone(), why, &mut lanes, now);
    // The user who claims a lead needs no notice.
    let mut decision = commit(changed, Actor::User(user.clone()), vec![event], now);
    if pruned != *pool {
        lanes.put(LaneState::Pool(pruned));
    }
    decision.items.extend(lanes.items());
    Ok(Claimed::Taken(decision))
}
