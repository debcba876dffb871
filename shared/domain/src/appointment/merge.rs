//! Merges statements about an appointment: the latest one counts (APT-5).

use crate::appointment::{Appointment, AppointmentChange, AppointmentState, Attendance, Attended, Reinstatement};
use crate::base::{Actor, Refusal};
use crate::hours::Calendar;
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A statement about an appointment, made in Forecourt or reported by another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Since when it is true, by Forecourt's clock. Never later than the time of receipt.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub as_of: DateTime<Utc>,
    /// Since when it is true, by the clock of the other system. `None` if it was made in Forecourt.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    #[serde(rename = "told")]
    pub reported_as_of: Option<DateTime<Utc>>,
    /// The change.
    pub what: AppointmentChange,
    /// The actor.
    pub by: Actor,
}

impl Statement {
    /// Whether this statement is later. Two reports are compared by the reporting system's clock. A report and a local statement are
    /// compared by Forecourt's clock; at the same moment, the local statement counts.
    fn is_after(&self, other: &Self) -> bool {
        match (self.reported_as_of, other.reported_as_of) {
            (Some(own), Some(others)) => own > others,
            (own, others) => (self.as_of, own.is_none()) > (other.as_of, others.is_none()),
        }
    }

    /// Whether both are the same kind of change from the same kind of source, so that the later one replaces the other.
    fn replaces(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.what) == std::mem::discriminant(&other.what)
            && self.reported_as_of.is_some() == other.reported_as_of.is_some()
    }

    fn rank(&self) -> (DateTime<Utc>, &AppointmentChange) {
        (self.reported_as_of.unwrap_or(self.as_of), &self.what)
    }

    fn later<'a>(&'a self, other: &'a Self) -> &'a Self {
        if other.is_after(self) { other } else { self }
    }
}

/// The statements about an appointment: for each kind of change the latest local one and the latest reported one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Statements(Vec<Statement>);

impl Statements {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a statement, unless the known one of the same kind and source is equal or later.
    pub(crate) fn take(&mut self, statement: Statement) {
        match self.0.iter_mut().find(|known| known.replaces(&statement)) {
            Some(known) if known.rank() >= statement.rank() => {}
            Some(known) => *known = statement,
            None => self.0.push(statement),
        }
    }

    /// Returns the time of a local statement made at `now`: later than all previous statements.
    fn moment(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let after = self.0.iter().map(|known| known.as_of + TimeDelta::milliseconds(1)).max();
        after.map_or(now, |after| now.max(after))
    }

    fn latest(&self, of: impl Fn(&Statement) -> bool) -> Option<&Statement> {
        self.0.iter().filter(|statement| of(statement)).reduce(Statement::later)
    }

    fn is_moved_after(&self, statement: &Statement) -> bool {
        self.0.iter().any(|other| matches!(other.what, AppointmentChange::Moved { .. }) && other.is_after(statement))
    }

    /// The latest change of time, which counts.
    fn moved(&self) -> Option<&Statement> {
        self.latest(|statement| matches!(statement.what, AppointmentChange::Moved { .. }))
    }

    /// The cancellation that counts: the latest one, unless a later change of time reinstated the appointment. At the same moment, the
    /// cancellation counts.
    fn cancelled(&self) -> Option<&Statement> {
        self.latest(|statement| statement.what == AppointmentChange::Cancelled && !self.is_moved_after(statement))
    }

    /// The attendance that counts for an appointment at the time `at`: the latest one. A statement before the last change of time belongs
    /// to another visit. A report from before the day of the visit is ignored; it counts if the visit is later moved to that day or an
    /// earlier one.
    fn attended(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<&Statement> {
        self.latest(|statement| {
            let AppointmentChange::Attended { is, .. } = statement.what else { return false };
            let early = statement.reported_as_of.is_some() && is != Attended::Unknown && is_before_day(statement.as_of, at, calendar);
            !early && !self.is_moved_after(statement)
        })
    }
}

/// Whether `now` is before the day of a visit at the time `at`, in the dealer's time zone. Attendance cannot be known before that day.
pub(crate) fn is_before_day(now: DateTime<Utc>, at: DateTime<Utc>, calendar: &Calendar) -> bool {
    calendar.date_of(now) < calendar.date_of(at)
}

/// Checks that attendance is recorded on the day of the visit or later, in the dealer's time zone.
///
/// # Errors
/// 422 before that day (APT-4).
pub fn on_its_day(is: Attended, at: DateTime<Utc>, dealer: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
    if is != Attended::Unknown && is_before_day(now, at, &dealer.settings.calendar) {
        return Err(Refusal::field("attendance", "APT-4", "must not be recorded before the day of the appointment"));
    }
    Ok(())
}

/// Checks that a future appointment is not moved to a past time: the customer would come for nothing.
///
/// # Errors
/// 422 for a past time (APT-3).
pub fn not_to_the_past(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if from > now && to <= now {
        return Err(Refusal::field("at", "APT-3", "must not be in the past while the appointment is still to come; cancel it instead"));
    }
    Ok(())
}

impl Appointment {
    /// Returns the appointment after a local change at `now`. The change counts, whatever the times of earlier statements.
    #[must_use]
    pub fn with_local_change(&self, what: AppointmentChange, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        self.with(Statement { as_of: self.statements.moment(now), reported_as_of: None, what, by: by.clone() }, calendar, now)
    }

    /// Returns the appointment after a statement. Repeated statements and their order make no difference.
    #[must_use]
    pub fn with(&self, statement: Statement, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        after.statements.take(statement);
        if after.statements != self.statements {
            after.follow(calendar, now);
        }
        after
    }

    /// Updates time, state and attendance from the statements. The previous values are recorded.
    fn follow(&mut self, calendar: &Calendar, now: DateTime<Utc>) {
        let statements = std::mem::take(&mut self.statements);
        if let Some(Statement { what: AppointmentChange::Moved { to }, by, .. }) = statements.moved()
            && *to != self.at
        {
            self.move_to(*to, by.clone(), now);
        }
        let state = statements
            .cancelled()
            .map_or(AppointmentState::Booked, |Statement { as_of: at, by, .. }| AppointmentState::Cancelled { at: *at, by: by.clone() });
        if state.is_cancelled() != self.state.is_cancelled() {
            self.sequence += 1;
        }
        if let (AppointmentState::Cancelled { at, by }, AppointmentState::Booked) = (&self.state, &state) {
            let again = statements.moved().map_or_else(|| by.clone(), |moved| moved.by.clone());
            let undone = Reinstatement { at: *at, by: by.clone(), again_at: now, again };
            self.undone.push(undone);
            if self.undone.len() > Self::MOVES {
                self.undone.remove(0);
            }
        }
        self.state = state;
        self.mark(statements.attended(self.at, calendar).map(Attendance::from).unwrap_or_default());
        self.statements = statements;
    }
}

impl From<&Statement> for Attendance {
    fn from(statement: &Statement) -> Self {
        let AppointmentChange::Attended { is, reason } = &statement.what else { return Self::default() };
        Self { is: *is, as_of: Some(statement.as_of), by: Some(statement.by.clone()), reason: reason.clone() }
    }
}
