//! The things of a lead that have an id: elements, events, tasks, deadlines, contacts. Each has forms; most have a page.

use super::super::{Page, Place, each_of};
use super::fields::{
    ADDRESSES, CANCELLATION, COMMENT, CORRECTION, DEADLINE, EVENT_TEXTS, FOLLOW_UP, HOME, NAME, NOTE, NUMBERS, QUOTE, TASK, TRADE_IN,
    VEHICLE, WARNINGS, WISHES,
};
use super::forms::{about, change, choices, form};
use super::messages;
use super::rights;
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, Setting, needed, values_of};
use crate::reply::Reply;
use chrono::DateTime;
use forecourt_domain::base::LeadId;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use http::Method;
use minijinja::context;
use serde_json::{Value as Json, json};

/// A kind of things of a lead.
struct Items {
    /// The part of the address, as in the API.
    part: &'static str,
    /// The name of the id in the paths of the API.
    key: &'static str,
    /// Reads one. `None` if the lead itself has it.
    read: Option<Operation>,
    /// Lists them, if they have a page that lists them.
    list: Option<Operation>,
    forms: &'static [Form],
    /// The tab of the lead page that has it.
    tab: &'static str,
}

const fn removal(name: &'static str, operation: Operation) -> Form {
    Form { dangerous: true, ..change(name, operation, &[]) }
}

const fn element(part: &'static str, kind: ElementKind, forms: &'static [Form]) -> Items {
    let read = Some(Operation::Element(Elements::Read(kind)));
    let list = Some(Operation::Element(Elements::List(kind)));
    Items { part, key: "element", read, list, forms, tab: "details" }
}

const fn changed(kind: ElementKind) -> Operation {
    Operation::Element(Elements::Change(kind))
}

const fn removed(kind: ElementKind) -> Operation {
    Operation::Element(Elements::Remove(kind))
}

const ITEMS: &[Items] = &[
    element(
        "trade-ins",
        ElementKind::TradeIn,
        &[change("trade-in-change", changed(ElementKind::TradeIn), TRADE_IN), removal("trade-in-remove", removed(ElementKind::TradeIn))],
    ),
    element(
        "quotes",
        ElementKind::Quote,
        &[change("quote-change", changed(ElementKind::Quote), QUOTE), removal("quote-remove", removed(ElementKind::Quote))],
    ),
    element(
        "test-drives",
        ElementKind::TestDrive,
        &[
            change("test-drive-change", changed(ElementKind::TestDrive), &[VEHICLE]),
            removal("test-drive-remove", removed(ElementKind::TestDrive)),
        ],
    ),
    element(
        "comments",
        ElementKind::Comment,
        &[change("comment-change", changed(ElementKind::Comment), COMMENT), removal("comment-remove", removed(ElementKind::Comment))],
    ),
    element(
        "documents",
        ElementKind::Document,
        &[
            change("document-change", changed(ElementKind::Document), &[needed("title", Kind::Line(200))]),
            removal("document-remove", removed(ElementKind::Document)),
        ],
    ),
    Items { tab: "thread", ..element("communications", ElementKind::Communication, messages::OF_MESSAGE) },
    Items {
        part: "events",
        key: "event",
        read: Some(Operation::ReadEvent),
        list: None,
        forms: &[
            form("event-complete", Operation::CompleteEvent, &[NOTE, FOLLOW_UP]),
            form("event-no-show", Operation::NoShowEvent, &[needed("reason", Kind::Listed), NOTE, FOLLOW_UP]),
            change("event-move", Operation::RescheduleEvent, &[needed("at", Kind::Time), WARNINGS]),
            change("event-keep", Operation::KeepEvent, &[]),
            change("event-correct", Operation::CorrectEvent, EVENT_TEXTS),
            form("event-reopen", Operation::ReopenEvent, &[]),
            Form { dangerous: true, ..change("event-delete", Operation::CancelEvent, CANCELLATION) },
        ],
        tab: "follow-up",
    },
    Items {
        part: "tasks",
        key: "task",
        read: Some(Operation::ReadTask),
        list: None,
        forms: &[
            form("task-complete", Operation::CompleteTask, &[NOTE]),
            change("task-change", Operation::ChangeTask, TASK),
            form("task-reopen", Operation::ReopenTask, &[]),
            removal("task-delete", Operation::DeleteTask),
        ],
        tab: "follow-up",
    },
    Items {
        part: "deadlines",
        key: "deadline",
        read: None,
        list: None,
        forms: &[
            form("deadline-met", Operation::MeetDeadline, &[NOTE]),
            change("deadline-change", Operation::ChangeDeadline, DEADLINE),
            // The first contact has no title of its own.
            change("first-contact-move", Operation::ChangeDeadline, &[needed("at", Kind::Time)]),
            change("first-contact-approve", Operation::ApproveDeadline, &[]),
            removal("deadline-remove", Operation::DropDeadline),
        ],
        tab: "follow-up",
    },
    Items {
        part: "contacts",
        key: "contact",
        read: None,
        list: None,
        forms: &[
            change("contact-change", Operation::CorrectContact, CORRECTION),
            change("contact-name", Operation::CorrectContact, NAME),
            change("contact-phones", Operation::CorrectContact, NUMBERS),
            change("contact-emails", Operation::CorrectContact, ADDRESSES),
            change("contact-address", Operation::CorrectContact, HOME),
            change("contact-wishes", Operation::CorrectContact, WISHES),
            change("contact-main", Operation::CorrectContact, &[needed("main", Kind::True)]),
            removal("contact-remove", Operation::RemoveContact),
        ],
        tab: "contacts",
    },
    Items {
        part: "invitations",
        key: "invitation",
        read: None,
        list: Some(Operation::ListInvitations),
        forms: &[Form { dangerous: true, ..form("invitation-revoke", Operation::RevokeInvitation, &[]) }],
        tab: "follow-up",
    },
];

fn items(page: &Page<'_>) -> Result<&'static Items, Trouble> {
    let part = page.required("part")?;
    ITEMS.iter().find(|items| items.part == part).ok_or(Trouble::NoPage)
}

/// Returns the kinds that have a page that lists them.
pub(super) fn lists() -> impl Iterator<Item = &'static str> {
    ITEMS.iter().filter(|items| items.list.is_some()).map(|items| items.part)
}

/// Returns the addresses of the pages of things, or of their forms.
pub(super) fn addresses(path: &str, of_forms: bool) -> Vec<String> {
    let of_kind = |items: &Items| {
        let path = path.replace("{part}", items.part).replace("{item}", &format!("{{{}}}", items.part));
        match of_forms {
            true => each_of(&path, "{form}", items.forms.iter().map(|form| form.name)),
            false => items.read.map(|_| path).into_iter().collect(),
        }
    };
    ITEMS.iter().flat_map(of_kind).collect()
}

/// Whether an address names a list of things, not a form of the lead.
pub(super) fn is_list(part: &str) -> bool {
    lists().any(|list| list == part)
}

/// Lists the things of a kind, such as the quotes.
pub(super) async fn list(page: &Page<'_>, part: &str) -> Result<Reply, Trouble> {
    let operation = ITEMS.iter().find(|items| items.part == part).and_then(|items| items.list).ok_or(Trouble::NoPage)?;
    let id = page.required("id")?;
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let parts = [("id", id)];
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, list) = futures::try_join!(lead, page.get(operation, &parts, cursor.into_iter().collect()))?;
    let dealer = page.dealer(lead.text("dealer"));
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    let rows = if part == "invitations" { list.get("invitations") } else { list.get("elements") };
    let next = next_page(&list);
    let values = context! { lead => lead.value(), named => lead.get("people").value(), part, rows => rows.value(), next, can => rights(dealer.as_ref()) };
    page.render(200, if part == "communications" { "lead_messages.html" } else { "lead_items.html" }, place, values)
}

/// Returns the cursor of the next page of a list, for an address. It is not in the document of every kind.
pub(super) fn next_page(list: &Data) -> Option<String> {
    list.json()["cursor"].as_str().map(|cursor| form_urlencoded::byte_serialize(cursor.as_bytes()).collect())
}

/// Shows a thing.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let items = items(page)?;
    let read = items.read.ok_or(Trouble::NoPage)?;
    let id = page.required("id")?;
    let parts = [("id", id), (items.key, page.required("item")?)];
    let (lead, item) = futures::try_join!(lead_of(page, items, id), one(page, items, read, &parts))?;
    let dealer = dealer_of(page, &lead);
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    let (title, number) = (title_of(item.json()), id.parse::<LeadId>().map(LeadId::spoken).unwrap_or_default());
    let values = context! { lead => lead.value(), named => lead.get("people").value(), id, number, part => items.part, tab => items.tab, item => item.value(), title };
    page.render(200, "lead_item.html", place, values)
}

/// Reads the lead of a thing. It is `null` for the user of an event or a task who may not see the lead (ESC-4, LEAD-4).
async fn lead_of(page: &Page<'_>, items: &Items, id: &str) -> Result<Data, Unanswered> {
    match page.get(Operation::ReadLead, &[("id", id)], Vec::new()).await {
        // If the thing cannot be read either, that answer is shown.
        Err(Unanswered::Problem(problem)) if problem.status == 404 && items.read.is_some() => Ok(Data::default()),
        answer => answer,
    }
}

/// The dealer of a lead; the user's own dealer if the user may not see the lead.
fn dealer_of(page: &Page<'_>, lead: &Data) -> Option<Data> {
    if lead.is_null() { page.usual_dealer() } else { page.dealer(lead.text("dealer")) }
}

/// Reads a thing. A document that may not be downloaded is read from the list, so that it can be seen, renamed and removed.
async fn one(page: &Page<'_>, items: &Items, read: Operation, parts: &[(&'static str, &str)]) -> Result<Data, Unanswered> {
    let refused = match page.get(read, parts, Vec::new()).await {
        Err(Unanswered::Problem(problem)) if problem.status == 409 => problem,
        other => return other,
    };
    let (Some(list), Some((_, id))) = (items.list, parts.last()) else { return Err(Unanswered::Problem(refused)) };
    let list = page.get(list, &parts[..1], Vec::new()).await?;
    let found = list.get("elements").items().into_iter().find(|item| item.text("id") == *id);
    found.ok_or(Unanswered::Problem(refused))
}

/// Shows or carries out a form of a thing.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let items = items(page)?;
    let name = page.required("form")?;
    if items.part == "communications" && items.forms.iter().any(|form| form.name == name) {
        return messages::of_message(page, name).await;
    }
    let form = items.forms.iter().find(|form| form.name == name).ok_or(Trouble::NoPage)?;
    let (id, item) = (page.required("id")?, page.required("item")?);
    let parts = [("id", id), (items.key, item)];
    let lead = lead_of(page, items, id);
    let (lead, read) = match items.read {
        Some(read) => {
            let (lead, read) = futures::try_join!(lead, one(page, items, read, &parts))?;
            (lead, Some(read))
        }
        None => (lead.await?, None),
    };
    let dealer = dealer_of(page, &lead);
    let object = match &read {
        Some(read) => read.json().clone(),
        None => of_lead(&lead, items.part, item),
    };
    // A deadline or a contact of the lead that was removed has no form. The API answers a form that was sent.
    if page.visit.method != Method::POST && object.is_null() && lead.json()[items.part].is_array() {
        return Err(Trouble::not_found());
    }
    let request = if name == "first-contact-approve" { approval(page, &lead, dealer.as_ref())? } else { None };
    let mut values = page.visit.query.clone();
    values.0.extend(values_of(form.fields, &object, &page.zoned(dealer.as_ref())).0);
    let back = match lead.is_null() {
        true => format!("/desk/leads/{id}/{}/{item}", items.part),
        false => format!("/desk/leads/{id}?tab={}", items.tab),
    };
    // An element has a version of its own; all else is part of the lead, whose version a task also names.
    let version = match items.key {
        "element" => object["version"].as_u64().map(|version| version.to_string()),
        _ => lead.version().or_else(|| read.as_ref().and_then(Data::version)),
    };
    let setting = Setting {
        place: Place { dealer: dealer.as_ref(), active: "leads" },
        parts: &parts,
        back: &back,
        values,
        choices: choices(page, dealer.as_ref(), name),
        version,
        about: request.or_else(|| Some(title_of(&object)).filter(|title| !title.is_empty())).unwrap_or_else(|| about(&lead)),
    };
    match form.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => {
            // A move that a supervisor must grant is only requested.
            let requested = name == "first-contact-move" && answer.json()["deadline"]["requested"].is_object();
            Ok(page.done(page.back(setting.back), if requested { "first-contact-request" } else { name }))
        }
    }
}

/// Returns what an approval is about: who asks for which time, and the present deadline. `None` if nothing is requested any more and the
/// form was sent: the API answers it.
fn approval(page: &Page<'_>, lead: &Data, dealer: Option<&Data>) -> Result<Option<String>, Trouble> {
    let request = &lead.json()["deadline"]["requested"];
    if page.visit.method != Method::POST {
        match (request.is_object(), request["may_approve"] == true) {
            (false, _) => return Err(Trouble::NoPage),
            (true, false) => return Err(Trouble::Forbidden),
            (true, true) => {}
        }
    }
    let zoned = page.zoned(dealer);
    let at = |time: &Json| {
        let time = time.as_str().and_then(|time| DateTime::parse_from_rfc3339(time).ok());
        time.map(|time| zoned.at(time.to_utc())).unwrap_or_default()
    };
    let by = request["by"].as_str().unwrap_or_default();
    let by = by.strip_prefix("user:").unwrap_or(by);
    let people = [lead.get("people").items(), dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default()].concat();
    let name = people.iter().find(|person| person.text("id") == by).map_or(by, |person| person.text("name"));
    let text = page.language.text("lead.approves").unwrap_or_default();
    let text = text.replace("{at}", &at(&request["at"])).replace("{due}", &at(&lead.json()["deadline"]["due"])).replace("{name}", name);
    Ok(request.is_object().then(|| format!("{}. {text}", about(lead))))
}

/// Returns a deadline or a contact of the lead, with the names of the fields of its form.
fn of_lead(lead: &Data, part: &str, id: &str) -> Json {
    let found = lead.json()[part].as_array().into_iter().flatten().find(|item| item["id"] == id);
    let mut object = found.cloned().unwrap_or_default();
    if let Some(phones) = object["phones"].as_array() {
        let typed: Json =
            phones.iter().map(|phone| json!({"number": phone["typed"], "type": phone["kind"], "time": phone["time"]})).collect();
        object["phones"] = typed;
    }
    object
}

/// A thing in a line: its title, its subject, its name or its vehicle.
fn title_of(item: &Json) -> String {
    let own = ["title", "subject", "name"].iter().find_map(|name| item[name].as_str());
    let vehicle = ["make", "model", "trim"].iter().filter_map(|name| item["vehicle"][name].as_str());
    own.map(str::to_owned).unwrap_or_else(|| vehicle.collect::<Vec<_>>().join(" "))
}
