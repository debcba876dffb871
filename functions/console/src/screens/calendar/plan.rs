//! Plans an event for a lead from the calendar: the lead is chosen first, unless the address names it.

use super::super::choices::{event_types, people};
use super::super::{Page, Place};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Form, Kind, Setting, field, needed, texts_of};
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

/// The leads from which the user chooses.
const ROWS: &str = "20";

const PLAN: Form = Form {
    name: "calendar_plan",
    operation: Operation::ScheduleEvent,
    fields: &[
        needed("title", Kind::Line(200)),
        needed("type", Kind::Listed),
        needed("at", Kind::DayTime),
        field("user", Kind::Listed),
        field("despite", Kind::Warnings),
        field("notes", Kind::Text(2_000)),
    ],
    versioned: false,
    dangerous: false,
};

/// Shows leads to choose from, for an event or, at the address that ends so, for a task: the newest, or those that a search finds.
pub(in super::super) async fn choose(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let q = page.visit.query.get("q").unwrap_or_default();
    let query = vec![("q", q.to_owned()), ("limit", ROWS.to_owned())];
    let (leads, refused) = match page.get(Operation::ListLeads, &[("dealer", id)], query).await {
        Ok(leads) => (leads, None),
        Err(Unanswered::Problem(problem)) if problem.status == 422 => (Data::default(), Some(texts_of(&problem, page.language).join(" "))),
        Err(other) => return Err(other.into()),
    };
    let of_task = page.visit.path.ends_with("/task");
    let usual = if of_task { "tasks" } else { "calendar" };
    let values = context! {
        leads => leads.get("leads").value(),
        of_task,
        refused,
        q,
        kept => page.visit.query.encode_without(&["q", "done"]),
        carried => page.visit.query.0.iter().filter(|(name, _)| !["q", "done"].contains(&name.as_str())).collect::<Value>(),
        back => page.back(&format!("/desk/d/{id}/{usual}")),
    };
    page.render(200, "calendar_plan.html", Place { dealer: Some(&dealer), active: usual }, values)
}

/// Shows or carries out the form of an event for a lead.
pub(super) async fn plan(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("lead")?;
    let lead = page.get(Operation::ReadLead, &[("id", id)], Vec::new()).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let mut values = page.visit.query.clone();
    if !values.has("at") {
        let zoned = page.zoned(dealer.as_ref());
        values.0.push(("at".to_owned(), zoned.date(zoned.now).to_string()));
    }
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "calendar" },
        parts: &[("id", id)],
        back: &format!("/desk/d/{}/calendar", page.required("dealer")?),
        values,
        choices: BTreeMap::from([("user", people(dealer.as_ref())), ("type", event_types(page.language, dealer.as_ref()))]),
        version: None,
        about: format!("{} · {}", lead.text("contact"), lead.text("vehicle")),
    };
    PLAN.answer(page, &setting).await
}
