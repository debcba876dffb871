//! The free times of a dealer's salespersons, for staff, the contact centre and partners that make appointments (APT-8).
//!
//! Reads the dealer and the days of the salespersons: at most 9 days of 50 persons, which is one round of up to five batches.

use chrono::{DateTime, Days as Count, NaiveDate, TimeDelta, Utc};
use forecourt_domain::base::{AppointmentKind, DealerId, Fault, Refusal, Right, UserId};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::StaffTimes;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::days_of;
use forecourt_store::Load;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The free times of a day, from and until, each with the salespersons who are free.
type FreeTimes = BTreeMap<(DateTime<Utc>, DateTime<Utc>), Vec<String>>;

/// The free times of one to seven days.
#[derive(Debug, Serialize, ToSchema)]
pub struct FreeTimesView {
    /// IANA time zone of the dealer, in which the dates begin and end.
    pub zone: String,
    /// The kind of appointment that the times are long enough for.
    pub kind: &'static str,
    /// Duration in minutes.
    pub minutes: i64,
    /// One entry for each date.
    pub days: Vec<FreeDayView>,
    /// Whether the dealer has more than 50 salespersons, and only the first 50 are in the response: name one with `user`.
    pub more: bool,
}

/// The free times of a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct FreeDayView {
    /// The date.
    pub date: NaiveDate,
    /// Why the dealer receives nobody on this date: `day_off`, `closed`, or `past` if the date or its last time is over; absent if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<&'static str>,
    /// Name of the day off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The free times, each with the salespersons who are free, in order.
    pub free: Vec<FreeTimeView>,
    /// The salespersons who have no free time on a date on which the dealer is open; empty for partners.
    pub unavailable: Vec<UnavailableView>,
}

/// A free time.
#[derive(Debug, Serialize, ToSchema)]
pub struct FreeTimeView {
    /// Start time.
    pub from: DateTime<Utc>,
    /// End time.
    pub until: DateTime<Utc>,
    /// Ids of the salespersons who are free.
    pub users: Vec<String>,
}

/// A salesperson without a free time on a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnavailableView {
    /// Id of the salesperson.
    pub user: String,
    /// `absent`, `own_hours` (the own weekly hours leave no time), `taken`, or `closed` if no time of the dealer is long enough.
    pub why: &'static str,
}

/// The highest number of salespersons of one answer.
const PEOPLE: usize = 50;

/// `GET /dealers/{dealer}/availability`.
pub(crate) async fn show(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkAppointments)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let calendar = &dealer.settings.calendar;
    let mut queries = Queries::of(call, "APT-8");
    let first = queries.parse::<NaiveDate>("date", "a date such as 2026-11-25").unwrap_or_else(|| calendar.date_of(call.now));
    let days = queries.number("days", 1..=7).unwrap_or(1);
    let kind = queries.text("kind").unwrap_or(AppointmentKind::Showroom.name());
    let named = AppointmentKind::NAMES.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
    if named.is_none() {
        let names = AppointmentKind::NAMES.map(|(name, _)| name).join(", ");
        queries.refuse(Fault::new("kind", "APT-8", format!("must be one of {names}")));
    }
    let kind = named.unwrap_or(AppointmentKind::Showroom);
    let user = queries.parse::<UserId>("user", "the id of a user");
    let ahead = (first - calendar.date_of(call.now)).num_days();
    let in_reach = (-1..=3_653).contains(&ahead);
    let fault = || Fault::new("date", "APT-8", "must be today or later, within ten years");
    let people = people(&dealer, user.as_ref());
    let unknown = || Fault::new("user", "APT-8", format!("must be a user of {} who is assignable", dealer.id));
    let faults: Vec<Fault> =
        (!in_reach).then(fault).into_iter().chain(people.is_empty().then(unknown).filter(|_| user.is_some())).collect();
    queries.done_with(if faults.is_empty() { Ok(()) } else { Err(faults) })?;
    let dates: Vec<NaiveDate> = first.iter_days().take(days).collect();
    let times = |user: &UserId| StaffTimes::of(&dealer, user, kind.event_type(), call.now);
    let keys = people.iter().take(PEOPLE).filter_map(|user| times(user)).flat_map(|times| days_of(|days| times.free(days, &dates)));
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    let load = |user: &UserId, date| loaded.day(user, date);
    let mut free: BTreeMap<NaiveDate, FreeTimes> = BTreeMap::new();
    let mut with_time: BTreeSet<(NaiveDate, &UserId)> = BTreeSet::new();
    for user in people.iter().copied().take(PEOPLE) {
        for (date, slot) in times(user).into_iter().flat_map(|times| times.free(&load, &dates)) {
            with_time.insert((date, user));
            free.entry(date).or_default().entry((slot.from, slot.until)).or_default().push(user.to_string());
        }
    }
    let names = call.scope.user_id().is_some();
    let day = |date: &NaiveDate| {
        let closed = closed(&dealer, *date, free.contains_key(date), call.now);
        let without = people.iter().take(PEOPLE).filter(|user| names && closed.is_none() && !with_time.contains(&(*date, **user)));
        let unavailable = without
            .map(|user| UnavailableView { user: user.to_string(), why: times(user).map_or("absent", |times| times.why_none(*date)) });
        let free = free.get(date).into_iter().flatten();
        let free = free.map(|((from, until), users)| FreeTimeView { from: *from, until: *until, users: users.clone() });
        let off =
            calendar.days_off().iter().find(|off| closed == Some("day_off") && (off.from..=off.to.unwrap_or(off.from)).contains(date));
        FreeDayView { date: *date, closed, name: off.map(|off| off.name.clone()), free: free.collect(), unavailable: unavailable.collect() }
    };
    let answer = FreeTimesView {
        zone: calendar.zone().to_string(),
        kind: kind.name(),
        minutes: dealer.capacity().duration(kind.event_type()).num_minutes(),
        days: dates.iter().map(day).collect(),
        more: people.len() > PEOPLE,
    };
    Ok(Answer::new(200, &answer)?.about(&id))
}

/// Returns the salespersons: the assignable members, but not the user of the pool; with `user` only this one.
fn people<'a>(dealer: &'a Dealer, user: Option<&UserId>) -> Vec<&'a UserId> {
    let settings = &dealer.settings;
    let is_pool = |id: &UserId| settings.pool.as_ref().is_some_and(|pool| pool.user == *id);
    let members = settings.members.iter().filter(|member| member.assignable && !is_pool(&member.user)).map(|member| &member.user);
    members.filter(|id| user.is_none_or(|user| user == *id)).collect()
}

/// Returns why the dealer receives nobody on a date. `None` if it does.
fn closed(dealer: &Dealer, date: NaiveDate, has_time: bool, now: DateTime<Utc>) -> Option<&'static str> {
    let calendar = &dealer.settings.calendar;
    let begins = calendar.begins(date)?;
    let end = date.checked_add_days(Count::new(1)).and_then(|after| calendar.begins(after))?;
    let open = calendar.elapsed(begins, end);
    match () {
        () if has_time => None,
        () if calendar.is_day_off(begins) => Some("day_off"),
        () if open <= TimeDelta::zero() => Some("closed"),
        () if calendar.elapsed(begins.max(now), end.max(now)) <= TimeDelta::zero() => Some("past"),
        () => None,
    }
}
