//! The salesperson of a customer's appointment takes the customer's lead out of the pool (APT-8, DIS-8).

use crate::base::UserId;
use crate::decision::{Decision, Item, LeadInput};
use crate::distribution::{AssignmentReason, LoadLane};
use crate::lead::is_pooled;
use crate::messages::Message;
use crate::rules::distribution::pool::PoolLeads;
use crate::rules::distribution::{Lanes, hand_over};
use crate::settings::Dealer;

/// Returns whether the salesperson of an appointment can take a lead of the pool: the user is assignable, is not the pool's user, and has
/// fewer than the maximum of open leads (DIS-13).
pub fn takes_from_pool(user: &UserId, dealer: &Dealer, load: LoadLane<'_>) -> bool {
    let settings = &dealer.settings;
    let is_person = settings.pool.as_ref().is_none_or(|pool| pool.user != *user);
    is_person && settings.member(user).is_some_and(|member| member.assignable) && Lanes::new(dealer, load).full_load(user).is_none()
}

/// Extends the decision that links an appointment of `user` to a lead of the pool: the user becomes the owner, if the order of the pool
/// allows it to the requester. With [`PoolLeads::any`] it does not matter, because the customer chose the lead. The new owner
/// is notified of a lead that somebody else gives them.
pub fn with_booked_owner(mut decision: Decision, input: LeadInput<'_>, waiting: PoolLeads<'_>, user: &UserId) -> Decision {
    let LeadInput { lead, dealer, by, now } = input;
    if !is_pooled(lead, &dealer.settings) || !takes_from_pool(user, dealer, waiting.lanes) || waiting.check_order(lead.id, dealer).is_err()
    {
        return decision;
    }
    let mut lanes = Lanes::new(dealer, waiting.lanes);
    let (mut assigned, mut notice) = (None, None);
    let why = AssignmentReason::of("APT-8");
    for item in &mut decision.items {
        if let Item::Lead(changed) = item {
            assigned = Some(hand_over(changed, user.clone(), why.clone(), &mut lanes, now).0);
            notice = (by.user() != Some(user)).then(|| Message::assigned(changed, user.clone(), &why, by.user(), now));
        }
    }
    for item in &mut decision.items {
        if let Item::Entry(entry) = item {
            entry.events.extend(assigned.take());
        }
    }
    decision.items.extend(lanes.items());
    decision.with_some(waiting.without(lead.id, dealer)).with_some(notice.map(Item::Message))
}
