//! Applies reports from other systems and local changes (APT-4, APT-5).

use crate::appointment::{Appointment, AppointmentChange, Attended, Report};
use crate::base::Refusal;
use crate::bookings::Accepted;
use crate::decision::{Decision, Item};
use crate::rules::appointment::{AppointmentContext, ChangedAppointment};
use crate::rules::calendar::mirrored;
use crate::slots::{Diary, Reservation, ReservedTime};

/// Applies a report to an appointment and, in the same commit, to its event. `None` if the known statement is equal or later.
///
/// # Errors
/// 409 if the event was rescheduled too often.
pub fn apply_report(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    report: &Report,
) -> Result<Option<ChangedAppointment>, Refusal> {
    let after = before.with_report(report, context.by, &context.dealer.settings.calendar, context.now);
    if after.is_as(before) {
        // The report is stored so that it is recognised later. It causes no visible change.
        let unchanged = || Decision::default().with(Item::Appointment(Box::new(after.clone())));
        return Ok((after != *before).then(|| ChangedAppointment { decision: unchanged(), appointment: after.clone() }));
    }
    changed(context, before, after).map(Some)
}

/// Applies a user's change to an appointment in the same way.
///
/// # Errors
/// 409 if the event was rescheduled too often.
pub fn apply_local(context: &AppointmentContext<'_>, before: &Appointment, what: AppointmentChange) -> Result<ChangedAppointment, Refusal> {
    changed(context, before, before.with_local_change(what, context.by, &context.dealer.settings.calendar, context.now))
}

/// Keeps an appointment although its person is absent or the dealer is closed (APT-9). `None` if there is nothing to decide.
///
/// # Errors
/// 409 if it is cancelled, over or past, or if its person is to keep it under an own absence.
pub fn keep(context: &AppointmentContext<'_>, before: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    let AppointmentContext { dealer, by, now, .. } = *context;
    if before.state.is_cancelled() || before.attendance.is != Attended::Unknown || before.at <= now {
        return Err(Refusal::conflict("APT-9", "the appointment is cancelled, over or past: there is nothing to keep"));
    }
    if before.affected(&dealer.settings, now).is_none() {
        return Ok(None);
    }
    let accepted = Accepted::kept(&before.booked_time(&dealer.settings), &dealer.settings, before.accepted.as_ref(), by, now)?;
    changed(context, before, Appointment { accepted: Some(accepted), ..before.clone() }).map(Some)
}

/// Adds the consequences of a change: the event or the reserved time, and the letters.
pub(crate) fn changed(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    mut after: Appointment,
) -> Result<ChangedAppointment, Refusal> {
    let event = context.calendar_context().zip(context.event);
    let mut decision = match event {
        Some((calendar_context, event)) => {
            // An event without a user belongs to the lead's owner. It stays so unless the change sets a user.
            let same = after.user == before.user;
            let given = if same { event.user.clone() } else { after.user.clone() };
            after.user = given.clone().or_else(|| calendar_context.lead.owner.clone());
            after.accept_time(before, context);
            mirrored(&calendar_context, event, &after, given)?.unwrap_or_default()
        }
        None => {
            after.accept_time(before, context);
            after.taken = after.takes(context, before.taken.as_ref());
            let mut diary = Diary::new(context.days);
            diary.put(after.id.as_str(), before.taken.as_ref(), after.taken.as_ref())?;
            diary.items().fold(Decision::default(), Decision::with)
        }
    };
    decision.items.extend(after.letters(Some(before), context.dealer, context.now));
    after.note_previous_user(before, context.by, context.now);
    let after = after.revised(context.now);
    decision.items.push(Item::Appointment(Box::new(after.clone())));
    Ok(ChangedAppointment { decision, appointment: after })
}

impl Appointment {
    /// Records that the time was chosen, if it is another one than before.
    fn accept_time(&mut self, before: &Self, context: &AppointmentContext<'_>) {
        if self.at != before.at {
            let settings = &context.dealer.settings;
            self.accepted = Some(Accepted::with_the_time(&self.booked_time(settings), settings, before.accepted.as_ref()));
        }
    }

    /// Returns the time that the appointment reserves for its user (CAL-7). `None` if it has an event, is over or is cancelled. `took` is
    /// the previous reservation.
    pub(crate) fn takes(&self, context: &AppointmentContext<'_>, took: Option<&Reservation>) -> Option<Reservation> {
        let user = self.user.as_ref().filter(|_| self.event.is_none() && !self.state.is_cancelled())?;
        match self.attendance.is {
            Attended::NoShow => None,
            Attended::Completed => took.filter(|_| self.at <= context.now).cloned(),
            Attended::Unknown => {
                let until = self.at.checked_add_signed(context.dealer.capacity().duration(self.kind.event_type()))?;
                let place = ReservedTime::new(self.at, until).ok().filter(|_| until > context.now)?;
                Some(Reservation { user: user.clone(), place })
            }
        }
    }
}
