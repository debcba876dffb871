//! Merges statements about an appointment: the latest one counts (APT-5).

use crate::appointment::{Appointment, AppointmentChange, AppointmentState, Arrival, Attendance, Attended, Reinstatement, VisitRule};
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
    /// The rule that made it. `None` if a person or another system did (APT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<VisitRule>,
}

impl Statement {
    /// Whether this statement is later. Two reports are compared by the reporting system's clock. A report and a local statement are
    /// compared by Forecourt's clock; at the same moment, the local statement counts. A no-show by the dealer's rule is earlier than every
    /// other statement about the attendance: it counts only as long as nobody knows better.
    fn is_after(&self, other: &Self) -> bool {
        let about_attendance = [self, other].iter().all(|one| matches!(one.what, AppointmentChange::Attended { .. }));
        let assumed = |one: &Self| about_attendance && matches!(one.rule, Some(VisitRule::NoShow { .. }));
        if assumed(self) != assumed(other) {
            return assumed(other);
        }
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

    /// Whether it is about a time before the arrival. At the same moment, a local statement is later than the arrival.
    fn precedes(&self, arrival: &Arrival) -> bool {
        if self.reported_as_of.is_some() { self.as_of <= arrival.at } else { self.as_of < arrival.at }
    }

    /// Whether the arrival disproves it: the customer was there after the no-show, after the cancellation, or after a report of a move to
    /// another day.
    fn is_disproved_by(&self, arrival: &Arrival, calendar: &Calendar) -> bool {
        self.precedes(arrival)
            && match &self.what {
                AppointmentChange::Moved { to } => self.reported_as_of.is_some() && calendar.date_of(*to) != calendar.date_of(arrival.at),
                AppointmentChange::Cancelled { .. } => true,
                AppointmentChange::Attended { is, .. } => *is == Attended::NoShow,
            }
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

    /// Returns the statements that an arrival does not disprove.
    fn heeded(&self, arrival: Option<&Arrival>, calendar: &Calendar) -> Self {
        let heeded = |statement: &&Statement| arrival.is_none_or(|arrival| !statement.is_disproved_by(arrival, calendar));
        Self(self.0.iter().filter(heeded).cloned().collect())
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
        self.latest(|statement| matches!(statement.what, AppointmentChange::Cancelled { .. }) && !self.is_moved_after(statement))
    }

    /// The attendance that counts for an appointment at the time `at`: the latest one. A statement before the last change of time belongs
    /// to another visit. A report from before the day of the visit is ignored; it counts if the visit is later moved to that day or an
    /// earlier one.
    fn attended(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<&Statement> {
        self.latest(|statement| {
            let AppointmentChange::Attended { is, .. } = statement.what else { return false };
            let early = statement.reported_as_of.is_some() && is != Attended::Unknown && is_before_day(statement.as_of, at, calendar);
            let of_other_visit = matches!(&statement.rule, Some(VisitRule::NoShow { visit }) if *visit != at);
            !early && !of_other_visit && !self.is_moved_after(statement)
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
        self.with(Statement { as_of: self.statements.moment(now), reported_as_of: None, what, by: by.clone(), rule: None }, calendar, now)
    }

    /// Returns the appointment after the attendance that a rule records at `now`, if nobody else has recorded it.
    #[must_use]
    pub(crate) fn with_rule(&self, rule: VisitRule, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let (what, as_of) = match &rule {
            VisitRule::NoShow { .. } => {
                let reason = Some(VisitRule::NO_SHOW_REASON.to_owned());
                (AppointmentChange::Attended { is: Attended::NoShow, reason }, self.statements.moment(now))
            }
            // The customer was there from the arrival on.
            VisitRule::Arrival | VisitRule::Unknown => {
                let arrived = self.arrived.as_ref().map_or(now, |arrival| arrival.at);
                (AppointmentChange::Attended { is: Attended::Completed, reason: None }, arrived)
            }
        };
        self.with(Statement { as_of, reported_as_of: None, what, by: Actor::System, rule: Some(rule) }, calendar, now)
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

    /// Takes back the arrival. The statements that it disproved count again.
    pub(crate) fn without_arrival(&mut self, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) {
        let disproves = self.statements.heeded(self.arrived.as_ref(), calendar) != self.statements;
        self.end_arrival(by, now, true);
        if disproves {
            self.follow(calendar, now);
        }
    }

    /// Updates time, state and attendance from the statements that the arrival does not disprove. The previous values are recorded.
    fn follow(&mut self, calendar: &Calendar, now: DateTime<Utc>) {
        let had_arrived = self.arrived.is_some();
        let all = std::mem::take(&mut self.statements);
        let statements = all.heeded(self.arrived.as_ref(), calendar);
        if let Some(moved @ Statement { what: AppointmentChange::Moved { to }, by, .. }) = statements.moved()
            && *to != self.at
        {
            if !self.arrived.as_ref().is_some_and(|arrival| moved.precedes(arrival)) {
                self.end_arrival(by, now, false);
            }
            self.move_to(*to, by.clone(), now);
        }
        let state = statements.cancelled().map_or(AppointmentState::Booked, AppointmentState::from);
        if state.is_cancelled() != self.state.is_cancelled() {
            self.sequence += 1;
        }
        if let (AppointmentState::Cancelled { at, by, why }, AppointmentState::Booked) = (&self.state, &state) {
            let again = statements.moved().map_or_else(|| by.clone(), |moved| moved.by.clone());
            let undone = Reinstatement { at: *at, by: by.clone(), why: why.clone(), again_at: now, again };
            self.undone.push(undone);
            if self.undone.len() > Self::MOVES {
                self.undone.remove(0);
            }
        }
        if let (AppointmentState::Booked | AppointmentState::Unknown, AppointmentState::Cancelled { by, .. }) = (&self.state, &state) {
            self.end_confirmation(by, now, false);
            self.end_arrival(by, now, false);
        }
        self.state = state;
        self.mark(statements.attended(self.at, calendar).map(Attendance::from).unwrap_or_default(), now);
        // A later statement that ends the arrival is also later than all that the arrival disproved.
        self.statements = if had_arrived && self.arrived.is_none() { statements } else { all };
    }
}

impl From<&Statement> for AppointmentState {
    /// The state that follows from the cancellation that counts.
    fn from(cancelled: &Statement) -> Self {
        let AppointmentChange::Cancelled { why } = &cancelled.what else { return Self::Booked };
        Self::Cancelled { at: cancelled.as_of, by: cancelled.by.clone(), why: why.clone() }
    }
}
