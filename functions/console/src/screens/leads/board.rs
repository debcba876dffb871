//! The board: a column for each status, each by the date of the next action.

use super::super::{Page, Place, views};
use super::{filters, next, parameters};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The columns.
const STATUSES: [&str; 3] = ["in_progress", "won", "lost"];
/// The filters, which are parameters of the API by the same names. `status` chooses a column.
const FILTERS: [&str; 8] = ["owner", "type", "source", "created_from", "created_until", "overdue", "from", "until"];
/// The leads of a column, and of a column that stands alone.
const ROWS: [&str; 2] = ["25", "100"];

/// Shows all columns; or one with its further pages, and the saved views, which would be a request too many beside three columns.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let status = page.visit.query.get("status");
    let alone = STATUSES.into_iter().find(|known| status == Some(*known));
    let (columns, bar) = match alone {
        Some(status) => {
            let (leads, saved) = futures::try_join!(read(page, id, status, ROWS[1]), page.get(Operation::ListViews, &[], Vec::new()))?;
            let more = next(page, leads.text("cursor"));
            (vec![column(status, &leads, more)], Some(views::bar(page, id, &saved, &["board", "leads"])))
        }
        None => {
            let all = futures::future::try_join_all(STATUSES.map(|status| read(page, id, status, ROWS[0]))).await?;
            let kept = page.visit.query.encode_without(&["status", "cursor", "done"]);
            let more = |status: &str, leads: &Data| (!leads.text("cursor").is_empty()).then(|| format!("?status={status}&{kept}"));
            let columns = STATUSES.iter().zip(&all).map(|(status, leads)| column(status, leads, more(status, leads)));
            (columns.collect::<Vec<Value>>(), None)
        }
    };
    let shown = context! { columns, bar, alone, board => true };
    let place = Place { dealer: Some(&dealer), active: "board" };
    page.render(200, "leads_board.html", place, context! { ..shown, ..filters(page, &FILTERS) })
}

async fn read(page: &Page<'_>, dealer: &str, status: &'static str, rows: &str) -> Result<Data, Unanswered> {
    let mut query = parameters(page, &FILTERS);
    // The cursor is that of a column that stands alone.
    if page.visit.query.has("status") {
        query.extend(parameters(page, &["cursor"]));
    }
    query.extend([("status", status.to_owned()), ("limit", rows.to_owned())]);
    page.get(Operation::Board, &[("dealer", dealer)], query).await
}

fn column(status: &str, leads: &Data, more: Option<String>) -> Value {
    context! { status, leads => leads.get("leads").value(), more }
}
