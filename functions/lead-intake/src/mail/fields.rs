//! Makes an enquiry from labelled values.

use super::MAX_FLAGS;
use super::address::Mailbox;
use super::labels::{Labelled, Pair};
use super::layouts::{Field, Layouts, Section};
use super::phrases::phrases;
use super::text::{addresses_in, brief, folded};
use crate::adf::condition;
use forecourt_domain::base::{ConsentStatus, ContactChannel, Purpose};
use forecourt_domain::enquiry::{NameParts, PreferredChannel, RawContact, RawDeclaration, RawEnquiry, RawPhone, RawVehicle};

/// An enquiry from labelled values, before it is accepted.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) enquiry: RawEnquiry,
    pub(super) vendor_id: Option<String>,
    pub(super) vendor_name: Option<String>,
    pub(super) flags: Vec<(String, String)>,
    pub(super) has_message: bool,
    /// The number of values of the vehicles.
    pub(super) vehicle_values: usize,
    wanted: RawVehicle,
    trade_in: RawVehicle,
    full_name: Option<String>,
    notes: Vec<String>,
    call_time: Option<String>,
}

impl Draft {
    /// Reads labelled values. An address for which `is_foreign` returns true belongs to the dealer or the portal.
    pub(super) fn of(labelled: &Labelled, layouts: &Layouts, is_foreign: &dyn Fn(&Mailbox) -> bool) -> Self {
        let mut draft = Self::default();
        let mut seen: Vec<(Field, bool)> = Vec::new();
        for pair in &labelled.pairs {
            let is_trade_in = pair.section == Some(Section::TradeIn);
            let is_repeated = seen.contains(&(pair.field, is_trade_in));
            let is_dealers = pair.section == Some(Section::Dealer) && !matches!(pair.field, Field::DealerId | Field::DealerName);
            if is_dealers {
                if matches!(pair.field, Field::FullName | Field::Company) {
                    draft.vendor_name = draft.vendor_name.take().or_else(|| filled(&pair.value));
                }
                continue;
            }
            // A label whose value was empty appears again in the closing text of the portal.
            if is_repeated && !matches!(pair.field, Field::Message | Field::Note | Field::Remarks | Field::TradeInRemarks | Field::Ignored)
            {
                if !pair.value.is_empty() {
                    draft.flag("mail", &format!("a second {} was ignored: {}", pair.label, pair.value));
                }
                continue;
            }
            seen.push((pair.field, is_trade_in));
            if !pair.value.is_empty() {
                draft.set(pair, is_trade_in, layouts, is_foreign);
            }
        }
        draft.finish(labelled);
        draft
    }

    pub(super) fn flag(&mut self, field: &str, detail: &str) {
        if self.flags.len() < MAX_FLAGS {
            self.flags.push((field.to_owned(), brief(detail)));
        }
    }

    /// Returns whether the values name a person.
    pub(super) fn is_named(&self) -> bool {
        let contact = &self.enquiry.contact;
        contact.first_name.is_some() || contact.last_name.is_some()
    }

    /// Returns whether the values contain an address or a number of the customer.
    pub(super) fn has_channel(&self) -> bool {
        !self.enquiry.contact.emails.is_empty() || !self.enquiry.contact.phones.is_empty()
    }

    fn set(&mut self, pair: &Pair, is_trade_in: bool, layouts: &Layouts, is_foreign: &dyn Fn(&Mailbox) -> bool) {
        let value = || Some(pair.value.clone());
        match pair.field {
            Field::FirstName => self.enquiry.contact.first_name = value(),
            Field::LastName => self.enquiry.contact.last_name = value(),
            Field::FullName => self.full_name(&pair.value, is_foreign),
            Field::Company => self.enquiry.contact.company = value(),
            Field::Email => self.email(&pair.value, is_foreign),
            Field::Phone => self.phone(&pair.value, None),
            Field::Mobile => self.phone(&pair.value, Some("mobile")),
            Field::WorkPhone => self.phone(&pair.value, Some("work")),
            Field::Street => self.enquiry.contact.street = value(),
            Field::Postcode => self.enquiry.contact.postcode = value(),
            Field::City => self.enquiry.contact.city = value(),
            Field::Place => self.place(&pair.value),
            Field::Country => self.enquiry.contact.country = value(),
            Field::Language => self.enquiry.contact.language = value(),
            Field::PreferredChannel => self.enquiry.contact.preferred_channel = preferred_channel(&pair.value),
            Field::CallTime => self.call_time = value(),
            Field::Message => {
                self.has_message = true;
                let both = [self.enquiry.message.take(), value()];
                self.enquiry.message = Some(both.into_iter().flatten().collect::<Vec<_>>().join("\n"));
            }
            Field::Note => self.notes.push(format!("{}: {}", pair.label, pair.value)),
            Field::ExternalId => self.enquiry.external_id = value(),
            Field::Source => self.enquiry.source = value(),
            Field::LeadType => {
                self.enquiry.lead_type = layouts.lead_type(&pair.value).map(str::to_owned);
                self.notes.extend(self.enquiry.lead_type.is_none().then(|| format!("{}: {}", pair.label, pair.value)));
            }
            Field::RequestedAt => self.enquiry.requested_at = value().filter(|text| is_iso(text)),
            Field::DealerId => self.vendor_id = value(),
            Field::DealerName => self.vendor_name = value(),
            Field::Salutation | Field::Fax | Field::Ignored | Field::Unknown => {}
            Field::TradeInRemarks => self.trade_in_remarks(pair),
            Field::AdvertisingEmail | Field::AdvertisingSms | Field::AdvertisingTelephone | Field::AdvertisingLetter => {
                pair.field.advertises_by().into_iter().for_each(|channel| self.advertising(pair, channel));
            }
            _ => self.vehicle(pair, is_trade_in),
        }
    }

    fn full_name(&mut self, value: &str, is_foreign: &dyn Fn(&Mailbox) -> bool) {
        // The label `Contact` can stand before an address or a number.
        if value.contains('@') {
            self.email(value, is_foreign);
            let mailbox = Mailbox::in_text(value).filter(|mailbox| !is_foreign(mailbox));
            self.full_name = mailbox.and_then(|mailbox| mailbox.name).map(|name| without_title(&name).to_owned());
            return;
        }
        if !value.chars().any(char::is_alphabetic) {
            self.phone(value, None);
            return;
        }
        self.full_name = Some(without_title(value).to_owned());
    }

    fn email(&mut self, value: &str, is_foreign: &dyn Fn(&Mailbox) -> bool) {
        let found = addresses_in(value, 5);
        // An address that cannot be read is kept as written (INT-3).
        let written = if found.is_empty() { vec![value.to_owned()] } else { found };
        for address in written {
            if Mailbox::of(None, &address).is_some_and(|mailbox| is_foreign(&mailbox)) {
                self.flag("contact.email", &format!("ignored because it belongs to the dealer or the portal: {address}"));
            } else if !self.enquiry.contact.emails.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
                self.enquiry.contact.emails.push(address);
            }
        }
    }

    fn phone(&mut self, value: &str, kind: Option<&str>) {
        // Outlook writes `0171 234567<tel:0171234567>`.
        let number = value.split("<tel:").next().unwrap_or_default().trim().to_owned();
        let has_digits = number.chars().filter(char::is_ascii_digit).count() >= 3;
        if has_digits && !self.enquiry.contact.phones.iter().any(|phone| phone.number == number) {
            self.enquiry.contact.phones.push(RawPhone { number, kind: kind.map(str::to_owned), time: None });
        }
    }

    /// Reads `10115 Berlin` and `1012 AB Amsterdam`.
    fn place(&mut self, value: &str) {
        let words: Vec<&str> = value.split([' ', ',', '/']).filter(|word| !word.is_empty()).collect();
        let has_digit = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
        let is_suffix = |word: &&str| word.len() == 2 && word.chars().all(|c| c.is_ascii_uppercase());
        let mut count = words.iter().take_while(|word| has_digit(word)).count();
        if count == 1 && words.get(1).is_some_and(is_suffix) {
            count = 2;
        }
        let (postcode, city) = words.split_at(count.min(words.len()));
        self.enquiry.contact.postcode = self.enquiry.contact.postcode.take().or_else(|| filled(&postcode.join(" ")));
        self.enquiry.contact.city = self.enquiry.contact.city.take().or_else(|| filled(&city.join(" ")));
    }

    /// Reads whether the customer agrees to advertising by a channel (PRV-6). A box that is not ticked declares nothing.
    fn advertising(&mut self, pair: &Pair, channel: ContactChannel) {
        let text = format!("{}: {}", pair.label, pair.value);
        match is_yes(&pair.value) {
            Some(true) => self.enquiry.consents.push(RawDeclaration {
                channel: Some(channel.name().to_owned()),
                purpose: Some(Purpose::Advertising.name().to_owned()),
                status: Some(ConsentStatus::Granted.name().to_owned()),
                text: Some(text),
                ..RawDeclaration::default()
            }),
            Some(false) => {}
            None => {
                self.notes.push(text);
                self.flag("consents", &format!("is neither yes nor no; it is in the message: {}", pair.label));
            }
        }
    }

    fn trade_in_remarks(&mut self, pair: &Pair) {
        match is_yes(&pair.value) {
            Some(false) => {}
            Some(true) => self.notes.push(format!("{}: {}", pair.label, pair.value)),
            None => {
                self.vehicle_values += 1;
                remark(&mut self.trade_in, &pair.value);
            }
        }
    }

    fn vehicle(&mut self, pair: &Pair, is_trade_in: bool) {
        let is_offered = is_trade_in || is_trade_in_field(pair.field);
        let vehicle = if is_offered { &mut self.trade_in } else { &mut self.wanted };
        self.vehicle_values += 1;
        let value = || Some(pair.value.clone());
        match pair.field {
            Field::Vehicle | Field::TradeInVehicle => {
                let known = [&vehicle.make, &vehicle.model].into_iter().flatten().all(|part| pair.value.contains(part.as_str()));
                if vehicle.model.is_none() && vehicle.make.is_none() {
                    vehicle.model = value();
                } else if known && vehicle.trim.is_none() {
                    let mut rest = pair.value.as_str();
                    for part in [&vehicle.make, &vehicle.model].into_iter().flatten() {
                        rest = rest.trim_start().strip_prefix(part.as_str()).unwrap_or(rest);
                    }
                    vehicle.trim = filled(rest.trim());
                } else {
                    remark(vehicle, &pair.value);
                }
            }
            Field::Condition => match condition::of_word(&pair.value).or_else(|| condition::of_text(&pair.value)) {
                Some(condition) => vehicle.condition = Some(condition.to_owned()),
                None => remark(vehicle, &format!("{}: {}", pair.label, pair.value)),
            },
            Field::Year => match year(&pair.value) {
                Some(year) => vehicle.year = Some(year),
                None => remark(vehicle, &format!("{}: {}", pair.label, pair.value)),
            },
            Field::Make | Field::TradeInMake => vehicle.make = value(),
            Field::Model | Field::TradeInModel => {
                // The whole vehicle was stated before.
                let whole = vehicle.model.take().filter(|whole| *whole != pair.value);
                vehicle.model = value();
                vehicle.remarks = [vehicle.remarks.take(), whole].into_iter().flatten().reduce(|all, more| format!("{all}; {more}"));
            }
            Field::Trim => vehicle.trim = value(),
            Field::Vin => vehicle.vin = value(),
            Field::StockNumber => vehicle.stock_number = value(),
            Field::Plate | Field::TradeInPlate => vehicle.plate = value(),
            Field::Colour => vehicle.colour = value(),
            Field::Mileage | Field::TradeInMileage => vehicle.mileage = value(),
            Field::Price => vehicle.price = value(),
            Field::Site => vehicle.site = value(),
            _ => remark(vehicle, &format!("{}: {}", pair.label, pair.value)),
        }
    }

    fn finish(&mut self, labelled: &Labelled) {
        let contact: &mut RawContact = &mut self.enquiry.contact;
        if let Some(full) = self.full_name.take().filter(|_| contact.first_name.is_none() || contact.last_name.is_none()) {
            let split = NameParts::of_full(&full);
            let is_single = contact.first_name.is_some() && split.first.is_none();
            contact.last_name = contact.last_name.take().or(if is_single { Some(full) } else { split.last });
            contact.first_name = contact.first_name.take().or(split.first);
        }
        for phone in &mut contact.phones {
            phone.time.clone_from(&self.call_time);
        }
        let wanted = std::mem::take(&mut self.wanted);
        let trade_in = std::mem::take(&mut self.trade_in);
        self.enquiry.vehicles.extend((wanted != RawVehicle::default()).then_some(wanted));
        self.enquiry.trade_ins.extend((trade_in != RawVehicle::default()).then_some(trade_in));
        let notes = std::mem::take(&mut self.notes);
        if !notes.is_empty() {
            let parts = self.enquiry.message.take().into_iter().chain([notes.join("\n")]);
            self.enquiry.message = Some(parts.collect::<Vec<_>>().join("\n\n"));
        }
        for (label, _) in labelled.unknown.iter().take(20) {
            self.flag(label, "is unknown; its value is only in the mail");
        }
    }
}

fn is_trade_in_field(field: Field) -> bool {
    matches!(
        field,
        Field::TradeInVehicle
            | Field::TradeInMake
            | Field::TradeInModel
            | Field::TradeInPlate
            | Field::TradeInMileage
            | Field::TradeInRemarks
    )
}

/// Returns whether a text is a yes. `None` if it is neither yes nor no.
fn is_yes(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "no" | "nein" | "nee" | "none" | "keine" | "geen" | "false" | "0" => Some(false),
        "yes" | "ja" | "true" | "1" | "gewünscht" | "gewenst" => Some(true),
        _ => None,
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn remark(vehicle: &mut RawVehicle, text: &str) {
    let all = vehicle.remarks.take().map_or_else(|| text.to_owned(), |known| format!("{known}; {text}"));
    vehicle.remarks = Some(all);
}

/// Returns a name without the titles in front of it.
pub(super) fn without_title(name: &str) -> &str {
    let mut rest = name.trim();
    loop {
        // `De heer` is one title.
        let title = [1, 2].into_iter().find_map(|count| {
            let (at, _) = rest.match_indices(' ').nth(count - 1)?;
            let (title, behind) = rest.split_at_checked(at)?;
            phrases().titles.contains(&folded(title).trim_end_matches('.').to_owned()).then_some(behind)
        });
        match title {
            Some(behind) => rest = behind.trim(),
            None => return rest,
        }
    }
}

fn preferred_channel(text: &str) -> Option<PreferredChannel> {
    let text = folded(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match (has(&["mail"]), has(&["tel", "phone", "anruf", "rückruf", "call", "bellen", "mobil"])) {
        (true, false) => Some(PreferredChannel::Email),
        (false, true) => Some(PreferredChannel::Phone),
        _ => None,
    }
}

/// Returns the year in a text such as `03/2019`.
fn year(text: &str) -> Option<String> {
    let mut years = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")));
    years.next().map(str::to_owned)
}

fn is_iso(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 16 && bytes.iter().take(4).all(u8::is_ascii_digit) && bytes.get(4) == Some(&b'-')
}
