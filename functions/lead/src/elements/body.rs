//! The request bodies of elements.

use super::new::NewCommunication;
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::text::{is_line, is_text};
use forecourt_domain::base::{ContactId, ElementId, Fault, Money, Purpose, Refusal, UserId};
use forecourt_domain::bookings::Despite;
use forecourt_domain::elements::{Comment, Document, Form, Line, Quote, QuoteDraft, TradeIn};
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::rules::elements::{CommunicationRequest, MAX_DOCUMENTS};
use forecourt_edge::formats::json::{Loose, Text, note};
use forecourt_edge::formats::vehicle::VehicleBody;
use forecourt_edge::usecase::warnings::despite;
use serde::Deserialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"amount": 1_790_000, "currency": "EUR"}))]
pub struct MoneyBody {
    /// In the currency's smallest unit, from 0 to 100,000,000,000: 1790000 is 17,900 EUR.
    #[schema(value_type = i64)]
    amount: Loose<i64>,
    /// ISO 4217 code.
    #[schema(value_type = String, example = "EUR")]
    currency: Loose<Text>,
}

/// A vehicle that the customer offers in part payment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"make": "Opel", "model": "Astra", "year": 2016, "plate": "B-JP 4711", "mileage": "98000 km"},
    "asked": {"amount": 650_000, "currency": "EUR"}, "offered": {"amount": 580_000, "currency": "EUR"}}))]
pub struct TradeInBody {
    /// The vehicle; at least one field is required.
    #[schema(value_type = VehicleBody)]
    vehicle: Loose<VehicleBody>,
    /// The price that the customer asks.
    #[schema(value_type = Option<MoneyBody>)]
    asked: Loose<MoneyBody>,
    /// The price that the dealer offers.
    #[schema(value_type = Option<MoneyBody>)]
    offered: Loose<MoneyBody>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
}

/// A quote: the price of a vehicle of the dealer.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"condition": "new", "make": "Opel", "model": "Corsa"}, "price": {"amount": 2_249_000, "currency": "EUR"},
    "lines": [{"text": "Corsa 1.2", "amount": 2_349_000}, {"text": "Discount", "amount": -100_000}], "valid_until": "2026-12-31"}))]
pub struct QuoteBody {
    /// The vehicle; `condition` is new or used.
    #[schema(value_type = VehicleBody)]
    vehicle: Loose<VehicleBody>,
    /// Total price.
    #[schema(value_type = MoneyBody)]
    price: Loose<MoneyBody>,
    /// Up to 30 lines that add up to the price.
    #[schema(value_type = Vec<LineBody>)]
    lines: Loose<Vec<LineBody>>,
    /// Last day on which the quote is valid.
    #[schema(value_type = Option<String>, example = "2026-12-31")]
    valid_until: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
}

/// A line of a quote.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LineBody {
    /// Description, 1 to 200 characters.
    #[schema(value_type = String, max_length = 200)]
    text: Loose<Text>,
    /// Amount in the smallest unit of the price's currency; negative for a discount.
    #[schema(value_type = i64)]
    amount: Loose<i64>,
}

/// A test drive, which is scheduled as a calendar event.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"make": "Opel", "model": "Corsa", "stock_number": "GW-1138"}, "at": "2026-11-25T10:00:00+01:00"}))]
pub struct TestDriveBody {
    /// The vehicle; at least one field is required.
    #[schema(value_type = VehicleBody)]
    pub(super) vehicle: Loose<VehicleBody>,
    /// Start, RFC 3339. Later changes go to the routes of the calendar event.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// Title in the calendar, up to 200 characters; the vehicle if absent.
    #[schema(value_type = Option<String>, max_length = 200)]
    title: Loose<Text>,
    /// The accompanying user; the lead's owner if absent.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The warnings about the time and user that you accept, as for a calendar event (APT-8).
    #[schema(value_type = Option<Vec<String>>)]
    despite: Loose<Vec<String>>,
}

/// A comment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"text": "Wants the winter tyres thrown in"}))]
pub struct CommentBody {
    /// The comment, 1 to 2,000 characters.
    #[schema(value_type = String, max_length = 2_000)]
    text: Loose<Text>,
}

/// A document to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Order form, signed", "content_type": "application/pdf", "bytes": 48_213}))]
pub struct DocumentBody {
    /// Title, 1 to 200 characters; the only field that can be changed later.
    #[schema(value_type = String, max_length = 200)]
    title: Loose<Text>,
    /// Media type without parameters. It must agree with the file; types that a browser or an operating system runs are refused.
    #[schema(value_type = String)]
    content_type: Loose<Text>,
    /// Exact size in bytes, 1 to 26,214,400 (25 MiB).
    #[schema(value_type = u64)]
    bytes: Loose<u64>,
}

/// An e-mail or a text message to the contact, or a note of a call.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"medium": "email", "subject": "Your quote", "text": "Dear Ms Petersen, …", "quote": "806mpr7o6e5oihwu", "form": "overview"}))]
pub struct CommunicationBody {
    /// `email`, `sms` or `call`.
    #[schema(value_type = String, example = "email")]
    medium: Loose<Text>,
    /// Address of an e-mail, or number of an SMS in E.164, to which its writer wants to send it, as `message-options` shows it. If the
    /// message would go to another one, it is refused (409). Without it, the message goes to the contact who gets letters now.
    #[schema(value_type = Option<String>, example = "jana.petersen@example.com")]
    to: Loose<Text>,
    /// Id of the contact of the lead to whom an e-mail or an SMS goes: to the address or number `to`, which must be the contact's. Without
    /// it, the message goes to the sender of the e-mail that it answers, else to the contact of the latest enquiry.
    #[schema(value_type = Option<String>, example = "000001")]
    contact: Loose<Text>,
    /// Subject of an e-mail, 1 to 200 characters. With `answers` it can be absent: the answer then has the subject of the mail, with `Re:`.
    #[schema(value_type = Option<String>, max_length = 200)]
    subject: Loose<Text>,
    /// Text: 1 to 20,000 characters in an e-mail, 1 to 1,000 in an SMS.
    #[schema(value_type = Option<String>, max_length = 20_000)]
    text: Loose<Text>,
    /// Id of a quote for a new vehicle, to be attached to an e-mail.
    #[schema(value_type = Option<String>)]
    quote: Loose<Text>,
    /// Form of the attached quote: `overview` (default) or `order_form`.
    #[schema(value_type = Option<String>, example = "overview")]
    form: Loose<Text>,
    /// Id of the received e-mail that an e-mail answers. It goes to the contact who has the sender's address, in the thread of that e-mail.
    #[schema(value_type = Option<String>)]
    answers: Loose<Text>,
    /// Ids of uploaded documents of the lead, to be attached to an e-mail: at most ten, of 7,000,000 bytes together.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    attachments: Loose<Vec<Text>>,
    /// Whether the sheet of the enquiry's vehicle is attached to an e-mail. The dealer's setting `expose` names the sheet (SET-4).
    #[schema(value_type = Option<bool>)]
    expose: Loose<bool>,
    /// Purpose of an e-mail or an SMS (PRV-6): `contract` (the default, such as an answer), `service` or `advertising`.
    #[schema(value_type = Option<String>, example = "contract")]
    purpose: Loose<Text>,
    /// Whether the contact was reached; for a call only.
    #[schema(value_type = Option<bool>)]
    reached: Loose<bool>,
    /// Whether the customer called; for a call only. In a pool with `oldest_only` such a lead can be claimed although it is not the oldest
    /// (DIS-8).
    #[schema(value_type = Option<bool>)]
    inbound: Loose<bool>,
    /// Note of a call, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// A checked request for a test drive, before its event has an id.
#[derive(Debug, Clone)]
pub(crate) struct TestDriveRequest {
    pub(crate) vehicle: Vehicle,
    pub(crate) at: DateTime<Utc>,
    pub(crate) title: String,
    pub(crate) user: Option<UserId>,
    pub(crate) notes: Option<String>,
    pub(crate) despite: Despite,
}

impl MoneyBody {
    fn read(self, field: &str, faults: &mut Vec<Fault>) -> Option<Money> {
        // A field of the wrong type counts as missing: the fault states the expected type.
        let amount = self.amount.take("", "", &mut Vec::new());
        let currency = self.currency.text("", &mut Vec::new());
        Money::read(amount, currency.as_deref(), field, faults)
    }
}

fn money(body: Loose<MoneyBody>, field: &str, faults: &mut Vec<Fault>) -> Option<Money> {
    body.take(field, "an amount with a currency", faults)?.read(field, faults)
}

pub(super) fn read_vehicle(body: Loose<VehicleBody>, faults: &mut Vec<Fault>) -> Vehicle {
    let raw = body.take("vehicle", "an object", faults).map(|body| body.read("vehicle", faults)).unwrap_or_default();
    raw.entered("vehicle", faults)
}

impl TradeInBody {
    pub(super) fn check(self) -> Result<TradeIn, Refusal> {
        let mut faults = Vec::new();
        let vehicle = read_vehicle(self.vehicle, &mut faults);
        let prices = [money(self.asked, "asked", &mut faults), money(self.offered, "offered", &mut faults)];
        let notes = note(self.notes, "notes", &mut faults);
        TradeIn::entered(vehicle, prices, notes, faults).map_err(Refusal::Invalid)
    }
}

impl QuoteBody {
    pub(super) fn check(self) -> Result<Quote, Refusal> {
        let mut faults = Vec::new();
        let vehicle = read_vehicle(self.vehicle, &mut faults);
        let price = money(self.price, "price", &mut faults);
        let lines = self.lines.take("lines", "a list of lines", &mut faults).unwrap_or_default().into_iter().enumerate();
        let lines = lines.map(|(i, line)| {
            let text = line.text.text(&format!("lines[{i}].text"), &mut faults).unwrap_or_default().trim().to_owned();
            let amount = line.amount.take("", "", &mut Vec::new());
            if amount.is_none() {
                faults.push(Fault::new(format!("lines[{i}].amount"), "LEAD-2", "must be a whole number of the currency's smallest unit"));
            }
            Line { text, amount: amount.unwrap_or_default() }
        });
        let lines = lines.collect();
        let valid_until = self.valid_until.text("valid_until", &mut faults).map(|text| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d"));
        if let Some(Err(_)) = valid_until {
            faults.push(Fault::new("valid_until", "LEAD-2", "must be a date such as 2026-12-31"));
        }
        let notes = note(self.notes, "notes", &mut faults);
        let draft = QuoteDraft { vehicle, price, lines, valid_until: valid_until.and_then(Result::ok), notes };
        Quote::entered(draft, faults).map_err(Refusal::Invalid)
    }
}

impl TestDriveBody {
    pub(super) fn check(self) -> Result<TestDriveRequest, Refusal> {
        let mut faults = Vec::new();
        let vehicle = read_vehicle(self.vehicle, &mut faults);
        if vehicle == Vehicle::default() && faults.is_empty() {
            faults.push(Fault::new("vehicle", "LEAD-2", "must identify the vehicle"));
        }
        let at = self.at.text("at", &mut faults).and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok());
        // Whole milliseconds, as everything is stored.
        let at = at.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
        if at.is_none() && !faults.iter().any(|fault| fault.field == "at") {
            faults.push(Fault::new("at", "LEAD-2", "must be a time with a UTC offset, such as 2026-11-25T10:00:00+01:00"));
        }
        let user = self.user.text("user", &mut faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new("user", "LEAD-2", e.to_string()));
        }
        let title = self.title.text("title", &mut faults).unwrap_or_default();
        let notes = note(self.notes, "notes", &mut faults);
        let despite = despite(self.despite, "despite", &mut faults);
        match at {
            Some(at) if faults.is_empty() => Ok(TestDriveRequest { vehicle, at, title, user: user.and_then(Result::ok), notes, despite }),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

impl CommentBody {
    pub(super) fn check(self) -> Result<Comment, Refusal> {
        let mut faults = Vec::new();
        let text = note(self.text, "text", &mut faults);
        let comment = Comment::entered(text, &mut faults);
        if faults.is_empty() { Ok(comment) } else { Err(Refusal::Invalid(faults)) }
    }
}

impl DocumentBody {
    pub(super) fn check(self) -> Result<Document, Refusal> {
        let mut faults = Vec::new();
        let (title, content_type) = (self.title.text("title", &mut faults), self.content_type.text("content_type", &mut faults));
        let bytes = self.bytes.take("bytes", "a whole number", &mut faults);
        Document::announced(title, content_type, bytes, faults).map_err(Refusal::Invalid)
    }

    /// Reads the title, the only field that can be changed.
    pub(super) fn renamed(self, document: &Document) -> Result<Document, Refusal> {
        let mut faults = Vec::new();
        let title = self.title.text("title", &mut faults);
        document.renamed(title, faults).map_err(Refusal::Invalid)
    }
}

/// Reads the id of an element.
fn element(id: Loose<Text>, field: &str, faults: &mut Vec<Fault>) -> Option<ElementId> {
    let id = id.text(field, faults)?;
    ElementId::parse(id.trim()).map_err(|e| faults.push(Fault::new(field, "LEAD-3", e.to_string()))).ok()
}

/// Reads the id of a contact.
fn contact(id: Loose<Text>, faults: &mut Vec<Fault>) -> Option<ContactId> {
    let id = id.text("contact", faults)?;
    ContactId::parse(id.trim()).map_err(|e| faults.push(Fault::new("contact", "LEAD-3", e.to_string()))).ok()
}

/// Reads a text of 1 to `most` characters; line breaks are allowed.
fn text(text: Loose<Text>, most: usize, faults: &mut Vec<Fault>) -> String {
    let text = text.text("text", &mut Vec::new()).unwrap_or_default().trim().to_owned();
    if !is_text(&text, most) {
        faults.push(Fault::new("text", "LEAD-3", format!("must be 1 to {most} characters without control characters")));
    }
    text
}

/// Reads the purpose of a message.
fn purpose(purpose: Loose<Text>, faults: &mut Vec<Fault>) -> Purpose {
    let Some(name) = purpose.text("purpose", faults) else { return Purpose::Contract };
    let read = Purpose::of_name(name.trim());
    if read.is_none() {
        faults.push(Fault::new("purpose", "PRV-6", "must be contract, service or advertising"));
    }
    read.unwrap_or_default()
}

/// Reads the ids of attached documents.
fn documents(ids: Loose<Vec<Text>>, faults: &mut Vec<Fault>) -> Vec<ElementId> {
    let ids = ids.take("attachments", "a list of ids", faults).unwrap_or_default();
    if ids.len() > MAX_DOCUMENTS {
        faults.push(Fault::new("attachments", "LEAD-3", format!("must have at most {MAX_DOCUMENTS} entries")));
        return Vec::new();
    }
    let mut read = Vec::with_capacity(ids.len());
    for (i, id) in ids.into_iter().enumerate() {
        match ElementId::parse(id.0.trim()) {
            Ok(id) => read.push(id),
            Err(e) => faults.push(Fault::new(format!("attachments[{i}]"), "LEAD-3", e.to_string())),
        }
    }
    read
}

impl CommunicationBody {
    pub(super) fn check(self) -> Result<NewCommunication, Refusal> {
        let mut faults = Vec::new();
        let to = self.to.text("to", &mut faults);
        let contact = contact(self.contact, &mut faults);
        let mut answered = None;
        let request = match self.medium.text("medium", &mut Vec::new()).as_deref() {
            Some("email") => {
                let subject = self.subject.text("subject", &mut Vec::new()).unwrap_or_default().trim().to_owned();
                answered = element(self.answers, "answers", &mut faults);
                let is_answer = answered.is_some() || !faults.is_empty();
                if !(is_line(&subject, 200) || is_answer && subject.is_empty()) {
                    faults.push(Fault::new("subject", "LEAD-3", "must be 1 to 200 characters in one line"));
                }
                let quote = element(self.quote, "quote", &mut faults);
                let form = self.form.text("form", &mut faults);
                if matches!(form.as_deref(), Some("overview" | "order_form")) && quote.is_none() {
                    faults.push(Fault::new("form", "LEAD-3", "requires quote"));
                }
                let form = match form.as_deref() {
                    None | Some("overview") => Form::Overview,
                    Some("order_form") => Form::OrderForm,
                    Some(_) => {
                        faults.push(Fault::new("form", "LEAD-3", "must be overview or order_form"));
                        Form::Overview
                    }
                };
                let quote = quote.map(|quote| (quote, form));
                let documents = documents(self.attachments, &mut faults);
                let expose = self.expose.take("expose", "true or false", &mut faults).unwrap_or_default();
                let (purpose, text) = (purpose(self.purpose, &mut faults), text(self.text, 20_000, &mut faults));
                CommunicationRequest::Email { subject, text, quote, documents, expose, purpose }
            }
            Some("sms") => {
                CommunicationRequest::Sms { purpose: purpose(self.purpose, &mut faults), text: text(self.text, 1_000, &mut faults) }
            }
            Some("call") => {
                let reached = self.reached.take("", "", &mut Vec::new());
                if reached.is_none() {
                    faults.push(Fault::new("reached", "LEAD-3", "must be true or false"));
                }
                let inbound = self.inbound.take("inbound", "true or false", &mut faults).unwrap_or_default();
                let note = note(self.note, "note", &mut faults);
                CommunicationRequest::Call { reached: reached.unwrap_or_default(), inbound, note }
            }
            _ => return Err(Refusal::field("medium", "LEAD-3", "must be email, sms or call")),
        };
        if faults.is_empty() { Ok(NewCommunication { request, answers: answered, contact, to }) } else { Err(Refusal::Invalid(faults)) }
    }
}
