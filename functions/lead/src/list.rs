//! The lists of a dealer's leads: newest first, or by the next action (LEAD-8).

mod board;
mod filter;
mod row;

pub(crate) use board::board;
pub use row::{BoardRowView, BoardView, LeadListView, LeadRowView};

use filter::{Filter, Sought};
use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::{LeadRow, Paging};

/// The largest page of a list, in leads.
const PAGE: usize = 100;

/// How many leads a page of a list is to have.
fn limit(call: &Call) -> Result<usize, Refusal> {
    let limit = call.query_as::<usize>("limit", "LEAD-8", "a number from 1 to 100")?.unwrap_or(25);
    if (1..=PAGE).contains(&limit) { Ok(limit) } else { Err(Refusal::field("limit", "LEAD-8", "must be a number from 1 to 100")) }
}

/// `GET /dealers/{dealer}/leads`: the leads that the asker may see, newest first (LEAD-8).
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    call.only_queries(&["status", "owner", "type", "source", "from", "until", "overdue", "q", "limit", "cursor"], "LEAD-8")?;
    let filter = Filter::read(call, ["from", "until"])?;
    let limit = limit(call)?;
    let sought = match call.query("q") {
        Some(text) => Some(Sought::read(platform, call, &dealer, text).await?),
        None => None,
    };
    let wanted = |row: &LeadRow| {
        call.scope.sees_leads_of(row.facts.owner.as_ref(), &dealer.settings, call.now)
            && filter.takes(row, call.now)
            && sought.as_ref().is_none_or(|sought| sought.is(row))
    };
    // Where nearly every lead is wanted, a page of them is read; of what one seller may see, ten, as there are others; else as many as there are.
    let at_once = match sought.is_some() || filter.owner.is_some() || filter.is_of_leads() {
        true => None,
        false if call.scope.sees_leads_of(None, &dealer.settings, call.now) => Some(limit),
        false => Some(10 * limit),
    };
    let (scope, store) = (&call.scope, &platform.store);
    let paging = Paging { now: call.now, cursor: call.query("cursor"), limit, from: filter.arrivals.0, at_once };
    let listed = match sought.as_ref().and_then(Sought::leads) {
        Some(ids) => store.leads_by_number(scope, &dealer, ids.iter().copied(), paging, wanted).await?,
        None => store.leads(scope, &dealer, paging, wanted).await?,
    };
    Ok(Answer::new(200, &LeadListView::of(&listed, call.now))?.about(&id))
}
