//! Appointments with the data that their salespersons need: customer, number, vehicle (APT-7).

use super::lead::{enquiry_key, enquiry_of};
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, CustomerConfirmation};
use forecourt_domain::base::{AppointmentId, Phone, Right};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, DiaryEntry, Failure, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// The number of entries of the diary in one read.
const READ_AT_ONCE: usize = 100;
/// The most appointments of a day that are returned.
const MAX_FOUND: usize = 500;

/// An appointment with its lead and its event, if it has them.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The appointment.
    pub appointment: Appointment,
    /// The lead.
    pub lead: Option<Lead>,
    /// The event of the lead.
    pub event: Option<CalendarEvent>,
    phone_of_lead: Option<Phone>,
}

/// The confirmation of an appointment by its customer (APT-12).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerConfirmedView {
    /// When the customer confirmed it.
    pub at: DateTime<Utc>,
    /// By which way: `link`, `text`, `telephone` (a user recorded it) or `partner`.
    pub way: &'static str,
}

impl CustomerConfirmedView {
    /// Returns the confirmation as the API shows it.
    pub fn of(confirmation: &CustomerConfirmation) -> Self {
        Self { at: confirmation.at, way: confirmation.way.name() }
    }
}

impl Visit {
    fn of(id: &AppointmentId, loaded: &Loaded) -> Option<Self> {
        let appointment = loaded.appointment(id)?.clone();
        let lead = appointment.lead.and_then(|lead| loaded.lead(lead));
        let event = appointment.lead.zip(appointment.event.as_ref()).and_then(|(lead, event)| loaded.event(lead, event));
        let phone_of_lead = lead.and_then(|lead| lead.reached(enquiry_of(loaded, lead))).and_then(|reached| reached.phone);
        Some(Self { lead: lead.cloned(), event: event.cloned(), phone_of_lead, appointment })
    }

    /// Whether the customer was erased (PRV-2). The lead is erased first, its appointments some moments later.
    pub fn is_erased(&self) -> bool {
        self.lead.as_ref().is_some_and(|lead| lead.erased.is_some())
    }

    /// Returns the telephone number of the customer and the vehicle. Those of a lead are shown only to a reader who may see the lead, or
    /// who works for the salesperson of the appointment ([`Scope::sees_customer_of`]).
    pub fn shown_to(&self, scope: &Scope, dealer: &Dealer, now: DateTime<Utc>) -> (Option<&str>, &str) {
        let sees = |lead: &&Lead| {
            let reads = scope.needs_on(Right::ReadLeads, lead, &dealer.settings, now).is_ok();
            lead.dealer == dealer.id && (reads || scope.sees_customer_of(&self.appointment, &dealer.settings, now))
        };
        let lead = self.lead.as_ref().filter(sees);
        let own = self.appointment.reached.phone.as_ref();
        let phone = own.or(self.phone_of_lead.as_ref().filter(|_| lead.is_some()));
        (phone.map(|phone| phone.typed.as_str()), lead.map_or("", |lead| lead.vehicle.as_str()))
    }
}

/// Reads appointments with their leads and events.
///
/// # Errors
/// [`Failure::Unavailable`].
pub async fn visits(platform: &Platform, scope: &Scope, ids: &[AppointmentId]) -> Result<Vec<Visit>, Failure> {
    let load = Load::of(ids.iter().cloned().map(Key::Appointment)).then(|loaded| {
        let of = |id: &AppointmentId| {
            let appointment = loaded.appointment(id);
            let lead = appointment.and_then(|appointment| appointment.lead);
            let event = lead.zip(appointment.and_then(|appointment| appointment.event.clone()));
            let enquiry = lead.and_then(|lead| loaded.lead(lead)).filter(|lead| lead.contacts.is_empty());
            let enquiry = enquiry.map(|lead| enquiry_key(loaded, lead.id));
            lead.map(Key::Lead).into_iter().chain(event.map(|(lead, event)| Key::Event(lead, event))).chain(enquiry).collect::<Vec<_>>()
        };
        ids.iter().flat_map(of).collect()
    });
    let loaded = platform.store.load(scope, &load).await?;
    Ok(ids.iter().filter_map(|id| Visit::of(id, &loaded)).collect())
}

/// Returns the appointments of a dealer in a range of time that are booked and not attended yet, by their times; at most 500. Those of an
/// erased customer are left out. The diary finds them, and each is checked on the stored item.
///
/// # Errors
/// [`Failure::Unavailable`].
pub async fn visits_between(
    platform: &Platform,
    scope: &Scope,
    dealer: &Dealer,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Visit>, Failure> {
    let range = CalendarRange { dealer: &dealer.id, from, until };
    let (mut found, mut cursor): (Vec<Visit>, Option<String>) = (Vec::new(), None);
    loop {
        let page = platform.store.diary(scope, &range, cursor.as_deref(), READ_AT_ONCE).await?;
        let events: Vec<Key> = page.entries.iter().filter_map(|(_, entry)| event_key(entry)).collect();
        let loaded = platform.store.load(scope, &Load::of(events)).await?;
        let ids: Vec<AppointmentId> = page.entries.iter().filter_map(|(_, entry)| appointment_of(entry, &loaded)).collect();
        let takes_place = |visit: &Visit| {
            let appointment = &visit.appointment;
            appointment.dealer == dealer.id && (from..until).contains(&appointment.at) && appointment.is_to_come(from) && !visit.is_erased()
        };
        found.extend(visits(platform, scope, &ids).await?.into_iter().filter(takes_place));
        cursor = page.cursor;
        if cursor.is_none() || found.len() >= MAX_FOUND {
            break;
        }
    }
    found.truncate(MAX_FOUND);
    found.sort_by(|one, other| (one.appointment.at, &one.appointment.id).cmp(&(other.appointment.at, &other.appointment.id)));
    Ok(found)
}

fn event_key(entry: &DiaryEntry) -> Option<Key> {
    match entry {
        DiaryEntry::Event(row) => (row.state == "incomplete").then(|| Key::Event(row.lead, row.id.clone())),
        DiaryEntry::Appointment(_) => None,
    }
}

fn appointment_of(entry: &DiaryEntry, loaded: &Loaded) -> Option<AppointmentId> {
    match entry {
        DiaryEntry::Event(row) => loaded.event(row.lead, &row.id).filter(|event| event.is_appointment()).map(CalendarEvent::appointment_id),
        DiaryEntry::Appointment(row) => Some(row.id.clone()),
    }
}
