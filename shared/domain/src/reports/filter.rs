//! Filters of overviews and exports.

use crate::appointment::Attended;
use crate::base::text::caseless;
use crate::base::{Actor, AppointmentKind, AppointmentOrigin, AppointmentTeam, DealerId, Fault, LeadId, UserId};
use crate::hours::{Calendar, TimeOfDay};
use crate::reports::{AppointmentFacts, Bound, Dates, LeadFacts, Period, PlanFacts};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Filter values for attendance (OVR-2). Each appointment has exactly one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttendanceFilter {
    /// Dated before today and not recorded, as the box counts it (OVR-1).
    Unknown,
    /// Dated before today; the customer came.
    Completed,
    /// Dated before today; the customer did not come.
    NoShow,
    /// Cancelled, of any date. An attendance that was recorded before does not count.
    Cancelled,
    /// Dated today or later, whatever is recorded.
    TodayOrLater,
}

impl AttendanceFilter {
    /// The names in queries.
    pub const NAMES: [(&'static str, AttendanceFilter); 5] = [
        ("unknown", AttendanceFilter::Unknown),
        ("completed", AttendanceFilter::Completed),
        ("no_show", AttendanceFilter::NoShow),
        ("cancelled", AttendanceFilter::Cancelled),
        ("today_or_later", AttendanceFilter::TodayOrLater),
    ];

    /// Returns the value of an appointment. `past` is whether it is dated before today at its dealer.
    pub fn of(cancelled: bool, past: bool, attended: Attended) -> Self {
        match attended {
            _ if cancelled => AttendanceFilter::Cancelled,
            _ if !past => AttendanceFilter::TodayOrLater,
            Attended::Unknown => AttendanceFilter::Unknown,
            Attended::Completed => AttendanceFilter::Completed,
            Attended::NoShow => AttendanceFilter::NoShow,
        }
    }
}

/// The filter's dates as instants at one dealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// When the appointment was created, or when the lead came to the dealer.
    pub created: Period,
    /// When the appointment takes place.
    pub at: Period,
    /// The start of today. Appointments before it are past (OVR-1).
    pub today: Option<DateTime<Utc>>,
}

/// The former names of filters, which are still accepted, and their current names.
pub const FORMER_NAMES: [(&str, &str); 3] =
    [("created_to", "created_until"), ("appointment_to", "appointment_until"), ("received_to", "received_until")];

/// Returns one value of a query by its name, as the sender wrote it.
pub type Named<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A filter of appointments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppointmentFilter {
    /// The dealers. Empty for all accessible dealers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dealers: Vec<DealerId>,
    /// The salespersons. Empty for all.
    #[serde(rename = "user", with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// The actor who created the appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<Actor>,
    /// The team that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<AppointmentTeam>,
    /// Its lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The system in which the appointment was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<AppointmentOrigin>,
    /// The kinds; empty for all. Never workshop, because the overview does not count those (OVR-1).
    #[serde(rename = "kind", with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<AppointmentKind>,
    /// The attendance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendance: Option<AttendanceFilter>,
    /// The date of creation.
    #[serde(skip_serializing_if = "Dates::are_all")]
    pub created: Dates,
    /// The date of the appointment.
    #[serde(skip_serializing_if = "Dates::are_all")]
    pub at: Dates,
}

impl AppointmentFilter {
    /// The names of its query parameters.
    pub const NAMES: [&'static str; 12] = [
        "dealer",
        "user",
        "maker",
        "team",
        "lead",
        "origin",
        "kind",
        "attendance",
        "created_from",
        "created_until",
        "appointment_from",
        "appointment_until",
    ];

    /// Reads the values from the query parameters.
    ///
    /// # Errors
    /// Every value of the wrong type, under `rule`.
    pub fn read(named: Named<'_>, rule: &'static str) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading { named, rule, faults: Vec::new() };
        let kinds: Vec<(&str, AppointmentKind)> =
            AppointmentKind::NAMES.into_iter().filter(|(_, kind)| *kind != AppointmentKind::Workshop).collect();
        let filter = Self {
            dealers: reading.ids("dealer", "must be dealer ids, separated by commas"),
            users: reading.ids("user", "must be ids of users, separated by commas"),
            maker: reading.parsed("maker", "must be user: or partner: with an id, customer, or system"),
            team: reading.one_of("team", &AppointmentTeam::NAMES),
            lead: reading.parsed("lead", "must be the id of a lead"),
            origin: reading.one_of("origin", &AppointmentOrigin::NAMES),
            kinds: reading.each_of("kind", &kinds),
            attendance: reading.one_of("attendance", &AttendanceFilter::NAMES),
            created: reading.dates("created_from", "created_until"),
            at: reading.dates("appointment_from", "appointment_until"),
        };
        reading.end(filter)
    }

    /// Returns its values by name, as [`Self::read`] accepts them.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let mut writer = FilterWriter(Vec::new());
        writer.list("dealer", &self.dealers);
        writer.list("user", &self.users);
        writer.text("maker", self.maker.as_ref());
        writer.one_of("team", self.team.as_ref(), &AppointmentTeam::NAMES);
        writer.text("lead", self.lead.as_ref());
        writer.one_of("origin", self.origin.as_ref(), &AppointmentOrigin::NAMES);
        let kind = |kind: &AppointmentKind| AppointmentKind::NAMES.iter().find(|(_, known)| known == kind).map(|(name, _)| *name);
        writer.list("kind", &self.kinds.iter().filter_map(kind).collect::<Vec<_>>());
        writer.one_of("attendance", self.attendance.as_ref(), &AttendanceFilter::NAMES);
        writer.dates(["created_from", "created_until"], self.created);
        writer.dates(["appointment_from", "appointment_until"], self.at);
        writer.0
    }

    /// Returns the filter's dates as instants at a dealer, at `now`.
    pub fn bounds(&self, calendar: &Calendar, now: DateTime<Utc>) -> Bounds {
        let today = calendar.instant(calendar.date_of(now), TimeOfDay::MIDNIGHT);
        Bounds { created: self.created.in_zone(calendar), at: self.at.in_zone(calendar), today }
    }

    /// Whether the filter selects an appointment. Its dealer must be one of the filter's dealers.
    pub fn takes(&self, facts: &AppointmentFacts, bounds: &Bounds) -> bool {
        facts.kind != AppointmentKind::Workshop
            && (self.users.is_empty() || facts.user.as_ref().is_some_and(|user| self.users.contains(user)))
            && self.maker.as_ref().is_none_or(|maker| facts.by == *maker)
            && self.team.is_none_or(|team| facts.team == team)
            && self.lead.is_none_or(|lead| facts.lead == Some(lead))
            && self.origin.is_none_or(|origin| facts.origin == origin)
            && (self.kinds.is_empty() || self.kinds.contains(&facts.kind))
            && self.attendance.is_none_or(|attendance| facts.attendance(bounds) == attendance)
            && bounds.created.has(facts.created)
            && bounds.at.has(facts.at)
    }
}

/// A filter of leads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadFilter {
    /// The dealers. Empty for all accessible dealers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dealers: Vec<DealerId>,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The source, in upper or lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The date on which the dealer received the lead.
    #[serde(skip_serializing_if = "Dates::are_all")]
    pub received: Dates,
}

impl LeadFilter {
    /// The names of its query parameters.
    pub const NAMES: [&'static str; 5] = ["dealer", "user", "source", "received_from", "received_until"];

    /// Reads the values from the query parameters.
    ///
    /// # Errors
    /// Every value of the wrong type, under `rule`.
    pub fn read(named: Named<'_>, rule: &'static str) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading { named, rule, faults: Vec::new() };
        let filter = Self {
            dealers: reading.ids("dealer", "must be dealer ids, separated by commas"),
            user: reading.parsed("user", "must be the id of a user"),
            source: reading.text("source").map(|source| caseless(&source)),
            received: reading.dates("received_from", "received_until"),
        };
        reading.end(filter)
    }

    /// Returns its values by name, as [`Self::read`] accepts them.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let mut writer = FilterWriter(Vec::new());
        writer.list("dealer", &self.dealers);
        writer.text("user", self.user.as_ref());
        writer.text("source", self.source.as_ref());
        writer.dates(["received_from", "received_until"], self.received);
        writer.0
    }

    /// Returns the filter's dates as instants at a dealer.
    pub fn bounds(&self, calendar: &Calendar) -> Bounds {
        Bounds { created: self.received.in_zone(calendar), at: Period::default(), today: None }
    }

    /// Whether the filter selects a lead. Its dealer must be one of the filter's dealers.
    pub fn takes(&self, facts: &LeadFacts, bounds: &Bounds) -> bool {
        self.selects((facts.owner.as_ref(), &facts.source), facts.received, bounds)
    }

    /// As [`LeadFilter::takes`], for the plans of a lead.
    pub fn takes_plans(&self, facts: &PlanFacts, bounds: &Bounds) -> bool {
        self.selects((facts.owner.as_ref(), &facts.source), facts.received, bounds)
    }

    fn selects(&self, (owner, source): (Option<&UserId>, &str), received: DateTime<Utc>, bounds: &Bounds) -> bool {
        self.user.as_ref().is_none_or(|user| owner == Some(user))
            && self.source.as_ref().is_none_or(|wanted| caseless(source) == caseless(wanted))
            && bounds.created.has(received)
    }
}

/// Writes values in the form in which they are read.
struct FilterWriter(Vec<(&'static str, String)>);

impl FilterWriter {
    pub(crate) fn text(&mut self, name: &'static str, value: Option<&impl ToString>) {
        self.0.extend(value.map(|value| (name, value.to_string())));
    }

    fn list(&mut self, name: &'static str, values: &[impl ToString]) {
        let all: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.text(name, (!all.is_empty()).then(|| all.join(",")).as_ref());
    }

    fn one_of<T: PartialEq>(&mut self, name: &'static str, value: Option<&T>, all: &[(&'static str, T)]) {
        self.text(name, value.and_then(|value| all.iter().find(|(_, known)| known == value)).map(|(known, _)| known));
    }

    fn dates(&mut self, [from, until]: [&'static str; 2], dates: Dates) {
        self.text(from, dates.from.as_ref());
        self.text(until, dates.until.as_ref());
    }
}

/// Reads the values one by one and collects the faults.
struct Reading<'a> {
    named: Named<'a>,
    rule: &'static str,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.push(Fault::new(name, self.rule, detail));
    }

    /// Reads a list of ids that are separated by commas.
    fn ids<T: FromStr + Ord>(&mut self, name: &str, must_be: &str) -> Vec<T> {
        let Some(text) = (self.named)(name) else { return Vec::new() };
        let all: Option<BTreeSet<T>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
        if all.is_none() {
            self.fault(name, must_be);
        }
        all.into_iter().flatten().collect()
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let text = (self.named)(name)?.trim().to_owned();
        if text.is_empty() {
            self.fault(name, "must not be empty; omit it to select all");
        }
        Some(text)
    }

    fn parsed<T: FromStr>(&mut self, name: &str, must_be: &str) -> Option<T> {
        let value = (self.named)(name)?.trim().parse();
        if value.is_err() {
            self.fault(name, must_be);
        }
        value.ok()
    }

    /// Reads a list of names that are separated by commas. The values are in the order of `all`.
    fn each_of<T: Copy>(&mut self, name: &str, all: &[(&'static str, T)]) -> Vec<T> {
        let Some(text) = (self.named)(name) else { return Vec::new() };
        let wanted: BTreeSet<&str> = text.split(',').map(str::trim).collect();
        if !wanted.iter().all(|wanted| all.iter().any(|(known, _)| known == wanted)) {
            let names: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
            self.fault(name, format!("must be one or several of {}, separated by commas", names.join(", ")));
            return Vec::new();
        }
        all.iter().filter(|(known, _)| wanted.contains(known)).map(|(_, value)| *value).collect()
    }

    fn one_of<T: Copy>(&mut self, name: &str, all: &[(&'static str, T)]) -> Option<T> {
        let text = (self.named)(name)?;
        let found = all.iter().find(|(known, _)| *known == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
            self.fault(name, format!("must be one of {}", names.join(", ")));
        }
        found
    }

    fn bound(&mut self, name: &str) -> Option<Bound> {
        let bound = (self.named)(name)?.parse::<Bound>();
        bound.map_err(|bad| self.fault(name, format!("{bad}; a date is read in each dealer's time zone"))).ok()
    }

    fn dates(&mut self, from: &str, until: &str) -> Dates {
        let dates = Dates { from: self.bound(from), until: self.bound(until) };
        if let Some(from) = dates.reversed() {
            self.fault(until, format!("must not be before {from}"));
        }
        dates
    }

    fn end<T>(self, filter: T) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() { Ok(filter) } else { Err(self.faults) }
    }
}

/// Stores a single value as such, which is what earlier releases stored, and several as a list. An earlier release refuses the list, so it
/// exports nothing rather than too much.
mod one_or_more {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored<T> {
        None(()),
        One(T),
        More(Vec<T>),
    }

    pub(super) fn serialize<T: Serialize, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        if let [one] = values { one.serialize(to) } else { values.serialize(to) }
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        Ok(match Stored::deserialize(from)? {
            Stored::None(()) => Vec::new(),
            Stored::One(one) => vec![one],
            Stored::More(all) => all,
        })
    }
}
