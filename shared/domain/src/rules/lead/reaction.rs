//! Records reactions; closes and reopens leads (ESC-7).

use crate::base::{LostReason, ReactionKind, Refusal, Status};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::{LaneState, LoadLane};
use crate::lead::{Event, in_progress, not_erased};
use crate::messages::Message;
use crate::rules::distribution::Lanes;

/// An activity that a seller logs on a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// A reaction, which stops the clock.
    Reaction(ReactionKind),
    /// A reaction to a customer who called or came in.
    Inbound(ReactionKind),
    /// A call that was not answered.
    CallMissed,
    /// "Contact made: no" (LEAD-6).
    NoContact,
}

/// Logs an activity of the seller. The first reaction stops the response clock; later ones appear only on the timeline (ESC-7).
///
/// # Errors
/// 409 if the lead is closed.
pub fn log(input: LeadInput<'_>, logged: Logged, note: Option<String>) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    in_progress(lead)?;
    let mut changed = lead.touched(now);
    let event = match logged {
        Logged::CallMissed => Event::CallMissed { note },
        Logged::NoContact => Event::NoContact { note },
        Logged::Reaction(kind) => Event::Reacted { kind, first: changed.react(kind, dealer, now), inbound: false, note },
        Logged::Inbound(kind) => Event::Reacted { kind, first: changed.react(kind, dealer, now), inbound: true, note },
    };
    Ok(commit(changed, by.clone(), vec![event], now))
}

/// The new status of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosingOutcome {
    /// Won. It stops the clock (ESC-7).
    Won,
    /// Lost. It stops the clock (ESC-7).
    Lost(LostReason),
    /// In progress again. If only the closing had stopped the clock, it runs again (ESC-9, ESC-12).
    Reopened,
}

impl ClosingOutcome {
    /// The resulting status.
    pub fn status(self) -> Status {
        match self {
            ClosingOutcome::Won => Status::Won,
            ClosingOutcome::Lost(reason) => Status::Lost(reason),
            ClosingOutcome::Reopened => Status::InProgress,
        }
    }
}

/// A change of a lead's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The new status.
    pub outcome: ClosingOutcome,
    /// Whether a supervisor of the owner or an administrator makes it: a lead that one of them reopens gets a new deadline (ESC-12).
    pub agreed: bool,
    /// The user's note.
    pub note: Option<String>,
}

/// Wins, loses or reopens a lead. `None` if nothing changes. `load` returns the rotation of the lead's turn, which the change may give
/// back or take back (DIS-10), and that which counts open leads (DIS-13).
///
/// A lead that was closed unanswered and that its owner reopens keeps its first deadline and the steps that have fired. If level 2 is among
/// them, its notice may have been dropped with the closing: the supervisor is notified again (ESC-12).
///
/// # Errors
/// 409 if a won lead would become lost, or a lost one won, without being reopened.
pub fn close(input: LeadInput<'_>, change: StatusChange, load: LoadLane<'_>) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let StatusChange { outcome, agreed, note } = change;
    let to = outcome.status();
    let kind = match outcome {
        ClosingOutcome::Won => Some(ReactionKind::Won),
        ClosingOutcome::Lost(_) => Some(ReactionKind::Lost),
        ClosingOutcome::Reopened => None,
    };
    if lead.status == to {
        return Ok(None);
    }
    match kind {
        Some(_) => in_progress(lead)?,
        None => not_erased(lead)?,
    }
    let mut changed = lead.touched(now);
    changed.status = to;
    changed.closed = kind.map(|_| now);
    match kind {
        Some(kind) => {
            changed.react(kind, dealer, now);
        }
        None => changed.restart_clock(dealer, agreed, now),
    }
    let again = if kind.is_none() { Message::level_2_again(&changed, dealer, now).map(Item::Message) } else { None };
    let mut lanes = Lanes::new(dealer, load);
    if let Some(lane) = changed.settles_turn(dealer, to)
        && let Some(settled) = lanes.rotation(&lane).and_then(|rotation| changed.settle_turn(rotation))
    {
        lanes.put(LaneState::Rotation(settled));
    }
    // A former member cannot work on a lead that is reopened: the distribution chooses another owner (DIS-12).
    if kind.is_none() && changed.owner.as_ref().is_some_and(|owner| dealer.settings.member(owner).is_none()) {
        (changed.owner, changed.turn) = (None, None);
    }
    lanes.count(&mut changed);
    lanes.line_up(&changed);
    let event = Event::StatusChanged { from: lead.status, to, note };
    let mut decision = commit(changed, by.clone(), vec![event], now);
    decision.items.extend(lanes.items());
    Ok(Some(decision.with_some(again)))
}
