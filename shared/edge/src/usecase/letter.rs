//! The recipient of a letter (MSG-1).

use crate::usecase::lead::enquiry_of;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{ChannelKey, Email, Medium};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{AddressState, Letter};
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::Key;
use forecourt_store::{Loaded, Secret};

/// Returns the current name, addresses and language of the recipient: those of the appointment, or else of its lead. `lead` is the lead of
/// the letter or of its appointment.
pub fn recipient(letter: &Letter, appointment: Option<&Appointment>, lead: Option<&Lead>, loaded: &Loaded) -> (String, ContactPreferences) {
    let (name, of_lead) = lead.and_then(|lead| of_lead(letter, lead, loaded)).unwrap_or_default();
    let of_lead = ContactPreferences { language: letter.language.clone().or(of_lead.language.clone()), ..of_lead };
    let reached = appointment.map_or_else(|| of_lead.clone(), |appointment| own_or(&appointment.reached, of_lead.clone()));
    (appointment.map_or(name, |appointment| appointment.customer.clone()), reached)
}

/// Returns the current addresses and the language of the customer of an appointment: those of the appointment, or else those of the main
/// contact of its lead.
pub fn customer_of(appointment: &Appointment, lead: Option<&Lead>, loaded: &Loaded) -> ContactPreferences {
    let of_lead = lead.and_then(|lead| lead.reached(enquiry_of(loaded, lead))).unwrap_or_default();
    own_or(&appointment.reached, of_lead)
}

/// Returns the keys of the addresses of a customer.
pub fn channels_of(secret: &Secret, scope: &Scope, reached: &ContactPreferences) -> Vec<ChannelKey> {
    [Medium::Email, Medium::Sms].into_iter().flat_map(|medium| channels(secret, scope, medium, reached)).collect()
}

fn own_or(own: &ContactPreferences, of_lead: ContactPreferences) -> ContactPreferences {
    ContactPreferences {
        email: own.email.clone().or(of_lead.email),
        phone: own.phone.clone().or(of_lead.phone),
        language: own.language.clone().or(of_lead.language),
        ..ContactPreferences::default()
    }
}

/// Returns the name of the salesperson of an appointment, as its loaded user has it. Empty if the appointment has none, or if that user no
/// longer works at the dealer.
pub fn salesperson_of<'a>(appointment: &Appointment, dealer: &Dealer, loaded: &'a Loaded) -> &'a str {
    let person = appointment.user.as_ref().filter(|user| dealer.settings.member(user).is_some());
    person.and_then(|user| loaded.user(user)).map(|user| user.name.as_str()).unwrap_or_default()
}

/// Returns the keys of what is stored about an e-mail address: its own and, if it has a tag, that of its mailbox (SET-12).
pub fn mail_channels(secret: &Secret, scope: &Scope, email: &Email) -> Vec<ChannelKey> {
    [Some(email.key()), email.without_tag().map(|mailbox| mailbox.key())].iter().flatten().map(|key| secret.channel(scope, key)).collect()
}

/// Returns what is stored about the address with these keys: its own state, with what the owner of its mailbox refused.
pub fn state_of(channels: &[ChannelKey], loaded: &Loaded) -> Option<AddressState> {
    let state = |place: usize| channels.get(place).and_then(|key| loaded.address_state(key));
    AddressState::with_refusals(state(0), state(1))
}

/// Returns the keys of what is stored about an address. Empty if the recipient has no address of the medium.
fn channels(secret: &Secret, scope: &Scope, medium: Medium, reached: &ContactPreferences) -> Vec<ChannelKey> {
    match medium {
        Medium::Email => reached.email.as_ref().map(|email| mail_channels(secret, scope, email)).unwrap_or_default(),
        Medium::Sms => {
            reached.phone.as_ref().and_then(|phone| phone.texted()).map(|number| secret.channel(scope, number)).into_iter().collect()
        }
        Medium::Unknown => Vec::new(),
    }
}

/// Returns the keys of the stops of messages to an address. Empty if the recipient has no address of the medium.
pub fn stops_keys(secret: &Secret, scope: &Scope, medium: Medium, reached: &ContactPreferences) -> impl Iterator<Item = Key> + use<> {
    channels(secret, scope, medium, reached).into_iter().map(Key::AddressState)
}

/// Returns the loaded stops of messages to an address, whose keys are [`stops_keys`].
pub fn stops(secret: &Secret, scope: &Scope, (medium, reached): (Medium, &ContactPreferences), loaded: &Loaded) -> Option<AddressState> {
    state_of(&channels(secret, scope, medium, reached), loaded)
}

/// The name and contact data of the contact whom the letter answers (INT-6), else of the main contact of the lead (LEAD-7).
fn of_lead(letter: &Letter, lead: &Lead, loaded: &Loaded) -> Option<(String, ContactPreferences)> {
    let enquiry = enquiry_of(loaded, lead);
    match &letter.answers {
        Some(enquirer) => lead.addressee(enquirer, enquiry),
        None => Some((lead.contact.clone(), lead.reached(enquiry)?)),
    }
}
