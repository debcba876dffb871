//! Calendar feeds: secret links by which other calendar programs subscribe to events (CAL-6).

use crate::calendar::{EntryFilter, VisibleEntry};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveTime, Utc};
use chrono_tz::Tz;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{AppointmentId, DealerId, Fault, FeedId, Refusal, Right, UserId};
use forecourt_domain::calendar::{CalendarFeed, CalendarFeeds};
use forecourt_domain::people::User;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::auth::link::{self, FeedLink, Link};
use forecourt_edge::formats::ical;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem, new_name};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use futures::future::try_join_all;
use icalendar::{Component as _, Event, EventLike as _, Property};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Days that a feed shows before today, and after it.
const PAST: u64 = 30;
const AHEAD: u64 = 180;
/// Maximum number of entries in a feed, for past and future.
const MAX_PAST: usize = 500;
const MAX_AHEAD: usize = 1_500;
/// Maximum number of reads, of a thousand rows each, in one month of a dealer: no index is ordered by user.
const MAX_READS: usize = 3;

/// Start (inclusive) and end (exclusive).
type TimeRange = (DateTime<Utc>, DateTime<Utc>);

/// A calendar feed to create (CAL-6).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"dealer": "autohaus-nordstern-demo"}))]
pub struct FeedBody {
    /// The dealer. Defaults to every dealer that the user works at.
    #[schema(value_type = Option<String>)]
    dealer: Loose<Text>,
    /// The user whose events the feed shows. Defaults to all users of the dealer or, without a dealer, to you.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
}

/// A calendar feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedView {
    /// Id of the feed.
    pub id: String,
    /// The dealer; absent if the feed covers every dealer that the user works at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// The user whose events the feed shows; absent if it shows all users of the dealer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// The secret link. Anyone who has it can read the events that you may see, until you revoke it.
    pub link: String,
}

/// Your calendar feeds.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedsView {
    /// Oldest first, at most 20.
    pub feeds: Vec<FeedView>,
}

impl FeedView {
    fn of(platform: &Platform, call: &Call, user: &UserId, feed: &CalendarFeed) -> Self {
        Self {
            id: feed.id.to_string(),
            dealer: feed.dealer.as_ref().map(ToString::to_string),
            user: feed.person.as_ref().map(ToString::to_string),
            created_at: feed.created,
            link: link::of_feed(platform, call.scope.group(), user, feed),
        }
    }
}

/// Returns the user behind the request: only users have calendar feeds, partners do not.
fn requesting_user(call: &Call) -> Result<&UserId, Refusal> {
    call.scope.needs(Right::ReadLeads)?;
    call.scope.user_id().ok_or(Refusal::Forbidden(Right::ReadLeads))
}

fn feeds_of(loaded: &Loaded, user: &UserId) -> CalendarFeeds {
    loaded.calendar_feeds(user).cloned().unwrap_or_else(|| CalendarFeeds::none(user.clone()))
}

pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = requesting_user(call)?;
    let (dealer, person) = call.json::<FeedBody>()?.check()?;
    // A feed without a dealer is a user's calendar.
    let person = person.or_else(|| dealer.is_none().then(|| user.clone()));
    check_visible(platform, call, dealer.as_ref(), person.as_ref()).await?;
    let id = FeedId::parse(&new_name(platform, call, user, "feed")).map_err(|e| Failure::Broken(e.into()))?;
    let new = CalendarFeed { id, dealer, person, created: call.now };
    let rule = |loaded: &Loaded, _| feeds_of(loaded, user).with(new.clone());
    let made = platform.store.decide(&call.scope, Load::of([Key::CalendarFeeds(user.clone())]), rule).await?;
    let view = FeedView::of(platform, call, user, &made);
    Ok(Answer::new(201, &view)?.header("location", format!("/calendar-feeds/{}", view.id)).about(&view.id))
}

/// Lists the feeds of the requesting user.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = requesting_user(call)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::CalendarFeeds(user.clone())])).await?;
    let feeds = feeds_of(&loaded, user).feeds.iter().map(|feed| FeedView::of(platform, call, user, feed)).collect();
    Ok(Answer::new(200, &FeedsView { feeds })?)
}

/// Revokes a feed of the requesting user and returns the remaining ones.
pub(crate) async fn revoke(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = requesting_user(call)?;
    let id: FeedId = call.part("feed", "calendar link")?;
    let rule = |loaded: &Loaded, _| feeds_of(loaded, user).without(&id).map(|decision| (Some(decision), ()));
    platform.store.decide(&call.scope, Load::of([Key::CalendarFeeds(user.clone())]), rule).await?;
    list(platform, call).await
}

impl FeedBody {
    fn check(self) -> Result<(Option<DealerId>, Option<UserId>), Refusal> {
        let mut faults = Vec::new();
        let dealer = self.dealer.text("dealer", &mut faults).map(|dealer| DealerId::parse(dealer.trim()));
        let user = self.user.text("user", &mut faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &dealer {
            faults.push(Fault::new("dealer", "CAL-6", e.to_string()));
        }
        if let Some(Err(e)) = &user {
            faults.push(Fault::new("user", "CAL-6", e.to_string()));
        }
        if faults.is_empty() { Ok((dealer.and_then(Result::ok), user.and_then(Result::ok))) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// Refuses a feed of events that the user may not see now. Each later request of the feed checks this again.
async fn check_visible(platform: &Platform, call: &Call, dealer: Option<&DealerId>, person: Option<&UserId>) -> Result<(), Problem> {
    let known = match dealer {
        Some(id) if call.scope.reaches(id).is_ok() => platform.store.dealer(&call.scope, id).await?,
        _ => None,
    };
    if dealer.is_some() && known.is_none() {
        return Err(Refusal::field("dealer", "CAL-6", "must be a dealer that you have access to").into());
    }
    let Some(person) = person else { return Ok(()) };
    let dealers = match known {
        Some(dealer) => vec![dealer],
        None => match platform.store.user(call.scope.group(), person).await?.filter(|user| user.is_here()) {
            Some(user) => dealers_of(platform, &call.scope, &user).await?,
            None => Vec::new(),
        },
    };
    let may_see = call.scope.user_id() == Some(person)
        || dealers
            .iter()
            .any(|dealer| dealer.settings.member(person).is_some() && call.scope.sees_leads_of(Some(person), &dealer.settings, call.now));
    if may_see { Ok(()) } else { Err(Refusal::field("user", "CAL-6", "must be a user whose leads you may see").into()) }
}

/// The dealers that a user works at and that `scope` may access.
async fn dealers_of(platform: &Platform, scope: &Scope, person: &User) -> Result<Vec<Arc<Dealer>>, Failure> {
    let reached = person.dealers.iter().filter(|dealer| scope.reaches(dealer).is_ok());
    let read = try_join_all(reached.map(|dealer| platform.store.dealer(scope, dealer))).await?;
    Ok(read.into_iter().flatten().collect())
}

/// `GET /c/{token}/calendar.ics`: the events that the owner of the feed may see, as a file. Every fault of the link gives the same 404.
pub(crate) async fn file(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let Some(Link::Feed(FeedLink { user, feed, created })) = &call.link else { return Err(Problem::no_link()) };
    let load = Load::of([Key::User(user.clone()), Key::CalendarFeeds(user.clone())]);
    let loaded = platform.store.load(&call.scope, &load).await?;
    let feed = loaded.calendar_feeds(user).and_then(|feeds| feeds.made_at(feed, *created)).ok_or_else(Problem::no_link)?;
    let user = loaded.user(user).filter(|user| user.is_here()).ok_or_else(Problem::no_link)?;
    let scope = Scope::user(call.scope.group().clone(), user.clone());
    scope.needs(Right::ReadLeads).map_err(|_| Problem::no_link())?;
    // The link also ends with the user whose events it shows.
    let shown = match feed.person.as_ref().filter(|person| **person != user.id) {
        Some(person) => {
            let person = platform.store.user(scope.group(), person).await?;
            Some(person.filter(|person| person.is_here()).ok_or_else(Problem::no_link)?)
        }
        None => None,
    };
    let dealers = match &feed.dealer {
        Some(dealer) => {
            scope.reaches(dealer).map_err(|_| Problem::no_link())?;
            platform.store.dealer(&scope, dealer).await?.into_iter().collect()
        }
        None => dealers_of(platform, &scope, shown.as_deref().unwrap_or(user)).await?,
    };
    let of_dealers = dealers.iter().map(async |dealer| {
        let filter = EntryFilter { scope: &scope, dealer, person: feed.person.as_ref(), deleted: true, now: call.now };
        entries_of_dealer(platform, &filter).await
    });
    let of_dealers = try_join_all(of_dealers).await?;
    let entries = dealers.iter().zip(&of_dealers).flat_map(|(dealer, of_dealer)| of_dealer.iter().map(|one| entry(platform, one, dealer)));
    let entries = entries.collect();
    let name = match (&feed.dealer, dealers.first(), &feed.person) {
        (Some(_), Some(dealer), None) => dealer.settings.name.clone(),
        (_, _, Some(person)) if *person != user.id => person.to_string(),
        _ => user.name.clone(),
    };
    let properties = vec![
        Property::new("METHOD", "PUBLISH"),
        Property::new("X-WR-CALNAME", format!("Forecourt: {}", ical::escaped(&name))),
        Property::new("REFRESH-INTERVAL", "PT1H").add_parameter("VALUE", "DURATION").done(),
        Property::new("X-PUBLISHED-TTL", "PT1H"),
    ];
    let answer = Answer::text(200, "text/calendar; charset=utf-8", ical::calendar(properties, entries)).revalidated(call);
    Ok(answer.header("x-robots-tag", "noindex, nofollow").about(&feed.id))
}

/// The entries of a feed at one dealer. The range is whole days in the dealer's time zone, so that the ETag is stable during a day.
async fn entries_of_dealer(platform: &Platform, filter: &EntryFilter<'_>) -> Result<Vec<VisibleEntry>, Problem> {
    let calendar = &filter.dealer.settings.calendar;
    let today = calendar.date_of(filter.now);
    let begins = |date: Option<chrono::NaiveDate>| date.and_then(|date| calendar.begins(date)).unwrap_or(filter.now);
    let midnight = begins(Some(today));
    let first = begins(today.checked_sub_days(Days::new(PAST)));
    let last = begins(today.checked_add_days(Days::new(AHEAD + 1)));
    let past = filter.entries_of_range(platform, (first, midnight), MAX_PAST);
    let ahead = filter.entries_of_range(platform, (midnight, last), MAX_AHEAD);
    let (past, ahead) = futures::future::try_join(past, ahead).await?;
    Ok(past.into_iter().chain(ahead).collect())
}

/// Splits a range into months, which is how events are stored.
fn months((from, until): TimeRange) -> impl Iterator<Item = TimeRange> {
    let next = move |at: &DateTime<Utc>| {
        let first = at.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
        Some(first.and_time(NaiveTime::MIN).and_utc()).filter(|at| *at < until)
    };
    std::iter::successors(Some(from), next).map(move |at| (at, next(&at).unwrap_or(until)))
}

impl EntryFilter<'_> {
    /// The first `max` entries of a range. The months are read in parallel.
    async fn entries_of_range(&self, platform: &Platform, range: TimeRange, max: usize) -> Result<Vec<VisibleEntry>, Problem> {
        let read = try_join_all(months(range).map(|range| self.entries_of_month(platform, range, max))).await?;
        Ok(read.into_iter().flatten().take(max).collect())
    }

    /// The first `max` entries of a month, within `MAX_READS` reads.
    async fn entries_of_month(&self, platform: &Platform, range: TimeRange, max: usize) -> Result<Vec<VisibleEntry>, Problem> {
        let (mut all, mut cursor) = (Vec::new(), None);
        for _ in 0..MAX_READS {
            let (entries, next) = self.entries(platform, range, cursor.as_deref(), max - all.len()).await?;
            all.extend(entries);
            cursor = next;
            if cursor.is_none() || all.len() >= max {
                break;
            }
        }
        Ok(all)
    }
}

/// An entry as other calendar programs show it. Of the customer it holds the name only.
fn entry(platform: &Platform, one: &VisibleEntry, dealer: &Dealer) -> (Event, Tz, DateTime<Utc>) {
    let zone = dealer.settings.calendar.zone();
    let (title, contact) = (one.title(), one.contact());
    let title = if contact.is_empty() { title.to_owned() } else { format!("{title} · {contact}") };
    let (id, sequence, changed, about) = match one {
        VisibleEntry::Event(row, lead) => {
            let link = platform.console.event(lead, &row.id, one.user());
            (AppointmentId::of_event(row.lead, &row.id), row.sequence, row.changed, vec![lead.vehicle.clone(), lead.id.spoken(), link])
        }
        VisibleEntry::Appointment(appointment) => {
            let link = platform.console.appointment(&appointment.id);
            (appointment.id.clone(), appointment.sequence, appointment.updated, vec![link])
        }
    };
    let about: Vec<String> = about.into_iter().filter(|line| !line.is_empty()).collect();
    let mut entry = Event::new();
    entry
        .uid(&format!("{id}@forecourt"))
        .sequence(sequence)
        .summary(&title)
        .description(&about.join("\n"))
        .location(&dealer.settings.name)
        .append_property(Property::new("DTSTAMP", ical::utc(changed)))
        .append_property(Property::new("STATUS", if one.state() == "deleted" { "CANCELLED" } else { "CONFIRMED" }))
        .append_property(Property::new("TRANSP", if one.state() == "incomplete" { "OPAQUE" } else { "TRANSPARENT" }))
        .append_property(Property::new("CATEGORIES", ical::escaped(one.kind())))
        .append_property(ical::time("DTSTART", one.at(), zone))
        .append_property(ical::time("DTEND", one.until(dealer), zone));
    (entry.done(), zone, one.at())
}
