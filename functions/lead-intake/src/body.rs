//! The JSON form of an enquiry.

use forecourt_domain::base::Fault;
use forecourt_domain::enquiry::{RawContact, RawDeclaration, RawEnquiry, RawPhone};
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::formats::vehicle::VehicleBody;
use serde::Deserialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An enquiry. Unknown fields are kept in the raw input and flagged (API-1); a contact needs an e-mail address or a telephone number
/// (INT-3).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "source": "website", "external_id": "web-4711", "type": "used_car",
    "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "de"},
    "vehicle": {"make": "Opel", "model": "Corsa", "year": 2023, "stock_number": "GW-1138"},
    "message": "Ist der Wagen noch da?"
}))]
pub struct EnquiryBody {
    /// Source of the enquiry: a portal, the dealer's site, a campaign; up to 100 characters. Default: the sender.
    #[schema(value_type = Option<String>, example = "website", max_length = 100)]
    source: Loose<Text>,
    /// The sender's id of the enquiry, up to 200 characters. The same id again means the same lead (INT-5).
    #[schema(value_type = Option<String>, example = "web-4711", max_length = 200)]
    external_id: Loose<Text>,
    /// `new_car`, `used_car`, `trade_in`, `test_drive`, `service` or `other`. Default: `new_car` or
    /// `used_car` by the vehicle's condition, otherwise `other`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "used_car")]
    lead_type: Loose<Text>,
    /// The customer.
    #[schema(value_type = ContactBody)]
    contact: Loose<ContactBody>,
    /// The vehicle that the customer asks for.
    #[schema(value_type = Option<EnquiryVehicleBody>)]
    vehicle: Loose<VehicleBody>,
    /// The vehicle that the customer offers in part payment.
    #[schema(value_type = Option<EnquiryVehicleBody>)]
    trade_in: Loose<VehicleBody>,
    /// The customer's message, up to 10,000 characters.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    message: Loose<Text>,
    /// When the customer sent the enquiry, RFC 3339; without an offset it is read in the dealer's zone.
    #[schema(value_type = Option<String>, example = "2026-11-23T09:30:00+01:00")]
    requested_at: Loose<Text>,
    /// What the customer declared about further messages, at most one entry about each channel and purpose. A box that the customer did not
    /// tick is no declaration: leave it out. A consent ends no refusal that is stored (PRV-6).
    #[schema(value_type = Option<Vec<DeclarationBody>>, max_items = 8)]
    consents: Loose<Vec<DeclarationBody>>,
}

/// A declaration of the customer about messages, with its proof.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "channel": "email", "purpose": "advertising", "status": "granted", "text": "I agree to receive offers by e-mail.",
    "at": "2026-11-23T09:00:00Z"
}))]
pub struct DeclarationBody {
    /// `email`, `sms`, `telephone` or `letter`. The contact of the enquiry needs such an address or number.
    #[schema(value_type = String, example = "email")]
    channel: Loose<Text>,
    /// `service` or `advertising`. Messages that belong to the enquiry or contract need no consent.
    #[schema(value_type = String, example = "advertising")]
    purpose: Loose<Text>,
    /// `granted` or `withdrawn`.
    #[schema(value_type = String, example = "granted")]
    status: Loose<Text>,
    /// The way in which the customer declared it: `form`, `portal`, `telephone` or `letter`. Default: `portal`, of a user `form`.
    #[schema(value_type = Option<String>, example = "form")]
    source: Loose<Text>,
    /// The text that the customer saw or heard, up to 2,000 characters. Required if the status is `granted`.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    text: Loose<Text>,
    /// When the customer declared it, RFC 3339; without an offset it is read in the dealer's zone. Default: the time of the enquiry.
    #[schema(value_type = Option<String>, example = "2026-11-23T09:00:00Z")]
    at: Loose<Text>,
}

impl DeclarationBody {
    fn read(self, place: usize, faults: &mut Vec<Fault>) -> RawDeclaration {
        let mut text = |name: &str, value: Loose<Text>| value.text(&format!("consents[{place}].{name}"), faults);
        RawDeclaration {
            channel: text("channel", self.channel),
            purpose: text("purpose", self.purpose),
            status: text("status", self.status),
            source: text("source", self.source),
            text: text("text", self.text),
            at: text("at", self.at),
        }
    }
}

/// The values of a lead that a user makes of a mail. A value that is left out is taken from the mail, the contact as a whole (INT-7).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "used_car", "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com"},
    "message": "Ist der Wagen noch da?"
}))]
pub struct MailLeadBody {
    /// Source of the enquiry, up to 100 characters. Default: the system that sent the mail, or `mail`.
    #[schema(value_type = Option<String>, example = "website", max_length = 100)]
    source: Loose<Text>,
    /// `new_car`, `used_car`, `trade_in`, `test_drive`, `service` or `other`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "used_car")]
    lead_type: Loose<Text>,
    /// The customer. Default: the sender of the mail.
    #[schema(value_type = Option<ContactBody>)]
    contact: Loose<ContactBody>,
    /// The vehicle that the customer asks for.
    #[schema(value_type = Option<EnquiryVehicleBody>)]
    vehicle: Loose<VehicleBody>,
    /// The vehicle that the customer offers in part payment.
    #[schema(value_type = Option<EnquiryVehicleBody>)]
    trade_in: Loose<VehicleBody>,
    /// The customer's message, up to 10,000 characters. Default: the subject and the text of the mail.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    message: Loose<Text>,
}

impl MailLeadBody {
    /// Returns the values as written, and the faults of fields that have the wrong type.
    pub fn read(self) -> (RawEnquiry, Vec<Fault>) {
        let Self { source, lead_type, contact, vehicle, trade_in, message } = self;
        let (external_id, requested_at, consents) = (Loose::default(), Loose::default(), Loose::default());
        EnquiryBody { source, external_id, lead_type, contact, vehicle, trade_in, message, requested_at, consents }.read()
    }
}

/// The customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ContactBody {
    /// Up to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Loose<Text>,
    /// Up to 100 characters; not part of the display name.
    #[schema(value_type = Option<String>, max_length = 100)]
    middle_name: Loose<Text>,
    /// Up to 100 characters, with prefixes such as `van der`.
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Loose<Text>,
    /// Up to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    company: Loose<Text>,
    /// One address.
    #[schema(value_type = Option<String>, example = "jana@example.com")]
    email: Loose<Text>,
    /// One number, as dialled from the dealer's country, or with `+`.
    #[schema(value_type = Option<String>, example = "0171 2345678")]
    phone: Loose<Text>,
    /// A language tag, such as `de` or `en-GB`.
    #[schema(value_type = Option<String>, example = "de")]
    language: Loose<Text>,
    /// Up to 200 characters.
    #[schema(value_type = Option<String>)]
    street: Loose<Text>,
    /// Up to 20 characters.
    #[schema(value_type = Option<String>)]
    postcode: Loose<Text>,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>)]
    city: Loose<Text>,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>)]
    country: Loose<Text>,
}

/// The schema of a [`VehicleBody`] in an enquiry, which may have more fields.
#[derive(Debug)]
pub struct EnquiryVehicleBody;

impl PartialSchema for EnquiryVehicleBody {
    fn schema() -> RefOr<Schema> {
        VehicleBody::schema()
    }
}
impl ToSchema for EnquiryVehicleBody {}

impl EnquiryBody {
    /// Returns the enquiry as written, and the faults of fields that have the wrong type.
    pub fn read(self) -> (RawEnquiry, Vec<Fault>) {
        let mut faults = Vec::new();
        let f = &mut faults;
        let enquiry = RawEnquiry {
            source: self.source.text("source", f),
            provider: None,
            external_id: self.external_id.text("external_id", f),
            lead_type: self.lead_type.text("type", f),
            contact: self.contact.take("contact", "an object", f).map(|c| c.read(f)).unwrap_or_default(),
            vehicles: self.vehicle.take("vehicle", "an object", f).map(|v| v.read("vehicle", f)).into_iter().collect(),
            trade_ins: self.trade_in.take("trade_in", "an object", f).map(|v| v.read("trade_in", f)).into_iter().collect(),
            message: self.message.text("message", f),
            requested_at: self.requested_at.text("requested_at", f),
            consents: declarations(self.consents, f),
            resend: false,
        };
        (enquiry, faults)
    }
}

/// The field of the declarations of consent.
pub(crate) const CONSENTS: &str = "consents";

fn declarations(all: Loose<Vec<DeclarationBody>>, faults: &mut Vec<Fault>) -> Vec<RawDeclaration> {
    let all = all.take(CONSENTS, "a list of objects", faults).unwrap_or_default();
    all.into_iter().enumerate().map(|(place, one)| one.read(place, faults)).collect()
}

impl ContactBody {
    fn read(self, faults: &mut Vec<Fault>) -> RawContact {
        let mut text = |name: &str, value: Loose<Text>| value.text(&format!("contact.{name}"), faults);
        RawContact {
            first_name: text("first_name", self.first_name),
            middle_name: text("middle_name", self.middle_name),
            last_name: text("last_name", self.last_name),
            company: text("company", self.company),
            emails: text("email", self.email).into_iter().collect(),
            phones: text("phone", self.phone).map(|number| RawPhone { number, ..RawPhone::default() }).into_iter().collect(),
            language: text("language", self.language),
            street: text("street", self.street),
            postcode: text("postcode", self.postcode),
            city: text("city", self.city),
            country: text("country", self.country),
            preferred_channel: None,
        }
    }
}
