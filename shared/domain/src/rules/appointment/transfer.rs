//! The appointments to come of a lead that goes to another dealer (APT-10, DIS-7).

use crate::appointment::Appointment;
use crate::base::{AppointmentId, Cancellation, CancellationSide, Refusal};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item};
use crate::rules::appointment::closing::{cancelled, undecided};
use crate::rules::calendar::{CalendarContext, with_events_ended, with_events_moved};
use crate::settings::Dealer;

/// What becomes of the appointments to come of a lead that goes to another dealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferredAppointments {
    /// They take place at the other dealer.
    Move,
    /// They are cancelled, and the customer is notified.
    Cancel,
}

/// The maximum number of appointments that are cancelled in the commit of a transfer, which also moves tasks and other events.
const MOST_CANCELLED: usize = 6;

/// Extends the decision that gives a lead to the dealer `to`: its incomplete `events` go there, in the same commit, except the appointments
/// to come that are cancelled. `context` has the former dealer, `held` are the loaded appointments.
///
/// # Errors
/// 409 names the appointments to come if the caller has not decided about them; 409 if more are to be cancelled than one commit can hold.
pub fn with_events_transferred<'a>(
    decision: Decision,
    events: &[&CalendarEvent],
    (choice, to): (Option<TransferredAppointments>, &Dealer),
    context: &CalendarContext<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Decision, Refusal> {
    let now = context.now;
    let is_to_come = |event: &&CalendarEvent| event.state == EventState::Incomplete && event.is_appointment() && event.at > now;
    let (to_come, others): (Vec<&CalendarEvent>, Vec<&CalendarEvent>) = events.iter().copied().partition(is_to_come);
    match choice {
        None if !to_come.is_empty() => Err(undecided(&to_come, "choose whether to move or to cancel them", context, held)),
        None | Some(TransferredAppointments::Move) => Ok(with_events_moved(decision, events, to, now)),
        Some(TransferredAppointments::Cancel) => {
            let why = Cancellation { reason: None, side: Some(CancellationSide::Dealer), note: None };
            let ends = cancelled(to_come, &why, MOST_CANCELLED, context)?;
            // The clock of a lead that waits again is that of its new dealer.
            let there = CalendarContext { dealer: to, ..*context };
            let mut decision = with_events_ended(with_events_moved(decision, &others, to, now), ends, &there)?;
            for item in &mut decision.items {
                if let Item::Lead(lead) = item {
                    lead.calendar_transfer_pending_since = lead.calendar_transfer_pending_since.filter(|_| !lead.planned.is_empty());
                }
            }
            Ok(decision)
        }
    }
}
