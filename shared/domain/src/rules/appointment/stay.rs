//! Appointments that stay at their dealer when their lead goes to another one (APT-10).

use crate::appointment::Appointment;
use crate::base::{AppointmentId, Cancellation, CancellationSide, STAYED_AT_DEALER, UserId};
use crate::calendar::{CalendarEvent, Ending, EventState};
use crate::decision::{Decision, Item};
use crate::enquiry::{ContactPreferences, Enquiry};
use crate::lead::{Event, Lead};
use crate::rules::appointment::{ChangeCause, Elsewhere};
use crate::rules::calendar::CalendarContext;
use crate::slots::{Day, DayNotLoaded, Diary};
use chrono::NaiveDate;

/// Extends the decision that gives a lead to another dealer: its appointments of the incomplete `events` stay, without the lead. Each event
/// ends. `context` has the former dealer, and `enquiry` is that of a lead without a contact of its own. Nobody is notified: for the
/// customer nothing changes.
///
/// # Errors
/// [`DayNotLoaded`] if the day of an event was not loaded.
pub(super) fn with_visits_left<'a>(
    mut decision: Decision,
    events: &[&CalendarEvent],
    (context, enquiry): (&CalendarContext<'_>, Option<&Enquiry>),
    held: &impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Decision, DayNotLoaded> {
    let CalendarContext { lead, dealer, by, now, .. } = *context;
    // Other ends in the same commit may have changed the same days.
    let changed: Vec<Day> =
        decision.items.iter().filter_map(|item| if let Item::Day(day) = item { Some(day.clone()) } else { None }).collect();
    let read = |user: &UserId, date: NaiveDate| {
        let here = changed.iter().find(|day| day.user == *user && day.date == date);
        here.cloned().or_else(|| (context.days)(user, date))
    };
    let mut diary = Diary::new(&read);
    let mut left = Vec::new();
    for event in events {
        let id = event.appointment_id();
        let stored = held(&id).cloned();
        let before = stored.unwrap_or_else(|| Appointment::of_event(event, lead, None, &dealer.settings.calendar, now));
        let works_here = |user: &UserId| dealer.settings.member(user).is_some_and(|member| member.assignable);
        let mut after = before.clone();
        after.user = after.user.filter(works_here);
        after.note_previous_user(&before, by, now);
        after.leave_lead(lead.id, by, now);
        after.reached = before.reached_without(lead, enquiry);
        after.taken = event.taken.clone().filter(|taken| Some(&taken.user) == after.user.as_ref());
        diary.put(event.id.as_str(), event.taken.as_ref(), None)?;
        diary.put(id.as_str(), None, after.taken.as_ref())?;
        // The salesperson sees the same customer as before.
        let known = Appointment { reached: after.reached.clone(), ..before };
        let cause = ChangeCause { by, notified: Elsewhere::Nothing, settings: &dealer.settings, now };
        let after = after.briefed(Some(&known), cause).revised(now);
        let why = Cancellation { reason: Some(STAYED_AT_DEALER.to_owned()), side: Some(CancellationSide::Dealer), note: None };
        let state = EventState::Deleted(Ending::cancelled(now, by, why));
        let ended = CalendarEvent { state, due: None, taken: None, left_at: Some(dealer.id.clone()), ..CalendarEvent::clone(event) };
        left.push((ended, after));
    }
    for item in &mut decision.items {
        match item {
            Item::Lead(lead) => left.iter().for_each(|(event, _)| lead.unplan(&event.id)),
            Item::Entry(entry) => entry.events.extend(left.iter().map(|(event, appointment)| Event::EventStayed {
                event: event.id.clone(),
                title: event.title.clone(),
                appointment: appointment.id.clone(),
                dealer: dealer.id.clone(),
            })),
            _ => {}
        }
    }
    let days: Vec<Item> = diary.items().collect();
    let is_replaced = |item: &Item| {
        let same = |one: &Day, other: &Item| matches!(other, Item::Day(day) if (&day.user, day.date) == (&one.user, one.date));
        matches!(item, Item::Day(day) if days.iter().any(|other| same(day, other)))
    };
    decision.items.retain(|item| !is_replaced(item));
    let items = left.into_iter().flat_map(|(event, appointment)| [Item::Event(Box::new(event)), Item::Appointment(Box::new(appointment))]);
    Ok(items.chain(days).fold(decision, Decision::with))
}

impl Appointment {
    /// Returns how its customer is reached when it has no lead any more: as before, with the addresses of the lead's main contact.
    fn reached_without(&self, lead: &Lead, enquiry: Option<&Enquiry>) -> ContactPreferences {
        let (own, of_lead) = (self.reached.clone(), lead.reached(enquiry).unwrap_or_default());
        ContactPreferences {
            email: own.email.or(of_lead.email),
            phone: own.phone.or(of_lead.phone),
            language: own.language.or(of_lead.language),
            refuses: own.refuses,
        }
    }
}
