//! What is to be done at a dealer, by the date of the next action (LEAD-8, CAL-3).

use crate::rows::BoardView;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Right;
use forecourt_domain::ids::{DealerId, UserId};
use forecourt_domain::refusal::Refusal;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::problem::Problem;
use forecourt_store::{LeadRow, Stretch};

/// Most leads on a page.
const PAGE: usize = 100;

/// `GET /dealers/{dealer}/board`: the leads in progress, or with something planned, of those whose leads the asker may see.
pub(crate) async fn board(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    call.only_queries(&["owner", "from", "until", "limit", "cursor"], "LEAD-8")?;
    let limit = call.query_as::<usize>("limit", "LEAD-8", "a number from 1 to 100")?.unwrap_or(25);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "LEAD-8", "must be a number from 1 to 100").into());
    }
    let owner = call.query_as::<UserId>("owner", "LEAD-8", "the id of a user")?;
    let time = |name| call.query_as::<DateTime<Utc>>(name, "LEAD-8", "a time such as 2026-11-25T10:00:00Z");
    let (from, until) = (time("from")?, time("until")?);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(Refusal::field("until", "LEAD-8", "must not be before from").into());
    }
    let after = call.query("cursor");
    if after.is_some_and(|after| !forecourt_store::is_work_place(after)) {
        return Err(Refusal::field("cursor", "LEAD-8", "must be the cursor of an earlier page of this list").into());
    }
    let sees = |user: &UserId| call.scope.sees_leads_of(Some(user), &dealer.settings, call.now);
    let users: Vec<UserId> = match &owner {
        Some(owner) => [owner.clone()].into_iter().filter(sees).collect(),
        None => dealer.workers().filter(|user| sees(user)).cloned().collect(),
    };
    let wanted = |row: &LeadRow| row.facts.dealer == id;
    let board = platform.store.board(&call.scope, &users, Stretch { from, until, after }, limit, wanted).await?;
    Ok(Answer::new(200, &BoardView::of(&board, call.now))?.about(&id))
}
