//! The limits of letters and text messages to customers (SET-12).

use crate::base::{Budget, Country, Fault, Window, whole};
use crate::settings::DealerSettings;
use serde::{Deserialize, Serialize};

/// The limits of letters and text messages to customers. The defaults are above normal use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendingLimits {
    /// Letters, which are mails and text messages, to one recipient in a day, of all dealers of the group: 1 to 1,000. Default 20.
    #[serde(deserialize_with = "whole::<_, _, 1, 1_000>")]
    pub letters_per_recipient: u32,
    /// Text messages of the dealer in an hour: 1 to 100,000. Default 200.
    #[serde(deserialize_with = "whole::<_, _, 1, 100_000>")]
    pub text_messages_per_hour: u32,
    /// The countries to whose numbers the dealer sends text messages. `None`, the default: the dealer's own country and its neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_message_countries: Option<Vec<Country>>,
}

impl Default for SendingLimits {
    fn default() -> Self {
        Self { letters_per_recipient: 20, text_messages_per_hour: 200, text_message_countries: None }
    }
}

impl SendingLimits {
    const MAX_LETTERS: u32 = 1_000;
    const MAX_TEXTS: u32 = 100_000;
    /// More than there are countries.
    const MAX_COUNTRIES: usize = 300;

    /// Returns every fault. The paths of the fields are relative to these limits.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (field, value, most) in [
            ("letters_per_recipient", self.letters_per_recipient, Self::MAX_LETTERS),
            ("text_messages_per_hour", self.text_messages_per_hour, Self::MAX_TEXTS),
        ] {
            if !(1..=most).contains(&value) {
                faults.push(Fault::new(field, "SET-12", format!("must be 1 to {most}")));
            }
        }
        let countries = self.text_message_countries.as_deref().unwrap_or_default();
        for (i, _) in countries.iter().enumerate().filter(|(_, country)| !country.has_numbers()) {
            faults.push(Fault::new(
                format!("text_message_countries[{i}]"),
                "SET-12",
                "must be the code of a country with telephone numbers",
            ));
        }
        if countries.len() > Self::MAX_COUNTRIES {
            faults.push(Fault::new("text_message_countries", "SET-12", format!("must have at most {} entries", Self::MAX_COUNTRIES)));
        }
        faults
    }

    /// The budget of each recipient.
    pub fn of_recipient(&self) -> Budget {
        Budget { most: self.letters_per_recipient, window: Window::Day }
    }

    /// The budget of the dealer's text messages.
    pub fn of_text_messages(&self) -> Budget {
        Budget { most: self.text_messages_per_hour, window: Window::Hour }
    }
}

impl DealerSettings {
    /// Returns whether the dealer sends text messages to a number in E.164.
    pub fn may_text(&self, number: &str) -> bool {
        let Some(country) = Country::of_number(number) else { return false };
        match &self.limits.text_message_countries {
            Some(countries) => countries.contains(&country),
            None => country == self.country || country.is_neighbour_of(self.country),
        }
    }
}
