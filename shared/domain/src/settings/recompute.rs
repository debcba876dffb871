//! The job that recomputes the deadlines of open leads after a change of settings (SET-11).

use crate::base::DealerId;
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far the recomputation of a dealer's open leads has come. It stays when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recompute {
    /// Whose leads.
    pub dealer: DealerId,
    /// The version of the settings that it brings in. A later change begins anew.
    #[serde(rename = "policy")]
    pub settings_version: u64,
    /// When the next page is to be looked at; `None`: it is done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Where the next page begins in the dealer's list; `None`: with the newest lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Recompute {
    /// The recomputation that the settings of `dealer` ask for, saved at `now`.
    pub fn after(dealer: &Dealer, now: DateTime<Utc>) -> Self {
        Self { dealer: dealer.id.clone(), settings_version: dealer.version, due: Some(now + INTAKES_DONE), cursor: None }
    }

    /// Whether there is a page to be looked at.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// After a page, with the next at `cursor`; `None`: that was the last.
    pub fn turned(&self, cursor: Option<String>, now: DateTime<Utc>) -> Self {
        // Each page has a time of its own, so that each is a wake-up of its own.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        Self { due: cursor.is_some().then_some(next), cursor, ..self.clone() }
    }
}

/// An intake that read the old settings is done after this time, whatever it met: no lead is missed.
const INTAKES_DONE: TimeDelta = TimeDelta::seconds(60);

/// Whether deadlines come out otherwise under `after`.
pub fn moves_deadlines(before: &DealerSettings, after: &DealerSettings) -> bool {
    before.calendar != after.calendar
        || before.escalation != after.escalation
        || before.reassign_after != after.reassign_after
        || before.resubmission_respects_hours != after.resubmission_respects_hours
}
