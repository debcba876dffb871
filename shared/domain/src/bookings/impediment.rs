//! The reasons for which a booking cannot take place as planned.

use crate::base::UserId;
use crate::bookings::{Accepted, KeptUnder};
use crate::settings::{Capacity, CapacityDraft, DealerSettings, Member};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The reason for which a booking cannot take place as planned. Of several reasons the first one is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impediment {
    /// The person is no longer a member of the dealer.
    Leaver,
    /// The person is absent, or does not work at this time.
    Absence,
    /// The dealer entered the date as off (SET-2).
    DayOff,
    /// The dealer is closed at this time of the date.
    Closed,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl Impediment {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Impediment::Leaver => "leaver",
            Impediment::Absence => "absence",
            Impediment::DayOff => "day_off",
            Impediment::Closed => "closed",
            Impediment::Unknown => "unknown",
        }
    }

    /// Returns whether the booking lacks its person. Otherwise the dealer is closed.
    pub fn is_of_person(self) -> bool {
        matches!(self, Impediment::Leaver | Impediment::Absence)
    }
}

/// The person and time of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookedTime<'a> {
    /// The person. `None` if nobody is named.
    pub user: Option<&'a UserId>,
    /// The start.
    pub from: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
}

impl DealerSettings {
    /// Returns the reasons for which a booking cannot take place as planned. A person who is absent during a part of it is absent. The
    /// dealer must be open when it starts; it may end later.
    pub fn impediments(&self, booked: &BookedTime<'_>) -> BTreeSet<Impediment> {
        let mut found = BTreeSet::new();
        if let Some(user) = booked.user {
            match self.member(user) {
                None => drop(found.insert(Impediment::Leaver)),
                Some(member) if self.is_away_during(member, booked) => {
                    found.insert(Impediment::Absence);
                }
                Some(_) => {}
            }
        }
        if self.calendar.is_day_off(booked.from) {
            found.insert(Impediment::DayOff);
        } else if self.calendar.has_hours() && !self.calendar.is_open(booked.from) {
            found.insert(Impediment::Closed);
        }
        found
    }

    /// Returns whether a member is absent during a part of a booking, or outside their own weekly hours when it starts.
    fn is_away_during(&self, member: &Member, booked: &BookedTime<'_>) -> bool {
        self.has_absence_during(member, booked) || !self.is_on_duty(member, booked.from)
    }

    fn has_absence_during(&self, member: &Member, booked: &BookedTime<'_>) -> bool {
        member.absences.iter().any(|absence| booked.overlaps(absence.from, absence.until)) || self.is_absent(member, booked.from)
    }

    /// Returns the absences by date of the person of a booking that overlap it.
    pub(crate) fn absences_during(&self, booked: &BookedTime<'_>) -> Vec<KeptUnder> {
        let absences = booked.user.and_then(|user| self.member(user)).into_iter().flat_map(|member| &member.absences);
        let during = absences.filter(|absence| booked.overlaps(absence.from, absence.until));
        during.map(|absence| KeptUnder { from: absence.from, until: absence.until }).collect()
    }

    /// Returns whether the person of a booking has an absence during a part of it. Hours outside the own weekly ones are no absence.
    pub(crate) fn is_absent_during(&self, booked: &BookedTime<'_>) -> bool {
        booked.user.and_then(|user| self.member(user)).is_some_and(|member| self.has_absence_during(member, booked))
    }

    /// Returns the first reason for which a booking cannot take place as planned and about which nobody has decided. `None` if there is
    /// none.
    pub(crate) fn undecided(&self, booked: &BookedTime<'_>, accepted: Option<&Accepted>) -> Option<Impediment> {
        let covered = |why: &Impediment| match accepted {
            Some(accepted) => accepted.covers(booked, *why, self),
            None => self.was_closed(*why, booked),
        };
        self.impediments(booked).into_iter().find(|why| !covered(why))
    }

    /// Returns the reasons about which nobody is asked, because they were accepted when the time of the booking was chosen. `recorded` are
    /// those that the booking records, if a release that does so made it.
    pub(crate) fn intended(&self, booked: &BookedTime<'_>, recorded: Option<&BTreeSet<Impediment>>) -> BTreeSet<Impediment> {
        let closed = || self.impediments(booked).into_iter().filter(|why| self.was_closed(*why, booked)).collect();
        recorded.cloned().unwrap_or_else(closed)
    }

    /// Returns whether a booking without a record was made outside the weekly hours on purpose: an earlier release did not record it.
    fn was_closed(&self, why: Impediment, booked: &BookedTime<'_>) -> bool {
        why == Impediment::Closed && !self.calendar.special_hours().contains_key(&self.calendar.date_of(booked.from))
    }

    /// Returns the person and time of a booking whose type on the calendar is `kind`.
    pub(crate) fn booked<'a>(&self, user: Option<&'a UserId>, from: DateTime<Utc>, kind: &str) -> BookedTime<'a> {
        let duration = Capacity::resolve(&self.capacity, &CapacityDraft::default()).duration(kind);
        BookedTime { user, from, until: from.checked_add_signed(duration).unwrap_or(from) }
    }
}

impl BookedTime<'_> {
    pub(crate) fn overlaps(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        from < self.until && self.from < until
    }
}
