//! Tests of the ADF reader: samples, rules and properties.

mod meaning;
mod properties;
mod rules;
mod samples;

use forecourt_domain::enquiry::{RawContact, RawVehicle};
use forecourt_lead_intake::adf::{self, Document, Prospect, Unreadable};
use std::path::PathBuf;

/// Returns every sample with its name, ordered by name.
pub(crate) fn every_sample() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/lead-intake"));
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    found
}

/// Returns the sample whose name starts with `start`.
pub(crate) fn sample(start: &str) -> Vec<u8> {
    every_sample().into_iter().find(|(name, _)| name.starts_with(start)).unwrap().1
}

/// Reads a document from text.
pub(crate) fn read(text: &str) -> Result<Document, Unreadable> {
    adf::read(text.as_bytes())
}

/// Puts `inside` into `<adf><prospect>` and returns the only prospect.
pub(crate) fn prospect(inside: &str) -> Prospect {
    let document = read(&format!("<adf><prospect>{inside}</prospect></adf>")).unwrap();
    let [prospect] = document.prospects.try_into().unwrap();
    prospect
}

/// Returns the fields of a vehicle with their names.
fn vehicle_fields(vehicle: &RawVehicle) -> [(&'static str, Option<&str>); 13] {
    let RawVehicle { condition, year, make, model, trim, vin, stock_number, site, plate, colour, mileage, price, remarks } = vehicle;
    [
        ("condition", condition.as_deref()),
        ("year", year.as_deref()),
        ("make", make.as_deref()),
        ("model", model.as_deref()),
        ("trim", trim.as_deref()),
        ("vin", vin.as_deref()),
        ("stock_number", stock_number.as_deref()),
        ("site", site.as_deref()),
        ("plate", plate.as_deref()),
        ("colour", colour.as_deref()),
        ("mileage", mileage.as_deref()),
        ("price", price.as_deref()),
        ("remarks", remarks.as_deref()),
    ]
}

/// Renders a document compactly; empty fields are omitted.
pub(crate) fn render(read: &Result<Document, Unreadable>) -> String {
    let document = match read {
        Ok(document) => document,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let mut out = String::new();
    let mut put = |depth: usize, name: &str, value: Option<&str>| {
        if let Some(value) = value {
            out += format!("{:depth$}{name}: {}", "", value.replace('\n', "\\n")).trim_end();
            out.push('\n');
        }
    };
    put(0, "encoding", document.encoding_note.as_deref());
    for prospect in &document.prospects {
        let Prospect { enquiry, vendor_id, vendor_name, raw, oddities } = prospect;
        let (start, end) = (raw.chars().take(24).collect::<String>(), raw.chars().rev().take(13).collect::<Vec<_>>());
        put(0, "prospect", Some(&format!("{start} … {}", end.iter().rev().collect::<String>())));
        put(2, "source", enquiry.source.as_deref());
        put(2, "provider", enquiry.provider.as_deref());
        put(2, "external_id", enquiry.external_id.as_deref());
        put(2, "lead_type", enquiry.lead_type.as_deref());
        put(2, "requested_at", enquiry.requested_at.as_deref());
        put(2, "resend", enquiry.resend.then_some("yes"));
        let RawContact { first_name, middle_name, last_name, company, emails, phones, .. } = &enquiry.contact;
        let RawContact { preferred_channel, language, street, postcode, city, country, .. } = &enquiry.contact;
        let fields = [
            ("first_name", first_name),
            ("middle_name", middle_name),
            ("last_name", last_name),
            ("company", company),
            ("language", language),
        ];
        fields.iter().for_each(|(name, value)| put(2, name, value.as_deref()));
        emails.iter().for_each(|email| put(2, "email", Some(email)));
        for phone in phones {
            put(2, &format!("phone {:?}", phone.kind.as_deref().unwrap_or("")), Some(&phone.number));
            put(4, "time", phone.time.as_deref());
        }
        put(2, "preferred_channel", preferred_channel.map(|channel| format!("{channel:?}")).as_deref());
        let fields = [("street", street), ("postcode", postcode), ("city", city), ("country", country)];
        fields.iter().for_each(|(name, value)| put(2, name, value.as_deref()));
        for (label, vehicles) in [("vehicle", &enquiry.vehicles), ("trade-in", &enquiry.trade_ins)] {
            for vehicle in vehicles {
                put(2, label, Some(""));
                vehicle_fields(vehicle).into_iter().for_each(|(name, value)| put(4, name, value));
            }
        }
        put(2, "message", enquiry.message.as_deref());
        put(2, "vendor_id", vendor_id.as_deref());
        put(2, "vendor_name", vendor_name.as_deref());
        oddities.iter().for_each(|(field, detail)| put(2, &format!("odd {field}"), Some(detail)));
    }
    out
}
