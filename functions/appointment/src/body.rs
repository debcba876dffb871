//! The bodies of requests, read and checked.

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Attended;
use forecourt_domain::base::text::is_line;
use forecourt_domain::base::{AppointmentKind, Country, Email, Fault, Language, LeadId, Media, Phone, Refusal, UserId};
use forecourt_domain::bookings::Despite;
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::rules::appointment::Customer;
use forecourt_edge::formats::json::{Loose, Text, keeps_former, note, time};
use forecourt_edge::usecase::appointment::external_id;
use forecourt_edge::usecase::warnings::despite;
use serde::Deserialize;
use utoipa::ToSchema;

/// An appointment to create (APT-1). Origin and team follow from the authenticated sender.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "customer": {"name": "Jana Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "de"},
    "kind": "showroom", "at": "2026-11-25T10:00:00+01:00", "user": "anna.vogt"
}))]
pub struct AppointmentBody {
    /// The customer. Defaults to the contact of the lead, if there is a lead.
    #[schema(value_type = CustomerBody)]
    customer: Loose<CustomerBody>,
    /// `showroom`, `test_drive`, `telephone`, `email`, `video`, `delivery`, `workshop` or `other`.
    #[schema(value_type = String, example = "showroom")]
    kind: Loose<Text>,
    /// Time in RFC 3339.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// The salesperson: an assignable user of the dealer. Defaults to the sender, if the sender is a seller of the dealer.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// Id of a lead of the dealer. The appointment becomes an event of the lead.
    #[schema(value_type = Option<String>)]
    lead: Loose<Text>,
    /// In place of `lead`: the receipt of an enquiry that you sent to this dealer. The appointment becomes an event of its lead. The
    /// customer is required.
    #[schema(value_type = Option<String>)]
    enquiry: Loose<Text>,
    /// Notes, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The warnings that you accept: `double_booked`, `absent`, `own_hours`, `leaver`, `day_off`, `closed`, for partners `unavailable`.
    /// With any other warning the appointment is not made (409), also if the list is empty. Without the list it is made, and the response
    /// has the warnings (APT-8).
    #[schema(value_type = Option<Vec<String>>, example = json!([]))]
    despite: Loose<Vec<String>>,
    /// False: the appointment is not linked to an open lead of the customer (APT-8). Default true.
    #[schema(value_type = Option<bool>)]
    link: Loose<bool>,
    /// The partner's own id of the appointment, up to 200 characters. The same id again is the same appointment (INT-5).
    #[schema(value_type = Option<String>, max_length = 200)]
    external_id: Loose<Text>,
}

/// The customer of an appointment. An e-mail address or a telephone number is required (INT-3).
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerBody {
    /// Name, up to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Loose<Text>,
    /// One e-mail address.
    #[schema(value_type = Option<String>, example = "jana@example.com")]
    email: Loose<Text>,
    /// One telephone number, as dialled in the dealer's country or with `+`.
    #[schema(value_type = Option<String>, example = "0171 2345678")]
    phone: Loose<Text>,
    /// A language tag such as `de` or `en-GB`. Defaults to the dealer's language.
    #[schema(value_type = Option<String>)]
    language: Loose<Text>,
    /// Media that the customer refuses: `email`, `sms` (APT-3).
    #[schema(value_type = Option<Vec<String>>)]
    refuses: Loose<Vec<String>>,
}

/// A correction. Absent fields keep their values; an empty text removes the value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"user": "ben.krause", "notes": "Brings the old car along"}))]
pub struct CorrectionBody {
    /// The salesperson.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// Notes, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The customer.
    #[schema(value_type = Option<CustomerBody>)]
    customer: Loose<CustomerBody>,
    /// `wrong` (the default) if the customer's e-mail address or number that this replaces never was the customer's, so that it no longer
    /// leads to the customer; `former` if it was.
    #[schema(value_type = Option<String>, example = "former")]
    replaces: Loose<Text>,
    /// Number or id of a lead of the dealer to which the appointment is linked: it becomes an event of the lead (APT-8).
    #[schema(value_type = Option<String>)]
    lead: Loose<Text>,
    /// The warnings about another salesperson that you accept, as for a new appointment (APT-8).
    #[schema(value_type = Option<Vec<String>>)]
    despite: Loose<Vec<String>>,
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

/// Moves an appointment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-26T10:00:00+01:00"}))]
pub struct MoveBody {
    /// The new time in RFC 3339.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// The warnings about the new time that you accept, as for a new appointment (APT-8).
    #[schema(value_type = Option<Vec<String>>)]
    despite: Loose<Vec<String>>,
}

/// Records attendance.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"attendance": "no_show", "reason": "did_not_come"}))]
pub struct AttendanceBody {
    /// `completed`, `no_show` or `unknown`.
    #[schema(value_type = String)]
    attendance: Loose<Text>,
    /// Reason of a no-show, as for calendar events (CAL-4). Defaults to `did_not_come`.
    #[schema(value_type = Option<String>)]
    reason: Loose<Text>,
}

/// A checked request to create an appointment.
#[derive(Debug, Clone)]
pub(crate) struct AppointmentRequest {
    pub(crate) customer: Customer,
    pub(crate) kind: AppointmentKind,
    pub(crate) at: DateTime<Utc>,
    pub(crate) user: Option<UserId>,
    pub(crate) lead: Option<LeadId>,
    /// The receipt of the sender's enquiry.
    pub(crate) enquiry: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) despite: Despite,
    /// Whether it is linked to an open lead of the customer.
    pub(crate) link: bool,
}

fn value_or_faults<T>(value: Option<T>, faults: Vec<Fault>) -> Result<T, Refusal> {
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
    let name = text.text(field, faults).unwrap_or_default().trim().to_lowercase();
    let found = names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
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
        faults.push(Fault::new("at", "APT-1", "is required"));
    }
    at
}

impl AppointmentBody {
    /// Checks every field and reports all faults at once. Telephone numbers are read as dialled in `country`.
    pub(crate) fn check(self, country: Country) -> (Option<AppointmentRequest>, Vec<Fault>) {
        let mut faults = Vec::new();
        let lead = self.lead.text("lead", &mut faults).map(|lead| lead.parse::<LeadId>());
        if let Some(Err(e)) = &lead {
            faults.push(Fault::new("lead", "APT-1", e.to_string()));
        }
        let of_lead = lead.is_some();
        let typed = matches!(self.customer, Loose::Wrong);
        let customer = self.customer.take("customer", "an object", &mut faults);
        let customer = customer.map(|customer| customer.read(&Customer::default(), country, &mut faults)).unwrap_or_default();
        let faulty = typed || faults.iter().any(|fault| fault.field.starts_with("customer."));
        if !of_lead && !faulty {
            if customer.name.is_none() {
                faults.push(Fault::new("customer.name", "APT-1", "is required"));
            }
            if customer.reached.email.is_none() && customer.reached.phone.is_none() {
                faults.push(Fault::new("customer", "INT-3", "must have at least one e-mail address or telephone number"));
            }
        }
        let kind = named(self.kind, "kind", &AppointmentKind::NAMES, &mut faults);
        let at = when(self.at, &mut faults);
        let user = user(self.user, &mut faults);
        let notes = note(self.notes, "notes", &mut faults);
        let external_id = external_id(self.external_id, &mut faults);
        let despite = despite(self.despite, "despite", &mut faults);
        let link = self.link.take("link", "true or false", &mut faults).unwrap_or(true);
        let enquiry = self.enquiry.text("enquiry", &mut faults).map(|receipt| receipt.trim().to_owned());
        if enquiry.is_some() && of_lead {
            faults.push(Fault::new("enquiry", "APT-1", "must be absent if lead is set"));
        }
        let lead = lead.and_then(Result::ok);
        let fields = kind.zip(at).map(|(kind, at)| AppointmentRequest {
            customer,
            kind,
            at,
            user,
            lead,
            enquiry,
            notes,
            external_id,
            despite,
            link,
        });
        (fields, faults)
    }
}

impl CustomerBody {
    /// Returns the customer after the request: absent fields keep the values of `before`, an empty text removes the value.
    fn read(self, before: &Customer, country: Country, faults: &mut Vec<Fault>) -> Customer {
        let ContactPreferences { email, phone, language, refuses } = before.reached.clone();
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
                    let why = format!("is not a telephone number that can be dialled in {}", country.as_str());
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
                    faults.push(Fault::new("customer.refuses", "APT-3", "must contain only email and sms"));
                }
                let has = |name: &str| all.iter().any(|one| one == name);
                Media { email: has("email"), sms: has("sms") }
            }
        };
        Customer { name, reached: ContactPreferences { email, phone, language, refuses }, known: Vec::new() }
    }
}

/// A checked correction. `customer` is the customer after the correction.
#[derive(Debug, Clone)]
pub(crate) struct Correction {
    pub(crate) user: Option<Option<UserId>>,
    pub(crate) notes: Option<Option<String>>,
    pub(crate) customer: Option<Customer>,
    /// Whether the channels that are replaced were the customer's before. Otherwise they never were.
    pub(crate) keeps_former: bool,
    /// The lead to which the appointment is linked.
    pub(crate) lead: Option<LeadId>,
    pub(crate) despite: Despite,
}

impl CorrectionBody {
    /// Whether it names a lead.
    pub(crate) fn names_lead(&self) -> bool {
        !matches!(self.lead, Loose::Absent)
    }

    /// Checks every field and reports all faults at once. With `of_lead`, the contact data may come from the lead.
    pub(crate) fn check(self, before: &Customer, country: Country, of_lead: bool) -> Result<Correction, Refusal> {
        let mut faults = Vec::new();
        // These have routes of their own. Ignoring them would look like success.
        for (value, field, route) in
            [(self.at, "at", "time"), (self.state, "state", "cancellation"), (self.attendance, "attendance", "attendance")]
        {
            if value.is_some() {
                faults.push(Fault::new(field, "APT-1", format!("can only be changed with POST /appointments/{{id}}/{route}")));
            }
        }
        let sent = |text: &Loose<Text>| !matches!(text, Loose::Absent);
        let user = sent(&self.user).then(|| user(self.user, &mut faults));
        let notes = sent(&self.notes).then(|| note(self.notes, "notes", &mut faults));
        let keeps_former = keeps_former(self.replaces, &mut faults).unwrap_or(false);
        let despite = despite(self.despite, "despite", &mut faults);
        let lead = self.lead.text("lead", &mut faults).filter(|lead| !lead.trim().is_empty()).map(|lead| lead.trim().parse::<LeadId>());
        if let Some(Err(e)) = &lead {
            faults.push(Fault::new("lead", "APT-1", e.to_string()));
        }
        let lead = lead.and_then(Result::ok);
        let customer = self.customer.take("customer", "an object", &mut faults);
        if lead.is_some() && (user.is_some() || notes.is_some() || customer.is_some()) {
            faults.push(Fault::new("lead", "APT-8", "cannot be combined with other fields; send it in a request of its own"));
        }
        let customer = customer.map(|customer| customer.read(before, country, &mut faults));
        if let Some(Customer { name, reached, .. }) = customer.as_ref().filter(|_| faults.is_empty()) {
            if name.is_none() {
                faults.push(Fault::new("customer.name", "APT-1", "is required"));
            }
            if !of_lead && reached.email.is_none() && reached.phone.is_none() {
                faults.push(Fault::new("customer", "INT-3", "must have at least one e-mail address or telephone number"));
            }
        }
        value_or_faults(Some(Correction { user, notes, customer, keeps_former, lead, despite }), faults)
    }
}

impl MoveBody {
    pub(crate) fn check(self) -> Result<(DateTime<Utc>, Despite), Refusal> {
        let mut faults = Vec::new();
        let at = when(self.at, &mut faults);
        let despite = despite(self.despite, "despite", &mut faults);
        value_or_faults(at.map(|at| (at, despite)), faults)
    }
}

impl AttendanceBody {
    pub(crate) fn check(self) -> Result<(Attended, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let is = named(self.attendance, "attendance", &Attended::NAMES, &mut faults);
        let reason = self.reason.text("reason", &mut faults);
        value_or_faults(is.map(|is| (is, reason)), faults)
    }
}
