//! A quote as a PDF for the customer: an overview, or an order form to sign (LEAD-3), in the customer's language (MSG-2).

use crate::mail::{Addressee, Attachment};
use crate::pdf::{PdfError, Section, Sheet, written};
use crate::trade_in::{Row, joined, section};
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::{Language, Money};
use forecourt_domain::elements::{Form, Line, Quote};
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::Enclosed;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::text_language;

/// A line to write on.
const BLANK: &str = "______________________________";

/// Writes the PDF for a mail to `to`.
///
/// # Errors
/// If the PDF cannot be written.
pub(crate) fn attachment(
    enclosed: &Enclosed,
    lead: Option<&Lead>,
    to: &Addressee,
    dealer: &Dealer,
    at: DateTime<Utc>,
) -> Result<Attachment, PdfError> {
    let words = words_of(&to.language);
    let sheet = sheet_of(enclosed, lead.map(|lead| lead.id.spoken()).as_deref(), to, dealer, at);
    let name = if enclosed.form == Form::Overview { words.overview } else { words.order };
    Ok(Attachment { name: format!("{name}.pdf"), media_type: "application/pdf".into(), content: written(&sheet)? })
}

/// Lays out the quote. `number` is the number of the lead.
pub fn sheet_of(enclosed: &Enclosed, number: Option<&str>, to: &Addressee, dealer: &Dealer, at: DateTime<Utc>) -> Sheet {
    let Enclosed { quote, form } = enclosed;
    let words = words_of(&to.language);
    let date = |date: NaiveDate| day(date, words);
    let written_on = date(at.with_timezone(&dealer.settings.calendar.zone()).date_naive());
    let (title, customer) = match form {
        Form::Overview => (words.overview, words.customer),
        Form::OrderForm => (words.order, words.buyer),
    };
    let remarks = (words.remarks, quote.vehicle.remarks.clone());
    let mut sections = vec![
        section(words.vehicle, vehicle_rows(&quote.vehicle, words).into_iter().chain([remarks]).collect()),
        section(words.price, price_rows(quote, words)),
        section(customer, vec![(words.name, Some(to.name.clone())), (words.email, Some(to.address.to_string()))]),
        section(words.notes, vec![("", quote.notes.clone())]),
    ];
    let valid = quote.valid_until.map(|until| format!("{} {}", words.valid_until, date(until)));
    if *form == Form::OrderForm {
        let blank = || Some(BLANK.to_owned());
        sections.push(section(words.signature, vec![("", Some(words.orders.to_owned())), (words.place, blank()), (words.signed, blank())]));
    }
    sections.retain(|section: &Section| !section.rows.is_empty());
    Sheet {
        title: title.to_owned(),
        arrival: joined([Some(written_on.as_str()), number, valid.as_deref()], " · ").unwrap_or_default(),
        dealer: dealer.settings.name.clone(),
        language: words.language.to_owned(),
        sections,
        link: None,
        footer: joined([Some(dealer.settings.name.as_str()), number], " · ").unwrap_or_default(),
        at,
    }
}

/// Returns the rows that identify and describe a vehicle.
pub(crate) fn vehicle_rows(vehicle: &Vehicle, words: &'static QuoteTexts) -> Vec<Row> {
    vec![
        (words.make, vehicle.make.clone()),
        (words.model, joined([vehicle.model.as_deref(), vehicle.trim.as_deref()], " ")),
        (words.year, vehicle.year.map(|year| year.to_string())),
        (words.colour, vehicle.colour.clone()),
        (words.vin, vehicle.vin.clone()),
        (words.stock_number, vehicle.stock_number.clone()),
    ]
}

fn price_rows(quote: &Quote, words: &'static QuoteTexts) -> Vec<Row> {
    let of = |line: &Line| format!("{}\n{}", line.text, amount(Money { amount: line.amount, ..quote.price }, words));
    let lines = quote.lines.iter().map(|line| (words.line, Some(of(line))));
    lines.chain([(words.total, Some(amount(quote.price, words)))]).collect()
}

/// Formats an amount in the language.
fn amount(money: Money, words: &QuoteTexts) -> String {
    let plain = money.to_string();
    let (number, code) = plain.split_once(' ').unwrap_or((&plain, ""));
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(words.thousands);
        }
        grouped.push(digit);
    }
    let rest = if rest.is_empty() { String::new() } else { format!("{}{rest}", words.decimal) };
    format!("{sign}{grouped}{rest} {code}")
}

/// Writes a date in a language.
pub(crate) fn date_text(date: NaiveDate, language: &Language) -> String {
    day(date, words_of(language))
}

fn day(date: NaiveDate, words: &QuoteTexts) -> String {
    date.format(words.date).to_string()
}

/// The labels of the document in one language.
pub(crate) struct QuoteTexts {
    language: &'static str,
    date: &'static str,
    thousands: char,
    decimal: char,
    overview: &'static str,
    order: &'static str,
    pub(crate) vehicle: &'static str,
    pub(crate) make: &'static str,
    pub(crate) model: &'static str,
    pub(crate) year: &'static str,
    pub(crate) colour: &'static str,
    pub(crate) vin: &'static str,
    pub(crate) stock_number: &'static str,
    remarks: &'static str,
    price: &'static str,
    line: &'static str,
    total: &'static str,
    valid_until: &'static str,
    customer: &'static str,
    buyer: &'static str,
    name: &'static str,
    email: &'static str,
    notes: &'static str,
    signature: &'static str,
    orders: &'static str,
    place: &'static str,
    signed: &'static str,
}

/// Returns the labels of a language, or the English ones.
pub(crate) fn words_of(language: &Language) -> &'static QuoteTexts {
    match text_language(language) {
        "de" => &GERMAN,
        "nl" => &DUTCH,
        _ => &ENGLISH,
    }
}

const ENGLISH: QuoteTexts = QuoteTexts {
    language: "en",
    date: "%-d %B %Y",
    thousands: ',',
    decimal: '.',
    overview: "Quote",
    order: "Order form",
    vehicle: "Vehicle",
    make: "Make",
    model: "Model",
    year: "Year",
    colour: "Colour",
    vin: "VIN",
    stock_number: "Stock number",
    remarks: "Remarks",
    price: "Price",
    line: "Item",
    total: "Total",
    valid_until: "valid until",
    customer: "Customer",
    buyer: "Buyer",
    name: "Name",
    email: "E-mail",
    notes: "Notes",
    signature: "Order",
    orders: "I hereby order the vehicle described above at the price stated above.",
    place: "Place and date",
    signed: "Signature",
};

const GERMAN: QuoteTexts = QuoteTexts {
    language: "de",
    date: "%d.%m.%Y",
    thousands: '.',
    decimal: ',',
    overview: "Angebot",
    order: "Bestellformular",
    vehicle: "Fahrzeug",
    make: "Marke",
    model: "Modell",
    year: "Baujahr",
    colour: "Farbe",
    vin: "Fahrgestellnummer",
    stock_number: "Bestandsnummer",
    remarks: "Bemerkungen",
    price: "Preis",
    line: "Position",
    total: "Gesamtpreis",
    valid_until: "gültig bis",
    customer: "Kunde",
    buyer: "Käufer",
    name: "Name",
    email: "E-Mail",
    notes: "Anmerkungen",
    signature: "Bestellung",
    orders: "Hiermit bestelle ich das oben genannte Fahrzeug zum oben genannten Preis.",
    place: "Ort und Datum",
    signed: "Unterschrift",
};

const DUTCH: QuoteTexts = QuoteTexts {
    language: "nl",
    date: "%d-%m-%Y",
    thousands: '.',
    decimal: ',',
    overview: "Offerte",
    order: "Bestelbon",
    vehicle: "Voertuig",
    make: "Merk",
    model: "Model",
    year: "Bouwjaar",
    colour: "Kleur",
    vin: "Chassisnummer",
    stock_number: "Voorraadnummer",
    remarks: "Opmerkingen",
    price: "Prijs",
    line: "Post",
    total: "Totaalprijs",
    valid_until: "geldig tot en met",
    customer: "Klant",
    buyer: "Koper",
    name: "Naam",
    email: "E-mail",
    notes: "Toelichting",
    signature: "Bestelling",
    orders: "Hierbij bestel ik het hierboven genoemde voertuig voor de hierboven genoemde prijs.",
    place: "Plaats en datum",
    signed: "Handtekening",
};
