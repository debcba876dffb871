//! The group's users: identity, role, rights and dealers (SET-7, ACC-1).

use crate::body;
use crate::bookings::{self, BookingsAffectedView};
use crate::change::required_versions;
use crate::hand_over::{self, HandOverRequest, HandOverView};
use crate::members::{DealerUserView, counting_key};
use crate::view::{HistoryView, one_page};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Actor, DealerId, Refusal, Right, Role, UserId};
use forecourt_domain::decision::Decision;
use forecourt_domain::people::{User, UserFacts};
use forecourt_domain::rules::hand_over::{Asked, Departing, Departure, concerned, departures};
use forecourt_domain::rules::people::{self, UserInput};
use forecourt_domain::settings::{Dealer, DealerSettings, HandOverReason};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, TokenName};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Number of users on a page.
const PAGE: usize = 50;
/// Number of users in one read.
const READ_AT_ONCE: usize = 100;
/// Number of changes on a page of a user's history.
const HISTORY: usize = 20;

/// A page of the group's users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersView {
    /// The users, ordered by id.
    pub users: Vec<UserView>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A user of the group.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// Id of the user.
    pub id: String,
    /// Number of the current version; also the ETag.
    pub version: u64,
    /// Subject by which tokens name the user; absent if they name the user by the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Display name.
    pub name: String,
    /// E-mail address for notices.
    pub email: String,
    /// Mobile number in E.164.
    pub mobile: Option<String>,
    /// Language of notices, as a language tag.
    pub language: String,
    /// `seller`, `dealer_admin`, `group_admin`, `head_office`, `contact_centre` or `operator`.
    #[schema(value_type = String)]
    pub role: Role,
    /// Rights in addition to those of the role.
    pub rights: Vec<&'static str>,
    /// Ids of the dealers at which the user works.
    pub dealers: Vec<String>,
    /// Whether notices are sent to the user.
    pub notices: bool,
    /// When the user left the group; absent while the user belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<DateTime<Utc>>,
    /// The user's switches at each dealer that you have access to.
    pub at: BTreeMap<String, DealerUserView>,
    /// The orders that the change made or, in a dry run, would make; absent if there are none (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOverView>,
    /// The bookings that the end of memberships affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// A request about the group's users.
pub(crate) async fn operate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let reads = matches!(call.operation, Operation::ListUsers | Operation::ReadUser | Operation::UserHistory);
    call.scope.needs(if reads { Right::ReadUsers } else { Right::ManageUsers })?;
    if call.operation == Operation::ListUsers {
        return list(platform, call).await;
    }
    let id: UserId = match call.part::<String>("user", "user")?.parse() {
        Ok(id) => id,
        Err(e) if call.operation == Operation::SaveUser => return Err(Refusal::field("user", "SET-7", format!("{e}")).into()),
        Err(_) => return Err(Refusal::NotFound("user").into()),
    };
    match call.operation {
        Operation::ReadUser => one(platform, call, &id).await,
        Operation::UserHistory => history(platform, call, &id).await,
        Operation::SaveUser => save(platform, call, &id).await,
        Operation::RemoveUser => remove(platform, call, &id).await,
        _ => Err(Problem::wrong_function()),
    }
}

async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let mut queries = Queries::of(call, "SET-7");
    let after: Option<UserId> = queries.parse("after", "a user's id");
    let dealer: Option<DealerId> = queries.parse("dealer", "a dealer's id");
    queries.done()?;
    if let Some(dealer) = &dealer {
        call.scope.reaches(dealer)?;
    }
    let wanted =
        |user: &User| user.is_here() && call.scope.sees_user(user) && dealer.as_ref().is_none_or(|dealer| user.dealers.contains(dealer));
    // A page ends after a user that the caller may see: neither its cursor nor its length reveals other users.
    let (mut shown, mut last) = (Vec::new(), after);
    while shown.len() <= PAGE {
        let found = platform.store.users(&call.scope, last.as_ref(), READ_AT_ONCE).await?;
        last = found.last().map(|user| user.id.clone());
        let more = found.len() == READ_AT_ONCE;
        shown.extend(found.into_iter().filter(&wanted));
        if !more {
            break;
        }
    }
    let more = shown.len() > PAGE;
    shown.truncate(PAGE);
    let loaded = dealers(platform, call, shown.iter()).await?;
    let users = one_page(shown.iter().map(|user| UserView::of(user, &loaded, call)));
    let after = users.last().filter(|_| more || users.len() < shown.len()).map(|last| last.id.clone());
    Ok(Answer::new(200, &UsersView { users, after })?)
}

async fn dealers<'a>(platform: &Platform, call: &Call, users: impl Iterator<Item = &'a User>) -> Result<Loaded, Problem> {
    let reached = users.flat_map(|user| &user.dealers).filter(|dealer| call.scope.reaches(dealer).is_ok());
    let dealers: std::collections::BTreeSet<&DealerId> = reached.collect();
    let counting = |loaded: &Loaded| dealers.iter().filter_map(|id| loaded.dealer(id)).filter_map(counting_key).collect();
    let load = Load::of(dealers.iter().map(|id| Key::Dealer((*id).clone()))).then(counting);
    Ok(platform.store.load(&call.scope, &load).await?)
}

async fn one(platform: &Platform, call: &Call, id: &UserId) -> Result<Answer, Problem> {
    let loaded = platform.store.load(&call.scope, &Load::of([Key::User(id.clone())])).await?;
    let user = loaded.user(id).filter(|user| call.scope.sees_user(user)).ok_or(Refusal::NotFound("user"))?;
    answer(platform, call, user, 200).await
}

/// Lists the changes of a user, newest first (SET-10).
async fn history(platform: &Platform, call: &Call, id: &UserId) -> Result<Answer, Problem> {
    let mut queries = Queries::of(call, "SET-10");
    let before: Option<u64> = queries.parse("before", "a version");
    queries.done()?;
    let (store, user) = (&platform.store, Load::of([Key::User(id.clone())]));
    let (loaded, changes) = tokio::try_join!(store.load(&call.scope, &user), store.user_history(&call.scope, id, before, HISTORY + 1))?;
    loaded.user(id).filter(|user| call.scope.sees_user(user)).ok_or(Refusal::NotFound("user"))?;
    Ok(Answer::new(200, &HistoryView::of_user(&changes, HISTORY)?.named(platform, call).await?)?.about(id))
}

async fn answer(platform: &Platform, call: &Call, user: &User, status: u16) -> Result<Answer, Problem> {
    answer_with(platform, call, user, (status, Vec::new(), BookingsAffectedView::default())).await
}

async fn answer_with(
    platform: &Platform,
    call: &Call,
    user: &User,
    (status, hand_overs, bookings): (u16, Vec<HandOverView>, BookingsAffectedView),
) -> Result<Answer, Problem> {
    let loaded = dealers(platform, call, std::iter::once(user)).await?;
    let view = UserView { hand_overs, bookings, ..UserView::of(user, &loaded, call) };
    Ok(Answer::new(status, &view)?.header("etag", format!("\"{}\"", user.version)).about(&user.id))
}

/// Loads the user with calendar links and saved views, and current and new dealers; for a change also the user's name in tokens, and for a
/// departure what the hand-over of the work needs.
fn load_user<'a>(
    id: &'a UserId,
    new_dealers: &'a [DealerId],
    facts: Option<&'a UserFacts>,
    (request, now): (&'a HandOverRequest, DateTime<Utc>),
) -> Load<'a> {
    let keys = [Key::User(id.clone()), Key::CalendarFeeds(id.clone()), Key::SavedViews(id.clone())].into_iter();
    Load::of(keys.chain(new_dealers.iter().cloned().map(Key::Dealer))).then(move |loaded| {
        let before = loaded.user(id);
        let dealers = before.into_iter().flat_map(|user| user.dealers.iter().cloned().map(Key::Dealer));
        let named = facts.map(|facts| name_in_tokens(id, before, facts).keys(loaded)).unwrap_or_default();
        let worked_at = before.map(|user| works_at(loaded, user)).unwrap_or_default();
        let departure = worked_at.into_iter().flat_map(|dealer| {
            let watch = [Key::BookingWatch(dealer.id.clone())];
            watch.into_iter().chain(request.target_keys(dealer)).chain(orders_of(dealer, id, now)).collect::<Vec<_>>()
        });
        dealers.chain(named).chain(departure).collect()
    })
}

/// Returns the text by which tokens name the user after the change.
fn name_in_tokens(id: &UserId, before: Option<&User>, facts: &UserFacts) -> TokenName {
    TokenName::new(facts.subject_after(before).as_deref().unwrap_or(id.as_str()))
}

/// Returns the keys of the orders that the user's departure from a dealer makes or changes.
fn orders_of(dealer: &Dealer, id: &UserId, now: DateTime<Utc>) -> Vec<Key> {
    let mut without: DealerSettings = (*dealer.settings).clone();
    without.members.retain(|member| member.user != *id);
    let asked = Asked { to: None, despite: &[], about: Some((id, HandOverReason::Removed)), by: &Actor::System, now };
    concerned(&dealer.settings, &without, asked).into_iter().map(|order| Key::HandOver(dealer.id.clone(), order)).collect()
}

/// A change of a user that also takes the user off dealers, or out of their distribution.
struct Leaving<'a> {
    call: &'a Call,
    request: &'a HandOverRequest,
    id: &'a UserId,
    loaded: &'a Loaded,
}

impl Leaving<'_> {
    /// Returns whether the request may take the user off this dealer: it says where the work goes, or is a dry run that asks what would
    /// move, and the principal may change the dealer.
    fn removes_from(&self, dealer: &Dealer) -> bool {
        let scope = &self.call.scope;
        (self.request.to.is_some() || self.request.dry_run)
            && scope.needs(Right::ChangeSettings).is_ok()
            && scope.reaches(&dealer.id).is_ok()
    }

    /// Returns the departure from a dealer.
    fn departing<'b>(&'b self, dealer: &'b Dealer, reason: HandOverReason) -> Departing<'b> {
        let (target, watch) = (self.request.target(dealer, self.loaded), self.loaded.booking_watch(&dealer.id));
        Departing { dealer, reason, target, watch }
    }

    fn depart(&self, departing: &[Departing<'_>]) -> Result<Departure, Refusal> {
        let by = self.call.scope.actor();
        let asked = Asked { to: self.request.to.as_ref(), despite: &self.request.despite, about: None, by: &by, now: self.call.now };
        departures(self.id, departing, asked, |dealer, order| self.loaded.hand_over(dealer, order))
    }
}

/// Returns a decision with the items of departures, if it is to be committed.
fn with_departure(decision: Decision, departure: &Departure, request: &HandOverRequest) -> Option<Decision> {
    let items = departure.items.iter().cloned();
    (!request.dry_run).then(|| items.fold(decision, Decision::with))
}

fn works_at<'a>(loaded: &'a Loaded, user: &User) -> Vec<&'a Dealer> {
    user.dealers.iter().filter_map(|dealer| loaded.dealer(dealer)).collect()
}

/// `dealers`: those at which the user worked before, and those of the request that do not exist.
fn input<'a>(dealers: (&'a [&'a Dealer], &'a [DealerId]), loaded: &'a Loaded, id: &UserId, call: &'a Call) -> UserInput<'a> {
    let (dealers, unknown) = dealers;
    UserInput { dealers, unknown, feeds: loaded.calendar_feeds(id), views: loaded.saved_views(id), scope: &call.scope, now: call.now }
}

/// Creates a user without `If-Match`, or changes an existing user with it.
async fn save(platform: &Platform, call: &Call, id: &UserId) -> Result<Answer, Problem> {
    let (request, versions) = (HandOverRequest::of(call)?, call.if_match()?);
    let facts: UserFacts =
        body::read(body::writable(call, &[&["id", "version", "left", "at", "hand_overs"], &bookings::FIELDS[..]].concat())?, "SET-7")?;
    let new_dealers: Vec<DealerId> = facts.dealers.iter().cloned().collect();
    let saved = platform.store.decide(&call.scope, load_user(id, &new_dealers, Some(&facts), (&request, call.now)), |loaded, _| {
        let before = loaded.user(id);
        // The rule reports a dealer out of reach, whether or not it exists.
        let unknown = new_dealers.iter().filter(|dealer| call.scope.reaches(dealer).is_ok() && loaded.dealer(dealer).is_none());
        let unknown: Vec<DealerId> = unknown.cloned().collect();
        let worked_at = before.map(|user| works_at(loaded, user)).unwrap_or_default();
        let leaving = Leaving { call, request: &request, id, loaded };
        let removed = |dealer: &Dealer| !facts.dealers.contains(&dealer.id) && leaving.removes_from(dealer);
        let (left, kept): (Vec<&Dealer>, Vec<&Dealer>) = worked_at.iter().copied().partition(|dealer| removed(dealer));
        let input = input((&kept, &unknown), loaded, id, call);
        let name = name_in_tokens(id, before, &facts);
        let Some((decision, after)) = people::save(input, id, before, facts.clone(), name.claim(loaded, id))? else {
            return Ok((None, before.cloned().map(|user| (user, 200, Departure::default()))));
        };
        match (before, &versions) {
            (Some(_), None) => return Ok((None, None)),
            (Some(before), Some(versions)) if !versions.contains(&before.version) => {
                return Err(Refusal::Stale { current: before.version });
            }
            (None, Some(_)) => return Err(Refusal::Stale { current: 0 }),
            _ => {}
        }
        let is_member = |dealer: &&&Dealer| dealer.settings.member(id).is_some();
        // Without the right to work leads, the user keeps the membership, but no part in the distribution.
        let loses = before.is_some_and(User::works_leads) && !after.works_leads();
        let left = left.iter().filter(is_member).map(|dealer| leaving.departing(dealer, HandOverReason::Removed));
        let idle = kept.iter().filter(is_member).filter(|_| loses).map(|dealer| leaving.departing(dealer, HandOverReason::Rights));
        let departure = leaving.depart(&left.chain(idle).collect::<Vec<_>>())?;
        let shown = if request.dry_run { before.cloned().unwrap_or(after) } else { after };
        let status = if before.is_some() { 200 } else { 201 };
        Ok((with_departure(decision, &departure, &request), Some((shown, status, departure))))
    });
    match saved.await? {
        Some((user, status, departure)) => answer_departure(platform, call, &request, (user, status, departure)).await,
        None => Err(Problem::precondition_required(
            "If-Match header required: this user exists, send the ETag of the version that you read (SET-10)",
        )),
    }
}

async fn remove(platform: &Platform, call: &Call, id: &UserId) -> Result<Answer, Problem> {
    let (request, versions) = (HandOverRequest::of(call)?, required_versions(call)?);
    let gone = platform.store.decide(&call.scope, load_user(id, &[], None, (&request, call.now)), |loaded, _| {
        let user = loaded.user(id).ok_or(Refusal::NotFound("user"))?;
        let leaving = Leaving { call, request: &request, id, loaded };
        let (left, kept): (Vec<&Dealer>, Vec<&Dealer>) =
            works_at(loaded, user).into_iter().partition(|dealer| leaving.removes_from(dealer));
        let decision = people::leave(input((&kept, &[]), loaded, id, call), user)?;
        let Some(decision) = decision else { return Ok((None, (user.clone(), Departure::default()))) };
        if !versions.contains(&user.version) {
            return Err(Refusal::Stale { current: user.version });
        }
        let member_at = left.iter().filter(|dealer| dealer.settings.member(id).is_some());
        let departing: Vec<_> = member_at.map(|dealer| leaving.departing(dealer, HandOverReason::Left)).collect();
        let departure = leaving.depart(&departing)?;
        let decision = with_departure(decision, &departure, &request);
        let left = decision.is_some().then(|| User { left: Some(call.now), version: user.version + 1, ..user.clone() });
        Ok((decision, (left.unwrap_or_else(|| user.clone()), departure)))
    });
    let (user, departure) = gone.await?;
    answer_departure(platform, call, &request, (user, 200, departure)).await
}

async fn answer_departure(
    platform: &Platform,
    call: &Call,
    request: &HandOverRequest,
    (user, status, departure): (User, u16, Departure),
) -> Result<Answer, Problem> {
    let hand_overs = hand_over::views(platform, call, request, &departure.orders).await?;
    let bookings = bookings::affected_by_all(platform, call, &departure.changes).await?;
    answer_with(platform, call, &user, (status, hand_overs, bookings)).await
}

impl UserView {
    fn of(user: &User, loaded: &Loaded, call: &Call) -> Self {
        let part = |id: &DealerId| {
            let dealer = loaded.dealer(id)?;
            Some((id.to_string(), DealerUserView::of(dealer.settings.member(&user.id)?, Some(user), dealer, loaded, call.now)))
        };
        Self {
            id: user.id.to_string(),
            version: user.version,
            subject: user.subject.clone(),
            name: user.name.clone(),
            email: user.email.to_string(),
            mobile: user.mobile.clone(),
            language: user.language.as_str().to_owned(),
            role: user.role,
            rights: user.rights.iter().map(|right| right.name()).collect(),
            dealers: user.dealers.iter().map(ToString::to_string).collect(),
            notices: user.notices,
            left: user.left,
            at: user.dealers.iter().filter_map(part).collect(),
            hand_overs: Vec::new(),
            bookings: BookingsAffectedView::default(),
        }
    }
}
