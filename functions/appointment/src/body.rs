//! What clients and partners write.

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Attended;
use forecourt_domain::base::text::is_line;
use forecourt_domain::base::{AppointmentKind, Country, Email, Fault, Language, LeadId, Media, Phone, Refusal, UserId};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::rules::appointment::Customer;
use forecourt_edge::formats::json::{Loose, Text, note, time};
use forecourt_edge::usecase::appointment::external_id;
use serde::Deserialize;
use utoipa::ToSchema;

/// An appointment to be made (APT-1). Where it comes from, and whose people make it, follows from who asks.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "customer": {"name": "Jana Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "de"},
    "kind": "showroom", "at": "2026-11-25T10:00:00+01:00", "user": "anna.vogt"
}))]
pub struct AppointmentBody {
    /// With whom; of a lead's appointment the lead's contact, if not said.
    #[schema(value_type = CustomerBody)]
    customer: Loose<CustomerBody>,
    /// `showroom`, `test_drive`, `telephone`, `email`, `video`, `delivery`, `workshop` or `other`.
    #[schema(value_type = String, example = "showroom")]
    kind: Loose<Text>,
    /// When, RFC 3339.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// With which salesperson: a user of the dealer who is assignable. A seller who names nobody means themselves.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// A lead of the dealer: the appointment is an event on its calendar.
    #[schema(value_type = Option<String>)]
    lead: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// A partner's own id of the appointment, up to 200 characters: the same one again is the same appointment (INT-5).
    #[schema(value_type = Option<String>, max_length = 200)]
    external_id: Loose<Text>,
}

/// The customer of an appointment, who needs an e-mail address or a telephone number (INT-3).
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerBody {
    /// What to call them, up to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Loose<Text>,
    /// One address.
    #[schema(value_type = Option<String>, example = "jana@example.com")]
    email: Loose<Text>,
    /// One number, as dialled from the dealer's country, or with `+`.
    #[schema(value_type = Option<String>, example = "0171 2345678")]
    phone: Loose<Text>,
    /// A language tag, such as `de` or `en-GB`; the dealer's, if not said.
    #[schema(value_type = Option<String>)]
    language: Loose<Text>,
    /// By what they do not want to be told: `email`, `sms` (APT-3).
    #[schema(value_type = Option<Vec<String>>)]
    refuses: Loose<Vec<String>>,
    /// What is not known here.
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: serde_json::Map<String, serde_json::Value>,
}

/// A correction: what is absent stays; an empty text takes away what was there.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"user": "ben.krause", "notes": "Brings the old car along"}))]
pub struct CorrectionBody {
    /// With which salesperson.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The customer.
    #[schema(value_type = Option<CustomerBody>)]
    customer: Loose<CustomerBody>,
    #[serde(default)]
    #[schema(ignore)]
    at: Option<serde_json::Value>,
    #[serde(default)]
    #[schema(ignore)]
    state: Option<serde_json::Value>,
    #[serde(default)]
    #[schema(ignore)]
    attendance: Option<serde_json::Value>,
}

/// An appointment takes place at another time.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-26T10:00:00+01:00"}))]
pub struct MoveBody {
    /// When, RFC 3339.
    #[schema(value_type = String)]
    at: Loose<Text>,
}

/// Whether the customer came.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"attendance": "no_show", "reason": "did_not_come"}))]
pub struct AttendanceBody {
    /// `completed`, `no_show` or `unknown`.
    #[schema(value_type = String)]
    attendance: Loose<Text>,
    /// Why, of a no-show: one of the reasons of a calendar event's (CAL-4); `did_not_come`, if not said.
    #[schema(value_type = Option<String>)]
    reason: Loose<Text>,
}

/// An appointment as it is meant.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) customer: Customer,
    pub(crate) kind: AppointmentKind,
    pub(crate) at: DateTime<Utc>,
    pub(crate) user: Option<UserId>,
    pub(crate) lead: Option<LeadId>,
    pub(crate) notes: Option<String>,
    pub(crate) external_id: Option<String>,
}

fn judged<T>(value: Option<T>, faults: Vec<Fault>) -> Result<T, Refusal> {
    value.filter(|_| faults.is_empty()).ok_or(Refusal::Invalid(faults))
}

fn user(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<UserId> {
    let user = text.text("user", faults).filter(|user| !user.trim().is_empty()).map(|user| UserId::parse(user.trim()));
    if let Some(Err(e)) = &user {
        faults.push(Fault::new("user", "APT-1", e.to_string()));
    }
    user.and_then(Result::ok)
}

fn named<T: Copy>(text: Loose<Text>, field: &str, names: &[(&str, T)], faults: &mut Vec<Fault>) -> Option<T> {
    let before = faults.len();
    let said = text.text(field, faults).unwrap_or_default().trim().to_lowercase();
    let found = names.iter().find(|(name, _)| *name == said).map(|(_, value)| *value);
    if found.is_none() && faults.len() == before {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        faults.push(Fault::new(field, "APT-1", format!("must be one of {}", names.join(", "))));
    }
    found
}

fn when(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<DateTime<Utc>> {
    let before = faults.len();
    let at = time(text, "at", "APT-1", faults);
    if at.is_none() && faults.len() == before {
        faults.push(Fault::new("at", "APT-1", "must say when"));
    }
    at
}

impl AppointmentBody {
    /// Judges every field at once; numbers are read as dialled from `country`. Of a system what is not known of the customer is let pass.
    pub(crate) fn check(self, country: Country, of_system: bool) -> (Option<Wanted>, Vec<Fault>) {
        let mut faults = Vec::new();
        let lead = self.lead.text("lead", &mut faults).map(|lead| lead.parse::<LeadId>());
        if let Some(Err(e)) = &lead {
            faults.push(Fault::new("lead", "APT-1", e.to_string()));
        }
        let of_lead = lead.is_some();
        let typed = matches!(self.customer, Loose::Wrong);
        let mut customer = self.customer.take("customer", "an object", &mut faults);
        customer.iter_mut().filter(|_| of_system).for_each(|customer| customer.unknown.clear());
        let customer = customer.map(|customer| customer.read(&Customer::default(), country, &mut faults)).unwrap_or_default();
        let faulty = typed || faults.iter().any(|fault| fault.field.starts_with("customer."));
        if !of_lead && !faulty {
            if customer.name.is_none() {
                faults.push(Fault::new("customer.name", "APT-1", "must say what to call the customer"));
            }
            if customer.reached.email.is_none() && customer.reached.phone.is_none() {
                faults.push(Fault::new("customer", "INT-3", "needs at least one e-mail address or telephone number"));
            }
        }
        let kind = named(self.kind, "kind", &AppointmentKind::NAMES, &mut faults);
        let at = when(self.at, &mut faults);
        let user = user(self.user, &mut faults);
        let notes = note(self.notes, "notes", &mut faults);
        let external_id = external_id(self.external_id, &mut faults);
        let lead = lead.and_then(Result::ok);
        let wanted = kind.zip(at).map(|(kind, at)| Wanted { customer, kind, at, user, lead, notes, external_id });
        (wanted, faults)
    }
}

impl CustomerBody {
    /// The customer as they are after this: what is absent is as `before`, an empty text takes it away.
    fn read(self, before: &Customer, country: Country, faults: &mut Vec<Fault>) -> Customer {
        let ContactPreferences { email, phone, language, refuses } = before.reached.clone();
        // What a body has at its top is judged where it is read; this is within.
        faults.extend(self.unknown.keys().map(|name| Fault::new(format!("customer.{name}"), "INT-3", "is not known here")));
        let name = match self.name.text("customer.name", faults).map(|name| name.trim().to_owned()) {
            None => before.name.clone(),
            Some(name) => {
                if !name.is_empty() && !is_line(&name, 200) {
                    faults.push(Fault::new("customer.name", "APT-1", "must be 1 to 200 characters in one line"));
                }
                Some(name).filter(|name| !name.is_empty())
            }
        };
        let email = match self.email.text("customer.email", faults).map(|text| text.trim().to_owned()) {
            None => email,
            Some(text) if text.is_empty() => None,
            Some(text) => Email::parse(&text).map_err(|e| faults.push(Fault::new("customer.email", "INT-3", e.to_string()))).ok(),
        };
        let phone = match self.phone.text("customer.phone", faults).map(|text| text.trim().to_owned()) {
            None => phone,
            Some(text) if text.is_empty() => None,
            Some(text) => {
                let phone = Phone::read(&text, country);
                if phone.e164.is_none() || text.chars().count() > 100 {
                    let why = format!("is not a telephone number that can be dialled from {}", country.as_str());
                    faults.push(Fault::new("customer.phone", "INT-3", why));
                }
                Some(phone)
            }
        };
        let language = match self.language.text("customer.language", faults).filter(|text| !text.trim().is_empty()) {
            None => language,
            Some(text) => Language::parse(&text).map_err(|e| faults.push(Fault::new("customer.language", "INT-4", e.to_string()))).ok(),
        };
        let refuses = match self.refuses.take("customer.refuses", "a list", faults) {
            None => refuses,
            Some(all) => {
                let known = |name: &str| matches!(name, "email" | "sms");
                if !all.iter().all(|name| known(name)) {
                    faults.push(Fault::new("customer.refuses", "APT-3", "must have no others than email, sms"));
                }
                let has = |name: &str| all.iter().any(|one| one == name);
                Media { email: has("email"), sms: has("sms") }
            }
        };
        Customer { name, reached: ContactPreferences { email, phone, language, refuses }, known: Vec::new() }
    }
}

/// A correction as it is meant; of the customer, what they are after it.
#[derive(Debug, Clone)]
pub(crate) struct Correction {
    pub(crate) user: Option<Option<UserId>>,
    pub(crate) notes: Option<Option<String>>,
    pub(crate) customer: Option<Customer>,
}

impl CorrectionBody {
    /// Judges every field at once; a customer `of_lead` may be reached as the lead says.
    pub(crate) fn check(self, before: &Customer, country: Country, of_lead: bool) -> Result<Correction, Refusal> {
        let mut faults = Vec::new();
        // These have routes of their own: taken silently they would seem to have been done.
        for (said, field, route) in
            [(self.at, "at", "time"), (self.state, "state", "cancellation"), (self.attendance, "attendance", "attendance")]
        {
            if said.is_some() {
                faults.push(Fault::new(field, "APT-1", format!("is changed by POST /appointments/{{id}}/{route}")));
            }
        }
        let said = |text: &Loose<Text>| !matches!(text, Loose::Absent);
        let user = said(&self.user).then(|| user(self.user, &mut faults));
        let notes = said(&self.notes).then(|| note(self.notes, "notes", &mut faults));
        let customer = self.customer.take("customer", "an object", &mut faults);
        let customer = customer.map(|customer| customer.read(before, country, &mut faults));
        if let Some(Customer { name, reached, .. }) = customer.as_ref().filter(|_| faults.is_empty()) {
            if name.is_none() {
                faults.push(Fault::new("customer.name", "APT-1", "must say what to call the customer"));
            }
            if !of_lead && reached.email.is_none() && reached.phone.is_none() {
                faults.push(Fault::new("customer", "INT-3", "needs at least one e-mail address or telephone number"));
            }
        }
        judged(Some(Correction { user, notes, customer }), faults)
    }
}

impl MoveBody {
    pub(crate) fn check(self) -> Result<DateTime<Utc>, Refusal> {
        let mut faults = Vec::new();
        let at = when(self.at, &mut faults);
        judged(at, faults)
    }
}

impl AttendanceBody {
    pub(crate) fn check(self) -> Result<(Attended, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let is = named(self.attendance, "attendance", &Attended::NAMES, &mut faults);
        let reason = self.reason.text("reason", &mut faults);
        judged(is.map(|is| (is, reason)), faults)
    }
}
