//! Changes an appointment as its calendar event changes (APT-1).

use crate::appointment::{Appointment, AppointmentChange, AppointmentState, Attendance, Attended};
use crate::base::{Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, BOOKED_TEST_DRIVE};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item};
use crate::enquiry::ContactPreferences;
use crate::hours::Calendar;
use crate::lead::Lead;
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Returns the kind of an appointment whose event has the type `kind`.
fn kind_of(kind: &str) -> AppointmentKind {
    match kind {
        BOOKED_TEST_DRIVE => AppointmentKind::TestDrive,
        "phone_inbound" | "phone_outbound" => AppointmentKind::Telephone,
        "email_inbound" | "email_outbound" => AppointmentKind::Email,
        "visit_inbound" | "visit_outbound" => AppointmentKind::Showroom,
        "delivery" => AppointmentKind::Delivery,
        _ => AppointmentKind::Other,
    }
}

/// Extends a decision about a lead of `dealer`: its appointments follow their events, and the customers are notified. `held` are the loaded
/// appointments.
pub fn with_appointments<'a>(
    decision: Decision,
    lead: &Lead,
    dealer: &Dealer,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
    now: DateTime<Utc>,
) -> Decision {
    let lead = decision.lead().unwrap_or(lead).clone();
    let events = decision.items.iter().filter_map(|item| if let Item::Event(event) = item { Some(event) } else { None });
    let events: Vec<CalendarEvent> = events.filter(|event| event.is_appointment()).map(|event| CalendarEvent::clone(event)).collect();
    let entry = decision.items.iter().find_map(|item| if let Item::Entry(entry) = item { Some(entry.by.clone()) } else { None });
    let by = entry.unwrap_or(Actor::System);
    let mut decision = decision;
    for event in &events {
        let before = held(&event.appointment_id());
        let mut after = Appointment::of_event(event, &lead, before, &dealer.settings.calendar, now);
        if let Some(before) = before {
            after.note_previous_user(before, &by, now);
        }
        if before == Some(&after) {
            continue;
        }
        decision.items.extend(after.letters(before, dealer, now));
        decision.items.push(Item::Appointment(Box::new(after.revised(now))));
    }
    decision
}

impl Appointment {
    fn of_event(event: &CalendarEvent, lead: &Lead, before: Option<&Self>, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut appointment = before.cloned().unwrap_or_else(|| Self {
            id: event.appointment_id(),
            dealer: lead.dealer.clone(),
            lead: Some(event.lead),
            event: Some(event.id.clone()),
            customer: lead.contact.clone(),
            customer_id: lead.contact_id.clone(),
            user: None,
            at: event.at,
            kind: kind_of(&event.kind),
            origin: AppointmentOrigin::Forecourt,
            team: AppointmentTeam::Dealer,
            by: event.by.clone(),
            created: event.created,
            state: AppointmentState::Booked,
            attendance: Attendance::default(),
            confirmed: Default::default(),
            reminded: Default::default(),
            notified: Vec::new(),
            reminding: Vec::new(),
            sequence: 0,
            reached: ContactPreferences::default(),
            notes: None,
            external: None,
            moved: Vec::new(),
            left: Vec::new(),
            version: 0,
            updated: now,
            statements: Default::default(),
            given: Vec::new(),
            undone: Vec::new(),
            marked: Vec::new(),
            accepted: None,
            taken: None,
            request_hash: None,
        });
        appointment.user = event.user.clone().or_else(|| lead.owner.clone());
        appointment.accepted = event.accepted.clone().or(appointment.accepted);
        if event.state == EventState::Incomplete && appointment.dealer != lead.dealer {
            // A future appointment moves to the other dealer together with its lead (DIS-7). The customer is notified, and reminders follow
            // the hours of the new dealer.
            appointment.go_to(lead.dealer.clone(), now);
            appointment.sequence += 1;
        }
        // A change of the calendar is a local change at `now`, whatever the clocks of other systems.
        if appointment.at != event.at {
            let by = event.rescheduled.last().map_or(&event.by, |moved| &moved.by);
            appointment = appointment.with_local_change(AppointmentChange::Moved { to: event.at }, by, calendar, now);
        }
        let known = &appointment.attendance;
        let change = match &event.state {
            EventState::Deleted(ended) if !appointment.state.is_cancelled() => Some((AppointmentChange::Cancelled, ended)),
            EventState::Completed(ended) if known.is != Attended::Completed => {
                Some((AppointmentChange::Attended { is: Attended::Completed, reason: None }, ended))
            }
            EventState::NoShow(ended) if known.is != Attended::NoShow => {
                Some((AppointmentChange::Attended { is: Attended::NoShow, reason: ended.reason.clone() }, ended))
            }
            _ => None,
        };
        match change {
            Some((what, ended)) => appointment.with_local_change(what, &ended.by, calendar, now),
            None => appointment,
        }
    }
}
