//! The requesting user: rights, dealers and colleagues. A client uses them to show names and to leave out the actions that would be refused
//! (ACC-4). Users change their own language and notices here (ACC-6).

use crate::body;
use forecourt_domain::base::{DealerId, Refusal, Right, Role, UserId};
use forecourt_domain::people::{OwnFacts, User};
use forecourt_domain::rules::people;
use forecourt_domain::settings::{Dealer, FollowUpPlan};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// Number of dealers on a page.
const PAGE: usize = 50;
/// Number of former users of a dealer that are named, the latest first.
const FORMER: usize = 20;

/// The requesting user.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// Id of the user.
    pub id: String,
    /// Number of your current version, for `If-Match` of `PATCH /me`.
    pub version: u64,
    /// Id of the group.
    pub group: String,
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
    /// Whether notices are sent to the user.
    pub notices: bool,
    /// Whether you have access to every dealer of the group. The access log needs this and `manage_users`.
    pub whole_group: bool,
    /// Your rights that apply to the group, not to a dealer: `read_users`, `manage_users`, `export`, `manage_webhooks`.
    pub can: Vec<&'static str>,
    /// The dealers that you have access to, ordered by id: at most 50 on a page.
    pub dealers: Vec<MyDealerView>,
    /// Value of `after` for the next page of dealers; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A follow-up plan of a dealer, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanNameView {
    /// Id of the plan.
    pub id: String,
    /// The name.
    pub name: String,
}

impl PlanNameView {
    fn of(plan: &FollowUpPlan) -> Self {
        Self { id: plan.id.to_string(), name: plan.name.clone() }
    }
}

/// A dealer that the requesting user has access to.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyDealerView {
    /// Id of the dealer.
    pub id: String,
    /// The name, as customers know it.
    pub name: String,
    /// The IANA time zone.
    pub zone: &'static str,
    /// The country, as ISO 3166-1 alpha-2.
    pub country: String,
    /// The language for users and customers without a language of their own.
    pub language: String,
    /// Your rights at the dealer; also `export` if its administrators may export its records (EXP-1).
    pub can: Vec<&'static str>,
    /// Whether you may read the mails that arrived for the dealer, `GET /dealers/{dealer}/mails` (INT-7).
    pub reads_mails: bool,
    /// The dealer's own types of calendar events, in addition to those that every dealer has; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub event_types: Vec<String>,
    /// The dealer's own reasons of a no-show, in addition to those that every dealer has; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_show_reasons: Vec<String>,
    /// The dealer's own reasons of a cancellation, in addition to those that every dealer has; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cancellation_reasons: Vec<String>,
    /// The dealer's follow-up plans (CAL-11); absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follow_up_plans: Vec<PlanNameView>,
    /// The users of the dealer in the order of its settings, and after them its former users, the latest first: at most 20.
    pub people: Vec<ColleagueView>,
}

/// A user of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColleagueView {
    /// Id of the user.
    pub id: String,
    /// Display name.
    pub name: String,
    /// `true` for a former user of the dealer, whose work may still be assigned to them; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

/// Returns the user behind the request.
///
/// # Errors
/// 403 if the token names a partner.
pub(crate) fn requesting_user(call: &Call) -> Result<&User, Problem> {
    call.scope.as_user().ok_or_else(Problem::user_required)
}

/// Returns the requesting user with a page of dealers. The user, the dealers and the people are at most 60 seconds old; only those that are
/// not cached are read.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = requesting_user(call)?;
    let mut queries = Queries::of(call, "ACC-4");
    let only: Option<DealerId> = queries.parse("dealer", "a dealer's id");
    let after: Option<DealerId> = queries.parse("after", "a dealer's id");
    queries.done()?;
    let (ids, more) = match &only {
        Some(dealer) => {
            call.scope.reaches(dealer)?;
            (vec![dealer.clone()], false)
        }
        None => page(platform, call, after.as_ref()).await?,
    };
    let view = view(platform, call, user, (ids.as_slice(), more)).await?;
    if only.is_some() && view.dealers.is_empty() {
        return Err(Refusal::NotFound("dealer").into());
    }
    Ok(Answer::new(200, &view)?.revalidated(call).about(&user.id))
}

/// Changes the requesting user's language and notices (ACC-6). A repeat finds them as requested, and succeeds.
pub(crate) async fn change(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id = &requesting_user(call)?.id;
    let facts: OwnFacts = body::read(call.json_value()?, "ACC-6")?;
    let versions = call.if_match().map_err(|_| Refusal::field("If-Match", "SET-10", "must be the version in the response of GET /me"))?;
    let versions = versions
        .ok_or_else(|| Problem::precondition_required("If-Match header required: send the version in the response of GET /me (SET-10)"))?;
    let changed = platform.store.decide(&call.scope, Load::of([Key::User(id.clone())]), |loaded, _| {
        let (decision, after) = people::change_own(loaded.user(id), &facts, &call.scope, call.now)?;
        let before = after.version - u64::from(decision.is_some());
        if decision.is_some() && !versions.contains(&before) {
            return Err(Refusal::Stale { current: before });
        }
        Ok((decision, after))
    });
    let user = changed.await?;
    let (ids, more) = page(platform, call, None).await?;
    let view = view(platform, call, &user, (ids.as_slice(), more)).await?;
    Ok(Answer::new(200, &view)?.about(&user.id))
}

/// Returns the view of the requesting user with a page of dealers, which `more` dealers follow.
async fn view(platform: &Platform, call: &Call, user: &User, (ids, more): (&[DealerId], bool)) -> Result<MeView, Failure> {
    let dealers = platform.store.cached_dealers(&call.scope, ids).await?;
    let people: BTreeSet<&UserId> = dealers.iter().flat_map(|dealer| people_of(dealer)).map(|(user, _)| user).collect();
    let people: Vec<UserId> = people.into_iter().cloned().collect();
    let people = platform.store.cached_users(&call.scope, &people).await?;
    let names: HashMap<&UserId, &str> = people.iter().map(|user| (&user.id, user.name.as_str())).collect();
    let can = rights(call, true);
    let exports = |dealer: &Dealer| call.scope.needs(Right::Export).is_err() && call.scope.needs_export(dealer).is_ok();
    let can_at = |dealer: &Dealer| can.iter().copied().chain(exports(dealer).then_some(Right::Export.name())).collect::<Vec<_>>();
    let reads_mails = |dealer: &Dealer| call.scope.needs_on_mail(Right::ReadLeads, dealer, call.now).is_ok();
    Ok(MeView {
        id: user.id.to_string(),
        version: user.version,
        group: call.scope.group().to_string(),
        name: user.name.clone(),
        email: user.email.to_string(),
        mobile: user.mobile.clone(),
        language: user.language.as_str().to_owned(),
        role: user.role,
        rights: user.rights.iter().map(|right| right.name()).collect(),
        notices: user.notices,
        whole_group: call.scope.reaches_all(),
        can: rights(call, false),
        dealers: dealers.iter().map(|dealer| MyDealerView::of(dealer, (can_at(dealer), reads_mails(dealer)), &names)).collect(),
        after: ids.last().filter(|_| more).map(ToString::to_string),
    })
}

/// Returns the ids of the dealers on a page, and whether there are more after them.
async fn page(platform: &Platform, call: &Call, after: Option<&DealerId>) -> Result<(Vec<DealerId>, bool), Failure> {
    let mut ids: Vec<DealerId> = if call.scope.reaches_all() {
        platform.store.dealers_after(&call.scope, after, PAGE + 1).await?
    } else {
        call.scope.dealers().filter(|dealer| after.is_none_or(|after| *dealer > after)).take(PAGE + 1).cloned().collect()
    };
    let more = ids.len() > PAGE;
    ids.truncate(PAGE);
    Ok((ids, more))
}

/// Returns the names of the requester's rights that apply at dealers, or of the others.
fn rights(call: &Call, of_dealer: bool) -> Vec<&'static str> {
    call.scope.rights().filter(|right| right.is_of_dealer() == of_dealer).map(Right::name).collect()
}

/// Returns the users of a dealer, and whether each is a former one.
fn people_of(dealer: &Dealer) -> impl Iterator<Item = (&UserId, bool)> {
    let members = dealer.settings.members.iter().map(|member| (&member.user, false));
    members.chain(dealer.former.iter().rev().take(FORMER).map(|user| (user, true)))
}

impl MyDealerView {
    /// Creates the view of a dealer, at which the requester has the rights `can`. People without a name in `names` no longer exist, and are
    /// left out.
    fn of(dealer: &Dealer, (can, reads_mails): (Vec<&'static str>, bool), names: &HashMap<&UserId, &str>) -> Self {
        let settings = &dealer.settings;
        let named = |(id, former): (&UserId, bool)| Some(ColleagueView { id: id.to_string(), name: (*names.get(id)?).to_owned(), former });
        Self {
            id: dealer.id.to_string(),
            name: settings.name.clone(),
            zone: settings.calendar.zone().name(),
            country: settings.country.as_str().to_owned(),
            language: settings.language.as_str().to_owned(),
            can,
            reads_mails,
            event_types: settings.event_types.clone(),
            no_show_reasons: settings.no_show_reasons.clone(),
            cancellation_reasons: settings.cancellation_reasons.clone(),
            follow_up_plans: settings.follow_up_plans.iter().map(PlanNameView::of).collect(),
            people: people_of(dealer).filter_map(named).collect(),
        }
    }
}
