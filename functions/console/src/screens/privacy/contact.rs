//! The privacy page of a contact of a lead, and its forms.

use super::super::choices::{Choices, labelled};
use super::super::{Page, Place, lead};
use super::{GROUP, administers, erase, form};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, Setting, field, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use http::Method;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The channels and purposes of declarations, in the order of the page.
const CHANNELS: [&str; 4] = ["email", "sms", "telephone", "letter"];
const PURPOSES: [&str; 2] = ["advertising", "service"];
/// The statuses and the ways of a declaration that a user can record.
const STATUSES: [&str; 3] = ["granted", "withdrawn", "unknown"];
const SOURCES: [&str; 4] = ["form", "portal", "telephone", "letter"];
/// What a legal hold is on, and its reasons.
const HELD: [&str; 2] = ["contact", "lead"];
const HOLD_REASONS: [&str; 4] = ["legal_claim", "authority", "accounting", "other"];

const CONSENT: Form = form(
    "privacy_consent",
    Operation::AddConsent,
    &[
        needed("purpose", Kind::Listed),
        needed("channel", Kind::Listed),
        needed("status", Kind::Listed),
        needed("source", Kind::Listed),
        field("text", Kind::Text(2_000)),
        field("at", Kind::Time),
        field("address", Kind::Listed),
        field("document", Kind::Listed),
    ],
);
const FILE: Form = form("privacy_file", Operation::OrderAccessFile, &[]);
const HOLD: Form = form("privacy_hold", Operation::PlaceLegalHold, &[needed("holds", Kind::Listed), needed("reason", Kind::Listed)]);

/// The names of the forms, each the last part of its address.
const FORMS: [&str; 4] = ["consent", "access-file", "hold", "erasure"];

/// Returns the names of the forms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FORMS.into_iter()
}

/// Returns the contact of a lead that the address names.
fn contact_of(page: &Page<'_>, lead: &Data) -> Result<Data, Trouble> {
    let id = page.required("contact")?;
    lead.each("contacts").find(|contact| contact.text("id") == id).ok_or_else(Trouble::not_found)
}

/// Shows the consents, stops and legal holds of a contact, and what the user may do.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("id", page.required("id")?)];
    let read = |operation| page.get(operation, &parts, Vec::new());
    let (lead, stops, consents) = futures::try_join!(read(Operation::ReadLead), read(Operation::ListStops), read(Operation::ListConsents))?;
    let contact = contact_of(page, &lead)?;
    let dealer = page.dealer(lead.text("dealer"));
    let values = context! {
        lead => lead.value(),
        named => lead.get("people").value(),
        contact => contact.value(),
        addresses => addresses(&contact),
        stops => stops.get("stops").value(),
        consents => declared(&contact, &consents),
        can => lead::rights(dealer.as_ref()),
        administers => administers(page),
    };
    page.render(200, "privacy_contact.html", Place { dealer: dealer.as_ref(), active: "leads" }, values)
}

/// Returns the e-mail addresses and the numbers of a contact.
fn addresses(contact: &Data) -> Vec<String> {
    lead::channels(contact.json()).concat().into_iter().map(str::to_owned).collect()
}

/// Returns a row for each declaration of a contact, and one for each purpose and channel without any. A declaration belongs to the address,
/// which several contacts can have.
fn declared(contact: &Data, consents: &Data) -> Vec<Value> {
    let addresses = addresses(contact);
    let is_own = |consent: &Data| {
        let address = consent.text("address");
        consent.text("contact") == contact.text("id") || addresses.iter().any(|own| own.eq_ignore_ascii_case(address))
    };
    let own: Vec<Data> = consents.each("consents").filter(is_own).collect();
    let rows = |(purpose, channel): (&'static str, &'static str)| {
        let of_pair = |consent: &&Data| consent.text("purpose") == purpose && consent.text("channel") == channel;
        let entries: Vec<Value> = own.iter().filter(of_pair).map(Data::value).collect();
        let entries = if entries.is_empty() { vec![Value::UNDEFINED] } else { entries };
        entries.into_iter().map(move |entry| context! { purpose, channel, entry })
    };
    PURPOSES.into_iter().flat_map(|purpose| CHANNELS.map(|channel| (purpose, channel))).flat_map(rows).collect()
}

/// Shows or carries out a form of the contact.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    match page.required("form")? {
        "consent" => consent(page).await,
        "access-file" => order_file(page).await,
        "hold" => hold(page).await,
        "erasure" => erase::answer(page).await,
        _ => Err(Trouble::NoPage),
    }
}

/// A contact whose form is shown.
pub(super) struct Subject {
    lead: Data,
    pub(super) contact: Data,
    dealer: Option<Data>,
    id: String,
    /// The privacy page of the contact.
    back: String,
}

impl Subject {
    /// A form that was sent already is sent on, also if the contact is gone: the API knows what it did.
    pub(super) fn of(page: &Page<'_>, lead: Data) -> Result<Self, Trouble> {
        let contact = match contact_of(page, &lead) {
            Err(_) if page.visit.method == Method::POST => Data::default(),
            found => found?,
        };
        let id = page.required("contact")?.to_owned();
        let back = format!("/desk/leads/{}/privacy/{id}", lead.text("id"));
        Ok(Self { dealer: page.dealer(lead.text("dealer")), contact, id, back, lead })
    }

    async fn read(page: &Page<'_>) -> Result<Self, Trouble> {
        Self::of(page, page.get(Operation::ReadLead, &[("id", page.required("id")?)], Vec::new()).await?)
    }

    pub(super) fn setting<'a>(&'a self, parts: &'a [(&'static str, &'a str)], choices: BTreeMap<&'static str, Choices>) -> Setting<'a> {
        let place = Place { dealer: self.dealer.as_ref(), active: "leads" };
        let about = self.contact.text("name").to_owned();
        Setting { place, parts, back: &self.back, values: Pairs::default(), choices, version: None, about }
    }

    /// Adds to the body of an order the lead and the contact that it names.
    pub(super) fn named(&self, mut body: Json) -> Json {
        (body["lead"], body["contact"]) = (json!(self.lead.text("id")), json!(self.id));
        body
    }
}

/// Shows or carries out the form that records a declaration of the customer.
async fn consent(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let parts = [("id", id), ("contact", page.required("contact")?)];
    let documents = page.get(Operation::Element(Elements::List(ElementKind::Document)), &parts[..1], Vec::new());
    let (lead, documents) = futures::try_join!(page.get(Operation::ReadLead, &parts[..1], Vec::new()), documents)?;
    let subject = Subject::of(page, lead)?;
    let listed = |kind: &str, values: &[&'static str]| labelled(page.language, kind, values.iter().copied());
    let uploaded = documents.each("elements").filter(|document| document.text("state") == "uploaded");
    let choices = BTreeMap::from([
        ("purpose", listed("purpose", &PURPOSES)),
        ("channel", listed("privacy_channel", &CHANNELS)),
        ("status", listed("privacy_declared", &STATUSES)),
        ("source", listed("privacy_source", &SOURCES)),
        ("address", addresses(&subject.contact).into_iter().map(|address| (address.clone(), address)).collect()),
        ("document", uploaded.map(|document| (document.text("id").to_owned(), document.text("title").to_owned())).collect()),
    ]);
    CONSENT.answer(page, &subject.setting(&parts, choices)).await
}

/// Shows or carries out the order of an access file, and leads to its progress.
async fn order_file(page: &Page<'_>) -> Result<Reply, Trouble> {
    let subject = Subject::read(page).await?;
    let mut setting = subject.setting(&[], BTreeMap::new());
    let about = page.language.text("privacy.file.about").unwrap_or_default();
    setting.about = about.replace("{name}", subject.contact.text("name"));
    match FILE.send(page, &setting, &|body| subject.named(body)).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(file) => Ok(page.done(&format!("{GROUP}/access-files/{}", file.text("id")), FILE.name)),
    }
}

/// Shows or carries out the form that places a legal hold.
async fn hold(page: &Page<'_>) -> Result<Reply, Trouble> {
    let subject = Subject::read(page).await?;
    let choices = BTreeMap::from([
        ("holds", labelled(page.language, "privacy_held", HELD)),
        ("reason", labelled(page.language, "hold_reason", HOLD_REASONS)),
    ]);
    let shaped = |body: Json| {
        let of_contact = body["holds"] == "contact";
        let mut body = subject.named(body);
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| name != "holds" && (of_contact || name != "contact"));
        }
        body
    };
    HOLD.answer_shaped(page, &subject.setting(&[], choices), &shaped).await
}
