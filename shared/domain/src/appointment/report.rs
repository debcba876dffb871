//! Reports from other systems about an appointment (APT-4, APT-5).

use crate::appointment::{Appointment, Attended, Statement, is_before_day};
use crate::base::{Actor, AppointmentId, AppointmentKind, Cancellation, DealerId, PartnerId, is_default};
use crate::hours::Calendar;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A report about an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Since when it is true, by the clock of the reporting system.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub as_of: DateTime<Utc>,
    /// The change.
    pub what: AppointmentChange,
}

/// A change of an appointment. Of two changes at the same moment, the greater one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "becomes")]
pub enum AppointmentChange {
    /// It was rescheduled.
    Moved {
        /// The new time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
    },
    /// It was cancelled.
    Cancelled {
        /// Why and from which side.
        #[serde(default, skip_serializing_if = "is_default")]
        why: Cancellation,
    },
    /// The attendance was recorded, or reset to unknown.
    Attended {
        /// The attendance.
        is: Attended,
        /// The reason for a no-show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// Reports about an appointment that does not exist in Forecourt yet: the latest of each kind (APT-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReports {
    /// The future id of the appointment.
    pub id: AppointmentId,
    /// The partner that reports.
    pub partner: PartnerId,
    /// When the latest report arrived.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub came: DateTime<Utc>,
    /// The reports, at most one of each kind.
    pub reports: Vec<Report>,
}

impl PendingReports {
    /// How long reports wait for their appointment: 400 days.
    const KEPT: TimeDelta = TimeDelta::days(400);
    /// How long the empty item is kept: longer than any report takes to be processed.
    const EMPTY: TimeDelta = TimeDelta::days(1);

    /// Returns the empty item that is written when the appointment is created with all pending reports. It is committed together with the
    /// appointment: a report that arrives at the same moment and has read no appointment then fails to commit, and is processed again
    /// (APT-5).
    pub fn emptied(id: &AppointmentId, partner: &PartnerId, now: DateTime<Utc>) -> Self {
        Self { id: id.clone(), partner: partner.clone(), came: now, reports: Vec::new() }
    }

    /// When it expires.
    pub fn until(&self) -> DateTime<Utc> {
        self.came + if self.reports.is_empty() { Self::EMPTY } else { Self::KEPT }
    }

    /// Adds a report. `None` if the known report of this kind is equal or later.
    pub fn with(before: Option<&Self>, id: &AppointmentId, partner: &PartnerId, report: &Report, now: DateTime<Utc>) -> Option<Self> {
        let mut pending = before.cloned().unwrap_or_else(|| Self::emptied(id, partner, now));
        let same = |known: &&mut Report| std::mem::discriminant(&known.what) == std::mem::discriminant(&report.what);
        match pending.reports.iter_mut().find(same) {
            Some(known) if (known.as_of, &known.what) >= (report.as_of, &report.what) => return None,
            Some(known) => *known = report.clone(),
            None => pending.reports.push(report.clone()),
        }
        pending.came = now;
        Some(pending)
    }
}

/// Counts the appointments of a dealer's own system that Forecourt does not process (APT-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprocessed {
    /// The dealer.
    pub dealer: DealerId,
    /// Telephone appointments.
    pub telephone: u64,
    /// E-mail appointments.
    pub email: u64,
    /// When the latest report arrived.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub latest: DateTime<Utc>,
}

impl Unprocessed {
    /// Returns the count with one more of `kind`.
    pub fn with(before: Option<&Self>, dealer: &DealerId, kind: AppointmentKind, now: DateTime<Utc>) -> Self {
        let (telephone, email) = before.map_or((0, 0), |before| (before.telephone, before.email));
        let by_mail = u64::from(kind == AppointmentKind::Email);
        Self { dealer: dealer.clone(), telephone: telephone + 1 - by_mail, email: email + by_mail, latest: now }
    }
}

impl Appointment {
    /// Returns the appointment after a report by `by`. Whenever reports arrive, the latest by the reporting system's clock counts. A clock
    /// that is ahead is accepted only up to the time of receipt.
    #[must_use]
    pub fn with_report(&self, report: &Report, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let Report { as_of, what } = report.clone();
        self.with(Statement { as_of: as_of.min(now), reported_as_of: Some(as_of), what, by: by.clone(), rule: None }, calendar, now)
    }

    /// Whether `report` records attendance before the day of the visit, so that it does not count.
    pub fn is_early(&self, report: &Report, calendar: &Calendar, now: DateTime<Utc>) -> bool {
        let recorded = matches!(report.what, AppointmentChange::Attended { is, .. } if is != Attended::Unknown);
        recorded && is_before_day(report.as_of.min(now), self.at, calendar)
    }

    /// Whether time, cancellation and attendance are equal.
    pub fn is_as(&self, other: &Self) -> bool {
        (self.at, &self.state, &self.attendance) == (other.at, &other.state, &other.attendance)
    }
}
