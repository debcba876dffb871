//! Records reactions, and closes and reopens leads (ESC-7).

use crate::base::{Actor, LostReason, ReactionKind, Refusal, Status};
use crate::decision::{Decision, Item, commit};
use crate::distribution::Rotation;
use crate::lead::{Event, Lead};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// What a seller logs on a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// Something that stops the clock.
    Reaction(ReactionKind),
    /// A call that reached nobody.
    CallMissed,
    /// "Contact made: no" (LEAD-6).
    NoContact,
}

/// Logs what the seller did; the first reaction stops the response clock, later ones are on the timeline all the same (ESC-7).
///
/// # Errors
/// The lead is closed.
pub fn log(lead: &Lead, dealer: &Dealer, logged: Logged, by: Actor, note: Option<String>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    if lead.status != Status::InProgress {
        return Err(Refusal::Conflict(format!("the lead is {}; reopen it first", lead.status.name())));
    }
    let mut changed = lead.touched(now);
    let event = match logged {
        Logged::CallMissed => Event::CallMissed { note },
        Logged::NoContact => Event::NoContact { note },
        Logged::Reaction(kind) => Event::Reacted { kind, first: changed.react(kind, dealer, now), note },
    };
    Ok(commit(changed, by, vec![event], now))
}

/// What a lead is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosingOutcome {
    /// Sold. It stops the clock (ESC-7).
    Won,
    /// Not sold. It stops the clock (ESC-7).
    Lost(LostReason),
    /// In progress again. Where nothing but the closing had stopped the clock, a new deadline runs from now (ESC-9).
    Reopened,
}

impl ClosingOutcome {
    /// The status that it makes.
    pub fn status(self) -> Status {
        match self {
            ClosingOutcome::Won => Status::Won,
            ClosingOutcome::Lost(reason) => Status::Lost(reason),
            ClosingOutcome::Reopened => Status::InProgress,
        }
    }
}

/// Wins, loses or reopens a lead. `None`: it is so already. `rotation` is that of the lead's turn, where it is settled by this
/// ([`Lead::settles_turn`]).
///
/// # Errors
/// Won cannot become lost, nor the other way, without being reopened.
pub fn close(
    lead: &Lead,
    dealer: &Dealer,
    outcome: ClosingOutcome,
    rotation: Option<&Rotation>,
    by: Actor,
    note: Option<String>,
    now: DateTime<Utc>,
) -> Result<Option<Decision>, Refusal> {
    let to = outcome.status();
    let kind = match outcome {
        ClosingOutcome::Won => Some(ReactionKind::Won),
        ClosingOutcome::Lost(_) => Some(ReactionKind::Lost),
        ClosingOutcome::Reopened => None,
    };
    if lead.status == to {
        return Ok(None);
    }
    if kind.is_some() && lead.status != Status::InProgress {
        return Err(Refusal::Conflict(format!("the lead is {}; reopen it first", lead.status.name())));
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
    let event = Event::StatusChanged { from: lead.status, to, note };
    Ok(Some(commit(changed, by, vec![event], now).with_some(settled)))
}
