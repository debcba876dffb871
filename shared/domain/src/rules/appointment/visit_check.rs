//! Checks appointments after their visits (APT-12).

use crate::appointment::{Appointment, DueVisitCheck, MorningList};
use crate::base::Refusal;
use crate::decision::{Decision, Item};
use crate::rules::appointment::{AppointmentContext, changed};

/// Carries out the check after a visit that is due: a rule records the attendance, or the supervisor gets the visit in the next list of the
/// day. `list` is the state of the dealer's lists. `None` if no check is due.
///
/// # Errors
/// [`crate::slots::DayNotLoaded`] if a day of the salesperson was not loaded.
pub fn check_visit(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    list: Option<&MorningList>,
) -> Result<Option<Decision>, Refusal> {
    let AppointmentContext { dealer, now, .. } = *context;
    let settings = &dealer.settings;
    let stored = |appointment: Box<Appointment>| Decision::default().with(Item::Appointment(appointment));
    let Some(found) = before.check_visit(settings, now) else { return Ok(None) };
    if context.not_erased(before).is_err() {
        let mut after = before.clone();
        after.visit_check.due = None;
        return Ok(Some(stored(Box::new(after))));
    }
    Ok(Some(match found {
        DueVisitCheck::Rule(rule) => changed(context, before, before.with_rule(rule, &settings.calendar, now))?.decision,
        DueVisitCheck::Unmarked(after) => {
            let plans = settings.appointments.morning_list;
            let list = plans.then(|| MorningList::planned_after(list, &dealer.id, &settings.calendar, now)).flatten();
            stored(after).with_some(list.map(Item::MorningList))
        }
        DueVisitCheck::Nothing(after) => stored(after),
    }))
}
