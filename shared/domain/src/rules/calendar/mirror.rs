//! Changes a calendar event as its appointment changes (APT-1).

use crate::appointment::{Appointment, AppointmentState, Attended};
use crate::base::{Actor, NO_SHOW_REASONS, ReactionKind, Refusal, UserId};
use crate::bookings::{Accepted, Impediment};
use crate::calendar::{CalendarEvent, Ending, EventState, Planned, in_reach};
use crate::decision::{Decision, Item, commit};
use crate::lead::{CancelledEvent, Canceller, Event, is_pooled};
use crate::messages::Message;
use crate::rules::calendar::CalendarContext;
use crate::slots::Diary;

/// Returns the state of the event of `appointment`.
pub(crate) fn state_of(appointment: &Appointment) -> EventState {
    let attendance = &appointment.attendance;
    let ended = |reason| {
        let (at, by) = (attendance.as_of.unwrap_or(appointment.created), attendance.by.clone());
        Ending { at, by: by.unwrap_or_else(|| appointment.by.clone()), reason, note: None, side: None }
    };
    match (&appointment.state, attendance.is) {
        (AppointmentState::Cancelled { at, by, why }, _) => EventState::Deleted(Ending::cancelled(*at, by, why.clone())),
        (AppointmentState::Booked | AppointmentState::Unknown, Attended::Unknown) => EventState::Incomplete,
        (AppointmentState::Booked | AppointmentState::Unknown, Attended::Completed) => EventState::Completed(ended(None)),
        (AppointmentState::Booked | AppointmentState::Unknown, Attended::NoShow) => {
            EventState::NoShow(ended(Some(attendance.reason.clone().unwrap_or_else(|| NO_SHOW_REASONS[1].to_owned()))))
        }
    }
}

/// Updates an event to the time and state of `appointment`, and assigns it to the user in `given`. `None` if nothing changes.
///
/// # Errors
/// 409 if the event was rescheduled too often; 422 if the time is out of range.
pub(crate) fn mirrored(
    context: &CalendarContext<'_>,
    event: &CalendarEvent,
    appointment: &Appointment,
    given: Option<UserId>,
) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, dealer, by, now, .. } = *context;
    let mut after = CalendarEvent { dealer: dealer.id.clone(), ..event.clone() };
    let mut timeline = Vec::new();
    if appointment.at != event.at {
        if !in_reach(appointment.at, now) {
            return Err(Refusal::field("at", "CAL-4", "must be within ten years"));
        }
        // Changes by another system are accepted without a limit, because they have already happened: the latest counts (APT-5).
        match by {
            Actor::Partner(_) => after.go_to(appointment.at, by, now),
            _ => after.reschedule(appointment.at, by, now)?,
        }
        timeline.push(Event::EventRescheduled { event: event.id.clone(), title: event.title.clone(), from: event.at, to: appointment.at });
    }
    if after.user != given {
        after.user = given;
        let (from, to) = (event.user.clone(), after.user.clone());
        timeline.push(Event::EventGiven { event: event.id.clone(), title: event.title.clone(), from, to });
    }
    let kept = |accepted: Option<&Accepted>| accepted.and_then(|accepted| accepted.kept.clone());
    if let Some(accepted) = appointment.accepted.as_ref().filter(|_| kept(appointment.accepted.as_ref()) != kept(event.accepted.as_ref())) {
        let why = accepted.why.first().copied().unwrap_or(Impediment::Unknown);
        timeline.push(Event::EventKept { event: event.id.clone(), title: event.title.clone(), why });
    }
    after.accepted = appointment.accepted.clone().or(after.accepted);
    let state = state_of(appointment);
    // The note of the end stays while the end is the same.
    let outcome = |state: &EventState| (state.name(), state.ended().map(|ended| (ended.at, ended.reason.clone())));
    if outcome(&state) != outcome(&event.state) {
        after.state = state;
        timeline.push(after.timeline_event());
    }
    if timeline.is_empty() {
        return Ok(None);
    }
    let mut changed = lead.touched(now);
    changed.unplan(&event.id);
    changed.count_drive(event, &after.state);
    let is_planned = after.state == EventState::Incomplete;
    let cancelled = matches!(after.state, EventState::Deleted(_));
    let canceller = Canceller { by, linked: appointment.linked.is_some() };
    let waits_again = cancelled && changed.take_back(event, canceller, dealer, now);
    // The cancellation took the reaction back (ESC-7). Nobody has taken a lead of the pool by this.
    let reopened = is_planned && matches!(event.state, EventState::Deleted(_)) && matches!(by, Actor::User(_) | Actor::Partner(_));
    let reacts = reopened && after.is_appointment() && after.at > now && !is_pooled(lead, &dealer.settings);
    if reacts && changed.react_with(&event.id, dealer, now) {
        timeline.push(Event::Reacted { kind: ReactionKind::Appointment, first: true, inbound: false, note: None });
    }
    let again = if waits_again { Message::level_2_again(&changed, dealer, now).map(Item::Message) } else { None };
    if is_planned {
        changed.planned.push(Planned::of(&after));
        changed.planned.sort();
    }
    after.due = Some(after.at).filter(|at| is_planned && *at > now);
    after.taken = after.takes_now(context);
    let mut diary = Diary::new(context.days);
    diary.put(after.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
    let decision = commit(changed, by.clone(), timeline, now).with(Item::Event(Box::new(after))).with_some(again);
    Ok(Some(diary.items().fold(decision, Decision::with)))
}

impl CalendarEvent {
    /// Returns the timeline event for its state.
    pub(crate) fn timeline_event(&self) -> Event {
        let (event, title) = (self.id.clone(), self.title.clone());
        match &self.state {
            EventState::Incomplete => Event::EventScheduled { event, title, kind: self.kind.clone(), at: self.at },
            EventState::Completed(ended) => Event::EventCompleted { event, title, note: ended.note.clone() },
            EventState::NoShow(Ending { reason, note, .. }) => {
                Event::EventNoShow { event, title, reason: reason.clone().unwrap_or_default(), note: note.clone() }
            }
            EventState::Deleted(ended) => Event::EventDeleted(CancelledEvent { event, title, why: ended.cancellation() }),
        }
    }
}
