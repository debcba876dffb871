//! The dry run: who gets a lead like this, and when does what happen (SET-9). Nothing is stored.

use super::describe::{End, Field, Kind, Section, Source, field, needed, values};
use super::inputs::Inputs;
use super::picture::{self, UNKNOWN_CUSTOMER};
use super::values::{self as inputs, Errors};
use super::words::Words;
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::view::explained;
use crate::visit::Pairs;
use forecourt_domain::base::Right;
use forecourt_edge::routes::{Operation, SettingsPart};
use http::Method;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The lead that is tried out. It is described like a part of the settings, but is not one: it has the operation of the dry run.
const LEAD: Section = Section {
    name: "dry-run",
    source: Source::Part(SettingsPart::RoutingRules),
    within: "",
    fields: &[
        field("lead.type", Kind::Choice(values("lead_type", &["new_car", "used_car", "trade_in", "test_drive", "service", "other"]))),
        field("lead.source", Kind::Line(100)),
        field("lead.vehicle.condition", Kind::Choice(values("condition", &["new", "used"]))),
        field("lead.vehicle.make", Kind::Line(200)),
        field("lead.vehicle.site", Kind::Line(200)),
        needed("lead.contact.email", Kind::Email),
        field("lead.contact.postcode", Kind::Line(20)),
        field("lead.contact.language", Kind::Line(35)),
        field("received_at", Kind::Moment(End::From)),
    ],
    optional: None,
    copied: None,
};

/// Shows the form, or the form with the result.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    page.needs(Right::ReadSettings)?;
    let words = Words::new(page.zoned(Some(&dealer)), &dealer);
    let mut typed = Pairs(vec![("lead.contact.email".to_owned(), UNKNOWN_CUSTOMER.to_owned())]);
    let (mut errors, mut general, mut status, mut result) = (Errors::new(), Vec::new(), 200, None);
    if page.visit.method == Method::POST {
        typed = page.visit.form.clone();
        let (body, wrong) = inputs::read(&LEAD, &typed, &words.zoned, |_| true);
        errors = wrong;
        if errors.is_empty() {
            let body = without_nothing(Json::Object(body));
            let at = body.get("received_at").and_then(Json::as_str).and_then(|at| at.parse().ok()).unwrap_or(words.zoned.now);
            match page.call(Operation::DryRun, Ask { parts: &[("dealer", id)], body: Some(body), ..Ask::default() }).await {
                Ok(tried) => result = Some(shown(&tried, at, &words)),
                Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 409 | 422) => {
                    for error in &problem.errors {
                        let text = explained(page.language, &error.detail);
                        match LEAD.input_of(&error.field) {
                            Some(place) => {
                                errors.insert(place, text);
                            }
                            None => general.push(text),
                        }
                    }
                    if errors.is_empty() && general.is_empty() {
                        general.push(explained(page.language, &problem.detail));
                    }
                    status = problem.status;
                }
                Err(other) => return Err(other.into()),
            }
        } else {
            status = 422;
        }
    }
    let (nothing, none) = (Json::Null, BTreeMap::new());
    let inputs = Inputs { words: &words, json: &nothing, typed: &typed, errors: &errors, findings: &none, offered: &[], focus: None };
    let fields = inputs.section(&LEAD, |_: &Field| true);
    let values = context! { fields, general, wrong => errors.len(), result, list => format!("/desk/d/{id}/settings") };
    page.render(status, "settings_dry_run.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// The result for the template.
fn shown(tried: &Data, at: chrono::DateTime<chrono::Utc>, words: &Words) -> Value {
    let reason = match tried.text("rule") {
        "" => String::new(),
        rule => match words.text(&format!("rule.{rule}")) {
            "" => rule.to_owned(),
            text => text.replace("{group}", tried.text("group")),
        },
    };
    let flags: Vec<String> = tried.get("flags").items().iter().map(|flag| flag.text("detail").to_owned()).collect();
    context! {
        added => tried.text("becomes") == "added", lead => tried.text("lead"), dealer => tried.text("dealer"),
        owner => tried.get("owner").value(), reason, passed_over => tried.get("passed_over").value(), flags,
        picture => picture::draw(&tried.get("deadlines"), at),
    }
}

/// Returns an object without the fields in which nothing is typed.
fn without_nothing(json: Json) -> Json {
    match json {
        Json::Object(fields) => {
            let kept = fields.into_iter().map(|(name, value)| (name, without_nothing(value)));
            Json::Object(kept.filter(|(_, value)| !value.is_null() && value.as_object().is_none_or(|fields| !fields.is_empty())).collect())
        }
        other => other,
    }
}
