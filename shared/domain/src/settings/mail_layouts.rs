//! The layouts of a dealer's own portals and websites: the meaning of the labels in their mails (INT-1).

use crate::base::text::line;
use crate::base::{ContactChannel, Email, Fault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most layouts of a dealer, and the most senders and labels of a layout.
const MOST: usize = 200;

/// The layout of one portal, or of a dealer's website.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLayout {
    /// The source of its enquiries.
    pub source: String,
    /// The domains or addresses from which it writes. Subdomains are included.
    pub senders: Vec<String>,
    /// The meaning of its labels, in addition to the general labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, MailField>,
}

/// The field of an enquiry that a label means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum MailField {
    Salutation,
    FirstName,
    LastName,
    FullName,
    Company,
    Email,
    Phone,
    Mobile,
    WorkPhone,
    Fax,
    Street,
    Postcode,
    City,
    /// Postcode and city.
    Place,
    Country,
    Language,
    PreferredChannel,
    CallTime,
    Message,
    /// A wish of the customer, which is added to the message with its label.
    Note,
    ExternalId,
    Source,
    LeadType,
    RequestedAt,
    /// The whole vehicle in one text.
    Vehicle,
    Condition,
    Year,
    Make,
    Model,
    Trim,
    Vin,
    StockNumber,
    Plate,
    Colour,
    Mileage,
    Price,
    Site,
    /// A further value of the vehicle, which is added to its remarks with its label.
    Remarks,
    #[serde(rename = "trade_in.vehicle")]
    TradeInVehicle,
    #[serde(rename = "trade_in.make")]
    TradeInMake,
    #[serde(rename = "trade_in.model")]
    TradeInModel,
    #[serde(rename = "trade_in.plate")]
    TradeInPlate,
    #[serde(rename = "trade_in.mileage")]
    TradeInMileage,
    #[serde(rename = "trade_in.remarks")]
    TradeInRemarks,
    /// Whether the customer agrees to advertising by e-mail: the label with the value is the text that the customer saw (PRV-6).
    #[serde(rename = "advertising.email")]
    AdvertisingEmail,
    #[serde(rename = "advertising.sms")]
    AdvertisingSms,
    #[serde(rename = "advertising.telephone")]
    AdvertisingTelephone,
    #[serde(rename = "advertising.letter")]
    AdvertisingLetter,
    DealerId,
    DealerName,
    /// A known label whose value is not used.
    Ignored,
    /// A field of another release.
    #[serde(other)]
    Unknown,
}

impl MailField {
    /// Every field with its name, as the API writes it.
    pub const NAMES: [(&'static str, MailField); 51] = [
        ("salutation", MailField::Salutation),
        ("first_name", MailField::FirstName),
        ("last_name", MailField::LastName),
        ("full_name", MailField::FullName),
        ("company", MailField::Company),
        ("email", MailField::Email),
        ("phone", MailField::Phone),
        ("mobile", MailField::Mobile),
        ("work_phone", MailField::WorkPhone),
        ("fax", MailField::Fax),
        ("street", MailField::Street),
        ("postcode", MailField::Postcode),
        ("city", MailField::City),
        ("place", MailField::Place),
        ("country", MailField::Country),
        ("language", MailField::Language),
        ("preferred_channel", MailField::PreferredChannel),
        ("call_time", MailField::CallTime),
        ("message", MailField::Message),
        ("note", MailField::Note),
        ("external_id", MailField::ExternalId),
        ("source", MailField::Source),
        ("lead_type", MailField::LeadType),
        ("requested_at", MailField::RequestedAt),
        ("vehicle", MailField::Vehicle),
        ("condition", MailField::Condition),
        ("year", MailField::Year),
        ("make", MailField::Make),
        ("model", MailField::Model),
        ("trim", MailField::Trim),
        ("vin", MailField::Vin),
        ("stock_number", MailField::StockNumber),
        ("plate", MailField::Plate),
        ("colour", MailField::Colour),
        ("mileage", MailField::Mileage),
        ("price", MailField::Price),
        ("site", MailField::Site),
        ("remarks", MailField::Remarks),
        ("trade_in.vehicle", MailField::TradeInVehicle),
        ("trade_in.make", MailField::TradeInMake),
        ("trade_in.model", MailField::TradeInModel),
        ("trade_in.plate", MailField::TradeInPlate),
        ("trade_in.mileage", MailField::TradeInMileage),
        ("trade_in.remarks", MailField::TradeInRemarks),
        ("advertising.email", MailField::AdvertisingEmail),
        ("advertising.sms", MailField::AdvertisingSms),
        ("advertising.telephone", MailField::AdvertisingTelephone),
        ("advertising.letter", MailField::AdvertisingLetter),
        ("dealer_id", MailField::DealerId),
        ("dealer_name", MailField::DealerName),
        ("ignored", MailField::Ignored),
    ];
}

impl MailField {
    /// Returns the name of the field, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, field)| *field == self).map_or("unknown", |(name, _)| name)
    }

    /// Returns the channel of a field that states whether the customer agrees to advertising.
    pub fn advertises_by(self) -> Option<ContactChannel> {
        match self {
            Self::AdvertisingEmail => Some(ContactChannel::Email),
            Self::AdvertisingSms => Some(ContactChannel::Sms),
            Self::AdvertisingTelephone => Some(ContactChannel::Telephone),
            Self::AdvertisingLetter => Some(ContactChannel::Letter),
            _ => None,
        }
    }
}

impl MailLayout {
    /// Checks the layouts of a dealer (INT-1).
    pub fn check_all(layouts: &[Self], faults: &mut Vec<Fault>) {
        let mut fault = |field: String, detail: &str| faults.push(Fault::new(field, "INT-1", detail));
        if layouts.len() > MOST {
            fault("mail_layouts".into(), "must have at most 200 entries");
        }
        for (i, layout) in layouts.iter().enumerate() {
            let MailLayout { source, senders, labels } = layout;
            if line(source, 100).is_none() {
                fault(format!("mail_layouts[{i}].source"), "must be 1 to 100 characters in one line");
            }
            if senders.is_empty() || senders.len() > MOST {
                fault(format!("mail_layouts[{i}].senders"), "must have 1 to 200 entries");
            }
            for (j, _) in senders.iter().enumerate().filter(|(_, sender)| !is_sender(sender)) {
                fault(format!("mail_layouts[{i}].senders[{j}]"), "must be a domain such as portal.example, or an e-mail address");
            }
            let has_text = |label: &String| line(label, 100).is_some() && label.chars().any(char::is_alphanumeric);
            if labels.len() > MOST || !labels.keys().all(has_text) {
                let detail = "must have at most 200 labels of 1 to 100 characters, each with a letter or digit";
                fault(format!("mail_layouts[{i}].labels"), detail);
            }
            if let Some((label, _)) = labels.iter().find(|(_, field)| **field == MailField::Unknown) {
                let detail = "must be the name of a field, such as full_name, email, phone, message, make, model or ignored";
                fault(format!("mail_layouts[{i}].labels.{label}"), detail);
            }
        }
    }
}

/// Whether mail can come from a text: a domain, with or without `@` before it, or an address.
fn is_sender(text: &str) -> bool {
    let domain = text.trim().trim_start_matches('@');
    Email::parse(text).is_ok() || Email::parse(&format!("a@{domain}")).is_ok()
}
