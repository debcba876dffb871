//! Moves leads to other owners, and gives them back (DIS-12).

use crate::base::{Actor, Status};
use crate::decision::{Decision, Item, commit};
use crate::distribution::{AssignmentReason, LaneState};
use crate::lead::{Event, HandedFrom, Lead};
use crate::rules::distribution::{by_turn, hand_over};
use crate::rules::hand_over::HandOverInput;
use crate::settings::{HandOverReason, HandOverTo, Lane, Moved};

/// Returns whether the order takes `lead` from its owner.
fn takes(input: HandOverInput<'_>, lead: &Lead) -> bool {
    let owned = lead.status == Status::InProgress && lead.owner.as_ref() == Some(&input.order.user);
    // A user of a former pool can get leads by rotation from now on. These are no leads of the pool.
    let pooled = input.order.reason != HandOverReason::Pool || lead.turn.is_none();
    input.is_about(lead) && owned && pooled
}

/// Returns the lane whose state [`move_lead`] needs. `None` if the order names the new owner, or takes no lead from this owner.
pub fn lane_of(input: HandOverInput<'_>, lead: &Lead) -> Option<Lane> {
    let HandOverInput { order, dealer, now } = input;
    let named = order.named(&dealer.settings, now).is_some();
    let pool = order.to == HandOverTo::Pool && dealer.settings.pool.is_some();
    (takes(input, lead) && !named).then(|| if pool { Lane::Pool } else { lead.lane(dealer) })
}

/// Gives a lead of the order's user to its new owner. `place` is the state of the lane ([`lane_of`]). `None` if the lead has another owner
/// or is closed, or if nobody else can own it.
pub fn move_lead(input: HandOverInput<'_>, lead: &Lead, place: Option<&LaneState>) -> Option<Decision> {
    let HandOverInput { order, dealer, now } = input;
    if !takes(input, lead) {
        return None;
    }
    let mut changed = lead.touched(now);
    let (event, notice, moved) = match order.named(&dealer.settings, now) {
        Some(user) => {
            let (event, notice) = hand_over(&mut changed, user.clone(), reason(), now);
            (event, notice, None)
        }
        None => by_turn(&mut changed, dealer, place?, now),
    };
    let to = changed.owner.clone().filter(|owner| *owner != order.user)?;
    changed.handed_from = Some(HandedFrom { user: order.user.clone(), to, order: order.id.clone(), at: now });
    let counted = order.with_moved(Moved { leads: 1, ..Moved::default() });
    let decision = commit(changed, order.by.clone(), vec![as_hand_over(event)], now).with(gathered(notice));
    Some(decision.with_some(moved.map(LaneState::item)).with(Item::HandOver(Box::new(counted))))
}

/// Gives a lead back to the order's user, who has returned: one that is still open, and not answered or still with the substitute. `None` if
/// the lead stays where it is.
pub fn give_back(input: HandOverInput<'_>, lead: &Lead) -> Option<Decision> {
    let HandOverInput { order, dealer, now } = input;
    let from = lead.handed_from.as_ref().filter(|from| input.is_about(lead) && from.order == order.id && from.user == order.user)?;
    let works = dealer.settings.member(&order.user).is_some_and(|member| member.assignable || member.receives_leads);
    let open = lead.status == Status::InProgress && lead.owner.as_ref() != Some(&order.user);
    let to_do = lead.clock_runs() || lead.owner.as_ref() == Some(&from.to);
    if !(works && open && to_do) {
        return None;
    }
    let mut changed = lead.touched(now);
    let (event, notice) = hand_over(&mut changed, order.user.clone(), reason(), now);
    changed.handed_from = None;
    let counted = order.with_moved(Moved { returned: 1, ..Moved::default() });
    let decision = commit(changed, Actor::System, vec![event], now).with(gathered(notice));
    Some(decision.with(Item::HandOver(Box::new(counted))))
}

fn reason() -> AssignmentReason {
    AssignmentReason { rule: "DIS-12".into(), turn: None, group: None, passed_over: Vec::new(), note: None }
}

/// Returns the event of an assignment with the hand-over as its reason. The turn and the users who were passed over stay.
fn as_hand_over(event: Event) -> Event {
    match event {
        Event::Assigned { from, to, why } => Event::Assigned { from, to, why: AssignmentReason { rule: "DIS-12".into(), ..why } },
        other => other,
    }
}

/// Returns the notice so that it waits for the others of the order: many leads are one mail.
fn gathered(notice: Item) -> Item {
    match notice {
        Item::Message(message) => Item::Message(message.gathered()),
        other => other,
    }
}
