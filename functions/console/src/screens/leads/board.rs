//! The board: a column for each status, each by the date of the next action.

use super::super::{Page, Place, views};
use super::{filters, next, parameters};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The columns.
const STATUSES: [&str; 3] = ["in_progress", "won", "lost"];
/// The filters, which are parameters of the API by the same names. `status` chooses a column.
const FILTERS: [&str; 10] =
    ["owner", "type", "source", "created_from", "created_until", "overdue", "action_type", "action_user", "from", "until"];
/// The leads of a column, and of a column that stands alone.
const ROWS: [&str; 2] = ["25", "100"];

/// Shows all columns; or one with its further pages, and the saved views, which would be a request too many beside three columns.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let status = page.visit.query.get("status");
    let alone = STATUSES.into_iter().find(|known| status == Some(*known));
    let (columns, saved) = match alone {
        Some(status) => {
            let (leads, saved) =
                futures::try_join!(read(page, id, (&page.visit.query, status)), page.get(Operation::ListViews, &[], Vec::new()))?;
            let more = next(page, leads.text("cursor"));
            (vec![column(status, &leads, more)], Some(views::bar(page, id, &saved, &["board", "leads"])))
        }
        None => {
            let all = futures::future::try_join_all(STATUSES.map(|status| read(page, id, (&page.visit.query, status)))).await?;
            let kept = page.visit.query.encode_without(&["status", "cursor", "done"]);
            let more = |status: &str, leads: &Data| (!leads.text("cursor").is_empty()).then(|| format!("?status={status}&{kept}"));
            let columns = STATUSES.iter().zip(&all).map(|(status, leads)| column(status, leads, more(status, leads)));
            (columns.collect::<Vec<Value>>(), None)
        }
    };
    let shown = context! { columns, saved, alone, board => true };
    let place = Place { dealer: Some(&dealer), active: "board" };
    page.render(200, "leads_board.html", place, context! { ..shown, ..filters(page, &FILTERS) })
}

/// Returns the leads of a column, for the way from one to the next. `None` for the column means the one that stands alone.
pub(in super::super) async fn ids(
    page: &Page<'_>,
    dealer: &str,
    (filters, column): (&Pairs, Option<&str>),
) -> Result<Vec<String>, Unanswered> {
    let wanted = filters.get("status").or(column);
    let Some(status) = STATUSES.into_iter().find(|known| wanted == Some(*known)) else { return Ok(Vec::new()) };
    let list = read(page, dealer, (filters, status)).await?;
    Ok(list.get("leads").items().iter().map(|lead| lead.text("id").to_owned()).collect())
}

/// Reads a column of the board with these filters. If it stands alone, it is longer, and the cursor is its own.
async fn read(page: &Page<'_>, dealer: &str, (filters, status): (&Pairs, &'static str)) -> Result<Data, Unanswered> {
    let mut query = parameters(filters, &FILTERS);
    let alone = filters.get("status") == Some(status);
    if alone {
        query.extend(parameters(filters, &["cursor"]));
    }
    query.extend([("status", status.to_owned()), ("limit", ROWS[usize::from(alone)].to_owned())]);
    page.get(Operation::Board, &[("dealer", dealer)], query).await
}

fn column(status: &str, leads: &Data, more: Option<String>) -> Value {
    context! { status, leads => leads.get("leads").value(), more }
}
