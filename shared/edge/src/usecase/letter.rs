//! The recipient of a letter (MSG-1).

use crate::usecase::lead::enquiry_of;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::Medium;
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::Letter;
use forecourt_store::keys::Key;
use forecourt_store::{Loaded, Secret};

/// Returns the current name, addresses and language of the recipient: those of the appointment, or else of its lead. `lead` is the lead of
/// the letter or of its appointment.
pub fn recipient(letter: &Letter, appointment: Option<&Appointment>, lead: Option<&Lead>, loaded: &Loaded) -> (String, ContactPreferences) {
    let (name, of_lead) = lead.and_then(|lead| of_lead(letter, lead, loaded)).unwrap_or_default();
    let own = appointment.map(|appointment| &appointment.reached);
    let reached = ContactPreferences {
        email: own.and_then(|own| own.email.clone()).or(of_lead.email),
        phone: own.and_then(|own| own.phone.clone()).or(of_lead.phone),
        language: own.and_then(|own| own.language.clone()).or(letter.language.clone()).or(of_lead.language),
        ..ContactPreferences::default()
    };
    (appointment.map_or(name, |appointment| appointment.customer.clone()), reached)
}

/// Returns the key of the stops of messages to an address. `None` if the recipient has no address of the medium.
pub fn stops_key(secret: &Secret, scope: &Scope, medium: Medium, reached: &ContactPreferences) -> Option<Key> {
    let address = match medium {
        Medium::Email => reached.email.as_ref()?.key(),
        Medium::Sms => reached.phone.as_ref()?.texted()?.to_owned(),
        Medium::Unknown => return None,
    };
    Some(Key::AddressState(secret.channel(scope, &address)))
}

/// The name and contact data of the contact whom the letter answers (INT-6), else of the main contact of the lead (LEAD-7).
fn of_lead(letter: &Letter, lead: &Lead, loaded: &Loaded) -> Option<(String, ContactPreferences)> {
    let enquiry = enquiry_of(loaded, lead);
    match &letter.answers {
        Some(enquirer) => lead.addressee(enquirer, enquiry),
        None => Some((lead.contact.clone(), lead.reached(enquiry)?)),
    }
}
