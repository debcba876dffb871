//! Whether the customer of an appointment came, and the rules that record it (APT-4, APT-12).

use crate::appointment::{Appointment, AppointmentChange, Statement};
use crate::base::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether the customer came (APT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum Attended {
    /// Not recorded, or recorded as a value of another release.
    #[default]
    Unknown,
    /// The customer came.
    Completed,
    /// The customer did not come.
    NoShow,
}

impl From<String> for Attended {
    fn from(stored: String) -> Self {
        Self::NAMES.iter().find(|(name, _)| *name == stored).map(|(_, is)| *is).unwrap_or_default()
    }
}

impl Attended {
    /// Every value with its name in the API.
    pub const NAMES: [(&'static str, Attended); 3] =
        [("unknown", Attended::Unknown), ("completed", Attended::Completed), ("no_show", Attended::NoShow)];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, is)| *is == self).map_or("unknown", |(name, _)| name)
    }
}

/// The recorded attendance and its time. Of two records, the one with the later own time counts (APT-5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Whether the customer came.
    pub is: Attended,
    /// Since when it is true, by the clock of the source.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    /// The actor who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The reason for a no-show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rule that recorded it. `None` if a person or another system did (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<VisitRule>,
}

/// A rule that records attendance if nobody else does (APT-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum VisitRule {
    /// The customer arrived, and the day of the visit is over.
    Arrival,
    /// The hours after which the dealer lets a visit become a no-show have passed.
    NoShow {
        /// The time of the visit. The record counts for this time only.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        visit: DateTime<Utc>,
    },
    /// A rule of another release.
    #[serde(other)]
    Unknown,
}

impl VisitRule {
    /// The reason of a no-show that a rule recorded.
    pub(crate) const NO_SHOW_REASON: &'static str = "not_marked";

    /// Returns the name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            VisitRule::Arrival => "arrival",
            VisitRule::NoShow { .. } => "no_show_after_hours",
            VisitRule::Unknown => "unknown",
        }
    }
}

impl Attendance {
    /// Returns the author as the history names it: a rule as `rule:…`, and anybody else as `named` does. `None` if nobody recorded it.
    pub fn author(&self, named: impl Fn(&Actor) -> String) -> Option<String> {
        match &self.rule {
            Some(rule) => Some(format!("rule:{}", rule.name())),
            None => self.by.as_ref().map(named),
        }
    }
}

impl From<&Statement> for Attendance {
    fn from(statement: &Statement) -> Self {
        let AppointmentChange::Attended { is, reason } = &statement.what else { return Self::default() };
        let (as_of, by, rule) = (Some(statement.as_of), Some(statement.by.clone()), statement.rule.clone());
        Self { is: *is, as_of, by, reason: reason.clone(), rule }
    }
}

impl Appointment {
    /// Records the attendance and keeps the previous record. A no-show ends the arrival.
    pub(crate) fn mark(&mut self, attendance: Attendance, now: DateTime<Utc>) {
        if self.attendance == attendance {
            return;
        }
        if attendance.is == Attended::NoShow {
            self.end_arrival(attendance.by.as_ref().unwrap_or(&Actor::System), now, true);
        }
        if attendance.is == Attended::Unknown && self.attendance.is != Attended::Unknown {
            // The visit is to be marked again, also by the dealer's rule.
            self.visit_check.noticed = None;
        }
        let before = std::mem::replace(&mut self.attendance, attendance);
        if before.as_of.is_some() {
            self.marked.push(before);
            self.marked.drain(..self.marked.len().saturating_sub(Self::MOVES));
        }
    }
}
