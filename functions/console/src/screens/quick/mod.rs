//! Quick add from anywhere: what can be added, a new enquiry, a task for a lead. With it the list of all keys.

use super::calendar::plan;
use super::{Page, Part, Place, Screen};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Sent, Setting, field, joined, needed};
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::context;
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/keys", run: |page| Box::pin(std::future::ready(keys(page))) },
        Screen { method: "GET", path: "/desk/d/{dealer}/new", run: |page| Box::pin(std::future::ready(choose(page))) },
        Screen { method: "GET", path: "/desk/d/{dealer}/new/lead", run: |page| Box::pin(lead(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/new/lead", run: |page| Box::pin(lead(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/new/task", run: |page| Box::pin(plan::choose(page)) },
    ],
    templates: &[("quick_new.html", include_str!("new.html")), ("quick_keys.html", include_str!("keys.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The kinds of enquiries, as the API names them.
pub(super) const TYPES: &[&str] = &["new_car", "used_car", "trade_in", "test_drive", "service", "other"];

/// The fields of the customer of a new enquiry.
pub(super) const CONTACT_FIELDS: [Field; 5] = [
    field("contact.first_name", Kind::Line(100)),
    field("contact.last_name", Kind::Line(100)),
    field("contact.company", Kind::Line(200)),
    field("contact.phone", Kind::Phone),
    field("contact.email", Kind::Email),
];

/// An enquiry that came by telephone, at the counter, or on paper.
const LEAD: Form = Form {
    name: "quick_lead",
    operation: Operation::SubmitLead,
    fields: &joined::<11>(&[
        &CONTACT_FIELDS,
        &[
            needed("type", Kind::Choice(TYPES)),
            field("vehicle.make", Kind::Line(200)),
            field("vehicle.model", Kind::Line(200)),
            field("vehicle.plate", Kind::Line(200)),
            field("source", Kind::Line(100)),
            field("message", Kind::Text(10_000)),
        ],
    ]),
    versioned: false,
    dangerous: false,
};

/// Lists the keys. They are those of the dealer that the user chose last.
fn keys(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.usual_dealer();
    let back = page.back(crate::sign_in::HOME);
    page.render(200, "quick_keys.html", Place { dealer: dealer.as_ref(), active: "" }, context! { back })
}

/// Offers what the user may add.
fn choose(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let back = page.back(crate::sign_in::HOME);
    page.render(200, "quick_new.html", Place { dealer: Some(&dealer), active: "" }, context! { back })
}

/// Shows the form of a new enquiry, or sends it and leads to the lead. A user who may not read the lead returns to the page before.
async fn lead(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "" },
        parts: &[("dealer", id)],
        back: crate::sign_in::HOME,
        values: page.visit.query.clone(),
        choices: BTreeMap::new(),
        version: None,
        about: page.language.text("quick.about_lead").unwrap_or_default().to_owned(),
    };
    match LEAD.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(made) => {
            let own = format!("/desk/leads/{}", made.text("id"));
            Ok(page.done(if made.text("id").is_empty() { page.back(setting.back) } else { &own }, LEAD.name))
        }
    }
}
