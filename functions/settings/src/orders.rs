//! The orders of hand-overs at a dealer (DIS-12).

use crate::dealer::current;
use crate::hand_over::HandOverView;
use forecourt_domain::base::{DealerId, Refusal, UserId};
use forecourt_domain::settings::HandOver;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::people::{PersonView, named};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Load};
use serde::Serialize;
use utoipa::ToSchema;

/// Number of orders on a page.
const PAGE: usize = 25;
/// The list's name in cursors.
const ORDERS: &str = "hand-overs";

/// A page of a dealer's orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOversView {
    /// The orders, the latest first.
    pub hand_overs: Vec<HandOverView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// An order of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOverPageView {
    /// The order.
    #[serde(flatten)]
    pub order: HandOverView,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// `GET /dealers/{dealer}/hand-overs`: the orders of a dealer.
pub(crate) async fn list(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let mut queries = Queries::of(call, "DIS-12");
    let limit = queries.limit(PAGE);
    let before = queries.cursor(ORDERS, |place| !place.is_empty());
    queries.done()?;
    let dealer = current(platform, call, id).await?;
    let mut found = platform.store.hand_overs(&call.scope, id, before.as_deref(), limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let cursor = found.last().filter(|_| more).map(|last| Cursor::new(ORDERS, &last.id).encode());
    let people = named(platform, call, Some(&dealer), found.iter().flat_map(users_of).collect()).await?;
    Ok(Answer::new(200, &HandOversView { hand_overs: found.iter().map(HandOverView::of).collect(), cursor, people })?.about(id))
}

/// `GET /dealers/{dealer}/hand-overs/{order}`: an order of a dealer.
pub(crate) async fn read(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let missing = || Refusal::NotFound("hand-over");
    let order = call.part::<String>("order", "hand-over").ok().filter(|order| HandOver::is_id(order)).ok_or_else(missing)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Dealer(id.clone()), Key::HandOver(id.clone(), order.clone())])).await?;
    let dealer = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
    let order = loaded.hand_over(id, &order).ok_or_else(missing)?;
    let people = named(platform, call, Some(dealer), users_of(order).into_iter().collect()).await?;
    Ok(Answer::new(200, &HandOverPageView { order: HandOverView::of(order), people })?.about(id))
}

/// Returns the users whom the view of an order names.
fn users_of(order: &HandOver) -> Vec<UserId> {
    [Some(&order.user), order.to.user(), order.by.user()].into_iter().flatten().cloned().collect()
}
