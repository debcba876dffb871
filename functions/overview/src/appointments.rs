//! `GET /overview/appointments` (OVR-1 to OVR-3).

use crate::sites::{self, Site};
use crate::view::AppointmentOverviewView;
use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Fault, Refusal, Right};
use forecourt_domain::reports::{AppointmentFacts, AppointmentFilter, AppointmentTally};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::{Failure, Listing, Partition};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most rows of the grid (OVR-3).
const GRID: usize = 5_000;

/// What has been counted so far, and the newest rows of it.
struct Counted {
    tally: AppointmentTally,
    grid: Vec<Appointment>,
    limit: usize,
}

impl Counted {
    /// Whether rows that were all made before `end` cannot be in the grid, since it is full of newer ones.
    fn has_newer_than(&self, end: DateTime<Utc>) -> bool {
        self.grid.iter().filter(|row| row.created >= end).count() >= self.limit
    }

    fn show(&mut self, row: Appointment) {
        if self.limit > 0 {
            self.grid.push(row);
        }
        if self.grid.len() > self.limit * 2 + 1_000 {
            self.cut();
        }
    }

    /// The newest rows, newest first; those of the same moment in the order of their names, so that it is always the same.
    fn cut(&mut self) {
        self.grid.sort_unstable_by(|a, b| (b.created, &a.id).cmp(&(a.created, &b.id)));
        self.grid.truncate(self.limit);
    }
}

/// Counts every appointment of the filter that the asker may see, and shows the newest.
///
/// What is read is only what is counted, but where rows may be in the grid.
pub(crate) async fn overview(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    let (filter, limit) = asked(call)?;
    let bounds = |dealer: &forecourt_domain::settings::Dealer| filter.bounds(&dealer.settings.calendar, call.now);
    let sites = sites::sites(platform, call, &filter.dealers, bounds).await?;
    let counted = Mutex::new(Counted { tally: AppointmentTally::default(), grid: Vec::new(), limit });
    let takes = |site: &Site, facts: &AppointmentFacts| {
        filter.takes(facts, &site.bounds)
            && call.scope.sees_appointment_of(facts.user.as_ref(), facts.by.as_ref(), &site.dealer.settings, call.now)
    };
    let (sites_ref, counted_ref, takes) = (&sites, &counted, &takes);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some(site) = sites_ref.get(&partition.dealer) else { return Err(Failure::Broken("a stack of no site".into())) };
        if lock(counted_ref).has_newer_than(partition.ends()) {
            let count = |rows: Vec<AppointmentFacts>| {
                let mut counted = lock(counted_ref);
                rows.into_iter().filter(|facts| takes(site, facts)).for_each(|facts| counted.tally.count(facts, &site.bounds));
            };
            return sites::page(platform, call, &partition, after.as_deref(), count).await;
        }
        let count = |rows: Vec<Appointment>| {
            let mut counted = lock(counted_ref);
            for row in rows {
                let facts = AppointmentFacts::from(&row);
                if takes(site, &facts) {
                    counted.tally.count(facts, &site.bounds);
                    counted.show(row);
                }
            }
        };
        sites::page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::each(sites::partitions(Listing::Appointments, &sites, call), read).await?;
    let mut counted = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.cut();
    Ok(Answer::new(200, &AppointmentOverviewView::of(&counted.tally, counted.grid))?.about(&counted.tally.total))
}

fn lock(counted: &Mutex<Counted>) -> MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The filter and how many rows of the grid.
fn asked(call: &Call) -> Result<(AppointmentFilter, usize), Refusal> {
    let known: Vec<&str> = AppointmentFilter::NAMES.into_iter().chain(["limit"]).collect();
    call.only_queries(&known, "OVR-2")?;
    let limit = call.query("limit").map_or(Some(GRID), |text| text.parse().ok().filter(|limit| *limit <= GRID));
    let filter = AppointmentFilter::read(&|name| call.query(name).map(str::to_owned), "OVR-2");
    match (filter, limit) {
        (Ok(filter), Some(limit)) => Ok((filter, limit)),
        (filter, limit) => {
            let too_much = limit.is_none().then(|| Fault::new("limit", "OVR-3", format!("must be a number from 0 to {GRID}")));
            Err(Refusal::Invalid(filter.err().unwrap_or_default().into_iter().chain(too_much).collect()))
        }
    }
}
