//! An event of the calendar: moved, completed, marked as a no-show or cancelled.

use super::super::choices::{event_types, texts};
use super::super::{Page, Place};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Setting, field, needed};
use crate::reply::Reply;
use chrono::DateTime;
use forecourt_domain::base::NO_SHOW_REASONS;
use forecourt_edge::routes::Operation;
use minijinja::context;
use std::collections::BTreeMap;

/// The event that follows an ended one. It is created if its title is typed.
const TITLE: Field = field("follow_up.title", Kind::Line(200));
const TYPE: Field = field("follow_up.type", Kind::Listed);
const AT: Field = field("follow_up.at", Kind::DayTime);
const NOTE: Field = field("note", Kind::Text(2_000));

const fn form(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// The forms of an event, by the last part of their address.
const FORMS: &[(&str, Form)] = &[
    ("move", form("calendar_move", Operation::RescheduleEvent, &[needed("at", Kind::DayTime)])),
    ("complete", form("calendar_complete", Operation::CompleteEvent, &[NOTE, TITLE, TYPE, AT])),
    ("no-show", form("calendar_no_show", Operation::NoShowEvent, &[needed("reason", Kind::Listed), NOTE, TITLE, TYPE, AT])),
    ("cancel", Form { dangerous: true, ..form("calendar_cancel", Operation::DeleteEvent, &[]) }),
];

/// The event of the address, and its lead. The lead is `None` if the user may see only the event.
async fn read(page: &Page<'_>) -> Result<(Data, Option<Data>), Trouble> {
    let (lead, event) = (page.required("lead")?, page.required("event")?);
    let parts = [("id", lead), ("event", event)];
    let (event, lead) =
        futures::join!(page.get(Operation::ReadEvent, &parts, Vec::new()), page.get(Operation::ReadLead, &parts[..1], Vec::new()));
    match lead {
        Ok(lead) => Ok((event?, Some(lead))),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404) => Ok((event?, None)),
        Err(other) => Err(other.into()),
    }
}

/// Shows an event.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let (event, lead) = read(page).await?;
    let back = format!("/desk/d/{id}/calendar");
    let values = context! {
        event => event.value(),
        lead => lead.as_ref().map(Data::value),
        forms => FORMS.iter().map(|(path, form)| context! { path => *path, name => form.name }).collect::<Vec<_>>(),
        back => page.back(&back),
    };
    page.render(200, "calendar_event.html", Place { dealer: Some(&dealer), active: "calendar" }, values)
}

/// Shows or carries out a form of an event.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, lead_id, event_id) = (page.required("dealer")?, page.required("lead")?, page.required("event")?);
    let path = page.required("form")?;
    let (_, form) = FORMS.iter().find(|(name, _)| *name == path).ok_or(Trouble::NoPage)?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let (event, lead) = read(page).await?;
    let zoned = page.zoned(Some(&dealer));
    let mut values = page.visit.query.clone();
    let at = DateTime::parse_from_rfc3339(event.text("at")).map(|at| at.to_utc()).unwrap_or(zoned.now);
    if let Some((day, clock)) = zoned.input(at).split_once('T') {
        let begin = [("at", day), ("at.clock", clock)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let missing = begin.into_iter().filter(|(name, _)| !page.visit.query.has(name));
        values.0.extend(missing.collect::<Vec<_>>());
    }
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "calendar" },
        parts: &[("id", lead_id), ("event", event_id)],
        back: &format!("/desk/d/{id}/calendar"),
        values,
        choices: BTreeMap::from([
            ("reason", texts(page.language, "calendar_no_show", &NO_SHOW_REASONS)),
            ("follow_up.type", event_types(page.language)),
        ]),
        version: None,
        about: [event.text("title"), lead.as_ref().map_or("", |lead| lead.text("contact")), &zoned.at(at)].join(" · "),
    };
    form.answer(page, &setting).await
}
