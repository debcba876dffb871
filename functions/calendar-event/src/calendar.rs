//! The calendar of a dealer or a user: a day, week or month with its events and appointments (CAL-6).

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{DealerId, Fault, Refusal, Right, UserId};
use forecourt_domain::calendar::View;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, DiaryEntry, EventRow, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// Maximum number of entries on a page, and the number of rows in one read.
pub(crate) const PAGE: usize = 250;
/// Maximum number of rows examined for one page: most of them may belong to other users.
pub(crate) const MAX_EXAMINED: usize = 1_000;

/// Years with a calendar. Events are at most ten years in the future.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// A day, week or month of a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// `day`, `week` or `month`.
    pub view: &'static str,
    /// First date of the view.
    pub first: NaiveDate,
    /// Last date of the view, inclusive.
    pub last: NaiveDate,
    /// IANA time zone of the dealer, in which the dates begin and end.
    pub zone: String,
    /// Start of the first date.
    pub from: DateTime<Utc>,
    /// End of the last date, exclusive.
    pub until: DateTime<Utc>,
    /// The events and the appointments without a lead, ordered by time.
    pub events: Vec<CalendarEntryView>,
    /// Cursor of the next page; `null` on the last page. A page may hold fewer entries than its limit, because entries that you may not see
    /// are left out.
    pub cursor: Option<String>,
}

/// An event in a calendar, or an appointment without a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEntryView {
    /// Id of the event within its lead; of an appointment without a lead, the id of the appointment.
    pub id: String,
    /// Id of the lead; `null` for an appointment without a lead.
    pub lead: Option<String>,
    /// Id of the appointment, if it has no lead; absent for an event of a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// Name of the contact, or of the customer of the appointment.
    pub contact: String,
    /// The vehicle asked for; empty if none is known.
    pub vehicle: String,
    /// Title; of an appointment without a lead, the title that its kind has as an event.
    pub title: String,
    /// Event type (CAL-1). An appointment without a lead has the type that its kind has on a calendar.
    #[serde(rename = "type")]
    pub kind: String,
    /// Start time.
    pub at: DateTime<Utc>,
    /// End time, from the duration of the event type (CAL-7).
    pub until: DateTime<Utc>,
    /// The responsible user: the user of the event or appointment, or else the owner of the lead.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`. A cancelled appointment is `deleted`.
    pub state: String,
}

/// An entry of a calendar that the reader may see.
pub(crate) enum VisibleEntry {
    /// An event with its lead.
    Event(EventRow, Box<Lead>),
    /// An appointment that is no event of a lead.
    Appointment(Box<Appointment>),
}

impl VisibleEntry {
    /// The responsible user.
    pub(crate) fn user(&self) -> Option<&UserId> {
        match self {
            VisibleEntry::Event(row, lead) => row.user.as_ref().or(lead.owner.as_ref()),
            VisibleEntry::Appointment(appointment) => appointment.user.as_ref(),
        }
    }

    /// The event type.
    pub(crate) fn kind(&self) -> &str {
        match self {
            VisibleEntry::Event(row, _) => &row.kind,
            VisibleEntry::Appointment(appointment) => appointment.kind.event_type(),
        }
    }

    /// The title of the event, or the one that the appointment would have as an event.
    pub(crate) fn title(&self) -> &str {
        match self {
            VisibleEntry::Event(row, _) => &row.title,
            VisibleEntry::Appointment(appointment) => appointment.kind.title(),
        }
    }

    /// The name of the contact or customer.
    pub(crate) fn contact(&self) -> &str {
        match self {
            VisibleEntry::Event(_, lead) => &lead.contact,
            VisibleEntry::Appointment(appointment) => &appointment.customer,
        }
    }

    /// The start time.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        match self {
            VisibleEntry::Event(row, _) => row.at,
            VisibleEntry::Appointment(appointment) => appointment.at,
        }
    }

    /// The end time.
    pub(crate) fn until(&self, dealer: &Dealer) -> DateTime<Utc> {
        self.at() + dealer.capacity().duration(self.kind())
    }

    /// The state as the API writes it.
    pub(crate) fn state(&self) -> &str {
        match self {
            VisibleEntry::Event(row, _) => &row.state,
            VisibleEntry::Appointment(appointment) => event_state(appointment),
        }
    }
}

/// The state of an appointment that is no event of a lead, as that of an event.
pub(crate) fn event_state(appointment: &Appointment) -> &'static str {
    match appointment.attendance.is {
        _ if appointment.state.is_cancelled() => "deleted",
        Attended::Unknown => "incomplete",
        Attended::Completed => "completed",
        Attended::NoShow => "no_show",
    }
}

/// Selects entries of a dealer's calendar: for one reader, optionally of one user.
pub(crate) struct EntryFilter<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) dealer: &'a Dealer,
    pub(crate) person: Option<&'a UserId>,
    pub(crate) deleted: bool,
    pub(crate) now: DateTime<Utc>,
}

impl EntryFilter<'_> {
    /// Returns false if the index row alone rules the entry out.
    fn may_match(&self, entry: &DiaryEntry) -> bool {
        let (user, deleted, is_of_lead) = match entry {
            DiaryEntry::Event(row) => (row.user.as_ref(), row.state == "deleted", true),
            DiaryEntry::Appointment(row) => (row.user.as_ref(), row.state.is_cancelled(), false),
        };
        // An event without a user is of the lead's owner.
        let another = self.person.is_some_and(|person| user.map_or(!is_of_lead, |user| user != person));
        !another && (self.deleted || !deleted)
    }

    /// Returns the entry if it matches and the reader may see it: because they may see the lead, because the event is theirs or that of a
    /// user they supervise or deputise for, or because they may open the appointment (ACC-1). `None` if it is at another dealer now, or an
    /// appointment at another time.
    fn visible(&self, entry: DiaryEntry, loaded: &Loaded) -> Option<VisibleEntry> {
        let sees = |user: Option<&UserId>| self.scope.sees_leads_of(user, &self.dealer.settings, self.now);
        let found = match entry {
            DiaryEntry::Event(row) => {
                let lead = loaded.lead(row.lead).filter(|lead| lead.dealer == self.dealer.id)?.clone();
                let user = row.user.as_ref().or(lead.owner.as_ref());
                (sees(user) || sees(lead.owner.as_ref())).then(|| VisibleEntry::Event(row, Box::new(lead)))?
            }
            DiaryEntry::Appointment(row) => {
                let here = |appointment: &&Appointment| {
                    appointment.dealer == self.dealer.id && appointment.event.is_none() && appointment.at == row.at
                };
                let appointment = loaded.appointment(&row.id).filter(here)?;
                let reads = self.scope.needs(Right::ReadAppointments).is_ok();
                let seen = reads && self.scope.sees_appointment(appointment, &self.dealer.settings, self.now);
                (seen && (self.deleted || !appointment.state.is_cancelled()))
                    .then(|| VisibleEntry::Appointment(Box::new(appointment.clone())))?
            }
        };
        self.person.is_none_or(|person| found.user() == Some(person)).then_some(found)
    }

    /// Returns at most `limit` entries in `from..until`, and the cursor of the next page.
    ///
    /// Owner, contact and appointment are read from the items themselves: they are up to date, and no index holds a contact's name.
    pub(crate) async fn entries(
        &self,
        platform: &Platform,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<VisibleEntry>, Option<String>), Problem> {
        let (mut entries, mut cursor, mut examined) = (Vec::new(), cursor.map(str::to_owned), 0);
        let range = CalendarRange { dealer: &self.dealer.id, from, until };
        loop {
            let page = platform.store.calendar(self.scope, &range, cursor.as_deref(), PAGE).await?;
            let matching = page.entries.iter().map(|(_, entry)| entry).filter(|entry| self.may_match(entry));
            let keys: Vec<Key> = matching
                .map(|entry| match entry {
                    DiaryEntry::Event(row) => Key::Lead(row.lead),
                    DiaryEntry::Appointment(row) => Key::Appointment(row.id.clone()),
                })
                .collect();
            let loaded = platform.store.load(self.scope, &Load::of(keys)).await?;
            for (place, entry) in page.entries {
                if entries.len() >= limit {
                    return Ok((entries, cursor));
                }
                cursor = Some(place);
                examined += 1;
                if self.may_match(&entry) {
                    entries.extend(self.visible(entry, &loaded));
                }
            }
            cursor = page.cursor;
            if cursor.is_none() || entries.len() >= limit || examined >= MAX_EXAMINED.max(limit) {
                return Ok((entries, cursor));
            }
        }
    }
}

/// `GET /dealers/{dealer}/calendar`.
pub(crate) async fn show(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mut queries = Queries::of(call, "CAL-6");
    let view = queries.parse::<View>("view", "day, week or month").unwrap_or(View::Week);
    let calendar = &dealer.settings.calendar;
    let date = queries.parse::<NaiveDate>("date", "a date such as 2026-11-25").unwrap_or_else(|| calendar.date_of(call.now));
    let person = queries.parse::<UserId>("user", "the id of a user");
    let deleted = queries.parse::<bool>("deleted", "true or false").unwrap_or(false);
    let limit = queries.number("limit", 1..=PAGE).unwrap_or(100);
    let dates = view.dates(date).filter(|(first, after)| YEARS.contains(&first.year()) && YEARS.contains(&after.year()));
    let span = dates.and_then(|(first, after)| Some((first, after, calendar.begins(first)?, calendar.begins(after)?)));
    let span = span.ok_or_else(|| vec![Fault::new("date", "CAL-6", "must be between 2000 and 2100")]);
    let (first, after, from, until) = queries.done_with(span)?;
    let filter = EntryFilter { scope: &call.scope, dealer: &dealer, person: person.as_ref(), deleted, now: call.now };
    let (events, cursor) = filter.entries(platform, (from, until), call.query("cursor"), limit).await?;
    let answer = CalendarView {
        view: view.name(),
        first,
        last: after.pred_opt().unwrap_or(first),
        zone: calendar.zone().to_string(),
        from,
        until,
        events: events.iter().map(|event| CalendarEntryView::of(event, &dealer)).collect(),
        cursor,
    };
    Ok(Answer::new(200, &answer)?.about(&id))
}

impl CalendarEntryView {
    fn of(entry: &VisibleEntry, dealer: &Dealer) -> Self {
        let (id, lead, appointment, vehicle) = match entry {
            VisibleEntry::Event(row, lead) => (row.id.to_string(), Some(row.lead.to_string()), None, lead.vehicle.clone()),
            VisibleEntry::Appointment(appointment) => (appointment.id.to_string(), None, Some(appointment.id.to_string()), String::new()),
        };
        Self {
            id,
            lead,
            appointment,
            contact: entry.contact().to_owned(),
            vehicle,
            title: entry.title().to_owned(),
            kind: entry.kind().to_owned(),
            at: entry.at(),
            until: entry.until(dealer),
            user: entry.user().map(ToString::to_string),
            state: entry.state().to_owned(),
        }
    }
}
