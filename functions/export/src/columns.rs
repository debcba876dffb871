//! The columns of exports. Times are in the dealer's zone. Exports contain customers' names but no addresses or telephone numbers. New
//! columns are added at the end: receivers may read them by their number.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use forecourt_domain::appointment::{Appointment, AppointmentState, Attended};
use forecourt_domain::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam, CancellationSide, LeadId, LostReason, Status, UserId};
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::hours::Calendar;
use forecourt_domain::lead::FurtherAnswers;
use forecourt_domain::reports::{CsvDialect, LeadFacts};
use forecourt_edge::usecase::people::Names;
use forecourt_store::{EarlierPlace, ListRow, ListedLead, earlier_places};
use std::collections::BTreeMap;

/// What the cells of rows need besides the rows.
pub(crate) struct Context<'a> {
    /// The calendar of the dealer, for times.
    pub(crate) calendar: &'a Calendar,
    /// The names of users.
    pub(crate) names: &'a Names,
    /// The vehicles of the leads of the rows, in one line.
    pub(crate) vehicles: &'a BTreeMap<LeadId, String>,
}

/// A row that can be exported.
pub(crate) trait Record: ListRow + Send {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];
    /// The number of columns of a release before exports recorded theirs. A running export of that release keeps it.
    const FORMER: usize;

    /// Returns the cells in the order of the columns.
    fn cells(&self, context: &Context<'_>) -> Vec<Cell>;

    /// Returns the lead whose vehicle is a cell of the row.
    fn lead(&self) -> Option<LeadId> {
        None
    }

    /// Returns the users whose names are cells of the row.
    fn users(&self) -> Vec<UserId>;

    /// Returns the earlier positions of the row in the lists of other dealers, where the export may have read it already.
    fn earlier_places(&self) -> Vec<EarlierPlace> {
        Vec::new()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Text; empty for an empty cell.
    Text(String),
    /// A number as digits.
    Number(String),
    /// A time in the dealer's zone.
    Time(DateTime<FixedOffset>),
}

impl Cell {
    const EMPTY: Self = Self::Text(String::new());

    /// Returns the cell as text in a dialect: a time in RFC 3339 with its offset, or as spreadsheets read it.
    pub(crate) fn text(self, dialect: CsvDialect) -> String {
        match (self, dialect) {
            (Cell::Text(text), _) | (Cell::Number(text), CsvDialect::Comma) => text,
            (Cell::Number(digits), CsvDialect::Semicolon) => digits.replace('.', ","),
            (Cell::Time(at), CsvDialect::Comma) => at.to_rfc3339_opts(SecondsFormat::Secs, false),
            (Cell::Time(at), CsvDialect::Semicolon) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn time(at: DateTime<Utc>, calendar: &Calendar) -> Cell {
    Cell::Time(at.with_timezone(&calendar.zone()).fixed_offset())
}

fn text(value: Option<&impl ToString>) -> Cell {
    Cell::Text(value.map(ToString::to_string).unwrap_or_default())
}

fn person(user: Option<&UserId>, names: &Names) -> Cell {
    Cell::Text(user.map(|user| names.name(user)).unwrap_or_default())
}

/// Returns the number of a lead as people write it, with dashes.
fn number_of(lead: Option<LeadId>) -> Cell {
    Cell::Text(lead.map(LeadId::spoken).unwrap_or_default())
}

fn yes_no(is: bool) -> Cell {
    if is { "yes".into() } else { "no".into() }
}

fn name<T: PartialEq>(of: &T, all: &[(&'static str, T)]) -> Cell {
    all.iter().find(|(_, value)| value == of).map_or("unknown", |(name, _)| name).into()
}

impl Record for Appointment {
    fn earlier_places(&self) -> Vec<EarlierPlace> {
        earlier_places(self)
    }

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
        "user_name",
        "made_by_name",
        "lead_number",
        "vehicle",
        "no_show_reason",
        "moves",
        "cancellation_reason",
        "cancellation_side",
    ];
    const FORMER: usize = 22;

    fn lead(&self) -> Option<LeadId> {
        self.lead
    }

    fn users(&self) -> Vec<UserId> {
        self.user.iter().chain(self.by.user()).cloned().collect()
    }

    fn cells(&self, context: &Context<'_>) -> Vec<Cell> {
        let Context { calendar, names, vehicles } = *context;
        let (state, cancelled, why) = match &self.state {
            AppointmentState::Booked => ("booked", Cell::EMPTY, None),
            AppointmentState::Unknown => ("unknown", Cell::EMPTY, None),
            AppointmentState::Cancelled { at, why, .. } => ("cancelled", time(*at, calendar), Some(why)),
        };
        let side = why.and_then(|why| why.side);
        vec![
            text(Some(&self.id)),
            text(Some(&self.dealer)),
            text(self.lead.as_ref()),
            text(Some(&self.customer)),
            text(self.user.as_ref()),
            name(&self.kind, &AppointmentKind::NAMES),
            name(&self.origin, &AppointmentOrigin::NAMES),
            match self.team {
                AppointmentTeam::ContactCentre => "contact_centre".into(),
                AppointmentTeam::Dealer => "dealer".into(),
                AppointmentTeam::Unknown => "unknown".into(),
            },
            text(Some(&self.by)),
            time(self.created, calendar),
            time(self.at, calendar),
            state.into(),
            cancelled,
            name(&self.attendance.is, &Attended::NAMES),
            yes_no(self.confirmed.email),
            yes_no(self.confirmed.sms),
            yes_no(self.reminded.email),
            yes_no(self.reminded.sms),
            text(self.external.as_ref().map(|external| &external.partner)),
            text(self.external.as_ref().map(|external| &external.id)),
            person(self.user.as_ref(), names),
            person(self.by.user(), names),
            number_of(self.lead),
            text(self.lead.as_ref().and_then(|lead| vehicles.get(lead))),
            text(self.attendance.reason.as_ref()),
            Cell::Number(self.times_moved().to_string()),
            text(why.and_then(|why| why.reason.as_ref())),
            side.map_or(Cell::EMPTY, |side| name(&side, &CancellationSide::NAMES)),
        ]
    }
}

/// Returns the fields that the filter uses.
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
        further: FurtherAnswers::default(),
        further_waits: false,
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
        "owner_name",
        "lead_number",
    ];
    const FORMER: usize = 16;

    fn users(&self) -> Vec<UserId> {
        self.row.facts.owner.iter().cloned().collect()
    }

    fn cells(&self, context: &Context<'_>) -> Vec<Cell> {
        let Context { calendar, names, .. } = *context;
        let (row, facts) = (&self.row, &self.row.facts);
        let lost = match facts.status {
            Status::Lost(reason) => name(&reason, &LostReason::NAMES),
            Status::InProgress | Status::Won | Status::Unknown => Cell::EMPTY,
        };
        vec![
            text(Some(&facts.id)),
            text(Some(&facts.dealer)),
            text(facts.owner.as_ref()),
            name(&facts.lead_type, &LeadType::NAMES),
            text(Some(&facts.source)),
            text(Some(&facts.contact)),
            text(Some(&facts.vehicle)),
            facts.status.name().into(),
            lost,
            time(facts.arrived, calendar),
            time(self.received, calendar),
            row.deadline.map_or(Cell::EMPTY, |deadline| time(deadline, calendar)),
            Cell::Number(row.level.max(row.was_at).to_string()),
            row.answered_in.map_or(Cell::EMPTY, |seconds| Cell::Number(format!("{:.1}", seconds as f64 / 60.0))),
            row.in_time.map_or(Cell::EMPTY, yes_no),
            person(facts.owner.as_ref(), names),
            number_of(Some(facts.id)),
        ]
    }
}
