//! The settings of one user at one dealer: switches, own hours and absences (SET-7, DIS-4, DIS-13).

use crate::base::{DistributionGroupId, UserId, optional_whole, whole};
use crate::hours::OpeningHours;
use crate::settings::{AbsenceHandOver, HandOverTo};
use chrono::{DateTime, Utc, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The settings of one user at one dealer (SET-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// Receives leads from the rotation ("erhält Anfragen").
    #[serde(default)]
    pub receives_leads: bool,
    /// Can be assigned leads by hand ("kann Anfragen zugewiesen bekommen").
    #[serde(default)]
    pub assignable: bool,
    /// The distribution groups of the user (DIS-3).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<DistributionGroupId>,
    /// The user who is notified at level 2: another member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// The absences of this user. A change of the settings drops those that have ended (DIS-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
    /// The absences that repeat every week, at most one for each weekday (DIS-13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekly_absences: Vec<WeeklyAbsence>,
    /// The user's own weekly hours, by the dealer's wall clock. `None`: the user works while the dealer is open (DIS-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<OpeningHours>,
    /// The share of the user in a rotation, relative to the others: 1 to 10. Default 1 (DIS-13).
    #[serde(default = "one", skip_serializing_if = "is_one", deserialize_with = "whole::<_, _, 1, 10>")]
    pub weight: u8,
    /// The maximum number of leads in progress: a user who has as many gets none by distribution. `None` means no limit (DIS-13).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 1, 10_000>")]
    pub max_open: Option<u32>,
}

fn one() -> u8 {
    1
}

fn is_one(weight: &u8) -> bool {
    *weight == one()
}

/// An absence: from `from` up to, not including, `until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    /// The first instant of the absence.
    pub from: DateTime<Utc>,
    /// The first instant after the absence.
    pub until: DateTime<Utc>,
    /// The user who sees and works on the leads during the absence, and receives the notices (DIS-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<UserId>,
    /// The hand-over of the open leads at its beginning (DIS-12). `None` if the leads stay with the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<AbsenceHandOver>,
}

/// An absence on one day of every week: the whole day of the dealer's wall clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyAbsence {
    /// The day.
    pub day: DayOfWeek,
    /// The user who sees and works on the leads on this day, and receives the notices (DIS-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<UserId>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the days")]
pub enum DayOfWeek {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl DayOfWeek {
    /// The days of a week.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// Returns the weekday.
    pub fn weekday(self) -> Weekday {
        match self {
            DayOfWeek::Mon => Weekday::Mon,
            DayOfWeek::Tue => Weekday::Tue,
            DayOfWeek::Wed => Weekday::Wed,
            DayOfWeek::Thu => Weekday::Thu,
            DayOfWeek::Fri => Weekday::Fri,
            DayOfWeek::Sat => Weekday::Sat,
            DayOfWeek::Sun => Weekday::Sun,
        }
    }
}

impl Absence {
    /// The latest year in which an absence can end: later ones have no common form as text.
    pub const LAST_YEAR: i32 = 9_999;
}

impl Member {
    /// The highest weight.
    pub const MAX_WEIGHT: u8 = 10;
    /// The highest number of absences.
    pub const MOST_ABSENCES: usize = 100;
    /// The highest maximum of open leads.
    pub const MOST_OPEN: u32 = 10_000;

    /// Creates a member without switches.
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            receives_leads: false,
            assignable: false,
            groups: BTreeSet::new(),
            supervisor: None,
            absences: Vec::new(),
            weekly_absences: Vec::new(),
            hours: None,
            weight: one(),
            max_open: None,
        }
    }

    /// Returns the users who replace this member during an absence, each with its field: the deputies, and the targets of hand-overs.
    pub fn stand_ins(&self) -> impl Iterator<Item = (String, &UserId)> {
        let by_date = self.absences.iter().enumerate().flat_map(|(j, absence)| {
            let target = absence.hand_over.as_ref().and_then(|hand_over| match &hand_over.to {
                HandOverTo::User(user) => Some((format!("absences[{j}].hand_over.to"), user)),
                _ => None,
            });
            absence.deputy.as_ref().map(|deputy| (format!("absences[{j}].deputy"), deputy)).into_iter().chain(target)
        });
        let weekly = self.weekly_absences.iter().enumerate();
        by_date.chain(weekly.filter_map(|(j, absence)| Some((format!("weekly_absences[{j}].deputy"), absence.deputy.as_ref()?))))
    }

    /// Returns the absences by date at `at`. Several can overlap.
    pub fn absences_at(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Absence> {
        self.absences.iter().filter(move |absence| absence.from <= at && at < absence.until)
    }

    /// Returns when the absences by date that hold at `at` end: absences that overlap or touch count as one. `None` if none holds.
    pub fn away_until(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut end = self.absences_at(at).map(|absence| absence.until).max()?;
        while let Some(later) = self.absences_at(end).map(|absence| absence.until).max() {
            end = later;
        }
        Some(end)
    }
}
