//! The plan of a lead: its deadline, reminder and escalation steps (ESC-1 to ESC-5).

use crate::base::StepKind;
use crate::hours::{Calendar, NoHours};
use crate::lead::Lead;
use crate::settings::{Dealer, Escalation};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// One step: when it is due, when it happens, and whether it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which step.
    pub kind: StepKind,
    /// When it is due; what follows counts from here.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub due: DateTime<Utc>,
    /// When it happens: `due`, unless that is on a day off (ESC-5).
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it did happen. A step happens once (ESC-8).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub fired: Option<DateTime<Utc>>,
}

/// The first-contact deadline of a lead with its steps, in order (LEAD-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(Vec<Step>);

impl Plan {
    /// The steps for a lead that came in at `arrived`. `None`: the dealer has level 1 turned off (SET-3).
    ///
    /// # Errors
    /// [`NoHours`] when the calendar has no hours to count in (CLK-6).
    pub fn new(escalation: Escalation, calendar: &Calendar, arrived: DateTime<Utc>) -> Result<Option<Self>, NoHours> {
        Self::none().moved(escalation, calendar, arrived)
    }

    /// A plan without steps.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// The same plan under other hours or durations: steps that have not happened are computed anew, the others stay (SET-11, DIS-7).
    ///
    /// # Errors
    /// [`NoHours`] when the calendar has no hours to count in (CLK-6).
    pub fn moved(&self, escalation: Escalation, calendar: &Calendar, arrived: DateTime<Utc>) -> Result<Option<Self>, NoHours> {
        let mut steps: Vec<Step> = self.0.iter().copied().filter(|s| s.fired.is_some()).collect();
        let done = |kind| self.step(kind).filter(|s| s.fired.is_some());
        let mut plan = |kind, due: DateTime<Utc>| -> Result<(), NoHours> {
            if done(kind).is_none() {
                steps.push(Step { kind, due, at: calendar.holds_day_off(due)?, fired: None });
            }
            Ok(())
        };
        if escalation.level_1 > 0 {
            let level_1 = match done(StepKind::Level1) {
                Some(step) => step.due,
                None => calendar.add(arrived, minutes(escalation.level_1))?,
            };
            let reminder = level_1 - minutes(escalation.reminder);
            if escalation.reminder > 0 && reminder >= arrived && done(StepKind::Level1).is_none() {
                plan(StepKind::Reminder, reminder)?;
            }
            plan(StepKind::Level1, level_1)?;
            if escalation.level_2 > 0 {
                plan(StepKind::Level2, level_1 + minutes(escalation.level_2))?;
            }
        }
        steps.sort_by_key(|s| s.kind);
        Ok(Some(Self(steps)).filter(|plan| !plan.0.is_empty()))
    }

    /// The steps for a deadline that somebody set by hand at `now`: none has happened, and no reminder comes before now (LEAD-6, ESC-2, ESC-3, ESC-5).
    ///
    /// # Errors
    /// [`NoHours`] when the dealer never opens again.
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

    /// One step.
    pub fn step(&self, kind: StepKind) -> Option<&Step> {
        self.0.iter().find(|s| s.kind == kind)
    }

    /// The deadline that people work against: level 1's due time.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.step(StepKind::Level1).map(|s| s.due)
    }

    /// When the next step that has not happened happens.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.0.iter().filter(|s| s.fired.is_none()).map(|s| s.at).min()
    }

    /// Fires every step whose time has come, in order; returns those that fired now (ESC-8).
    pub fn fire(&mut self, now: DateTime<Utc>) -> Vec<Step> {
        let mut fired = Vec::new();
        for step in self.0.iter_mut().filter(|s| s.fired.is_none() && s.at <= now) {
            step.fired = Some(now);
            fired.push(*step);
        }
        fired
    }

    /// How far it has come: 0, 1 or 2.
    pub fn level(&self) -> u8 {
        let fired = |kind| self.step(kind).is_some_and(|s| s.fired.is_some());
        if fired(StepKind::Level2) { 2 } else { u8::from(fired(StepKind::Level1)) }
    }
}

fn minutes(n: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(n))
}

impl Lead {
    /// Computes steps that have not happened anew if the dealer's settings are newer than those they were computed with (SET-11).
    /// Returns whether the plan changed.
    pub(crate) fn replan(&mut self, dealer: &Dealer) -> bool {
        if self.settings_version >= dealer.version {
            return false;
        }
        let plan = self.plan.clone().unwrap_or_else(Plan::none);
        // A calendar without hours leaves the old plan: a late step is better than none (CLK-6).
        self.turn = self.turn.take().map(|turn| turn.timed(dealer));
        // What somebody has set by hand stays so (LEAD-6).
        if self.deadline_before_moves.is_some() {
            self.settings_version = dealer.version;
            return false;
        }
        let moved = plan.moved(dealer.settings.escalation, &dealer.settings.calendar, self.clock_start());
        self.settings_version = dealer.version;
        match moved {
            Ok(moved) if moved != self.plan => {
                self.plan = moved;
                true
            }
            _ => false,
        }
    }
}
