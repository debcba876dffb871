//! The lists of a dealer's leads: newest first, or by the next action (LEAD-8).

mod board;
mod changes;
mod find;
mod row;

pub(crate) use board::board;
pub use changes::ChangesView;
pub(crate) use changes::changes;
pub(crate) use find::find;
pub use find::{FoundLeadView, FoundLeadsView, LeadSearchBody};
pub use row::{BoardRowView, BoardView, LeadListView, LeadRowView, RowActionView};

use forecourt_domain::base::{Right, UserId};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead_filter::Selection;
use forecourt_edge::usecase::pool::Claimable;
use futures::try_join;
use row::RowReader;

/// The default page size of the lists.
const DEFAULT_PAGE: usize = 25;

/// `GET /dealers/{dealer}/leads`: returns the leads that the caller may see, newest first (LEAD-8).
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let selection = Selection::read(platform, call, DEFAULT_PAGE).await?;
    let dealer = &selection.dealer;
    let (listed, claimable) = try_join!(selection.page(call.query("cursor")), Claimable::of(platform, &call.scope, dealer))?;
    let reader = RowReader { now: call.now, claimable: &claimable };
    Ok(Answer::new(200, &LeadListView::of(&listed, reader))?.about(&dealer.id))
}

/// Returns the pool user of the dealer if the caller may claim leads from the pool (DIS-8).
fn claimable_pool<'a>(call: &Call, dealer: &'a Dealer) -> Option<&'a UserId> {
    let member = dealer.settings.member(call.scope.user_id()?)?;
    let pool = dealer.settings.pool.as_ref().filter(|_| member.assignable && call.scope.needs(Right::WorkLeads).is_ok())?;
    Some(&pool.user)
}
