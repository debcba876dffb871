//! Further deadlines of a lead (LEAD-6).

use crate::base::{DeadlineId, Status};
use crate::lead::{Event, Lead, TimelineAction};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A further deadline of a lead. It does not escalate. After its time, lists show it as overdue, and the owner is notified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id within the lead.
    pub id: DeadlineId,
    /// The goal, 1 to 100 characters.
    pub title: String,
    /// When it is due.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it was met.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub met: Option<DateTime<Utc>>,
    /// When the owner was notified that it had passed. `None` if it has not passed, was met in time, or was moved since.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub passed: Option<DateTime<Utc>>,
}

impl Target {
    pub(crate) fn timeline_event(&self, action: TimelineAction, from: Option<DateTime<Utc>>, note: Option<String>) -> Event {
        Event::Deadline { action, deadline: self.id.clone(), title: self.title.clone(), at: self.at, from, note }
    }
}

/// The id of the first-contact deadline. No further deadline has this id.
pub const FIRST_CONTACT: &str = "first-contact";

/// Returns the deadlines that are not met. Deadlines of a won or lost lead do not count.
pub fn open(status: Status, targets: &[Target]) -> impl Iterator<Item = &Target> {
    targets.iter().filter(move |target| status == Status::InProgress && target.met.is_none())
}

impl Lead {
    /// Returns the further deadlines whose passing has not been noticed yet.
    pub(crate) fn unnoticed(&self) -> impl Iterator<Item = &Target> {
        open(self.status, &self.targets).filter(|target| target.passed.is_none())
    }

    /// The first-contact deadline before any change by a user, and before a further message that has an earlier one. Reports judge the
    /// lead by it (OVR-4). `None` if the message that started the clock has no deadline of its own.
    pub fn original_deadline(&self) -> Option<DateTime<Utc>> {
        if self.had_no_deadline() { None } else { self.changed_from().or_else(|| self.deadline()) }
    }

    /// Whether the present deadline is that of a further message only: the message that started the clock has none.
    pub fn had_no_deadline(&self) -> bool {
        self.terms.stricter.as_ref().is_some_and(|stricter| stricter.first.is_none())
    }

    /// The first-contact deadline before a user, or a further message that has an earlier one, changed it. `None` if neither did.
    pub fn changed_from(&self) -> Option<DateTime<Utc>> {
        self.deadline_before_moves.filter(|_| !self.had_no_deadline()).or_else(|| self.terms.stricter.as_ref()?.first)
    }

    /// The current deadline: the earliest open one, with its id. The first-contact deadline has the id [`FIRST_CONTACT`].
    pub fn current_deadline(&self) -> Option<(DateTime<Utc>, &str)> {
        let first = self.deadline().filter(|_| self.clock_runs()).map(|at| (at, FIRST_CONTACT));
        first.into_iter().chain(open(self.status, &self.targets).map(|target| (target.at, target.id.as_str()))).min()
    }
}
