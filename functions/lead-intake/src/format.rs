//! The formats of a body, and the enquiries read from it.

use crate::adf::{self, Unreadable};
use crate::body::{CONSENTS, EnquiryBody, MailLeadBody};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault};
use forecourt_domain::enquiry::{Enquiry, Flag, RawContact, RawEnquiry, Tolerance};
use forecourt_domain::settings::Dealer;
use forecourt_edge::formats::json::{UnknownField, normalised, read_as_sent};
use forecourt_edge::http::Problem;

/// The format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Adf,
}

/// One enquiry of a body, and the part of the body that it was read from.
pub(crate) struct ReceivedEnquiry {
    pub(crate) raw: Vec<u8>,
    pub(crate) resend: bool,
    enquiry: RawEnquiry,
    faults: Vec<Fault>,
    flags: Vec<Flag>,
    tolerance: Tolerance,
}

impl Format {
    /// Returns JSON if the body starts with `{`, otherwise ADF.
    pub(crate) fn guess(body: &[u8]) -> Self {
        let first = body.iter().find(|b| b.is_ascii_graphic());
        if first == Some(&b'{') { Format::Json } else { Format::Adf }
    }

    /// Returns the media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Adf => "application/adf+xml",
        }
    }

    /// Returns the dealer that a body names: `dealer` in JSON; in ADF the vendor's id if all prospects have the same one (INT-10).
    pub(crate) fn dealer_in(self, body: &[u8]) -> Option<String> {
        match self {
            Format::Json => serde_json::from_slice::<serde_json::Value>(body).ok()?.get("dealer")?.as_str().map(str::to_owned),
            Format::Adf => {
                let document = adf::read(body).ok()?;
                let mut vendors = document.prospects.into_iter().map(|p| p.vendor_id);
                let first = vendors.next()??;
                vendors.all(|vendor| vendor.as_ref() == Some(&first)).then_some(first)
            }
        }
    }

    fn names(self, body: &[u8], dealer: &DealerId) -> bool {
        self.dealer_in(body).and_then(|named| DealerId::parse(named.trim()).ok()).as_ref() == Some(dealer)
    }

    /// Reads a body that is addressed to `dealer`.
    ///
    /// # Errors
    /// 400 if the body cannot be read, 413 if it is too large.
    pub(crate) fn read(self, body: &[u8], dealer: &DealerId) -> Result<Vec<ReceivedEnquiry>, Problem> {
        match self {
            Format::Json => {
                let (read, mut unknown) = read_as_sent::<EnquiryBody>(body)?;
                // On a queue, `dealer` names the dealer. A value that is not the addressed dealer has no effect, so it is flagged.
                unknown.retain(|field| field.path != "dealer" || !self.names(body, dealer));
                let (enquiry, faults) = read.read();
                Ok(vec![ReceivedEnquiry {
                    raw: body.to_vec(),
                    resend: false,
                    enquiry,
                    faults,
                    flags: flags_of(unknown),
                    tolerance: Tolerance::Strict,
                }])
            }
            Format::Adf => {
                let document = adf::read(body).map_err(unreadable)?;
                let note = document.encoding_note.map(|detail| Flag { field: "document".into(), detail });
                Ok(document.prospects.into_iter().map(|prospect| of_prospect(prospect, note.clone())).collect())
            }
        }
    }
}

/// The most unknown fields of an enquiry that are flagged one by one.
const MOST_FLAGS: usize = 20;

/// Returns a flag of each unknown field, and of a `dealer` without effect (API-1).
fn flags_of(unknown: Vec<UnknownField>) -> Vec<Flag> {
    let mut fields: Vec<String> = unknown.into_iter().map(|field| field.path).collect();
    let more = fields.len().saturating_sub(MOST_FLAGS);
    fields.truncate(MOST_FLAGS);
    let flag = |field: String| {
        let detail = match field.as_str() {
            "dealer" => "is not the dealer to which the enquiry was sent; it has no effect",
            _ => "is unknown; its value is only in the raw input",
        };
        Flag { field: line(&field), detail: detail.into() }
    };
    let others = (more > 0).then(|| Flag { field: "body".into(), detail: format!("has {more} more unknown fields") });
    fields.into_iter().map(flag).chain(others).collect()
}

/// Returns a name that a sender wrote as a part of one line, cut to 100 characters.
fn line(name: &str) -> String {
    normalised(name.chars().filter(|c| !c.is_control()).take(100).collect())
}

fn of_prospect(prospect: adf::Prospect, note: Option<Flag>) -> ReceivedEnquiry {
    let flags = note.into_iter().chain(prospect.oddities.into_iter().map(|(field, detail)| Flag { field, detail })).collect();
    let resend = prospect.enquiry.resend;
    ReceivedEnquiry {
        raw: prospect.raw.into_bytes(),
        resend,
        enquiry: prospect.enquiry,
        faults: Vec::new(),
        flags,
        tolerance: Tolerance::Lenient,
    }
}

fn unreadable(why: Unreadable) -> Problem {
    match why {
        Unreadable::TooLarge { limit } => Problem::too_large(limit),
        why => Problem::malformed(format!("{why} (INT-2)")).under("INT-2"),
    }
}

impl ReceivedEnquiry {
    /// Reads the JSON body with which a user makes a lead of a mail. A value that the body does not have is taken from `suggested`; a
    /// contact is taken as a whole.
    ///
    /// # Errors
    /// 400 if the body cannot be read.
    pub(crate) fn of_mail(body: &[u8], suggested: RawEnquiry, note: Flag) -> Result<Self, Problem> {
        let (read, unknown) = read_as_sent::<MailLeadBody>(body)?;
        let (given, faults) = read.read();
        let has_contact = given.contact != RawContact::default();
        let enquiry = RawEnquiry {
            source: given.source.or(suggested.source),
            lead_type: given.lead_type.or(suggested.lead_type),
            contact: if has_contact { given.contact } else { suggested.contact },
            vehicles: if given.vehicles.is_empty() { suggested.vehicles } else { given.vehicles },
            trade_ins: if given.trade_ins.is_empty() { suggested.trade_ins } else { given.trade_ins },
            message: given.message.or(suggested.message),
            // A user who makes the lead records the consents for the contact, who may be another one (PRV-6).
            consents: Vec::new(),
            ..RawEnquiry { requested_at: suggested.requested_at, provider: suggested.provider, ..RawEnquiry::default() }
        };
        let flags = [note].into_iter().chain(flags_of(unknown)).collect();
        Ok(Self { raw: Vec::new(), resend: false, enquiry, faults, flags, tolerance: Tolerance::Strict })
    }

    /// Treats it as a message of a queue: its declarations of consent that cannot be read are flagged, because nobody waits for an answer.
    pub(crate) fn queue(&mut self) {
        if self.tolerance == Tolerance::Strict {
            self.tolerance = Tolerance::Queued;
            let (of_consents, faults) = self.faults.drain(..).partition(|fault| fault.field.starts_with(CONSENTS));
            self.faults = faults;
            self.flags.extend(Vec::into_iter(of_consents).map(|Fault { field, detail, .. }| Flag { field, detail }));
        }
    }

    /// Checks the enquiry, which arrives `now`.
    ///
    /// # Errors
    /// All faults of all fields.
    pub(crate) fn check(&self, dealer: &Dealer, sender: &str, now: DateTime<Utc>) -> Result<Enquiry, Vec<Fault>> {
        let (country, zone) = (dealer.settings.country, dealer.settings.calendar.zone());
        let is_strict = self.tolerance == Tolerance::Strict;
        let future = if is_strict { self.enquiry.future_declarations(country, zone, now) } else { Vec::new() };
        let known: Vec<&Fault> = self.faults.iter().chain(&future).collect();
        let checked = self.enquiry.check(country, zone, sender, self.tolerance);
        match checked {
            Ok(mut enquiry) if known.is_empty() => {
                enquiry.flags.extend(self.flags.iter().cloned());
                Ok(enquiry)
            }
            Ok(_) => Err(known.into_iter().cloned().collect()),
            Err(more) => {
                // A contact of the wrong type is reported once, and not again because it lacks an e-mail address or a phone number.
                let typed = |field: &str| known.iter().any(|f| f.field == field || (field == "contact" && f.field.starts_with("contact.")));
                Err(known.iter().copied().cloned().chain(more.into_iter().filter(|f| !typed(&f.field))).collect())
            }
        }
    }
}
