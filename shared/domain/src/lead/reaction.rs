//! The first reaction to a lead, which stops its response clock (ESC-7).

use crate::base::ReactionKind;
use crate::lead::{ClockStart, Lead, Plan};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The first reaction of the seller (ESC-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// Its kind.
    pub kind: ReactionKind,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Response time in seconds of opening hours.
    pub working_seconds: i64,
    /// Response time in seconds of elapsed time.
    pub clock_seconds: i64,
    /// The deadline at that time, before any change by a user. The reaction is judged by this deadline (OVR-4).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

impl Reaction {
    /// Whether the reaction met the deadline. `None` if the lead had no deadline.
    pub fn in_time(&self) -> Option<bool> {
        self.deadline.map(|deadline| self.at <= deadline)
    }
}

impl Lead {
    /// Stops the clock if it runs. Returns whether it was running. The response time counts from the arrival (DIS-7).
    pub(crate) fn react(&mut self, kind: ReactionKind, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        if self.reaction.is_some() {
            return false;
        }
        let at = now.max(self.arrived);
        let working_seconds = dealer.settings.calendar.elapsed(self.arrived, at).num_seconds();
        let clock_seconds = (at - self.arrived).num_seconds();
        self.reaction = Some(Reaction { kind, at, working_seconds, clock_seconds, deadline: self.original_deadline() });
        true
    }

    pub(crate) fn restart_clock(&mut self, dealer: &Dealer, now: DateTime<Utc>) {
        let only_closed = self.reaction.as_ref().is_some_and(|r| matches!(r.kind, ReactionKind::Won | ReactionKind::Lost));
        if only_closed {
            self.reaction = None;
            self.start_clock(dealer, now.into());
        }
    }

    /// Starts a new deadline, because the contact asked again after a reaction (INT-6).
    pub(crate) fn restart_deadline(&mut self, dealer: &Dealer, start: ClockStart) {
        let answered = self.reaction.take();
        self.first_reaction = self.first_reaction.take().or(answered);
        self.start_clock(dealer, start);
    }

    fn start_clock(&mut self, dealer: &Dealer, start: ClockStart) {
        self.restarted = Some(start.counted);
        self.received = Some(start.seen).filter(|seen| *seen > start.counted);
        self.deadline_before_moves = None;
        self.escalated = self.highest_level();
        self.plan = Plan::new(dealer.settings.escalation, &dealer.settings.calendar, start).unwrap_or(None);
        self.settings_version = dealer.version;
    }
}
