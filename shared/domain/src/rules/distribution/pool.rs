//! Claims of leads from the pool (DIS-8).

use crate::base::{Actor, LeadId, Refusal, UserId};
use crate::decision::{Decision, Item, commit};
use crate::distribution::{AssignmentReason, LoadLane, Pool};
use crate::lead::{Lead, is_pooled};
use crate::rules::distribution::{Lanes, hand_over, you_are_full};
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
    /// Whether the user may take any lead, even with `oldest_only`: the supervisor of the pool user, or a user who may change the dealer's
    /// settings.
    pub any: bool,
    /// The dealer's lanes. The rotation of all members counts open leads (DIS-13).
    pub lanes: LoadLane<'a>,
}

/// The lead of the pool that must be taken first.
pub(crate) enum Oldest {
    /// This lead, or any lead.
    Known(Option<LeadId>),
    /// None of the leads that were loaded is in the pool.
    Unknown,
}

impl PoolLeads<'_> {
    /// Returns the pool without the loaded leads that have left it.
    pub(crate) fn pruned(&self, dealer: &Dealer) -> Pool {
        let left: Vec<LeadId> = self.first.iter().filter(|lead| !in_pool(lead, dealer)).map(|lead| lead.id).collect();
        self.pool.without(&left)
    }

    /// Returns the lead that the user must take first. `None` if the user may take any lead of the pool.
    pub(crate) fn oldest(&self, dealer: &Dealer) -> Oldest {
        if self.any || !dealer.settings.pool.as_ref().is_some_and(|pool| pool.oldest_only) {
            return Oldest::Known(None);
        }
        if self.pruned(dealer).waiting.first().is_some_and(|oldest| !self.first.iter().any(|lead| lead.id == *oldest)) {
            return Oldest::Unknown;
        }
        // The pool's order is nearly the order of arrival. Among its first leads, the arrival decides.
        let place = |lead: &&&Lead| self.pool.waiting.iter().position(|id| *id == lead.id).unwrap_or(usize::MAX);
        let oldest = self.first.iter().filter(|lead| in_pool(lead, dealer)).min_by_key(|lead| (lead.arrived, place(lead)));
        Oldest::Known(oldest.map(|lead| lead.id))
    }

    /// Refuses a lead that the user may not take yet.
    ///
    /// # Errors
    /// 409 names the oldest lead of the pool.
    pub fn check_order(&self, lead: LeadId, dealer: &Dealer) -> Result<(), Refusal> {
        match self.oldest(dealer) {
            Oldest::Known(Some(oldest)) if oldest != lead => Err(only_oldest(oldest)),
            Oldest::Unknown => Err(Refusal::conflict("DIS-8", "the oldest lead of the pool has just changed; repeat the request")),
            Oldest::Known(_) => Ok(()),
        }
    }

    /// Returns the change of the pool if `lead` leaves it.
    pub(crate) fn without(&self, lead: LeadId, dealer: &Dealer) -> Option<Item> {
        let pruned = self.pruned(dealer).without(&[lead]);
        (pruned != *self.pool).then_some(Item::Pool(pruned))
    }
}

fn in_pool(lead: &Lead, dealer: &Dealer) -> bool {
    lead.dealer == dealer.id && is_pooled(lead, &dealer.settings)
}

/// The reason of an assignment by a claim.
pub(crate) fn claimed() -> AssignmentReason {
    AssignmentReason::of("DIS-8")
}

/// The refusal of a lead that is not the oldest one.
pub(crate) fn only_oldest(oldest: LeadId) -> Refusal {
    Refusal::conflict("DIS-8", format!("only the oldest lead of the pool can be claimed: {}", oldest.spoken()))
}

/// Assigns a lead of the pool to `user` (DIS-8).
///
/// # Errors
/// 409 with the owner if another user was faster, with the oldest lead if only that may be taken, or if the user is not assignable or
/// has the maximum of open leads.
pub fn claim(lead: &Lead, dealer: &Dealer, waiting: PoolLeads<'_>, user: &UserId, now: DateTime<Utc>) -> Result<Claimed, Refusal> {
    let settings = &dealer.settings;
    if lead.owner.as_ref() == Some(user) {
        return Ok(Claimed::Theirs);
    }
    if !settings.member(user).is_some_and(|member| member.assignable) {
        return Err(Refusal::conflict("DIS-8", format!("{} is not assignable at {}", user.mention(), dealer.id)));
    }
    if !is_pooled(lead, settings) {
        let owner = lead.owner.as_ref().map_or("it has no owner yet".to_owned(), |owner| format!("its owner is {}", owner.mention()));
        return Err(Refusal::conflict("DIS-8", format!("the lead is not in the pool: it is {}, and {owner}", lead.status.name())));
    }
    let mut lanes = Lanes::new(dealer, waiting.lanes);
    if let Some(load) = lanes.full_load(user) {
        return Err(you_are_full(load));
    }
    match waiting.oldest(dealer) {
        Oldest::Unknown => {
            let pruned = waiting.pruned(dealer);
            return Ok(Claimed::Again((pruned != *waiting.pool).then(|| Decision::default().with(Item::Pool(pruned)))));
        }
        Oldest::Known(Some(oldest)) if oldest != lead.id => return Err(only_oldest(oldest)),
        Oldest::Known(_) => {}
    }
    let mut changed = lead.touched(now);
    let (event, _) = hand_over(&mut changed, user.clone(), claimed(), &mut lanes, now);
    // The user who claims a lead needs no notice.
    let mut decision = commit(changed, Actor::User(user.clone()), vec![event], now);
    decision.items.extend(lanes.items());
    Ok(Claimed::Taken(decision.with_some(waiting.without(lead.id, dealer))))
}
