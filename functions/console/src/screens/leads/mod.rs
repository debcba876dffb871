//! The list of a dealer's leads, newest first. Its filters are in the address.

use super::{Page, Part, Place, Screen};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::context;

pub(super) const PART: Part = Part {
    screens: &[Screen { method: "GET", path: "/desk/d/{dealer}/leads", run: |page| Box::pin(list(page)) }],
    templates: &[("leads.html", include_str!("leads.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
};

/// The filters, which are parameters of the API by the same names.
pub(super) const FILTERS: [&str; 9] = ["status", "owner", "type", "source", "from", "until", "overdue", "q", "cursor"];
/// The leads of a page.
pub(super) const ROWS: &str = "50";

async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let set = |name: &'static str| page.visit.query.get(name).map(|value| (name, value.to_owned()));
    let mut query: Vec<_> = FILTERS.into_iter().filter_map(set).collect();
    let filters: std::collections::BTreeMap<_, _> = query.iter().cloned().collect();
    query.push(("limit", ROWS.to_owned()));
    let leads = page.get(Operation::ListLeads, &[("dealer", id)], query).await?;
    let next = leads.text("cursor");
    let next = (!next.is_empty()).then(|| {
        let kept = page.visit.query.encode_without(&["cursor", "done"]);
        let cursor = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        format!("?{kept}{}cursor={cursor}", if kept.is_empty() { "" } else { "&" })
    });
    let filtered = filters.keys().any(|name| *name != "cursor");
    let place = Place { dealer: Some(&dealer), active: "leads" };
    page.render(200, "leads.html", place, context! { leads => leads.get("leads").value(), filters, filtered, next })
}
