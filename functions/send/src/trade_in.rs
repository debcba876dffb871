//! The sheet of a trade-in enquiry in the dealer's language (INT-8, MSG-2).

use crate::pdf::{Link, Section, Sheet};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::base::{Email, Language, Phone};
use forecourt_domain::enquiry::{Enquiry, Person, Vehicle};
use forecourt_domain::texts::{local_time, text_language};

/// The facts of a sheet that are not in the enquiry.
#[derive(Clone, Copy)]
pub struct SheetContext<'a> {
    /// The number of the lead.
    pub number: &'a str,
    /// The name of the dealer.
    pub dealer: &'a str,
    /// The link to the lead, which holds all details.
    pub url: &'a str,
    /// The dealer's language.
    pub language: &'a Language,
    /// When the enquiry was received.
    pub at: DateTime<Utc>,
    /// The dealer's time zone.
    pub zone: Tz,
}

/// Lays out the core data of a trade-in enquiry: the vehicles, the contact and the message. Empty fields are left out.
pub fn sheet_of(enquiry: &Enquiry, context: SheetContext<'_>) -> Sheet {
    let SheetContext { number, dealer, url, language, at, zone } = context;
    let words = words_of(language);
    let offered = enquiry.trade_ins.iter().enumerate().map(|(index, vehicle)| {
        let count = if enquiry.trade_ins.len() > 1 { format!(" {}", index + 1) } else { String::new() };
        section(format!("{}{count}", words.vehicle), vehicle_rows(vehicle, words))
    });
    let mut sections: Vec<Section> = offered.collect();
    sections.push(section(words.contact, person_rows(&enquiry.contact, words)));
    sections.push(section(words.message, vec![("", enquiry.message.clone())]));
    sections.retain(|section| !section.rows.is_empty());
    let received = format!("{} {}", words.received, local_time(at, zone, language));
    let source = [Some(received.as_str()), Some(&enquiry.source), enquiry.provider.as_deref(), enquiry.external_id.as_deref()];
    Sheet {
        title: format!("{} {number}", words.title),
        arrival: joined(source, " · ").unwrap_or_default(),
        dealer: dealer.to_owned(),
        language: words.language.to_owned(),
        sections,
        link: Some(Link { text: words.open.to_owned(), url: url.to_owned() }),
        footer: format!("{} {number} · {}", words.title, words.core),
        at,
    }
}

/// A label and its value.
pub(crate) type Row = (&'static str, Option<String>);

/// Creates a section from the rows that have a value.
pub(crate) fn section(heading: impl Into<String>, rows: Vec<Row>) -> Section {
    let filled = |(label, value): Row| value.filter(|v| !v.trim().is_empty()).map(|value| (label.to_owned(), value));
    Section { heading: heading.into(), rows: rows.into_iter().filter_map(filled).collect() }
}

fn vehicle_rows(vehicle: &Vehicle, words: &TradeInTexts) -> Vec<Row> {
    let model = joined([vehicle.model.as_deref(), vehicle.trim.as_deref()], " ");
    vec![
        (words.make, vehicle.make.clone()),
        (words.model, model),
        (words.year, vehicle.year.map(|year| year.to_string())),
        (words.mileage, vehicle.mileage.clone()),
        (words.vin, vehicle.vin.clone()),
        (words.plate, vehicle.plate.clone()),
        (words.colour, vehicle.colour.clone()),
        (words.price, vehicle.price.clone()),
        (words.remarks, vehicle.remarks.clone()),
    ]
}

fn person_rows(person: &Person, words: &TradeInTexts) -> Vec<Row> {
    let town = joined([person.postcode.as_deref(), person.city.as_deref()], " ");
    let place = joined([town.as_deref(), person.country.as_deref()], ", ");
    vec![
        (words.name, joined([person.first_name.as_deref(), person.last_name.as_deref()], " ")),
        (words.company, person.company.clone()),
        (words.phone, joined(person.phones.iter().map(phone_text).collect::<Vec<_>>().iter().map(|p| Some(p.as_str())), "\n")),
        (words.email, joined(person.emails.iter().map(Email::as_str).map(Some), "\n")),
        (words.address, joined([person.street.as_deref(), place.as_deref()], "\n")),
    ]
}

/// The number as typed, with the sender's label.
fn phone_text(phone: &Phone) -> String {
    phone.kind.as_ref().map_or_else(|| phone.typed.clone(), |kind| format!("{} ({kind})", phone.typed))
}

pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = Option<&'a str>>, between: &str) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

/// The labels of the sheet in one language.
struct TradeInTexts {
    language: &'static str,
    title: &'static str,
    open: &'static str,
    core: &'static str,
    vehicle: &'static str,
    make: &'static str,
    model: &'static str,
    year: &'static str,
    mileage: &'static str,
    vin: &'static str,
    plate: &'static str,
    colour: &'static str,
    price: &'static str,
    remarks: &'static str,
    contact: &'static str,
    name: &'static str,
    company: &'static str,
    phone: &'static str,
    email: &'static str,
    address: &'static str,
    message: &'static str,
    received: &'static str,
}

/// Returns the labels of a language, or the English ones.
fn words_of(language: &Language) -> &'static TradeInTexts {
    match text_language(language) {
        "de" => &GERMAN,
        "nl" => &DUTCH,
        _ => &ENGLISH,
    }
}

const ENGLISH: TradeInTexts = TradeInTexts {
    language: "en",
    title: "Trade-in enquiry",
    open: "Open this lead in Forecourt",
    core: "Core data only. See the lead for all details.",
    vehicle: "Vehicle offered",
    make: "Make",
    model: "Model",
    year: "Year",
    mileage: "Mileage",
    vin: "VIN",
    plate: "Registration number",
    colour: "Colour",
    price: "Asking price",
    remarks: "Remarks",
    contact: "Contact",
    name: "Name",
    company: "Company",
    phone: "Phone",
    email: "E-mail",
    address: "Address",
    message: "Message",
    received: "received",
};

const GERMAN: TradeInTexts = TradeInTexts {
    language: "de",
    title: "Anfrage zur Inzahlungnahme",
    open: "Anfrage in Forecourt öffnen",
    core: "Nur die Kerndaten. Alle Einzelheiten finden Sie in der Anfrage.",
    vehicle: "Angebotenes Fahrzeug",
    make: "Marke",
    model: "Modell",
    year: "Baujahr",
    mileage: "Kilometerstand",
    vin: "Fahrgestellnummer",
    plate: "Kennzeichen",
    colour: "Farbe",
    price: "Preisvorstellung",
    remarks: "Bemerkungen",
    contact: "Kontakt",
    name: "Name",
    company: "Firma",
    phone: "Telefon",
    email: "E-Mail",
    address: "Anschrift",
    message: "Nachricht",
    received: "eingegangen",
};

const DUTCH: TradeInTexts = TradeInTexts {
    language: "nl",
    title: "Inruilaanvraag",
    open: "Lead openen in Forecourt",
    core: "Alleen de kerngegevens. Alle details vindt u in de lead.",
    vehicle: "Aangeboden voertuig",
    make: "Merk",
    model: "Model",
    year: "Bouwjaar",
    mileage: "Kilometerstand",
    vin: "Chassisnummer",
    plate: "Kenteken",
    colour: "Kleur",
    price: "Vraagprijs",
    remarks: "Opmerkingen",
    contact: "Contact",
    name: "Naam",
    company: "Bedrijf",
    phone: "Telefoon",
    email: "E-mail",
    address: "Adres",
    message: "Bericht",
    received: "ontvangen",
};
