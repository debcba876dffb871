//! Import of days off from an iCalendar file (SET-2).

use crate::bookings::BookingsAffectedView;
use crate::change::{required_versions, save};
use crate::dealer::{answer, current};
use crate::ics::{self, ImportRange, SkippedEvent};
use crate::parts;
use chrono::{Datelike as _, Months, NaiveDate};
use forecourt_domain::base::{DealerId, Fault, Refusal};
use forecourt_domain::hours::DayOff;
use forecourt_domain::settings::{Dealer, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::routes::SettingsPart;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Default range of an import, from its first date.
const AHEAD: Months = Months::new(24);

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Id of the dealer.
    pub dealer: String,
    /// Version of the settings; also the ETag.
    pub version: u64,
    /// Number of days off that were added; a range counts once.
    pub imported: usize,
    /// Number of days in the file that were days off before.
    pub known: usize,
    /// Number of entries that were skipped.
    pub skipped: usize,
    /// The skipped entries, in the file's order.
    pub skipped_entries: Vec<SkippedView>,
    /// The days off and special hours, in the format of `PUT`.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// The bookings that the new days off affect.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// An entry of the file that was skipped.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkippedView {
    /// Line of the file in which the entry begins, from 1.
    pub line: usize,
    /// Name of the entry; empty if it has none.
    pub name: String,
    /// The reason why the entry was skipped.
    #[schema(example = "does not consist of whole days")]
    pub reason: &'static str,
}

/// Adds the days of a file to the days off. Existing days off stay unchanged.
pub(crate) async fn import(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    match call.media_type().as_deref() {
        Some("text/calendar") => {}
        other => return Err(Problem::media_type(format!("must be text/calendar, not {}", other.unwrap_or("nothing")))),
    }
    let dealer = current(platform, call, id).await?;
    let zone = dealer.settings.calendar.zone();
    let today = call.now.with_timezone(&zone).date_naive();
    let mut queries = Queries::of(call, "SET-2");
    let calendar = &dealer.settings.calendar;
    let mut from: NaiveDate = queries.bound("from").map_or(today, |from| from.date(calendar));
    if !(1970..=2200).contains(&from.year()) {
        queries.refuse(Fault::new("from", "SET-2", "must be a date from 1970 to 2200"));
        from = today;
    }
    let to: NaiveDate = queries.bound("until").map_or(from + AHEAD, |until| until.last_date(calendar));
    if !queries.is_refused("from") && (to < from || to > from + Months::new(120)) {
        queries.refuse(Fault::new("until", "SET-2", "must be on or after from, and at most ten years after it"));
    }
    let transparent = queries.parse("transparent", "true or false").unwrap_or(false);
    queries.done()?;
    let file = ics::read(&call.body, &ImportRange { from, to, zone, transparent }).map_err(Refusal::Invalid)?;
    let known = |dealer: &Dealer| file.days.iter().filter(|day| is_off(&dealer.settings, day)).count();
    let known = known(&dealer);
    let saved = save(platform, call, id, &required_versions(call)?, |dealer| with_days(&dealer.settings, &file.days)).await?;
    let bookings = saved.bookings(platform, call).await?;
    let after = saved.dealer;
    let view = ImportView {
        dealer: id.to_string(),
        version: after.version,
        imported: file.days.len() - known,
        known,
        skipped: file.skipped.len(),
        skipped_entries: file
            .skipped
            .into_iter()
            .map(|SkippedEvent { line, name, reason }| SkippedView { line, name, reason: reason.text() })
            .collect(),
        settings: parts::view(SettingsPart::Holidays, &after.settings),
        bookings,
    };
    answer(&after, &view)
}

fn is_off(settings: &Settings, day: &DayOff) -> bool {
    settings.calendar.days_off().iter().any(|off| (off.from, off.to) == (day.from, day.to))
}

fn with_days(settings: &Settings, days: &[DayOff]) -> Result<Settings, Refusal> {
    let calendar = &settings.calendar;
    let new = days.iter().filter(|day| !is_off(settings, day)).cloned();
    let mut all: Vec<DayOff> = calendar.days_off().iter().cloned().chain(new).collect();
    all.sort_by_key(|day| day.from);
    let mut draft = (**settings).clone();
    draft.calendar = calendar.with_days_off(all);
    draft.check_change(settings, |_| false).map_err(Refusal::Invalid)
}
