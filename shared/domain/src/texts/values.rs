//! The values of the variables of a text.

use super::template::Variable;
use super::words::{greeting, hours, page_words, reply_words};
use super::{TextKind, local_time};
use crate::base::text::forbidden;
use crate::base::{Language, LeadId, Medium, has_link};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// The maximum length of a value, in characters. The opening hours and links may be longer.
const LONGEST: usize = 200;

/// The facts of an appointment in a text about it.
#[derive(Debug, Clone, Copy)]
pub struct BookingValues<'a> {
    /// The kind of the text.
    pub kind: TextKind,
    /// The medium of the text.
    pub medium: Medium,
    /// The language of the text.
    pub language: &'a Language,
    /// The name of the appointment's kind.
    pub name: &'a str,
    /// When it takes place.
    pub at: DateTime<Utc>,
    /// The dealer's time zone.
    pub zone: Tz,
    /// The link of the customer's page, if there is one.
    pub page: Option<&'a str>,
    /// The name of the salesperson; empty if there is none.
    pub salesperson: &'a str,
    /// Whether the customer comes to the dealer.
    pub is_at_dealer: bool,
    /// Whether the dealer receives answers to text messages.
    pub takes_answers: bool,
}

/// The values of the variables for one customer. A value that is unknown is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    greeting: String,
    customer: String,
    vehicle: String,
    dealer: String,
    seller: String,
    number: String,
    hours: String,
    appointment: String,
    about: String,
    time: String,
    page: String,
    salesperson: String,
    address: String,
    map: String,
    phone: String,
    reply: String,
}

impl Values {
    /// Returns the values of a customer of a dealer. The name and the vehicle come from an enquiry: one that contains a link is left out
    /// (MSG-2), and so is a name without a letter, such as a telephone number.
    pub fn of(settings: &DealerSettings, language: &Language, customer: &str, vehicle: &str) -> Self {
        let customer = Some(from_enquiry(customer)).filter(|name| name.chars().any(char::is_alphabetic)).unwrap_or_default();
        Self {
            greeting: greeting(&customer, language),
            customer,
            vehicle: from_enquiry(vehicle),
            dealer: one_line(&settings.name),
            hours: hours(&settings.calendar, language),
            address: one_line(&settings.location.line()),
            map: settings.location.map_link.clone().unwrap_or_default(),
            phone: one_line(settings.location.phone.as_deref().unwrap_or_default()),
            ..Self::default()
        }
    }

    /// Returns the values with the number of the lead.
    #[must_use]
    pub fn with_lead(self, lead: LeadId) -> Self {
        Self { number: lead.spoken(), ..self }
    }

    /// Returns the values with the name of the user who uses the text.
    #[must_use]
    pub fn with_seller(self, name: &str) -> Self {
        Self { seller: one_line(name), ..self }
    }

    /// Returns the values with an appointment: the name of its kind, and its time in words.
    #[must_use]
    pub fn with_appointment(self, name: &str, time: String) -> Self {
        let appointment = one_line(name);
        let about = if self.vehicle.is_empty() { appointment.clone() } else { format!("{appointment}, {}", self.vehicle) };
        Self { appointment, about, time, ..self }
    }

    /// Returns the values with the link of the customer's page, behind a sentence in the language. `None` as language means without it.
    #[must_use]
    pub fn with_page(self, page: &str, language: Option<&Language>) -> Self {
        let page = match language {
            Some(language) => format!("{}\n{page}", page_words(language)),
            None => page.to_owned(),
        };
        Self { page, ..self }
    }

    /// Returns the values with an appointment and the link of the customer's page, as a letter about the appointment states them.
    #[must_use]
    pub fn with_booking(self, booking: &BookingValues<'_>) -> Self {
        let BookingValues { kind, medium, language, name, at, zone, page, salesperson, is_at_dealer, takes_answers } = *booking;
        let mut values = self.with_appointment(name, local_time(at, zone, language));
        values.salesperson = one_line(salesperson);
        if !is_at_dealer {
            (values.address, values.map) = (String::new(), String::new());
        }
        if takes_answers && (kind, medium) == (TextKind::Reminder, Medium::Sms) {
            values.reply = reply_words(language).to_owned();
        }
        // Nothing of a cancelled appointment can be changed. A text message has no room for the sentence.
        match page.filter(|_| kind != TextKind::Cancelled) {
            Some(page) => values.with_page(page, Some(language).filter(|_| medium == Medium::Email)),
            None => values,
        }
    }

    /// Returns the values without those that a letter can be without.
    #[must_use]
    pub fn without_optional(self, language: &Language) -> Self {
        let Self { dealer, seller, number, appointment, time, .. } = self;
        let about = appointment.clone();
        Self { greeting: greeting("", language), dealer, seller, number, appointment, about, time, ..Self::default() }
    }

    /// Returns the value of a variable.
    pub(super) fn get(&self, variable: Variable) -> &str {
        match variable {
            Variable::Greeting => &self.greeting,
            Variable::Customer => &self.customer,
            Variable::Vehicle => &self.vehicle,
            Variable::Dealer => &self.dealer,
            Variable::Seller => &self.seller,
            Variable::Number => &self.number,
            Variable::Hours => &self.hours,
            Variable::Appointment => &self.appointment,
            Variable::About => &self.about,
            Variable::Time => &self.time,
            Variable::Page => &self.page,
            Variable::Salesperson => &self.salesperson,
            Variable::Address => &self.address,
            Variable::Map => &self.map,
            Variable::Phone => &self.phone,
            Variable::Reply => &self.reply,
        }
    }
}

/// Returns a value of an enquiry as one line. Empty if it contains a link.
fn from_enquiry(value: &str) -> String {
    let value = one_line(value);
    if has_link(&value) { String::new() } else { value }
}

fn one_line(value: &str) -> String {
    let plain: String = value.chars().map(|c| if forbidden(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}
