//! The run of a follow-up plan on a lead (CAL-11).
//!
//! A run holds a copy of the plan's steps, so that a change of the settings does not change it. It ends with each reaction of the customer:
//! [`Lead::follow`] sees every event of the timeline before it is stored.

use crate::base::{Actor, ConsentStatus, ElementId, EventId, PlanId, ReactionKind, ReportKind, Status, StopReason};
use crate::elements::ElementKind;
use crate::hours::Calendar;
use crate::lead::{Event, FollowUpYield, Lead, PlanAction, PlanChange, StepSkipped, StopCause, TimelineAction};
use crate::settings::{Dealer, FollowUpPlan, PlanStep};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The days after the day of a step among which an open day is sought.
const LATER: u64 = 28;
/// How long after a step a reaction or a booking counts for it.
const COUNTS: TimeDelta = TimeDelta::days(30);
/// The maximum number of [`Lead::former_follow_ups`].
const MOST_FORMER: usize = 9;

/// A run of a follow-up plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The number of the run on its lead, from 1.
    pub number: u32,
    /// The plan.
    pub plan: PlanId,
    /// The name of the plan at the start.
    pub name: String,
    /// The user who started it; the system if it started with the first answer.
    pub by: Actor,
    /// When it started.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub started: DateTime<Utc>,
    /// The version of the lead that the start made.
    pub version: u64,
    /// The steps of the plan at the start, with what became of them.
    pub steps: Vec<FollowUpStep>,
    /// The next step. `None` if the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
    /// Its end. `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<FollowUpEnd>,
    /// When the customer first reacted or objected since the start. No message of the run is sent after that.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub reacted: Option<DateTime<Utc>>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUpStep {
    /// The step of the plan.
    #[serde(flatten)]
    pub step: PlanStep,
    /// What became of it. `None` if it is still to come, or if the run ended before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<StepDone>,
}

/// What became of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepDone {
    /// When it was carried out.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The calendar event that it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The communication that it sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<ElementId>,
    /// Why it made neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<StepSkipped>,
    /// Whether its event was completed or marked as a no-show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completed: bool,
    /// Whether the customer reacted after it, as the first reaction of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// Whether an appointment was booked after it, as the first one of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub booked: bool,
    /// Whether the lead was won after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub won: bool,
}

/// The next step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// Its place among the steps, from 0.
    pub step: usize,
    /// When it is due.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When that was decided. The event of the step counts as planned then (ESC-4).
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub planned: DateTime<Utc>,
}

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpEnd {
    /// When it ended.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Why it ended.
    pub why: StopCause,
}

/// What a step brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brought {
    Answer,
    Booking,
    Sale,
}

impl FollowUp {
    /// Starts a run of `plan`.
    fn begin(plan: &FollowUpPlan, by: Actor, lead: &Lead, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let steps = plan.steps.iter().map(|step| FollowUpStep { step: step.clone(), done: None }).collect();
        let number = lead.follow_up.as_ref().map_or(1, |before| before.number + 1);
        let (plan, name) = (plan.id.clone(), plan.name.clone());
        let mut run = Self { number, plan, name, by, started: now, version: lead.version, steps, next: None, ended: None, reacted: None };
        run.plan_next(calendar, now);
        run
    }

    /// Whether steps are still to come.
    pub fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether a message of the run may still be sent.
    pub fn may_send(&self) -> bool {
        self.reacted.is_none() && self.ended.is_none_or(|end| end.why == StopCause::Finished)
    }

    /// Sets the time of the first step that is still to come: the opening of its day, or of the first open day after it, and at least a day
    /// after the step before. Without such a step the run is finished.
    pub(crate) fn plan_next(&mut self, calendar: &Calendar, now: DateTime<Utc>) {
        let Some((step, next)) = self.steps.iter().enumerate().find(|(_, step)| step.done.is_none()) else {
            return self.end(StopCause::Finished, now);
        };
        let after = |date: NaiveDate, days: u32| date.checked_add_days(Days::new(days.into())).unwrap_or(date);
        let planned = after(calendar.date_of(self.started), next.step.day);
        let last = self.steps.iter().filter_map(|step| step.done.as_ref()).map(|done| after(calendar.date_of(done.at), 1)).max();
        let date = last.map_or(planned, |last| last.max(planned));
        self.next = Some(NextStep { step, at: opening_from(calendar, date, now), planned: now });
    }

    /// Moves the next step to the next opening. `None` if the dealer is open.
    pub(crate) fn held(&self, calendar: &Calendar, now: DateTime<Utc>) -> Option<Self> {
        let at = calendar.next_opening(now).ok().filter(|opening| *opening > now && !calendar.is_open_or_closing(now))?;
        let next = self.next.map(|next| NextStep { at, ..next });
        Some(Self { next, ..self.clone() })
    }

    /// Ends the run. The first end holds.
    pub(crate) fn end(&mut self, why: StopCause, now: DateTime<Utc>) {
        self.next = None;
        self.ended.get_or_insert(FollowUpEnd { at: now, why });
    }

    /// Returns the entry of the timeline about the run.
    pub(crate) fn change(&self, action: PlanAction) -> PlanChange {
        let why = self.ended.map(|end| end.why).filter(|_| action == PlanAction::Ended);
        PlanChange { action, plan: self.plan.clone(), name: self.name.clone(), step: None, title: None, skipped: None, why }
    }

    /// Returns its yield.
    pub fn yields(&self) -> FollowUpYield {
        let bits = |done: &StepDone| {
            let parts = [
                (done.event.is_some(), FollowUpYield::EVENT),
                (done.message.is_some(), FollowUpYield::MESSAGE),
                (done.skipped.is_some(), FollowUpYield::SKIPPED),
                (done.completed, FollowUpYield::COMPLETED),
                (done.answered, FollowUpYield::ANSWERED),
                (done.booked, FollowUpYield::BOOKED),
                (done.won, FollowUpYield::WON),
            ];
            parts.into_iter().filter(|(holds, _)| *holds).map(|(_, bit)| bit).sum()
        };
        FollowUpYield { plan: self.plan.clone(), steps: self.steps.iter().filter_map(|step| step.done.as_ref()).map(bits).collect() }
    }

    /// Counts what followed for the latest step that reached the customer or the seller. A reaction and a booking count once, and within 30
    /// days; a sale counts at any time.
    fn count(&mut self, brought: Brought, now: DateTime<Utc>) {
        let done = || self.steps.iter().filter_map(|step| step.done.as_ref());
        let known = match brought {
            Brought::Answer => done().any(|done| done.answered),
            Brought::Booking => done().any(|done| done.booked),
            Brought::Sale => done().any(|done| done.won),
        };
        let made = self.steps.iter_mut().filter_map(|step| step.done.as_mut()).rfind(|done| done.skipped.is_none());
        let Some(last) = made.filter(|last| !known && (brought == Brought::Sale || now - last.at <= COUNTS)) else { return };
        match brought {
            Brought::Answer => last.answered = true,
            Brought::Booking => last.booked = true,
            Brought::Sale => last.won = true,
        }
    }

    /// Notes whether the event of a step was completed.
    fn note_completed(&mut self, event: &EventId, completed: bool) {
        let mut done = self.steps.iter_mut().filter_map(|step| step.done.as_mut());
        if let Some(done) = done.find(|done| done.event.as_ref() == Some(event)) {
            done.completed = completed;
        }
    }
}

impl Lead {
    /// Returns the next step of the running follow-up plan.
    pub fn next_follow_up(&self) -> Option<NextStep> {
        self.follow_up.as_ref()?.next.filter(|_| self.status == Status::InProgress)
    }

    /// Whether a follow-up plan is running.
    pub fn is_followed_up(&self) -> bool {
        self.follow_up.as_ref().is_some_and(|run| run.is_running())
    }

    /// Starts a run of `plan`. The yield of the run before it is kept.
    pub(crate) fn start_follow_up(&mut self, plan: &FollowUpPlan, by: Actor, dealer: &Dealer, now: DateTime<Utc>) {
        let run = FollowUp::begin(plan, by, self, &dealer.settings.calendar, now);
        if let Some(before) = self.follow_up.replace(Box::new(run)) {
            self.former_follow_ups.push(before.yields());
            self.former_follow_ups.drain(..self.former_follow_ups.len().saturating_sub(MOST_FORMER));
        }
    }

    /// Starts the dealer's plan for the type of the lead with its first answer to the customer. A lead has one automatic start at most.
    pub(super) fn answered_for_plan(&mut self, kind: ReactionKind, dealer: &Dealer, now: DateTime<Utc>) {
        let answers = matches!(kind, ReactionKind::Reply | ReactionKind::CallReached | ReactionKind::ContactMade);
        let is_first = self.first_reaction.is_none() && self.follow_up.is_none() && self.erasure.is_none();
        if !answers || !is_first || self.status != Status::InProgress || self.dealer != dealer.id || self.has_appointment(now) {
            return;
        }
        if let Some(plan) = dealer.settings.plan_after_answer(self.lead_type) {
            self.start_follow_up(plan, Actor::System, dealer, now);
        }
    }

    /// Whether an appointment is still to come.
    pub(crate) fn has_appointment(&self, now: DateTime<Utc>) -> bool {
        self.planned.iter().any(|planned| planned.appointment && planned.at > now)
    }

    /// Counts a reaction of the customer for the follow-up plan, and ends the plan. Returns the timeline event if it was running.
    pub(crate) fn customer_reacted(&mut self, now: DateTime<Utc>) -> Option<Event> {
        let run = self.follow_up.as_mut()?;
        run.count(Brought::Answer, now);
        run.stopped(StopCause::Answered, now)
    }

    /// Lets the follow-up plan follow the events of a commit: it counts what they bring, and ends with a reaction or an objection of the
    /// customer, a booking, the end of the lead and a transfer. Adds what happens to the plan to the events.
    pub(crate) fn follow(&mut self, by: &Actor, events: &mut Vec<Event>, now: DateTime<Utc>) {
        let Some(run) = self.follow_up.as_mut() else { return };
        if run.version == self.version {
            // The events of the commit that starts a run are the reason of the start.
            return events.push(Event::Plan(run.change(PlanAction::Started)));
        }
        let is_appointment = |event: &EventId| self.planned.iter().any(|planned| planned.id == *event && planned.appointment);
        let mut cause = None;
        for event in events.iter() {
            let ends = match event {
                Event::Added { .. } => Some(StopCause::Answered),
                Event::ElementAdded { kind: ElementKind::Communication, .. } if *by == Actor::Customer => Some(StopCause::Answered),
                Event::Reacted { inbound: true, .. } => Some(StopCause::Answered),
                Event::Reacted { kind: ReactionKind::CallReached | ReactionKind::ContactMade, .. } => Some(StopCause::Answered),
                Event::EventScheduled { event, .. } if is_appointment(event) => Some(StopCause::Booked),
                Event::EventChanged(changed) if changed.action == TimelineAction::Reopened => {
                    run.note_completed(&changed.event, false);
                    is_appointment(&changed.event).then_some(StopCause::Booked)
                }
                Event::EventCompleted { event, .. } | Event::EventNoShow { event, .. } => {
                    run.note_completed(event, true);
                    None
                }
                Event::StatusChanged { to: Status::Won, .. } => Some(StopCause::Won),
                Event::StatusChanged { to: Status::Lost(_), .. } => Some(StopCause::Lost),
                Event::Moved { .. } => Some(StopCause::Transferred),
                Event::AddressStop(stop) if stop.action == TimelineAction::Added && stop.kind != StopReason::Bounced => {
                    Some(StopCause::OptOut)
                }
                Event::Consent(consent) if consent.status == ConsentStatus::Withdrawn && !consent.without_effect => Some(StopCause::OptOut),
                Event::MailReturned { kind: ReportKind::Complained, .. } => Some(StopCause::OptOut),
                _ => None,
            };
            match ends {
                Some(StopCause::Answered) => run.count(Brought::Answer, now),
                Some(StopCause::Booked) => run.count(Brought::Booking, now),
                Some(StopCause::Won) => run.count(Brought::Sale, now),
                _ => {}
            }
            cause = cause.or(ends);
        }
        events.extend(cause.and_then(|cause| run.stopped(cause, now)));
    }
}

impl FollowUp {
    /// Ends the run because of the customer, the lead or a user. Returns the timeline event if it was running.
    pub(crate) fn stopped(&mut self, why: StopCause, now: DateTime<Utc>) -> Option<Event> {
        self.reacted.get_or_insert(now);
        let running = self.is_running();
        self.end(why, now);
        running.then(|| Event::Plan(self.change(PlanAction::Ended)))
    }
}

/// Returns the opening of `date`, or of the first open day after it; today, the present if the dealer is open. If the dealer has no open
/// day, the beginning of the date.
fn opening_from(calendar: &Calendar, date: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
    let dates = (0..=LATER).filter_map(|days| date.checked_add_days(Days::new(days)));
    let opening = dates.filter_map(|date| calendar.openings_on(date).next()).map(|(_, span)| span.opens).next();
    let begins = || calendar.begins(date).map(|begins| calendar.next_opening(begins).unwrap_or(begins));
    let at = opening.or_else(begins).unwrap_or(now);
    match at > now {
        true => at,
        false if calendar.is_open(now) => now,
        false => calendar.next_opening(now).unwrap_or(now),
    }
}
