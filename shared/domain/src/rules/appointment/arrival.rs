//! Records that the customer of an appointment is there (APT-12).

use crate::appointment::{Appointment, AppointmentChange, Arrival, Attended};
use crate::base::Refusal;
use crate::rules::appointment::{AppointmentContext, ChangedAppointment, changed};

/// Records that the customer has arrived. A no-show is taken back. `None` if the customer has arrived already.
///
/// # Errors
/// 409 if it is not the day of the visit, if the appointment is cancelled, if another one follows its no-show, or if its customer was
/// erased (PRV-2).
pub fn arrive(context: &AppointmentContext<'_>, before: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    context.not_erased(before)?;
    if before.state.is_cancelled() {
        return Err(Refusal::conflict("APT-12", "the appointment is cancelled; reopen it or create a new one"));
    }
    let calendar = &context.dealer.settings.calendar;
    if calendar.date_of(context.now) != calendar.date_of(before.at) {
        return Err(Refusal::conflict(
            "APT-12",
            "the customer arrives on the day of the visit only; move the appointment, or record the attendance",
        ));
    }
    if before.arrived.is_some() {
        return Ok(None);
    }
    let mut after = match before.attendance.is {
        Attended::NoShow => {
            before.keeps_no_mark()?;
            let unknown = AppointmentChange::Attended { is: Attended::Unknown, reason: None };
            before.with_local_change(unknown, context.by, calendar, context.now)
        }
        Attended::Unknown | Attended::Completed => before.clone(),
    };
    // Later than every record of the attendance so far, also one by a clock that is ahead.
    let at =
        after.attendance.as_of.filter(|_| after.attendance.is == Attended::Unknown).map_or(context.now, |as_of| as_of.max(context.now));
    after.arrived = Some(Arrival { at, by: context.by.clone() });
    changed(context, before, after).map(Some)
}

/// Takes back the arrival of the customer, and the attendance that the rule recorded because of it. `None` if the customer has not
/// arrived.
///
/// # Errors
/// 409 if the event was rescheduled too often, or if another appointment follows the attendance.
pub fn take_back_arrival(context: &AppointmentContext<'_>, before: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    if before.arrived.is_none() {
        return Ok(None);
    }
    let mut after = match before.attendance.rule {
        Some(_) => {
            before.keeps_no_mark()?;
            let unknown = AppointmentChange::Attended { is: Attended::Unknown, reason: None };
            before.with_local_change(unknown, context.by, &context.dealer.settings.calendar, context.now)
        }
        None => before.clone(),
    };
    after.without_arrival(context.by, &context.dealer.settings.calendar, context.now);
    changed(context, before, after).map(Some)
}
