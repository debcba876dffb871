//! The warnings about the time and the person of a booking before it is made (APT-8).

use crate::base::{Actor, Obstacle, Refusal};
use crate::bookings::{BookedTime, Impediment};
use crate::settings::DealerSettings;
use crate::slots::{LoadDay, ReservedTime};
use std::collections::BTreeSet;

/// A reason against the time or the person of a booking. The author of the booking can make it despite the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Warning {
    /// The person has another event or appointment at this time.
    DoubleBooked,
    /// The person is absent.
    Absent,
    /// It is outside the person's own weekly hours.
    OwnHours,
    /// The person is no longer a member of the dealer.
    Leaver,
    /// The dealer entered the date as off (SET-2).
    DayOff,
    /// The dealer is closed at this time of the date.
    Closed,
    /// The person is not available. Partners do not learn why.
    Unavailable,
}

impl Warning {
    /// Every warning with its name in the API.
    pub const NAMES: [(&'static str, Warning); 7] = [
        ("double_booked", Warning::DoubleBooked),
        ("absent", Warning::Absent),
        ("own_hours", Warning::OwnHours),
        ("leaver", Warning::Leaver),
        ("day_off", Warning::DayOff),
        ("closed", Warning::Closed),
        ("unavailable", Warning::Unavailable),
    ];

    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, warning)| *warning == self).map_or("unavailable", |(name, _)| name)
    }

    /// Returns the warning as a sentence without a full stop.
    pub fn text(self) -> &'static str {
        match self {
            Warning::DoubleBooked => "the person has another event or appointment at this time",
            Warning::Absent => "the person is absent at this time",
            Warning::OwnHours => "the time is outside the own weekly hours of the person",
            Warning::Leaver => "the person is no longer a member of the dealer",
            Warning::DayOff => "the dealer has a day off on this date",
            Warning::Closed => "the dealer is closed at this time",
            Warning::Unavailable => "the person is not available at this time",
        }
    }

    /// Returns whether it is a reason for which somebody must decide about the booking, because its person is not there (APT-9).
    fn lacks_person(self) -> bool {
        matches!(self, Warning::Absent | Warning::OwnHours | Warning::Leaver)
    }

    /// Returns the warning as `by` sees it: a partner does not learn why a person is not available (ACC-1).
    fn seen_by(self, by: &Actor) -> Self {
        let is_of_person = self.lacks_person() || self == Warning::DoubleBooked;
        if is_of_person && matches!(by, Actor::Partner(_)) { Warning::Unavailable } else { self }
    }
}

/// The warnings that a request accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Despite {
    /// The request does not say: the booking is made, and the response has the warnings.
    #[default]
    Unstated,
    /// The request accepts these warnings: with any other one the booking is refused.
    Named(BTreeSet<Warning>),
}

impl Despite {
    /// [`Despite::Unstated`], to borrow.
    pub const UNSTATED: &'static Self = &Self::Unstated;

    /// Checks that the request accepts all warnings that were found.
    ///
    /// # Errors
    /// 409 names those that it does not accept.
    pub(crate) fn admit(&self, found: &BTreeSet<Warning>) -> Result<(), Refusal> {
        let Despite::Named(named) = self else { return Ok(()) };
        let open: Vec<Warning> = found.difference(named).copied().collect();
        if open.is_empty() {
            return Ok(());
        }
        let texts: Vec<&str> = open.iter().map(|warning| warning.text()).collect();
        let names: Vec<String> = found.iter().map(|warning| format!("\"{}\"", warning.name())).collect();
        let detail = format!("{}; to book all the same, send despite [{}]", texts.join("; "), names.join(","));
        let obstacle = |warning: &Warning| Obstacle { what: warning.name(), appointment: None, kind: None, at: None };
        Err(Refusal::Undecided { rule: "APT-8", detail, obstacles: found.iter().map(obstacle).collect() })
    }

    /// Returns whether the request decides that the booking takes place although its person is not there, as `keep` does (APT-9).
    pub(crate) fn keeps(&self, found: &BTreeSet<Warning>) -> bool {
        matches!(self, Despite::Named(_)) && found.iter().any(|warning| warning.lacks_person())
    }
}

/// The time and the person that `by` chooses for the booking `id`.
#[derive(Clone, Copy)]
pub(crate) struct ChosenTime<'a> {
    pub(crate) booked: BookedTime<'a>,
    /// The id under which the days of the person hold the booking.
    pub(crate) id: &'a str,
    pub(crate) by: &'a Actor,
}

impl ChosenTime<'_> {
    /// Returns the warnings about a time to come. `per_slot` is the number of events with which a quarter-hour of a person is full. It
    /// reads the days of the person that the booking writes, so that of two bookings at the same moment the second one sees the first.
    pub(crate) fn warnings(&self, settings: &DealerSettings, days: LoadDay<'_>, per_slot: u32) -> BTreeSet<Warning> {
        let of_impediment = |why| match why {
            Impediment::Leaver => Some(Warning::Leaver),
            Impediment::Absence if settings.is_absent_during(&self.booked) => Some(Warning::Absent),
            Impediment::Absence => Some(Warning::OwnHours),
            Impediment::DayOff => Some(Warning::DayOff),
            Impediment::Closed => Some(Warning::Closed),
            Impediment::Unknown => None,
        };
        let doubled = self.doubles(days, per_slot.max(1)).then_some(Warning::DoubleBooked);
        let found = settings.impediments(&self.booked).into_iter().filter_map(of_impediment);
        found.chain(doubled).map(|warning| warning.seen_by(self.by)).collect()
    }

    /// Returns whether a quarter-hour of the booking is full already.
    fn doubles(&self, days: LoadDay<'_>, per_slot: u32) -> bool {
        let Some((user, place)) = self.booked.user.zip(ReservedTime::new(self.booked.from, self.booked.until).ok()) else { return false };
        let read = place.dates().into_iter().filter_map(|date| Some((days(user, date)?, place.on(date)?)));
        // All days are read, also if the first one is full.
        let full: Vec<bool> = read.map(|(day, part)| day.fullest_except(Some(self.id), &part) >= per_slot).collect();
        full.contains(&true)
    }
}
