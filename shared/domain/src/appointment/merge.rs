//! Merges statements about an appointment: the latest counts (APT-5).

use crate::appointment::{Appointment, AppointmentChange, AppointmentState, Attendance, Attended, Reinstatement};
use crate::base::{Actor, Refusal};
use crate::hours::Calendar;
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Something that was said of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Since when it is so by our clock: never later than when it was first heard.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub as_of: DateTime<Utc>,
    /// Since when it is so by the clock of another system; `None`: it was said here.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub told: Option<DateTime<Utc>>,
    /// What.
    pub what: AppointmentChange,
    /// By whom.
    pub by: Actor,
}

impl Statement {
    /// Whether this is later. Of what is told, the teller's clock says; beside what was said here, ours: at the same moment that counts.
    fn is_after(&self, other: &Self) -> bool {
        match (self.told, other.told) {
            (Some(own), Some(others)) => own > others,
            (own, others) => (self.as_of, own.is_none()) > (other.as_of, others.is_none()),
        }
    }

    /// Whether both say the same thing of the same source, so that the later takes the place of the other.
    fn replaces(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.what) == std::mem::discriminant(&other.what) && self.told.is_some() == other.told.is_some()
    }

    fn rank(&self) -> (DateTime<Utc>, &AppointmentChange) {
        (self.told.unwrap_or(self.as_of), &self.what)
    }

    fn later<'a>(&'a self, other: &'a Self) -> &'a Self {
        if other.is_after(self) { other } else { self }
    }
}

/// What was said of an appointment: of each thing the latest that was said here, and the latest that was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Statements(Vec<Statement>);

impl Statements {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in one more, unless what is known of its source is the same or later.
    pub(crate) fn take(&mut self, statement: Statement) {
        match self.0.iter_mut().find(|known| known.replaces(&statement)) {
            Some(known) if known.rank() >= statement.rank() => {}
            Some(known) => *known = statement,
            None => self.0.push(statement),
        }
    }

    /// When something that is said here at `now` is so: after all that was said before.
    fn moment(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let after = self.0.iter().map(|known| known.as_of + TimeDelta::milliseconds(1)).max();
        after.map_or(now, |after| now.max(after))
    }

    fn latest(&self, of: impl Fn(&Statement) -> bool) -> Option<&Statement> {
        self.0.iter().filter(|said| of(said)).reduce(Statement::later)
    }

    fn is_moved_after(&self, said: &Statement) -> bool {
        self.0.iter().any(|other| matches!(other.what, AppointmentChange::Moved { .. }) && other.is_after(said))
    }

    /// The move that counts: the latest.
    fn moved(&self) -> Option<&Statement> {
        self.latest(|said| matches!(said.what, AppointmentChange::Moved { .. }))
    }

    /// The cancellation that counts: the latest, unless a move after it made the appointment stand again. At the same moment the cancellation counts.
    fn cancelled(&self) -> Option<&Statement> {
        self.latest(|said| said.what == AppointmentChange::Cancelled && !self.is_moved_after(said))
    }

    /// The attendance that counts of an appointment `at` a time: the latest. What was said before it was moved is of another visit; what another
    /// system tells before the day of the visit counts once it turns out to be on that day or before.
    fn attended(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<&Statement> {
        self.latest(|said| {
            let AppointmentChange::Attended { is, .. } = said.what else { return false };
            let early = said.told.is_some() && is != Attended::Unknown && is_before_day(said.as_of, at, calendar);
            !early && !self.is_moved_after(said)
        })
    }
}

/// Whether `now` is before the dealer's day on which a visit `at` a time is: nobody can have come, or not.
pub(crate) fn is_before_day(now: DateTime<Utc>, at: DateTime<Utc>, calendar: &Calendar) -> bool {
    calendar.date_of(now) < calendar.date_of(at)
}

/// Insists that whether the customer came is said on the day of the visit, as the dealer's calendar has it, or after.
///
/// # Errors
/// 422 before that day (APT-4).
pub fn on_its_day(is: Attended, at: DateTime<Utc>, dealer: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
    if is != Attended::Unknown && is_before_day(now, at, &dealer.settings.calendar) {
        return Err(Refusal::field("attendance", "APT-4", "must not be said before the day of the appointment"));
    }
    Ok(())
}

/// Insists that one that is still to come is not moved to a time that is over: its customer could only come in vain.
///
/// # Errors
/// 422 for a time that is not to come (APT-3).
pub fn not_to_the_past(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if from > now && to <= now {
        return Err(Refusal::field("at", "APT-3", "must not be over already, as the customer is still to come: call it off instead"));
    }
    Ok(())
}

impl Appointment {
    /// The same after `what` was said here at `now`: it counts, whatever was said before by whatever clock.
    #[must_use]
    pub fn with_local_change(&self, what: AppointmentChange, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        self.with(Statement { as_of: self.said_of.moment(now), told: None, what, by: by.clone() }, calendar, now)
    }

    /// The same after a statement, however often and in whatever order it comes.
    #[must_use]
    pub fn with(&self, statement: Statement, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        after.said_of.take(statement);
        if after.said_of != self.said_of {
            after.follow(calendar, now);
        }
        after
    }

    /// Becomes what was said of it; what it was before stays on record.
    fn follow(&mut self, calendar: &Calendar, now: DateTime<Utc>) {
        let said = std::mem::take(&mut self.said_of);
        if let Some(Statement { what: AppointmentChange::Moved { to }, by, .. }) = said.moved()
            && *to != self.at
        {
            self.move_to(*to, by.clone(), now);
        }
        let state = said
            .cancelled()
            .map_or(AppointmentState::Booked, |Statement { as_of: at, by, .. }| AppointmentState::Cancelled { at: *at, by: by.clone() });
        if state.is_cancelled() != self.state.is_cancelled() {
            self.sequence += 1;
        }
        if let (AppointmentState::Cancelled { at, by }, AppointmentState::Booked) = (&self.state, &state) {
            let again = said.moved().map_or_else(|| by.clone(), |moved| moved.by.clone());
            let undone = Reinstatement { at: *at, by: by.clone(), again_at: now, again };
            self.undone.push(undone);
            if self.undone.len() > Self::MOVES {
                self.undone.remove(0);
            }
        }
        self.state = state;
        self.mark(said.attended(self.at, calendar).map(Attendance::from).unwrap_or_default());
        self.said_of = said;
    }
}

impl From<&Statement> for Attendance {
    fn from(said: &Statement) -> Self {
        let AppointmentChange::Attended { is, reason } = &said.what else { return Self::default() };
        Self { is: *is, as_of: Some(said.as_of), by: Some(said.by.clone()), reason: reason.clone() }
    }
}
