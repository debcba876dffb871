//! `GET /overview/leads` (OVR-4).

use crate::sites;
use crate::view::LeadOverviewView;
use forecourt_domain::base::Right;
use forecourt_domain::reports::{LeadFacts, LeadFilter, LeadTally};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::{Failure, Listing, Partition};
use std::sync::{Mutex, PoisonError};

/// Counts every lead of the filter that the caller may see.
pub(crate) async fn overview(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    call.scope.needs(Right::ReadLeads)?;
    let queries = Queries::of(call, "OVR-4");
    let filter = LeadFilter::read(&|name| queries.text(name).map(str::to_owned), "OVR-4");
    let filter = queries.done_with(filter)?;
    let sites = sites::sites(platform, call, &filter.dealers, |dealer| filter.bounds(&dealer.settings.calendar)).await?;
    let tally = Mutex::new(LeadTally::default());
    let (sites_ref, tally_ref, filter) = (&sites, &tally, &filter);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some(site) = sites_ref.get(&partition.dealer) else {
            return Err(Failure::Broken("a partition of a dealer that was not loaded".into()));
        };
        let count = |rows: Vec<LeadFacts>| {
            let mut tally = tally_ref.lock().unwrap_or_else(PoisonError::into_inner);
            let sees = |facts: &LeadFacts| call.scope.sees_leads_of(facts.owner.as_ref(), &site.dealer.settings, call.now);
            let wanted = rows.iter().filter(|facts| filter.takes(facts, &site.bounds) && sees(facts));
            wanted.for_each(|facts| tally.count(facts, call.now));
        };
        sites::read_page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::read_all(sites::partitions(Listing::Leads, &sites, call), read).await?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let received = tally.all.received;
    Ok(Answer::new(200, &LeadOverviewView::of(tally))?.about(&received))
}
