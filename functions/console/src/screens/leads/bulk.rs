//! Bulk manage: one action for the leads that were ticked, or for all leads of the filter, with a result for each lead (LEAD-10).

use super::super::choices::{Choices, event_types, labelled, named, people};
use super::super::{Page, Place};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, joined, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::base::{LostReason, Right};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The leads: ticked ones, or those of a filter, by the names of the filter of the list.
const LEADS: [Field; 12] = [
    field("leads", Kind::HiddenList),
    field("filter.dealer", Kind::Hidden),
    field("filter.status", Kind::Hidden),
    field("filter.owner", Kind::Hidden),
    field("filter.type", Kind::Hidden),
    field("filter.source", Kind::Hidden),
    field("filter.from", Kind::Hidden),
    field("filter.until", Kind::Hidden),
    field("filter.overdue", Kind::Hidden),
    field("filter.action_type", Kind::Hidden),
    field("filter.action_user", Kind::Hidden),
    field("filter.q", Kind::Hidden),
];

const PLAN: &[Field] = &joined::<17>(&[
    &LEADS,
    &[
        needed("event.title", Kind::Line(200)),
        needed("event.type", Kind::Listed),
        field("event.at", Kind::DayTime),
        field("event.user", Kind::Listed),
        field("event.notes", Kind::Text(2_000)),
    ],
]);
const COMPLETE: &[Field] = &joined::<14>(&[&LEADS, &[needed("complete.events", Kind::Listed), field("complete.note", Kind::Text(2_000))]]);
const MOVE: &[Field] = &joined::<13>(&[&LEADS, &[needed("move.at", Kind::DayTime)]]);
const ASSIGN: &[Field] = &joined::<15>(&[
    &LEADS,
    &[needed("reassign.to", Kind::Listed), field("reassign.despite", Kind::Several), field("reassign.note", Kind::Text(2_000))],
]);
const STATUS: &[Field] = &joined::<17>(&[
    &LEADS,
    &[
        needed("status.status", Kind::Listed),
        field("status.reason", Kind::Listed),
        field("status.complete_events", Kind::Listed),
        field("status.appointments", Kind::Listed),
        field("status.note", Kind::Text(2_000)),
    ],
]);

const FOLLOW_UP: &[Field] = &joined::<13>(&[&LEADS, &[needed("plan.id", Kind::Listed)]]);

const fn form(name: &'static str, fields: &'static [Field]) -> Form {
    Form { name, operation: Operation::StartBulkAction, fields, versioned: false, dangerous: false }
}

/// The forms, by the last part of their address.
const FORMS: [(&str, Form); 6] = [
    ("plan", form("leads_plan", PLAN)),
    ("complete", form("leads_complete", COMPLETE)),
    ("move", form("leads_move", MOVE)),
    ("assign", form("leads_assign", ASSIGN)),
    ("status", form("leads_status", STATUS)),
    ("follow-up", form("leads_follow_up", FOLLOW_UP)),
];

/// Leads to the form of the action that a button of the list names, with the chosen leads.
pub(super) async fn choose(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    page.dealer(id).ok_or(Trouble::NoPage)?;
    page.needs(Right::WorkLeads)?;
    let wanted = page.visit.query.get("act");
    let act = FORMS.iter().map(|(name, _)| *name).find(|name| wanted == Some(*name)).unwrap_or("plan");
    Ok(Reply::redirect(format!("/desk/d/{id}/leads/{act}?{}", page.visit.query.encode_without(&["act", "done"]))))
}

/// Shows or carries out the form of an action. Leads that the API refuses are listed, with a way to try them again.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let act = page.visit.path.rsplit('/').next().unwrap_or_default();
    let (_, form) = FORMS.iter().find(|(name, _)| *name == act).ok_or(Trouble::NoPage)?;
    page.needs(if act == "assign" { Right::AssignLeads } else { Right::WorkLeads })?;
    let place = Place { dealer: Some(&dealer), active: "leads" };
    let usual = format!("/desk/d/{id}/leads");
    let chosen = Chosen::of(page);
    if chosen.count == Some(0) {
        return page.render(200, "leads_bulk.html", place, context! { form => form.name, back => page.back(&usual) });
    }
    let mut values = chosen.values(page, id);
    if act == "plan" && !values.has("event.at") {
        let zoned = page.zoned(Some(&dealer));
        values.0.push(("event.at".to_owned(), zoned.date(zoned.now).to_string()));
    }
    let about = match chosen.count {
        Some(count) => page.language.text("leads.plan_ticked").unwrap_or_default().replace("{n}", &count.to_string()),
        None => page.language.text("leads.plan_all").unwrap_or_default().to_owned(),
    };
    let choices = choices(page, &dealer);
    let setting = Setting { place, parts: &[], back: &usual, values, choices, version: None, about };
    let answer = match form.send(page, &setting, &shaped).await? {
        Sent::Shown(reply) => return Ok(reply),
        Sent::Done(answer) => answer,
    };
    if answer.get("results").is_null() {
        let back = form_urlencoded::byte_serialize(page.back(&usual).as_bytes()).collect::<String>();
        return Ok(Reply::redirect(format!("/desk/d/{id}/leads/bulk/{}?back={back}", answer.text("id"))));
    }
    let results = answer.get("results").items();
    let failed: Vec<&Data> = results.iter().filter(|result| !result.get("problem").is_null()).collect();
    if failed.is_empty() {
        return Ok(page.done(page.back(&usual), form.name));
    }
    let values = context! {
        form => form.name,
        failed => failed.iter().map(|result| row(result)).collect::<Vec<Value>>(),
        planned => results.len() - failed.len(),
        again => again(page, &failed),
        back => page.back(&usual),
    };
    page.render(200, "leads_bulk.html", place, values)
}

/// Shows the progress of an action in the background, which refreshes itself, and then its results.
pub(super) async fn progress(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, bulk) = (page.required("dealer")?, page.required("bulk")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("bulk", bulk)];
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let (action, results) = futures::try_join!(
        page.get(Operation::ReadBulkAction, &parts, Vec::new()),
        page.get(Operation::ListBulkResults, &parts, cursor.into_iter().collect()),
    )?;
    let values = context! {
        action => action.value(),
        rows => results.get("results").items().iter().map(row).collect::<Vec<Value>>(),
        next => super::next(page, results.text("cursor")),
        back => page.back(&format!("/desk/d/{id}/leads")),
    };
    page.render(200, "leads_bulk_progress.html", Place { dealer: Some(&dealer), active: "leads" }, values)
}

/// The leads that the user chose.
struct Chosen {
    /// The number of ticked leads. `None` if all leads of the filter are chosen.
    count: Option<usize>,
}

impl Chosen {
    fn of(page: &Page<'_>) -> Self {
        let visit = page.visit;
        let all = visit.query.has("all") || (visit.form.has("filter.dealer") && visit.form.all("leads").next().is_none());
        let ticked = visit.query.all("leads").chain(visit.form.all("leads")).count();
        Self { count: (!all).then_some(ticked) }
    }

    /// Returns the values with which the form begins: those of the address, with either the leads or the filter.
    fn values(&self, page: &Page<'_>, dealer: &str) -> Pairs {
        let mut values = page.visit.query.clone();
        values.0.retain(|(name, _)| match self.count {
            Some(_) => !name.starts_with("filter."),
            None => name != "leads",
        });
        if self.count.is_none() {
            values.0.retain(|(name, _)| name != "filter.dealer");
            values.0.push(("filter.dealer".to_owned(), dealer.to_owned()));
        }
        values
    }
}

/// Returns the body of the API: either the leads or the filter, and the new owner in its own field.
fn shaped(mut body: Json) -> Json {
    let Some(fields) = body.as_object_mut() else { return body };
    let ticked = fields.get("leads").and_then(Json::as_array).is_some_and(|leads| !leads.is_empty());
    fields.remove(if ticked { "filter" } else { "leads" });
    if let Some(reassign) = fields.get_mut("reassign").and_then(Json::as_object_mut) {
        let user = reassign.get("to").and_then(Json::as_str).and_then(|to| to.strip_prefix("user:")).map(str::to_owned);
        if let Some(user) = user {
            reassign.remove("to");
            reassign.insert("user".to_owned(), json!(user));
        }
    }
    body
}

fn choices(page: &Page<'_>, dealer: &Data) -> BTreeMap<&'static str, Choices> {
    let language = page.language;
    let users = people(Some(dealer)).into_iter().map(|(id, name)| (format!("user:{id}"), name));
    let owners = labelled(language, "bulk_to", ["distribution", "pool"]).into_iter().chain(users).collect();
    BTreeMap::from([
        ("event.type", event_types(language, Some(dealer))),
        ("event.user", people(Some(dealer))),
        ("plan.id", dealer.get("follow_up_plans").items().iter().map(named).collect()),
        ("complete.events", labelled(language, "bulk_events", ["next", "overdue"])),
        ("reassign.to", owners),
        ("reassign.despite", labelled(language, "despite", ["absent", "full"])),
        ("status.status", labelled(language, "status", ["in_progress", "won", "lost"])),
        ("status.reason", labelled(language, "reason", LostReason::NAMES.map(|(name, _)| name))),
        ("status.complete_events", labelled(language, "complete_events", ["none", "overdue", "all"])),
        ("status.appointments", labelled(language, "appointments", ["cancel", "keep"])),
    ])
}

fn row(result: &Data) -> Value {
    let lead = result.text("lead");
    let problem = result.get("problem");
    context! { lead, number => spoken(lead), detail => problem.text("detail"), failed => !problem.is_null() }
}

/// The address of the form with the typed values and the leads that failed.
fn again(page: &Page<'_>, failed: &[&Data]) -> String {
    let typed: Vec<&(String, String)> = page.visit.form.0.iter().filter(|(name, _)| !is_choice(name)).collect();
    let typed = typed.into_iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let leads = failed.iter().map(|result| ("leads", result.text("lead")));
    let address = form_urlencoded::Serializer::new(String::new()).extend_pairs(leads).extend_pairs(typed).finish();
    format!("{}?{address}", page.visit.path)
}

/// Whether an input is part of the choice of leads, or the key of the form.
fn is_choice(name: &str) -> bool {
    name == "leads" || name == "key" || name.starts_with("filter.")
}

/// The number of a lead as people read it: `747-630-0501`.
fn spoken(id: &str) -> String {
    match (id.get(..3), id.get(3..6), id.get(6..)) {
        (Some(first), Some(second), Some(third)) if !third.is_empty() => format!("{first}-{second}-{third}"),
        _ => id.to_owned(),
    }
}
