//! Which contact methods a customer allows (FUP-8), and the hours in which a method begins.

use crate::base::{ConsentStatus, ContactChannel, DealerId, Medium, Purpose, StopReason};
use crate::enquiry::{ContactPreferences, Person};
use crate::hours::{Calendar, TimeOfDay};
use crate::messages::{AddressState, Unwanted, may_contact};
use crate::settings::DealerSettings;
use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why a method was skipped (FUP-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The contact has no number for text messages, or none that can be called.
    NoNumber,
    /// The contact has no e-mail address, or no postal address.
    NoAddress,
    /// The number was recorded as wrong.
    WrongNumber,
    /// The customer has not agreed to this method.
    NotGranted,
    /// Messages to the address or number are stopped.
    Stopped,
    /// The dealer sends no mail, or nothing at all, to customers (SET-5).
    NotSent,
    /// The customer objects to such contacts: no method is allowed.
    OptedOut,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl SkipReason {
    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            SkipReason::NoNumber => "no_number",
            SkipReason::NoAddress => "no_address",
            SkipReason::WrongNumber => "wrong_number",
            SkipReason::NotGranted => "not_granted",
            SkipReason::Stopped => "stopped",
            SkipReason::NotSent => "not_sent",
            SkipReason::OptedOut => "opted_out",
            SkipReason::Unknown => "unknown",
        }
    }
}

/// What decides whether a contact may be contacted.
#[derive(Clone, Copy)]
pub struct Permission<'a> {
    /// The contact.
    pub contact: &'a Person,
    /// The numbers in E.164 that are not the contact's.
    pub wrong_numbers: &'a BTreeSet<String>,
    /// The state of the contact's e-mail address. `None` if nothing is stored about it.
    pub email: Option<&'a AddressState>,
    /// The state of the contact's telephone number. `None` if nothing is stored about it.
    pub phone: Option<&'a AddressState>,
    /// The dealer.
    pub dealer: &'a DealerId,
    /// Its settings.
    pub settings: &'a DealerSettings,
}

impl Permission<'_> {
    /// Checks whether the contact may be contacted by a method for the purpose service. Only letters need no recorded consent. An objection
    /// by one channel stops every method.
    ///
    /// # Errors
    /// The reason why not.
    pub fn of(&self, method: ContactChannel) -> Result<(), SkipReason> {
        if self.objects() {
            return Err(SkipReason::OptedOut);
        }
        let reached = ContactPreferences::of(self.contact);
        let number =
            reached.phone.as_ref().and_then(|phone| if method == ContactChannel::Sms { phone.texted() } else { phone.e164.as_deref() });
        let state = match method {
            ContactChannel::Email if reached.email.is_none() => return Err(SkipReason::NoAddress),
            ContactChannel::Letter if !has_postal_address(self.contact) => return Err(SkipReason::NoAddress),
            ContactChannel::Sms | ContactChannel::Telephone => match number {
                None => return Err(SkipReason::NoNumber),
                Some(number) if self.wrong_numbers.contains(number) => return Err(SkipReason::WrongNumber),
                Some(number) if method == ContactChannel::Sms && !self.settings.may_text(number) => return Err(SkipReason::NoNumber),
                Some(_) => self.phone,
            },
            ContactChannel::Email => self.email,
            ContactChannel::Letter => None,
            ContactChannel::Unknown => return Err(SkipReason::Unknown),
        };
        let written = matches!(method, ContactChannel::Sms | ContactChannel::Email | ContactChannel::Letter);
        let no_mail = method == ContactChannel::Email && !self.settings.send_external_mail;
        if no_mail || (written && self.settings.lead_tracking_only) {
            return Err(SkipReason::NotSent);
        }
        let consents = state.map(|state| state.consents.as_slice()).unwrap_or_default();
        let stops = state.into_iter().flat_map(|state| state.stops_at(self.dealer));
        match may_contact(method, Purpose::Service, consents, stops) {
            Err(Unwanted::Stopped(_)) => return Err(SkipReason::Stopped),
            Err(Unwanted::Withdrawn) => return Err(SkipReason::OptedOut),
            Err(Unwanted::NotGranted) => return Err(SkipReason::NotGranted),
            Ok(()) => {}
        }
        let declared = state.and_then(|state| state.latest_consent(method, Purpose::Service)).map(|consent| consent.status);
        match method {
            ContactChannel::Letter => Ok(()),
            _ if declared == Some(ConsentStatus::Granted) => Ok(()),
            _ => Err(SkipReason::NotGranted),
        }
    }

    /// Whether the customer objects to contacts for the purpose service, by any channel: a withdrawn consent, or a stop that the customer
    /// caused.
    fn objects(&self) -> bool {
        let states = [self.email, self.phone].into_iter().flatten();
        let withdrawn = |state: &AddressState| {
            let latest = ContactChannel::ALL.into_iter().filter_map(|channel| state.latest_consent(channel, Purpose::Service));
            latest.into_iter().any(|consent| consent.status == ConsentStatus::Withdrawn)
        };
        let caused = [StopReason::Complained, StopReason::Unsubscribed, StopReason::Stopped];
        let stopped = |state: &AddressState| state.stops_at(self.dealer).any(|stop| caused.contains(&stop.kind));
        states.into_iter().any(|state| withdrawn(state) || stopped(state))
    }
}

/// Whether a letter can be sent to a person.
fn has_postal_address(person: &Person) -> bool {
    person.street.is_some() && person.city.is_some()
}

/// The media of the messages that a chain sends by itself.
pub fn medium_of(method: ContactChannel) -> Option<Medium> {
    match method {
        ContactChannel::Email => Some(Medium::Email),
        ContactChannel::Sms => Some(Medium::Sms),
        ContactChannel::Telephone | ContactChannel::Letter | ContactChannel::Unknown => None,
    }
}

/// The hours of a dealer without opening hours: 9:00 to 18:00.
const DAY: [u16; 2] = [9 * 60, 18 * 60];

/// Returns `at` if the dealer is open then, else the next opening. A dealer without opening hours is taken as open from 9:00 to 18:00, so
/// that nothing happens at night (CLK-6).
pub(crate) fn daytime(calendar: &Calendar, at: DateTime<Utc>) -> DateTime<Utc> {
    if let Ok(open) = calendar.next_opening(at) {
        return open;
    }
    let date = calendar.date_of(at);
    let [begins, ends] =
        DAY.map(|minutes| TimeOfDay::from_minutes(minutes).ok().and_then(|time| calendar.instant(date, time)).unwrap_or(at));
    let tomorrow = || {
        let time = TimeOfDay::from_minutes(DAY[0]).ok();
        date.checked_add_days(Days::new(1)).zip(time).and_then(|(date, time)| calendar.instant(date, time))
    };
    if at < ends { at.max(begins) } else { tomorrow().unwrap_or(at) }
}
