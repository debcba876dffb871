//! The events and appointments of a lead that is closed (CAL-5, APT-10).

use crate::appointment::Appointment;
use crate::base::{AppointmentId, Cancellation, CancellationSide, LEAD_CLOSED, Obstacle, Refusal};
use crate::calendar::{CalendarEvent, Ending, EventState};
use crate::decision::{Decision, Item, commit};
use crate::rules::appointment::follow::kind_of;
use crate::rules::calendar::{CalendarContext, with_events_ended};

/// The incomplete events, other than appointments, that are completed when a lead is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompletedEvents {
    /// No events.
    #[default]
    None,
    /// Events whose time has come.
    Overdue,
    /// All events.
    All,
}

/// What becomes of the appointments to come of a lead that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingAppointments {
    /// They are cancelled, and the customer is notified.
    Cancel,
    /// They take place.
    Keep,
}

/// What becomes of the events of a lead that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closing {
    /// The events that are completed.
    pub completes: CompletedEvents,
    /// What becomes of the appointments to come. `None` if the caller has not decided.
    pub appointments: Option<PendingAppointments>,
}

impl Closing {
    /// Returns the choice for a lead that is closed already: its appointments to come take place unless the caller cancels them.
    pub fn of_closed(self) -> Self {
        Self { appointments: self.appointments.or(Some(PendingAppointments::Keep)), ..self }
    }
}

/// The maximum number of appointments that are cancelled in one commit of 100 items: each with its event, two days, two letters and its
/// webhook events.
const MOST_CANCELLED: usize = 12;

/// Extends the decision that closes a lead with the ends of its planned `events`, in the same commit. An appointment is never completed,
/// because the end of a lead does not say that the customer came. `held` are the loaded appointments.
///
/// # Errors
/// 409 names the appointments to come if the caller has not decided about them; 409 if more are to be cancelled than one commit can hold.
pub fn with_events_closed<'a>(
    decision: Decision,
    events: &[&CalendarEvent],
    closing: Closing,
    context: &CalendarContext<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Decision, Refusal> {
    let CalendarContext { by, now, .. } = *context;
    let incomplete = events.iter().copied().filter(|event| event.state == EventState::Incomplete);
    let (appointments, others): (Vec<&CalendarEvent>, Vec<&CalendarEvent>) = incomplete.partition(|event| event.is_appointment());
    let to_come: Vec<&CalendarEvent> = appointments.into_iter().filter(|event| event.at > now).collect();
    if closing.appointments.is_none() && !to_come.is_empty() {
        return Err(undecided(&to_come, "choose whether to cancel or to keep them", context, held));
    }
    let completed = |event: &&CalendarEvent| match closing.completes {
        CompletedEvents::None => false,
        CompletedEvents::Overdue => event.at <= now,
        CompletedEvents::All => true,
    };
    let done = || EventState::Completed(Ending { at: now, by: by.clone(), reason: None, note: None, side: None });
    let why = Cancellation { reason: Some(LEAD_CLOSED.to_owned()), side: Some(CancellationSide::Dealer), note: None };
    let cancelled = match closing.appointments {
        Some(PendingAppointments::Cancel) => cancelled(to_come, &why, MOST_CANCELLED, context)?,
        Some(PendingAppointments::Keep) | None => Vec::new(),
    };
    let ends = others.into_iter().filter(completed).map(|event| (event, done()));
    Ok(with_events_ended(decision, ends.chain(cancelled).collect(), context)?)
}

/// Returns the cancellations of appointments to come.
///
/// # Errors
/// 409 if they are more than `most`, the number that one commit can hold.
pub(super) fn cancelled<'a>(
    to_come: Vec<&'a CalendarEvent>,
    why: &Cancellation,
    most: usize,
    context: &CalendarContext<'_>,
) -> Result<Vec<(&'a CalendarEvent, EventState)>, Refusal> {
    if to_come.len() > most {
        let why = format!("the lead has more than {most} appointments to come; cancel some of them first");
        return Err(Refusal::conflict("APT-10", why));
    }
    let cancelled = || EventState::Deleted(Ending::cancelled(context.now, context.by, why.clone()));
    Ok(to_come.into_iter().map(|event| (event, cancelled())).collect())
}

/// Ends planned `events` of a lead that is closed already, because the caller asks for it now. `None` if there is nothing to end.
///
/// # Errors
/// As [`with_events_closed`], but a choice about appointments is not needed.
pub fn end_events_of_closed<'a>(
    events: &[&CalendarEvent],
    closing: Closing,
    context: &CalendarContext<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, by, now, .. } = *context;
    let unchanged = commit(lead.touched(now), by.clone(), Vec::new(), now);
    let decision = with_events_closed(unchanged, events, closing.of_closed(), context, held)?;
    Ok(Some(decision).filter(|decision| decision.items.iter().any(|item| matches!(item, Item::Event(_)))))
}

/// Returns the refusal that names the appointments to come, and the `choice` that the caller has.
pub(super) fn undecided<'a>(
    to_come: &[&CalendarEvent],
    choice: &str,
    context: &CalendarContext<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Refusal {
    let obstacle = |event: &&CalendarEvent| {
        let id = event.appointment_id();
        let kind = held(&id).map_or_else(|| kind_of(&event.kind), |appointment| appointment.kind);
        Obstacle { what: "appointment", appointment: Some(id), kind: Some(kind), at: Some(event.at) }
    };
    let zone = context.dealer.settings.calendar.zone();
    let named = |event: &&CalendarEvent| format!("{} ({})", event.at.with_timezone(&zone).format("%Y-%m-%d %H:%M"), event.title);
    let named: Vec<String> = to_come.iter().map(named).collect();
    let detail = format!("appointments are still to come: {}; {choice}", named.join(", "));
    Refusal::Undecided { rule: "APT-10", detail, obstacles: to_come.iter().map(obstacle).collect() }
}
