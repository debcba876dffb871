//! The calendar of a dealer or a user: a day, week or month (CAL-6).

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Fault, LeadId, Refusal, Right, UserId};
use forecourt_domain::calendar::View;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, EventRow, Load, Loaded};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Maximum number of events on a page, and the number of rows in one read.
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
    /// The events of the view, ordered by time.
    pub events: Vec<CalendarEntryView>,
    /// Cursor of the next page; `null` on the last page. A page may hold fewer events than its limit, because events that you may not see
    /// are left out.
    pub cursor: Option<String>,
}

/// An event in a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEntryView {
    /// Id of the event within its lead.
    pub id: String,
    /// Id of the lead.
    pub lead: String,
    /// Name of the contact.
    pub contact: String,
    /// The vehicle asked for.
    pub vehicle: String,
    /// Title.
    pub title: String,
    /// Event type (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// Start time.
    pub at: DateTime<Utc>,
    /// End time, from the duration of the event type (CAL-7).
    pub until: DateTime<Utc>,
    /// The responsible user: the user of the event, or else the owner of the lead.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: String,
}

/// An event that the reader may see, with its lead.
pub(crate) struct VisibleEvent {
    pub(crate) row: EventRow,
    pub(crate) lead: Lead,
}

impl VisibleEvent {
    /// The responsible user.
    pub(crate) fn user(&self) -> Option<&UserId> {
        self.row.user.as_ref().or(self.lead.owner.as_ref())
    }

    /// The end time.
    pub(crate) fn until(&self, dealer: &Dealer) -> DateTime<Utc> {
        self.row.at + dealer.capacity().duration(&self.row.kind)
    }
}

/// Selects events of a dealer: for one reader, optionally of one user.
pub(crate) struct EventFilter<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) dealer: &'a Dealer,
    pub(crate) person: Option<&'a UserId>,
    pub(crate) deleted: bool,
    pub(crate) now: DateTime<Utc>,
}

impl EventFilter<'_> {
    /// Returns false if the index row alone rules the event out.
    fn may_match(&self, row: &EventRow) -> bool {
        let another = self.person.zip(row.user.as_ref()).is_some_and(|(person, user)| person != user);
        !another && (self.deleted || row.state != "deleted")
    }

    /// Returns the event with its lead if it matches and the reader may see it: because they may see the lead, or because the event is
    /// theirs or that of a user they supervise or deputise for (ACC-1). `None` if the lead has moved to another dealer.
    fn visible(&self, row: EventRow, leads: &Loaded) -> Option<VisibleEvent> {
        let lead = leads.lead(row.lead).filter(|lead| lead.dealer == self.dealer.id)?.clone();
        let event = VisibleEvent { row, lead };
        let sees = |user: Option<&UserId>| self.scope.sees_leads_of(user, &self.dealer.settings, self.now);
        let matches = self.person.is_none_or(|person| event.user() == Some(person));
        (matches && (sees(event.user()) || sees(event.lead.owner.as_ref()))).then_some(event)
    }

    /// Returns at most `limit` events in `from..until`, and the cursor of the next page.
    ///
    /// Owner and contact are read from the lead itself: they are up to date, and no index holds a contact's name.
    pub(crate) async fn events(
        &self,
        platform: &Platform,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<VisibleEvent>, Option<String>), Problem> {
        let (mut events, mut cursor, mut examined) = (Vec::new(), cursor.map(str::to_owned), 0);
        let range = CalendarRange { dealer: &self.dealer.id, from, until };
        loop {
            let found = platform.store.calendar(self.scope, &range, cursor.as_deref(), PAGE).await?;
            let leads: BTreeSet<LeadId> = found.rows.iter().filter(|row| self.may_match(row)).map(|row| row.lead).collect();
            let leads = platform.store.load(self.scope, &Load::of(leads.into_iter().map(Key::Lead))).await?;
            for row in found.rows {
                if events.len() >= limit {
                    return Ok((events, cursor));
                }
                cursor = Some(range.cursor(&row));
                examined += 1;
                if self.may_match(&row) {
                    events.extend(self.visible(row, &leads));
                }
            }
            if !found.more {
                return Ok((events, None));
            }
            if events.len() >= limit || examined >= MAX_EXAMINED.max(limit) {
                return Ok((events, cursor));
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
    let filter = EventFilter { scope: &call.scope, dealer: &dealer, person: person.as_ref(), deleted, now: call.now };
    let (events, cursor) = filter.events(platform, (from, until), call.query("cursor"), limit).await?;
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
    fn of(event: &VisibleEvent, dealer: &Dealer) -> Self {
        let VisibleEvent { row, lead } = event;
        Self {
            id: row.id.to_string(),
            lead: row.lead.to_string(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            title: row.title.clone(),
            kind: row.kind.clone(),
            at: row.at,
            until: event.until(dealer),
            user: event.user().map(ToString::to_string),
            state: row.state.clone(),
        }
    }
}
