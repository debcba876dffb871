//! Records reactions; closes and reopens leads (ESC-7).

use crate::base::{LostReason, ReactionKind, Refusal, Status};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::Rotation;
use crate::lead::{Event, in_progress};

/// An activity that a seller logs on a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// A reaction, which stops the clock.
    Reaction(ReactionKind),
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
        Logged::Reaction(kind) => Event::Reacted { kind, first: changed.react(kind, dealer, now), note },
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
    /// In progress again. If only the closing had stopped the clock, a new deadline starts now (ESC-9).
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

/// Wins, loses or reopens a lead. `None` if nothing changes. `rotation` is that of the lead's turn if the change gives the turn back or
/// takes it back ([`crate::lead::Lead::settles_turn`]).
///
/// # Errors
/// 409 if a won lead would become lost, or a lost one won, without being reopened.
pub fn close(
    input: LeadInput<'_>,
    outcome: ClosingOutcome,
    rotation: Option<&Rotation>,
    note: Option<String>,
) -> Result<Option<Decision>, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let to = outcome.status();
    let kind = match outcome {
        ClosingOutcome::Won => Some(ReactionKind::Won),
        ClosingOutcome::Lost(_) => Some(ReactionKind::Lost),
        ClosingOutcome::Reopened => None,
    };
    if lead.status == to {
        return Ok(None);
    }
    if kind.is_some() {
        in_progress(lead)?;
    }
    let mut changed = lead.touched(now);
    changed.status = to;
    match kind {
        Some(kind) => {
            changed.react(kind, dealer, now);
        }
        None => changed.restart_clock(dealer, now),
    }
    let settled = rotation.and_then(|rotation| changed.settle_turn(rotation)).map(Item::Rotation);
    // A former member cannot work on a lead that is reopened: the distribution chooses another owner (DIS-12).
    if kind.is_none() && changed.owner.as_ref().is_some_and(|owner| dealer.settings.member(owner).is_none()) {
        (changed.owner, changed.turn) = (None, None);
    }
    let event = Event::StatusChanged { from: lead.status, to, note };
    Ok(Some(commit(changed, by.clone(), vec![event], now).with_some(settled)))
}
