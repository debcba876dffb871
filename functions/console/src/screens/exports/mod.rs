//! Exports: the forms, the progress of an export, its file, the user's exports, and for head office the log of downloads.

use super::choices::{Choices, labelled, named};
use super::{Page, Part, Place, Screen, charts, each_of, group};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, needed};
use crate::reply::Reply;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/group/exports", run: |page| Box::pin(log(page)) },
        Screen { method: "GET", path: "/desk/group/exports/new/{what}", run: |page| Box::pin(create(page)) },
        Screen { method: "POST", path: "/desk/group/exports/new/{what}", run: |page| Box::pin(create(page)) },
        Screen { method: "GET", path: "/desk/group/exports/{id}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/group/exports/{id}/download", run: |page| Box::pin(download(page)) },
    ],
    templates: &[("exports.html", include_str!("exports.html")), ("export.html", include_str!("export.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: addresses,
};

/// The address of the log.
const LOG: &str = "/desk/group/exports";
/// The downloads of a page of the log.
const ROWS: &str = "50";
/// The user's exports that the page shows.
const OWN: &str = "25";
/// The format of a CSV file with semicolons, in the forms. The API has it as `dialect`.
const SEMICOLON: &str = "csv_semicolon";

const fn export(name: &'static str, fields: &'static [Field]) -> Form {
    Form { name, operation: Operation::AskExport, fields, versioned: false, dangerous: false }
}

/// The addresses of the forms.
fn addresses(path: &str) -> Option<Vec<String>> {
    path.ends_with("/{what}").then(|| each_of(path, "{what}", FORMS.iter().map(|(what, _)| *what)))
}

/// The exports, by the last part of their address, which is also their `what` in the API.
const FORMS: &[(&str, Form)] = &[
    (
        "appointments",
        export(
            "export_appointments",
            &[
                needed("format", Kind::Listed),
                field("filter.dealer", Kind::Several),
                field("filter.user", Kind::Several),
                field("filter.maker", Kind::Line(150)),
                field("filter.team", Kind::Listed),
                field("filter.lead", Kind::Line(20)),
                field("filter.origin", Kind::Listed),
                field("filter.kind", Kind::Several),
                field("filter.attendance", Kind::Listed),
                field("filter.created_from", Kind::Day),
                field("filter.created_until", Kind::Day),
                field("filter.appointment_from", Kind::Day),
                field("filter.appointment_until", Kind::Day),
            ],
        ),
    ),
    (
        "leads",
        export(
            "export_leads",
            &[
                needed("format", Kind::Listed),
                field("filter.dealer", Kind::Several),
                field("filter.user", Kind::Listed),
                field("filter.source", Kind::Line(100)),
                field("filter.received_from", Kind::Day),
                field("filter.received_until", Kind::Day),
            ],
        ),
    ),
];

/// The exports of the user and, for head office, the log of downloads.
async fn log(page: &Page<'_>) -> Result<Reply, Trouble> {
    let cursor = page.visit.query.get("cursor").unwrap_or_default().to_owned();
    let first = (!cursor.is_empty()).then_some(LOG);
    let query = vec![("limit", ROWS.to_owned()), ("cursor", cursor)];
    let read = async {
        match page.may(Right::Export) {
            true => page.get(Operation::DownloadLog, &[], query).await,
            false => Ok(Data::default()),
        }
    };
    let (log, own) = futures::try_join!(read, page.get(Operation::ListExports, &[], vec![("limit", OWN.to_owned())]))?;
    let next = Some(log.text("cursor")).filter(|cursor| !cursor.is_empty());
    let next = next.map(|cursor| format!("{LOG}?cursor={}", form_urlencoded::byte_serialize(cursor.as_bytes()).collect::<String>()));
    let logged = page.may(Right::Export).then(|| log.get("downloads").value());
    let values = context! { logged, own => own.get("exports").value(), next, first, ..names(page) };
    let dealer = page.usual_dealer();
    page.render(200, "exports.html", Place { dealer: dealer.as_ref(), active: "" }, values)
}

/// The progress of an export, which refreshes itself until the file is there.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let export = page.get(Operation::ReadExport, &[("id", page.required("id")?)], Vec::new()).await?;
    let values = context! { export => export.value(), ..names(page) };
    let dealer = page.usual_dealer();
    page.render(200, "export.html", Place { dealer: dealer.as_ref(), active: "" }, values)
}

/// The names of dealers and people in the filter of an export, and the parts of the group that the user may use.
fn names(page: &Page<'_>) -> minijinja::Value {
    context! { tabs => group::tabs(page), sites => charts::sites(page), colleagues => charts::people(page) }
}

/// Leads to the file. The API logs the download first; its link is valid for five minutes, so it is asked for with each click.
async fn download(page: &Page<'_>) -> Result<Reply, Trouble> {
    let link = page.get(Operation::DownloadExport, &[("id", page.required("id")?)], Vec::new()).await?;
    Ok(Reply::redirect(link.text("url")))
}

/// Shows the form of an export, or asks for it and leads to its progress.
async fn create(page: &Page<'_>) -> Result<Reply, Trouble> {
    let what = page.required("what")?;
    let (_, form) = FORMS.iter().find(|(part, _)| *part == what).ok_or(Trouble::NoPage)?;
    let mut values = page.visit.query.clone();
    if !values.has("format") {
        values.0.push(("format".to_owned(), "xlsx".to_owned()));
    }
    let dealer = page.usual_dealer();
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "" },
        parts: &[],
        back: LOG,
        values,
        choices: choices(page),
        version: None,
        about: page.language.text("exports.about").unwrap_or_default().to_owned(),
    };
    let shaped = |body: Json| body_of(what, body);
    match form.send(page, &setting, &shaped).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(export) => Ok(page.done(&format!("{LOG}/{}", export.text("id")), form.name)),
    }
}

/// The body of the API: what is exported, the dialect, and no list of dealers if none is chosen, which means all of them.
fn body_of(what: &str, mut body: Json) -> Json {
    body["what"] = json!(what);
    if body["format"] == SEMICOLON {
        (body["format"], body["dialect"]) = (json!("csv"), json!("semicolon"));
    }
    if let Some(filter) = body.get_mut("filter").and_then(Json::as_object_mut) {
        filter.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    body
}

/// The choices of the listed fields.
fn choices(page: &Page<'_>) -> BTreeMap<&'static str, Choices> {
    let of = |kind: &str, values: &[&str]| labelled(page.language, kind, values.iter().copied());
    let mut people: Choices = charts::people(page).into_iter().collect();
    people.sort_by(|one, other| one.1.cmp(&other.1));
    BTreeMap::from([
        ("format", of("export_format", &["xlsx", "csv", SEMICOLON])),
        ("filter.dealer", page.me.get("dealers").items().iter().filter(|dealer| page.may_export(Some(dealer))).map(named).collect()),
        ("filter.user", people),
        ("filter.team", of("appointment_team", charts::TEAMS)),
        ("filter.origin", of("appointment_origin", charts::ORIGINS)),
        ("filter.kind", of("appointment_kind", charts::KINDS)),
        ("filter.attendance", of("appointment_attendance", charts::ATTENDANCES)),
    ])
}
