//! A dealer's leads: the list, newest first, and the board by status. Their filters are in the address.

mod board;
mod plan;

use super::{Page, Part, Place, Screen, views};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/leads", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/plan", run: |page| Box::pin(plan::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/plan", run: |page| Box::pin(plan::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/board", run: |page| Box::pin(board::show(page)) },
    ],
    templates: &[
        ("leads.html", include_str!("leads.html")),
        ("leads_filters.html", include_str!("filters.html")),
        ("leads_board.html", include_str!("board.html")),
        ("leads_plan.html", include_str!("plan.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The filters and the place of the list, which are parameters of the API by the same names.
pub(super) const FILTERS: [&str; 9] = ["status", "owner", "type", "source", "from", "until", "overdue", "q", "cursor"];
/// The leads of a page.
pub(super) const ROWS: &str = "50";

async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let mut query = parameters(page, &FILTERS);
    query.push(("limit", ROWS.to_owned()));
    let parts = [("dealer", id)];
    let (leads, saved) =
        futures::try_join!(page.get(Operation::ListLeads, &parts, query), page.get(Operation::ListViews, &[], Vec::new()))?;
    let values = context! {
        leads => leads.get("leads").value(),
        next => next(page, leads.text("cursor")),
        bar => views::bar(page, id, &saved, &["leads", "board"]),
    };
    let place = Place { dealer: Some(&dealer), active: "leads" };
    page.render(200, "leads.html", place, context! { ..values, ..filters(page, &FILTERS) })
}

/// Returns the parameters of the address that the API takes by the same names.
fn parameters(page: &Page<'_>, names: &[&'static str]) -> Vec<(&'static str, String)> {
    names.iter().filter_map(|name| page.visit.query.get(name).map(|value| (*name, value.to_owned()))).collect()
}

/// The address of the next page.
fn next(page: &Page<'_>, cursor: &str) -> Option<String> {
    let kept = page.visit.query.encode_without(&["cursor", "done"]);
    let cursor = form_urlencoded::byte_serialize(cursor.as_bytes()).collect::<String>();
    (!cursor.is_empty()).then(|| format!("?{kept}{}cursor={cursor}", if kept.is_empty() { "" } else { "&" }))
}

/// The values of `leads_filters.html`: the filters, and for each that is set the address without it.
fn filters(page: &Page<'_>, names: &[&'static str]) -> Value {
    let mut set = parameters(page, names);
    set.retain(|(name, _)| *name != "cursor");
    let chip = |(name, value): &(&'static str, String)| {
        let without = page.visit.query.encode_without(&[*name, "cursor", "done"]);
        context! { name => *name, value => value.as_str(), without => format!("{}?{without}", page.visit.path) }
    };
    let chips: Vec<Value> = set.iter().map(chip).collect();
    let filtered = !chips.is_empty();
    context! { filters => set.into_iter().collect::<BTreeMap<_, _>>(), filtered, chips }
}
