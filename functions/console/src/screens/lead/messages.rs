//! Messages to the customer: an e-mail, the answer to a received one, a text message, and sending again (LEAD-3, MSG-1).

use super::super::choices::labelled;
use super::super::{Page, Place};
use super::forms::{about, add, form};
use super::recipients::{self, Recipients};
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, More, Setting, field, joined, needed};
use crate::reply::Reply;
use crate::view::{Language, money, shown_size};
use crate::visit::Pairs;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use http::Method;
use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const MEDIUM: Field = field("medium", Kind::Hidden);
const CONTENT: [Field; 2] = [needed("text", Kind::Text(20_000)), field("attachments", Kind::Several)];
const QUOTE: [Field; 2] = [field("quote", Kind::Listed), field("form", Kind::Choice(&["overview", "order_form"]))];
const HEAD: [Field; 2] = [MEDIUM, needed("subject", Kind::Line(200))];
const PURPOSE: [Field; 1] = [needed("purpose", Kind::Listed)];
/// The API gives an answer the subject of the mail if the user gives none.
const ANSWER_HEAD: [Field; 1] = [field("subject", Kind::Line(200))];

const EMAIL: &[Field] = &joined::<5>(&[&HEAD, &PURPOSE, &CONTENT]);
const EMAIL_WITH_QUOTE: &[Field] = &joined::<7>(&[&HEAD, &PURPOSE, &CONTENT, &QUOTE]);
const ANSWER: &[Field] = &joined::<4>(&[&ANSWER_HEAD, &PURPOSE, &CONTENT]);
const ANSWER_WITH_QUOTE: &[Field] = &joined::<6>(&[&ANSWER_HEAD, &PURPOSE, &CONTENT, &QUOTE]);
const SMS: &[Field] = &joined::<3>(&[&[MEDIUM], &PURPOSE, &[needed("text", Kind::Text(1_000))]]);
/// The purposes of a message (PRV-6). The first one needs no consent: it is chosen until the user chooses another one.
const PURPOSES: [&str; 3] = ["contract", "service", ADVERTISING];
const ADVERTISING: &str = "advertising";
const RESEND: Form = form("resend", Operation::Resend, &[field("message", Kind::Hidden)]);

/// The template of the forms that write a message.
const TEMPLATE: &str = "lead_message.html";
/// The forms of the bar that write a message.
const OF_LEAD: [&str; 2] = ["email", "sms"];
/// The forms of a message.
pub(super) const OF_MESSAGE: &[Form] = &[add("answer", ElementKind::Communication, ANSWER), RESEND];
/// The vehicle sheet among the attachments, all others of which are documents.
const SHEET: &str = "vehicle_sheet";

/// Returns the names of the forms of the bar.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OF_LEAD.into_iter()
}

/// Shows or carries out a form of the bar.
pub(super) async fn of_lead(page: &Page<'_>, name: &str) -> Result<Reply, Trouble> {
    write(page, OF_LEAD.into_iter().find(|known| *known == name).ok_or(Trouble::NoPage)?, None).await
}

/// Shows or carries out a form of a message.
pub(super) async fn of_message(page: &Page<'_>, name: &str) -> Result<Reply, Trouble> {
    match name {
        "answer" => write(page, "answer", Some(page.required("item")?)).await,
        _ => resend(page).await,
    }
}

/// The page to which the forms lead.
fn thread(lead: &str) -> String {
    format!("/desk/leads/{lead}?tab=thread")
}

/// Reads what a message can have. A contact that the lead does not have any more is left out of the request.
async fn options(page: &Page<'_>, lead: &str, answers: Option<&str>) -> Result<Data, Unanswered> {
    let values = if page.visit.method == Method::POST { &page.visit.form } else { &page.visit.query };
    let asked = |contact: Option<&str>| {
        let pairs = [("answers", answers), ("contact", contact)];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect::<Vec<_>>()
    };
    let contact = recipients::contact(values);
    match page.get(Operation::ReadMessageOptions, &[("id", lead)], asked(contact)).await {
        Err(Unanswered::Problem(problem)) if contact.is_some() && problem.status == 422 => {
            page.get(Operation::ReadMessageOptions, &[("id", lead)], asked(None)).await
        }
        read => read,
    }
}

async fn message(page: &Page<'_>, lead: &str, id: &str) -> Result<Data, Unanswered> {
    let read = Operation::Element(Elements::Read(ElementKind::Communication));
    page.get(read, &[("id", lead), ("element", id)], Vec::new()).await
}

/// The form `name`. It asks for a quote if the lead has one that can be attached, or if one was typed.
fn form_of(name: &'static str, with_quote: bool) -> Form {
    let fields = match (name, with_quote) {
        ("sms", _) => SMS,
        ("answer", false) => ANSWER,
        ("answer", true) => ANSWER_WITH_QUOTE,
        (_, false) => EMAIL,
        (_, true) => EMAIL_WITH_QUOTE,
    };
    add(name, ElementKind::Communication, fields)
}

/// Shows the form of a message, inserts a canned answer into it, counts the parts of a text message, or sends it.
async fn write(page: &Page<'_>, name: &'static str, answers: Option<&str>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let parts = [("id", id)];
    let answered = async {
        match answers {
            Some(mail) => message(page, id, mail).await,
            None => Ok(Data::default()),
        }
    };
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, answered, options) = futures::join!(lead, answered, options(page, id, answers));
    let (lead, answered) = (lead?, answered?);
    // Only a received e-mail is answered. The API refuses to give options for an answer to anything else.
    if answers.is_some() && (answered.text("medium") != "email" || answered.get("received").is_null()) {
        return Ok(Reply::redirect(thread(id)));
    }
    let options = options?;
    let dealer = page.dealer(lead.text("dealer"));
    let medium = if name == "sms" { "sms" } else { "email" };
    let typed = &page.visit.form;
    let recipients = match page.visit.method {
        Method::POST => Recipients::of(&options, medium, typed),
        _ => Recipients::of_address(&options, medium, &page.visit.query),
    };
    let quotes = quotes(page.language, &options);
    let form = form_of(name, !quotes.is_empty() || typed.get("quote").is_some());
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &parts,
        back: &thread(id),
        values: values(page, medium, &options, &quotes),
        choices: BTreeMap::from([
            ("attachments", attachments(page.language, &options)),
            ("quote", quotes),
            ("purpose", purposes(page.language, recipients.chosen())),
        ]),
        version: None,
        about: about(&lead),
    };
    let shaped = |body: Json| shaped(body, answers, &recipients);
    let shown_recipients = recipients.shown(page.language);
    let around = |parts: Option<Data>| {
        context! { recipients => &shown_recipients, ..around((id, medium), &options, &answered, parts.as_ref()) }
    };
    let shown = |message: Value| More { template: Some(TEMPLATE), beside: message, ..More::default() };
    let action = typed.get("do").filter(|_| page.visit.method == Method::POST);
    // Nobody writes to one contact and reaches another one.
    let (has_moved, is_open) = (recipients.has_moved, recipients.is_open);
    // Advertising is not sent by mistake: the user confirms it first.
    let (asks, confirmed) = (typed.get("purpose") == Some(ADVERTISING), typed.get("is_advertising").is_some());
    let around = |parts| context! { asks, confirmed, ..around(parts) };
    match action {
        Some("insert") => {
            let chosen = chosen(typed, &options);
            let typed = chosen.as_ref().map_or_else(|| typed.clone(), |chosen| with_canned(typed, chosen));
            let parts = if medium == "sms" { parts_of(page, id, &typed).await? } else { None };
            let left_out = chosen.map(|chosen| chosen.get("left_out").value());
            form.show_typed(page, &setting, &typed, &shown(context! { left_out, ..around(parts) }))
        }
        Some("count") => form.show_typed(page, &setting, typed, &shown(around(parts_of(page, id, typed).await?))),
        _ if page.visit.method == Method::POST && (has_moved || is_open) => {
            form.show_typed(page, &setting, typed, &shown(context! { has_moved, is_open, ..around(None) }))
        }
        _ if asks && !confirmed => form.show_typed(page, &setting, typed, &shown(around(None))),
        _ => form.answer_with(page, &setting, &shaped, &shown(around(None))).await,
    }
}

/// Returns the purposes of a message, each with the reason why a message of this purpose is refused.
fn purposes(language: Language, recipient: Option<&Data>) -> Vec<(String, String)> {
    let refused = recipient.map(|recipient| recipient.get("refused_by_purpose")).unwrap_or_default();
    let line = |(purpose, name): (String, String)| {
        let why = language.text(&format!("label.purpose_refused.{}", refused.text(&purpose)));
        let text = why.map_or(name.clone(), |why| format!("{name} – {why}"));
        (purpose, text)
    };
    labelled(language, "purpose", PURPOSES).into_iter().map(line).collect()
}

/// The values with which the form begins. A quote in the address that cannot be attached is left out, and no address chooses a purpose.
fn values(page: &Page<'_>, medium: &str, options: &Data, quotes: &[(String, String)]) -> Pairs {
    let mut values = page.visit.query.clone();
    values.0.retain(|(name, value)| match name.as_str() {
        "quote" => quotes.iter().any(|(id, _)| id == value),
        name => name != "purpose",
    });
    let subject = Some(options.text("subject")).filter(|subject| !subject.is_empty());
    for (name, value) in [("medium", Some(medium)), ("purpose", PURPOSES.first().copied()), ("subject", subject)] {
        if let Some(value) = value.filter(|_| !values.has(name)) {
            values.0.push((name.to_owned(), value.to_owned()));
        }
    }
    values
}

/// Returns the body of the request: the vehicle sheet is a field of its own, an answer names the mail, and the recipient is the one of the
/// form.
fn shaped(mut body: Json, answers: Option<&str>, recipients: &Recipients) -> Json {
    if let Some(attached) = body.get_mut("attachments").and_then(Json::as_array_mut) {
        let before = attached.len();
        attached.retain(|file| file != SHEET);
        if attached.len() < before {
            body["expose"] = json!(true);
        }
    }
    recipients.put_in(&mut body);
    if let Some(mail) = answers {
        (body["medium"], body["answers"]) = (json!("email"), json!(mail));
    }
    body
}

/// What stands around the fields: the recipient, the canned answers, the parts of a text message, the mail that is answered.
fn around((lead, medium): (&str, &str), options: &Data, answered: &Data, parts: Option<&Data>) -> Value {
    let canned: Vec<Value> = options.each("canned_answers").filter(|canned| canned.text("medium") == medium).map(|it| it.value()).collect();
    context! {
        medium, canned, lead, not_sent => options.get("not_sent").value(), answered => answered.value(), parts => parts.map(Data::value),
    }
}

/// Returns the chosen canned answer.
fn chosen(typed: &Pairs, options: &Data) -> Option<Data> {
    let id = typed.get("canned")?;
    options.each("canned_answers").find(|canned| canned.text("id") == id)
}

/// Returns what is typed with the chosen canned answer: its text below the typed one, and its subject if there is none.
fn with_canned(typed: &Pairs, chosen: &Data) -> Pairs {
    let text = [typed.get("text").unwrap_or_default(), chosen.text("text")].map(str::trim);
    let text = text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    let subject = typed.get("subject").unwrap_or(chosen.text("subject")).to_owned();
    let mut values = typed.clone();
    values.0.retain(|(name, _)| !["text", "subject", "canned"].contains(&name.as_str()));
    values.0.extend([("text".to_owned(), text), ("subject".to_owned(), subject)]);
    values
}

/// Asks the API for the parts of a text message. `None` if it is empty or too long, which the API says when it is sent.
async fn parts_of(page: &Page<'_>, lead: &str, typed: &Pairs) -> Result<Option<Data>, Trouble> {
    let Some(text) = typed.get("text") else { return Ok(None) };
    let ask = Ask { parts: &[("id", lead)], body: Some(json!({ "text": text })), ..Ask::default() };
    match page.call(Operation::PreviewMessage, ask).await {
        Ok(parts) => Ok(Some(parts)),
        Err(Unanswered::Problem(problem)) if problem.status == 422 => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// What can be attached: the vehicle sheet, and the documents of the lead that can be opened or are being checked.
fn attachments(language: Language, options: &Data) -> Vec<(String, String)> {
    let sheet = Some(options.text("expose")).filter(|name| !name.is_empty());
    let sheet = sheet.map(|name| (SHEET.to_owned(), language.text("message.sheet").unwrap_or_default().replace("{name}", name)));
    let document = |document: Data| {
        let size = shown_size(language, document.get("bytes").json().as_u64().unwrap_or_default());
        let text = format!("{} ({size})", document.text("title"));
        let scan = language.text(&format!("label.scan.{}", document.text("scan")));
        (document.text("id").to_owned(), scan.map_or(text.clone(), |scan| format!("{text} – {scan}")))
    };
    let documents = options.each("documents").filter(|document| !matches!(document.text("scan"), "threat" | "unreadable"));
    sheet.into_iter().chain(documents.map(document)).collect()
}

/// The quotes that can be attached, each in a line: vehicle and price.
fn quotes(language: Language, options: &Data) -> Vec<(String, String)> {
    let line = |quote: Data| {
        let price = quote.get("price");
        let amount = price.get("amount").json().as_i64().zip(money::currency(price.text("currency")));
        let price = amount.map(|(amount, currency)| money::shown(amount, currency, language)).unwrap_or_default();
        (quote.text("id").to_owned(), format!("{} {price}", quote.text("vehicle")))
    };
    options.each("quotes").map(line).collect()
}

/// Sends a message again. One that was sent meanwhile has no form.
async fn resend(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, item) = (page.required("id")?, page.required("item")?);
    let parts = [("id", id)];
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, sent) = futures::try_join!(lead, message(page, id, item))?;
    let typed = page.visit.form.get("message");
    let again = typed.unwrap_or(sent.text("resend"));
    if again.is_empty() {
        return Ok(Reply::redirect(thread(id)));
    }
    let dealer = page.dealer(lead.text("dealer"));
    let unclear = page.language.text("message.maybe_twice").filter(|_| sent.text("fate") == "unclear").unwrap_or_default();
    let about =
        [sent.text("subject"), sent.text("to"), unclear].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &[("dealer", lead.text("dealer")), ("message", again)],
        back: &thread(id),
        values: Pairs(vec![("message".to_owned(), again.to_owned())]),
        choices: BTreeMap::new(),
        version: None,
        about,
    };
    RESEND.answer_shaped(page, &setting, &|_| json!({})).await
}
