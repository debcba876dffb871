//! The rotation turn that assigned a lead, and when the lead passes on to the next user (DIS-10).

use crate::base::{DistributionGroupId, LostReason, Status, UserId};
use crate::distribution::Rotation;
use crate::lead::Lead;
use crate::settings::{Dealer, Lane};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The rotation turn that assigned a lead to its owner. A lead that was assigned by hand or taken from a pool has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The distribution group. `None` if the rotation is that of the whole dealer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// When the owner got the lead.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When the lead passes on to the next user if nobody has reacted. `None` if it stays.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// From when its minutes count, if that is later than `at`: the response clock was started anew, or its deadline was moved.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// The earliest time at which the lead passes on: an agreed deadline, or the end of the owner's time after a reopening.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
    /// The previous owners, who did not react.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub had: BTreeSet<UserId>,
    /// Whether every user of the rotation has had the lead. If so, it stays with its owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stays: bool,
    /// Whether the turn was given back to the owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_back: bool,
}

impl Turn {
    /// Creates the turn that assigned a lead at `now`, after the previous owners `had`.
    pub(crate) fn new(group: Option<DistributionGroupId>, had: BTreeSet<UserId>, dealer: &Dealer, now: DateTime<Utc>) -> Self {
        Self { group, at: now, due: None, since: None, not_before: None, had, stays: false, given_back: false }.timed(dealer)
    }

    /// Returns the turn with its due time by the opening hours and minutes of `dealer`.
    pub(crate) fn timed(self, dealer: &Dealer) -> Self {
        let settings = &dealer.settings;
        let minutes = TimeDelta::minutes(i64::from(settings.reassign_after));
        let goes_on = settings.reassign_after > 0 && settings.pool.is_none() && !self.stays;
        // Without opening hours to count in, the lead stays (CLK-6).
        let due = goes_on.then(|| settings.calendar.add(self.since.unwrap_or(self.at), minutes).ok()).flatten();
        Self { due: due.map(|due| self.not_before.map_or(due, |earliest| due.max(earliest))), ..self }
    }

    /// Returns the turn for a response clock that starts anew at `since`: the owner has all the minutes again, and so has everybody who did
    /// not react to the message before.
    pub(crate) fn anew(self, since: DateTime<Utc>, dealer: &Dealer) -> Self {
        Self { since: Some(since), not_before: None, had: BTreeSet::new(), stays: false, ..self }.timed(dealer)
    }

    /// Returns the turn after an agreed move of the deadline to `deadline`: the minutes count from the move, and the lead does not pass on
    /// before the deadline.
    pub(crate) fn agreed(self, deadline: DateTime<Utc>, now: DateTime<Utc>, dealer: &Dealer) -> Self {
        Self { since: Some(now), not_before: Some(deadline), ..self }.timed(dealer)
    }

    /// Returns the turn after the deadline became earlier: `deadline`. Nobody agreed to wait longer.
    pub(crate) fn tightened(self, deadline: DateTime<Utc>, dealer: &Dealer) -> Self {
        Self { not_before: self.not_before.map(|earliest| earliest.min(deadline)), ..self }.timed(dealer)
    }

    /// Returns the turn with which the lead does not pass on before `earliest`.
    pub(crate) fn leaving(self, earliest: DateTime<Utc>, dealer: &Dealer) -> Self {
        Self { not_before: self.not_before.max(Some(earliest)), ..self }.timed(dealer)
    }
}

impl Lead {
    /// When the lead passes on to the next user of the rotation.
    pub(crate) fn goes_on_at(&self) -> Option<DateTime<Utc>> {
        self.turn.as_ref().filter(|_| self.clock_runs())?.due
    }

    /// Whether other users had the lead before, and did not react to it (DIS-10).
    pub fn had_by_others(&self) -> bool {
        self.turn.as_ref().is_some_and(|turn| !turn.had.is_empty())
    }

    /// Returns the rotation that passes the lead on at `now`. `None` if it is not due.
    pub(crate) fn passes_on(&self, now: DateTime<Utc>) -> Option<Lane> {
        let turn = self.turn.as_ref().filter(|_| self.goes_on_at().is_some_and(|due| due <= now))?;
        Some(Lane::Rotation(turn.group.clone()))
    }

    /// Returns the rotation whose turn changes if the new status `to` gives a turn back or takes it back.
    pub(crate) fn settles_turn(&self, dealer: &Dealer, to: Status) -> Option<Lane> {
        let turn = self.turn.as_ref().filter(|_| dealer.settings.spam_gives_turn_back)?;
        let was_none = matches!(to, Status::Lost(LostReason::Spam | LostReason::Duplicate));
        let settles = (was_none && !turn.given_back) || (to == Status::InProgress && turn.given_back);
        settles.then(|| Lane::Rotation(turn.group.clone()))
    }

    /// Gives the turn back to the owner, or takes it back if the lead is reopened: an owner who has used the turn is passed over once.
    pub(crate) fn settle_turn(&mut self, rotation: &Rotation) -> Option<Rotation> {
        let (turn, owner) = (self.turn.as_mut()?, self.owner.as_ref()?);
        let mut settled = rotation.clone();
        if turn.given_back {
            settled.take_back(owner);
        } else {
            settled.give_back(owner);
        }
        turn.given_back = !turn.given_back;
        Some(settled)
    }
}
