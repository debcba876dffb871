//! The lists of a dealer's leads: newest first, or by the next action (LEAD-8).

mod board;
mod changes;
mod filter;
mod find;
mod row;

pub(crate) use board::board;
pub use changes::ChangesView;
pub(crate) use changes::changes;
pub(crate) use find::find;
pub use find::{FoundLeadView, FoundLeadsView, LeadSearchBody};
pub use row::{BoardRowView, BoardView, LeadListView, LeadRowView, RowActionView};

use filter::{Filter, Search};
use forecourt_domain::base::{DealerId, Refusal, Right, UserId};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::pool::Claimable;
use forecourt_store::{DealerLeads, LeadRow, Paging};
use row::RowReader;

/// The default page size of the lists.
const DEFAULT_PAGE: usize = 25;

/// `GET /dealers/{dealer}/leads`: returns the leads that the caller may see, newest first (LEAD-8).
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mut queries = Queries::of(call, "LEAD-8");
    let filter = Filter::read(&mut queries, ["from", "until"], &dealer);
    let (limit, text) = (queries.limit(DEFAULT_PAGE), Search::text(&mut queries));
    queries.done()?;
    let search = match text {
        Some(text) => Some(Search::read(platform, call, &dealer, text).await?),
        None => None,
    };
    let wanted = |row: &LeadRow| {
        call.scope.sees_leads_of(row.facts.owner.as_ref(), &dealer.settings, call.now)
            && filter.matches(row, call.now)
            && search.as_ref().is_none_or(|search| search.matches(row))
    };
    // If nearly every lead matches, one page of rows is enough. A seller sees a part of the leads, so ten pages are read. A filter may
    // match few leads, so the number of rows is not limited.
    let at_once = match search.is_some() || filter.owner.is_some() || filter.is_of_leads() {
        true => None,
        false if call.scope.sees_leads_of(None, &dealer.settings, call.now) => Some(limit),
        false => Some(10 * limit),
    };
    let (store, leads) = (&platform.store, DealerLeads { scope: &call.scope, dealer: &dealer });
    let paging = Paging { now: call.now, cursor: call.query("cursor"), limit, from: filter.arrivals.from, at_once };
    let listed = match search.as_ref().and_then(Search::leads) {
        Some(ids) => store.leads_by_number(leads, ids.iter().copied(), paging, wanted).await?,
        None => store.leads(leads, paging, wanted).await?,
    };
    let claimable = Claimable::of(platform, &call.scope, &dealer).await?;
    let reader = RowReader { now: call.now, claimable: &claimable };
    Ok(Answer::new(200, &LeadListView::of(&listed, reader))?.about(&id))
}

/// Returns the pool user of the dealer if the caller may claim leads from the pool (DIS-8).
fn claimable_pool<'a>(call: &Call, dealer: &'a Dealer) -> Option<&'a UserId> {
    let member = dealer.settings.member(call.scope.user_id()?)?;
    let pool = dealer.settings.pool.as_ref().filter(|_| member.assignable && call.scope.needs(Right::WorkLeads).is_ok())?;
    Some(&pool.user)
}
