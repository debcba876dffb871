//! What happens after a visit whose attendance nobody has recorded (APT-12).

use crate::appointment::{Appointment, Attendance, Attended, VisitRule};
use crate::settings::{Capacity, CapacityDraft, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// For how many days after a visit without a recorded attendance the supervisor gets it in the list of the day.
pub const UNMARKED_DAYS: i64 = 14;

/// How long after a visit the dealer's rule can still begin to apply to it. A later change of an old appointment starts no rule.
const RECENT: TimeDelta = TimeDelta::days(7);

/// When an appointment is checked after its visit, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VisitCheck {
    /// When it is checked next. `None` if nothing is left to do.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The time of the visit whose end was noticed without a recorded attendance.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub noticed: Option<DateTime<Utc>>,
    /// The time of the visit that becomes a no-show by the dealer's rule, unless somebody records the attendance.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub awaited: Option<DateTime<Utc>>,
}

/// What a check after a visit finds.
#[derive(Debug, Clone, PartialEq)]
pub enum DueVisitCheck {
    /// A rule records the attendance.
    Rule(VisitRule),
    /// The visit is over, and nobody has recorded the attendance.
    Unmarked(Box<Appointment>),
    /// Nothing, as yet. The appointment has the time of the next check.
    Nothing(Box<Appointment>),
}

impl Appointment {
    /// Returns when the visit ends, by the duration of its kind.
    pub fn ends(&self, settings: &DealerSettings) -> DateTime<Utc> {
        let capacity = Capacity::resolve(&settings.capacity, &CapacityDraft::default());
        self.at.checked_add_signed(capacity.duration(self.kind.event_type())).unwrap_or(self.at)
    }

    /// Whether the visit is over, and nobody has recorded whether the customer came.
    pub fn is_unmarked(&self, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        self.is_open_visit() && !self.counts_as_arrived() && self.ends(settings) <= now
    }

    fn is_open_visit(&self) -> bool {
        !self.state.is_cancelled() && self.attendance.is == Attended::Unknown
    }

    /// Whether the customer has arrived, and nobody has recorded another attendance since.
    fn counts_as_arrived(&self) -> bool {
        self.arrived.as_ref().is_some_and(|arrival| self.attendance.as_of.is_none_or(|as_of| as_of <= arrival.at))
    }

    /// Plans the next check after the visit.
    pub(crate) fn plan_visit_check(&mut self, settings: &DealerSettings) {
        self.visit_check.due = self.next_visit_check(settings);
    }

    fn next_visit_check(&self, settings: &DealerSettings) -> Option<DateTime<Utc>> {
        if !self.is_open_visit() {
            return None;
        }
        let calendar = &settings.calendar;
        match () {
            () if self.counts_as_arrived() => calendar.begins(calendar.date_of(self.at).succ_opt()?),
            () if self.visit_check.noticed != Some(self.at) => Some(self.ends(settings)),
            () => self.no_show_at(settings),
        }
    }

    /// Returns when the visit becomes a no-show: after the dealer's hours, counted within the opening hours from the end of the visit, or
    /// from the moment at which its time was set or a mark was taken back if that is later. `None` if the rule does not apply, also because
    /// the customer has arrived, or because the rule has judged this time already and somebody has taken that back.
    fn no_show_at(&self, settings: &DealerSettings) -> Option<DateTime<Utc>> {
        let hours = settings.appointments.no_show_after_hours;
        let judged = |mark: &Attendance| matches!(&mark.rule, Some(VisitRule::NoShow { visit }) if *visit == self.at);
        if hours == 0 || self.visit_check.awaited != Some(self.at) || self.arrived.is_some() || self.marked.iter().any(judged) {
            return None;
        }
        let set = self.moved.last().map_or(self.created, |moved| moved.at).max(self.attendance.as_of.unwrap_or(self.created));
        settings.calendar.add(self.ends(settings).max(set), TimeDelta::hours(hours.into())).ok()
    }

    /// Returns what the check that is due finds. `None` if none is due.
    pub(crate) fn check_visit(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<DueVisitCheck> {
        self.visit_check.due.filter(|due| *due <= now)?;
        let mut after = self.clone();
        after.plan_visit_check(settings);
        if after.visit_check.due.is_none_or(|due| due > now) {
            return Some(DueVisitCheck::Nothing(Box::new(after)));
        }
        if self.counts_as_arrived() {
            return Some(DueVisitCheck::Rule(VisitRule::Arrival));
        }
        if self.visit_check.noticed == Some(self.at) {
            return Some(DueVisitCheck::Rule(VisitRule::NoShow { visit: self.at }));
        }
        after.visit_check.noticed = Some(self.at);
        let is_recent = self.ends(settings) + RECENT >= now;
        after.visit_check.awaited = Some(self.at).filter(|_| is_recent && settings.appointments.no_show_after_hours > 0);
        after.plan_visit_check(settings);
        Some(DueVisitCheck::Unmarked(Box::new(after)))
    }
}
