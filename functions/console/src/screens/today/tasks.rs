//! The list of tasks and deadlines.

use super::super::{Page, Place, views};
use super::due::{groups, instant, seconds_left};
use super::{Whose, page_after};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The rows of a page.
const ROWS: &str = "50";

/// Shows the open tasks and deadlines. The filters `owner`, `from`, `until` are in the address.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let query = &page.visit.query;
    let (zoned, whose) = (page.zoned(Some(&dealer)), Whose::of(page, query));
    let parts = [("dealer", id)];
    let agenda = page.get(Operation::ListTasks, &parts, parameters(query, &whose));
    let (agenda, saved) = futures::try_join!(agenda, page.get(Operation::ListViews, &[], Vec::new()))?;
    let todos = by_time(&agenda);
    let leads = leads_of(&todos);
    let mut marked = vec![false; leads.len()];
    let rows = todos.iter().map(|todo| {
        let place = leads.iter().position(|lead| lead == todo.text("lead"));
        // The first row of a lead is where the way back from the lead leads to.
        let first = place.is_some_and(|place| !std::mem::replace(&mut marked[place], true));
        let (due, values) = row(todo, &zoned);
        (due, context! { place, first, ..values })
    });
    let set = |name: &str| query.get(name).is_some();
    let values = context! {
        parts => groups(rows.collect(), &zoned),
        truncated => agenda.get("truncated").value(),
        next => page_after(page, &agenda),
        saved => views::bar(page, id, &saved, &["tasks"]),
        filters => ["owner", "from", "until"].into_iter().filter(|name| set(name)).count(),
        owner => whose.chosen(),
        everybody => whose.0.is_none(),
        from => query.get("from"),
        until => query.get("until"),
        works => dealer.get("can").contains("work_leads"),
        assigns => dealer.get("can").contains("assign_leads"),
    };
    page.render(200, "tasks.html", Place { dealer: Some(&dealer), active: "tasks" }, values)
}

/// Returns the leads of the list in its order, each once, for the way from one to the next.
pub(in super::super) async fn ids(page: &Page<'_>, dealer: &str, filters: &Pairs) -> Result<Vec<String>, Unanswered> {
    let agenda = page.get(Operation::ListTasks, &[("dealer", dealer)], parameters(filters, &Whose::of(page, filters))).await?;
    Ok(leads_of(&by_time(&agenda)))
}

fn parameters(address: &Pairs, whose: &Whose) -> Vec<(&'static str, String)> {
    let typed = |name: &'static str| (name, address.get(name).unwrap_or_default().to_owned());
    vec![("owner", whose.parameter()), typed("from"), typed("until"), ("limit", ROWS.to_owned()), typed("cursor")]
}

/// Returns tasks and deadlines by the time at which they are due.
fn by_time(agenda: &Data) -> Vec<Data> {
    let mut todos = agenda.get("tasks").items();
    todos.sort_by_key(due);
    todos
}

/// Returns the leads that the reader may see, each once.
fn leads_of(todos: &[Data]) -> Vec<String> {
    let mut leads: Vec<String> = Vec::new();
    for todo in todos.iter().filter(|todo| !todo.get("contact").is_null()) {
        if leads.iter().all(|lead| lead != todo.text("lead")) {
            leads.push(todo.text("lead").to_owned());
        }
    }
    leads
}

/// Returns the end of a task, or the time of a deadline.
fn due(todo: &Data) -> Option<DateTime<Utc>> {
    let minutes = todo.get("minutes").json().as_i64().unwrap_or_default();
    instant(todo.text("at")).map(|at| at + TimeDelta::minutes(minutes))
}

/// Returns a task with its end, or a deadline with its time.
pub(super) fn row(todo: &Data, zoned: &Zoned) -> (Option<DateTime<Utc>>, Value) {
    let due = due(todo);
    let values = context! {
        todo => todo.value(),
        due => due.map(|due| due.to_rfc3339()),
        seconds => due.map(|due| seconds_left(due, zoned)),
    };
    (due, values)
}
