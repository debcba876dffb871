//! The job that notifies staff of a dealer's open mails: a notice to the administrator once a day, and a summary of the mails that went
//! over the limit of reports (INT-7).

use crate::base::{Budget, DealerId, Window};
use crate::hours::Calendar;
use crate::messages::{Lease, Retry};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The reports of a dealer in an hour. A summary follows for the mails beyond.
pub const REPORTS: Budget = Budget { most: 20, window: Window::Hour };
/// The copies of a dealer's mails in an hour. Those beyond wait. It ends a loop that lost the mark of the system's mails.
pub const FORWARDS: Budget = Budget { most: 500, window: Window::Hour };
/// How long one notice may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// When a notice that was not accepted is sent again.
const RETRY: TimeDelta = TimeDelta::minutes(10);
/// How far ahead an opening is searched.
const DAYS_AHEAD: usize = 60;

/// The state of the notices about a dealer's open mails. It is kept after the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailWatch {
    /// The dealer.
    pub dealer: DealerId,
    /// When the open mails are checked for the administrator next. `None` if there are none.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub daily: Option<DateTime<Utc>>,
    /// When the summary of the mails over the limit is due. `None` if there are none.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub summary: Option<DateTime<Utc>>,
    /// The number of mails over the limit since the latest summary.
    #[serde(default, skip_serializing_if = "crate::base::is_default")]
    pub over: u32,
    /// The end of the lease of the sender that works on a notice.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub leased: Option<DateTime<Utc>>,
    /// When a notice that was not accepted is sent again.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub again: Option<DateTime<Utc>>,
    /// The number of failed attempts of the notice that is due.
    #[serde(default, skip_serializing_if = "crate::base::is_default")]
    pub attempts: u32,
    /// Whether the latest check found no open mail. The check after it is the last one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

/// A notice that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailNotice {
    /// The notice to the administrator, if a mail is open.
    Daily,
    /// The summary of the mails over the limit: their number, and the time at which it is due.
    Summary(u32, DateTime<Utc>),
}

impl MailWatch {
    fn new(dealer: &DealerId) -> Self {
        Self { dealer: dealer.clone(), daily: None, summary: None, over: 0, leased: None, again: None, attempts: 0, idle: false }
    }

    /// When it must be processed next. `None` if nothing is left to do.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.leased.or(self.again).or_else(|| [self.daily, self.summary].into_iter().flatten().min())
    }

    /// Starts the daily checks for a mail that nobody was notified of. `None` if they run.
    pub fn started(before: Option<&Self>, dealer: &DealerId, calendar: &Calendar, now: DateTime<Utc>) -> Option<Self> {
        let watch = before.cloned().unwrap_or_else(|| Self::new(dealer));
        match watch.daily {
            // The check that runs may not see the mail, because the index lags: another one follows it.
            Some(_) if !watch.idle => None,
            daily => Some(Self { daily: Some(daily.unwrap_or_else(|| next_morning(calendar, now))), idle: false, ..watch }),
        }
    }

    /// Counts a mail over the limit of reports. The summary follows at the end of the hour.
    pub fn over_limit(before: Option<&Self>, dealer: &DealerId, now: DateTime<Utc>) -> Self {
        let watch = before.cloned().unwrap_or_else(|| Self::new(dealer));
        let end = REPORTS.window.end(now);
        Self { summary: Some(watch.summary.map_or(end, |summary| summary.min(end))), over: watch.over.saturating_add(1), ..watch }
    }

    /// Leases the notice that is due. `None` if none is due.
    pub fn claim(&self, now: DateTime<Utc>) -> Option<(Self, MailNotice)> {
        self.due().filter(|due| *due <= now)?;
        let notice = match (self.summary, self.daily) {
            (Some(summary), _) if summary <= now => MailNotice::Summary(self.over, summary),
            (_, Some(daily)) if daily <= now => MailNotice::Daily,
            _ => return None,
        };
        // The lease ended without a result.
        let attempts = self.attempts + u32::from(self.leased.is_some());
        Some((Self { leased: Some(now + LEASE), again: None, attempts, ..self.clone() }, notice))
    }

    /// Returns the watch after the daily check, as it is stored over `stored`. `found` states whether a mail is open.
    pub fn checked(stored: &Self, found: bool, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let daily = (found || !stored.idle).then(|| next_morning(calendar, now));
        Self { daily, idle: !found && daily.is_some(), leased: None, again: None, attempts: 0, ..stored.clone() }
    }

    /// Returns the watch after a summary of `reported` mails, as it is stored over `stored`. Mails that were counted meanwhile get another
    /// one.
    pub fn summarised(stored: &Self, reported: u32, now: DateTime<Utc>) -> Self {
        let over = stored.over.saturating_sub(reported);
        let summary = (over > 0).then(|| REPORTS.window.end(now));
        Self { summary, over, leased: None, again: None, attempts: 0, ..stored.clone() }
    }

    /// Returns the watch after a summary that no attempt could send, as it is stored over `stored`: the mails stay counted, and the summary
    /// is due again in the morning.
    pub fn postponed(stored: &Self, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        Self { summary: Some(next_morning(calendar, now)), leased: None, again: None, attempts: 0, ..stored.clone() }
    }

    /// Returns the watch after an attempt that was not accepted, as it is stored over `stored`. A busy provider uses up no attempt. `None`
    /// if no attempt is left.
    pub fn missed(stored: &Self, retry: Retry, now: DateTime<Utc>) -> Option<Self> {
        let attempts = stored.attempts + u32::from(retry != Retry::Busy);
        let is_left = retry != Retry::Never && attempts < Lease::UNCLEAR_ATTEMPTS;
        is_left.then(|| Self { leased: None, again: Some(now + RETRY), attempts, ..stored.clone() })
    }
}

/// Returns the first opening of the next open day, or of this day if it is still to come. A day later if the dealer never opens.
fn next_morning(calendar: &Calendar, now: DateTime<Utc>) -> DateTime<Utc> {
    let days = calendar.date_of(now).iter_days().take(DAYS_AHEAD);
    let mut mornings = days.filter_map(|day| Some(calendar.openings_on(day).next()?.1.opens));
    mornings.find(|opens| *opens > now).unwrap_or(now + TimeDelta::days(1))
}
