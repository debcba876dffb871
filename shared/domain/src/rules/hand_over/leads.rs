//! Moves leads to other owners, and gives them back (DIS-12).

use crate::base::{Actor, Status, UserId};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::{AssignmentReason, Availability, LoadLane};
use crate::lead::{Event, HandedFrom, Lead, Turn};
use crate::messages::{Handed, Notice};
use crate::rules::distribution::{Lanes, by_turn, given_back, hand_over, handed_on};
use crate::rules::hand_over::HandOverInput;
use crate::settings::{HandOverReason, Moved};

/// Returns whether the order takes `lead` from its owner.
fn takes(input: HandOverInput<'_>, lead: &Lead) -> bool {
    let owned = lead.status == Status::InProgress && lead.owner.as_ref() == Some(&input.order.user);
    // A user of a former pool can get leads by rotation from now on. These are no leads of the pool. Leads that the user got by rotation
    // before there was a pool were in it.
    let since = |turn: &Turn| turn.at < input.order.at;
    let pooled = input.order.reason != HandOverReason::Pool || lead.turn.as_ref().is_none_or(since);
    input.is_about(lead) && owned && pooled
}

/// Returns the user whom the order names, unless that user has the maximum of open leads and the order does not accept that: then the
/// distribution gets the lead.
fn named<'a>(input: HandOverInput<'a>, lanes: &mut Lanes<'_>) -> Option<&'a UserId> {
    let HandOverInput { order, dealer, now, .. } = input;
    let user = order.named(&dealer.settings, now)?;
    let open = lanes.open();
    let is_full = Availability::new(dealer, open.as_ref(), now).is_full(user);
    Some(user).filter(|_| order.despite_full || !is_full)
}

/// Gives a lead of the order's user to its new owner. `load` returns the state of a lane, and `invitations` is the number of its open
/// invitations, which lead to the new owner from now on. The supervisor is notified, except of leads of a former pool. `None` if the lead
/// has another owner or is closed, or if nobody else can own it.
pub fn move_lead(input: HandOverInput<'_>, lead: &Lead, invitations: u32, load: LoadLane<'_>) -> Option<Decision> {
    let HandOverInput { order, dealer, now, .. } = input;
    if !takes(input, lead) {
        return None;
    }
    let mut changed = lead.touched(now);
    let mut lanes = Lanes::new(dealer, load);
    let (event, notice) = match named(input, &mut lanes) {
        Some(user) => hand_over(&mut changed, user.clone(), reason(), &mut lanes, now),
        None => by_turn(&mut changed, &mut lanes, now)?,
    };
    let to = changed.owner.clone().filter(|owner| *owner != order.user)?;
    // A lead that the user holds for an absent user goes back to the absent user, also if a third user holds it then.
    let handed = match input.held_for(lead) {
        Some(first) => HandedFrom { to, ..first.clone() },
        None => HandedFrom { user: order.user.clone(), to, order: order.id.clone(), at: now },
    };
    changed.handed_from = Some(handed).filter(|handed| handed.user != handed.to);
    let event = as_hand_over(event);
    let given = input.following(lead, &order.user, order.supervisor.as_ref());
    let counted = order.with_moved(Moved { leads: 1, invitations, ..Moved::default() }).with_given(given);
    let before = LeadInput { lead, dealer, by: &order.by, now };
    let passed = match order.reason {
        HandOverReason::Pool => Vec::new(),
        _ => handed_on(before, &event, order.supervisor.as_ref()),
    };
    // A user who takes the work themself at once needs no notice. An absence begins later than it is entered.
    let takes_it = order.reason != HandOverReason::Absent && order.by.user().is_some() && order.by.user() == order.to.user();
    let is_own = takes_it && changed.owner.as_ref() == order.by.user();
    let notice = (!is_own).then(|| gathered(notice, Handed { from: order.user.clone(), back: false }));
    let mut decision = commit(changed, order.by.clone(), vec![event], now).with_some(notice);
    decision.items.extend(passed);
    decision.items.extend(lanes.items());
    Some(decision.with(Item::HandOver(Box::new(counted))))
}

/// Gives a lead back to the order's user, who has returned: one that is still open, and not answered or still with the substitute.
/// `None` if the lead stays where it is.
pub fn give_back(input: HandOverInput<'_>, lead: &Lead, load: LoadLane<'_>) -> Option<Decision> {
    let HandOverInput { order, dealer, now, .. } = input;
    let from = lead.handed_from.as_ref().filter(|from| input.is_about(lead) && from.order == order.id && from.user == order.user)?;
    let works = dealer.settings.member(&order.user).is_some_and(|member| member.assignable || member.receives_leads || is_named(input));
    let open = lead.status == Status::InProgress && lead.owner.as_ref() != Some(&order.user);
    let to_do = lead.clock_runs() || lead.owner.as_ref() == Some(&from.to);
    if !(works && open && to_do) {
        return None;
    }
    let mut changed = lead.touched(now);
    let mut lanes = Lanes::new(dealer, load);
    let (event, notice) = hand_over(&mut changed, order.user.clone(), reason(), &mut lanes, now);
    changed.handed_from = None;
    let substitute = lead.owner.as_ref().unwrap_or(&from.to);
    let given = input.following(lead, substitute, Some(dealer.settings.supervisor_of(Some(substitute))));
    let counted = order.with_moved(Moved { returned: 1, ..Moved::default() }).with_given(given);
    let passed = given_back(LeadInput { lead, dealer, by: &Actor::System, now }, &event);
    let notice = gathered(notice, Handed { from: substitute.clone(), back: true });
    let mut decision = commit(changed, Actor::System, vec![event], now).with(notice);
    decision.items.extend(passed);
    decision.items.extend(lanes.items());
    Some(decision.with(Item::HandOver(Box::new(counted))))
}

/// Returns whether the dealer's settings name the user of the order as one who gets leads without a part in the distribution.
fn is_named(input: HandOverInput<'_>) -> bool {
    let settings = &input.dealer.settings;
    let pool = settings.pool.as_ref().map(|pool| &pool.user);
    [Some(&settings.admin_user), settings.fallback_user.as_ref(), pool].contains(&Some(&input.order.user))
}

fn reason() -> AssignmentReason {
    AssignmentReason::of("DIS-12")
}

/// Returns the event of an assignment with the hand-over as its reason. The turn and the users who were passed over stay.
fn as_hand_over(event: Event) -> Event {
    match event {
        Event::Assigned { from, to, why } => Event::Assigned { from, to, why: AssignmentReason { rule: "DIS-12".into(), ..why } },
        other => other,
    }
}

/// Returns the notice with the hand-over as its reason, so that it waits for the others of the order: many leads are one mail.
fn gathered(notice: Item, by: Handed) -> Item {
    match notice {
        Item::Message(mut message) => {
            if let Notice::Assigned { rule, handed, .. } = &mut message.notice {
                (*rule, *handed) = (Some("DIS-12".into()), Some(by));
            }
            Item::Message(message.gathered())
        }
        other => other,
    }
}
