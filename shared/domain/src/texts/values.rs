//! The values of the variables of a text.

use super::template::Variable;
use super::words::{greeting, hours, page_words};
use crate::base::text::forbidden;
use crate::base::{Language, LeadId, has_link};
use crate::settings::DealerSettings;

/// The maximum length of a value, in characters. The opening hours and the link may be longer.
const LONGEST: usize = 200;

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
