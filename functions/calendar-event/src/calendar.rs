//! A day, week or month of a dealer's calendar (CAL-6).

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, LeadId, Refusal, Right, UserId};
use forecourt_domain::calendar::View;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{CalendarRange, EventRow, Load, Loaded};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most events on a page, and how many of the dealer's are read at once.
const PAGE: usize = 250;
/// Events that are looked at for a page, most of which may be other people's.
const LOOKED_AT: usize = 1_000;

/// Years that have a calendar: nothing is planned more than ten years ahead.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// A day, week or month of a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// `day`, `week` or `month`.
    pub view: &'static str,
    /// Its first date.
    pub first: NaiveDate,
    /// Its last date.
    pub last: NaiveDate,
    /// The dealer's time zone, by which its dates begin and end.
    pub zone: String,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it has ended.
    pub until: DateTime<Utc>,
    /// What is planned and what was, by its times.
    pub events: Vec<CalendarEntryView>,
    /// Asks for the next page; none on the last. A page may be shorter than its limit where most events are not yours to see.
    pub cursor: Option<String>,
}

/// An event in a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEntryView {
    /// Its name within the lead.
    pub id: String,
    /// Of which lead.
    pub lead: String,
    /// Whom it is about.
    pub contact: String,
    /// Which vehicle.
    pub vehicle: String,
    /// What is to be done.
    pub title: String,
    /// Its type (CAL-1).
    #[serde(rename = "type")]
    pub kind: String,
    /// When it begins.
    pub at: DateTime<Utc>,
    /// When it ends, by how long its type takes (CAL-7).
    pub until: DateTime<Utc>,
    /// Whose it is: its own user's, or else whoever has the lead.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: String,
}

/// An event with its lead, as one may see it.
pub(crate) struct Seen {
    pub(crate) row: EventRow,
    pub(crate) lead: Lead,
}

impl Seen {
    /// Whose it is.
    pub(crate) fn person(&self) -> Option<&UserId> {
        self.row.user.as_ref().or(self.lead.owner.as_ref())
    }

    /// When it ends.
    pub(crate) fn until(&self, dealer: &Dealer) -> DateTime<Utc> {
        self.row.at + dealer.capacity().duration(&self.row.kind)
    }
}

/// Which events of a dealer are wanted, and by whom.
pub(crate) struct Wanted<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) dealer: &'a Dealer,
    pub(crate) person: Option<&'a UserId>,
    pub(crate) deleted: bool,
    pub(crate) now: DateTime<Utc>,
}

impl Wanted<'_> {
    /// Whether the index alone says that it is not.
    fn may_be(&self, row: &EventRow) -> bool {
        let another = self.person.zip(row.user.as_ref()).is_some_and(|(person, user)| person != user);
        !another && (self.deleted || row.state != "deleted")
    }

    /// The event with its lead, where it is wanted and to be seen: with the lead, or as one's own and that of users one supervises or deputises
    /// for (ACC-1). Of a lead that has gone to another dealer nothing is shown here.
    fn seen(&self, row: EventRow, leads: &Loaded) -> Option<Seen> {
        let lead = leads.lead(row.lead).filter(|lead| lead.dealer == self.dealer.id)?.clone();
        let seen = Seen { row, lead };
        let sees = |user: Option<&UserId>| self.scope.sees_leads_of(user, &self.dealer.settings, self.now);
        let wanted = self.person.is_none_or(|person| seen.person() == Some(person));
        (wanted && (sees(seen.person()) || sees(seen.lead.owner.as_ref()))).then_some(seen)
    }

    /// At most `limit` of the events from a time on and before another, and from where the next page goes on. Who has a lead and whom it is about
    /// is read with the lead, so that it is so now, and no index has a contact's name.
    pub(crate) async fn events(
        &self,
        platform: &Platform,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Seen>, Option<String>), Problem> {
        let (mut events, mut cursor, mut looked_at) = (Vec::new(), cursor.map(str::to_owned), 0);
        let range = CalendarRange { dealer: &self.dealer.id, from, until };
        loop {
            let found = platform.store.calendar(self.scope, &range, cursor.as_deref(), PAGE).await?;
            let leads: BTreeSet<LeadId> = found.rows.iter().filter(|row| self.may_be(row)).map(|row| row.lead).collect();
            let leads = platform.store.load(self.scope, &Load::of(leads.into_iter().map(Key::Lead))).await?;
            for row in found.rows {
                if events.len() >= limit {
                    return Ok((events, cursor));
                }
                cursor = Some(range.cursor(&row));
                looked_at += 1;
                if self.may_be(&row) {
                    events.extend(self.seen(row, &leads));
                }
            }
            if !found.more {
                return Ok((events, None));
            }
            if events.len() >= limit || looked_at >= LOOKED_AT.max(limit) {
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
    call.only_queries(&["view", "date", "user", "deleted", "limit", "cursor"], "CAL-6")?;
    let view = call.query_as::<View>("view", "CAL-6", "day, week or month")?.unwrap_or(View::Week);
    let calendar = &dealer.settings.calendar;
    let date = call.query_as::<NaiveDate>("date", "CAL-6", "a date such as 2026-11-25")?.unwrap_or_else(|| calendar.date_of(call.now));
    let person = call.query_as::<UserId>("user", "CAL-6", "the id of a user")?;
    let deleted = call.query_as::<bool>("deleted", "CAL-6", "true or false")?.unwrap_or(false);
    let limit = call.query_as::<usize>("limit", "CAL-6", "a number from 1 to 250")?.unwrap_or(100);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "CAL-6", "must be a number from 1 to 250").into());
    }
    let dates = view.dates(date).filter(|(first, after)| YEARS.contains(&first.year()) && YEARS.contains(&after.year()));
    let span = dates.and_then(|(first, after)| Some((first, after, calendar.begins(first)?, calendar.begins(after)?)));
    let (first, after, from, until) = span.ok_or_else(|| Refusal::field("date", "CAL-6", "must be between 2000 and 2100"))?;
    let wanted = Wanted { scope: &call.scope, dealer: &dealer, person: person.as_ref(), deleted, now: call.now };
    let (events, cursor) = wanted.events(platform, (from, until), call.query("cursor"), limit).await?;
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
    fn of(seen: &Seen, dealer: &Dealer) -> Self {
        let Seen { row, lead } = seen;
        Self {
            id: row.id.to_string(),
            lead: row.lead.to_string(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            title: row.title.clone(),
            kind: row.kind.clone(),
            at: row.at,
            until: seen.until(dealer),
            user: seen.person().map(ToString::to_string),
            state: row.state.clone(),
        }
    }
}
