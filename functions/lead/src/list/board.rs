//! The board of a dealer: leads by the date of the next action (LEAD-8, CAL-3).

use super::DEFAULT_PAGE;
use super::claimable_pool;
use super::row::{BoardView, RowReader};
use forecourt_domain::base::{DealerId, Refusal, Right, UserId};
use forecourt_domain::reports::Period;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead_filter::Filter;
use forecourt_edge::usecase::pool::Claimable;
use forecourt_store::{LeadRow, WorkQuery};

/// The most waiting mails that are counted.
const MOST_WAITING: u32 = 50;

/// `GET /dealers/{dealer}/board`: returns the leads that are in progress or have an incomplete event, of the owners whose leads the caller
/// may see.
pub(crate) async fn board(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mut queries = Queries::of(call, "LEAD-8");
    let limit = queries.limit(DEFAULT_PAGE);
    let mut filter = Filter::read(&mut queries, ["created_from", "created_until"], &dealer);
    let pool = claimable_pool(call, &dealer);
    let with_pool = queries.parse::<bool>("pool", "true or false").unwrap_or(false);
    filter.pool = pool.filter(|_| with_pool).cloned();
    let with_mails = queries.parse::<bool>("mails", "true or false").unwrap_or(false);
    let with_mails = with_mails && call.scope.needs_on_mail(Right::ReadLeads, &dealer, call.now).is_ok();
    let Period { from, until } = queries.period(["from", "until"], &dealer.settings.calendar);
    queries.done()?;
    let sees = |user: &UserId| call.scope.sees_leads_of(Some(user), &dealer.settings, call.now);
    let users: Vec<UserId> = match &filter.owner {
        Some(owner) => {
            let pool = filter.pool.iter().filter(|pool| *pool != owner);
            pool.chain([owner]).filter(|user| sees(user)).cloned().collect()
        }
        None => dealer.workers().filter(|user| sees(user)).cloned().collect(),
    };
    let claimable = Claimable::of(platform, &call.scope, &dealer).await?;
    // On the board of an owner, the pool has only leads to claim.
    let foreign = |row: &LeadRow| filter.owner.as_ref().is_some_and(|owner| row.facts.owner.as_ref() != Some(owner));
    let to_claim = |row: &LeadRow| !foreign(row) || claimable.has(row.facts.id, row.facts.owner.as_ref());
    let wanted = |row: &LeadRow| row.facts.dealer == id && filter.matches(row, call.now) && to_claim(row);
    let query = WorkQuery { users: &users, from, until, cursor: call.query("cursor"), limit, selective: filter.is_of_leads() };
    let waiting = async {
        match with_mails {
            true => platform.store.waiting_mails(&call.scope, &id, MOST_WAITING).await.map(Some),
            false => Ok(None),
        }
    };
    let (board, waiting_mails) = tokio::try_join!(platform.store.board(&call.scope, query, wanted), waiting)?;
    let view = BoardView { waiting_mails, ..BoardView::of(&board, RowReader { now: call.now, claimable: &claimable }) };
    Ok(Answer::new(200, &view)?.about(&id))
}
