//! Marks the mails that were ticked as handled, with a result for each mail (INT-7).

use super::super::{Page, Place};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, Setting, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

const DONE: Form = Form {
    name: "mails_done",
    operation: Operation::CompleteMails,
    fields: &[needed(MAILS, Kind::HiddenList)],
    versioned: false,
    dangerous: false,
};
/// The input of the mails that were ticked.
const MAILS: &str = "mails";

/// Shows or carries out the form. Mails that were not marked are listed, with a way to try them again.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    page.needs(Right::WorkLeads)?;
    let place = Place { dealer: Some(&dealer), active: "leads" };
    let usual = format!("/desk/d/{id}/mails");
    let ticked: Vec<&str> = page.visit.query.all(MAILS).chain(page.visit.form.all(MAILS)).collect();
    if ticked.is_empty() {
        return page.render(200, "mails_done.html", place, context! { back => page.back(&usual) });
    }
    let about = page.language.text("mails.ticked").unwrap_or_default().replace("{n}", &ticked.len().to_string());
    let values = Pairs(ticked.iter().map(|mail| (MAILS.to_owned(), (*mail).to_owned())).collect());
    let (parts, choices) = ([("dealer", id)], BTreeMap::new());
    let setting = Setting { place, parts: &parts, back: &usual, values, choices, version: None, about };
    let results = match DONE.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => return Ok(reply),
        Sent::Done(answer) => answer.get("results").items(),
    };
    let failed: Vec<&Data> = results.iter().filter(|result| result.get("mail").is_null()).collect();
    if failed.is_empty() {
        return Ok(page.done(page.back(&usual), DONE.name));
    }
    let again = failed.iter().map(|result| (MAILS, result.text("id"))).chain([("back", page.back(&usual))]);
    let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(again).finish();
    let rows = failed.iter().map(|result| context! { id => result.text("id"), detail => result.get("problem").text("detail") });
    let values = context! {
        failed => rows.collect::<Vec<Value>>(), done_mails => results.len() - failed.len(), base => &usual,
        again => format!("{}?{again}", page.visit.path), back => page.back(&usual),
    };
    page.render(200, "mails_done.html", place, values)
}
