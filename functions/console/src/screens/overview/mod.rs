//! The overview of leads: response times, in time and late, escalations, won and lost, by seller, source and dealer, and
//! the yield of follow-up plans.

use super::charts::{self, Filters};
use super::{Page, Part, Place, Screen, group, views};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::cmp::Reverse;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/overview", run: |page| Box::pin(of_dealer(page)) },
        Screen { method: "GET", path: "/desk/group/overview", run: |page| Box::pin(overview(page, None)) },
    ],
    templates: &[("overview.html", include_str!("overview.html")), ("overview_plans.html", include_str!("overview_plans.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The filters, which are parameters of the API by the same names.
const FILTERS: [&str; 5] = ["dealer", "user", "source", "received_from", "received_until"];

async fn of_dealer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    overview(page, Some(&dealer)).await
}

/// The overview of a dealer, or of all dealers of the user.
async fn overview(page: &Page<'_>, dealer: Option<&Data>) -> Result<Reply, Trouble> {
    let filters = Filters::read(page, dealer, &FILTERS, "received_from");
    let asked = async {
        match dealer {
            Some(_) => page.get(Operation::ListViews, &[], Vec::new()).await.map(Some),
            None => Ok(None),
        }
    };
    let overview = page.get(Operation::LeadOverview, &[], filters.query(dealer));
    let plans = page.get(Operation::PlanFigures, &[], filters.query(dealer));
    let (found, plans, asked) = futures::join!(overview, plans, asked);
    let saved = dealer.zip(asked?).map(|(dealer, saved)| views::bar(page, dealer.text("id"), &saved, &["overview"]));
    let (status, found, problems) = match found {
        Ok(found) => (200, Some(found), Vec::new()),
        Err(Unanswered::Problem(problem)) if problem.status == 422 => (422, None, charts::refusals(page, &problem)),
        Err(other) => return Err(other.into()),
    };
    let plans = match plans {
        Err(Unanswered::Problem(problem)) if problem.status == 422 => None,
        plans => Some(plans?),
    };
    let values = filters.values();
    let chosen: Vec<String> = values.get("dealer").map(|ids| ids.split(',').map(|id| id.trim().to_owned()).collect()).unwrap_or_default();
    let by = |name: &str| found.as_ref().map(|found| by_number(&found.get(name))).unwrap_or_default();
    let more = context! {
        all => found.as_ref().map_or(Value::from(()), |found| found.get("leads").value()),
        saved,
        problems,
        plans => plans.as_ref().map_or(Value::from(()), |plans| plans.get("plans").value()),
        users => by("users"),
        sources => by("sources"),
        sites_of_leads => by("dealers"),
        chosen,
        usual => filters.usual,
        filtered => filters.any_but(&[]),
        export => page.may_export(dealer).then(|| filters.export("leads", dealer)),
        group => dealer.is_none(),
        tabs => group::tabs(page),
        sites => charts::sites(page),
        colleagues => charts::people(page),
    };
    let usual = page.usual_dealer();
    let place = match dealer {
        Some(dealer) => Place { dealer: Some(dealer), active: "overview" },
        None => Place { dealer: usual.as_ref(), active: "" },
    };
    page.render(status, "overview.html", place, context! { filters => values, ..more })
}

/// Returns the counts by name, the one with the most leads first.
fn by_number(counts: &Data) -> Vec<Value> {
    let names = counts.json().as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let mut all: Vec<(u64, &str)> =
        names.map(|name| (counts.get(name).get("received").json().as_u64().unwrap_or_default(), name)).collect();
    all.sort_by_key(|(number, name)| (Reverse(*number), *name));
    all.into_iter().map(|(_, name)| context! { id => name, counts => counts.get(name).value() }).collect()
}
