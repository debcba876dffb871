//! The job that erases a dealer's closed leads after the dealer's retention (PRV-5).

use crate::base::{DealerId, Status, is_default};
use crate::lead::Lead;
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The local time of the daily run. Leads that were closed during the day are not concerned before.
const NIGHT: (u32, u32) = (2, 30);

impl DealerSettings {
    /// The highest number of months of a retention: 20 years.
    pub const MAX_RETENTION: u32 = 240;

    /// Returns the time before which a lead must have been closed to be erased at `now`. `None` if the dealer has no retention.
    pub fn retention_ends(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_months(Months::new(self.retention_months?))
    }
}

/// The reason why a closed lead is not erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spared {
    /// A legal hold stands.
    Held,
    /// It is in progress again.
    Reopened,
    /// It has a calendar event that is still to come.
    Planned,
}

impl Lead {
    /// Whether it is won or lost.
    fn is_closed(&self) -> bool {
        matches!(self.status, Status::Won | Status::Lost(_))
    }

    /// Returns when the lead was closed. `None` if it is in progress. An earlier release did not store the time: then it is that of the
    /// latest change.
    pub fn closed_since(&self) -> Option<DateTime<Utc>> {
        self.is_closed().then(|| self.closed.unwrap_or(self.updated))
    }

    /// Returns why the retention does not erase the lead at `now`. `None` if it may.
    pub fn spared(&self, now: DateTime<Utc>) -> Option<Spared> {
        match () {
            () if !self.holds.is_empty() => Some(Spared::Held),
            () if !self.is_closed() => Some(Spared::Reopened),
            () if self.planned.iter().any(|planned| planned.at > now) => Some(Spared::Planned),
            () => None,
        }
    }
}

/// The retention of a dealer: the run of the day, and the receipt of the latest one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// The dealer.
    pub dealer: DealerId,
    /// When the next page or the next run is due. `None` if the dealer has no retention.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The run that is not done. `None` between the runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RetentionRun>,
    /// The cursor of the next page of the run. `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The oldest lead that the run found not erased.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub oldest: Option<DateTime<Utc>>,
    /// All leads that arrived before are erased: no run reads them again.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub erased_until: Option<DateTime<Utc>>,
    /// The receipt of the latest run that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<RetentionRun>,
}

/// A run of a retention, which is also its receipt. It has no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRun {
    /// The time for which it was planned.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub began: DateTime<Utc>,
    /// It erases leads that were closed before this time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub closed_before: DateTime<Utc>,
    /// When it was done. `None` while it runs.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// The number of leads whose erasure it ordered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ordered: u32,
    /// The number of leads that a legal hold keeps.
    #[serde(default, skip_serializing_if = "is_default")]
    pub held: u32,
    /// The number of leads with a calendar event to come.
    #[serde(default, skip_serializing_if = "is_default")]
    pub planned: u32,
    /// The ids of the erasures that it ordered, which are the receipts of the leads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erasures: Vec<String>,
    /// Whether it ended at the limit of a day. The next run continues.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limited: bool,
}

impl Retention {
    /// The highest number of erasures that a run orders.
    pub const MOST_ERASURES: usize = 50;

    /// Returns the job of a dealer that has a retention now. `None` if it runs already, or if the dealer has no retention.
    pub fn started(before: Option<&Self>, dealer: &Dealer, now: DateTime<Utc>) -> Option<Self> {
        dealer.settings.retention_months?;
        let job = before.cloned().unwrap_or_else(|| Self {
            dealer: dealer.id.clone(),
            due: None,
            run: None,
            cursor: None,
            oldest: None,
            erased_until: None,
            last: None,
        });
        job.due.is_none().then(|| Self { due: Some(next_night(dealer, now)), ..job })
    }

    /// Returns whether a page is due at `now`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Returns the run that continues, or a new one. `None` if the dealer has no retention.
    pub fn current(&self, dealer: &Dealer, now: DateTime<Utc>) -> Option<RetentionRun> {
        // A run that is late is the one of its planned time.
        let planned = self.due.unwrap_or(now);
        let closed_before = dealer.settings.retention_ends(planned)?;
        let new = || RetentionRun {
            began: planned,
            closed_before,
            done_at: None,
            ordered: 0,
            held: 0,
            planned: 0,
            erasures: Vec::new(),
            limited: false,
        };
        // A retention that became longer meanwhile counts at once.
        self.run.clone().map(|run| RetentionRun { closed_before: run.closed_before.min(closed_before), ..run }).or_else(|| Some(new()))
    }

    /// Returns the job without a run, because the dealer has no retention any more.
    pub fn ended(&self) -> Self {
        Self { due: None, run: None, cursor: None, oldest: None, ..self.clone() }
    }

    /// Returns the job after a page of `run`. `oldest` is the oldest lead of the page that is not erased, and `cursor` the next page.
    pub fn turned(&self, page: RetentionPage, dealer: &Dealer, now: DateTime<Utc>) -> Self {
        let RetentionPage { mut run, cursor, oldest } = page;
        let oldest = [self.oldest, oldest].into_iter().flatten().min();
        run.limited = cursor.is_some() && run.erasures.len() >= Self::MOST_ERASURES;
        if cursor.is_some() && !run.limited {
            // Each page has a distinct due time, so that each page has its own wake-up.
            let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
            return Self { due: Some(next), run: Some(run), cursor, oldest, ..self.clone() };
        }
        // A run that ended at its limit has not seen the oldest leads.
        let erased_until = if run.limited { self.erased_until } else { Some(oldest.unwrap_or(run.closed_before)) };
        run.done_at = Some(now);
        let due = Some(next_night(dealer, now));
        Self { due, run: None, cursor: None, oldest: None, erased_until, last: Some(run), ..self.clone() }
    }
}

/// The result of a page of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPage {
    /// The run with the counts of the page.
    pub run: RetentionRun,
    /// The cursor of the next page. `None` after the last one.
    pub cursor: Option<String>,
    /// The oldest lead of the page that is not erased.
    pub oldest: Option<DateTime<Utc>>,
}

/// Returns the next night of the dealer.
fn next_night(dealer: &Dealer, now: DateTime<Utc>) -> DateTime<Utc> {
    let zone = dealer.settings.calendar.zone();
    let today = now.with_timezone(&zone).date_naive();
    let at = |day: NaiveDate| day.and_hms_opt(NIGHT.0, NIGHT.1, 0)?.and_local_timezone(zone).earliest();
    today.checked_add_days(Days::new(1)).and_then(at).map_or(now + TimeDelta::days(1), |night| night.with_timezone(&Utc))
}
