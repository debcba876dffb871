//! Reading leads.

use crate::view::{LeadListView, LeadPageView};
use forecourt_domain::access::Right;
use forecourt_domain::ids::{DealerId, LeadId, UserId};
use forecourt_domain::refusal::Refusal;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::problem::Problem;
use forecourt_store::LeadRow;

/// Most leads on a page.
const PAGE: usize = 100;

/// `GET /leads/{id}`: one read, of the lead with all that happened to it.
pub(crate) async fn page(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let page = platform.store.lead_page(&call.scope, id).await?.ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &page.lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, &page.lead, &dealer.settings, call.now)?;
    let view = LeadPageView::of(&page, call.now);
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{}\"", page.lead.version)).about(&id))
}

/// `GET /dealers/{dealer}/leads`: the leads that the asker may see, newest first (LEAD-8).
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    call.only_queries(&["status", "owner", "limit", "cursor"], "LEAD-8")?;
    let limit = call.query_as::<usize>("limit", "LEAD-8", "a number from 1 to 100")?.unwrap_or(25);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "LEAD-8", "must be a number from 1 to 100").into());
    }
    let owner = call.query_as::<UserId>("owner", "LEAD-8", "the id of a user")?;
    let status = call.query("status");
    if status.is_some_and(|status| !matches!(status, "in_progress" | "won" | "lost")) {
        return Err(Refusal::field("status", "LEAD-8", "must be in_progress, won or lost").into());
    }
    let wanted = |row: &LeadRow| {
        call.scope.sees_leads_of(row.facts.owner.as_ref(), &dealer.settings, call.now)
            && owner.as_ref().is_none_or(|owner| row.facts.owner.as_ref() == Some(owner))
            && status.is_none_or(|status| row.facts.status.name() == status)
    };
    let listed = platform.store.leads(&call.scope, &dealer, call.now, call.query("cursor"), limit, wanted).await?;
    let listed = listed.map_err(|_| Refusal::field("cursor", "LEAD-8", "must be the cursor of an earlier page of this list"))?;
    Ok(Answer::new(200, &LeadListView::of(&listed, call.now))?.about(&id))
}
