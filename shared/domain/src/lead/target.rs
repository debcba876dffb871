//! Further deadlines of a lead (LEAD-6).

use crate::base::{DeadlineId, Status};
use crate::lead::{Event, Lead, TimelineAction};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A further deadline of a lead. It does not escalate: past its time it is overdue in lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name within the lead.
    pub id: DeadlineId,
    /// What is to be reached, 1 to 100 characters.
    pub title: String,
    /// By when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it was met.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub met: Option<DateTime<Utc>>,
}

impl Target {
    pub(crate) fn told(&self, did: TimelineAction, from: Option<DateTime<Utc>>, note: Option<String>) -> Event {
        Event::Deadline { did, deadline: self.id.clone(), title: self.title.clone(), at: self.at, from, note }
    }
}

/// The name of the first-contact deadline among a lead's deadlines. No further one is called so.
pub const FIRST_CONTACT: &str = "first-contact";

/// The deadlines that count: those not met, of a lead in progress. On a won or lost lead they rest.
pub fn open(status: Status, targets: &[Target]) -> impl Iterator<Item = &Target> {
    targets.iter().filter(move |target| status == Status::InProgress && target.met.is_none())
}

impl Lead {
    /// The first-contact deadline by which the lead is judged in reports: as it was before it was moved by hand (OVR-4).
    pub fn original_deadline(&self) -> Option<DateTime<Utc>> {
        self.deadline_before_moves.or_else(|| self.deadline())
    }

    /// The deadline that is current: the earliest open one. The name of the first-contact deadline is [`FIRST_CONTACT`].
    pub fn current_deadline(&self) -> Option<(DateTime<Utc>, &str)> {
        let first = self.deadline().filter(|_| self.clock_runs()).map(|at| (at, FIRST_CONTACT));
        first.into_iter().chain(open(self.status, &self.targets).map(|target| (target.at, target.id.as_str()))).min()
    }
}
