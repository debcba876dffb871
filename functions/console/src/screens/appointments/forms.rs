//! The forms of an appointment.

use super::super::choices::{Choices, cancellation_reasons, labelled, no_show_reasons, people};
use super::super::{Page, Place, each_of};
use super::free_times;
use crate::api::{Ask, Data};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, More, Sent, Setting, clearing, field, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::base::AppointmentKind;
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::context;
use std::collections::BTreeMap;

const ATTENDANCES: [&str; 3] = ["completed", "no_show", "unknown"];
const MEDIA: [&str; 2] = ["email", "sms"];
const LANGUAGES: [&str; 3] = ["de", "en", "nl"];

const fn change(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: true, dangerous: false }
}

/// The changes of an appointment, by the last part of their address.
const CHANGES: &[(&str, Form)] = &[
    ("move", change("appointment_move", Operation::MoveAppointment, &[needed("at", Kind::Time), field("despite", Kind::Warnings)])),
    ("link", change("appointment_link", Operation::EditAppointment, &[needed("lead", Kind::Line(14))])),
    ("keep", change("appointment_keep", Operation::KeepAppointment, &[])),
    (
        "cancel",
        Form {
            dangerous: true,
            ..change(
                "appointment_cancel",
                Operation::CancelAppointment,
                &[field("side", Kind::Choice(&["customer", "dealer"])), field("reason", Kind::Listed), field("note", Kind::Text(2_000))],
            )
        },
    ),
    ("reopen", change("appointment_reopen", Operation::ReopenAppointment, &[])),
    ("confirm", change("appointment_confirm", Operation::ConfirmAppointment, &[])),
    ("confirm-undo", change("appointment_confirm_undo", Operation::TakeBackConfirmation, &[])),
    ("arrive", change("appointment_arrive", Operation::RecordArrival, &[])),
    ("arrival-undo", change("appointment_arrival_undo", Operation::TakeBackArrival, &[])),
    (
        "attendance",
        change("appointment_attendance", Operation::MarkAttendance, &[needed("attendance", Kind::Listed), field("reason", Kind::Listed)]),
    ),
    (
        "correct",
        change(
            "appointment_correct",
            Operation::EditAppointment,
            &[
                clearing("user", Kind::Listed),
                field("despite", Kind::Warnings),
                clearing("notes", Kind::Text(2_000)),
                needed("customer.name", Kind::Line(200)),
                clearing("customer.email", Kind::Email),
                clearing("customer.phone", Kind::Phone),
                field("customer.language", Kind::Listed),
                field("customer.refuses", Kind::Several),
                needed("replaces", Kind::Listed),
            ],
        ),
    ),
];

/// The addresses of the forms of an appointment.
pub(super) fn addresses(path: &str) -> Option<Vec<String>> {
    (path == "/desk/appointments/{id}/{form}").then(|| each_of(path, "{form}", CHANGES.iter().map(|(name, _)| *name)))
}

/// A new appointment of a customer.
const CREATE: Form = Form {
    name: "appointment_new",
    operation: Operation::MakeAppointment,
    fields: &[
        needed("customer.name", Kind::Line(200)),
        field("customer.email", Kind::Email),
        field("customer.phone", Kind::Phone),
        needed("kind", Kind::Listed),
        needed("at", Kind::Time),
        field("user", Kind::Listed),
        field("despite", Kind::Warnings),
        field("notes", Kind::Text(2_000)),
        field("customer.language", Kind::Listed),
        field("customer.refuses", Kind::Several),
    ],
    versioned: false,
    dangerous: false,
};

/// A new appointment of a lead: the customer is the lead's contact.
const CREATE_OF_LEAD: Form = Form {
    fields: &[
        needed("lead", Kind::Line(14)),
        needed("kind", Kind::Listed),
        needed("at", Kind::Time),
        field("user", Kind::Listed),
        field("despite", Kind::Warnings),
        field("notes", Kind::Text(2_000)),
    ],
    ..CREATE
};

/// Shows or carries out a change.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = CHANGES.iter().find(|(part, _)| *part == name).ok_or(Trouble::NoPage)?;
    let id = page.required("id")?;
    let appointment = page.call(Operation::ReadAppointment, Ask { parts: &[("id", id)], ..Ask::default() }).await?;
    let dealer = page.dealer(appointment.text("dealer"));
    let zoned = page.zoned(dealer.as_ref());
    let at = appointment.text("at").parse::<chrono::DateTime<chrono::Utc>>();
    let when = at.map(|at| zoned.at(at)).unwrap_or_default();
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "appointments" },
        parts: &[("id", id)],
        back: &format!("/desk/appointments/{id}"),
        values: values(page, name, &appointment, dealer.as_ref()),
        choices: choices_of(page, name, dealer.as_ref(), appointment.get("customer").text("language")),
        version: appointment.version(),
        about: format!("{} · {when}", appointment.get("customer").text("name")),
    };
    if name == "link" {
        let beside = context! { proposed => free_times::proposed(page, &appointment) };
        let more = More { template: Some("appointment_link.html"), beside, ..More::default() };
        return form.answer_with(page, &setting, &|body| body, &more).await;
    }
    form.answer(page, &setting).await
}

/// Shows the form of a new appointment, or makes it and leads to its page.
pub(super) async fn create(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let usual = format!("/desk/d/{id}/appointments");
    let of_lead = page.visit.query.has("lead") || page.visit.form.has("lead");
    let form = if of_lead { CREATE_OF_LEAD } else { CREATE };
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "appointments" },
        parts: &[("dealer", id)],
        back: &usual,
        values: page.visit.query.clone(),
        choices: choices(page, Some(&dealer), ""),
        version: None,
        about: String::new(),
    };
    let typed = &page.visit.form;
    let is_sent = page.visit.method == Method::POST;
    // A free time is picked, or the times of another day are shown: the form stays as it was typed.
    let picked = typed.get("pick").and_then(|pick| pick.split_once(' ')).filter(|_| is_sent);
    if !is_sent || picked.is_some() || typed.get("do") == Some("free") {
        let mut values = if is_sent { typed.clone() } else { page.visit.query.clone() };
        if let Some((at, user)) = picked.and_then(|(at, user)| Some((at.parse::<chrono::DateTime<chrono::Utc>>().ok()?, user))) {
            values.0.retain(|(name, _)| name != "at" && name != "user");
            values.0.push(("at".to_owned(), page.zoned(Some(&dealer)).input(at)));
            values.0.push(("user".to_owned(), user.to_owned()));
        }
        let more = free_times::around(page, &dealer, &values).await?;
        return if is_sent {
            form.show_typed(page, &setting, &values, &more)
        } else {
            form.answer_with(page, &setting, &|body| body, &more).await
        };
    }
    let more = More { template: Some(free_times::TEMPLATE), ..More::default() };
    match form.send_with(page, &setting, &|body| body, &more).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(made) => {
            let own = format!("/desk/appointments/{}", made.text("id"));
            // A page that asked for a new appointment is shown again; otherwise the appointment is.
            let back = page.back(&usual);
            let proposed = made.get("proposed_leads").items();
            if !proposed.is_empty() {
                return Ok(page.done(&free_times::link_of(&own, &proposed, back), form.name));
            }
            Ok(page.done(if back == usual && !made.text("id").is_empty() { &own } else { back }, form.name))
        }
    }
}

/// The values with which a form begins: those of the address, otherwise the present ones.
fn values(page: &Page<'_>, form: &str, appointment: &Data, dealer: Option<&Data>) -> Pairs {
    let mut values = page.visit.query.clone();
    let customer = appointment.get("customer");
    let mut begin = |name: &str, value: &str| {
        if !values.has(name) && !value.is_empty() {
            values.0.push((name.to_owned(), value.to_owned()));
        }
    };
    match form {
        "move" => {
            if let Ok(at) = appointment.text("at").parse::<chrono::DateTime<chrono::Utc>>() {
                begin("at", &page.zoned(dealer).input(at));
            }
        }
        "link" => {
            if let [only] = &appointment.get("proposed_leads").items()[..] {
                begin("lead", only.text("number"));
            }
        }
        "attendance" => {
            begin("attendance", appointment.text("attendance"));
            begin("reason", appointment.text("reason"));
        }
        "correct" => {
            begin("user", appointment.text("user"));
            begin("notes", appointment.text("notes"));
            for name in ["name", "email", "phone", "language"] {
                begin(&format!("customer.{name}"), customer.text(name));
            }
            begin("replaces", "wrong");
            let refused = MEDIA.into_iter().filter(|medium| customer.get("refuses").contains(medium));
            values.0.extend(refused.map(|medium| ("customer.refuses".to_owned(), medium.to_owned())));
        }
        _ => {}
    }
    values
}

/// The choices of a form: a cancellation has its own reasons.
fn choices_of(page: &Page<'_>, form: &str, dealer: Option<&Data>, language: &str) -> BTreeMap<&'static str, Choices> {
    let mut choices = choices(page, dealer, language);
    if form == "cancel" {
        choices.insert("reason", cancellation_reasons(page.language, dealer));
    }
    choices
}

/// The choices of all listed fields. `language` is the present one, which stays a choice.
fn choices(page: &Page<'_>, dealer: Option<&Data>, language: &str) -> BTreeMap<&'static str, Choices> {
    let of = |kind: &str, values: &[&str]| labelled(page.language, kind, values.iter().copied());
    let other_language = Some(language).filter(|own| !own.is_empty() && !LANGUAGES.contains(own));
    let languages: Vec<&str> = LANGUAGES.into_iter().chain(other_language).collect();
    BTreeMap::from([
        ("user", people(dealer)),
        ("kind", of("appointment_kind", &AppointmentKind::NAMES.map(|(name, _)| name))),
        ("attendance", of("appointment_attendance", &ATTENDANCES)),
        ("reason", no_show_reasons(page.language, dealer)),
        ("customer.language", of("customer_language", &languages)),
        ("customer.refuses", of("letter_medium", &MEDIA)),
        ("replaces", of("appointment_replaces", &["wrong", "former"])),
    ])
}
