//! Assigns leads: by rotation or by hand (DIS-1, DIS-6, DIS-7).

use crate::base::{Actor, Refusal, Status, UserId};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::{AssignmentReason, Choice, LaneState, Pool, Rotation};
use crate::lead::{Event, Lead, Turn, in_progress};
use crate::messages::Message;
use crate::rules::distribution::passed_on;
use crate::settings::{Dealer, Lane};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, btree_map};

/// Assigns `lead` to the next user of the rotation, or to the pool. Returns the timeline event, the notice to the new owner, and the new
/// lane state if it changed.
pub(crate) fn by_turn(lead: &mut Lead, dealer: &Dealer, place: &LaneState, now: DateTime<Utc>) -> (Event, Item, Option<LaneState>) {
    let (Choice { owner, why }, moved) = match (place, &dealer.settings.pool) {
        (LaneState::Rotation(rotation), _) => {
            let (choice, turned) = rotation.next(dealer, now);
            (choice, turned.map(LaneState::Rotation))
        }
        (LaneState::Pool(pool), Some(settings)) => {
            let (choice, taken_in) = pool.take_in(lead.id, settings);
            (choice, taken_in.map(LaneState::Pool))
        }
        // The pool was removed at the same moment: the lead goes to the user who receives leads without an eligible user.
        (LaneState::Pool(_), None) => (Rotation::new(dealer.id.clone(), None).next(dealer, now).0, None),
    };
    let (event, notice) = hand_over(lead, dealer, owner, why, now);
    if let Some(LaneState::Rotation(rotation)) = &moved {
        lead.turn = Some(Turn::new(rotation.group.clone(), BTreeSet::new(), dealer, now));
    }
    (event, notice, moved)
}

/// Gives the lead a new owner, with time to act (DIS-7). Returns the timeline event and the notice to the owner.
pub(crate) fn hand_over(lead: &mut Lead, dealer: &Dealer, owner: UserId, why: AssignmentReason, now: DateTime<Utc>) -> (Event, Item) {
    let from = lead.owner.replace(owner.clone());
    lead.give_time(dealer, from.as_ref(), now);
    lead.assignment += 1;
    lead.turn = None;
    // The planned events belong to the new owner and reserve their time (CAL-7).
    lead.calendar_transfer_pending_since = (!lead.planned.is_empty()).then_some(now);
    let notice = Item::Message(Message::assigned(lead, owner.clone(), &why, None, now));
    (Event::Assigned { from, to: owner, why }, notice)
}

/// Distributes the leads that wait for an owner, in order. `place` returns the state of a lane. A lead whose lane was not loaded continues
/// to wait. `None` if every lead has an owner or belongs to another dealer.
pub fn distribute_all<'a>(
    leads: impl IntoIterator<Item = &'a Lead>,
    dealer: &Dealer,
    place: impl Fn(&Lane) -> Option<LaneState>,
    now: DateTime<Utc>,
) -> Option<Decision> {
    let mut places: BTreeMap<Lane, (LaneState, bool)> = BTreeMap::new();
    let mut decision = Decision::default();
    for lead in leads.into_iter().filter(|lead| lead.owner.is_none() && lead.status == Status::InProgress && lead.dealer == dealer.id) {
        let mut changed = lead.touched(now);
        changed.replan(dealer);
        let lane = changed.lane(dealer);
        let Some((state, moves)) = lane_state(&mut places, lane, &place) else { continue };
        let (event, notice, moved) = by_turn(&mut changed, dealer, state, now);
        if let Some(moved) = moved {
            (*state, *moves) = (moved, true);
        }
        decision.items.extend(commit(changed, Actor::System, vec![event], now).with(notice).items);
    }
    decision.items.extend(places.into_values().filter(|(_, moves)| *moves).map(|(place, _)| place.item()));
    Some(decision).filter(|decision| !decision.items.is_empty())
}

/// Returns the current state of `lane`, and whether it has changed.
fn lane_state(
    places: &mut BTreeMap<Lane, (LaneState, bool)>,
    lane: Lane,
    place: impl Fn(&Lane) -> Option<LaneState>,
) -> Option<&mut (LaneState, bool)> {
    Some(match places.entry(lane) {
        btree_map::Entry::Occupied(known) => known.into_mut(),
        btree_map::Entry::Vacant(new) => {
            let state = place(new.key())?;
            new.insert((state, false))
        }
    })
}

/// Assigns a lead to a user of its dealer by hand (DIS-7). The response clock continues from the arrival. `pool` is the dealer's pool if
/// the user is the pool's user, who takes the lead back into the pool. The new owner, the former one and the supervisor of the latter are
/// notified, except the user who assigns the lead. `None` if the user already owns the lead.
///
/// # Errors
/// 422 if the user does not work here or is not `assignable` (the pool's user need not be); 409 if the lead is closed.
pub fn to_user(input: LeadInput<'_>, user: &UserId, pool: Option<&Pool>, note: Option<String>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    if lead.owner.as_ref() == Some(user) {
        return Ok(None);
    }
    in_progress(lead)?;
    let of_pool = dealer.settings.pool.as_ref().is_some_and(|pool| pool.user == *user);
    let assignable = of_pool || dealer.settings.member(user).is_some_and(|m| m.assignable);
    if !assignable {
        return Err(Refusal::field("user", "DIS-7", format!("must be a user of {} who is assignable", dealer.id)));
    }
    let mut changed = lead.touched(now);
    let why = AssignmentReason { rule: "DIS-7".into(), turn: None, group: None, passed_over: Vec::new(), note };
    let (event, _) = hand_over(&mut changed, dealer, user.clone(), why.clone(), now);
    // A user who takes the lead themself needs no notice.
    let notice = (by.user() != Some(user)).then(|| Message::assigned(&changed, user.clone(), &why, by.user(), now));
    let passed = passed_on(input, &event, None);
    let taken_back = pool.filter(|_| of_pool).and_then(|pool| pool.taken_back(lead.id)).map(Item::Pool);
    let decision = commit(changed, by.clone(), vec![event], now).with_some(notice.map(Item::Message)).with_some(taken_back);
    Ok(Some(passed.into_iter().fold(decision, Decision::with)))
}

/// Transfers a lead to another dealer of the group, which then distributes it. Steps that have not fired are recomputed from the arrival by
/// the hours and durations of that dealer (DIS-7). The former owner and their supervisor are notified. `None` if the lead is already there.
///
/// # Errors
/// 409 if the lead is closed.
pub fn to_dealer(input: LeadInput<'_>, to: &Dealer, note: Option<String>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, by, now, .. } = input;
    if lead.dealer == to.id {
        return Ok(None);
    }
    in_progress(lead)?;
    let mut changed = lead.touched(now);
    let event = Event::Moved { from: lead.dealer.clone(), to: to.id.clone(), note };
    changed.dealer = to.id.clone();
    changed.moved_to_dealer_at = Some(now);
    changed.had_time(lead.owner.as_ref());
    changed.owner = None;
    changed.calendar_transfer_pending_since = (!changed.planned.is_empty()).then_some(now);
    changed.turn = None;
    changed.settings_version = 0;
    changed.replan(to);
    let passed = passed_on(input, &event, Some(to));
    Ok(Some(passed.into_iter().fold(commit(changed, by.clone(), vec![event], now), Decision::with)))
}

impl LaneState {
    pub(crate) fn item(self) -> Item {
        match self {
            LaneState::Rotation(rotation) => Item::Rotation(rotation),
            LaneState::Pool(pool) => Item::Pool(pool),
        }
    }
}
