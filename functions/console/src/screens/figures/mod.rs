//! The figures of appointments: made, confirmed, shown and sold, by each dimension, compared with the period before (OVR-5).

use super::charts::{self, Filters};
use super::{Page, Part, Place, Screen, group};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/appointments/figures", run: |page| Box::pin(of_dealer(page)) },
        Screen { method: "GET", path: "/desk/group/appointments/figures", run: |page| Box::pin(figures(page, None)) },
    ],
    templates: &[("figures.html", include_str!("figures.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The filters, which are parameters of the API by the same names.
const FILTERS: [&str; 13] = [
    "dealer",
    "user",
    "maker",
    "team",
    "lead",
    "origin",
    "kind",
    "attendance",
    "created_from",
    "created_until",
    "appointment_from",
    "appointment_until",
    "date",
];
/// The dimensions whose rows are filters of the same page, with the name of the filter.
const DIMENSIONS: [(&str, &str); 5] = [("users", "user"), ("makers", "maker"), ("teams", "team"), ("kinds", "kind"), ("sources", "")];

async fn of_dealer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    figures(page, Some(&dealer)).await
}

/// The figures of a dealer, or of all dealers of the user.
async fn figures(page: &Page<'_>, dealer: Option<&Data>) -> Result<Reply, Trouble> {
    let filters = Filters::read(page, dealer, &FILTERS, "created_from");
    let values = filters.values();
    let by_visit = values.get("date").is_some_and(|date| date == "appointment");
    let begins = if by_visit { "appointment_from" } else { "created_from" };
    let mut query = filters.query(dealer);
    query.extend(values.contains_key(begins).then(|| ("compare", "previous".to_owned())));
    let (status, found, problems) = match page.get(Operation::AppointmentFigures, &[], query).await {
        Ok(found) => (200, Some(found), Vec::new()),
        Err(Unanswered::Problem(problem)) if problem.status == 422 => (422, None, charts::refusals(page, &problem)),
        Err(other) => return Err(other.into()),
    };
    let path = page.visit.path.as_str();
    let row = |filter: &'static str, row: &Data| {
        let id = row.text("id");
        let address = (!filter.is_empty() && !id.is_empty()).then(|| filters.address(path, filter, id));
        context! { id, address, counts => row.get("counts").value(), previous => row.get("previous").value() }
    };
    let tables = found.as_ref().map(|found| {
        let of = |(name, filter): (&'static str, &'static str)| {
            let rows: Vec<Value> = found.get(name).items().iter().map(|each| row(filter, each)).collect();
            context! { name, rows }
        };
        DIMENSIONS.into_iter().chain(dealer.is_none().then_some(("dealers", "dealer"))).map(of).collect::<Vec<Value>>()
    });
    let listed = |name: &str| values.get(name).map(|all| all.split(',').map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
    let more = context! {
        figures => found.as_ref().map_or(Value::from(()), Data::value),
        tables,
        problems,
        compared => values.contains_key(begins),
        by_visit,
        chosen => listed("dealer"),
        chosen_users => listed("user"),
        chosen_kinds => listed("kind"),
        filtered => filters.any_but(&["date"]),
        overview => filters.address(path.trim_end_matches("/figures"), "sort", "created_desc"),
        teams => charts::TEAMS.to_vec(),
        kinds => charts::KINDS.to_vec(),
        group => dealer.is_none(),
        tabs => group::tabs(page),
        mine => page.me.text("role") == "seller",
        sites => charts::sites(page),
        colleagues => charts::people(page),
    };
    let usual = page.usual_dealer();
    let place = match dealer {
        Some(dealer) => Place { dealer: Some(dealer), active: "appointments" },
        None => Place { dealer: usual.as_ref(), active: "" },
    };
    page.render(status, "figures.html", place, context! { filters => values, ..more })
}
