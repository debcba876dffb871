//! Bulk actions: one action on many leads, page by page, with a result for each lead (LEAD-10).
//!
//! The leads are chosen when the action is requested, and stored in pages. Each page is carried out and then stored with its results, in
//! one commit with the progress. A page that is interrupted is carried out again: the change of each lead is a request of its own with a
//! name that follows from the action, so that a repeat finds the first result.

use crate::base::{DealerId, EventId, LeadId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A bulk action and its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkAction {
    /// Its id.
    pub id: String,
    /// The user who requested it. The user's rights at the time of each page count.
    pub by: UserId,
    /// The dealer of its wake-ups.
    pub dealer: DealerId,
    /// When it was requested.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// A hash of the request, to recognise a repetition.
    pub request: String,
    /// The name of the action in the API.
    pub action: String,
    /// The parameters of the action, as they were sent.
    pub parameters: String,
    /// The number of leads.
    pub total: u32,
    /// The number of pages of leads.
    pub pages: u32,
    /// The number of pages that are done.
    #[serde(default)]
    pub done: u32,
    /// The number of leads that are done.
    #[serde(default)]
    pub leads_done: u32,
    /// The number of leads whose action was carried out.
    #[serde(default)]
    pub succeeded: u32,
    /// The notices to send when it ends: one for each reader and kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<BulkNotice>,
    /// When it ended. `None` while it runs.
    #[serde(rename = "done_at", default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
    /// When it must be continued. `None` if it has ended.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
}

/// A page of the leads of a bulk action, with their results once it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkPage {
    /// The id of the action.
    pub bulk: String,
    /// Its number, from 0.
    pub page: u32,
    /// When the action was requested.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The leads, as the request names them.
    pub leads: Vec<String>,
    /// The results, in the same order. Empty until the page is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<BulkRow>,
}

/// The result of a bulk action for one lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkRow {
    /// The lead, as the request names it.
    pub lead: String,
    /// The status that a request for this lead alone would get.
    pub status: u16,
    /// The event that was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The owner of a lead that was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The names of the warnings about the time and person of the event that was planned or moved (APT-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The problem as JSON, if the action was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl BulkRow {
    /// Whether the action was carried out.
    pub fn is_done(&self) -> bool {
        self.status < 300
    }
}

/// A notice that stands for those of many leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkNotice {
    /// The dealer whose opening hours apply.
    pub dealer: DealerId,
    /// The reader.
    pub to: UserId,
    /// What the reader learns.
    pub what: BulkNews,
    /// The number of leads.
    pub count: u32,
    /// The first of these leads.
    pub leads: Vec<LeadId>,
}

/// What the reader of a notice about many leads learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkNews {
    /// The leads were assigned to the reader (DIS-7).
    Assigned,
    /// The leads went from the reader, or a user whom the reader supervises, to other owners (DIS-7).
    Passed,
    /// Events of the leads were given to the reader (CAL-10).
    Events,
    /// News of another release.
    #[serde(other)]
    Unknown,
}

/// How long a page may take before another worker carries it out again.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// The most leads that a notice names.
const NAMED: usize = 20;

impl BulkAction {
    /// The most leads of a page.
    pub const PAGE: usize = 100;
    /// How long it is kept: as long as the requests of its leads are remembered.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Returns the action as a worker takes it. `None` if it has ended, or if another worker has it.
    pub fn begun(&self, now: DateTime<Utc>) -> Option<Self> {
        self.due.filter(|due| *due <= now)?;
        Some(Self { due: Some(now + LEASE), ..self.clone() })
    }

    /// Whether no other worker has done a step since `seen`.
    pub fn is_at(&self, seen: &Self) -> bool {
        self.ended.is_none() && (self.done, self.notices.len()) == (seen.done, seen.notices.len())
    }

    /// Returns the action after a page. The notices of the same reader and kind become one.
    #[must_use]
    pub fn with_page(&self, rows: &[BulkRow], notices: Vec<BulkNotice>, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        let number = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        after.done += 1;
        after.leads_done += number(rows.len());
        after.succeeded += number(rows.iter().filter(|row| row.is_done()).count());
        for notice in notices {
            after.notices = merged(std::mem::take(&mut after.notices), notice);
        }
        after.due = Some(now + LEASE);
        after
    }

    /// Returns the action after its last page without the first `most` notices, and these: they are sent now. It has ended if none is left.
    pub fn notified(&self, most: usize, now: DateTime<Utc>) -> (Self, Vec<BulkNotice>) {
        let mut after = self.clone();
        let sent: Vec<BulkNotice> = after.notices.drain(..most.min(self.notices.len())).collect();
        let ends = after.notices.is_empty();
        after.due = (!ends).then(|| now + LEASE);
        after.ended = ends.then_some(now);
        (after, sent)
    }

    /// Returns the action as one that waits for the next worker.
    #[must_use]
    pub fn released(&self, now: DateTime<Utc>) -> Self {
        Self { due: self.due.map(|_| now), ..self.clone() }
    }
}

/// Adds a notice to others: to that of the same dealer, reader and kind, if there is one.
pub fn merged(mut notices: Vec<BulkNotice>, new: BulkNotice) -> Vec<BulkNotice> {
    let same = |known: &&mut BulkNotice| known.dealer == new.dealer && known.to == new.to && known.what == new.what;
    match notices.iter_mut().find(same) {
        Some(known) => {
            known.count += new.count;
            let room = NAMED.saturating_sub(known.leads.len());
            known.leads.extend(new.leads.into_iter().take(room));
        }
        None => notices.push(new),
    }
    notices
}
