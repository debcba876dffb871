//! The forms of the lead page.

use super::super::{Page, Place};
use crate::api::{Ask, Data};
use crate::console::Trouble;
use crate::forms::{Form, Kind, Setting, field, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::base::EVENT_TYPES;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use std::collections::BTreeMap;

const LOST_REASONS: &[&str] = &["bought_elsewhere", "price", "vehicle_gone", "no_interest", "not_reached", "spam", "duplicate", "other"];

const fn form(name: &'static str, operation: Operation, fields: &'static [crate::forms::Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// The forms of a lead, by the last part of their address.
const FORMS: &[Form] = &[
    form("comment", Operation::Element(Elements::Add(ElementKind::Comment)), &[needed("text", Kind::Text(2_000))]),
    form(
        "event",
        Operation::ScheduleEvent,
        &[
            needed("title", Kind::Line(200)),
            needed("type", Kind::Listed),
            needed("at", Kind::Time),
            field("user", Kind::Listed),
            field("notes", Kind::Text(2_000)),
        ],
    ),
    form(
        "task",
        Operation::CreateTask,
        &[needed("title", Kind::Line(100)), needed("start", Kind::Time), needed("minutes", Kind::Number), field("assignee", Kind::Listed)],
    ),
    form("deadline", Operation::SetDeadline, &[needed("title", Kind::Line(100)), needed("at", Kind::Time)]),
    Form {
        versioned: true,
        ..form("assignment", Operation::AssignLead, &[needed("user", Kind::Listed), field("note", Kind::Text(2_000))])
    },
    Form {
        versioned: true,
        ..form(
            "status",
            Operation::SetStatus,
            &[
                needed("status", Kind::Choice(&["in_progress", "won", "lost"])),
                field("reason", Kind::Choice(LOST_REASONS)),
                field("note", Kind::Text(2_000)),
                field("complete_events", Kind::Choice(&["none", "overdue", "all"])),
            ],
        )
    },
    form("contact", Operation::ContactMade, &[field("made", Kind::Tick), field("note", Kind::Text(2_000))]),
    form(
        "reaction",
        Operation::LogReaction,
        &[needed("kind", Kind::Choice(&["reply", "call_reached", "call_missed"])), field("note", Kind::Text(2_000))],
    ),
    form("claim", Operation::ClaimLead, &[]),
];

/// Shows or carries out a form of the lead.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let form = FORMS.iter().find(|form| form.name == name).ok_or(Trouble::NoPage)?;
    let id = page.required("id")?;
    let lead = page.call(Operation::ReadLead, Ask { parts: &[("id", id)], ..Ask::default() }).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let people = people(dealer.as_ref());
    let types = EVENT_TYPES.iter().map(|(value, _)| {
        let label = page.language.text(&format!("label.type_of_event.{value}"));
        ((*value).to_owned(), label.unwrap_or(value).to_owned())
    });
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &[("id", id)],
        back: &format!("/desk/leads/{id}"),
        values: values(page, name, &lead, dealer.as_ref()),
        choices: BTreeMap::from([("user", people.clone()), ("assignee", people), ("type", types.collect())]),
        version: lead.etag().map(|etag| etag.trim_matches('"').to_owned()),
        about: format!("{} · {}", lead.text("contact"), lead.text("vehicle")),
    };
    form.answer(page, &setting).await
}

/// The values with which a form begins: those of the address, otherwise the present ones.
fn values(page: &Page<'_>, form: &str, lead: &Data, dealer: Option<&Data>) -> Pairs {
    let mut values = page.visit.query.clone();
    let mut begin = |name: &str, value: String| {
        if !values.has(name) && !value.is_empty() {
            values.0.push((name.to_owned(), value));
        }
    };
    let zoned = page.zoned(dealer);
    match form {
        "event" => begin("at", zoned.input(zoned.now)),
        "task" => {
            begin("start", zoned.input(zoned.now));
            begin("minutes", "30".to_owned());
        }
        "status" => begin("status", lead.text("status").to_owned()),
        "contact" => begin("made", "on".to_owned()),
        "assignment" => begin("user", lead.text("owner").to_owned()),
        _ => {}
    }
    values
}

fn people(dealer: Option<&Data>) -> Vec<(String, String)> {
    let people = dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
    people.iter().map(|person| (person.text("id").to_owned(), person.text("name").to_owned())).collect()
}
