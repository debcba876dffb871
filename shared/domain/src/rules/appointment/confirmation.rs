//! Records that the customer confirms an appointment (APT-12).

use crate::appointment::{Appointment, ConfirmationWay, CustomerConfirmation, SalesChange, SalesNotice};
use crate::base::{Actor, Refusal};
use crate::rules::appointment::{AppointmentContext, ChangedAppointment, changed};

/// Records that the customer confirmed the appointment by `way`. `None` if it is confirmed already: the first confirmation counts.
///
/// # Errors
/// 409 if it is cancelled or over, or if its customer was erased (PRV-2).
pub fn confirm(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    way: ConfirmationWay,
) -> Result<Option<ChangedAppointment>, Refusal> {
    context.not_erased(before)?;
    if !before.is_to_come(context.now) {
        return Err(Refusal::conflict("APT-12", "the appointment is cancelled or over; only an appointment to come can be confirmed"));
    }
    if before.customer_confirmed.is_some() {
        return Ok(None);
    }
    let confirmation = CustomerConfirmation { at: context.now, way, by: context.by.clone() };
    let mut after = Appointment { customer_confirmed: Some(confirmation), ..before.clone() };
    after.end_decline();
    // The salesperson knows of the "no", and does not know that it no longer holds.
    let is_news = before.is_declined() && before.user.as_ref().is_none_or(|user| *context.by != Actor::User(user.clone()));
    if is_news {
        let notice = SalesNotice::of_answer(SalesChange::Confirmed, before, context.by, context.now);
        after.brief(vec![notice], &context.dealer.settings, context.now);
    }
    changed(context, before, after).map(Some)
}

/// Takes back the confirmation by the customer. `None` if there is none.
///
/// # Errors
/// 409 if the appointment has begun or is cancelled: the confirmation is then a part of its history.
pub fn take_back_confirmation(context: &AppointmentContext<'_>, before: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    if before.customer_confirmed.is_none() {
        return Ok(None);
    }
    if !before.is_to_come(context.now) {
        return Err(Refusal::conflict("APT-12", "the appointment has begun or is over: its confirmation stays"));
    }
    let mut after = before.clone();
    after.end_confirmation(context.by, context.now, true);
    changed(context, before, after).map(Some)
}
