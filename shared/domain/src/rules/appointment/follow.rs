//! Changes an appointment as its calendar event changes (APT-1).

use crate::appointment::{Appointment, AppointmentChange, AppointmentState, Attendance, Attended};
use crate::base::{Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, BOOKED_TEST_DRIVE, EventId, Status};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item};
use crate::enquiry::ContactPreferences;
use crate::hours::Calendar;
use crate::lead::{Event, Lead};
use crate::rules::appointment::{ChangeCause, Elsewhere};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Returns the kind of an appointment whose event has the type `kind`.
pub(super) fn kind_of(kind: &str) -> AppointmentKind {
    match kind {
        BOOKED_TEST_DRIVE => AppointmentKind::TestDrive,
        "phone_inbound" | "phone_outbound" => AppointmentKind::Telephone,
        "email_inbound" | "email_outbound" => AppointmentKind::Email,
        "visit_inbound" | "visit_outbound" => AppointmentKind::Showroom,
        "delivery" => AppointmentKind::Delivery,
        _ => AppointmentKind::Other,
    }
}

/// The dealers of a lead before and after a change.
#[derive(Debug, Clone, Copy)]
pub struct Sites<'a> {
    /// The dealer before the change.
    pub from: &'a Dealer,
    /// The dealer after the change.
    pub to: &'a Dealer,
}

impl<'a> From<&'a Dealer> for Sites<'a> {
    fn from(dealer: &'a Dealer) -> Self {
        Self { from: dealer, to: dealer }
    }
}

impl Sites<'_> {
    /// Whether `event` was cancelled before its lead went to the other dealer.
    fn left_behind(&self, event: &CalendarEvent) -> bool {
        self.from.id != self.to.id && event.dealer == self.from.id && event.state != EventState::Incomplete
    }
}

/// Extends a decision about a lead of the dealer or dealers `sites`: its appointments follow their events, and the customers are notified.
/// `loaded` are the loaded appointments.
pub fn with_appointments<'a, 's>(
    decision: Decision,
    lead: &Lead,
    sites: impl Into<Sites<'s>>,
    loaded: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
    now: DateTime<Utc>,
) -> Decision {
    let sites = sites.into();
    let after_change = decision.lead().unwrap_or(lead).clone();
    let events = decision.items.iter().filter_map(|item| if let Item::Event(event) = item { Some(event) } else { None });
    let events: Vec<CalendarEvent> = events.filter(|event| event.is_appointment()).map(|event| CalendarEvent::clone(event)).collect();
    let entry = decision.items.iter().find_map(|item| if let Item::Entry(entry) = item { Some(entry.by.clone()) } else { None });
    let by = entry.unwrap_or(Actor::System);
    let elsewhere = decision.notified_of(&by);
    let mut decision = decision;
    for event in &events {
        let before = loaded(&event.appointment_id());
        let mut held = before.cloned();
        // An appointment that is cancelled before a transfer keeps its dealer and its salesperson, who is notified of the cancellation.
        let left_behind = sites.left_behind(event);
        let (dealer, its_lead) = if left_behind { (sites.from, lead) } else { (sites.to, &after_change) };
        // A future appointment moves to the other dealer together with its lead (DIS-7). The customer is notified, and reminders follow the
        // hours of the new dealer.
        if let Some(held) = held.as_mut().filter(|held| event.state == EventState::Incomplete && held.dealer != after_change.dealer) {
            held.go_to(after_change.dealer.clone(), &sites.from.settings.language, &by, now);
            held.sequence += 1;
        }
        let after = Appointment::of_event(event, its_lead, held.as_ref(), &dealer.settings.calendar, now);
        let mut after = after.reopened_with(event, &by, &dealer.settings.calendar, now);
        if let Some(before) = before {
            after.note_previous_user(before, &by, now);
        }
        if before == Some(&after) {
            continue;
        }
        after.note_lead(its_lead);
        decision.items.extend(after.letters(before, dealer, now));
        // A colleague of the owner gets no notice of the lead.
        let is_owners = before.is_some_and(|before| before.user == lead.owner);
        let notified = if elsewhere == Elsewhere::Assignment && (left_behind || !is_owners) { Elsewhere::Nothing } else { elsewhere };
        let cause = ChangeCause { by: &by, notified, settings: &dealer.settings, now };
        let briefed = after.briefed(before, cause).with_owner_notified(Some(its_lead).filter(|_| before.is_none()), cause);
        decision.items.push(Item::Appointment(Box::new(briefed.revised(now))));
        if let Some(former) = event.follows.as_ref().filter(|_| before.is_none()) {
            decision = decision.with_follower(former, loaded(former), &event.appointment_id(), now);
        }
    }
    decision.with_lead_result(lead, loaded)
}

impl Decision {
    /// Records in the appointment `former` that the appointment `next` follows it (APT-12). `stored` is the former one as it was loaded.
    fn with_follower(mut self, former: &AppointmentId, stored: Option<&Appointment>, next: &AppointmentId, now: DateTime<Utc>) -> Self {
        let changed = self.items.iter_mut().find_map(|item| match item {
            Item::Appointment(appointment) if appointment.id == *former => Some(appointment),
            _ => None,
        });
        match (changed, stored) {
            (Some(appointment), _) => appointment.followed_by = Some(next.clone()),
            (None, Some(stored)) => {
                let after = Appointment { followed_by: Some(next.clone()), ..stored.clone() }.revised(now);
                self.items.push(Item::Appointment(Box::new(after)));
            }
            (None, None) => {}
        }
        self
    }

    /// Records in the appointments of the lead that it was won, or is not won any more (OVR-5). `before` is the lead before the change.
    /// This is no change of the appointment: its version stays, and nobody is notified.
    fn with_lead_result<'a>(mut self, before: &Lead, loaded: impl Fn(&AppointmentId) -> Option<&'a Appointment>) -> Self {
        let Some(after) = self.lead().filter(|after| (after.status == Status::Won) != (before.status == Status::Won)).cloned() else {
            return self;
        };
        // An earlier release did not record the appointments of the lead, but their events are planned.
        let of_event = |id: &EventId| [Some(AppointmentId::of_event(before.id, id)), AppointmentId::parse(id.as_str()).ok()];
        let planned = before.planned.iter().flat_map(|planned| of_event(&planned.id)).flatten();
        let ids: BTreeSet<AppointmentId> = after.appointments.iter().cloned().chain(planned).collect();
        let changed: Vec<Item> = ids
            .iter()
            .filter_map(|id| {
                let is_changed = |item: &Item| matches!(item, Item::Appointment(appointment) if appointment.id == *id);
                let mut appointment = loaded(id).filter(|_| !self.items.iter().any(is_changed)).cloned()?;
                appointment.note_lead(&after);
                Some(Item::Appointment(Box::new(appointment)))
            })
            .collect();
        self.items.extend(changed);
        self
    }

    /// Returns which other notices the decision sends to salespersons (APT-7).
    fn notified_of(&self, by: &Actor) -> Elsewhere {
        let mut entries = self.items.iter().filter_map(|item| if let Item::Entry(entry) = item { Some(entry) } else { None });
        let goes_on = |event: &Event| matches!(event, Event::Assigned { .. } | Event::Moved { .. });
        match () {
            () if *by == Actor::Customer || self.items.iter().any(|item| matches!(item, Item::HandOver(_))) => Elsewhere::All,
            () if entries.any(|entry| entry.events.iter().any(goes_on)) => Elsewhere::Assignment,
            () => Elsewhere::Nothing,
        }
    }
}

impl Appointment {
    pub(super) fn of_event(event: &CalendarEvent, lead: &Lead, before: Option<&Self>, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let mut appointment = before.cloned().unwrap_or_else(|| Self {
            id: event.appointment_id(),
            dealer: lead.dealer.clone(),
            lead: Some(event.lead),
            of_lead: None,
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
            customer_confirmed: None,
            past_confirmations: Vec::new(),
            declines: Vec::new(),
            arrived: None,
            past_arrivals: Vec::new(),
            follows: event.follows.clone(),
            followed_by: None,
            visit_check: Default::default(),
            confirmed: Default::default(),
            reminded: Default::default(),
            notified: Vec::new(),
            reminding: Vec::new(),
            sequence: 0,
            reached: ContactPreferences::default(),
            notes: None,
            external: None,
            moved: Vec::new(),
            moves: 0,
            left: Vec::new(),
            former_leads: Vec::new(),
            version: 0,
            updated: now,
            statements: Default::default(),
            given: Vec::new(),
            undone: Vec::new(),
            marked: Vec::new(),
            accepted: None,
            taken: None,
            briefing: Default::default(),
            linked: None,
            request_hash: None,
        });
        appointment.user = event.user.clone().or_else(|| lead.owner.clone());
        appointment.accepted = event.accepted.clone().or(appointment.accepted);
        // A change of the calendar is a local change at `now`, whatever the clocks of other systems.
        if appointment.at != event.at {
            let by = event.rescheduled.last().map_or(&event.by, |moved| &moved.by);
            appointment = appointment.with_local_change(AppointmentChange::Moved { to: event.at }, by, calendar, now);
        }
        let known = &appointment.attendance;
        let change = match &event.state {
            EventState::Deleted(ended) if !appointment.state.is_cancelled() => {
                Some((AppointmentChange::Cancelled { why: ended.cancellation() }, ended))
            }
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

    /// Returns the appointment after its event was reopened: it is booked, and its attendance is unknown. Otherwise it stays as it is.
    fn reopened_with(self, event: &CalendarEvent, by: &Actor, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        if event.state != EventState::Incomplete {
            return self;
        }
        let booked = match self.state.is_cancelled() {
            true => self.with_local_change(AppointmentChange::Moved { to: event.at }, by, calendar, now),
            false => self,
        };
        match booked.attendance.is {
            Attended::Unknown => booked,
            Attended::Completed | Attended::NoShow => {
                booked.with_local_change(AppointmentChange::Attended { is: Attended::Unknown, reason: None }, by, calendar, now)
            }
        }
    }
}
