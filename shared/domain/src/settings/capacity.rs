//! The number, times and durations of the appointments that customers can book with a person (CAL-7).

use crate::base::{Fault, optional_whole, whole};
use crate::hours::TimeOfDay;
use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

const PER_SLOT: RangeInclusive<u32> = 0..=50;

const PER_DAY: RangeInclusive<u32> = 0..=200;

const NOTICE: RangeInclusive<u32> = 0..=14 * 24 * 60;

const HORIZON_DAYS: RangeInclusive<u32> = 1..=92;

fn is_step(minutes: &u32) -> bool {
    matches!(minutes, 15 | 30 | 60)
}

fn is_duration(minutes: &u32) -> bool {
    (15..=480).contains(minutes) && minutes.is_multiple_of(15)
}

/// Reads the durations of types.
fn durations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, u32>, D::Error> {
    #[derive(Deserialize)]
    struct Minutes(#[serde(deserialize_with = "whole::<_, _, 15, 480>")] u32);
    let read = BTreeMap::<String, Minutes>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|(kind, Minutes(minutes))| (kind, minutes)).collect())
}

/// The settings of a group or a dealer. A field that a dealer does not set is the group's; a field that neither sets has the default
/// (CAL-7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CapacityDraft {
    /// The number of timed events with which a quarter-hour is full, 0 to 50. Default 1. With 0, customers cannot book.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 0, 50>")]
    pub per_slot: Option<u32>,
    /// The maximum number of bookings of a person on a local date, 0 to 200. Default 8. With 0, customers cannot book.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 0, 200>")]
    pub per_day: Option<u32>,
    /// The earliest start, by the dealer's wall clock, before 24:00. Default: the opening time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<TimeOfDay>,
    /// The latest finish on the date of the start, by the dealer's wall clock, after `earliest`. Default: the closing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<TimeOfDay>,
    /// Minutes by type of event, 15 to 480 in steps of 15. A dealer's entry replaces the group's entry of the same type only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "durations")]
    pub durations: BTreeMap<String, u32>,
    /// Minutes of a type without an entry, 15 to 480 in steps of 15. Default 60.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 15, 480>")]
    pub default_duration: Option<u32>,
    /// Minutes between two offered starts: 15, 30 or 60. Default 30.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 15, 60>")]
    pub step: Option<u32>,
    /// The minimum time between a booking and its slot in minutes, 0 to 20160 (14 days). Default 60.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 0, 20_160>")]
    pub notice: Option<u32>,
    /// The number of local dates after today that a customer may book, 1 to 92. Default 28.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 1, 92>")]
    pub horizon_days: Option<u32>,
}

impl CapacityDraft {
    /// Returns these settings, with each unset field taken from `group` (CAL-7).
    pub fn over(&self, group: &Self) -> Self {
        let mut durations = group.durations.clone();
        durations.extend(self.durations.clone());
        Self {
            per_slot: self.per_slot.or(group.per_slot),
            per_day: self.per_day.or(group.per_day),
            earliest: self.earliest.or(group.earliest),
            latest: self.latest.or(group.latest),
            durations,
            default_duration: self.default_duration.or(group.default_duration),
            step: self.step.or(group.step),
            notice: self.notice.or(group.notice),
            horizon_days: self.horizon_days.or(group.horizon_days),
        }
    }

    /// Returns every fault (CAL-7). The paths of the fields are relative to these settings.
    ///
    /// A dealer's draft must also be checked [`over`](Self::over) the group's: the two can contradict each other, and then no slot is free.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: String, detail: String| faults.push(Fault::new(field, "CAL-7", detail));
        let counts = [
            ("per_slot", self.per_slot, PER_SLOT),
            ("per_day", self.per_day, PER_DAY),
            ("notice", self.notice, NOTICE),
            ("horizon_days", self.horizon_days, HORIZON_DAYS),
        ];
        for (field, value, range) in counts {
            if value.is_some_and(|value| !range.contains(&value)) {
                fault(field.into(), format!("must be {} to {}", range.start(), range.end()));
            }
        }
        if self.step.is_some_and(|step| !is_step(&step)) {
            fault("step".into(), "must be 15, 30 or 60 minutes".into());
        }
        let by_type = self.durations.iter().map(|(kind, minutes)| (format!("durations.{kind}"), minutes));
        for (field, minutes) in by_type.chain(self.default_duration.iter().map(|minutes| ("default_duration".into(), minutes))) {
            if !is_duration(minutes) {
                fault(field, "must be 15 to 480 minutes, in steps of 15".into());
            }
        }
        if self.durations.keys().any(|kind| kind.trim().is_empty() || kind.chars().count() > 100) {
            fault("durations".into(), "a type must be 1 to 100 characters".into());
        }
        if self.earliest == Some(TimeOfDay::END_OF_DAY) {
            fault("earliest".into(), "must be before 24:00".into());
        }
        if let (Some(earliest), Some(latest)) = (self.earliest, self.latest)
            && latest <= earliest
        {
            fault("latest".into(), format!("must be after the earliest start, {earliest}"));
        }
        faults
    }
}

/// The effective capacity of a person at one dealer (CAL-7). Only [`resolve`](Self::resolve) creates one; every value is in range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capacity {
    pub(crate) per_slot: u32,
    pub(crate) per_day: u32,
    pub(crate) earliest: Option<TimeOfDay>,
    pub(crate) latest: Option<TimeOfDay>,
    durations: BTreeMap<String, u32>,
    default_duration: u32,
    pub(crate) step: u32,
    pub(crate) notice: u32,
    pub(crate) horizon_days: u32,
}

impl Capacity {
    /// Returns the dealer's settings, else the group's, else the defaults, field by field. A number that [`CapacityDraft::check`] refuses
    /// counts as unset, so that settings stored under older rules still give slots.
    pub fn resolve(dealer: &CapacityDraft, group: &CapacityDraft) -> Self {
        let set = dealer.over(group);
        let count = |value: Option<u32>, range: RangeInclusive<u32>| value.filter(|value| range.contains(value));
        Self {
            per_slot: count(set.per_slot, PER_SLOT).unwrap_or(1),
            per_day: count(set.per_day, PER_DAY).unwrap_or(8),
            earliest: set.earliest,
            latest: set.latest,
            durations: set.durations.into_iter().filter(|(_, minutes)| is_duration(minutes)).collect(),
            default_duration: set.default_duration.filter(is_duration).unwrap_or(60),
            step: set.step.filter(is_step).unwrap_or(30),
            notice: count(set.notice, NOTICE).unwrap_or(60),
            horizon_days: count(set.horizon_days, HORIZON_DAYS).unwrap_or(28),
        }
    }

    /// Returns the capacity without the limits for customers: staff can book at once, far ahead, and any number in a day (APT-8).
    pub(crate) fn for_staff(&self) -> Self {
        Self { per_slot: self.per_slot.max(1), per_day: u32::MAX, notice: 0, horizon_days: 3_653, ..self.clone() }
    }

    /// Returns the duration of an event of type `kind`: 15 minutes to 8 hours, in quarter-hours.
    pub fn duration(&self, kind: &str) -> TimeDelta {
        TimeDelta::minutes(self.durations.get(kind).copied().unwrap_or(self.default_duration).into())
    }
}

impl Default for Capacity {
    /// The capacity if neither the dealer nor the group has set anything.
    fn default() -> Self {
        Self::resolve(&CapacityDraft::default(), &CapacityDraft::default())
    }
}
