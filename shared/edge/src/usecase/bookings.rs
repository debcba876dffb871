//! The bookings of a dealer that cannot take place as planned, until somebody has decided about each (APT-9).

use super::lead::{enquiry_key, enquiry_of};
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{EventId, Phone, Right, UserId};
use forecourt_domain::bookings::{Accepted, BookedTime, Impediment, Undecided};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::{Dealer, DealerSettings};
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, DiaryEntry, Failure, Load, Loaded};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The number of entries of the diary in one read.
const READ_AT_ONCE: usize = 100;
/// The most bookings that are returned.
const MAX_FOUND: usize = 500;

/// A booking about which somebody must decide, with the data to call the customer.
#[derive(Debug, Clone)]
pub struct AffectedBooking {
    /// The appointment, if the booking is one.
    pub appointment: Option<Appointment>,
    /// The calendar event with its lead, if the booking is one.
    pub event: Option<(CalendarEvent, Lead)>,
    /// The person.
    pub user: Option<UserId>,
    /// The start.
    pub at: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
    /// The reason.
    pub why: Impediment,
    /// The telephone number of the lead's contact.
    pub(super) phone_of_lead: Option<Phone>,
}

/// A booking that cannot take place as planned.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingAffectedView {
    /// Id of the dealer; only in the answer of a change of a user, who may work at several dealers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// Id of the appointment; absent for a calendar event that is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// Id of the calendar event within its lead; absent for an appointment without a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Id of the lead; absent for an appointment without a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Start time.
    pub at: DateTime<Utc>,
    /// Title of the event, or kind of the appointment.
    pub title: String,
    /// Id of the salesperson; absent if nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Name of the salesperson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Name of the customer.
    pub customer: String,
    /// Telephone number of the customer as typed; absent if it is unknown, or only on a lead that you may not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// `absence`: the salesperson is absent; `leaver`: the salesperson is no longer a user of the dealer; `day_off`; `closed`: the dealer
    /// is closed at this time.
    pub why: &'static str,
}

impl AffectedBooking {
    /// Returns the booking as the job of the notices sees it.
    pub fn undecided(&self) -> Undecided {
        let id = match (&self.event, &self.appointment) {
            (Some((event, lead)), _) => format!("{}.{}", lead.id, event.id),
            (None, Some(appointment)) => appointment.id.to_string(),
            (None, None) => String::new(),
        };
        Undecided { id, user: self.user.clone(), at: self.at, until: self.until, why: self.why }
    }

    /// Whether the booking is also affected under other settings.
    pub fn is_affected_under(&self, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        match (&self.event, &self.appointment) {
            (Some((event, lead)), _) => event.affected(lead.owner.as_ref(), settings, now).is_some(),
            (None, appointment) => appointment.as_ref().is_some_and(|appointment| appointment.affected(settings, now).is_some()),
        }
    }

    fn accepted(&self) -> Option<&Accepted> {
        let of_event = self.event.as_ref().map(|(event, _)| event.accepted.as_ref());
        of_event.unwrap_or_else(|| self.appointment.as_ref().and_then(|appointment| appointment.accepted.as_ref()))
    }

    /// The name of the customer.
    pub fn customer(&self) -> &str {
        match (&self.appointment, &self.event) {
            (Some(appointment), _) => &appointment.customer,
            (None, Some((_, lead))) => &lead.contact,
            (None, None) => "",
        }
    }

    /// The telephone number of the customer as typed: that of the appointment, or of the lead.
    pub fn phone(&self) -> Option<&str> {
        let own = self.appointment.as_ref().and_then(|appointment| appointment.reached.phone.as_ref());
        own.or(self.phone_of_lead.as_ref()).map(|phone| phone.typed.as_str())
    }

    pub(super) fn of_event(event: &CalendarEvent, lead: &Lead, loaded: &Loaded, (dealer, why): (&Dealer, Impediment)) -> Self {
        Self {
            appointment: loaded.appointment(&event.appointment_id()).filter(|_| event.is_appointment()).cloned(),
            user: event.user.clone().or_else(|| lead.owner.clone()),
            at: event.at,
            until: event.at + dealer.capacity().duration(&event.kind),
            why,
            phone_of_lead: lead.reached(enquiry_of(loaded, lead)).and_then(|reached| reached.phone),
            event: Some((event.clone(), lead.clone())),
        }
    }

    pub(super) fn of_appointment(appointment: &Appointment, (dealer, why): (&Dealer, Impediment)) -> Self {
        Self {
            user: appointment.user.clone(),
            at: appointment.at,
            until: appointment.at + dealer.capacity().duration(appointment.kind.event_type()),
            why,
            phone_of_lead: None,
            appointment: Some(appointment.clone()),
            event: None,
        }
    }

    /// The lead's event and its id.
    pub fn event_id(&self) -> Option<(&Lead, &EventId)> {
        self.event.as_ref().map(|(event, lead)| (lead, &event.id))
    }

    /// Returns the booking as `scope` may see it (ACC-1): as in the diary. `None` if it may not see it.
    pub fn view(
        &self,
        scope: &Scope,
        dealer: &Dealer,
        names: &BTreeMap<UserId, String>,
        now: DateTime<Utc>,
    ) -> Option<BookingAffectedView> {
        let settings = &dealer.settings;
        let sees = |user: Option<&UserId>| scope.needs(Right::ReadLeads).is_ok() && scope.sees_leads_of(user, settings, now);
        let booked = BookedTime { user: self.user.as_ref(), from: self.at, until: self.until };
        let decides = scope.needs(Right::ReadLeads).is_ok() && scope.decides_about(&booked, self.accepted(), settings, now);
        let sees_lead = self.event.as_ref().is_some_and(|(_, lead)| decides || sees(lead.owner.as_ref()));
        let sees_event = sees_lead || (self.event.is_some() && sees(self.user.as_ref()));
        let reads = scope.needs(Right::ReadAppointments).is_ok();
        let visible = self.appointment.as_ref().filter(|appointment| reads && scope.sees_appointment(appointment, settings, now));
        if !sees_event && visible.is_none() {
            return None;
        }
        let own = visible.and_then(|appointment| appointment.reached.phone.clone());
        let phone = own.or_else(|| self.phone_of_lead.clone().filter(|_| sees_lead));
        let event = self.event.as_ref();
        let title = event.filter(|_| sees_event).map(|(event, _)| event.title.clone());
        Some(BookingAffectedView {
            dealer: None,
            appointment: self.appointment.as_ref().map(|appointment| appointment.id.to_string()),
            event: event.map(|(event, _)| event.id.to_string()),
            lead: event.map(|(_, lead)| lead.id.to_string()),
            at: self.at,
            title: title.or_else(|| visible.map(|appointment| appointment.kind.name().to_owned())).unwrap_or_default(),
            user: self.user.as_ref().map(ToString::to_string),
            user_name: self.user.as_ref().and_then(|user| names.get(user).cloned()),
            customer: self.customer().to_owned(),
            phone: phone.map(|phone| phone.typed),
            why: self.why.name(),
        })
    }
}

/// Returns the bookings of a dealer in a range of time about which somebody must decide, by their times; at most 500. The diary finds them,
/// and each is checked on the stored item.
///
/// # Errors
/// [`Failure::Unavailable`].
pub async fn affected_bookings(
    platform: &Platform,
    scope: &Scope,
    dealer: &Dealer,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<AffectedBooking>, Failure> {
    let range = CalendarRange { dealer: &dealer.id, from, until };
    let (mut found, mut cursor): (Vec<AffectedBooking>, Option<String>) = (Vec::new(), None);
    loop {
        let page = platform.store.diary(scope, &range, cursor.as_deref(), READ_AT_ONCE).await?;
        let entries: Vec<&DiaryEntry> =
            page.entries.iter().map(|(_, entry)| entry).filter(|entry| may_be_affected(entry, dealer)).collect();
        let loaded = load(platform, scope, entries.iter().flat_map(|entry| keys_of(entry)).collect()).await?;
        found.extend(entries.into_iter().filter_map(|entry| affected(entry, &loaded, dealer, now)));
        cursor = page.cursor;
        if cursor.is_none() || found.len() >= MAX_FOUND {
            break;
        }
    }
    found.truncate(MAX_FOUND);
    found.sort_by_key(|booking| booking.at);
    Ok(found)
}

/// Returns false if the index row alone rules the entry out: it has ended.
fn may_be_affected(entry: &DiaryEntry, dealer: &Dealer) -> bool {
    match entry {
        DiaryEntry::Event(row) => row.state == "incomplete",
        DiaryEntry::Appointment(row) => row.dealer == dealer.id && !row.state.is_cancelled(),
    }
}

fn keys_of(entry: &DiaryEntry) -> Vec<Key> {
    match entry {
        DiaryEntry::Event(row) => vec![Key::Lead(row.lead), Key::Event(row.lead, row.id.clone())],
        DiaryEntry::Appointment(row) => vec![Key::Appointment(row.id.clone())],
    }
}

/// Reads the records of bookings: first `keys` of leads, events and appointments, then the appointments of events and the enquiries of
/// leads that hold no contact of their own.
pub(super) async fn load(platform: &Platform, scope: &Scope, keys: Vec<Key>) -> Result<Loaded, Failure> {
    let first = keys.clone();
    let load = Load::of(keys).then(move |loaded| {
        let lead = |key: &Key| if let Key::Lead(lead) = key { loaded.lead(*lead) } else { None };
        let without_contact = first.iter().filter_map(lead).filter(|lead| lead.contacts.is_empty());
        let enquiries = without_contact.map(|lead| enquiry_key(loaded, lead.id));
        loaded.appointments_of(&first).into_iter().chain(enquiries).collect()
    });
    platform.store.load(scope, &load).await
}

fn affected(entry: &DiaryEntry, loaded: &Loaded, dealer: &Dealer, now: DateTime<Utc>) -> Option<AffectedBooking> {
    let settings = &dealer.settings;
    match entry {
        DiaryEntry::Event(row) => {
            let lead = loaded.lead(row.lead).filter(|lead| lead.dealer == dealer.id)?;
            let event = loaded.event(row.lead, &row.id).filter(|event| event.at == row.at)?;
            let why = event.affected(lead.owner.as_ref(), settings, now)?;
            Some(AffectedBooking::of_event(event, lead, loaded, (dealer, why)))
        }
        DiaryEntry::Appointment(row) => {
            let here = |appointment: &&Appointment| appointment.dealer == dealer.id && appointment.event.is_none();
            let appointment = loaded.appointment(&row.id).filter(here)?;
            let why = appointment.affected(settings, now)?;
            Some(AffectedBooking::of_appointment(appointment, (dealer, why)))
        }
    }
}
