//! The drawing of what the four times do with an enquiry: the opening hours that count, the reminder and the two levels.

use super::words::Words;
use crate::api::{Ask, Data};
use crate::screens::Page;
use chrono::{DateTime, Utc};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use serde_json::json;

/// The width of the drawing.
const WIDTH: i64 = 1_000;
/// The address of a customer whom no dealer knows.
pub(super) const UNKNOWN_CUSTOMER: &str = "new.customer@example.com";

/// Draws an enquiry of an unknown customer that arrives now. `None` if the API cannot try it out: the page has it beside its settings.
pub(super) async fn of_now(page: &Page<'_>, parts: &[(&'static str, &str)], words: &Words) -> Option<Value> {
    let body = json!({ "lead": { "contact": { "email": UNKNOWN_CUSTOMER } } });
    let tried = page.call(Operation::DryRun, Ask { parts, body: Some(body), ..Ask::default() }).await.ok()?;
    draw(&tried.get("deadlines"), words.zoned.now)
}

/// Draws the deadlines of an enquiry that arrives at `start`. `None` if it has none.
pub(super) fn draw(deadlines: &Data, start: DateTime<Utc>) -> Option<Value> {
    let steps: Vec<(&str, DateTime<Utc>, DateTime<Utc>)> = ["reminder", "level_1", "level_2"]
        .into_iter()
        .filter_map(|name| {
            let step = deadlines.get(name);
            Some((name, instant(step.text("due"))?, instant(step.text("happens_at"))?))
        })
        .collect();
    let end = steps.iter().map(|(_, _, at)| *at).max()?;
    let length = (end - start).num_seconds().max(1);
    let x = |at: DateTime<Utc>| (at - start).num_seconds().clamp(0, length) * WIDTH / length;
    let bar = |span: &Data| {
        let (from, until) = (instant(span.text("from"))?, instant(span.text("until"))?);
        Some(context! { x => x(from), width => (x(until) - x(from)).max(1), from => span.text("from"), until => span.text("until") })
    };
    let counted: Vec<Value> = deadlines.get("counted").items().iter().filter_map(bar).collect();
    let steps: Vec<Value> = steps
        .into_iter()
        .enumerate()
        .map(|(n, (name, due, at))| {
            context! { number => n + 1, name, x => x(at), at => at.to_rfc3339(), due => due.to_rfc3339(), waits => at > due }
        })
        .collect();
    Some(context! { start => start.to_rfc3339(), width => WIDTH, counted, steps })
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}
