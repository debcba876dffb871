//! Reports of other systems about an appointment (APT-4, APT-5).

use crate::appointment::{Appointment, Attendance, Attended, Statement, is_before_day};
use crate::base::{Actor, AppointmentId, AppointmentKind, DealerId, PartnerId};
use crate::hours::Calendar;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What somebody says of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Since when it is so, by the clock of who says it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub as_of: DateTime<Utc>,
    /// What.
    pub what: AppointmentChange,
}

/// What becomes of an appointment. At the same moment the greater counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "becomes")]
pub enum AppointmentChange {
    /// It takes place at another time.
    Moved {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
    },
    /// It is called off.
    Cancelled,
    /// The customer came, or did not, or nobody knows after all.
    Attended {
        /// Whether.
        is: Attended,
        /// Why, of a no-show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// What was said of an appointment that nobody here knows yet: of each thing the latest (APT-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReports {
    /// The appointment that it will be.
    pub id: AppointmentId,
    /// Who says so.
    pub partner: PartnerId,
    /// When the latest of it came.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub came: DateTime<Utc>,
    /// What: at most one of each kind.
    pub reports: Vec<Report>,
}

impl PendingReports {
    /// How long it waits for its appointment: 400 days.
    const KEPT: TimeDelta = TimeDelta::days(400);
    /// How long it is kept empty: longer than anybody takes to tell.
    const EMPTY: TimeDelta = TimeDelta::days(1);

    /// The same when its appointment is made, which has heard it all: empty. It is written with the appointment, so that who tells in the same
    /// moment and has seen no appointment is refused, and looks again (APT-5).
    pub fn emptied(id: &AppointmentId, partner: &PartnerId, now: DateTime<Utc>) -> Self {
        Self { id: id.clone(), partner: partner.clone(), came: now, reports: Vec::new() }
    }

    /// Until when it is kept.
    pub fn until(&self) -> DateTime<Utc> {
        self.came + if self.reports.is_empty() { Self::EMPTY } else { Self::KEPT }
    }

    /// Takes in one more. `None`: what is known is later.
    pub fn with(before: Option<&Self>, id: &AppointmentId, partner: &PartnerId, report: &Report, now: DateTime<Utc>) -> Option<Self> {
        let mut early = before.cloned().unwrap_or_else(|| Self::emptied(id, partner, now));
        let same = |known: &&mut Report| std::mem::discriminant(&known.what) == std::mem::discriminant(&report.what);
        match early.reports.iter_mut().find(same) {
            Some(known) if (known.as_of, &known.what) >= (report.as_of, &report.what) => return None,
            Some(known) => *known = report.clone(),
            None => early.reports.push(report.clone()),
        }
        early.came = now;
        Some(early)
    }
}

/// What a dealer's own system told of that is not processed here (APT-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprocessed {
    /// At which dealer.
    pub dealer: DealerId,
    /// Telephone appointments.
    pub telephone: u64,
    /// E-mail appointments.
    pub email: u64,
    /// When the latest came.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub latest: DateTime<Utc>,
}

impl Unprocessed {
    /// The count with one more of `kind`.
    pub fn with(before: Option<&Self>, dealer: &DealerId, kind: AppointmentKind, now: DateTime<Utc>) -> Self {
        let (telephone, email) = before.map_or((0, 0), |before| (before.telephone, before.email));
        let by_mail = u64::from(kind == AppointmentKind::Email);
        Self { dealer: dealer.clone(), telephone: telephone + 1 - by_mail, email: email + by_mail, latest: now }
    }
}

impl Appointment {
    /// Notes what is known of the attendance; what was known before is kept.
    pub(crate) fn mark(&mut self, attendance: Attendance) {
        if self.attendance == attendance {
            return;
        }
        let before = std::mem::replace(&mut self.attendance, attendance);
        if before.as_of.is_some() {
            self.marked.push(before);
            if self.marked.len() > Self::MOVES {
                self.marked.remove(0);
            }
        }
    }

    /// The same after `report` was told by `by`: the latest by the teller's own clock counts, whenever it comes. A clock that is ahead is
    /// believed as far as to the moment at which it was first heard.
    #[must_use]
    pub fn with_report(&self, report: &Report, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let Report { as_of, what } = report.clone();
        self.with(Statement { as_of: as_of.min(now), told: Some(as_of), what, by: by.clone() }, calendar, now)
    }

    /// Whether `report` says before the day of the visit whether the customer came, so that it does not count.
    pub fn is_early(&self, report: &Report, calendar: &Calendar, now: DateTime<Utc>) -> bool {
        let said = matches!(report.what, AppointmentChange::Attended { is, .. } if is != Attended::Unknown);
        said && is_before_day(report.as_of.min(now), self.at, calendar)
    }

    /// Whether time, cancellation and attendance are the same.
    pub fn is_as(&self, other: &Self) -> bool {
        (self.at, &self.state, &self.attendance) == (other.at, &other.state, &other.attendance)
    }
}
