//! Plans, completes, reschedules and cancels calendar events (CAL-1 to CAL-4).

use crate::appointment::{Attended, not_to_the_past, on_its_day};
use crate::base::{Actor, Cancellation, NO_SHOW_REASONS, Refusal, UserId};
use crate::bookings::{Accepted, Despite, Impediment};
use crate::calendar::{CalendarEvent, Ending, EventState, EventTime, Planned};
use crate::decision::{Decision, Item, commit};
use crate::lead::{CancelledEvent, Canceller, Event, Lead};
use crate::messages::Message;
use crate::rules::calendar::NewEvent;
use crate::settings::{Dealer, DealerSettings};
use crate::slots::{Diary, LoadDay};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The input of a change of an event.
#[derive(Clone, Copy)]
pub struct CalendarContext<'a> {
    /// The event's lead.
    pub lead: &'a Lead,
    /// The lead's dealer.
    pub dealer: &'a Dealer,
    /// The loaded days of users.
    pub days: LoadDay<'a>,
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Adds an event to the calendar of a lead. An appointment stops the response clock (ESC-7). A user to whom somebody else gives the event
/// is notified (CAL-10).
///
/// # Errors
/// Faults by field; 409 if the lead has 18 incomplete events.
pub fn schedule(context: &CalendarContext<'_>, new: NewEvent) -> Result<Decision, Refusal> {
    let decision = schedule_as(context, new, EventState::Incomplete, Clock::Stops)?;
    let notice = decision.event().zip(decision.lead()).and_then(|(event, lead)| context.event_given(lead, event));
    Ok(decision.with_some(notice))
}

impl CalendarContext<'_> {
    /// Returns the notice to the user of an event that somebody else gave to them. `lead` is the lead after the change (CAL-10).
    pub(crate) fn event_given(&self, lead: &Lead, event: &CalendarEvent) -> Option<Item> {
        Message::event_given(lead, event, self.dealer, self.by, self.now).map(Item::Message)
    }
}

/// What a new appointment does with the response clock of its lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// It stops the clock as each booking does (ESC-7).
    Stops,
    /// The clock runs on: nobody has taken the lead (APT-8).
    RunsOn,
}

/// Adds an event that already has a state. An event that has ended already has no warnings.
pub(crate) fn schedule_as(context: &CalendarContext<'_>, new: NewEvent, state: EventState, clock: Clock) -> Result<Decision, Refusal> {
    let despite = if state == EventState::Incomplete { new.despite.clone() } else { Despite::Unstated };
    let (mut event, warnings) = NewEvent { despite, ..new }.check(context)?;
    let mut changed = context.lead.touched(context.now);
    let mut timeline = match clock {
        Clock::Stops => changed.plan_event(&event, context.dealer, context.now)?,
        Clock::RunsOn => vec![changed.plan_without_reaction(&event)?],
    };
    if state != EventState::Incomplete {
        changed.unplan(&event.id);
        changed.count_drive(&event, &state);
        (event.state, event.due) = (state, None);
        event.taken = event.takes_now(context);
        timeline.push(event.timeline_event());
    }
    let mut diary = Diary::new(context.days);
    diary.put(event.id.as_str(), None, event.taken.as_ref())?;
    let warnings = if event.state == EventState::Incomplete { warnings } else { BTreeSet::new() };
    let decision = commit(changed, context.by.clone(), timeline, context.now).with(Item::Event(Box::new(event))).warned(warnings);
    Ok(diary.items().fold(decision, Decision::with))
}

/// An action on an incomplete event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventAction {
    /// Completes it.
    Complete {
        /// An optional note.
        note: Option<String>,
    },
    /// Records that the customer did not come or was not reached.
    NoShow {
        /// The reason.
        reason: String,
        /// An optional note.
        note: Option<String>,
    },
    /// Reschedules it.
    Reschedule {
        /// The new time.
        to: EventTime,
        /// The warnings about the new time that the request accepts (APT-8).
        despite: Despite,
    },
    /// Keeps it, although its person is absent or the dealer is closed (APT-9).
    Keep,
    /// Cancels it.
    Delete {
        /// Why and from which side.
        why: Cancellation,
    },
}

impl EventAction {
    /// Returns the attendance that the action records for an appointment.
    fn attendance(&self) -> Option<Attended> {
        match self {
            EventAction::Complete { .. } => Some(Attended::Completed),
            EventAction::NoShow { .. } => Some(Attended::NoShow),
            EventAction::Reschedule { .. } | EventAction::Keep | EventAction::Delete { .. } => None,
        }
    }
}

/// Completes an event, marks it as no-show, reschedules it or cancels it. A completed event and a no-show may create a follow-up (CAL-4).
/// `None` if nothing changes.
///
/// # Errors
/// 409 if the event has already ended in another way, or if its person is to keep it under an own absence; faults by field; 422 if
/// attendance is recorded before the day of the appointment.
pub fn settle(
    context: &CalendarContext<'_>,
    event: &CalendarEvent,
    action: EventAction,
    follow_up: Option<NewEvent>,
) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, dealer, by, now, .. } = *context;
    let (id, title) = (event.id.clone(), event.title.clone());
    if let (EventAction::Delete { why }, EventState::Deleted(ended)) = (&action, &event.state) {
        dealer.settings.same_cancellation("event", why, &ended.cancellation(), by)?;
    }
    if event.has_state_of(&action, &dealer.settings, now) && follow_up.is_none() {
        return Ok(None);
    }
    if event.state != EventState::Incomplete {
        return Err(Refusal::conflict("CAL-4", format!("the event is already {}", event.state.name())));
    }
    let impediment = event.affected(lead.owner.as_ref(), &dealer.settings, now);
    if action == EventAction::Keep && impediment.is_none() {
        return Ok(None);
    }
    if let Some(is) = action.attendance().filter(|_| event.is_appointment()) {
        on_its_day(is, event.at, dealer, now)?;
    }
    let within = |field: &str| Some(format!("follow_up.{field}"));
    let follow_up = follow_up.map(|new| new.check(context).map_err(|refusal| refusal.relocated(within))).transpose()?;
    let (mut follow_up, mut warnings) = follow_up.map_or((None, BTreeSet::new()), |(event, warnings)| (Some(event), warnings));
    if let Some(next) = follow_up.as_mut().filter(|next| next.is_appointment() && event.is_appointment()) {
        next.follows = matches!(action, EventAction::NoShow { .. }).then(|| event.appointment_id());
    }
    let mut after = CalendarEvent { dealer: dealer.id.clone(), due: None, ..event.clone() };
    let mut changed = lead.touched(now);
    changed.unplan(&event.id);
    let ended = |reason, note| Ending { at: now, by: by.clone(), reason, note, side: None };
    let (mut timed, mut rescheduled) = (true, None);
    let timeline_event = match action {
        EventAction::Complete { note } => {
            after.state = EventState::Completed(ended(None, note.clone()));
            Event::EventCompleted { event: id, title, note }
        }
        EventAction::NoShow { reason, note } => {
            let Some(reason) = dealer.settings.no_show_reason(&reason) else {
                let own = dealer.settings.no_show_reasons.iter().map(String::as_str);
                let names: Vec<&str> = NO_SHOW_REASONS.into_iter().chain(own).collect();
                return Err(Refusal::field("reason", "CAL-4", format!("must be one of {}", names.join(", "))));
            };
            after.state = EventState::NoShow(ended(Some(reason.clone()), note.clone()));
            Event::EventNoShow { event: id, title, reason, note }
        }
        EventAction::Keep => {
            let booked = event.booked_time(lead.owner.as_ref(), &dealer.settings);
            after.accepted = Some(Accepted::kept(&booked, &dealer.settings, event.accepted.as_ref(), by, now)?);
            after.due = event.due;
            changed.plan_again(&after);
            Event::EventKept { event: id, title, why: impediment.unwrap_or(Impediment::Unknown) }
        }
        EventAction::Delete { why } => {
            let why = dealer.settings.cancellation(why, by)?;
            after.state = EventState::Deleted(Ending::cancelled(now, by, why.clone()));
            Event::EventDeleted(CancelledEvent { event: id, title, why })
        }
        EventAction::Reschedule { to, despite } => {
            rescheduled = Some(despite);
            timed = to.is_timed(&dealer.settings.calendar, now);
            let to = to.instant(&dealer.settings.calendar, now).map_err(|fault| Refusal::Invalid(vec![fault]))?;
            if event.is_appointment() {
                not_to_the_past(event.at, to, now)?;
            }
            after.reschedule(to, by, now)?;
            after.accepted = Some(after.chosen(lead.owner.as_ref(), &dealer.settings));
            Event::EventRescheduled { event: id, title, from: event.at, to }
        }
    };
    changed.count_drive(event, &after.state);
    let cancelled = matches!(after.state, EventState::Deleted(_));
    let waits_again = cancelled && changed.take_back(event, Canceller::of_event(by), dealer, now);
    let mut timeline = vec![timeline_event];
    if let Some(follow_up) = &follow_up {
        timeline.extend(changed.plan_event(follow_up, dealer, now)?);
    }
    after.taken = after.takes_now(context).filter(|_| timed);
    if let Some(despite) = rescheduled {
        warnings.extend(after.choose(context, &despite)?);
        changed.plan_again(&after);
    }
    let mut diary = Diary::new(context.days);
    diary.put(after.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
    if let Some(next) = &follow_up {
        diary.put(next.id.as_str(), None, next.taken.as_ref())?;
    }
    let again = if waits_again { Message::level_2_again(&changed, dealer, now).map(Item::Message) } else { None };
    let given = follow_up.as_ref().and_then(|event| context.event_given(&changed, event));
    let decision = commit(changed, by.clone(), timeline, now).with(Item::Event(Box::new(after))).with_some(given);
    let decision = decision.with_some(follow_up.map(|event| Item::Event(Box::new(event)))).with_some(again).warned(warnings);
    Ok(Some(diary.items().fold(decision, Decision::with)))
}

impl Lead {
    /// Adds an event that stays planned.
    fn plan_again(&mut self, event: &CalendarEvent) {
        self.planned.push(Planned::of(event));
        self.planned.sort();
    }
}

impl CalendarEvent {
    /// Returns what is accepted with the choice of its time.
    pub(crate) fn chosen(&self, owner: Option<&UserId>, settings: &DealerSettings) -> Accepted {
        Accepted::with_the_time(&self.booked_time(owner, settings), settings, self.accepted.as_ref())
    }

    /// Whether the event already has the requested state.
    fn has_state_of(&self, action: &EventAction, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        match (action, &self.state) {
            (EventAction::Complete { note }, EventState::Completed(ended)) => note.is_none() || *note == ended.note,
            (EventAction::Delete { .. }, EventState::Deleted(_)) => true,
            (EventAction::NoShow { reason, note }, EventState::NoShow(ended)) => {
                settings.no_show_reason(reason) == ended.reason && (note.is_none() || *note == ended.note)
            }
            (EventAction::Reschedule { to, .. }, EventState::Incomplete) => to.instant(&settings.calendar, now) == Ok(self.at),
            _ => false,
        }
    }
}
