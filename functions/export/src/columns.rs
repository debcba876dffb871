//! The columns of exports. Times are those of the dealer's zone, with its offset. How customers are reached is in none of them: names only.

use chrono::{DateTime, SecondsFormat, Utc};
use forecourt_domain::appointment::{Appointment, Attended, Kind, Origin, State, Team};
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::hours::Calendar;
use forecourt_domain::lead::{LostReason, Status};
use forecourt_domain::overview::LeadFacts;
use forecourt_store::{ListedLead, Row};

/// A row that is a record of a file.
pub(crate) trait Record: Row + Send {
    /// The names of its columns.
    const COLUMNS: &'static [&'static str];

    /// Its cells in the order of the columns.
    fn cells(&self, calendar: &Calendar) -> Vec<String>;
}

fn time(at: DateTime<Utc>, calendar: &Calendar) -> String {
    at.with_timezone(&calendar.zone()).to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn yes(is: bool) -> String {
    if is { "yes".into() } else { "no".into() }
}

fn name<T: PartialEq>(of: &T, all: &[(&'static str, T)]) -> String {
    all.iter().find(|(_, value)| value == of).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

impl Record for Appointment {
    const COLUMNS: &'static [&'static str] = &[
        "appointment",
        "dealer",
        "lead",
        "customer",
        "user",
        "kind",
        "origin",
        "team",
        "made_by",
        "made_at",
        "at",
        "state",
        "cancelled_at",
        "attendance",
        "confirmed_by_email",
        "confirmed_by_sms",
        "reminded_by_email",
        "reminded_by_sms",
        "partner",
        "external_id",
    ];

    fn cells(&self, calendar: &Calendar) -> Vec<String> {
        let (state, cancelled) = match &self.state {
            State::Booked => ("booked", String::new()),
            State::Cancelled { at, .. } => ("cancelled", time(*at, calendar)),
        };
        vec![
            self.id.to_string(),
            self.dealer.to_string(),
            text(self.lead.as_ref()),
            self.customer.clone(),
            text(self.user.as_ref()),
            name(&self.kind, &Kind::NAMES),
            name(&self.origin, &Origin::NAMES),
            match self.team {
                Team::ContactCentre => "contact_centre".into(),
                Team::Dealer => "dealer".into(),
            },
            self.by.to_string(),
            time(self.created, calendar),
            time(self.at, calendar),
            state.into(),
            cancelled,
            name(&self.attendance.is, &Attended::NAMES),
            yes(self.confirmed.email),
            yes(self.confirmed.sms),
            yes(self.reminded.email),
            yes(self.reminded.sms),
            text(self.external.as_ref().map(|external| &external.partner)),
            text(self.external.as_ref().map(|external| &external.id)),
        ]
    }
}

/// What filters look at.
pub(crate) fn facts(lead: &ListedLead) -> LeadFacts {
    let facts = &lead.row.facts;
    LeadFacts {
        dealer: facts.dealer.clone(),
        received: lead.received,
        owner: facts.owner.clone(),
        source: facts.source.clone(),
        status: facts.status,
        response: None,
        deadline: lead.row.deadline,
        level: lead.row.level,
    }
}

impl Record for ListedLead {
    const COLUMNS: &'static [&'static str] = &[
        "lead",
        "dealer",
        "owner",
        "type",
        "source",
        "contact",
        "vehicle",
        "status",
        "lost_reason",
        "arrived_at",
        "received_at",
        "deadline",
        "level",
        "response_working_minutes",
        "in_time",
    ];

    fn cells(&self, calendar: &Calendar) -> Vec<String> {
        let (row, facts) = (&self.row, &self.row.facts);
        let lost = match facts.status {
            Status::Lost(reason) => name(&reason, &LostReason::NAMES),
            Status::InProgress | Status::Won => String::new(),
        };
        vec![
            facts.id.to_string(),
            facts.dealer.to_string(),
            text(facts.owner.as_ref()),
            name(&facts.lead_type, &LeadType::NAMES),
            facts.source.clone(),
            facts.contact.clone(),
            facts.vehicle.clone(),
            facts.status.name().to_owned(),
            lost,
            time(facts.arrived, calendar),
            time(self.received, calendar),
            row.deadline.map(|deadline| time(deadline, calendar)).unwrap_or_default(),
            row.level.max(row.was_at).to_string(),
            row.answered_in.map(|seconds| format!("{:.1}", seconds as f64 / 60.0)).unwrap_or_default(),
            row.in_time.map(yes).unwrap_or_default(),
        ]
    }
}
