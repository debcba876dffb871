//! Secret links by which other calendars show what is planned (CAL-6).

use crate::calendar::{Seen, Wanted};
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
use forecourt_store::{Failure, Load, Loaded, fingerprint};
use futures::future::try_join_all;
use icalendar::{Component as _, Event, EventLike as _, Property};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Days that a feed shows before today, and from today on.
const PAST: u64 = 30;
const AHEAD: u64 = 180;
/// Events that it shows of each at most: of the past and of the future.
const MOST_PAST: usize = 500;
const MOST_AHEAD: usize = 1_500;
/// How often a thousand of the dealer's events of a month are looked through for those that are wanted: no index has them by person.
const LOOKS: usize = 3;

/// From a time on, and before another.
type Span = (DateTime<Utc>, DateTime<Utc>);

/// A calendar link to be made (CAL-6).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"dealer": "autohaus-nordstern-demo"}))]
pub struct FeedBody {
    /// Of which dealer; of every dealer that the user works at, if not said.
    #[schema(value_type = Option<String>)]
    dealer: Loose<Text>,
    /// Whose events; everybody's at the dealer if not said, or without a dealer, yours.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
}

/// A calendar link.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedView {
    /// Its name.
    pub id: String,
    /// Of which dealer; absent: of every dealer that the user works at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// Whose events; absent: everybody's at the dealer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The secret link: whoever has it sees what you may see, until you revoke it.
    pub link: String,
}

/// Your calendar links.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedsView {
    /// Oldest first; 20 at most.
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

/// Only people have calendars.
fn asker(call: &Call) -> Result<&UserId, Refusal> {
    call.scope.needs(Right::ReadLeads)?;
    call.scope.user_id().ok_or(Refusal::Forbidden(Right::ReadLeads))
}

fn of_user(loaded: &Loaded, user: &UserId) -> CalendarFeeds {
    loaded.feeds(user).cloned().unwrap_or_else(|| CalendarFeeds::none(user.clone()))
}

/// Makes a link.
pub(crate) async fn make(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = asker(call)?;
    let (dealer, person) = call.json::<FeedBody>()?.check()?;
    // Without a dealer it is a person's calendar.
    let person = person.or_else(|| dealer.is_none().then(|| user.clone()));
    may_be_shown(platform, call, dealer.as_ref(), person.as_ref()).await?;
    let id = FeedId::parse(&new_name(platform, call, user, "feed")).map_err(|e| Failure::Broken(e.into()))?;
    let new = CalendarFeed { id, dealer, person, created: call.now };
    let rule = |loaded: &Loaded, _| of_user(loaded, user).with(new.clone());
    let made = platform.store.decide(&call.scope, Load::of([Key::Feeds(user.clone())]), rule).await?;
    let view = FeedView::of(platform, call, user, &made);
    Ok(Answer::new(201, &view)?.header("location", format!("/calendar-feeds/{}", view.id)).about(&view.id))
}

/// The asker's links.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = asker(call)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Feeds(user.clone())])).await?;
    let feeds = of_user(&loaded, user).feeds.iter().map(|feed| FeedView::of(platform, call, user, feed)).collect();
    Ok(Answer::new(200, &FeedsView { feeds })?)
}

/// Revokes one of the asker's links; answers with those that are left.
pub(crate) async fn revoke(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = asker(call)?;
    let id: FeedId = call.part("feed", "calendar link")?;
    let rule = |loaded: &Loaded, _| of_user(loaded, user).without(&id).map(|decision| (Some(decision), ()));
    platform.store.decide(&call.scope, Load::of([Key::Feeds(user.clone())]), rule).await?;
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

/// A link is made only of what its user may see now; what it shows later is judged then.
async fn may_be_shown(platform: &Platform, call: &Call, dealer: Option<&DealerId>, person: Option<&UserId>) -> Result<(), Problem> {
    let known = match dealer {
        Some(id) if call.scope.reaches(id).is_ok() => platform.store.dealer(&call.scope, id).await?,
        _ => None,
    };
    if dealer.is_some() && known.is_none() {
        return Err(Refusal::field("dealer", "CAL-6", "must be a dealer within your reach").into());
    }
    let Some(person) = person else { return Ok(()) };
    let dealers = match known {
        Some(dealer) => vec![dealer],
        None => match platform.store.user(call.scope.group(), person).await? {
            Some(user) => dealers_of(platform, &call.scope, &user).await?,
            None => Vec::new(),
        },
    };
    let seen = call.scope.user_id() == Some(person)
        || dealers
            .iter()
            .any(|dealer| dealer.settings.member(person).is_some() && call.scope.sees_leads_of(Some(person), &dealer.settings, call.now));
    if seen { Ok(()) } else { Err(Refusal::field("user", "CAL-6", "must be a user whose leads you see").into()) }
}

/// The dealers that a person works at, as far as `scope` reaches.
async fn dealers_of(platform: &Platform, scope: &Scope, person: &User) -> Result<Vec<Arc<Dealer>>, Failure> {
    let reached = person.dealers.iter().filter(|dealer| scope.reaches(dealer).is_ok());
    let read = try_join_all(reached.map(|dealer| platform.store.dealer(scope, dealer))).await?;
    Ok(read.into_iter().flatten().collect())
}

/// `GET /c/{token}/calendar.ics`: what the link's user may see, as a file. Whatever is wrong with the link, it is as if there were none.
pub(crate) async fn file(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let Some(Link::Feed(FeedLink { user, feed, created })) = &call.link else { return Err(Problem::no_link()) };
    let load = Load::of([Key::User(user.clone()), Key::Feeds(user.clone())]);
    let loaded = platform.store.load(&call.scope, &load).await?;
    let feed = loaded.feeds(user).and_then(|feeds| feeds.made_at(feed, *created)).ok_or_else(Problem::no_link)?;
    let user = loaded.user(user).filter(|user| user.is_here()).ok_or_else(Problem::no_link)?;
    let scope = Scope::user(call.scope.group().clone(), user.clone());
    scope.needs(Right::ReadLeads).map_err(|_| Problem::no_link())?;
    let dealers = match &feed.dealer {
        Some(dealer) => {
            scope.reaches(dealer).map_err(|_| Problem::no_link())?;
            platform.store.dealer(&scope, dealer).await?.into_iter().collect()
        }
        None => match feed.person.as_ref().filter(|person| **person != user.id) {
            Some(person) => {
                let person = platform.store.user(scope.group(), person).await?.ok_or_else(Problem::no_link)?;
                dealers_of(platform, &scope, &person).await?
            }
            None => dealers_of(platform, &scope, user).await?,
        },
    };
    let of_dealers = dealers.iter().map(async |dealer| {
        let wanted = Wanted { scope: &scope, dealer, person: feed.person.as_ref(), deleted: true, now: call.now };
        stretch(platform, &wanted).await
    });
    let of_dealers = try_join_all(of_dealers).await?;
    let entries = dealers.iter().zip(&of_dealers).flat_map(|(dealer, events)| events.iter().map(|seen| entry(platform, seen, dealer)));
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
    let text = ical::calendar(properties, entries);
    let tag = format!("\"{}\"", fingerprint(text.as_bytes()));
    let media_type = "text/calendar; charset=utf-8";
    let answer = if call.has(&tag) { Answer::text(304, media_type, String::new()) } else { Answer::text(200, media_type, text) };
    // It is kept, and asked for anew each time.
    Ok(answer.header("etag", tag).header("cache-control", "private, no-cache").header("x-robots-tag", "noindex, nofollow").about(&feed.id))
}

/// What a feed shows of a dealer: whole days by its clock, so that the same content stays the same over the day.
async fn stretch(platform: &Platform, wanted: &Wanted<'_>) -> Result<Vec<Seen>, Problem> {
    let calendar = &wanted.dealer.settings.calendar;
    let today = calendar.date_of(wanted.now);
    let begins = |date: Option<chrono::NaiveDate>| date.and_then(|date| calendar.begins(date)).unwrap_or(wanted.now);
    let midnight = begins(Some(today));
    let first = begins(today.checked_sub_days(Days::new(PAST)));
    let last = begins(today.checked_add_days(Days::new(AHEAD + 1)));
    let past = wanted.all(platform, (first, midnight), MOST_PAST);
    let ahead = wanted.all(platform, (midnight, last), MOST_AHEAD);
    let (past, ahead) = futures::future::try_join(past, ahead).await?;
    Ok(past.into_iter().chain(ahead).collect())
}

/// A stretch in pieces of a month each, as they are stored.
fn months((from, until): Span) -> impl Iterator<Item = Span> {
    let next = move |at: &DateTime<Utc>| {
        let first = at.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
        Some(first.and_time(NaiveTime::MIN).and_utc()).filter(|at| *at < until)
    };
    std::iter::successors(Some(from), next).map(move |at| (at, next(&at).unwrap_or(until)))
}

impl Wanted<'_> {
    /// The first `most` of the events of a stretch, whose months are read at once.
    async fn all(&self, platform: &Platform, span: Span, most: usize) -> Result<Vec<Seen>, Problem> {
        let read = try_join_all(months(span).map(|span| self.of_month(platform, span, most))).await?;
        Ok(read.into_iter().flatten().take(most).collect())
    }

    /// The first `most` of the events of a month, of so many of the dealer's that are looked through.
    async fn of_month(&self, platform: &Platform, span: Span, most: usize) -> Result<Vec<Seen>, Problem> {
        let (mut all, mut cursor) = (Vec::new(), None);
        for _ in 0..LOOKS {
            let (events, next) = self.events(platform, span, cursor.as_deref(), most - all.len()).await?;
            all.extend(events);
            cursor = next;
            if cursor.is_none() || all.len() >= most {
                break;
            }
        }
        Ok(all)
    }
}

/// An event as other calendars show it: no more of the contact than a name.
fn entry(platform: &Platform, seen: &Seen, dealer: &Dealer) -> (Event, Tz, DateTime<Utc>) {
    let Seen { row, lead } = seen;
    let zone = dealer.settings.calendar.zone();
    let cancelled = row.state == "deleted";
    let title = if lead.contact.is_empty() { row.title.clone() } else { format!("{} · {}", row.title, lead.contact) };
    let link = format!("{}/leads/{}", platform.public_url, lead.id);
    // Who was given an event may not see the lead, but sees the event.
    let link = if seen.person() == lead.owner.as_ref() { link } else { format!("{link}/events/{}", row.id) };
    let about: Vec<String> = [lead.vehicle.clone(), lead.id.spoken(), link].into_iter().filter(|line| !line.is_empty()).collect();
    let mut entry = Event::new();
    entry
        .uid(&format!("{}@forecourt", AppointmentId::of_event(row.lead, &row.id)))
        .sequence(row.sequence)
        .summary(&title)
        .description(&about.join("\n"))
        .location(&dealer.settings.name)
        .append_property(Property::new("DTSTAMP", ical::utc(row.changed)))
        .append_property(Property::new("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" }))
        .append_property(Property::new("TRANSP", if row.state == "incomplete" { "OPAQUE" } else { "TRANSPARENT" }))
        .append_property(Property::new("CATEGORIES", ical::escaped(&row.kind)))
        .append_property(ical::time("DTSTART", row.at, zone))
        .append_property(ical::time("DTEND", seen.until(dealer), zone));
    (entry.done(), zone, row.at)
}
