//! The bookings that hand-overs gave to other persons, with the data to call the customers (DIS-12).

use super::bookings::{self, AffectedBooking};
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::bookings::Impediment;
use forecourt_domain::calendar::EventState;
use forecourt_domain::settings::{Dealer, GivenBooking};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Loaded};

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
    let loaded = bookings::load(platform, scope, given.iter().flat_map(keys_of).collect()).await?;
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
        return Some(AffectedBooking::of_event(event, lead, loaded, (dealer, why)));
    }
    let appointment = loaded.appointment(given.appointment.as_ref()?);
    let appointment = appointment.filter(|appointment| appointment.dealer == dealer.id && !appointment.state.is_cancelled())?;
    Some(AffectedBooking::of_appointment(appointment, (dealer, why)))
}
