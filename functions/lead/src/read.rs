//! Reading leads.

use crate::cursor;
use crate::rows::LeadListView;
use crate::search::{Filter, Sought};
use crate::view::{LeadPageView, TimelineView};
use forecourt_domain::access::Right;
use forecourt_domain::ids::{DealerId, LeadId};
use forecourt_domain::refusal::Refusal;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::lead;
use forecourt_edge::problem::Problem;
use forecourt_store::keys::Key;
use forecourt_store::{LeadRow, Load, Paging};

/// Most leads on a page.
const PAGE: usize = 100;

/// Entries of the timeline on the page of a lead, and on a page of the timeline if not said otherwise.
const ENTRIES: usize = 50;

/// `GET /leads/{id}`: the lead with what last happened to it, in one read; two where its history is long (LEAD-1).
pub(crate) async fn page(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let page = platform.store.lead_page(&call.scope, id, ENTRIES).await?.ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &page.lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, &page.lead, &dealer.settings, call.now)?;
    let view = LeadPageView::of(&page, call.now);
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{}\"", page.lead.version)).about(&id))
}

/// `GET /leads/{id}/timeline`: what happened, newest first (LEAD-2).
pub(crate) async fn timeline(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    call.only_queries(&["limit", "cursor"], "LEAD-2")?;
    let limit = call.query_as::<usize>("limit", "LEAD-2", "a number from 1 to 100")?.unwrap_or(ENTRIES);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "LEAD-2", "must be a number from 1 to 100").into());
    }
    let before = cursor::read(call, id, "LEAD-2")?;
    let store = &platform.store;
    let lead = Load::of([Key::Lead(id)]);
    let (loaded, entries) = tokio::try_join!(store.load(&call.scope, &lead), store.timeline(&call.scope, id, before, limit + 1))?;
    let lead = lead::readable(platform, call, loaded.lead(id)).await?;
    cursor::reached(before, lead, "LEAD-2")?;
    Ok(Answer::new(200, &TimelineView::of(id, &entries, limit))?.about(&id))
}

/// How many leads a page of a list is to have.
pub(crate) fn limit(call: &Call) -> Result<usize, Refusal> {
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
        Some(ids) => store.leads_named(scope, &dealer, ids.iter().copied(), paging, wanted).await?,
        None => store.leads(scope, &dealer, paging, wanted).await?,
    };
    let listed = listed.map_err(|_| Refusal::field("cursor", "LEAD-8", "must be the cursor of an earlier page of this list"))?;
    Ok(Answer::new(200, &LeadListView::of(&listed, call.now))?.about(&id))
}
