//! The bookings that hand-overs gave to other persons, with the data to call the customers (DIS-12).

use super::bookings::AffectedBooking;
use super::lead::{enquiry_key, enquiry_of};
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::bookings::Impediment;
use forecourt_domain::calendar::EventState;
use forecourt_domain::settings::{Dealer, GivenBooking};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Returns those of the bookings in `given` that are to come and are with another person than before, each with its record, by their times.
///
/// # Errors
/// [`Failure::Unavailable`].
pub async fn given_bookings(
    platform: &Platform,
    scope: &Scope,
    dealer: &Dealer,
    given: &[GivenBooking],
    now: DateTime<Utc>,
) -> Result<Vec<(GivenBooking, AffectedBooking)>, Failure> {
    let keys: Vec<Key> = given.iter().flat_map(keys_of).collect();
    let first = keys.clone();
    let load = Load::of(keys).then(move |loaded| {
        let lead = |key: &Key| if let Key::Lead(lead) = key { loaded.lead(*lead) } else { None };
        let without_contact = first.iter().filter_map(lead).filter(|lead| lead.contacts.is_empty());
        let enquiries = without_contact.map(|lead| enquiry_key(loaded, lead.id));
        loaded.appointments_of(&first).into_iter().chain(enquiries).collect()
    });
    let loaded = platform.store.load(scope, &load).await?;
    let found = given.iter().filter_map(|given| Some((given.clone(), booking_of(given, &loaded, dealer)?)));
    let mut found: Vec<_> =
        found.filter(|(given, booking)| booking.at > now && booking.user.as_ref().is_some_and(|user| *user != given.from)).collect();
    found.sort_by_key(|(_, booking)| booking.at);
    Ok(found)
}

fn keys_of(given: &GivenBooking) -> Vec<Key> {
    let event = given.lead.zip(given.event.clone()).map(|(lead, event)| [Key::Lead(lead), Key::Event(lead, event)]);
    event.into_iter().flatten().chain(given.appointment.clone().map(Key::Appointment)).collect()
}

fn booking_of(given: &GivenBooking, loaded: &Loaded, dealer: &Dealer) -> Option<AffectedBooking> {
    let why = Impediment::Leaver;
    if let Some((id, event)) = given.lead.zip(given.event.as_ref()) {
        let lead = loaded.lead(id).filter(|lead| lead.dealer == dealer.id)?;
        let event = loaded.event(id, event).filter(|event| event.state == EventState::Incomplete)?;
        if given.follows && !event.is_appointment() {
            return None;
        }
        return Some(AffectedBooking {
            appointment: loaded.appointment(&event.appointment_id()).filter(|_| event.is_appointment()).cloned(),
            user: event.user.clone().or_else(|| lead.owner.clone()),
            at: event.at,
            until: event.at + dealer.capacity().duration(&event.kind),
            why,
            phone_of_lead: lead.reached(enquiry_of(loaded, lead)).and_then(|reached| reached.phone),
            event: Some((event.clone(), lead.clone())),
        });
    }
    let appointment = loaded.appointment(given.appointment.as_ref()?);
    let appointment = appointment.filter(|appointment| appointment.dealer == dealer.id && !appointment.state.is_cancelled())?;
    Some(AffectedBooking {
        user: appointment.user.clone(),
        at: appointment.at,
        until: appointment.at + dealer.capacity().duration(appointment.kind.event_type()),
        why,
        phone_of_lead: None,
        appointment: Some(appointment.clone()),
        event: None,
    })
}
