//! A dealer's leads: the list, newest first, and the board by status. Their filters are in the address.

pub(super) mod board;
mod bulk;

use super::choices::event_types;
use super::{Page, Part, Place, Screen, views};
use crate::api::Unanswered;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/leads", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/plan", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/plan", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/complete", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/complete", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/move", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/move", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/assign", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/assign", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/status", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/status", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/follow-up", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/leads/follow-up", run: |page| Box::pin(bulk::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/bulk", run: |page| Box::pin(bulk::choose(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/leads/bulk/{bulk}", run: |page| Box::pin(bulk::progress(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/board", run: |page| Box::pin(board::show(page)) },
    ],
    templates: &[
        ("leads.html", include_str!("leads.html")),
        ("acts.html", include_str!("acts.html")),
        ("leads_filters.html", include_str!("filters.html")),
        ("leads_board.html", include_str!("board.html")),
        ("leads_bulk.html", include_str!("bulk.html")),
        ("leads_bulk_progress.html", include_str!("progress.html")),
        ("leads_bar.html", include_str!("bar.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The filters and the place of the list, which are parameters of the API by the same names.
const FILTERS: [&str; 11] = ["status", "owner", "type", "source", "from", "until", "overdue", "action_type", "action_user", "q", "cursor"];
/// The leads of a page.
const ROWS: &str = "50";

async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let mut query = parameters(&page.visit.query, &FILTERS);
    query.push(("limit", ROWS.to_owned()));
    let parts = [("dealer", id)];
    let (leads, saved) =
        futures::try_join!(page.get(Operation::ListLeads, &parts, query), page.get(Operation::ListViews, &[], Vec::new()))?;
    let values = context! {
        leads => leads.get("leads").value(),
        next => next(page, leads.text("cursor")),
        saved => views::bar(page, id, &saved, &["leads", "board"]),
    };
    let place = Place { dealer: Some(&dealer), active: "leads" };
    page.render(200, "leads.html", place, context! { ..values, ..filters(page, &FILTERS) })
}

/// Returns the leads of a page of the list, for the way from one to the next.
pub(super) async fn ids(page: &Page<'_>, dealer: &str, filters: &Pairs) -> Result<Vec<String>, Unanswered> {
    let mut query = parameters(filters, &FILTERS);
    query.push(("limit", ROWS.to_owned()));
    let list = page.get(Operation::ListLeads, &[("dealer", dealer)], query).await?;
    Ok(list.get("leads").items().iter().map(|lead| lead.text("id").to_owned()).collect())
}

/// Returns the parameters of an address that the API takes by the same names.
fn parameters(address: &Pairs, names: &[&'static str]) -> Vec<(&'static str, String)> {
    names.iter().filter_map(|name| address.get(name).map(|value| (*name, value.to_owned()))).collect()
}

/// The address of the next page.
fn next(page: &Page<'_>, cursor: &str) -> Option<String> {
    let kept = page.visit.query.encode_without(&["cursor", "done"]);
    let cursor = form_urlencoded::byte_serialize(cursor.as_bytes()).collect::<String>();
    (!cursor.is_empty()).then(|| format!("?{kept}{}cursor={cursor}", if kept.is_empty() { "" } else { "&" }))
}

/// The values of `leads_filters.html`: the filters, and for each that is set the address without it.
fn filters(page: &Page<'_>, names: &[&'static str]) -> Value {
    let mut set = parameters(&page.visit.query, names);
    set.retain(|(name, _)| *name != "cursor");
    let chip = |(name, value): &(&'static str, String)| {
        let without = page.visit.query.encode_without(&[*name, "cursor", "done"]);
        context! { name => *name, value => value.as_str(), without => format!("{}?{without}", page.visit.path) }
    };
    let chips: Vec<Value> = set.iter().map(chip).collect();
    let filtered = !chips.is_empty();
    let dealer = page.required("dealer").ok().and_then(|id| page.dealer(id));
    let types = event_types(page.language, dealer.as_ref());
    let types: Vec<Value> = types.iter().map(|(value, text)| context! { value, text }).collect();
    context! { types, filters => set.into_iter().collect::<BTreeMap<_, _>>(), filtered, chips }
}
