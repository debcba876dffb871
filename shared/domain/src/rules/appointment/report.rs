//! Applies reports from other systems and local changes (APT-4, APT-5).

use crate::appointment::{Appointment, AppointmentChange, Attended, Report};
use crate::base::{Actor, Refusal, UserId};
use crate::bookings::{Accepted, Warning};
use crate::decision::{Decision, Item};
use crate::rules::appointment::{AppointmentContext, ChangeCause, ChangedAppointment, Elsewhere};
use crate::rules::calendar::{Chosen, mirrored};
use crate::slots::{Diary, Reservation, ReservedTime};
use std::collections::BTreeSet;

/// Applies a report to an appointment and, in the same commit, to its event. `None` if the known statement is equal or later, if the
/// customer was erased: a report would book the appointment again, or bring words of another system (PRV-2), or if another appointment
/// follows this one: then a report can only correct the attendance (APT-12).
///
/// # Errors
/// 409 if the event was rescheduled too often.
pub fn apply_report(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    report: &Report,
) -> Result<Option<ChangedAppointment>, Refusal> {
    let corrects = matches!(report.what, AppointmentChange::Attended { is: Attended::Completed | Attended::NoShow, .. });
    if context.not_erased(before).is_err() || (before.followed_by.is_some() && !corrects) {
        return Ok(None);
    }
    let after = before.with_report(report, context.by, &context.dealer.settings.calendar, context.now);
    if after.is_as(before) {
        // The report is stored so that it is recognised later. It causes no visible change.
        let unchanged = || Decision::default().with(Item::Appointment(Box::new(after.clone())));
        return Ok((after != *before).then(|| ChangedAppointment { decision: unchanged(), appointment: after.clone() }));
    }
    changed(context, before, after).map(Some)
}

/// Applies a user's change to an appointment in the same way. If the customer was erased, only the attendance changes.
///
/// # Errors
/// 409 if the event was rescheduled too often, or if the customer was erased (PRV-2).
pub fn apply_local(context: &AppointmentContext<'_>, before: &Appointment, what: AppointmentChange) -> Result<ChangedAppointment, Refusal> {
    if !matches!(what, AppointmentChange::Attended { .. }) {
        context.not_erased(before)?;
    }
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

/// Reopens an appointment that was cancelled by mistake (CAL-9). `None` if it is not cancelled.
///
/// # Errors
/// 409 if its customer was erased (PRV-2), if another appointment follows it (APT-12), or if its lead has 18 incomplete events.
pub fn reopen(context: &AppointmentContext<'_>, before: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    if !before.state.is_cancelled() {
        return Ok(None);
    }
    context.not_erased(before)?;
    before.not_followed()?;
    if let Some(lead) = context.lead {
        lead.check_room()?;
    }
    // A change of time after the cancellation reinstates the appointment, also if the time stays the same (APT-5).
    apply_local(context, before, AppointmentChange::Moved { to: before.at }).map(Some)
}

/// Adds the consequences of a change: the event or the reserved time, the letters, and the notices to the salesperson.
pub(crate) fn changed(context: &AppointmentContext<'_>, before: &Appointment, after: Appointment) -> Result<ChangedAppointment, Refusal> {
    changed_with(context, before, after, Elsewhere::Nothing)
}

/// As [`changed`], if `notified` notifies the salesperson too.
pub(crate) fn changed_with(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    mut after: Appointment,
    notified: Elsewhere,
) -> Result<ChangedAppointment, Refusal> {
    let event = context.calendar_context().zip(context.event);
    let mut decision = match event {
        Some((calendar_context, event)) => {
            // An event without a user belongs to the lead's owner. It stays so unless the change sets a user.
            let same = after.user == before.user;
            let given = if same { event.user.clone() } else { after.user.clone() };
            after.user = given.clone().or_else(|| calendar_context.lead.person(context.dealer));
            after.accept_time(before, context);
            let warnings = after.check_change(before, context)?;
            mirrored(&calendar_context, event, &after, given)?.unwrap_or_default().warned(warnings)
        }
        None => {
            after.accept_time(before, context);
            let warnings = after.check_change(before, context)?;
            after.taken = after.takes(context, before.taken.as_ref());
            let mut diary = Diary::new(context.days);
            diary.put(after.id.as_str(), before.taken.as_ref(), after.taken.as_ref())?;
            diary.items().fold(Decision::default().warned(warnings), Decision::with)
        }
    };
    decision.items.extend(after.letters(Some(before), context.dealer, context.now));
    after.note_previous_user(before, context.by, context.now);
    let cause = ChangeCause { by: context.by, notified, settings: &context.dealer.settings, now: context.now };
    let after = after.briefed(Some(before), cause).revised(context.now);
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

    /// Checks the time and person of a change from `before`, if it changes one of them (APT-8). A partner is warned of the person whom it
    /// may know only: it does not learn who owns the lead.
    fn check_change(&mut self, before: &Self, context: &AppointmentContext<'_>) -> Result<BTreeSet<Warning>, Refusal> {
        let hides_user = before.had_lead() && matches!(context.by, Actor::Partner(_));
        if (self.at, &self.user) == (before.at, &before.user) || self.user.is_none() && self.at == before.at {
            return Ok(BTreeSet::new());
        }
        let shown = if hides_user { Self { user: self.shown_user().cloned(), ..self.clone() } } else { self.clone() };
        let Chosen { warnings, kept } = context.check_choice(&shown)?;
        self.accepted = kept.or(self.accepted.take());
        Ok(warnings)
    }

    /// Returns the salesperson whom a partner may know: of an appointment whose lead was found by the customer's channels, the one whom the
    /// partner named, while that user has it. `None` if there is no such salesperson, or if the lead was named.
    pub fn shown_user(&self) -> Option<&UserId> {
        let named = self.linked.as_ref().and_then(|linked| linked.named.as_ref());
        named.filter(|named| self.user.as_ref() == Some(*named))
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
                let date = self.is_time_of_customer().then(|| context.dealer.settings.calendar.date_of(self.at));
                let place = date.map_or(place, |date| place.booked_for(date));
                Some(Reservation { user: user.clone(), place })
            }
        }
    }
}
