//! `GET /overview/appointments/figures` (OVR-5).

use crate::figures_view::AppointmentFiguresView;
use crate::sites;
use forecourt_domain::base::{Fault, Refusal, Right};
use forecourt_domain::hours::Calendar;
use forecourt_domain::reports::{AppointmentFacts, AppointmentFigures, AppointmentFilter, FigureBounds, FigureDate, FigureSite};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::{Failure, Listing, Partition};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const RULE: &str = "OVR-5";

/// What a request asks for.
struct FiguresQuery {
    filter: AppointmentFilter,
    date: FigureDate,
    compared: bool,
}

/// Counts every appointment of the filter that the caller may see, in the period and in the preceding one, in one pass over the lists.
pub(crate) async fn figures(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    let FiguresQuery { filter, date, compared } = read_query(call)?;
    let periods = |calendar: &Calendar| FigureBounds::of(&filter, date, compared, calendar, call.now);
    let sites = sites::sites(platform, call, &filter.dealers, |dealer| periods(&dealer.settings.calendar).whole()).await?;
    let bounds: HashMap<_, _> = sites.iter().map(|(id, site)| (id, periods(&site.dealer.settings.calendar))).collect();
    let figures = Mutex::new(AppointmentFigures::default());
    let (sites_ref, bounds_ref, figures_ref, filter) = (&sites, &bounds, &figures, &filter);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some((site, bounds)) = sites_ref.get(&partition.dealer).zip(bounds_ref.get(&partition.dealer)) else {
            return Err(Failure::Broken("a partition of a dealer that was not loaded".into()));
        };
        let settings = &site.dealer.settings;
        let at = FigureSite { dealer: &site.dealer.id, calendar: &settings.calendar, bounds };
        let count = |rows: Vec<AppointmentFacts>| {
            let mut figures = figures_ref.lock().unwrap_or_else(PoisonError::into_inner);
            let sees = |facts: &&AppointmentFacts| call.scope.sees_appointment_of(facts.user.as_ref(), facts.by.user(), settings, call.now);
            rows.iter().filter(sees).for_each(|facts| figures.count(facts, filter, date, at));
        };
        sites::read_page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::read_all(sites::partitions(Listing::Appointments, &sites, call), read).await?;
    let figures = figures.into_inner().unwrap_or_else(PoisonError::into_inner);
    let made = figures.current.all.made;
    Ok(Answer::new(200, &AppointmentFiguresView::of(figures, compared))?.about(&made))
}

fn read_query(call: &Call) -> Result<FiguresQuery, Refusal> {
    let queries = Queries::of(call, RULE);
    let filter = AppointmentFilter::read(&|name| queries.text(name).map(str::to_owned), "OVR-2");
    let mut faults = Vec::new();
    let named = |text: &str| FigureDate::NAMES.iter().find(|(name, _)| *name == text).map(|(_, date)| *date);
    let date = queries.text("date").map_or(Some(FigureDate::default()), named);
    if date.is_none() {
        faults.push(Fault::new("date", RULE, "must be created or appointment"));
    }
    let compared = queries.text("compare");
    if compared.is_some_and(|value| value != "previous") {
        faults.push(Fault::new("compare", RULE, "must be previous"));
    }
    let from = match date.unwrap_or_default() {
        FigureDate::Created => "created_from",
        FigureDate::Appointment => "appointment_from",
    };
    if compared.is_some() && date.is_some() && queries.text(from).is_none() && !queries.is_refused(from) {
        faults.push(Fault::new("compare", RULE, format!("needs {from}, which begins the period to compare with the one before")));
    }
    queries.done_with(match (filter, date) {
        (Ok(filter), Some(date)) if faults.is_empty() => Ok(FiguresQuery { filter, date, compared: compared.is_some() }),
        (filter, _) => Err(filter.err().into_iter().flatten().chain(faults).collect()),
    })
}
