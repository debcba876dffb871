//! `GET /overview/appointments` (OVR-1 to OVR-3).

use crate::sites::{self, Site};
use crate::view::AppointmentOverviewView;
use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Fault, Refusal, Right};
use forecourt_domain::reports::{AppointmentFacts, AppointmentFilter, AppointmentTally};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::{Failure, Listing, Partition};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Largest number of rows in the grid (OVR-3).
const GRID: usize = 5_000;

/// The totals so far, and the newest rows.
struct RunningTotals {
    tally: AppointmentTally,
    grid: Vec<Appointment>,
    limit: usize,
}

impl RunningTotals {
    /// Whether the grid is full of rows created after `end`, so that older rows cannot be in it.
    fn has_newer_than(&self, end: DateTime<Utc>) -> bool {
        self.grid.iter().filter(|row| row.created >= end).count() >= self.limit
    }

    fn add_to_grid(&mut self, row: Appointment) {
        if self.limit > 0 {
            self.grid.push(row);
        }
        if self.grid.len() > self.limit * 2 + 1_000 {
            self.cut();
        }
    }

    /// Keeps the newest rows, newest first. Rows of the same moment are ordered by id, so that the result is stable.
    fn cut(&mut self) {
        self.grid.sort_unstable_by(|a, b| (b.created, &a.id).cmp(&(a.created, &b.id)));
        self.grid.truncate(self.limit);
    }
}

/// Counts every appointment of the filter that the caller may see, and returns the newest.
///
/// Whole rows are read only while they can still be in the grid; after that only the fields to count.
pub(crate) async fn overview(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    let (filter, limit) = read_query(call)?;
    let bounds = |dealer: &forecourt_domain::settings::Dealer| filter.bounds(&dealer.settings.calendar, call.now);
    let sites = sites::sites(platform, call, &filter.dealers, bounds).await?;
    let counted = Mutex::new(RunningTotals { tally: AppointmentTally::default(), grid: Vec::new(), limit });
    let takes = |site: &Site, facts: &AppointmentFacts| {
        filter.takes(facts, &site.bounds)
            && call.scope.sees_appointment_of(facts.user.as_ref(), facts.by.as_ref(), &site.dealer.settings, call.now)
    };
    let (sites_ref, counted_ref, takes) = (&sites, &counted, &takes);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some(site) = sites_ref.get(&partition.dealer) else {
            return Err(Failure::Broken("a partition of a dealer that was not loaded".into()));
        };
        if lock(counted_ref).has_newer_than(partition.ends()) {
            let count = |rows: Vec<AppointmentFacts>| {
                let mut counted = lock(counted_ref);
                rows.into_iter().filter(|facts| takes(site, facts)).for_each(|facts| counted.tally.count(facts, &site.bounds));
            };
            return sites::read_page(platform, call, &partition, after.as_deref(), count).await;
        }
        let count = |rows: Vec<Appointment>| {
            let mut counted = lock(counted_ref);
            for row in rows {
                let facts = AppointmentFacts::from(&row);
                if takes(site, &facts) {
                    counted.tally.count(facts, &site.bounds);
                    counted.add_to_grid(row);
                }
            }
        };
        sites::read_page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::read_all(sites::partitions(Listing::Appointments, &sites, call), read).await?;
    let mut counted = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.cut();
    Ok(Answer::new(200, &AppointmentOverviewView::of(&counted.tally, counted.grid))?.about(&counted.tally.total))
}

fn lock(counted: &Mutex<RunningTotals>) -> MutexGuard<'_, RunningTotals> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the filter and the number of grid rows.
fn read_query(call: &Call) -> Result<(AppointmentFilter, usize), Refusal> {
    let queries = Queries::of(call, "OVR-2");
    let filter = AppointmentFilter::read(&|name| queries.text(name).map(str::to_owned), "OVR-2");
    let limit = queries.text("limit").map_or(Some(GRID), |text| text.parse().ok().filter(|limit| *limit <= GRID));
    queries.done_with(match (filter, limit) {
        (Ok(filter), Some(limit)) => Ok((filter, limit)),
        (filter, limit) => {
            let too_much = limit.is_none().then(|| Fault::new("limit", "OVR-3", format!("must be a number from 0 to {GRID}")));
            Err(filter.err().unwrap_or_default().into_iter().chain(too_much).collect())
        }
    })
}
