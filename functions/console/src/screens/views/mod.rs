//! Saved views: lists with their filters. The pinned ones stand above the list.

use super::{Page, Part, Place, Screen};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, Setting, field, needed};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/views", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/views/new", run: |page| Box::pin(save(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/views/new", run: |page| Box::pin(save(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/views/{view}", run: |page| Box::pin(change(page, &CHANGE)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/views/{view}", run: |page| Box::pin(change(page, &CHANGE)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/views/{view}/remove", run: |page| Box::pin(change(page, &REMOVE)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/views/{view}/remove", run: |page| Box::pin(change(page, &REMOVE)) },
    ],
    templates: &[("views.html", include_str!("views.html")), ("views_list.html", include_str!("list.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The parameters that are no part of a view.
const PASSING: [&str; 2] = ["cursor", "done"];
const FIELDS: &[Field] = &[
    needed("name", Kind::Line(60)),
    field("pinned", Kind::Tick),
    field("screen", Kind::Hidden),
    field("query", Kind::Hidden),
    field("dealer", Kind::Hidden),
];
const SAVE: Form = Form { name: "view_save", operation: Operation::SaveView, fields: FIELDS, versioned: false, dangerous: false };
const CHANGE: Form = Form { name: "view_change", versioned: true, ..SAVE };
const REMOVE: Form = Form { name: "view_remove", operation: Operation::RemoveView, fields: &[], versioned: true, dangerous: true };

/// The values of `views.html` as `saved`, which a list includes: the user's views of `screens` at a dealer, and the address that saves this
/// page as a view. The first of `screens` is the page itself. `views` is the answer of `GET /me/views`.
pub(super) fn bar(page: &Page<'_>, dealer: &str, views: &Data, screens: &[&str]) -> Value {
    let query = page.visit.query.encode_without(&PASSING);
    let own = screens.first().copied().unwrap_or_default();
    let views = views.get("views").items();
    let of_place = views.iter().filter(|view| screens.contains(&view.text("screen")) && ["", dealer].contains(&view.text("dealer")));
    let views: Vec<Value> = of_place
        .map(|view| {
            context! {
                name => view.text("name"),
                pinned => view.get("pinned").value(),
                address => address(dealer, view),
                is_shown => view.text("screen") == own && view.text("query") == query,
            }
        })
        .collect();
    let here = page.visit.address();
    let save = [("screen", own), ("query", query.as_str()), ("back", here.as_str()), ("pinned", "on")];
    let save = form_urlencoded::Serializer::new(String::new()).extend_pairs(save).finish();
    context! {
        views,
        all => format!("/desk/d/{dealer}/{own}"),
        is_all => query.is_empty(),
        save => format!("/desk/d/{dealer}/views/new?{save}"),
        manage => format!("/desk/d/{dealer}/views"),
    }
}

fn address(dealer: &str, view: &Data) -> String {
    format!("/desk/d/{dealer}/{}?{}", view.text("screen"), view.text("query"))
}

/// Lists the views of the user.
async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let views = page.get(Operation::ListViews, &[], Vec::new()).await?.get("views").items();
    let row = |view: &Data| {
        let place = view.text("dealer");
        context! {
            id => view.text("id"),
            name => view.text("name"),
            screen => view.text("screen"),
            pinned => view.get("pinned").value(),
            address => address(if place.is_empty() { id } else { place }, view),
            place => page.dealer(place).map(|dealer| dealer.text("name").to_owned()),
        }
    };
    let rows: Vec<Value> = views.iter().map(row).collect();
    page.render(200, "views_list.html", Place { dealer: Some(&dealer), active: "" }, context! { rows })
}

/// Shows or carries out the form of a new view.
async fn save(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let mut values = page.visit.query.clone();
    values.0.push(("dealer".to_owned(), id.to_owned()));
    // The key of the form names the view, so that a repeat saves the same view.
    let view = format!("view-{}", page.visit.form.get("key").unwrap_or_default().to_ascii_lowercase());
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "" },
        parts: &[("view", &view)],
        back: &format!("/desk/d/{id}/views"),
        values,
        choices: BTreeMap::new(),
        version: None,
        about: page.language.text("views.about").unwrap_or_default().to_owned(),
    };
    SAVE.answer(page, &setting).await
}

/// Shows or carries out a form of a view.
async fn change(page: &Page<'_>, form: &Form) -> Result<Reply, Trouble> {
    let (id, view_id) = (page.required("dealer")?, page.required("view")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let views = page.get(Operation::ListViews, &[], Vec::new()).await?.get("views").items();
    let view = views.iter().find(|view| view.text("id") == view_id).ok_or(Trouble::NoPage)?;
    let pinned = if view.get("pinned").json().as_bool() == Some(true) { "on" } else { "" };
    let texts = ["name", "screen", "query", "dealer"].map(|name| (name, view.text(name)));
    let values = texts.into_iter().chain([("pinned", pinned)]).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "" },
        parts: &[("view", view_id)],
        back: &format!("/desk/d/{id}/views"),
        values: Pairs(values.collect()),
        choices: BTreeMap::new(),
        version: view.get("version").json().as_u64().map(|version| version.to_string()),
        about: view.text("name").to_owned(),
    };
    form.answer(page, &setting).await
}
