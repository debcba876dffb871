//! Plans the same event for the leads that were ticked, with a result for each lead.

use super::super::choices::{event_types, people};
use super::super::{Page, Place};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, Setting, field, needed};
use crate::reply::Reply;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

const PLAN: Form = Form {
    name: "leads_plan",
    operation: Operation::BulkEvents,
    fields: &[
        needed("leads", Kind::HiddenList),
        needed("event.title", Kind::Line(200)),
        needed("event.type", Kind::Listed),
        needed("event.at", Kind::DayTime),
        field("event.user", Kind::Listed),
        field("event.notes", Kind::Text(2_000)),
    ],
    versioned: false,
    dangerous: false,
};

/// Shows or carries out the form. Leads whose event was not planned are listed, with a way to try them again.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    page.needs(Right::WorkLeads)?;
    let place = Place { dealer: Some(&dealer), active: "leads" };
    let usual = format!("/desk/d/{id}/leads");
    let mut values = page.visit.query.clone();
    let ticked = values.all("leads").chain(page.visit.form.all("leads")).count();
    if ticked == 0 {
        return page.render(200, "leads_plan.html", place, context! { back => page.back(&usual) });
    }
    if !values.has("event.at") {
        let zoned = page.zoned(Some(&dealer));
        values.0.push(("event.at".to_owned(), zoned.date(zoned.now).to_string()));
    }
    let setting = Setting {
        place,
        parts: &[],
        back: &usual,
        values,
        choices: BTreeMap::from([("event.type", event_types(page.language, Some(&dealer))), ("event.user", people(Some(&dealer)))]),
        version: None,
        about: page.language.text("leads.plan_ticked").unwrap_or_default().replace("{n}", &ticked.to_string()),
    };
    let results = match PLAN.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => return Ok(reply),
        Sent::Done(answer) => answer.get("results").items(),
    };
    let failed: Vec<&Data> = results.iter().filter(|result| result.get("event").is_null()).collect();
    if failed.is_empty() {
        return Ok(page.done(page.back(&usual), PLAN.name));
    }
    let rows = failed.iter().map(|result| {
        let lead = result.text("lead");
        context! { lead, number => spoken(lead), detail => result.get("problem").text("detail") }
    });
    let values = context! {
        failed => rows.collect::<Vec<Value>>(),
        planned => results.len() - failed.len(),
        again => again(page, &failed),
        back => page.back(&usual),
    };
    page.render(200, "leads_plan.html", place, values)
}

/// The address of the form with the typed values and the leads that failed.
fn again(page: &Page<'_>, failed: &[&Data]) -> String {
    let typed = page.visit.form.encode_without(&["leads", "key"]);
    let leads = failed.iter().map(|result| ("leads", result.text("lead")));
    let leads = form_urlencoded::Serializer::new(String::new()).extend_pairs(leads).finish();
    format!("{}?{leads}&{typed}", page.visit.path)
}

/// The number of a lead as people read it: `747-630-0501`.
fn spoken(id: &str) -> String {
    match (id.get(..3), id.get(3..6), id.get(6..)) {
        (Some(first), Some(second), Some(third)) if !third.is_empty() => format!("{first}-{second}-{third}"),
        _ => id.to_owned(),
    }
}
