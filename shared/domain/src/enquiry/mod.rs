//! An enquiry: as received from the sender, and as checked (INT-1 to INT-4).

mod check;
mod criteria;
mod declarations;
mod judge;
mod names;
mod preferences;

pub(crate) use check::CHANNELS;
pub use check::{Tolerance, VEHICLES};
pub use criteria::RoutingCriteria;
pub use declarations::{Declaration, RawDeclaration};
pub(crate) use judge::Judge;
pub use names::NameParts;
pub use preferences::ContactPreferences;

use crate::base::text::forbidden;
use crate::base::{Email, Language, Phone};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An enquiry as read from its document, before the check: every value is the sender's text.
///
/// JSON, ADF and mail are all read into this type. [`RawEnquiry::check`] applies the same rules to them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawEnquiry {
    /// The place where the customer asked: a portal, the dealer's site, a campaign.
    pub source: Option<String>,
    /// The system that sent it.
    pub provider: Option<String>,
    /// The sender's id of this enquiry.
    pub external_id: Option<String>,
    /// The type of enquiry: one of [`LeadType::NAMES`]. If `None`, the vehicles determine the type.
    pub lead_type: Option<String>,
    /// The customer.
    pub contact: RawContact,
    /// The vehicles asked for, in the sender's order.
    pub vehicles: Vec<RawVehicle>,
    /// The vehicles offered in part payment.
    pub trade_ins: Vec<RawVehicle>,
    /// The customer's message.
    pub message: Option<String>,
    /// The time of the enquiry, RFC 3339 or ISO 8601. If it has no zone, the dealer's zone applies.
    pub requested_at: Option<String>,
    /// The customer's declarations of consent (PRV-6).
    pub consents: Vec<RawDeclaration>,
    /// Whether the sender marked it as a newer version of an enquiry sent before (INT-5).
    pub resend: bool,
}

/// The customer, as received.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct RawContact {
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub emails: Vec<String>,
    pub phones: Vec<RawPhone>,
    /// The channel by which the customer wants to be contacted.
    pub preferred_channel: Option<PreferredChannel>,
    /// An IETF language tag or a language's English name.
    pub language: Option<String>,
    pub street: Option<String>,
    pub postcode: Option<String>,
    pub city: Option<String>,
    /// The country as received; ISO 3166 alpha-2 expected.
    pub country: Option<String>,
}

/// A telephone number, as received.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawPhone {
    /// The number as typed.
    pub number: String,
    /// The kind as named by the sender: `mobile`, `cellphone`, `home`, `work` …
    pub kind: Option<String>,
    /// The time at which the customer wants to be called.
    pub time: Option<String>,
}

/// A vehicle, as received.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct RawVehicle {
    /// `new` or `used`.
    pub condition: Option<String>,
    pub year: Option<String>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub trim: Option<String>,
    pub vin: Option<String>,
    pub stock_number: Option<String>,
    /// The site where the vehicle is: a dealer's id.
    pub site: Option<String>,
    pub plate: Option<String>,
    pub colour: Option<String>,
    /// Number and unit as received.
    pub mileage: Option<String>,
    /// Amount and currency as received.
    pub price: Option<String>,
    /// The sender's remarks on this vehicle, its options and its finance.
    pub remarks: Option<String>,
}

/// The type of an enquiry (INT-4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum LeadType {
    NewCar,
    UsedCar,
    TradeIn,
    TestDrive,
    Service,
    #[default]
    Other,
    /// A type of another release.
    #[serde(other)]
    Unknown,
}

impl LeadType {
    /// Every type with its name.
    pub const NAMES: [(&'static str, LeadType); 6] = [
        ("new_car", LeadType::NewCar),
        ("used_car", LeadType::UsedCar),
        ("trade_in", LeadType::TradeIn),
        ("test_drive", LeadType::TestDrive),
        ("service", LeadType::Service),
        ("other", LeadType::Other),
    ];

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("unknown", |(name, _)| name)
    }
}

/// A checked enquiry, from which a lead can be created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enquiry {
    /// The place where the customer asked.
    pub source: String,
    /// The system that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The sender's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The type of the enquiry.
    #[serde(rename = "type")]
    pub lead_type: LeadType,
    /// The customer.
    pub contact: Person,
    /// The vehicles asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vehicles: Vec<Vehicle>,
    /// The vehicles offered in part payment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trade_ins: Vec<Vehicle>,
    /// The customer's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The time of the enquiry, by the sender's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<DateTime<Utc>>,
    /// The customer's declarations of consent (PRV-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Declaration>,
    /// The values that could not be read and were kept as received (INT-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// A value of the enquiry that a person should check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The path of the field, for example `contact.phone`.
    pub field: String,
    /// The error, in English.
    pub detail: String,
}

/// The channel by which a customer wants to be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum PreferredChannel {
    Email,
    Phone,
    /// A channel of another release.
    #[serde(other)]
    Unknown,
}

/// A customer, as checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Person {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The middle name. It is not part of the display name. `None` if the sender does not give it separately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    /// E-mail addresses that could not be read, as received (INT-3). A user corrects them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_emails: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// The channel by which the customer wants to be contacted. `None` if the customer did not choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<PreferredChannel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Person {
    /// Returns whether the person has an e-mail address or a telephone number. An address that a user must correct counts (INT-3).
    pub fn has_channel(&self) -> bool {
        !(self.emails.is_empty() && self.unread_emails.is_empty() && self.phones.is_empty())
    }

    /// Returns the name for lists: the person's name, else the company, else the first channel.
    pub fn display_name(&self) -> String {
        let name = [&self.first_name, &self.last_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            return name;
        }
        let (email, phone) = (self.emails.first().map(|e| e.as_str().to_owned()), self.phones.first().map(|p| p.typed.clone()));
        let channel = if self.preferred_channel == Some(PreferredChannel::Phone) { phone.or(email) } else { email.or(phone) };
        self.company.clone().or(channel).or_else(|| self.unread_emails.first().cloned()).unwrap_or_default()
    }
}

/// New or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum Condition {
    New,
    Used,
    /// A condition of another release.
    #[serde(other)]
    Unknown,
}

/// A vehicle asked for or offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Vehicle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_number: Option<String>,
    /// The site where the vehicle is: a dealer's id (INT-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mileage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

impl Vehicle {
    /// Returns one line for a list: `2024 Opel Corsa GS`. It is empty if year, make, model and trim are unknown.
    pub fn headline(&self) -> String {
        let year = self.year.map(|y| y.to_string());
        [&year, &self.make, &self.model, &self.trim].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    }

    /// Returns one line that is never empty: the headline, else the plate, a number, the remarks or the colour, else `?`.
    pub fn line(&self) -> String {
        let headline = Some(self.headline()).filter(|line| !line.is_empty());
        let numbers = [&self.plate, &self.vin, &self.stock_number, &self.remarks, &self.colour];
        let line = headline.or_else(|| numbers.into_iter().flatten().next().cloned()).unwrap_or_else(|| "?".to_owned());
        line.lines().next().unwrap_or_default().chars().filter(|c| !forbidden(*c)).take(100).collect()
    }
}
