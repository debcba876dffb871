//! Checks an enquiry as received, and converts it to the enquiry from which a lead is created (INT-3, INT-4).

use super::declarations::declarations;
use crate::base::{Country, Email, Fault, Language, Phone, has_link};
use crate::enquiry::{Condition, Enquiry, Judge, LeadType, Person, RawContact, RawEnquiry, RawVehicle, Vehicle};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use std::collections::HashSet;

/// The handling of a value that cannot be read (INT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// It is a fault, because the sender can correct it (JSON).
    Strict,
    /// It is a fault, but a declaration of consent is left out and flagged: the sender does not wait for an answer (JSON of a queue).
    Queued,
    /// It is kept as text and flagged, because no sender can correct it (ADF, mail).
    Lenient,
}

pub(super) const NAME: usize = 100;

const LINE: usize = 200;

/// The longest message of a customer, in characters.
const MESSAGE: usize = 10_000;

/// The maximum number of e-mail addresses, and of telephone numbers, of a person.
pub(crate) const CHANNELS: usize = 5;

/// The maximum number of vehicles asked for, and of vehicles offered in part payment.
pub const VEHICLES: usize = 5;

impl RawEnquiry {
    /// Checks every field, and returns all faults at once.
    ///
    /// `country` and `zone` are the dealer's: numbers and dates are read in their format. `sender` is the source if the enquiry has none.
    ///
    /// # Errors
    /// Every fault, by field. Under [`Tolerance::Lenient`] the only fault is a contact without any channel (INT-3).
    pub fn check(&self, country: Country, zone: Tz, sender: &str, tolerance: Tolerance) -> Result<Enquiry, Vec<Fault>> {
        let mut judge = Judge { tolerance, faults: Vec::new(), flags: Vec::new() };
        let source = judge.line("source", self.source.as_deref(), NAME);
        let provider = judge.line("provider", self.provider.as_deref(), NAME);
        let external_id = judge.line("external_id", self.external_id.as_deref(), LINE);
        let lead_type = self.lead_type(&mut judge);
        let contact = self.contact.check(country, &mut judge);
        let vehicles = read_vehicles("vehicle", &self.vehicles, &mut judge);
        let lead_type = lead_type.unwrap_or_else(|| type_of(&vehicles));
        let trade_ins = read_vehicles("trade_in", &self.trade_ins, &mut judge);
        let message = judge.lines("message", self.message.as_deref(), MESSAGE);
        let requested_at = self.requested_at(country, zone, &mut judge);
        let consents = declarations(&self.consents, &contact, (country, zone), &mut judge);
        if !contact.has_channel() && !judge.faults.iter().any(|f| is_channel(&f.field)) {
            judge.faults.push(Fault::new("contact", "INT-3", "must have at least one e-mail address or telephone number"));
        }
        if !judge.faults.is_empty() {
            // One fault per field: the sender corrects the first one first.
            let mut named = HashSet::new();
            judge.faults.retain(|fault| named.insert(fault.field.clone()));
            return Err(judge.faults);
        }
        let source = source.or_else(|| provider.clone()).unwrap_or_else(|| sender.to_owned());
        let flags = judge.flags;
        Ok(Enquiry { source, provider, external_id, lead_type, contact, vehicles, trade_ins, message, requested_at, consents, flags })
    }

    /// Returns the type that the sender gives. `None` if the enquiry has no type.
    fn lead_type(&self, judge: &mut Judge) -> Option<LeadType> {
        let text = judge.line("type", self.lead_type.as_deref(), NAME)?;
        let found = LeadType::NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
        found.or_else(|| {
            let names = LeadType::NAMES.map(|(name, _)| name).join(", ");
            judge.odd("type", "INT-4", format!("must be one of {names}"));
            Some(LeadType::Other)
        })
    }

    fn requested_at(&self, country: Country, zone: Tz, judge: &mut Judge) -> Option<DateTime<Utc>> {
        let text = judge.line("requested_at", self.requested_at.as_deref(), NAME)?;
        let read = instant(&text, country, zone, judge.tolerance);
        let at = read.filter(|at| (2000..2100).contains(&at.year()));
        if at.is_none() {
            let must_be = match read {
                Some(_) => "must be a time in the years 2000 to 2099",
                None => "must be a time with a UTC offset, such as 2026-11-23T09:30:00+01:00",
            };
            judge.odd("requested_at", "INT-3", format!("{must_be}{}", quoted(&text, judge.tolerance)));
        }
        at
    }
}

/// Returns the type of an enquiry without a type, by the first vehicle with a condition.
fn type_of(vehicles: &[Vehicle]) -> LeadType {
    match vehicles.iter().find_map(|vehicle| vehicle.condition) {
        Some(Condition::New) => LeadType::NewCar,
        Some(Condition::Used) => LeadType::UsedCar,
        Some(Condition::Unknown) | None => LeadType::Other,
    }
}

fn is_channel(field: &str) -> bool {
    field.starts_with("contact.email") || field.starts_with("contact.phone")
}

/// The received value, for a flag: it is kept nowhere else. A fault does not quote it, because the sender has it.
fn quoted(text: &str, tolerance: Tolerance) -> String {
    if tolerance == Tolerance::Lenient { format!("; received '{text}'") } else { String::new() }
}

impl RawContact {
    /// Checks a contact by the rules of the intake. The paths of its faults begin with `contact`.
    ///
    /// # Errors
    /// Every fault, by field.
    pub(crate) fn judged(&self, country: Country) -> Result<Person, Vec<Fault>> {
        let mut judge = Judge { tolerance: Tolerance::Strict, faults: Vec::new(), flags: Vec::new() };
        let person = self.check(country, &mut judge);
        let mut named = HashSet::new();
        judge.faults.retain(|fault| named.insert(fault.field.clone()));
        if judge.faults.is_empty() { Ok(person) } else { Err(judge.faults) }
    }

    fn check(&self, country: Country, judge: &mut Judge) -> Person {
        let mut person = Person {
            first_name: judge.line("contact.first_name", self.first_name.as_deref(), NAME),
            middle_name: judge.line("contact.middle_name", self.middle_name.as_deref(), NAME),
            last_name: judge.line("contact.last_name", self.last_name.as_deref(), NAME),
            company: judge.line("contact.company", self.company.as_deref(), LINE),
            street: judge.line("contact.street", self.street.as_deref(), LINE),
            postcode: judge.line("contact.postcode", self.postcode.as_deref(), 20),
            city: judge.line("contact.city", self.city.as_deref(), NAME),
            country: judge.line("contact.country", self.country.as_deref(), NAME),
            preferred_channel: self.preferred_channel,
            ..Person::default()
        };
        let names = [
            ("contact.first_name", &person.first_name),
            ("contact.middle_name", &person.middle_name),
            ("contact.last_name", &person.last_name),
            ("contact.company", &person.company),
        ];
        for (field, _) in names.into_iter().filter(|(_, name)| name.as_deref().is_some_and(has_link)) {
            judge.flag(field, "contains a link; letters to the customer leave the name out".into());
        }
        if let Some(text) = judge.line("contact.language", self.language.as_deref(), NAME) {
            match Language::parse(&text) {
                Ok(language) => person.language = Some(language),
                Err(e) => judge.odd("contact.language", "INT-4", format!("{e}{}", quoted(&text, judge.tolerance))),
            }
        }
        for typed in self.emails.iter().take(CHANNELS) {
            let Some(text) = judge.line("contact.email", Some(typed), 320) else { continue };
            for read in Email::read_all(&text) {
                match read {
                    Ok((email, is_corrected)) => {
                        if is_corrected {
                            judge.flag("contact.email", format!("was read as {email}; received '{text}'"));
                        }
                        if !person.emails.iter().any(|seen| seen.is_same(&email)) {
                            person.emails.push(email);
                        }
                    }
                    Err((typed, e)) => {
                        judge.odd("contact.email", "INT-3", format!("{e}{}", quoted(&typed, judge.tolerance)));
                        person.unread_emails.push(typed);
                    }
                }
            }
        }
        let mut phones = Vec::new();
        for raw in self.phones.iter().take(CHANNELS) {
            let Some(text) = judge.line("contact.phone", Some(&raw.number), NAME) else { continue };
            let kind = judge.line("contact.phone.type", raw.kind.as_deref(), 40);
            let time = judge.line("contact.phone.time", raw.time.as_deref(), 40);
            let read = Phone::read_all(&text, country);
            if read.iter().any(|phone| phone.e164.is_none()) {
                judge.odd("contact.phone", "INT-3", format!("is not a telephone number that can be dialled from {}", country.as_str()));
            }
            phones.extend(read.into_iter().map(|phone| Phone { kind: kind.clone(), time: time.clone(), ..phone }));
        }
        for phone in phones {
            let is_same = |known: &Phone| known.typed == phone.typed || known.is_same(&phone);
            if !person.phones.iter().any(is_same) {
                person.phones.push(phone);
            }
        }
        let over = person.phones.len() > CHANNELS || person.emails.len() + person.unread_emails.len() > CHANNELS;
        person.phones.truncate(CHANNELS);
        person.emails.truncate(CHANNELS);
        person.unread_emails.truncate(CHANNELS - person.emails.len());
        if over || self.emails.len() > CHANNELS || self.phones.len() > CHANNELS {
            judge.odd("contact", "INT-3", format!("must have at most {CHANNELS} e-mail addresses and {CHANNELS} telephone numbers"));
        }
        person
    }
}

fn read_vehicles(field: &str, raw: &[RawVehicle], judge: &mut Judge) -> Vec<Vehicle> {
    if raw.len() > VEHICLES {
        judge.odd(field, "INT-4", format!("must have at most {VEHICLES} vehicles"));
    }
    let read = raw.iter().take(VEHICLES).map(|v| v.check(field, judge));
    read.filter(|vehicle| *vehicle != Vehicle::default()).collect()
}

impl RawVehicle {
    /// Checks a vehicle that a user enters. Adds every fault to `faults`; their paths begin with `at`.
    pub fn entered(&self, at: &str, faults: &mut Vec<Fault>) -> Vehicle {
        let mut judge = Judge { tolerance: Tolerance::Strict, faults: Vec::new(), flags: Vec::new() };
        let vehicle = self.check(at, &mut judge);
        faults.append(&mut judge.faults);
        vehicle
    }

    fn check(&self, at: &str, judge: &mut Judge) -> Vehicle {
        let field = |name: &str| format!("{at}.{name}");
        let condition = judge.line(&field("condition"), self.condition.as_deref(), NAME);
        let condition = condition.and_then(|text| match text.to_ascii_lowercase().as_str() {
            "new" => Some(Condition::New),
            "used" => Some(Condition::Used),
            _ => {
                judge.odd(&field("condition"), "INT-4", "must be new or used");
                None
            }
        });
        let year = judge.line(&field("year"), self.year.as_deref(), NAME).and_then(|text| {
            let year = text.parse().ok().filter(|year| (1885..=2100).contains(year));
            if year.is_none() {
                judge.odd(&field("year"), "INT-4", format!("must be a year from 1885 to 2100{}", quoted(&text, judge.tolerance)));
            }
            year
        });
        let mut line = |name: &str, value: &Option<String>| judge.line(&field(name), value.as_deref(), LINE);
        Vehicle {
            condition,
            year,
            make: line("make", &self.make),
            model: line("model", &self.model),
            trim: line("trim", &self.trim),
            vin: line("vin", &self.vin),
            stock_number: line("stock_number", &self.stock_number),
            site: line("site", &self.site),
            plate: line("plate", &self.plate),
            colour: line("colour", &self.colour),
            mileage: line("mileage", &self.mileage),
            price: line("price", &self.price),
            remarks: judge.lines(&field("remarks"), self.remarks.as_deref(), 2_000),
        }
    }
}

/// Reads a date and time. If it has no zone, the dealer's zone applies.
pub(super) fn instant(text: &str, country: Country, zone: Tz, tolerance: Tolerance) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M%z"] {
        if let Ok(at) = DateTime::parse_from_str(text, format) {
            return Some(at.to_utc());
        }
    }
    let iso = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local: &[&str] = match (tolerance, country) {
        (Tolerance::Strict | Tolerance::Queued, _) => &[],
        (Tolerance::Lenient, Country::US) => {
            &["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M"]
        }
        (Tolerance::Lenient, _) => &["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M"],
    };
    let clock = iso.iter().chain(local).find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    let naive = clock.or_else(date)?;
    let earliest = |naive| zone.from_local_datetime(&naive).earliest();
    // A local time that the zone skips is read as one hour later.
    earliest(naive).or_else(|| earliest(naive.checked_add_signed(TimeDelta::hours(1))?)).map(|at| at.to_utc())
}
