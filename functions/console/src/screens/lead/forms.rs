//! The forms of the bar: they add something to the lead, or change the lead itself.

use super::super::choices::{Choices, cancellation_reasons, event_types, labelled, named, no_show_reasons, people};
use super::super::{Page, Place};
use super::fields::{COMMENT, CONTACT, DEADLINE, EVENT, NOTE, QUOTE, TASK, TEST_DRIVE, TRADE_IN};
use super::messages;
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Setting, field, needed, values_of};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use serde_json::json;
use std::collections::BTreeMap;

const LOST_REASONS: &[&str] = &["bought_elsewhere", "price", "vehicle_gone", "no_interest", "not_reached", "spam", "duplicate", "other"];

/// A form that is refused only if its object has changed in a way that matters.
pub(super) const fn form(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// A form that is refused if its object has changed since it was shown.
pub(super) const fn change(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { versioned: true, ..form(name, operation, fields) }
}

pub(super) const fn add(name: &'static str, kind: ElementKind, fields: &'static [Field]) -> Form {
    form(name, Operation::Element(Elements::Add(kind)), fields)
}

/// The forms of a lead, by the last part of their address.
const FORMS: &[Form] = &[
    add("comment", ElementKind::Comment, COMMENT),
    form("event", Operation::ScheduleEvent, EVENT),
    form("task", Operation::CreateTask, TASK),
    form("deadline", Operation::SetDeadline, DEADLINE),
    add("trade-in", ElementKind::TradeIn, TRADE_IN),
    add("quote", ElementKind::Quote, QUOTE),
    add("test-drive", ElementKind::TestDrive, TEST_DRIVE),
    add("call", ElementKind::Communication, &[field("medium", Kind::Hidden), field("reached", Kind::Tick), NOTE]),
    change("assignment", Operation::AssignLead, &[needed("user", Kind::Listed), field("despite", Kind::Despite), NOTE]),
    change(
        "transfer",
        Operation::AssignLead,
        &[needed("dealer", Kind::Listed), field("appointments", Kind::Choice(&["move", "stay", "cancel"])), NOTE],
    ),
    change(
        "status",
        Operation::SetStatus,
        &[
            needed("status", Kind::Choice(&["in_progress", "won", "lost"])),
            field("reason", Kind::Choice(LOST_REASONS)),
            NOTE,
            field("complete_events", Kind::Choice(&["none", "overdue", "all"])),
            field("appointments", Kind::Choice(&["cancel", "keep"])),
        ],
    ),
    form("contact", Operation::ContactMade, &[field("made", Kind::Tick), NOTE]),
    form("reaction", Operation::LogReaction, &[needed("kind", Kind::Choice(&["reply", "call_reached", "call_missed"])), NOTE]),
    form("claim", Operation::ClaimLead, &[]),
    form("plan", Operation::StartPlan, &[needed("id", Kind::Listed)]),
    form("plan-stop", Operation::StopPlan, &[]),
    form("contact-new", Operation::AddContact, CONTACT),
    form(
        "invitation",
        Operation::Invite,
        &[
            needed("type", Kind::Listed),
            field("title", Kind::Line(200)),
            field("user", Kind::Listed),
            field("expires_in_days", Kind::Number),
        ],
    ),
];

/// Returns the names of the forms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.name).chain(messages::names())
}

/// Shows or carries out a form of the lead.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    if messages::names().any(|message| message == name) {
        return messages::of_lead(page, name).await;
    }
    let form = FORMS.iter().find(|form| form.name == name).ok_or(Trouble::NoPage)?;
    let id = page.required("id")?;
    let parts = [("id", id)];
    let lead = page.get(Operation::ReadLead, &parts, Vec::new()).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let mut choices = choices(page, dealer.as_ref(), name);
    choices.insert("dealer", other_dealers(page, lead.text("dealer")));
    choices.insert("id", lead.get("plans").items().iter().map(named).collect());
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &parts,
        back: &format!("/desk/leads/{id}"),
        values: values(page, name, &lead, dealer.as_ref()),
        choices,
        version: lead.version(),
        about: about(&lead),
    };
    form.answer(page, &setting).await
}

/// The lead in a line, above the fields of a form.
pub(super) fn about(lead: &Data) -> String {
    [lead.text("contact"), lead.text("vehicle")].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The values with which a form begins: those of the address, otherwise the present ones.
fn values(page: &Page<'_>, form: &str, lead: &Data, dealer: Option<&Data>) -> Pairs {
    let mut values = page.visit.query.clone();
    let zoned = page.zoned(dealer);
    let asked = |fields: &[Field]| {
        let vehicle = lead.json()["enquiry"]["vehicles"][0].clone();
        values_of(fields, &json!({"vehicle": vehicle}), &zoned)
    };
    let known = match form {
        "quote" => asked(QUOTE),
        "test-drive" => asked(TEST_DRIVE),
        _ => Pairs::default(),
    };
    // A vehicle of the address is another one: its fields do not mix with those of the enquiry.
    let other = values.0.iter().any(|(name, _)| name.starts_with("vehicle."));
    values.0.extend(known.0.into_iter().filter(|_| !other));
    let mut begin = |name: &str, value: String| {
        if !values.has(name) && !value.is_empty() {
            values.0.push((name.to_owned(), value));
        }
    };
    match form {
        "event" => begin("at", zoned.input(zoned.now)),
        "task" => {
            begin("start", zoned.input(zoned.now));
            begin("minutes", "30".to_owned());
        }
        "call" => begin("medium", form.to_owned()),
        "invitation" => {
            begin("type", "booked_test_drive".to_owned());
            begin("expires_in_days", "14".to_owned());
        }
        "status" => begin("status", lead.text("status").to_owned()),
        "contact" => begin("made", "on".to_owned()),
        "assignment" => begin("user", lead.text("owner").to_owned()),
        _ => {}
    }
    values
}

/// The lists from which users choose.
pub(super) fn choices(page: &Page<'_>, dealer: Option<&Data>, form: &str) -> BTreeMap<&'static str, Choices> {
    let people = people(dealer);
    let types = match form {
        "contact-new" | "contact-change" | "contact-phones" => labelled(page.language, "phone", ["mobile", "home", "work"]),
        _ => event_types(page.language, dealer),
    };
    let reasons = match form {
        "event-delete" => cancellation_reasons(page.language, dealer),
        _ => no_show_reasons(page.language, dealer),
    };
    BTreeMap::from([("user", people.clone()), ("assignee", people), ("type", types), ("reason", reasons)])
}

/// The other dealers of the user, to which a lead can be given.
pub(super) fn other_dealers(page: &Page<'_>, dealer: &str) -> Choices {
    let dealers = page.me.get("dealers").items();
    dealers.iter().filter(|other| other.text("id") != dealer).map(named).collect()
}
