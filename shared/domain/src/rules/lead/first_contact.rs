//! Moves the first-contact deadline (LEAD-6). Nobody moves level 2 without the agreement of a supervisor or an administrator (ESC-12).

use crate::base::{Refusal, Right, StepKind, UserId};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::lead::{DeadlineRequest, Event, Lead, TimelineAction};
use crate::messages::Message;
use crate::rules::lead::target::{DeadlineChange, to_come};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// Moves the first-contact deadline to `at`. Its steps start again: the reminder before it (not before `now`, ESC-2) and level 1 at the
/// deadline (ESC-5). With `agreed`, level 2 follows it. Otherwise level 2 counts from the first deadline that stands, and a move to its
/// time or beyond is only requested, and the person who decides about it gets a notice. Older timers have no effect (ESC-9), and new
/// settings do not change the deadline (SET-11). `None` if nothing changes.
///
/// # Errors
/// Faults by field; 404 if the lead has no deadline, 409 if its clock does not run.
pub fn move_to(input: LeadInput<'_>, at: DateTime<Utc>, agreed: bool) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let from = movable(lead)?;
    if at == from {
        return Ok(withdraw(input));
    }
    DeadlineChange { title: None, at: Some(at) }.check(now)?;
    let level_2 = lead.plan.as_ref().and_then(|plan| plan.step(StepKind::Level2));
    if agreed || level_2.is_none_or(|step| at < step.at) {
        return moved(input, at, agreed, Vec::new()).map(Some);
    }
    if lead.terms.requested.as_ref().is_some_and(|requested| requested.at == at) {
        return Ok(None);
    }
    let mut changed = lead.touched(now);
    changed.terms.requested = Some(DeadlineRequest { at, by: by.clone(), when: now });
    let reader = changed.decides_on_move(&dealer.settings, now).clone();
    let notice = Message::requested(&changed, at, by, reader, now);
    let event = Event::DeadlineRequest { action: TimelineAction::Added, at };
    Ok(Some(commit(changed, by.clone(), vec![event], now).with(Item::Message(notice))))
}

/// Returns the refusal of an approval by a `user` who may not agree to a move of the lead's deadline. It names who may (ESC-12).
pub fn may_not_agree(lead: &Lead, settings: &DealerSettings, user: Option<&UserId>, now: DateTime<Utc>) -> Refusal {
    let owner = lead.owner.as_ref();
    let supervisor = Some(settings.supervisor_of(owner)).filter(|supervisor| !lead.is_concerned_by_move(supervisor));
    let present = lead.decides_on_move(settings, now);
    let names: Vec<String> = [present].into_iter().chain(supervisor.filter(|user| *user != present)).map(UserId::mention).collect();
    let names = names.join(", ");
    let owns = user.is_some() && user == owner;
    let concerned = user.is_some_and(|user| lead.is_concerned_by_move(user));
    Refusal::not_allowed(
        Right::ChangeSettings,
        "ESC-12",
        match (owns, concerned) {
            (true, _) => {
                format!("you own the lead, so somebody else must agree to the move: {names}, or another user who may change the settings")
            }
            (false, true) => format!(
                "you owned the lead or requested the move, so somebody else must agree to it: {names}, or another user who may change the \
                 settings"
            ),
            (false, false) => format!("these may agree to the move: {names}, and users who may change the settings"),
        },
    )
}

/// Grants the requested move of the first-contact deadline: level 2 follows it (ESC-12).
///
/// # Errors
/// 409 if no move is requested, the requested time is past, or the clock does not run.
pub fn grant(input: LeadInput<'_>) -> Result<Decision, Refusal> {
    let LeadInput { lead, now, .. } = input;
    movable(lead)?;
    let Some(DeadlineRequest { at, .. }) = &lead.terms.requested else {
        return Err(Refusal::conflict("ESC-12", "no move of the first-contact deadline is requested"));
    };
    if !to_come(*at, now) {
        return Err(Refusal::conflict("ESC-12", "the requested deadline is past; move the deadline to a time in the future"));
    }
    moved(input, *at, true, vec![Event::DeadlineRequest { action: TimelineAction::Completed, at: *at }])
}

/// Returns the deadline, which may be moved while the clock runs.
fn movable(lead: &Lead) -> Result<DateTime<Utc>, Refusal> {
    let from = lead.deadline().ok_or(Refusal::NotFound("deadline"))?;
    if lead.clock_runs() {
        return Ok(from);
    }
    Err(Refusal::conflict(
        "LEAD-6",
        "the contact was already answered or the lead is closed, so the first-contact deadline cannot be moved",
    ))
}

/// Removes the requested move, because the deadline is to stay. `None` if none is requested.
fn withdraw(LeadInput { lead, by, now, .. }: LeadInput<'_>) -> Option<Decision> {
    let mut changed = lead.touched(now);
    let DeadlineRequest { at, .. } = changed.terms.requested.take()?;
    Some(commit(changed, by.clone(), vec![Event::DeadlineRequest { action: TimelineAction::Deleted, at }], now))
}

fn moved(input: LeadInput<'_>, at: DateTime<Utc>, agreed: bool, mut events: Vec<Event>) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let from = movable(lead)?;
    let mut changed = lead.touched(now);
    changed.move_deadline(dealer, at, agreed, now).map_err(|e| Refusal::field("at", "LEAD-6", e.to_string()))?;
    events.push(Event::FirstContactMoved { from, to: at, agreed });
    Ok(commit(changed, by.clone(), events, now))
}
