//! Reschedules an appointment to which the customer did not come: a new event follows (APT-12).

use crate::appointment::Appointment;
use crate::base::{AppointmentId, BOOKED_TEST_DRIVE, EventId, Refusal};
use crate::bookings::Despite;
use crate::calendar::{CalendarEvent, EventState, EventTime};
use crate::decision::Decision;
use crate::rules::calendar::{CalendarContext, NewEvent, schedule};
use crate::settings::{Capacity, CapacityDraft, DealerSettings};
use chrono::{DateTime, Utc};

impl CalendarEvent {
    /// Whether a move to another time makes a new event, so that this one stays counted: of a no-show, and of a visit that is over and not
    /// marked yet, if the new time is to come.
    pub fn is_followed_at_move(&self, to: &EventTime, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let duration = || Capacity::resolve(&settings.capacity, &CapacityDraft::default()).duration(&self.kind);
        let is_to_come = || to.instant(&settings.calendar, now).is_ok_and(|at| at > now);
        let over = || self.state == EventState::Incomplete && self.at + duration() <= now && is_to_come();
        self.is_appointment() && (matches!(self.state, EventState::NoShow(_)) || over())
    }
}

/// The event that is to follow a no-show, or a visit that is over.
#[derive(Debug, Clone, Copy)]
pub struct NextEvent<'a> {
    /// Its id.
    pub id: &'a EventId,
    /// The event with this id, if it exists.
    pub known: Option<&'a CalendarEvent>,
    /// The appointment of the no-show. It names the one that follows, also one that was planned with the no-show (CAL-4).
    pub appointment: Option<&'a Appointment>,
}

/// Plans the event `next`, which follows the visit `event` at another time. `None` if that one exists and has the requested time.
///
/// # Errors
/// 422 for a past time; 409 if another event follows already; errors of [`schedule`].
pub fn plan_next(
    context: &CalendarContext<'_>,
    event: &CalendarEvent,
    next: NextEvent<'_>,
    (to, despite): (&EventTime, &Despite),
) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, dealer, now, .. } = *context;
    let at = to.instant(&dealer.settings.calendar, now).map_err(|fault| Refusal::Invalid(vec![fault]))?;
    match next.known {
        Some(next) if next.at == at && next.state == EventState::Incomplete => return Ok(None),
        Some(next) => return Err(Refusal::conflict("APT-12", format!("the event {} follows this one; change that one", next.id))),
        None => next.appointment.map_or(Ok(()), Appointment::not_followed)?,
    }
    if at <= now {
        return Err(Refusal::field("at", "APT-12", "must be in the future: a new appointment follows the visit"));
    }
    let assignable = |user: &_| dealer.settings.member(user).is_some_and(|member| member.assignable);
    let appointment = (event.kind != BOOKED_TEST_DRIVE).then(|| AppointmentId::of_event(lead.id, next.id));
    let new = NewEvent {
        id: next.id.clone(),
        title: event.title.clone(),
        kind: event.kind.clone(),
        when: *to,
        notes: event.notes.clone(),
        user: event.user.clone().filter(assignable),
        booked: false,
        appointment,
        follows: Some(event.appointment_id()),
        despite: despite.clone(),
    };
    schedule(context, new).map(Some)
}
