//! `GET /overview/appointments` (OVR-1 to OVR-3).

use crate::grid::{Grid, GridQuery, Part};
use crate::sites::{self, Site};
use crate::view::AppointmentOverviewView;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Refusal, Right};
use forecourt_domain::reports::{AppointmentFacts, AppointmentFilter, AppointmentOrder, AppointmentTally};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::{Failure, Listing, Partition};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The totals so far, and the rows of the page.
struct RunningTotals {
    tally: AppointmentTally,
    grid: Grid,
}

/// Counts every appointment of the filter that the caller may see, and returns a page of them.
///
/// Whole rows are read only while they can be on the page; otherwise only the fields to count.
pub(crate) async fn overview(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    let (filter, grid) = read_query(call)?;
    let bounds = |dealer: &forecourt_domain::settings::Dealer| filter.bounds(&dealer.settings.calendar, call.now);
    let sites = sites::sites(platform, call, &filter.dealers, bounds).await?;
    let mut partitions = sites::partitions(Listing::Appointments, &sites, call);
    if grid.order == AppointmentOrder::CreatedAsc {
        partitions.reverse();
    }
    let counted = Mutex::new(RunningTotals { tally: AppointmentTally::default(), grid: Grid::new(grid) });
    let takes = |site: &Site, facts: &AppointmentFacts| {
        filter.takes(facts, &site.bounds)
            && call.scope.sees_appointment_of(facts.user.as_ref(), facts.by.user(), &site.dealer.settings, call.now)
    };
    let (sites_ref, counted_ref, takes) = (&sites, &counted, &takes);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some(site) = sites_ref.get(&partition.dealer) else {
            return Err(Failure::Broken("a partition of a dealer that was not loaded".into()));
        };
        let part = lock(counted_ref).grid.part(&partition);
        if part != Part::Here {
            let count = |rows: Vec<AppointmentFacts>| {
                let mut counted = lock(counted_ref);
                for facts in rows.into_iter().filter(|facts| takes(site, facts)) {
                    let day = site.dealer.settings.calendar.date_of(facts.at);
                    counted.tally.count(facts, &site.bounds, day);
                    counted.grid.count(part, 1);
                }
            };
            return sites::read_page(platform, call, &partition, after.as_deref(), count).await;
        }
        let count = |rows: Vec<Appointment>| {
            let mut counted = lock(counted_ref);
            for row in rows {
                let facts = AppointmentFacts::from(&row);
                if takes(site, &facts) {
                    let day = site.dealer.settings.calendar.date_of(facts.at);
                    counted.tally.count(facts, &site.bounds, day);
                    counted.grid.add(row);
                }
            }
        };
        sites::read_page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::read_all(partitions, read).await?;
    let RunningTotals { tally, grid } = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (rows, cursor) = grid.finish();
    Ok(Answer::new(200, &AppointmentOverviewView::of(&tally, rows, cursor))?.about(&tally.total))
}

fn lock(counted: &Mutex<RunningTotals>) -> MutexGuard<'_, RunningTotals> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the filter and the page.
fn read_query(call: &Call) -> Result<(AppointmentFilter, GridQuery), Refusal> {
    let queries = Queries::of(call, "OVR-2");
    let filter = AppointmentFilter::read(&|name| queries.text(name).map(str::to_owned), "OVR-2");
    let grid = GridQuery::read(&queries);
    queries.done_with(match (filter, grid) {
        (Ok(filter), Ok(grid)) => Ok((filter, grid)),
        (filter, grid) => Err(filter.err().into_iter().chain(grid.err()).flatten().collect()),
    })
}
