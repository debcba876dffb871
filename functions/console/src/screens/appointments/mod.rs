//! Appointments: the overview with its boxes, charts and grid, the page of an appointment, and its forms.

mod days;
mod forms;
mod free_times;

use super::charts::{self, Filters};
use super::{Page, Part, Place, Screen, group, views};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/appointments", run: |page| Box::pin(of_dealer(page)) },
        Screen { method: "GET", path: "/desk/group/appointments", run: |page| Box::pin(overview(page, None)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/appointments/new", run: |page| Box::pin(forms::create(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/appointments/new", run: |page| Box::pin(forms::create(page)) },
        Screen { method: "GET", path: "/desk/appointments/{id}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/appointments/{id}/{form}", run: |page| Box::pin(forms::answer(page)) },
        Screen { method: "POST", path: "/desk/appointments/{id}/{form}", run: |page| Box::pin(forms::answer(page)) },
    ],
    templates: &[
        ("appointments.html", include_str!("appointments.html")),
        ("appointment.html", include_str!("appointment.html")),
        ("appointment_grid.html", include_str!("appointment_grid.html")),
        ("appointment_new.html", include_str!("appointment_new.html")),
        ("appointment_link.html", include_str!("appointment_link.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: forms::addresses,
};

/// The filters, the order and the size of a page, which are parameters of the API by the same names.
const FILTERS: [&str; 14] = [
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
    "sort",
    "limit",
];
/// The filters that select no appointments.
const ARRANGEMENT: [&str; 2] = ["sort", "limit"];
/// The orders of the grid.
const ORDERS: [&str; 4] = ["created_desc", "created_asc", "appointment_desc", "appointment_asc"];
/// The rows of a page, unless the user chooses more.
const ROWS: &str = "50";

async fn of_dealer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    overview(page, Some(&dealer)).await
}

/// The overview of a dealer, or of all dealers of the user.
async fn overview(page: &Page<'_>, dealer: Option<&Data>) -> Result<Reply, Trouble> {
    let filters = Filters::read(page, dealer, &FILTERS, "created_from");
    let mut query = filters.query(dealer);
    if !filters.values().contains_key("limit") {
        query.push(("limit", ROWS.to_owned()));
    }
    let cursor = page.visit.query.get("cursor").map(str::to_owned);
    let later = cursor.is_some();
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    let asked = async {
        match dealer {
            Some(_) => page.get(Operation::ListViews, &[], Vec::new()).await.map(Some),
            None => Ok(None),
        }
    };
    let (found, asked) = futures::join!(page.get(Operation::AppointmentOverview, &[], query), asked);
    let saved = dealer.zip(asked?).map(|(dealer, saved)| views::bar(page, dealer.text("id"), &saved, &["appointments"]));
    let (status, found, problems) = match found {
        Ok(found) => (200, Some(found), Vec::new()),
        Err(Unanswered::Problem(problem)) if problem.status == 422 => (422, None, charts::refusals(page, &problem)),
        Err(other) => return Err(other.into()),
    };
    let path = page.visit.path.as_str();
    let chart = found.as_ref().map(|found| days::chart(&found.get("days"), page.zoned(dealer)));
    let next = found.as_ref().map(|found| found.text("cursor").to_owned()).filter(|cursor| !cursor.is_empty());
    let orders: BTreeMap<&str, String> = ORDERS.into_iter().map(|order| (order, filters.address(path, "sort", order))).collect();
    let values = filters.values();
    let chosen: Vec<String> = values.get("dealer").map(|ids| ids.split(',').map(|id| id.trim().to_owned()).collect()).unwrap_or_default();
    let more = context! {
        overview => found.as_ref().map_or(Value::from(()), Data::value),
        saved,
        problems,
        chart,
        chosen,
        orders,
        order => values.get("sort").map_or(ORDERS[0], String::as_str),
        limit => values.get("limit").map_or(ROWS, String::as_str),
        next => next.map(|cursor| filters.address(path, "cursor", &cursor)),
        first => later.then(|| filters.address(path, "sort", values.get("sort").map_or(ORDERS[0], String::as_str))),
        usual => filters.usual,
        filtered => filters.any_but(&ARRANGEMENT),
        export => page.may_export(dealer).then(|| filters.export("appointments", dealer)),
        figures => filters.address(&format!("{path}/figures"), "date", "created"),
        origins => charts::ORIGINS.to_vec(),
        kinds => charts::KINDS.to_vec(),
        teams => charts::TEAMS.to_vec(),
        attendances => charts::ATTENDANCES.to_vec(),
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
    page.render(status, "appointments.html", place, context! { filters => values, ..more })
}

/// The page of an appointment.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let appointment = page.get(Operation::ReadAppointment, &[("id", id)], Vec::new()).await?;
    let dealer = page.dealer(appointment.text("dealer"));
    let works = dealer.as_ref().is_some_and(|dealer| dealer.get("can").contains("work_appointments"));
    let reads_leads = dealer.as_ref().is_some_and(|dealer| dealer.get("can").contains("read_leads"));
    let place = Place { dealer: dealer.as_ref(), active: "appointments" };
    let named = appointment.get("people").value();
    let zoned = page.zoned(dealer.as_ref());
    let at = appointment.text("at").parse::<chrono::DateTime<chrono::Utc>>().ok();
    let open = appointment.text("state") != "cancelled" && appointment.text("attendance") == "unknown";
    let values = context! {
        appointment => appointment.value(),
        named,
        works,
        reads_leads,
        sites => charts::sites(page),
        back => page.back(""),
        today => at.is_some_and(|at| zoned.date(at) == zoned.date(zoned.now)),
        to_come => open && at.is_some_and(|at| at > zoned.now),
    };
    page.render(200, "appointment.html", place, values)
}
