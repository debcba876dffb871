//! Gives a lead back to the pool or to the distribution of its dealer by hand (DIS-7).

use crate::base::Refusal;
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::{AssignmentReason, Availability, LaneState, LoadLane};
use crate::lead::{Turn, in_progress};
use crate::messages::Message;
use crate::rules::distribution::{ByHand, Lanes, hand_over, passed_on, to_user};
use std::collections::BTreeSet;

/// Puts a lead back into the pool of its dealer. `None` if it is there.
///
/// # Errors
/// 409 if the dealer has no pool, or the lead is closed.
pub fn to_pool(input: LeadInput<'_>, note: Option<String>, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let pool = input.dealer.settings.pool.as_ref().ok_or_else(|| Refusal::conflict("DIS-8", "the dealer has no pool"))?;
    to_user(input, &ByHand { user: pool.user.clone(), despite: Vec::new(), may_exceed: false, note }, load)
}

/// Gives a lead to the next user of its rotation, other than its owner; at a dealer with a pool, to the pool. The former owner, their
/// supervisor and the new owner are notified, except the user who does it. `None` if the lead is in the pool.
///
/// # Errors
/// 409 if the lead is closed, or if no other user can get it.
pub fn to_distribution(input: LeadInput<'_>, note: Option<String>, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    if dealer.settings.pool.is_some() {
        return to_pool(input, note, load);
    }
    in_progress(lead)?;
    let mut changed = lead.touched(now);
    let mut lanes = Lanes::new(dealer, load);
    let open = lanes.open();
    let available = Availability::new(dealer, open.as_ref(), now);
    let had: BTreeSet<_> = lead.owner.iter().cloned().collect();
    let lane = lead.lane(dealer);
    let turned = lanes.rotation(&lane).and_then(|rotation| rotation.next_except(&had, &available));
    let Some((choice, turned)) = turned else {
        return Err(Refusal::conflict("DIS-6", "no other user of the rotation can get the lead now"));
    };
    let group = turned.group.clone();
    lanes.put(LaneState::Rotation(turned));
    let why = AssignmentReason { rule: "DIS-7".to_owned(), note, ..choice.why };
    let (event, _) = hand_over(&mut changed, choice.owner.clone(), why.clone(), &mut lanes, now);
    changed.turn = Some(Turn::new(group, had, dealer, now));
    // A user who gets the lead by the own request needs no notice.
    let notice = (by.user() != Some(&choice.owner)).then(|| Message::assigned(&changed, choice.owner.clone(), &why, by.user(), now));
    let passed = passed_on(input, &event, None);
    let mut decision = commit(changed, by.clone(), vec![event], now).with_some(notice.map(Item::Message));
    decision.items.extend(lanes.items());
    Ok(Some(passed.into_iter().fold(decision, Decision::with)))
}
