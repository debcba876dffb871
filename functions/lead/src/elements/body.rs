//! What clients say of elements. A `PATCH` is merged into what the element says now (RFC 7396), and the whole is judged as if it were new.

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::text::{is_line, is_text};
use forecourt_domain::base::{ElementId, Fault, Money, Refusal, UserId};
use forecourt_domain::elements::{Comment, Content, Document, ElementKind, Form, Line, Quote, TradeIn};
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::rules::elements::CommunicationRequest;
use forecourt_edge::formats::json::{Loose, Text, known, note};
use forecourt_edge::formats::vehicle::VehicleBody;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"amount": 1_790_000, "currency": "EUR"}))]
pub struct MoneyBody {
    /// In the currency's smallest unit, from 0 to 100,000,000,000: 1790000 is 17,900 EUR.
    #[schema(value_type = i64)]
    amount: Loose<i64>,
    /// A code of ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: Loose<Text>,
}

/// A vehicle that the customer may give in part payment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"make": "Opel", "model": "Astra", "year": 2016, "plate": "B-JP 4711", "mileage": "98000 km"},
    "asked": {"amount": 650_000, "currency": "EUR"}, "offered": {"amount": 580_000, "currency": "EUR"}}))]
pub struct TradeInBody {
    /// Which vehicle: at least one of its fields.
    #[schema(value_type = VehicleBody)]
    vehicle: Loose<VehicleBody>,
    /// What the customer asks.
    #[schema(value_type = Option<MoneyBody>)]
    asked: Loose<MoneyBody>,
    /// What the dealer offers.
    #[schema(value_type = Option<MoneyBody>)]
    offered: Loose<MoneyBody>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
}

/// What a vehicle of the dealer's would cost the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"condition": "new", "make": "Opel", "model": "Corsa"}, "price": {"amount": 2_249_000, "currency": "EUR"},
    "lines": [{"text": "Corsa 1.2", "amount": 2_349_000}, {"text": "Discount", "amount": -100_000}], "valid_until": "2026-12-31"}))]
pub struct QuoteBody {
    /// Which vehicle; `condition` says new or used.
    #[schema(value_type = VehicleBody)]
    vehicle: Loose<VehicleBody>,
    /// What it costs in all.
    #[schema(value_type = MoneyBody)]
    price: Loose<MoneyBody>,
    /// What the price is made of: up to 30 lines that add up to it.
    #[schema(value_type = Vec<LineBody>)]
    lines: Loose<Vec<LineBody>>,
    /// The last day on which it holds.
    #[schema(value_type = Option<String>, example = "2026-12-31")]
    valid_until: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
}

/// A line of a quote.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LineBody {
    /// 1 to 200 characters.
    #[schema(value_type = String, max_length = 200)]
    text: Loose<Text>,
    /// In the smallest unit of the price's currency; negative for what is taken off.
    #[schema(value_type = i64)]
    amount: Loose<i64>,
}

/// A test drive to be scheduled.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"vehicle": {"make": "Opel", "model": "Corsa", "stock_number": "GW-1138"}, "at": "2026-11-25T10:00:00+01:00"}))]
pub struct TestDriveBody {
    /// Which vehicle: at least one of its fields.
    #[schema(value_type = VehicleBody)]
    vehicle: Loose<VehicleBody>,
    /// When, RFC 3339; later it is changed at the event's own routes.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// What the calendar says, up to 200 characters; the vehicle, if not said.
    #[schema(value_type = Option<String>, max_length = 200)]
    title: Loose<Text>,
    /// Who goes along; whoever has the lead, if not said.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
}

/// A comment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"text": "Wants the winter tyres thrown in"}))]
pub struct CommentBody {
    /// 1 to 2,000 characters.
    #[schema(value_type = String, max_length = 2_000)]
    text: Loose<Text>,
}

/// A document that is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Order form, signed", "content_type": "application/pdf", "bytes": 48_213}))]
pub struct DocumentBody {
    /// What it is called; 1 to 200 characters. This alone can be changed.
    #[schema(value_type = String, max_length = 200)]
    title: Loose<Text>,
    /// Its media type, without parameters.
    #[schema(value_type = String)]
    content_type: Loose<Text>,
    /// Its exact size, 1 to 26,214,400 (25 MiB).
    #[schema(value_type = u64)]
    bytes: Loose<u64>,
}

/// Something to be said to the contact, or a call to be noted.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"medium": "email", "subject": "Your quote", "text": "Dear Ms Petersen, …", "quote": "806mpr7o6e5oihwu", "form": "overview"}))]
pub struct CommunicationBody {
    /// `email`, `sms` or `call`.
    #[schema(value_type = String, example = "email")]
    medium: Loose<Text>,
    /// Of an e-mail, 1 to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    subject: Loose<Text>,
    /// Of an e-mail 1 to 20,000 characters, of an SMS 1 to 1,000.
    #[schema(value_type = Option<String>, max_length = 20_000)]
    text: Loose<Text>,
    /// A quote for a new vehicle that goes along with an e-mail, by its name.
    #[schema(value_type = Option<String>)]
    quote: Loose<Text>,
    /// As what it goes along: `overview` or `order_form`.
    #[schema(value_type = Option<String>, example = "overview")]
    form: Loose<Text>,
    /// Of a call: whether the contact was reached.
    #[schema(value_type = Option<bool>)]
    reached: Loose<bool>,
    /// Of a call, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// What is known of a test drive's event before it has a name.
#[derive(Debug, Clone)]
pub(crate) struct Appointed {
    pub(crate) vehicle: Vehicle,
    pub(crate) at: DateTime<Utc>,
    pub(crate) title: String,
    pub(crate) user: Option<UserId>,
    pub(crate) notes: Option<String>,
}

impl MoneyBody {
    fn read(self, field: &str, faults: &mut Vec<Fault>) -> Option<Money> {
        // What is of a wrong type is judged as if it were missing: the fault says what it must be.
        let amount = self.amount.take("", "", &mut Vec::new());
        let currency = self.currency.text("", &mut Vec::new());
        Money::read(amount, currency.as_deref(), field, faults)
    }
}

fn money(body: Loose<MoneyBody>, field: &str, faults: &mut Vec<Fault>) -> Option<Money> {
    body.take(field, "an amount with a currency", faults)?.read(field, faults)
}

fn vehicle(body: Loose<VehicleBody>, faults: &mut Vec<Fault>) -> Vehicle {
    let raw = body.take("vehicle", "an object", faults).map(|body| body.read("vehicle", faults)).unwrap_or_default();
    raw.entered("vehicle", faults)
}

impl TradeInBody {
    fn check(self) -> Result<TradeIn, Refusal> {
        let mut faults = Vec::new();
        let vehicle = vehicle(self.vehicle, &mut faults);
        let prices = [money(self.asked, "asked", &mut faults), money(self.offered, "offered", &mut faults)];
        let notes = note(self.notes, "notes", &mut faults);
        TradeIn::entered(vehicle, prices, notes, faults).map_err(Refusal::Invalid)
    }
}

impl QuoteBody {
    fn check(self) -> Result<Quote, Refusal> {
        let mut faults = Vec::new();
        let vehicle = vehicle(self.vehicle, &mut faults);
        let price = money(self.price, "price", &mut faults);
        let lines = self.lines.take("lines", "a list of lines", &mut faults).unwrap_or_default().into_iter().enumerate();
        let lines = lines.map(|(i, line)| {
            let text = line.text.text(&format!("lines.{i}.text"), &mut faults).unwrap_or_default().trim().to_owned();
            let amount = line.amount.take("", "", &mut Vec::new());
            if amount.is_none() {
                faults.push(Fault::new(format!("lines.{i}.amount"), "LEAD-2", "must be a whole number of the currency's smallest unit"));
            }
            Line { text, amount: amount.unwrap_or_default() }
        });
        let lines = lines.collect();
        let valid_until = self.valid_until.text("valid_until", &mut faults).map(|text| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d"));
        if let Some(Err(_)) = valid_until {
            faults.push(Fault::new("valid_until", "LEAD-2", "must be a date such as 2026-12-31"));
        }
        let notes = note(self.notes, "notes", &mut faults);
        Quote::entered(vehicle, price, lines, valid_until.and_then(Result::ok), notes, faults).map_err(Refusal::Invalid)
    }
}

impl TestDriveBody {
    fn check(self) -> Result<Appointed, Refusal> {
        let mut faults = Vec::new();
        let vehicle = vehicle(self.vehicle, &mut faults);
        if vehicle == Vehicle::default() && faults.is_empty() {
            faults.push(Fault::new("vehicle", "LEAD-2", "must identify the vehicle"));
        }
        let at = self.at.text("at", &mut faults).and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok());
        // Whole milliseconds, as everything is stored.
        let at = at.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
        if at.is_none() && !faults.iter().any(|fault| fault.field == "at") {
            faults.push(Fault::new("at", "LEAD-2", "must be a time with its zone, such as 2026-11-25T10:00:00+01:00"));
        }
        let user = self.user.text("user", &mut faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new("user", "LEAD-2", e.to_string()));
        }
        let title = self.title.text("title", &mut faults).unwrap_or_default();
        let notes = note(self.notes, "notes", &mut faults);
        match at {
            Some(at) if faults.is_empty() => Ok(Appointed { vehicle, at, title, user: user.and_then(Result::ok), notes }),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

impl CommentBody {
    fn check(self) -> Result<Comment, Refusal> {
        let mut faults = Vec::new();
        let text = note(self.text, "text", &mut faults);
        let comment = Comment::entered(text, &mut faults);
        if faults.is_empty() { Ok(comment) } else { Err(Refusal::Invalid(faults)) }
    }
}

impl DocumentBody {
    fn check(self) -> Result<Document, Refusal> {
        let mut faults = Vec::new();
        let (title, content_type) = (self.title.text("title", &mut faults), self.content_type.text("content_type", &mut faults));
        let bytes = self.bytes.take("bytes", "a whole number", &mut faults);
        Document::announced(title, content_type, bytes, faults).map_err(Refusal::Invalid)
    }
}

/// A text in lines of 1 to `most` characters.
fn text(text: Loose<Text>, most: usize, faults: &mut Vec<Fault>) -> String {
    let text = text.text("text", &mut Vec::new()).unwrap_or_default().trim().to_owned();
    if !is_text(&text, most) {
        faults.push(Fault::new("text", "LEAD-3", format!("must be 1 to {most} characters, none of them for control")));
    }
    text
}

impl CommunicationBody {
    fn check(self) -> Result<CommunicationRequest, Refusal> {
        let mut faults = Vec::new();
        let said = match self.medium.text("medium", &mut Vec::new()).as_deref() {
            Some("email") => {
                let subject = self.subject.text("subject", &mut Vec::new()).unwrap_or_default().trim().to_owned();
                if !is_line(&subject, 200) {
                    faults.push(Fault::new("subject", "LEAD-3", "must be 1 to 200 characters in one line"));
                }
                let quote = self.quote.text("quote", &mut faults).map(|id| ElementId::parse(id.trim()));
                if let Some(Err(e)) = &quote {
                    faults.push(Fault::new("quote", "LEAD-3", e.to_string()));
                }
                let form = self.form.text("form", &mut faults);
                if matches!(form.as_deref(), Some("overview" | "order_form")) && quote.is_none() {
                    faults.push(Fault::new("form", "LEAD-3", "says how a quote is attached: name it by quote"));
                }
                let form = match form.as_deref() {
                    None | Some("overview") => Form::Overview,
                    Some("order_form") => Form::OrderForm,
                    Some(_) => {
                        faults.push(Fault::new("form", "LEAD-3", "must be overview or order_form"));
                        Form::Overview
                    }
                };
                let quote = quote.and_then(Result::ok).map(|quote| (quote, form));
                CommunicationRequest::Email { subject, text: text(self.text, 20_000, &mut faults), quote }
            }
            Some("sms") => CommunicationRequest::Sms { text: text(self.text, 1_000, &mut faults) },
            Some("call") => {
                let reached = self.reached.take("", "", &mut Vec::new());
                if reached.is_none() {
                    faults.push(Fault::new("reached", "LEAD-3", "must be true or false"));
                }
                CommunicationRequest::Call { reached: reached.unwrap_or_default(), note: note(self.note, "note", &mut faults) }
            }
            _ => return Err(Refusal::field("medium", "LEAD-3", "must be email, sms or call")),
        };
        if faults.is_empty() { Ok(said) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// What a new element is to say.
#[derive(Debug, Clone)]
pub(crate) enum New {
    /// All of it.
    Content(Content),
    /// A test drive, whose event is to be made.
    TestDrive(Appointed),
    /// Communication, which a letter may carry out.
    Said(CommunicationRequest),
}

/// Reads what a new element is to say.
///
/// # Errors
/// Every fault, by field.
pub(crate) fn new(kind: ElementKind, value: Value) -> Result<New, Refusal> {
    Ok(New::Content(match kind {
        ElementKind::TradeIn => Content::TradeIn(known::<TradeInBody>(value)?.check()?),
        ElementKind::Quote => Content::Quote(known::<QuoteBody>(value)?.check()?),
        ElementKind::TestDrive => return known::<TestDriveBody>(value)?.check().map(New::TestDrive),
        ElementKind::Comment => Content::Comment(known::<CommentBody>(value)?.check()?),
        ElementKind::Document => Content::Document(known::<DocumentBody>(value)?.check()?),
        ElementKind::Communication => return known::<CommunicationBody>(value)?.check().map(New::Said),
    }))
}

/// Reads what an element is to say that says `content` now.
///
/// # Errors
/// Every fault, by field; fields that cannot be changed here.
pub(crate) fn patched(content: &Content, patch: &Value) -> Result<Content, Refusal> {
    let fixed: &[(&str, &str)] = match content {
        Content::TestDrive(_) => &[("at", TIME), ("title", TIME), ("user", TIME), ("notes", TIME)],
        Content::Document(_) => &[("content_type", FILE), ("bytes", FILE)],
        Content::Communication(_) => return Err(Refusal::Conflict("what was said is said (LEAD-3)".into())),
        Content::TradeIn(_) | Content::Quote(_) | Content::Comment(_) => &[],
    };
    let faults = fixed.iter().filter(|(name, _)| patch.get(name).is_some()).map(|(name, why)| Fault::new(*name, "LEAD-2", *why));
    let faults: Vec<Fault> = faults.collect();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let mut now = serde_json::to_value(content).map_err(|e| Refusal::Malformed(e.to_string()))?;
    merge(&mut now, patch);
    Ok(match content {
        Content::TestDrive(drive) => {
            let mut faults = Vec::new();
            let said = merged::<TestDriveBody>(now, patch)?;
            let vehicle = vehicle(said.vehicle, &mut faults);
            if vehicle == Vehicle::default() && faults.is_empty() {
                faults.push(Fault::new("vehicle", "LEAD-2", "must identify the vehicle"));
            }
            if !faults.is_empty() {
                return Err(Refusal::Invalid(faults));
            }
            Content::TestDrive(forecourt_domain::elements::TestDrive { vehicle, ..drive.clone() })
        }
        Content::Document(document) => {
            let Document { title, .. } = merged::<DocumentBody>(now, patch)?.check()?;
            Content::Document(Document { title, ..document.clone() })
        }
        Content::TradeIn(before) => {
            let trade_in = merged::<TradeInBody>(now, patch)?.check()?;
            Content::TradeIn(TradeIn { enquired: before.enquired, ..trade_in })
        }
        Content::Quote(_) => Content::Quote(merged::<QuoteBody>(now, patch)?.check()?),
        Content::Comment(_) => Content::Comment(merged::<CommentBody>(now, patch)?.check()?),
        Content::Communication(said) => Content::Communication(said.clone()),
    })
}

const TIME: &str = "is its calendar event's: change it below /leads/{id}/events/{event}";
const FILE: &str = "is the file's: remove this document and add another";

/// What a patch makes of what an element says `now`, which holds more than a client can say.
fn merged<T: DeserializeOwned>(now: Value, patch: &Value) -> Result<T, Refusal> {
    known::<T>(patch.clone())?;
    serde_json::from_value(now).map_err(|e| Refusal::Malformed(format!("the body is not JSON as expected: {e}")))
}

/// Merges a patch in, as RFC 7396 says.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(serde_json::Map::new());
    }
    let Value::Object(into) = into else { return };
    for (name, value) in patch {
        if value.is_null() {
            into.remove(name);
        } else {
            merge(into.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
