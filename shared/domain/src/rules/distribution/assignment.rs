//! Assigns leads: by rotation or by hand (DIS-1, DIS-6, DIS-7).

use crate::base::{Actor, Refusal, Status, UserId};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::{AssignmentReason, Availability, Choice, LaneState, LoadLane, PassedOverFor, Rotation};
use crate::lead::{Event, Lead, Turn, in_progress};
use crate::messages::Message;
use crate::rules::distribution::{Lanes, passed_on};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Assigns `lead` to the next user of its rotation, or to the pool. Returns the timeline event and the notice to the new owner. `None` if
/// its lane was not loaded.
pub(crate) fn by_turn(lead: &mut Lead, lanes: &mut Lanes<'_>, now: DateTime<Utc>) -> Option<(Event, Item)> {
    let dealer = lanes.dealer();
    let open = lanes.open();
    let available = Availability::new(dealer, open.as_ref(), now);
    let (Choice { owner, why }, moved) = match (lanes.state(&lead.lane(dealer))?, &dealer.settings.pool) {
        (LaneState::Rotation(rotation), _) => {
            let (choice, turned) = rotation.next(&available);
            (choice, turned.map(LaneState::Rotation))
        }
        (LaneState::Pool(pool), Some(settings)) => {
            let (choice, taken_in) = pool.take_in(lead.id, lead.arrived, settings);
            (choice, taken_in.map(LaneState::Pool))
        }
        // The pool was removed at the same moment: the lead goes to the user who receives leads without an eligible user.
        (LaneState::Pool(_), None) => (Rotation::new(dealer.id.clone(), None).next(&available).0, None),
    };
    let group = match &moved {
        Some(LaneState::Rotation(rotation)) => Some(rotation.group.clone()),
        _ => None,
    };
    moved.into_iter().for_each(|moved| lanes.put(moved));
    let assigned = hand_over(lead, owner, why, lanes, now);
    lead.turn = group.map(|group| Turn::new(group, BTreeSet::new(), dealer, now));
    Some(assigned)
}

/// Gives `lead` to `owner`, with time to act (DIS-7); it is counted among the open leads of `owner` from now on. If `owner` has the maximum
/// of open leads, the reason notes that (DIS-13). Returns the timeline event and the notice to the new owner.
pub(crate) fn hand_over(
    lead: &mut Lead,
    owner: UserId,
    mut why: AssignmentReason,
    lanes: &mut Lanes<'_>,
    now: DateTime<Utc>,
) -> (Event, Item) {
    let full = lead.status == Status::InProgress && !why.despite.contains(&PassedOverFor::Full) && lanes.full_load(&owner).is_some();
    why.despite.extend(full.then_some(PassedOverFor::Full));
    let from = lead.owner.replace(owner.clone());
    lead.give_time(lanes.dealer(), from.as_ref(), now);
    lead.assignment += 1;
    lead.turn = None;
    lanes.count(lead);
    lanes.line_up(lead);
    // The planned events belong to the new owner and reserve their time (CAL-7).
    lead.calendar_transfer_pending_since = (!lead.planned.is_empty()).then_some(now);
    let notice = Item::Message(Message::assigned(lead, owner.clone(), &why, None, now));
    (Event::Assigned { from, to: owner, why }, notice)
}

/// Distributes the leads that wait for an owner, in order. `load` returns the state of a lane. A lead whose lane was not loaded continues
/// to wait. `None` if every lead has an owner or belongs to another dealer.
pub fn distribute_all<'a>(
    leads: impl IntoIterator<Item = &'a Lead>,
    dealer: &Dealer,
    load: LoadLane<'_>,
    now: DateTime<Utc>,
) -> Option<Decision> {
    let mut lanes = Lanes::new(dealer, load);
    let mut decision = Decision::default();
    for lead in leads.into_iter().filter(|lead| lead.owner.is_none() && lead.status == Status::InProgress && lead.dealer == dealer.id) {
        let mut changed = lead.touched(now);
        changed.replan(dealer);
        let Some((event, notice)) = by_turn(&mut changed, &mut lanes, now) else { continue };
        decision.items.extend(commit(changed, Actor::System, vec![event], now).with(notice).items);
    }
    decision.items.extend(lanes.items());
    Some(decision).filter(|decision| !decision.items.is_empty())
}

/// An assignment by hand.
#[derive(Debug, Clone)]
pub struct ByHand {
    /// The new owner.
    pub user: UserId,
    /// The obstacles that the assignment accepts: `absent`, `full`.
    pub despite: Vec<PassedOverFor>,
    /// Whether the user who assigns the lead may exceed the new owner's maximum of open leads (`Scope::may_exceed_maximum_of`).
    pub may_exceed: bool,
    /// The note of the user who assigns the lead.
    pub note: Option<String>,
}

/// Assigns a lead to a user of its dealer by hand (DIS-7). The response clock continues from the arrival. The pool's user takes the lead
/// back into the pool. The new owner, the former one and the supervisor of the latter are notified, except the user who assigns the lead.
/// `None` if the user already owns the lead.
///
/// # Errors
/// 422 if the user does not work here or is not `assignable` (the pool's user need not be); 409 if the lead is closed, or the user is
/// absent or has the maximum of open leads and [`ByHand::despite`] does not name it, or the maximum may not be exceeded.
pub fn to_user(input: LeadInput<'_>, by_hand: &ByHand, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let ByHand { user, despite, may_exceed, note } = by_hand;
    if lead.owner.as_ref() == Some(user) {
        return Ok(None);
    }
    in_progress(lead)?;
    let of_pool = dealer.settings.pool.as_ref().is_some_and(|pool| pool.user == *user);
    let member = dealer.settings.member(user);
    if !of_pool && !member.is_some_and(|m| m.assignable) {
        return Err(Refusal::field("user", "DIS-7", format!("must be a user of {} who is assignable", dealer.id)));
    }
    let mut lanes = Lanes::new(dealer, load);
    let open = lanes.open();
    let available = Availability::new(dealer, open.as_ref(), now);
    let obstacles: Vec<PassedOverFor> =
        member.filter(|_| !of_pool).into_iter().flat_map(|member| available.obstacles_by_hand(member)).collect();
    let accepted = |obstacle: &PassedOverFor| despite.contains(obstacle) && (*may_exceed || *obstacle != PassedOverFor::Full);
    if !obstacles.iter().all(accepted) {
        return Err(match available.load_of(user).filter(|_| !may_exceed && obstacles.contains(&PassedOverFor::Full)) {
            Some(load) if by.user() == Some(user) => you_are_full(load),
            Some((open, most)) => {
                let (who, supervisor) = (user.mention(), dealer.settings.escalates_to(Some(user), now).mention());
                let free = free(&available, None);
                let detail = format!(
                    "{who} has {open} of {most} open leads; present and free: {free}; only {supervisor} or a user who may change the \
                     settings can exceed the maximum"
                );
                Refusal::conflict("DIS-13", detail)
            }
            None => cannot_take(user, &obstacles, &available),
        });
    }
    let mut changed = lead.touched(now);
    let why = AssignmentReason { despite: obstacles, note: note.clone(), ..AssignmentReason::of("DIS-7") };
    let (event, _) = hand_over(&mut changed, user.clone(), why.clone(), &mut lanes, now);
    // A user who takes the lead themself needs no notice.
    let notice = (by.user() != Some(user)).then(|| Message::assigned(&changed, user.clone(), &why, by.user(), now));
    let passed = passed_on(input, &event, None);
    let mut decision = commit(changed, by.clone(), vec![event], now).with_some(notice.map(Item::Message));
    decision.items.extend(lanes.items());
    Ok(Some(passed.into_iter().fold(decision, Decision::with)))
}

/// The maximum number of users that a refusal names.
const NAMED: usize = 10;

/// Returns the users who are present and free, without `except`, for a text: each with the number of open leads and the maximum.
pub(crate) fn free(available: &Availability<'_>, except: Option<&UserId>) -> String {
    let with_load = |user: &UserId| match available.load_of(user) {
        Some((open, most)) => format!("{} ({open}/{most})", user.mention()),
        None => user.mention(),
    };
    let members = available.settings().members.iter().filter(|member| Some(&member.user) != except);
    let free = members.filter(|member| member.assignable && available.obstacles(member).next().is_none());
    let free: Vec<String> = free.map(|member| with_load(&member.user)).collect();
    match free.len() {
        0 => "nobody".to_owned(),
        some if some > NAMED => format!("{} and {} more", free[..NAMED].join(", "), some - NAMED),
        _ => free.join(", "),
    }
}

/// Returns the refusal of a lead for a user who has the maximum of open leads.
pub(crate) fn you_are_full((open, most): (u32, u32)) -> Refusal {
    let detail = format!("you have {open} of {most} open leads; close one, or let a supervisor assign the lead to you");
    Refusal::conflict("DIS-13", detail)
}

/// Returns the refusal that says why `user` cannot take a lead, and who can.
fn cannot_take(user: &UserId, obstacles: &[PassedOverFor], available: &Availability<'_>) -> Refusal {
    let despite = match obstacles {
        [PassedOverFor::Absent] => r#"["absent"]"#,
        [PassedOverFor::Full] => r#"["full"]"#,
        _ => r#"["absent", "full"]"#,
    };
    let (who, names) = (user.mention(), free(available, None));
    match available.load_of(user).filter(|_| !obstacles.contains(&PassedOverFor::Absent)) {
        Some((open, most)) => Refusal::conflict(
            "DIS-7",
            format!(
                "{who} has {open} of {most} open leads; present and free: {names}; to assign the lead all the same, send despite {despite}"
            ),
        ),
        None => Refusal::conflict(
            "DIS-7",
            format!("{who} is absent; present and free: {names}; to assign the lead all the same, send despite {despite}"),
        ),
    }
}

/// Transfers a lead to another dealer of the group, which then distributes it. Steps that have not fired are recomputed from the arrival by
/// the hours and durations of that dealer (DIS-7). `load` returns the lanes of the dealer that the lead leaves. `None` if the lead is
/// already there. The former owner and their supervisor are notified.
///
/// # Errors
/// 409 if the lead is closed.
pub fn to_dealer(input: LeadInput<'_>, to: &Dealer, note: Option<String>, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    if lead.dealer == to.id {
        return Ok(None);
    }
    in_progress(lead)?;
    let mut lanes = Lanes::new(dealer, load);
    let mut changed = lead.touched(now);
    let event = Event::Moved { from: lead.dealer.clone(), to: to.id.clone(), note };
    changed.dealer = to.id.clone();
    changed.moved_to_dealer_at = Some(now);
    changed.had_time(lead.owner.as_ref());
    changed.owner = None;
    lanes.count(&mut changed);
    // An entry in the count of one dealer means nothing at another.
    changed.counted = None;
    changed.calendar_transfer_pending_since = (!changed.planned.is_empty()).then_some(now);
    changed.turn = None;
    changed.settings_version = 0;
    changed.escalates_again();
    changed.replan(to);
    let passed = passed_on(input, &event, Some(to));
    let mut decision = commit(changed, by.clone(), vec![event], now);
    decision.items.extend(lanes.items());
    Ok(Some(passed.into_iter().fold(decision, Decision::with)))
}
