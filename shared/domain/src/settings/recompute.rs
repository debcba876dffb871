//! The job that recomputes the deadlines of open leads after a change of settings (SET-11).

use crate::base::DealerId;
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The progress of the recomputation of a dealer's open leads. It is kept after the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recompute {
    /// The dealer of the leads.
    pub dealer: DealerId,
    /// The version of the settings that it applies. A later change starts again from the first page.
    #[serde(rename = "policy")]
    pub settings_version: u64,
    /// The time at which the next page is due. `None` if the recomputation is done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The cursor of the next page in the dealer's list. `None` for the first page, which begins with the newest lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Recompute {
    /// Starts a recomputation for the settings of `dealer`, saved at `now`.
    pub fn after(dealer: &Dealer, now: DateTime<Utc>) -> Self {
        Self { dealer: dealer.id.clone(), settings_version: dealer.version, due: Some(now + INTAKES_DONE), cursor: None }
    }

    /// Returns whether a page is due at `now`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Returns the progress after a page. `cursor` is the next page, `None` after the last one.
    pub fn turned(&self, cursor: Option<String>, now: DateTime<Utc>) -> Self {
        // Each page has a distinct due time, so that each page has its own wake-up.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        Self { due: cursor.is_some().then_some(next), cursor, ..self.clone() }
    }
}

/// The delay before the first page. An intake that read the old settings has ended by then in every case, so no lead is missed.
const INTAKES_DONE: TimeDelta = TimeDelta::seconds(60);

/// Returns whether the change of settings can change deadlines.
pub fn moves_deadlines(before: &DealerSettings, after: &DealerSettings) -> bool {
    before.calendar != after.calendar
        || before.escalation != after.escalation
        || before.deadline_rules != after.deadline_rules
        || before.reassign_after != after.reassign_after
        || before.resubmission_respects_hours != after.resubmission_respects_hours
}
