//! The chain of contact methods of a follow-up: a state machine in one pure function, [`Chain::after`] (FUP-1, FUP-3, FUP-4, FUP-8).
//!
//! # States
//! - **open**: on the list of exactly one method, from a time on. With the method telephone and that time, the status of the call is
//!   "awaiting call"; before it, the follow-up waits.
//! - **booked**: the customer has an appointment. A booking keeps the open step, if there is one, for a cancellation.
//! - **ended**: declined, opted out, exhausted or withdrawn.
//!
//! # States and outcomes
//! *next* is the first later method of the dealer's chain that is allowed; without one, the chain ends as exhausted. `409` refuses the
//! outcome and changes nothing.
//!
//! | Outcome | open: text message, e-mail, letter | open: telephone | booked | ended: exhausted | ended otherwise |
//! |---|---|---|---|---|---|
//! | sent | next, at the earliest after the gap; 409 before its time or if not allowed | 409 | 409 | 409 | 409 |
//! | booked | booked | booked | 409 | booked | 409 |
//! | cancelled (the appointment) | 409 | 409 | the open step as it was; without one, exhausted | 409 | 409 |
//! | declined | ended | ended | 409 | ended | 409 |
//! | opted out | ended | ended | ended | ended | 409 |
//! | unavailable | 409 | the end of the list; with the last attempt, next | 409 | 409 | 409 |
//! | call back at a time | 409 | the list, from that time on; 409 without an attempt left | 409 | 409 | 409 |
//! | wrong number | text message: next; otherwise 409 | next | 409 | 409 | 409 |
//! | next method | next | next | 409 | 409 | 409 |
//! | withdrawn | ended | ended | 409 | 409 | 409 |
//! | checked | next if the method is not allowed any more | the same | unchanged | unchanged | unchanged |
//!
//! # Invariants
//! - It is on one list at most, and always in exactly one state.
//! - A method that it has left, or that was skipped, is in [`Chain::past`] and never comes again, whatever the settings become.
//! - No method begins that is not allowed (FUP-8). An objection of the customer ends the chain, whatever the method.
//! - Each method is left after a limited number of outcomes, so the chain ends. A cancellation takes a booking back, and so does a clear
//!   (FUP-4) with the outcome of a call: they restore an earlier state of the same method.

use crate::base::{AppointmentId, ContactChannel, Refusal, is_default};
use crate::follow_up::{CallResult, ChainEnd, MethodEnd, Outcome, SkipReason, daytime};
use crate::hours::Calendar;
use crate::settings::{FollowUpSettings, MethodStep};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The way of a follow-up through the contact methods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// The methods that it has left or skipped, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastMethod>,
    /// Its state.
    #[serde(rename = "what")]
    pub state: ChainState,
}

/// A method that a follow-up has left or skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastMethod {
    /// The method.
    pub method: ContactChannel,
    /// When the follow-up left it.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The reason.
    #[serde(rename = "what")]
    pub why: MethodEnd,
}

/// The state of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainState {
    /// On the list of a method.
    Open(OpenStep),
    /// The customer has an appointment.
    Booked {
        /// The appointment.
        appointment: AppointmentId,
        /// The step to which a cancellation returns. `None` if the chain was exhausted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<OpenStep>,
    },
    /// It has left the chain.
    Ended {
        /// When it ended.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        #[serde(rename = "what")]
        why: ChainEnd,
    },
}

/// A place on the list of a method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenStep {
    /// The method.
    pub method: ContactChannel,
    /// The time from which the follow-up is on the list, which is also its place there.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// The number of calls without a result.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// The result of the latest call. `None` while the first one is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_call: Option<CallResult>,
}

/// What a chain depends on.
#[derive(Clone, Copy)]
pub struct ChainContext<'a> {
    /// The dealer's settings of follow-ups.
    pub settings: &'a FollowUpSettings,
    /// The type of the job.
    pub job: &'a str,
    /// The due date of the job.
    pub due: NaiveDate,
    /// The dealer's opening hours.
    pub calendar: &'a Calendar,
    /// Whether a method is allowed now (FUP-8).
    pub permits: &'a dyn Fn(ContactChannel) -> Result<(), SkipReason>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The longest time until a call back: a year.
const LONGEST_CALL_BACK: TimeDelta = TimeDelta::days(366);

impl Chain {
    /// Begins the chain of a new follow-up: on the day of its first method that is allowed, or now if that day is past (FUP-1).
    pub fn begin(context: &ChainContext<'_>) -> Self {
        Self { past: Vec::new(), state: ChainState::Ended { at: context.now, why: ChainEnd::Exhausted } }.moved_on(context.now, context)
    }

    /// Returns the chain after an outcome. `None` if the outcome changes nothing. The table of this module has every case.
    ///
    /// # Errors
    /// 409 if the outcome is not possible in this state; 422 if a call back is not within a year.
    pub fn after(&self, outcome: &Outcome, context: &ChainContext<'_>) -> Result<Option<Self>, Refusal> {
        let now = context.now;
        let with = |state| Ok(Some(Self { past: self.past.clone(), state }));
        let ended = |why| with(ChainState::Ended { at: now, why });
        match (&self.state, outcome) {
            (ChainState::Open(step), Outcome::Checked) => {
                Ok((context.permits)(step.method).err().map(|why| self.skipping(step, why, context)))
            }
            (_, Outcome::Checked) => Ok(None),
            (ChainState::Open(step), Outcome::Booked(appointment)) => {
                with(ChainState::Booked { appointment: appointment.clone(), step: Some(step.clone()) })
            }
            (ChainState::Ended { why: ChainEnd::Exhausted, .. }, Outcome::Booked(appointment)) => {
                with(ChainState::Booked { appointment: appointment.clone(), step: None })
            }
            (ChainState::Booked { step: Some(step), .. }, Outcome::Cancelled) => with(ChainState::Open(step.clone())),
            (ChainState::Booked { step: None, .. }, Outcome::Cancelled) => ended(ChainEnd::Exhausted),
            (ChainState::Booked { .. }, Outcome::OptedOut) => ended(ChainEnd::OptedOut),
            (ChainState::Open(_) | ChainState::Ended { why: ChainEnd::Exhausted, .. }, Outcome::OptedOut) => ended(ChainEnd::OptedOut),
            (ChainState::Open(_) | ChainState::Ended { why: ChainEnd::Exhausted, .. }, Outcome::Declined(reason)) => {
                ended(ChainEnd::Declined(reason.clone()))
            }
            (ChainState::Open(_), Outcome::Withdrawn) => ended(ChainEnd::Withdrawn),
            (ChainState::Open(step), outcome) => self.after_contact(step, outcome, context).map(Some),
            (ChainState::Booked { .. }, _) => {
                Err(Refusal::conflict("FUP-4", "the customer has an appointment; cancel the appointment first"))
            }
            (ChainState::Ended { why, .. }, _) => {
                Err(Refusal::conflict("FUP-3", format!("the follow-up has ended ({}); create a new one", why.name())))
            }
        }
    }

    /// Returns the chain after an outcome of the step's own method.
    fn after_contact(&self, step: &OpenStep, outcome: &Outcome, context: &ChainContext<'_>) -> Result<Self, Refusal> {
        let is_call = step.method == ContactChannel::Telephone;
        let is_number = is_call || step.method == ContactChannel::Sms;
        let tomorrow = || next_day(context.calendar, context.now);
        match outcome {
            Outcome::NextMethod => Ok(self.leaving(step, MethodEnd::Passed, tomorrow(), context)),
            Outcome::WrongNumber if is_number => Ok(self.leaving(step, MethodEnd::WrongNumber, tomorrow(), context)),
            Outcome::Unavailable if is_call => {
                let attempts = step.attempts.saturating_add(1);
                if attempts >= context.settings.max_attempts {
                    return Ok(self.leaving(step, MethodEnd::Unreached, tomorrow(), context));
                }
                Ok(self.staying(step, attempts, CallResult::Unavailable, context.now))
            }
            Outcome::CallBack(at) if is_call => {
                let attempts = step.attempts.saturating_add(1);
                if *at <= context.now || *at - context.now > LONGEST_CALL_BACK {
                    return Err(Refusal::field("call_back_at", "FUP-3", "must be in the future and within a year"));
                }
                if attempts >= context.settings.max_attempts {
                    let detail = format!("the customer was called {attempts} times, which is the most; move on to the next method");
                    return Err(Refusal::conflict("FUP-3", detail));
                }
                Ok(self.staying(step, attempts, CallResult::CallBack, daytime(context.calendar, *at)))
            }
            Outcome::Sent if !is_call => {
                if step.from > context.now {
                    return Err(Refusal::conflict(
                        "FUP-1",
                        "the day of this method has not come; wait for it, or move on to the next method",
                    ));
                }
                if let Err(why) = (context.permits)(step.method) {
                    return Err(Refusal::conflict("FUP-8", format!("the contact must not be contacted by this method ({})", why.name())));
                }
                let after_gap = days_after(context.calendar, context.now, context.settings.min_gap_days);
                Ok(self.leaving(step, MethodEnd::Sent, after_gap, context))
            }
            _ => {
                let detail = format!("the outcome {} is not possible on the list of the method {}", outcome.name(), step.method.name());
                Err(Refusal::conflict("FUP-3", detail))
            }
        }
    }

    /// Returns the chain with its step at another place of the telephone list.
    fn staying(&self, step: &OpenStep, attempts: u32, result: CallResult, from: DateTime<Utc>) -> Self {
        let step = OpenStep { method: step.method, from, attempts, last_call: Some(result) };
        Self { past: self.past.clone(), state: ChainState::Open(step) }
    }

    /// Returns the chain without its step, on the list of the next method.
    fn leaving(&self, step: &OpenStep, why: MethodEnd, earliest: DateTime<Utc>, context: &ChainContext<'_>) -> Self {
        let mut chain = self.clone();
        chain.past.push(PastMethod { method: step.method, at: context.now, why });
        chain.moved_on(earliest, context)
    }

    /// Returns the chain after a method that is not allowed any more. The next method begins on its own day.
    fn skipping(&self, step: &OpenStep, why: SkipReason, context: &ChainContext<'_>) -> Self {
        match why {
            SkipReason::OptedOut => Self { past: self.past.clone(), state: ChainState::Ended { at: context.now, why: ChainEnd::OptedOut } },
            _ => self.leaving(step, MethodEnd::Skipped(why), context.now, context),
        }
    }

    /// Puts the chain on the list of the first method that is left and allowed, on its day, but not before `earliest`. Records the methods
    /// that are skipped.
    fn moved_on(mut self, earliest: DateTime<Utc>, context: &ChainContext<'_>) -> Self {
        for step in self.remaining(context) {
            match (context.permits)(step.method) {
                Ok(()) => {
                    let planned =
                        context.due.checked_sub_days(Days::new(step.lead_days.into())).and_then(|day| context.calendar.begins(day));
                    let from = daytime(context.calendar, planned.unwrap_or(earliest).max(earliest));
                    self.state = ChainState::Open(OpenStep { method: step.method, from, attempts: 0, last_call: None });
                    return self;
                }
                Err(SkipReason::OptedOut) => {
                    self.state = ChainState::Ended { at: context.now, why: ChainEnd::OptedOut };
                    return self;
                }
                Err(why) => self.past.push(PastMethod { method: step.method, at: context.now, why: MethodEnd::Skipped(why) }),
            }
        }
        self.state = ChainState::Ended { at: context.now, why: ChainEnd::Exhausted };
        self
    }

    /// Returns the methods of the dealer's chain that follow the latest past one, without those that it has left or skipped.
    fn remaining(&self, context: &ChainContext<'_>) -> Vec<MethodStep> {
        let chain = context.settings.chain_of(context.job);
        let is_past = |method: ContactChannel| self.past.iter().any(|past| past.method == method);
        let latest = chain.iter().rposition(|step| is_past(step.method));
        let later = chain.iter().skip(latest.map_or(0, |latest| latest + 1));
        later.filter(|step| step.method != ContactChannel::Unknown && !is_past(step.method)).copied().collect()
    }

    /// Returns the step if the follow-up is on the list of a method, or waits for it.
    pub fn step(&self) -> Option<&OpenStep> {
        match &self.state {
            ChainState::Open(step) => Some(step),
            ChainState::Booked { .. } | ChainState::Ended { .. } => None,
        }
    }

    /// Returns the appointment of a booked follow-up.
    pub fn appointment(&self) -> Option<&AppointmentId> {
        match &self.state {
            ChainState::Booked { appointment, .. } => Some(appointment),
            ChainState::Open(_) | ChainState::Ended { .. } => None,
        }
    }

    /// Returns the name of the state in the API: `waiting`, `awaiting_call`, `unavailable`, `call_back`, `listed`, `booked`, or that of the
    /// end. "Awaiting call" is the first status of a call (FUP-2).
    pub fn status(&self, now: DateTime<Utc>) -> &'static str {
        match &self.state {
            ChainState::Open(OpenStep { last_call: Some(CallResult::Unavailable), .. }) => "unavailable",
            ChainState::Open(OpenStep { last_call: Some(_), .. }) => "call_back",
            ChainState::Open(step) if step.from > now => "waiting",
            ChainState::Open(step) if step.method == ContactChannel::Telephone => "awaiting_call",
            ChainState::Open(_) => "listed",
            ChainState::Booked { .. } => "booked",
            ChainState::Ended { why, .. } => why.name(),
        }
    }
}

/// Returns the beginning of the day after `at`.
fn next_day(calendar: &Calendar, at: DateTime<Utc>) -> DateTime<Utc> {
    days_after(calendar, at, 1)
}

/// Returns the beginning of the day that is `days` days after `at`.
fn days_after(calendar: &Calendar, at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    let date = calendar.date_of(at).checked_add_days(Days::new(days.into()));
    date.and_then(|date| calendar.begins(date)).unwrap_or(at)
}
