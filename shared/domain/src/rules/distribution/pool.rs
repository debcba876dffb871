//! Claims of leads from the pool (DIS-8).

use crate::base::{Actor, LeadId, Refusal, UserId};
use crate::decision::{Decision, Item, commit};
use crate::distribution::{AssignmentReason, Pool};
use crate::lead::{Lead, is_pooled};
use crate::rules::distribution::hand_over;
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// What became of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Claimed {
    /// The lead has a new owner.
    Taken(Decision),
    /// The claimer has it already.
    Theirs,
    /// The pool names a lead first that was not looked at, since it came back in this moment, or those that were are there no more: ask again.
    Again(Option<Decision>),
}

/// `user` takes a lead out of the pool. `first` are the leads that the pool names first, as they are now (DIS-8).
///
/// # Errors
/// 409 with who has it, where somebody was faster, or with the oldest one, where only that may be taken; a user who is not assignable.
pub fn claim(lead: &Lead, dealer: &Dealer, pool: &Pool, first: &[&Lead], user: &UserId, now: DateTime<Utc>) -> Result<Claimed, Refusal> {
    let settings = &dealer.settings;
    if lead.owner.as_ref() == Some(user) {
        return Ok(Claimed::Theirs);
    }
    if !settings.member(user).is_some_and(|member| member.assignable) {
        return Err(Refusal::Conflict(format!("{user} is not assignable at {} (DIS-8)", dealer.id)));
    }
    if !is_pooled(lead, settings) {
        let who = lead.owner.as_ref().map_or("nobody yet".to_owned(), ToString::to_string);
        return Err(Refusal::Conflict(format!("the lead is not in the pool: it is {}, and its owner is {who}", lead.status.name())));
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
        // The order in which they came to the pool is nearly that in which they came in; of those that it names first, the arrival decides.
        let place = |lead: &&&Lead| pool.waiting.iter().position(|id| *id == lead.id).unwrap_or(usize::MAX);
        let oldest = first.iter().filter(in_pool).min_by_key(|lead| (lead.arrived, place(lead)));
        if let Some(oldest) = oldest.filter(|oldest| oldest.id != lead.id) {
            let number = oldest.id.spoken();
            return Err(Refusal::Conflict(format!("only the oldest lead of the pool may be taken, which is {number} (DIS-8)")));
        }
    }
    pruned.waiting.retain(|id| *id != lead.id);
    let mut changed = lead.touched(now);
    let why = AssignmentReason { rule: "DIS-8".into(), turn: None, group: None, passed_over: Vec::new(), note: None };
    let (event, _) = hand_over(&mut changed, user.clone(), why, now);
    // Who takes a lead need not be told that it is theirs.
    let decision = commit(changed, Actor::User(user.clone()), vec![event], now);
    Ok(Claimed::Taken(decision.with_some((pruned != *pool).then_some(Item::Pool(pruned)))))
}
