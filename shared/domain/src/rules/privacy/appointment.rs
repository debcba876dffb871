//! Calendar events and appointments without an erased contact (PRV-2).

use super::{ERASED, keep_listed};
use crate::appointment::{Appointment, AppointmentState, Statements};
use crate::base::{Cancellation, Refusal};
use crate::calendar::{CalendarEvent, Ending, EventState};
use crate::decision::{Decision, Item};
use crate::enquiry::ContactPreferences;
use crate::lead::Lead;
use crate::privacy::{ErasedCounts, Erasure};
use crate::slots::{Diary, LoadDay};
use chrono::{DateTime, Utc};

/// The input of the erasure of an appointment or a calendar event.
#[derive(Clone, Copy)]
pub struct ErasedBooking<'a> {
    /// The order.
    pub order: &'a Erasure,
    /// The lead after [`super::erase_lead`]. `None` if the appointment has none.
    pub lead: Option<&'a Lead>,
    /// The loaded days of users.
    pub days: LoadDay<'a>,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl ErasedBooking<'_> {
    /// Whether nobody is left who could come.
    fn ends(&self) -> bool {
        self.lead.is_none_or(|lead| lead.erased.is_some())
    }
}

impl Appointment {
    /// Checks that somebody is left who could come.
    pub(crate) fn not_erased(&self) -> Result<(), Refusal> {
        match self.customer == ERASED {
            false => Ok(()),
            true => Err(Refusal::conflict("PRV-2", "the customer of this appointment was erased; make a new appointment")),
        }
    }
}

/// Erases the texts of a calendar event, and the customer of its appointment. If the lead has no contact any more, an event that is
/// still to come is cancelled and its time is free again, and nobody is notified. `None` if nothing changes.
///
/// # Errors
/// [`crate::slots::DayNotLoaded`] if a day of the event was not loaded.
pub fn erase_event(
    context: &ErasedBooking<'_>,
    event: &CalendarEvent,
    appointment: Option<&Appointment>,
) -> Result<Option<Decision>, Refusal> {
    let ErasedBooking { order, now, .. } = *context;
    let mut erased = CalendarEvent { title: event.kind.clone(), notes: None, ..event.clone() };
    match &mut erased.state {
        EventState::Incomplete if context.ends() => {
            erased.due = None;
            // The attendance of a past appointment stays unknown, so that the overview counts it as before (OVR-1).
            if event.at > now || appointment.is_none() {
                erased.state = EventState::Deleted(Ending::cancelled(now, &order.by, Cancellation::default()));
                erased.taken = None;
            }
        }
        EventState::Incomplete => {}
        EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => {
            keep_listed(&mut ended.reason);
            ended.note = None;
        }
    }
    let mut diary = Diary::new(context.days);
    diary.put(event.id.as_str(), event.taken.as_ref(), erased.taken.as_ref())?;
    let changed = (erased != *event).then(|| Item::Event(Box::new(erased)));
    let decision = Decision::default().with_some(changed);
    let decision = diary.items().fold(decision, Decision::with);
    let booking = appointment.map(|appointment| erase_appointment(context, appointment)).transpose()?.flatten();
    let all = Decision {
        items: decision.items.into_iter().chain(booking.into_iter().flat_map(|more| more.items)).collect(),
        ..Decision::default()
    }
    .erasing();
    Ok(Some(all).filter(|all| all.items.iter().any(|item| !matches!(item, Item::Day(_)))))
}

/// Erases the customer of an appointment, and counts it. One that is still to come is cancelled without a letter and without a notice
/// to the salesperson, unless another contact of its lead can come. `None` if nothing changes.
///
/// # Errors
/// [`crate::slots::DayNotLoaded`] if a day of the appointment was not loaded.
pub fn erase_appointment(context: &ErasedBooking<'_>, appointment: &Appointment) -> Result<Option<Decision>, Refusal> {
    let ErasedBooking { order, now, .. } = *context;
    let mut erased = Appointment {
        customer: context.lead.filter(|_| !context.ends()).map_or_else(|| ERASED.to_owned(), |lead| lead.contact.clone()),
        customer_id: appointment.customer_id.as_ref().map(|key| order.anonymous(key, appointment.lead)),
        notified: Vec::new(),
        reminding: Vec::new(),
        reached: ContactPreferences::default(),
        notes: None,
        external: None,
        statements: Statements::default(),
        ..appointment.clone()
    };
    erased.attendance.reason = None;
    erased.marked.iter_mut().for_each(|marked| marked.reason = None);
    erased.undone.iter_mut().for_each(|undone| undone.why.erase_texts());
    if let AppointmentState::Cancelled { why, .. } = &mut erased.state {
        why.erase_texts();
    }
    if context.ends() {
        erased.briefing.end();
        erased.visit_check.due = None;
    }
    let cancels = context.ends() && erased.at > now && !erased.state.is_cancelled();
    if cancels {
        erased.end_confirmation(&order.by, now, false);
        erased.state = AppointmentState::Cancelled { at: now, by: order.by.clone(), why: Cancellation::default() };
        erased.sequence += 1;
        erased.taken = None;
    }
    if erased == *appointment {
        return Ok(None);
    }
    let mut diary = Diary::new(context.days);
    diary.put(appointment.id.as_str(), appointment.taken.as_ref(), erased.taken.as_ref())?;
    let counts = ErasedCounts { appointments: 1, cancelled: u32::from(cancels), ..ErasedCounts::default() };
    let items = [Item::Appointment(Box::new(erased.revised(now))), Item::Erasure(Box::new(order.with(counts)))];
    let decision = items.into_iter().fold(Decision::default(), Decision::with);
    Ok(Some(diary.items().fold(decision, Decision::with).erasing()))
}
