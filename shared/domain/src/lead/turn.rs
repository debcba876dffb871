//! The turn by which a lead's owner got it, and when it goes to the next (DIS-10).

use crate::base::{DistributionGroupId, LostReason, Status, UserId};
use crate::distribution::Rotation;
use crate::lead::Lead;
use crate::settings::{Dealer, Lane};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The turn of a rotation by which a lead came to its owner. A lead that was given by hand, or taken from a pool, has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Of which distribution group; `None`: of the whole dealer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// When its owner got it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it goes to the next, unless somebody has reacted; `None`: it stays.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Who had it before, and did not react.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub had: BTreeSet<UserId>,
    /// Everybody has had it: it stays where it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stays: bool,
    /// Its owner has the turn back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_back: bool,
}

/// Most turns that a rotation owes: what is more is forgotten.
const OWED: usize = 1_000;

impl Turn {
    /// The turn that a lead came by at `now`, after those who `had` it.
    pub(crate) fn new(group: Option<DistributionGroupId>, had: BTreeSet<UserId>, dealer: &Dealer, now: DateTime<Utc>) -> Self {
        Self { group, at: now, due: None, had, stays: false, given_back: false }.timed(dealer)
    }

    /// The same turn under the hours and minutes of `dealer`.
    pub(crate) fn timed(self, dealer: &Dealer) -> Self {
        let settings = &dealer.settings;
        let minutes = TimeDelta::minutes(i64::from(settings.reassign_after));
        let goes_on = settings.reassign_after > 0 && settings.pool.is_none() && !self.stays;
        // Without hours to count in it stays (CLK-6).
        let due = goes_on.then(|| settings.calendar.add(self.at, minutes).ok()).flatten();
        Self { due, ..self }
    }
}

impl Lead {
    /// When it goes to the next in turn.
    pub(crate) fn goes_on_at(&self) -> Option<DateTime<Utc>> {
        self.turn.as_ref().filter(|_| self.clock_runs())?.due
    }

    /// The rotation that has to be read to pass it on at `now`.
    pub fn passes_on(&self, now: DateTime<Utc>) -> Option<Lane> {
        let turn = self.turn.as_ref().filter(|_| self.goes_on_at().is_some_and(|due| due <= now))?;
        Some(Lane::Rotation(turn.group.clone()))
    }

    /// The rotation that has to be read where it becomes `to`: a turn is given back, or taken back again.
    pub fn settles_turn(&self, dealer: &Dealer, to: Status) -> Option<Lane> {
        let turn = self.turn.as_ref().filter(|_| dealer.settings.spam_gives_turn_back)?;
        let was_none = matches!(to, Status::Lost(LostReason::Spam | LostReason::Duplicate));
        let settles = (was_none && !turn.given_back) || (to == Status::InProgress && turn.given_back);
        settles.then(|| Lane::Rotation(turn.group.clone()))
    }

    /// Gives the turn back to its owner; or takes it back again where the lead was one after all and the turn has not been used.
    pub(crate) fn settle_turn(&mut self, rotation: &Rotation) -> Option<Rotation> {
        let (turn, owner) = (self.turn.as_mut()?, self.owner.as_ref()?);
        let mut settled = rotation.clone();
        if turn.given_back {
            let at = settled.owed.iter().position(|owed| owed == owner)?;
            settled.owed.remove(at);
        } else if settled.owed.len() < OWED {
            settled.owed.push(owner.clone());
        }
        turn.given_back = !turn.given_back;
        Some(settled)
    }
}
