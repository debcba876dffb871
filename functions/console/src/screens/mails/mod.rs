//! The inbox of a dealer: mails that arrived, with the result of reading each; a user makes a lead of a mail without one, or marks it as
//! handled (INT-7).

mod many;

use super::choices::Choices;
use super::{Page, Part, Place, Screen, each_of};
use crate::api::{Data, Download};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, joined, needed};
use crate::reply::Reply;
use crate::screens::quick::{CONTACT_FIELDS, TYPES};
use crate::view::{Language, explained, sentence, translated};
use crate::visit::Pairs;
use forecourt_edge::routes::{Operation, SettingsPart};
use http::Method;
use minijinja::context;
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/mails", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/mails/done", run: |page| Box::pin(many::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/mails/done", run: |page| Box::pin(many::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/mails/{mail}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/mails/{mail}/download", run: |page| Box::pin(download(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/mails/{mail}/{form}", run: |page| Box::pin(change(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/mails/{mail}/{form}", run: |page| Box::pin(change(page)) },
    ],
    templates: &[
        ("mails.html", include_str!("mails.html")),
        ("mail.html", include_str!("mail.html")),
        ("mails_done.html", include_str!("mails_done.html")),
        ("mail_parts.html", include_str!("mail_parts.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |path| path.ends_with("/mails/{mail}/{form}").then(|| each_of(path, "{form}", FORMS.iter().map(|(name, _)| *name))),
};

/// The states by which the list is filtered. Without a choice, the mails of the first state are shown.
const STATES: [&str; 3] = ["open", "handled", "all"];

const fn form(name: &'static str, operation: Operation, fields: &'static [Field], versioned: bool) -> Form {
    Form { name, operation, fields, versioned, dangerous: false }
}

/// The fields of a lead that is made of a mail.
const LEAD: &[Field] = &joined::<8>(&[
    &CONTACT_FIELDS,
    &[needed("type", Kind::Choice(TYPES)), field("source", Kind::Line(100)), field("message", Kind::Text(10_000))],
]);

/// The forms of a mail, by the last part of their address.
const FORMS: &[(&str, Form)] = &[
    ("lead", form("mail_lead", Operation::MakeLeadOfMail, LEAD, false)),
    ("handled", form("mail_handled", Operation::CompleteMail, &[], true)),
    ("reopen", form("mail_reopen", Operation::ReopenMail, &[], true)),
];
/// The suggested values for a lead, by the fields of its form.
const SUGGESTED: [(&str, &str); 8] = [
    ("contact.first_name", "first_name"),
    ("contact.last_name", "last_name"),
    ("contact.company", "company"),
    ("contact.phone", "phone"),
    ("contact.email", "email"),
    ("type", "type"),
    ("source", "source"),
    ("message", "message"),
];

/// The mails of a dealer, newest first.
async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let query = &page.visit.query;
    let state = STATES.into_iter().find(|state| query.get("state") == Some(*state)).unwrap_or(STATES[0]);
    let cursor = query.get("cursor").unwrap_or_default().to_owned();
    let first = (!cursor.is_empty()).then(|| format!("?state={state}"));
    let asked = vec![("state", state.to_owned()), ("cursor", cursor)];
    let read = page.get(Operation::ListMails, &[("dealer", id)], asked).await?;
    let mails = read.get("mails");
    let is_empty = mails.items().is_empty();
    let address = if is_empty && first.is_none() { address(page, &dealer).await } else { None };
    let next = Some(read.text("cursor")).filter(|cursor| !cursor.is_empty());
    let next =
        next.map(|cursor| format!("?state={state}&cursor={}", form_urlencoded::byte_serialize(cursor.as_bytes()).collect::<String>()));
    let values = context! {
        mails => mails.value(), is_empty, named => read.get("people").value(), states => STATES, state, first, next, address,
        decides => state == STATES[0] && dealer.get("can").contains("work_leads"),
    };
    page.render(200, "mails.html", Place { dealer: Some(&dealer), active: "leads" }, values)
}

/// Returns the address at which the dealer gets mail. `None` if there is none, or if the user may not read the settings.
async fn address(page: &Page<'_>, dealer: &Data) -> Option<String> {
    if !dealer.get("can").contains("read_settings") {
        return None;
    }
    let mailbox = Operation::ReadPart(SettingsPart::Mailbox);
    let read = page.get(mailbox, &[("dealer", dealer.text("id"))], Vec::new()).await.ok()?;
    Some(read.text("mail_address").to_owned()).filter(|address| !address.is_empty())
}

/// A mail with its text and its files.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, wanted) = (page.required("dealer")?, page.required("mail")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let mail = page.get(Operation::ReadMail, &[("dealer", id), ("mail", wanted)], Vec::new()).await?;
    let can = dealer.get("can");
    let works = can.contains("work_leads");
    // A mail that is a lead already needs no decision.
    let is_free = !matches!(mail.get("outcome").text("kind"), "leads" | "answer");
    let may = context! {
        lead => works && can.contains("submit_leads") && !mail.get("suggested").is_null(),
        handle => works && is_free && mail.text("state") == "open",
        reopen => works && is_free && mail.text("state") == "handled" && mail.get("leads").items().is_empty(),
    };
    let values = context! {
        mail => mail.value(), named => mail.get("people").value(), may, tries => can.contains("read_settings") && !mail.get("raw").is_null(),
        base => format!("/desk/d/{id}/mails"), detail => reasons(page.language, mail.get("outcome").text("detail")),
    };
    page.render(200, "mail.html", Place { dealer: Some(&dealer), active: "leads" }, values)
}

/// Returns the reasons of an outcome in words. The refusals of an enquiry name their fields: `contact.email: must be an e-mail address`.
fn reasons(language: Language, detail: &str) -> Vec<String> {
    if let Some(whole) = translated(language, detail) {
        return vec![sentence(&whole)];
    }
    let of_field = |part: &str| {
        let (field, why) = part.split_once(": ")?;
        let name = language.text(&format!("form.mail_lead.field.{field}")).unwrap_or(field);
        Some(format!("{name}: {}", translated(language, why)?))
    };
    detail
        .split("; ")
        .filter(|part| !part.is_empty())
        .map(|part| sentence(&of_field(part).unwrap_or_else(|| explained(language, part))))
        .collect()
}

/// The mail as it arrived, as a file; a large one by a link.
async fn download(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, wanted) = (page.required("dealer")?, page.required("mail")?);
    page.dealer(id).ok_or(Trouble::NoPage)?;
    let file = page.download(Operation::ReadRawMail, &[("dealer", id), ("mail", wanted)], Vec::new()).await?;
    Ok(match file {
        Download::Link(link) => Reply::redirect(link),
        Download::File { media_type, bytes, .. } => Reply::attachment(&media_type, &format!("{wanted}.eml"), bytes),
    })
}

/// Shows or carries out a form of a mail.
async fn change(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = FORMS.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let (id, wanted) = (page.required("dealer")?, page.required("mail")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id), ("mail", wanted)];
    let mail = page.get(Operation::ReadMail, &parts, Vec::new()).await?;
    let all = format!("/desk/d/{id}/mails");
    let own = format!("{all}/{wanted}");
    let suggested = mail.get("suggested");
    if name == "lead" && page.visit.method == Method::GET && suggested.is_null() {
        return Ok(Reply::redirect(own));
    }
    let about = [mail.text("from"), mail.text("subject")].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "leads" },
        parts: &parts,
        // A mail that is handled leaves the list, where the next one waits.
        back: if name == "handled" { &all } else { &own },
        values: if name == "lead" { values(&suggested) } else { Pairs::default() },
        choices: BTreeMap::<_, Choices>::new(),
        version: mail.version(),
        about,
    };
    match form.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(made) if name == "lead" && !made.text("id").is_empty() => {
            Ok(page.done(&format!("/desk/leads/{}", made.text("id")), form.name))
        }
        Sent::Done(_) => Ok(page.done(page.back(setting.back), form.name)),
    }
}

/// The values with which the form of a lead begins.
fn values(suggested: &Data) -> Pairs {
    let of = |(field, name): (&str, &str)| Some((field.to_owned(), suggested.text(name).to_owned())).filter(|(_, value)| !value.is_empty());
    Pairs(SUGGESTED.into_iter().filter_map(of).collect())
}
