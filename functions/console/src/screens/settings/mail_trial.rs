//! What the layouts of the mailbox read from a mail, as they are typed and before they are saved (INT-1). Nothing is stored.

use super::edit;
use super::find;
use super::values;
use super::words::Words;
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::texts_of;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::view::sentence;
use crate::visit::Pairs;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};

/// The beginning of the names of the inputs of this page. All others are those of the mailbox, which go along.
const OWN: &str = "trial.";
/// The part of the settings that has the layouts, and the field.
pub(super) const MAILBOX: &str = "mailbox";
const LAYOUTS: &str = "mail_layouts";
/// The button of the mailbox that leads here, and the one of this page.
pub(super) const TRY: &str = "try";
const RUN: &str = "run";

/// Shows the page, or the page with the result.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    page.needs(Right::ReadSettings)?;
    let words = Words::new(page.zoned(Some(&dealer)), &dealer);
    let is_posted = page.visit.method == Method::POST;
    let sent = if is_posted { &page.visit.form } else { &page.visit.query };
    let typed = if is_posted { edit::typed(sent, |name| !name.starts_with(OWN)) } else { Pairs::default() };
    let parts = [("dealer", id)];
    let mails = async {
        match dealer.get("reads_mails").json() == true {
            true => page.get(Operation::ListMails, &parts, Vec::new()).await.map(|list| list.get("mails").items()),
            false => Ok(Vec::new()),
        }
    };
    let body = (is_posted && sent.get("do") == Some(RUN)).then(|| body(sent, &typed, &words));
    let tried = async {
        match &body {
            Some(Ok(body)) => {
                let ask = Ask { parts: &parts, body: Some(body.clone()), ..Ask::default() };
                page.call(Operation::TryMailLayouts, ask).await.map(Some)
            }
            _ => Ok(None),
        }
    };
    let (mails, tried) = futures::join!(mails, tried);
    let (mails, mut general, mut status, mut result) = (mails?, Vec::new(), 200, None);
    match (tried, &body) {
        (Ok(Some(tried)), _) => result = Some(shown(&tried, &words)),
        (Ok(None), Some(Err(faults))) => (general, status) = (faults.clone(), 422),
        (Ok(None), _) => {}
        (Err(Unanswered::Problem(problem)), _) if matches!(problem.status, 400 | 404 | 409 | 410 | 422) => {
            let texts = texts_of(&problem, page.language);
            (general, status) = (texts.iter().map(|text| sentence(text)).collect(), problem.status);
        }
        (Err(other), _) => return Err(other.into()),
    }
    let chosen = sent.get("trial.mail").unwrap_or_default();
    let hidden: Vec<Value> = typed.0.iter().map(|(name, value)| context! { name, value }).collect();
    let values = context! {
        general, result, chosen, hidden, version => sent.get("version"), mails => choices(&mails, chosen, &words),
        from => sent.get("trial.from"), text => sent.get("trial.text"), list => format!("/desk/d/{id}/settings"),
    };
    page.render(status, "settings_mail_trial.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// The mails that can be chosen: those that wait, and the one of the address.
fn choices(mails: &[Data], chosen: &str, words: &Words) -> Vec<Value> {
    let line = |mail: &Data| {
        let subject = Some(mail.text("subject")).filter(|subject| !subject.is_empty());
        let subject = subject.or(words.zoned.language.text("mails.no_subject")).unwrap_or_default();
        let at = mail.text("received_at").parse().map(|at| words.zoned.at(at)).unwrap_or_default();
        context! { value => mail.text("id"), text => format!("{subject} · {} · {at}", mail.text("from")) }
    };
    let other = !chosen.is_empty() && mails.iter().all(|mail| mail.text("id") != chosen);
    let other = other.then(|| context! { value => chosen, text => words.zoned.language.text("settings.trial.this_mail") });
    other.into_iter().chain(mails.iter().map(line)).collect()
}

/// Makes the body of the request. The error is what is wrong with the typed layouts.
fn body(sent: &Pairs, typed: &Pairs, words: &Words) -> Result<Json, Vec<String>> {
    let own = ["mail", "from", "text"].into_iter().filter_map(|name| Some((name.to_owned(), json!(sent.get(&format!("{OWN}{name}"))?))));
    let mut body: Map<String, Json> = own.collect();
    let Some(section) = find(MAILBOX).filter(|_| !typed.0.is_empty()) else { return Ok(Json::Object(body)) };
    let typed = values::without_empty_rows(section.fields, typed.clone());
    let (mut layouts, errors) = values::read(section, &typed, &words.zoned, |field| field.name == LAYOUTS);
    if !errors.is_empty() {
        return Err(errors.into_values().collect());
    }
    body.insert(LAYOUTS.to_owned(), layouts.remove(LAYOUTS).filter(|layouts| !layouts.is_null()).unwrap_or_else(|| json!([])));
    Ok(Json::Object(body))
}

/// The result for the template.
fn shown(tried: &Data, words: &Words) -> Value {
    let line = |one: Data| {
        let field = one.text("field");
        let meaning = words.text(&format!("value.mail_field.{field}"));
        context! { label => one.text("label"), meaning => if meaning.is_empty() { field } else { meaning }, value => one.text("value") }
    };
    let values: Vec<Value> = tried.each("values").map(line).collect();
    let unknown: Vec<Value> = tried.each("unknown").map(line).collect();
    context! {
        sender => tried.get("sender").value(), layout => tried.get("layout").value(), values, unknown,
        enquiries => tried.get("enquiries").value(), reason => tried.get("reason").value(), detail => tried.get("detail").value(),
    }
}
