//! A dealer's calendar: weekly hours, days off and special hours (SET-1, SET-2).

use crate::base::Fault;
use crate::hours::{Interval, TimeOfDay};
use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// Invalid hours or days off: every invalid field, with the rule that it breaks.
///
/// Fields are named by their position as entered: `hours.mon[1]` is Monday's second interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidHours(pub Vec<Fault>);

impl fmt::Display for InvalidHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {} ({})", fault.field, fault.detail, fault.rule)?;
        }
        Ok(())
    }
}

/// The weekly intervals as entered, not yet checked; a missing day is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of the days")]
pub struct Week {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<Interval>,
}

/// Weekly opening hours (SET-1).
///
/// Written `{"mon": [["09:00", "12:30"], ["13:00", "17:00"]], …}`; a missing day is closed.
///
/// [`new`](Self::new) checks them and puts them in order. Stored hours are read without a check, because another release stored them:
/// [`faults`](Self::faults) lists their faults.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Week")]
pub struct OpeningHours(Week);

impl OpeningHours {
    /// Checks the week and puts each day's intervals in order. Touching intervals are allowed.
    ///
    /// # Errors
    /// SET-1: empty, reversed or overlapping intervals.
    pub fn new(week: Week) -> Result<Self, InvalidHours> {
        let mut faults = Vec::new();
        let mut checked = |field, day| in_order(field, day, &mut faults);
        let week = Week {
            mon: checked("hours.mon", week.mon),
            tue: checked("hours.tue", week.tue),
            wed: checked("hours.wed", week.wed),
            thu: checked("hours.thu", week.thu),
            fri: checked("hours.fri", week.fri),
            sat: checked("hours.sat", week.sat),
            sun: checked("hours.sun", week.sun),
        };
        valid_unless(faults, Self(week))
    }

    /// Returns every interval that breaks SET-1. Hours made with [`new`](Self::new) have none.
    pub fn faults(&self) -> Vec<Fault> {
        Self::new(self.0.clone()).err().map(|invalid| invalid.0).unwrap_or_default()
    }

    /// Returns these hours with each day's intervals in order and disjoint: empty and reversed ones are left out, overlapping ones are
    /// joined.
    fn disjoint(&self) -> Self {
        let Week { mon, tue, wed, thu, fri, sat, sun } = &self.0;
        let [mon, tue, wed, thu, fri, sat, sun] = [mon, tue, wed, thu, fri, sat, sun].map(|day| disjoint(day));
        Self(Week { mon, tue, wed, thu, fri, sat, sun })
    }

    /// The intervals of a weekday; empty if it is closed. They are in order, unless stored hours have [`faults`](Self::faults).
    pub fn on(&self, weekday: Weekday) -> &[Interval] {
        match weekday {
            Weekday::Mon => &self.0.mon,
            Weekday::Tue => &self.0.tue,
            Weekday::Wed => &self.0.wed,
            Weekday::Thu => &self.0.thu,
            Weekday::Fri => &self.0.fri,
            Weekday::Sat => &self.0.sat,
            Weekday::Sun => &self.0.sun,
        }
    }

    /// Whether every day of the week is closed.
    pub fn is_empty(&self) -> bool {
        self.0 == Week::default()
    }
}

impl From<Week> for OpeningHours {
    fn from(week: Week) -> Self {
        Self::new(week.clone()).unwrap_or(Self(week))
    }
}

/// A day, or an inclusive range of days, on which the dealer does not work (SET-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayOff {
    /// The first day, a date in the dealer's zone.
    pub from: NaiveDate,
    /// The last day, inclusive. `None` for a single day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// The name, for people.
    pub name: String,
    /// A public holiday, or the dealer's own.
    pub kind: DayOffKind,
}

/// The kind of a day off. The clock treats both kinds alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOffKind {
    /// A holiday by law or custom.
    PublicHoliday,
    /// A day off of this dealer.
    CompanyHoliday,
    /// A kind of another release.
    #[serde(other)]
    Unknown,
}

impl DayOff {
    fn last(&self) -> NaiveDate {
        self.to.unwrap_or(self.from)
    }
}

/// One dealer's calendar: time zone, weekly hours, days off and special hours.
///
/// [`new`](Self::new) checks it. A stored calendar is read without a check, because another release stored it: [`faults`](Self::faults)
/// lists its faults, and the clock counts only the valid hours. The methods of the clock are in the module `clock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Entered")]
pub struct Calendar {
    zone: Tz,
    hours: OpeningHours,
    days_off: Vec<DayOff>,
    special_hours: BTreeMap<NaiveDate, Vec<Interval>>,
    /// The hours in which the clock counts, if the stored ones have faults.
    #[serde(skip)]
    effective: Option<Box<EffectiveHours>>,
}

/// The hours that make sense of a calendar with faults: disjoint and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EffectiveHours {
    hours: OpeningHours,
    special_hours: BTreeMap<NaiveDate, Vec<Interval>>,
}

#[derive(Deserialize)]
struct Entered {
    zone: Tz,
    #[serde(default)]
    hours: OpeningHours,
    #[serde(default)]
    days_off: Vec<DayOff>,
    #[serde(default)]
    special_hours: BTreeMap<NaiveDate, Vec<Interval>>,
}

impl Calendar {
    /// A calendar of weekly hours, days off and special hours, in the zone all dates and times
    /// of day are read in.
    ///
    /// Special hours have precedence over the weekly hours and over a day off on their date: the
    /// dealer entered them for exactly this date. An empty list of special hours closes the date,
    /// like a day off. Days off may overlap.
    ///
    /// # Errors
    /// SET-2: days off that end before they begin (`days_off[2]`). SET-1: empty, reversed or
    /// overlapping intervals of special hours (`special_hours.2026-12-24[0]`).
    pub fn new(
        zone: Tz,
        hours: OpeningHours,
        days_off: Vec<DayOff>,
        special_hours: BTreeMap<NaiveDate, Vec<Interval>>,
    ) -> Result<Self, InvalidHours> {
        let mut faults = Vec::new();
        for (place, day) in days_off.iter().enumerate() {
            if day.last() < day.from {
                let field = format!("days_off[{place}]");
                faults.push(Fault::new(field, "SET-2", "ends before it begins"));
            }
        }
        let special_hours =
            special_hours.into_iter().map(|(date, day)| (date, in_order(&format!("special_hours.{date}"), day, &mut faults))).collect();
        valid_unless(faults, Self::unchecked(zone, hours, days_off, special_hours))
    }

    fn unchecked(zone: Tz, hours: OpeningHours, days_off: Vec<DayOff>, special_hours: BTreeMap<NaiveDate, Vec<Interval>>) -> Self {
        let special_disjoint = special_hours.iter().map(|(date, day)| (*date, disjoint(day))).collect();
        let effective = EffectiveHours { hours: hours.disjoint(), special_hours: special_disjoint };
        let has_faults = effective.hours != hours || effective.special_hours != special_hours;
        Self { zone, hours, days_off, special_hours, effective: has_faults.then(|| Box::new(effective)) }
    }

    /// Returns this calendar with other days off, not checked.
    #[must_use]
    pub fn with_days_off(&self, days_off: Vec<DayOff>) -> Self {
        Self { days_off, ..self.clone() }
    }

    /// Returns every fault of hours and days off (SET-1, SET-2). A calendar made with [`new`](Self::new) from checked hours has none.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.hours.faults();
        let whole = Self::new(self.zone, OpeningHours::default(), self.days_off.clone(), self.special_hours.clone());
        faults.extend(whole.err().map(|invalid| invalid.0).unwrap_or_default());
        faults
    }

    /// The dealer's time zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The weekly hours (SET-1).
    pub fn hours(&self) -> &OpeningHours {
        &self.hours
    }

    /// The days off, as entered (SET-2).
    pub fn days_off(&self) -> &[DayOff] {
        &self.days_off
    }

    /// The hours of single dates (SET-2).
    pub fn special_hours(&self) -> &BTreeMap<NaiveDate, Vec<Interval>> {
        &self.special_hours
    }

    /// Returns whether there are any weekly or special hours.
    ///
    /// Without them no level 1 may be set (SET-3). With them the clock may still find none, for
    /// instance where all special hours are past.
    pub fn has_hours(&self) -> bool {
        !self.hours.is_empty() || self.special_hours.values().any(|day| !day.is_empty())
    }

    /// The intervals worked on a date, in order.
    pub(crate) fn hours_on(&self, date: NaiveDate) -> &[Interval] {
        let (hours, special_hours) = match &self.effective {
            Some(effective) => (&effective.hours, &effective.special_hours),
            None => (&self.hours, &self.special_hours),
        };
        if let Some(special) = special_hours.get(&date) {
            special
        } else if self.is_entered_as_off(date) {
            &[]
        } else {
            hours.on(date.weekday())
        }
    }

    /// Returns whether the dealer entered the date as off. A weekday without weekly hours is not off.
    pub(crate) fn is_off(&self, date: NaiveDate) -> bool {
        match self.special_hours.get(&date) {
            Some(special) => special.is_empty(),
            None => self.is_entered_as_off(date),
        }
    }

    fn is_entered_as_off(&self, date: NaiveDate) -> bool {
        let mut days = self.days_off.iter();
        days.any(|day| (day.from..=day.last()).contains(&date))
    }
}

impl From<Entered> for Calendar {
    fn from(Entered { zone, hours, days_off, special_hours }: Entered) -> Self {
        let in_order = |(date, day): (NaiveDate, Vec<Interval>)| (date, in_order("", day.clone(), &mut Vec::new()), day);
        let special_hours = special_hours.into_iter().map(in_order);
        // Intervals with faults stay as they are stored.
        let special_hours = special_hours.map(|(date, placed, day)| (date, if placed.len() == day.len() { placed } else { day }));
        Self::unchecked(zone, hours, days_off, special_hours.collect())
    }
}

/// Returns the intervals of one day in order and disjoint, without empty and reversed ones.
fn disjoint(day: &[Interval]) -> Vec<Interval> {
    let mut placed: Vec<Interval> = day.iter().copied().filter(|interval| interval.from < interval.to).collect();
    placed.sort();
    placed.into_iter().fold(Vec::new(), |mut joined: Vec<Interval>, interval| {
        match joined.last_mut().filter(|last| interval.from < last.to) {
            Some(last) => last.to = last.to.max(interval.to),
            None => joined.push(interval),
        }
        joined
    })
}

/// Sorts the intervals of one day. Adds to `faults` each one that breaks SET-1.
fn in_order(field: &str, day: Vec<Interval>, faults: &mut Vec<Fault>) -> Vec<Interval> {
    let mut refuse = |place: usize, detail: &str| {
        faults.push(Fault::new(format!("{field}[{place}]"), "SET-1", detail));
    };
    let mut placed: Vec<(usize, Interval)> = day.into_iter().enumerate().collect();
    placed.retain(|(place, Interval { from, to })| {
        match from.cmp(to) {
            Ordering::Less => return true,
            Ordering::Equal => refuse(*place, "opens and closes at the same time"),
            Ordering::Greater => refuse(*place, "closes before it opens"),
        }
        false
    });
    placed.sort_by_key(|(_, interval)| interval.from);
    let mut closed = TimeOfDay::MIDNIGHT;
    for (place, interval) in &placed {
        if interval.from < closed {
            refuse(*place, "opens while another interval is still open");
        }
        closed = closed.max(interval.to);
    }
    placed.into_iter().map(|(_, interval)| interval).collect()
}

fn valid_unless<T>(faults: Vec<Fault>, valid: T) -> Result<T, InvalidHours> {
    if faults.is_empty() { Ok(valid) } else { Err(InvalidHours(faults)) }
}
