//! The plan of a lead: its deadline, reminder and escalation steps (ESC-1 to ESC-5).

use crate::base::StepKind;
use crate::hours::{Calendar, NoHours};
use crate::lead::Lead;
use crate::settings::{Dealer, Escalation};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// One step: when it is due, when it is planned, and when it fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which step.
    pub kind: StepKind,
    /// When it is due; the next step counts from this time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub due: DateTime<Utc>,
    /// When it is planned to fire: at `due`, or after the day off if `due` is on one (ESC-5).
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it fired. A step fires once (ESC-8).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub fired: Option<DateTime<Utc>>,
}

/// The first-contact deadline of a lead with its steps, in order (LEAD-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(Vec<Step>);

/// The time from which a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStart {
    /// When the enquiry was sent: deadlines count from here.
    pub counted: DateTime<Utc>,
    /// When it arrived: no step happens before the user had the reminder's time. Equal to `counted`, unless it waited in a queue.
    pub seen: DateTime<Utc>,
}

impl From<DateTime<Utc>> for ClockStart {
    fn from(at: DateTime<Utc>) -> Self {
        Self { counted: at, seen: at }
    }
}

impl Plan {
    /// Computes the steps of a lead whose clock starts at `start`. `None` if the dealer has switched level 1 off (SET-3).
    ///
    /// # Errors
    /// [`NoHours`] if the calendar has no opening hours to count in (CLK-6).
    pub fn new(escalation: Escalation, calendar: &Calendar, start: ClockStart) -> Result<Option<Self>, NoHours> {
        Self::none().moved(escalation, calendar, start)
    }

    /// A plan without steps.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Recomputes the plan for other hours or durations. Steps that have fired stay unchanged (SET-11, DIS-7).
    ///
    /// # Errors
    /// [`NoHours`] if the calendar has no opening hours to count in (CLK-6).
    pub fn moved(&self, escalation: Escalation, calendar: &Calendar, start: ClockStart) -> Result<Option<Self>, NoHours> {
        let ClockStart { counted, seen } = start;
        let late = seen > counted;
        // An enquiry that waited in a queue may be overdue when it arrives: each step then leaves the reminder's time, in opening hours.
        let given = minutes(escalation.reminder.min(escalation.level_1));
        let not_before = |at: DateTime<Utc>| if late { calendar.add(at, given) } else { Ok(at) };
        let mut steps: Vec<Step> = self.0.iter().copied().filter(|s| s.fired.is_some()).collect();
        let done = |kind| self.step(kind).filter(|s| s.fired.is_some());
        let mut plan = |kind, due: DateTime<Utc>, earliest: DateTime<Utc>| -> Result<(), NoHours> {
            if done(kind).is_none() {
                steps.push(Step { kind, due, at: calendar.holds_day_off(due.max(earliest))?, fired: None });
            }
            Ok(())
        };
        if escalation.level_1 > 0 {
            let level_1 = match done(StepKind::Level1) {
                Some(step) => step.due,
                None => calendar.add(counted, minutes(escalation.level_1))?,
            };
            let reminder = level_1 - minutes(escalation.reminder);
            if escalation.reminder > 0 && reminder >= seen && done(StepKind::Level1).is_none() {
                plan(StepKind::Reminder, reminder, reminder)?;
            }
            let earliest = not_before(seen)?;
            plan(StepKind::Level1, level_1, earliest)?;
            if escalation.level_2 > 0 {
                let level_2 = level_1 + minutes(escalation.level_2);
                plan(StepKind::Level2, level_2, if late { not_before(level_1.max(earliest))? } else { level_2 })?;
            }
        }
        steps.sort_by_key(|s| s.kind);
        Ok(Some(Self(steps)).filter(|plan| !plan.0.is_empty()))
    }

    /// Computes the steps for a deadline that a user set at `now`. No step has fired, and no reminder is earlier than `now` (LEAD-6, ESC-2,
    /// ESC-3, ESC-5).
    ///
    /// # Errors
    /// [`NoHours`] if the dealer never opens again.
    pub fn until(deadline: DateTime<Utc>, escalation: Escalation, calendar: &Calendar, now: DateTime<Utc>) -> Result<Self, NoHours> {
        let reminder = (escalation.reminder > 0).then(|| deadline - minutes(escalation.reminder)).filter(|due| *due >= now);
        let level_2 = (escalation.level_2 > 0).then(|| deadline + minutes(escalation.level_2));
        let dues = [(StepKind::Reminder, reminder), (StepKind::Level1, Some(deadline)), (StepKind::Level2, level_2)];
        let steps = dues.into_iter().filter_map(|(kind, due)| Some((kind, due?)));
        let steps = steps.map(|(kind, due)| Ok(Step { kind, due, at: calendar.holds_day_off(due)?, fired: None }));
        steps.collect::<Result<_, _>>().map(Self)
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The step of a kind.
    pub fn step(&self, kind: StepKind) -> Option<&Step> {
        self.0.iter().find(|s| s.kind == kind)
    }

    /// The first-contact deadline: the due time of level 1.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.step(StepKind::Level1).map(|s| s.due)
    }

    /// When the next step fires.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.0.iter().filter(|s| s.fired.is_none()).map(|s| s.at).min()
    }

    /// Fires every step whose time has come, in order. Returns the steps that fired now (ESC-8).
    pub fn fire(&mut self, now: DateTime<Utc>) -> Vec<Step> {
        let mut fired = Vec::new();
        for step in self.0.iter_mut().filter(|s| s.fired.is_none() && s.at <= now) {
            step.fired = Some(now);
            fired.push(*step);
        }
        fired
    }

    /// The level that has been reached: 0, 1 or 2.
    pub fn level(&self) -> u8 {
        let fired = |kind| self.step(kind).is_some_and(|s| s.fired.is_some());
        if fired(StepKind::Level2) { 2 } else { u8::from(fired(StepKind::Level1)) }
    }
}

fn minutes(n: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(n))
}

impl Lead {
    /// Recomputes the steps that have not fired if the dealer's settings are newer than those of the plan (SET-11). Returns whether the
    /// plan changed.
    pub(crate) fn replan(&mut self, dealer: &Dealer) -> bool {
        if self.settings_version >= dealer.version {
            return false;
        }
        let plan = self.plan.clone().unwrap_or_else(Plan::none);
        self.turn = self.turn.take().map(|turn| turn.timed(dealer));
        // A deadline that a user has set stays unchanged (LEAD-6).
        if self.deadline_before_moves.is_some() {
            self.settings_version = dealer.version;
            return false;
        }
        let moved = plan.moved(dealer.settings.escalation, &dealer.settings.calendar, self.clock());
        self.settings_version = dealer.version;
        match moved {
            // Without opening hours to count in, the old plan stays: a late step is better than none (CLK-6).
            Err(NoHours { .. }) => false,
            Ok(moved) if moved == self.plan => false,
            Ok(moved) => {
                self.plan = moved;
                true
            }
        }
    }
}
