//! A lead's page: the lead with its latest history, and its timeline (LEAD-1, LEAD-2).

mod contact;
mod event_details;
mod header;
mod people;
mod plan;
mod raw;
mod timeline;
mod view;

pub use contact::LeadContactView;
pub use header::{HeaderView, OpenTaskView, TargetView};
pub use plan::{LeadPlanStepView, LeadPlanView, PlanChoiceView};
pub(crate) use raw::raw;
pub use timeline::{EntryView, EventView, TimelineView};
pub use view::{DeadlineRequestView, DeadlineView, LeadPageView, LeadView, MessageView, ReactionView, StepView};

use crate::cursor;
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead;
use forecourt_edge::usecase::people::named;
use forecourt_store::Load;
use forecourt_store::keys::Key;

/// Timeline entries on a lead's page, and the default page size of the timeline.
const ENTRIES: usize = 50;

/// `GET /leads/{id}`: returns the lead with its latest timeline entries (LEAD-1). One read; two if the history is long; one more in a
/// minute for people who are not users of the dealer. A client that has the current version costs half a read unit.
pub(crate) async fn page(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    if let Some(tag) = unchanged(platform, call, id).await? {
        return Ok(Answer::unchanged(tag).about(&id));
    }
    let page = platform.store.lead_page(&call.scope, id, ENTRIES).await?.ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &page.lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, &page.lead, &dealer.settings, call.now)?;
    let people = named(platform, call, Some(&dealer), people::of_page(&page)).await?;
    let view = LeadPageView { people, ..LeadPageView::of(&page, call.now) };
    let view = view.with_settings(&page, &dealer, &call.scope, call.now);
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{}\"", page.lead.version)).about(&id))
}

/// Returns the lead's ETag if the client has that version (`If-None-Match`) and may still read the lead.
async fn unchanged(platform: &Platform, call: &Call, id: LeadId) -> Result<Option<String>, Problem> {
    if call.header("if-none-match").is_none() {
        return Ok(None);
    }
    let Some(lead) = platform.store.lead_glance(&call.scope, id).await? else { return Ok(None) };
    let tag = format!("\"{}\"", lead.version);
    if !call.has(&tag) {
        return Ok(None);
    }
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    call.scope.needs_on(Right::ReadLeads, &lead, &dealer.settings, call.now)?;
    Ok(Some(tag))
}

/// `GET /leads/{id}/timeline`: returns the timeline entries, newest first (LEAD-2).
pub(crate) async fn timeline(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let mut queries = Queries::of(call, "LEAD-2");
    let (limit, before) = (queries.limit(ENTRIES), cursor::read(&mut queries, id));
    queries.done()?;
    let store = &platform.store;
    let lead = Load::of([Key::Lead(id)]);
    let (loaded, entries) = tokio::try_join!(store.load(&call.scope, &lead), store.timeline(&call.scope, id, before, limit + 1))?;
    let lead = lead::readable(platform, call, loaded.lead(id)).await?;
    cursor::check_reached(before, lead, "LEAD-2")?;
    let view = TimelineView::of(id, &entries, limit);
    let dealer = store.dealer(&call.scope, &lead.dealer).await?;
    let shown = &entries[..limit.min(entries.len())];
    let people = named(platform, call, dealer.as_deref(), people::of_timeline(shown)).await?;
    Ok(Answer::new(200, &TimelineView { people, ..view })?.about(&id))
}
