//! Applies reports of other systems, and changes made here (APT-4, APT-5).

use crate::appointment::{Appointment, AppointmentChange, Attended, Report};
use crate::base::Refusal;
use crate::decision::{Decision, Item};
use crate::rules::appointment::{AppointmentContext, ChangedAppointment};
use crate::rules::calendar::mirrored;
use crate::slots::{Diary, Reservation, ReservedTime};

/// Takes in what is told of an appointment; its event, where it is one, follows in the same commit. `None`: what is known is the same, or later.
///
/// # Errors
/// An event that was rescheduled too often.
pub fn apply_report(facts: &AppointmentContext<'_>, before: &Appointment, report: &Report) -> Result<Option<ChangedAppointment>, Refusal> {
    let after = before.with_report(report, facts.by, &facts.dealer.settings.calendar, facts.now);
    if after.is_as(before) {
        // It is to be known again, and nobody sees a change.
        let kept = || Decision::default().with(Item::Appointment(Box::new(after.clone())));
        return Ok((after != *before).then(|| ChangedAppointment { decision: kept(), appointment: after.clone() }));
    }
    changed(facts, before, after).map(Some)
}

/// Takes in what a user says of an appointment, in the same way.
///
/// # Errors
/// An event that was rescheduled too often.
pub fn apply_local(facts: &AppointmentContext<'_>, before: &Appointment, what: AppointmentChange) -> Result<ChangedAppointment, Refusal> {
    changed(facts, before, before.with_local_change(what, facts.by, &facts.dealer.settings.calendar, facts.now))
}

/// What a change of an appointment brings with it: its event, or the time that it takes, and what its customer is told.
pub(crate) fn changed(facts: &AppointmentContext<'_>, before: &Appointment, mut after: Appointment) -> Result<ChangedAppointment, Refusal> {
    let event = facts.case().zip(facts.event);
    let mut decision = match event {
        Some((case, event)) => {
            // An event without a user is with whoever has the lead, and stays so unless somebody is named.
            let same = after.user == before.user;
            let given = if same { event.user.clone() } else { after.user.clone() };
            after.user = given.clone().or_else(|| case.lead.owner.clone());
            mirrored(&case, event, &after, given)?.unwrap_or_default()
        }
        None => {
            after.taken = after.takes(facts, before.taken.as_ref());
            let mut diary = Diary::new(facts.days);
            diary.put(after.id.as_str(), before.taken.as_ref(), after.taken.as_ref())?;
            diary.items().fold(Decision::default(), Decision::with)
        }
    };
    decision.items.extend(after.letters(Some(before), facts.dealer, facts.now));
    let after = after.revised(facts.now);
    decision.items.push(Item::Appointment(Box::new(after.clone())));
    Ok(ChangedAppointment { decision, appointment: after })
}

impl Appointment {
    /// The time that it takes as things are (CAL-7): its user's, unless it is an event, over, or called off. `took` is what it took before.
    pub(crate) fn takes(&self, facts: &AppointmentContext<'_>, took: Option<&Reservation>) -> Option<Reservation> {
        let user = self.user.as_ref().filter(|_| self.event.is_none() && !self.state.is_cancelled())?;
        match self.attendance.is {
            Attended::NoShow => None,
            Attended::Completed => took.filter(|_| self.at <= facts.now).cloned(),
            Attended::Unknown => {
                let until = self.at.checked_add_signed(facts.dealer.capacity().duration(self.kind.event_type()))?;
                let place = ReservedTime::new(self.at, until).ok().filter(|_| until > facts.now)?;
                Some(Reservation { user: user.clone(), place })
            }
        }
    }
}
