//! The free times beside the form of a new appointment, and the leads that a new appointment can be linked to.

use super::super::Page;
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::More;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The template of the form.
pub(super) const TEMPLATE: &str = "appointment_new.html";
/// The days that are shown at once.
const DAYS: &str = "3";

/// Returns the free times from the typed day on, for the typed kind and person.
pub(super) async fn around<'a>(page: &Page<'_>, dealer: &Data, typed: &Pairs) -> Result<More<'a>, Trouble> {
    let zoned = page.zoned(Some(dealer));
    let today = zoned.date(zoned.now).to_string();
    let day = typed.get("at").and_then(|at| at.split('T').next()).filter(|day| *day >= today.as_str()).unwrap_or(&today).to_owned();
    let mut query = vec![("date", day), ("days", DAYS.to_owned())];
    query.extend(["kind", "user"].into_iter().filter_map(|name| Some((name, typed.get(name)?.to_owned()))));
    let found = match page.get(Operation::FreeTimes, &[("dealer", dealer.text("id"))], query).await {
        Ok(found) => found.value(),
        // What is typed can be a value that the API does not know. The form itself says so when it is sent.
        Err(Unanswered::Problem(problem)) if problem.status == 422 => Value::from(()),
        Err(other) => return Err(other.into()),
    };
    let user = typed.get("user").map(str::to_owned);
    Ok(More { template: Some(TEMPLATE), beside: context! { free => found, user }, ..More::default() })
}

/// Returns the address of the form that links the appointment at `own` to one of the proposed leads.
pub(super) fn link_of(own: &str, proposed: &[Data], back: &str) -> String {
    let of = |lead: &Data| ("proposed".to_owned(), format!("{} {}", lead.text("number"), lead.text("vehicle")));
    let pairs = proposed.iter().map(of).chain([("back".to_owned(), back.to_owned())]);
    format!("{own}/link?{}", Pairs(pairs.collect()).encode_without(&[]))
}

/// Returns the proposed leads, each with number and vehicle: those of the address, otherwise those of the appointment.
pub(super) fn proposed(page: &Page<'_>, appointment: &Data) -> Value {
    let of_address = page.visit.query.all("proposed").map(|text| text.split_once(' ').unwrap_or((text, "")));
    let of_address: Vec<Value> = of_address.map(|(number, vehicle)| context! { number, vehicle }).collect();
    if of_address.is_empty() { appointment.get("proposed_leads").value() } else { Value::from(of_address) }
}
