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
    /// When it is planned to fire: at `due`, after the day off if `due` is on one (ESC-5), or after the time to act of a new owner (DIS-7).
    /// A reminder outside opening hours is planned in the last open minute before (ESC-2).
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
    /// The end of a new owner's time to act: neither the reminder nor level 1 happens before (DIS-7). `None` if the owner got none.
    pub act_until: Option<DateTime<Utc>>,
}

impl From<DateTime<Utc>> for ClockStart {
    fn from(at: DateTime<Utc>) -> Self {
        Self { counted: at, seen: at, act_until: None }
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
        let ClockStart { counted, seen, act_until } = start;
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
            let earliest = not_before(seen)?;
            plan(StepKind::Level1, level_1, earliest)?;
            if escalation.level_2 > 0 {
                let level_2 = level_1 + minutes(escalation.level_2);
                plan(StepKind::Level2, level_2, if late { not_before(level_1.max(earliest))? } else { level_2 })?;
            }
            if done(StepKind::Level1).is_none() && done(StepKind::Reminder).is_none() {
                steps.extend(reminder(level_1, escalation, calendar, seen));
            }
        }
        steps.sort_by_key(|s| s.kind);
        let plan = Self(steps);
        let plan = if let Some(until) = act_until { plan.giving(until, calendar)? } else { plan };
        Ok(Some(plan).filter(|plan| !plan.0.is_empty()))
    }

    /// Computes the steps for a deadline that was agreed at `now`. No step has fired, and no reminder is earlier than `now` (LEAD-6, ESC-2,
    /// ESC-3, ESC-5).
    ///
    /// # Errors
    /// [`NoHours`] if the dealer never opens again.
    pub fn until(deadline: DateTime<Utc>, escalation: Escalation, calendar: &Calendar, now: DateTime<Utc>) -> Result<Self, NoHours> {
        let level_2 = (escalation.level_2 > 0).then(|| deadline + minutes(escalation.level_2));
        let dues = [(StepKind::Level1, Some(deadline)), (StepKind::Level2, level_2)];
        let steps = dues.into_iter().filter_map(|(kind, due)| Some((kind, due?)));
        let steps = steps.map(|(kind, due)| Ok(Step { kind, due, at: calendar.holds_day_off(due)?, fired: None }));
        let reminder = reminder(deadline, escalation, calendar, now).map(Ok);
        reminder.into_iter().chain(steps).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the plan with the level 2 that counts from `first`, the first deadline that stands (ESC-12). `was` is the level 2 before: if
    /// it has fired, it stays, and if it is due at the same time, it happens no earlier than it would have.
    ///
    /// # Errors
    /// [`NoHours`] if the dealer never opens again.
    pub(crate) fn with_level_2(
        self,
        was: Option<&Step>,
        first: DateTime<Utc>,
        escalation: Escalation,
        calendar: &Calendar,
    ) -> Result<Self, NoHours> {
        let due = (escalation.level_2 > 0).then(|| first + minutes(escalation.level_2));
        let level_2 = match (was, due) {
            (Some(step), _) if step.fired.is_some() => Some(*step),
            (_, None) => None,
            (was, Some(due)) => {
                let at = was.filter(|step| step.due == due).map_or(due, |step| step.at);
                Some(Step { kind: StepKind::Level2, due, at: calendar.holds_day_off(at)?, fired: None })
            }
        };
        Ok(Self(self.0.into_iter().filter(|step| step.kind != StepKind::Level2).chain(level_2).collect()))
    }

    /// Returns the plan in which neither the reminder nor level 1 happens before `until`, if they have not fired (DIS-7). A reminder that
    /// would not be before level 1 is left out. Level 2 stays.
    ///
    /// # Errors
    /// [`NoHours`] if level 1 is on a day off and the dealer never opens again.
    pub(crate) fn giving(&self, until: DateTime<Utc>, calendar: &Calendar) -> Result<Self, NoHours> {
        let mut steps = self.0.clone();
        for step in steps.iter_mut().filter(|step| step.fired.is_none() && step.kind != StepKind::Level2 && step.at < until) {
            step.at = calendar.holds_day_off(until)?;
        }
        let level_1 = steps.iter().find(|step| step.kind == StepKind::Level1).map(|step| step.at);
        steps.retain(|step| step.kind != StepKind::Reminder || step.fired.is_some() || level_1.is_none_or(|level_1| step.at < level_1));
        Ok(Self(steps))
    }

    /// Returns the plan with those steps of `other` that happen earlier; steps that have fired stay. Level 1 comes with its reminder, and
    /// only with `seller`.
    pub(crate) fn with_earlier(&self, other: &Self, seller: bool) -> Self {
        let earlier = |kind| match (self.step(kind), other.step(kind)) {
            (Some(own), Some(new)) if own.fired.is_none() && (new.fired.is_some() || new.at < own.at) => Some(*new),
            (own, new) => own.or(new).copied(),
        };
        let level_1 = if seller { earlier(StepKind::Level1) } else { self.step(StepKind::Level1).copied() };
        let source = if level_1.as_ref() == self.step(StepKind::Level1) { self } else { other };
        let reminder = source.step(StepKind::Reminder).copied();
        let mut steps: Vec<Step> = [reminder, level_1, earlier(StepKind::Level2)].into_iter().flatten().collect();
        steps.sort_by_key(|step| step.kind);
        Self(steps)
    }

    /// Parts the steps of the message with the deadline `first` from the seller's steps of a stricter message, whose deadline is another.
    pub(crate) fn parted(&self, first: Option<DateTime<Utc>>) -> (Self, Self) {
        let theirs = |step: &Step| step.kind != StepKind::Level2 && self.deadline() != first;
        let (others, own) = self.0.iter().partition(|step| theirs(step));
        (Self(own), Self(others))
    }

    /// Returns the plan with a step that has not fired.
    pub(crate) fn again(&self, kind: StepKind) -> Self {
        Self(self.0.iter().map(|step| if step.kind == kind { Step { fired: None, ..*step } } else { *step }).collect())
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

/// Returns the reminder of a deadline: in the last open minute before if its time is in a break, a night or a day off. `None` if it is off,
/// or would be before `earliest` (ESC-2).
fn reminder(deadline: DateTime<Utc>, escalation: Escalation, calendar: &Calendar, earliest: DateTime<Utc>) -> Option<Step> {
    let due = (escalation.reminder > 0).then(|| deadline - minutes(escalation.reminder))?;
    // Without an opening in the two years before, the reminder is not moved (CLK-6).
    let at = calendar.last_open_before(due).unwrap_or(due);
    (at >= earliest).then_some(Step { kind: StepKind::Reminder, due, at, fired: None })
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
        // A deadline that a user has set stays unchanged (LEAD-6); its level 2 counts from the first deadline that stands (ESC-12).
        if self.deadline_before_moves.is_some() {
            self.settings_version = dealer.version;
            return self.replan_level_2(dealer);
        }
        let moved = self.recomputed(&plan, dealer);
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
