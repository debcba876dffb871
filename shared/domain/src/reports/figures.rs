//! Figures of appointments: from the appointment that is made to the sale (OVR-5).

use crate::base::text::caseless;
use crate::base::{AppointmentKind, AppointmentTeam, DealerId, UserId};
use crate::hours::Calendar;
use crate::reports::{AppointmentFacts, AppointmentFilter, AttendanceFilter, Bound, Bounds, Dates};
use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;

/// The date by which appointments belong to a week and to a period (OVR-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FigureDate {
    /// The date on which the appointment was made.
    #[default]
    Created,
    /// The date on which it takes place.
    Appointment,
}

impl FigureDate {
    /// The names in queries.
    pub const NAMES: [(&'static str, FigureDate); 2] = [("created", FigureDate::Created), ("appointment", FigureDate::Appointment)];

    /// Returns the range of a filter for this date.
    fn range(self, filter: &AppointmentFilter) -> Dates {
        match self {
            FigureDate::Created => filter.created,
            FigureDate::Appointment => filter.at,
        }
    }

    fn time(self, facts: &AppointmentFacts) -> DateTime<Utc> {
        match self {
            FigureDate::Created => facts.created,
            FigureDate::Appointment => facts.at,
        }
    }
}

/// The period of the figures at one dealer, and the period before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureBounds {
    /// The period of the figures.
    pub current: Bounds,
    /// The preceding period of equal length. `None` if the figures are not compared.
    pub previous: Option<Bounds>,
}

impl FigureBounds {
    /// Returns the periods of a filter at a dealer, at `now`. A compared range without an end ends with today, and a range of dates has
    /// whole days, so that the preceding one has as many. `None` for the preceding one if the range has no beginning.
    pub fn of(filter: &AppointmentFilter, date: FigureDate, compared: bool, calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let current = filter.bounds(calendar, now);
        let range = date.range(filter);
        let previous = range.from.filter(|_| compared).and_then(|from| before(from, range.until, calendar, now));
        let previous = previous.map(|range| {
            let range = range.in_zone(calendar);
            match date {
                FigureDate::Created => Bounds { created: range, ..current },
                FigureDate::Appointment => Bounds { at: range, ..current },
            }
        });
        Self { current, previous }
    }

    /// Returns the bounds of both periods together, to read them in one pass.
    pub fn whole(&self) -> Bounds {
        let Some(previous) = self.previous else { return self.current };
        let (mut created, mut at) = (self.current.created, self.current.at);
        created.from = created.from.and(previous.created.from).map(|from| from.min(created.from.unwrap_or(from)));
        at.from = at.from.and(previous.at.from).map(|from| from.min(at.from.unwrap_or(from)));
        Bounds { created, at, today: self.current.today }
    }
}

/// Returns the range of equal length that ends where `from` begins.
fn before(from: Bound, until: Option<Bound>, calendar: &Calendar, now: DateTime<Utc>) -> Option<Dates> {
    let until = until.unwrap_or(Bound::Date(calendar.date_of(now)));
    let range = match (from, until) {
        (Bound::Date(from), Bound::Date(until)) => {
            let days = (until - from).num_days() + 1;
            let first = from.checked_sub_signed(TimeDelta::try_days(days.max(1))?)?;
            Dates { from: Some(Bound::Date(first)), until: from.pred_opt().map(Bound::Date) }
        }
        _ => {
            let (begins, ends) = (from.begins(calendar)?, until.ends(calendar)?);
            let first = begins.checked_sub_signed((ends - begins).max(TimeDelta::zero()))?;
            Dates { from: Some(Bound::At(first)), until: Some(Bound::At(begins)) }
        }
    };
    Some(range)
}

/// Counts of appointments (OVR-5). A cancelled appointment counts in `made` and `cancelled` only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FigureCounts {
    /// All appointments that were made.
    pub made: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Confirmed by the customer (APT-12).
    pub confirmed: u64,
    /// Dated before today: the customer came.
    pub shown: u64,
    /// Dated before today: the customer did not come.
    pub no_show: u64,
    /// Dated before today: not recorded.
    pub unknown: u64,
    /// Those whose lead is won.
    pub sold: u64,
    /// Those with a lead whose result is not recorded, because an earlier release stored the appointment.
    pub result_unknown: u64,
    /// The time from making each appointment to the visit, in minutes; 0 if it was entered afterwards.
    lead_times: Vec<u32>,
}

impl FigureCounts {
    fn count(&mut self, facts: &AppointmentFacts, attendance: AttendanceFilter) {
        self.made += 1;
        match attendance {
            AttendanceFilter::Cancelled => {
                self.cancelled += 1;
                return;
            }
            AttendanceFilter::Completed => self.shown += 1,
            AttendanceFilter::NoShow => self.no_show += 1,
            AttendanceFilter::Unknown => self.unknown += 1,
            AttendanceFilter::TodayOrLater => {}
        }
        self.confirmed += u64::from(facts.customer_confirmed);
        self.sold += u64::from(facts.of_lead.as_ref().is_some_and(|lead| lead.won));
        self.result_unknown += u64::from(facts.lead.is_some() && facts.of_lead.is_none());
        let minutes = (facts.at - facts.created).num_minutes().max(0);
        self.lead_times.push(u32::try_from(minutes).unwrap_or(u32::MAX));
    }

    /// The appointments that were not cancelled.
    pub fn kept(&self) -> u64 {
        self.made - self.cancelled
    }

    /// The visits dated before today.
    pub fn past(&self) -> u64 {
        self.shown + self.no_show + self.unknown
    }

    /// Returns the time from making to the visit, in hours to one decimal, that `percent` of the appointments did not exceed (nearest
    /// rank). `None` if there is no appointment that was not cancelled.
    pub fn lead_hours(&mut self, percent: usize) -> Option<f64> {
        let rank = (self.lead_times.len() * percent).div_ceil(100).checked_sub(1)?;
        let (_, minutes, _) = self.lead_times.select_nth_unstable(rank);
        Some((f64::from(*minutes) / 6.0).round() / 10.0)
    }
}

/// The counts of one period, in all and by each dimension.
#[derive(Debug, Clone, Default)]
pub struct FigureTally {
    /// All appointments.
    pub all: FigureCounts,
    /// By salesperson; `None`: the appointment has none.
    pub users: BTreeMap<Option<UserId>, FigureCounts>,
    /// By the actor who made the appointment, as [`Actor`](crate::base::Actor) is written.
    pub makers: BTreeMap<String, FigureCounts>,
    /// By the team that made it.
    pub teams: BTreeMap<AppointmentTeam, FigureCounts>,
    /// By the source of the lead, in lower case; `None`: the appointment has no lead, or its source is not recorded.
    pub sources: BTreeMap<Option<String>, FigureCounts>,
    /// By kind.
    pub kinds: BTreeMap<AppointmentKind, FigureCounts>,
    /// By dealer.
    pub dealers: BTreeMap<DealerId, FigureCounts>,
    /// By the Monday of the week.
    pub weeks: BTreeMap<NaiveDate, FigureCounts>,
    /// The no-shows by reason; `None`: no reason is recorded.
    pub no_show_reasons: BTreeMap<Option<String>, u64>,
}

impl FigureTally {
    fn count(&mut self, facts: &AppointmentFacts, attendance: AttendanceFilter, dealer: &DealerId, monday: NaiveDate) {
        let source = facts.of_lead.as_ref().map(|lead| caseless(&lead.source));
        let each = [
            &mut self.all,
            self.users.entry(facts.user.clone()).or_default(),
            self.makers.entry(facts.by.to_string()).or_default(),
            self.teams.entry(facts.team).or_default(),
            self.sources.entry(source).or_default(),
            self.kinds.entry(facts.kind).or_default(),
            self.dealers.entry(dealer.clone()).or_default(),
            self.weeks.entry(monday).or_default(),
        ];
        each.into_iter().for_each(|counts| counts.count(facts, attendance));
        if attendance == AttendanceFilter::NoShow {
            *self.no_show_reasons.entry(facts.no_show_reason.clone()).or_default() += 1;
        }
    }
}

/// The figures of appointments, and those of the preceding period if they are compared.
#[derive(Debug, Clone, Default)]
pub struct AppointmentFigures {
    /// The counts of the period.
    pub current: FigureTally,
    /// The counts of the preceding period.
    pub previous: FigureTally,
}

/// The dealer at which appointments are counted.
#[derive(Debug, Clone, Copy)]
pub struct FigureSite<'a> {
    /// The dealer.
    pub dealer: &'a DealerId,
    /// Its calendar.
    pub calendar: &'a Calendar,
    /// The periods there.
    pub bounds: &'a FigureBounds,
}

impl AppointmentFigures {
    /// Counts an appointment in each period in which the filter selects it.
    pub fn count(&mut self, facts: &AppointmentFacts, filter: &AppointmentFilter, date: FigureDate, site: FigureSite<'_>) {
        let periods = [(Some(site.bounds.current), &mut self.current), (site.bounds.previous, &mut self.previous)];
        for (bounds, tally) in periods {
            if let Some(bounds) = bounds.filter(|bounds| filter.takes(facts, bounds)) {
                let day = site.calendar.date_of(date.time(facts));
                let monday = day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()));
                tally.count(facts, facts.attendance(&bounds), site.dealer, monday);
            }
        }
    }
}
