//! The figures of appointments as clients see them (OVR-5).

use crate::view::Share;
use chrono::NaiveDate;
use forecourt_domain::reports::{AppointmentFigures, FigureCounts, FigureTally, percentage};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Largest number of weeks: about three years.
const WEEKS: usize = 157;

/// Figures of the appointments of a filter: made, confirmed, shown and sold, in all and by each dimension (OVR-5).
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentFiguresView {
    /// All appointments of the filter.
    pub all: FigureCountsView,
    /// Those of the preceding period of equal length; absent without `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<FigureCountsView>,
    /// By salesperson; `id` is the id of the user, and `null` if the appointment has none.
    pub users: Vec<FigureRowView>,
    /// By the actor who made the appointment; `id` is `user:…`, `partner:…`, `customer` or `system`.
    pub makers: Vec<FigureRowView>,
    /// By the team that made it; `id` is `contact_centre` or `dealer`.
    pub teams: Vec<FigureRowView>,
    /// By the source of the lead at the time when the appointment was made, in lower case; `id` is `null` if the appointment has no lead,
    /// or if an earlier release stored it.
    pub sources: Vec<FigureRowView>,
    /// By kind; `id` is the name of the kind.
    pub kinds: Vec<FigureRowView>,
    /// By dealer; `id` is the id of the dealer.
    pub dealers: Vec<FigureRowView>,
    /// By week, earliest first. Weeks without an appointment are left out. At most the latest 157.
    pub weeks: Vec<FigureWeekView>,
    /// The no-shows by reason, the most frequent first. Percentages of all no-shows.
    pub no_show_reasons: Vec<NoShowReasonView>,
}

/// Counts of appointments.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureCountsView {
    /// All appointments that were made, cancelled ones included.
    pub made: u64,
    /// Cancelled ones. They count in `made` only. Percentage of `made`.
    pub cancelled: Share,
    /// Confirmed by the customer, and not moved or cancelled since (APT-12). Percentage of `made`.
    pub confirmed: Share,
    /// Dated before today, and the customer came. Percentage of `made`.
    pub shown: Share,
    /// Those whose lead is won; each appointment of a won lead counts. Percentage of `made`.
    pub sold: Share,
    /// Visits dated before today and not cancelled: `shown`, `no_show` and `unknown`.
    pub past: u64,
    /// Percentage of `shown` in `past`.
    #[schema(example = 62.5)]
    pub show_rate: f64,
    /// Dated before today, and the customer did not come. Percentage of `past`.
    pub no_show: Share,
    /// Dated before today, and no attendance is recorded. Percentage of `past`.
    pub unknown: Share,
    /// Appointments with a lead whose result is not recorded, because an earlier release stored the appointment. They are not in `sold`.
    pub result_unknown: u64,
    /// Median of the hours from making the appointment to the visit (nearest rank), without cancelled appointments. `null` if there are
    /// none. An appointment that was entered after the visit counts as 0.
    pub median_lead_hours: Option<f64>,
    /// 90th percentile of the same hours.
    pub p90_lead_hours: Option<f64>,
}

/// The counts of one value of a dimension.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureRowView {
    /// The value; `null` if the appointments have none.
    pub id: Option<String>,
    /// The counts of the period.
    pub counts: FigureCountsView,
    /// Those of the preceding period of equal length; absent without `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<FigureCountsView>,
}

/// The counts of one week.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureWeekView {
    /// The Monday of the week, in the dealer's time zone.
    pub monday: NaiveDate,
    /// The counts.
    pub counts: FigureCountsView,
}

/// The no-shows with one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoShowReasonView {
    /// The reason; `null` if none is recorded.
    pub reason: Option<String>,
    /// The number of no-shows.
    pub number: u64,
    /// Percentage of all no-shows with one decimal.
    #[schema(example = 12.5)]
    pub percentage: f64,
}

impl From<FigureCounts> for FigureCountsView {
    fn from(mut counts: FigureCounts) -> Self {
        let of_made = |number| Share::of(number, counts.made);
        let of_past = |number| Share::of(number, counts.past());
        let mut view = Self {
            made: counts.made,
            cancelled: of_made(counts.cancelled),
            confirmed: of_made(counts.confirmed),
            shown: of_made(counts.shown),
            sold: of_made(counts.sold),
            past: counts.past(),
            show_rate: percentage(counts.shown, counts.past()),
            no_show: of_past(counts.no_show),
            unknown: of_past(counts.unknown),
            result_unknown: counts.result_unknown,
            median_lead_hours: None,
            p90_lead_hours: None,
        };
        view.median_lead_hours = counts.lead_hours(50);
        view.p90_lead_hours = counts.lead_hours(90);
        view
    }
}

/// Returns the rows of a dimension in the order of their values. A value that only the preceding period has is a row, too.
fn rows<K: Ord + Clone>(
    mut current: BTreeMap<K, FigureCounts>,
    previous: BTreeMap<K, FigureCounts>,
    compared: bool,
    id: impl Fn(K) -> Option<String>,
) -> Vec<FigureRowView> {
    let mut previous = previous;
    for key in previous.keys() {
        current.entry(key.clone()).or_default();
    }
    let row = |(key, counts): (K, FigureCounts)| {
        let before = compared.then(|| previous.remove(&key).unwrap_or_default().into());
        FigureRowView { id: id(key), counts: counts.into(), previous: before }
    };
    current.into_iter().map(row).collect()
}

impl AppointmentFiguresView {
    pub(crate) fn of(figures: AppointmentFigures, compared: bool) -> Self {
        let AppointmentFigures { current, previous } = figures;
        let FigureTally { all, users, makers, teams, sources, kinds, dealers, weeks, no_show_reasons } = current;
        let no_shows = all.no_show;
        let mut reasons: Vec<(Option<String>, u64)> = no_show_reasons.into_iter().collect();
        reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        let reason = |(reason, number)| NoShowReasonView { reason, number, percentage: percentage(number, no_shows) };
        let earlier = weeks.len().saturating_sub(WEEKS);
        let weeks = weeks.into_iter().skip(earlier).map(|(monday, counts)| FigureWeekView { monday, counts: counts.into() });
        Self {
            all: all.into(),
            previous: compared.then(|| previous.all.into()),
            users: rows(users, previous.users, compared, |user| user.map(|user| user.to_string())),
            makers: rows(makers, previous.makers, compared, Some),
            teams: rows(teams, previous.teams, compared, |team| Some(team.name().to_owned())),
            sources: rows(sources, previous.sources, compared, |source| source),
            kinds: rows(kinds, previous.kinds, compared, |kind| Some(kind.name().to_owned())),
            dealers: rows(dealers, previous.dealers, compared, |dealer| Some(dealer.to_string())),
            weeks: weeks.collect(),
            no_show_reasons: reasons.into_iter().map(reason).collect(),
        }
    }
}
