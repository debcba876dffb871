//! The appointments of a lead that goes to another dealer (APT-10, DIS-7).

use crate::appointment::Appointment;
use crate::base::{AppointmentId, Cancellation, CancellationSide, Refusal};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item};
use crate::enquiry::Enquiry;
use crate::rules::appointment::closing::{cancelled, undecided};
use crate::rules::appointment::stay::with_visits_left;
use crate::rules::calendar::{CalendarContext, with_events_ended, with_events_moved};
use crate::settings::Dealer;

/// What becomes of the appointments to come of a lead that goes to another dealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferredAppointments {
    /// They take place at the other dealer.
    Move,
    /// They take place at the former dealer, without the lead.
    Stay,
    /// They are cancelled, and the customer is notified.
    Cancel,
}

/// The transfer of the events of a lead.
#[derive(Debug, Clone, Copy)]
pub struct EventTransfer<'a> {
    /// The dealer to which the lead goes.
    pub to: &'a Dealer,
    /// What becomes of the appointments to come. `None` if the caller has not decided.
    pub appointments: Option<TransferredAppointments>,
    /// The enquiry of the lead, if the lead has no contact of its own.
    pub enquiry: Option<&'a Enquiry>,
}

/// The maximum number of appointments that are cancelled, or stay, in the commit of a transfer, which also moves tasks and other events.
const MOST: usize = 6;

/// Extends the decision that gives a lead to another dealer: its incomplete `events` go there, in the same commit, except the appointments
/// to come that are cancelled or stay. A visit that has begun, or whose customer has arrived, stays where it takes place. `context` has the
/// former dealer, `held` are the loaded appointments.
///
/// # Errors
/// 409 names the appointments to come if the caller has not decided about them; 409 if more are cancelled or stay than one commit can hold.
pub fn with_events_transferred<'a>(
    decision: Decision,
    events: &[&CalendarEvent],
    transfer: EventTransfer<'_>,
    context: &CalendarContext<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Decision, Refusal> {
    let EventTransfer { to, appointments: choice, enquiry } = transfer;
    let now = context.now;
    let incomplete = events.iter().copied().filter(|event| event.state == EventState::Incomplete);
    let (visits, mut moved): (Vec<&CalendarEvent>, Vec<&CalendarEvent>) = incomplete.partition(|event| event.is_appointment());
    let has_arrived = |event: &CalendarEvent| held(&event.appointment_id()).is_some_and(|appointment| appointment.arrived.is_some());
    let (mut left, to_come): (Vec<&CalendarEvent>, Vec<&CalendarEvent>) =
        visits.into_iter().partition(|event| event.at <= now || has_arrived(event));
    let mut ends = Vec::new();
    match choice {
        None if !to_come.is_empty() => {
            return Err(undecided(&to_come, "choose whether they move, stay or are cancelled", context, &held));
        }
        None | Some(TransferredAppointments::Move) => moved.extend(to_come),
        Some(TransferredAppointments::Stay) => left.extend(to_come),
        Some(TransferredAppointments::Cancel) => {
            let why = Cancellation { reason: None, side: Some(CancellationSide::Dealer), note: None };
            ends = cancelled(to_come, &why, MOST, context)?;
        }
    }
    if left.len() + ends.len() > MOST {
        let why = format!(
            "more than {MOST} appointments would stay at the former dealer; cancel some, or record the attendance of past visits first"
        );
        return Err(Refusal::conflict("APT-10", why));
    }
    // The clock of a lead that waits again is that of its new dealer.
    let there = CalendarContext { dealer: to, ..*context };
    let decision = with_events_ended(with_events_moved(decision, &moved, to, now), ends, &there)?;
    let mut decision = with_visits_left(decision, &left, (context, enquiry), &held)?;
    for item in &mut decision.items {
        if let Item::Lead(lead) = item {
            lead.calendar_transfer_pending_since = lead.calendar_transfer_pending_since.filter(|_| !lead.planned.is_empty());
        }
    }
    Ok(decision)
}
