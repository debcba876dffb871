//! The list of tasks and deadlines.

use super::super::{Page, Place};
use super::due::{groups, instant, seconds_left};
use super::{Whose, page_after};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Zoned;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The rows of a page.
const ROWS: &str = "50";

/// Shows the open tasks and deadlines. The filters `owner`, `from`, `until` are in the address.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let (zoned, whose) = (page.zoned(Some(&dealer)), Whose::of(page));
    let typed = |name: &str| page.visit.query.get(name).unwrap_or_default().to_owned();
    let (from, until) = (typed("from"), typed("until"));
    let query = vec![
        ("owner", whose.parameter()),
        ("from", from.clone()),
        ("until", until.clone()),
        ("limit", ROWS.to_owned()),
        ("cursor", typed("cursor")),
    ];
    let agenda = page.get(Operation::ListTasks, &[("dealer", id)], query).await?;
    let values = context! {
        parts => groups(agenda.get("tasks").items().iter().map(|todo| row(todo, &zoned)).collect(), &zoned),
        truncated => agenda.get("truncated").value(),
        next => page_after(page, &agenda),
        filtered => ["owner", "from", "until"].into_iter().any(|name| page.visit.query.get(name).is_some()),
        owner => whose.chosen(),
        everybody => whose.0.is_none(),
        from, until,
        works => dealer.get("can").contains("work_leads"),
    };
    page.render(200, "tasks.html", Place { dealer: Some(&dealer), active: "tasks" }, values)
}

/// Returns a task with its end, or a deadline with its time.
pub(super) fn row(todo: &Data, zoned: &Zoned) -> (Option<DateTime<Utc>>, Value) {
    let minutes = todo.get("minutes").json().as_i64().unwrap_or_default();
    let due = instant(todo.text("at")).map(|at| at + TimeDelta::minutes(minutes));
    let values = context! {
        todo => todo.value(),
        due => due.map(|due| due.to_rfc3339()),
        seconds => due.map(|due| seconds_left(due, zoned)),
    };
    (due, values)
}
