//! Stops of messages to the addresses of a lead's contacts: a user records one for the customer, or lifts one (MSG-1).

use super::super::choices::Choices;
use super::super::{Page, Place};
use super::fields::NOTE;
use super::forms::{about, form};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Setting, needed};
use crate::reply::Reply;
use crate::view::Language;
use forecourt_edge::routes::Operation;
use http::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const STOP: Form = form("stop", Operation::AddStop, &[needed("address", Kind::Listed), NOTE]);
const LIFT: Form = form("lift", Operation::LiftStop, &[NOTE]);

/// The page to which the forms lead.
fn contacts(lead: &str) -> String {
    format!("/desk/leads/{lead}?tab=contacts")
}

/// Shows or carries out the form with which a user records that the customer wants no more messages.
pub(super) async fn add(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let lead = page.get(Operation::ReadLead, &[("id", id)], Vec::new()).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &[("id", id)],
        back: &contacts(id),
        values: page.visit.query.clone(),
        choices: BTreeMap::from([("address", addresses(page.language, &lead, page.visit.query.get("contact")))]),
        version: None,
        about: about(&lead),
    };
    STOP.answer_shaped(page, &setting, &with_reason).await
}

/// Returns the addresses of the contacts, or of one of them, each with the messages that the stop is about.
fn addresses(language: Language, lead: &Data, only: Option<&str>) -> Choices {
    let text = |key: &str, address: &str| language.text(key).unwrap_or("{address}").replace("{address}", address);
    let of_contact = |contact: &Json| {
        let [emails, numbers] = channels(contact);
        let emails = emails.into_iter().map(|email| (email.to_owned(), text("stops.of_email", email)));
        emails.chain(numbers.into_iter().map(|number| (number.to_owned(), text("stops.of_number", number)))).collect::<Vec<_>>()
    };
    let contacts = lead.each("contacts").filter(|contact| only.is_none_or(|only| contact.text("id") == only));
    contacts.flat_map(|contact| of_contact(contact.json())).collect()
}

/// Returns the e-mail addresses of a contact, and its numbers to which text messages can be sent.
pub(in crate::screens) fn channels(contact: &Json) -> [Vec<&str>; 2] {
    let list = |name: &str| contact[name].as_array().into_iter().flatten();
    let numbers = list("phones").filter(|phone| phone["extension"].is_null()).filter_map(|phone| phone["e164"].as_str());
    [list("emails").filter_map(Json::as_str).collect(), numbers.collect()]
}

/// Adds the reason: a number gets no text messages, an address no marketing mail.
fn with_reason(mut body: Json) -> Json {
    let is_email = body["address"].as_str().is_some_and(|address| address.contains('@'));
    body["reason"] = json!(if is_email { "unsubscribed" } else { "stopped" });
    body
}

/// Shows or carries out the form that lifts a stop. A stop that is lifted already needs no form.
pub(super) async fn lift(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, stop) = (page.required("id")?, page.required("stop")?);
    let parts = [("id", id)];
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, stops) = futures::try_join!(lead, page.get(Operation::ListStops, &parts, Vec::new()))?;
    let back = contacts(id);
    let Some(found) = stops.each("stops").find(|one| one.text("id") == stop) else {
        return match page.visit.method {
            Method::POST => Ok(page.done(page.back(&back), LIFT.name)),
            _ => Err(Trouble::not_found()),
        };
    };
    let dealer = page.dealer(lead.text("dealer"));
    let reason = format!("stops.lifts.{}", found.text("reason"));
    let why = page.language.text(&reason).unwrap_or_default();
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &[("id", id), ("stop", stop)],
        back: &back,
        values: crate::visit::Pairs::default(),
        choices: BTreeMap::new(),
        version: None,
        about: format!("{}. {why}", found.text("address")),
    };
    LIFT.answer(page, &setting).await
}
