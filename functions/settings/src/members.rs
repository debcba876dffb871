//! The users of a dealer with their distribution switches (SET-7).

use crate::bookings::BookingsAffectedView;
use crate::change::{required_versions, save, save_and_hand_over};
use crate::dealer::{answer, current};
use crate::hand_over::{self, HandOverRequest, HandOverView};
use crate::{absences, availability, body};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, Refusal, Right, UserId};
use forecourt_domain::people::User;
use forecourt_domain::rules::hand_over::{Target, still_named};
use forecourt_domain::settings::{Dealer, DealerSettings, Lane, Member, Settings};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::unknown;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// The users of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DealerUsersView {
    /// Id of the dealer.
    pub dealer: String,
    /// Version of the settings; also the ETag.
    pub version: u64,
    /// The users, in the order of the settings.
    pub users: Vec<DealerUserView>,
    /// Id of the user of the pool; absent if the dealer has no pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// The orders that the removal of a user made or, in a dry run, would make; absent if there are none (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOverView>,
    /// The bookings that the removal of a user affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// A user's switches at a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DealerUserView {
    /// Id of the user.
    pub user: String,
    /// Display name; absent if the user no longer exists in the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether notices are sent to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<bool>,
    /// Whether the user takes part in the rotation.
    pub receives_leads: bool,
    /// Whether leads can be assigned to the user by hand or claimed by the user from the pool.
    pub assignable: bool,
    /// Distribution groups. They are changed with `PUT` of this user.
    pub groups: Vec<String>,
    /// The supervisor, who is notified at level 2.
    pub supervisor: Option<String>,
    /// End of the current absence by date; `null` if there is none.
    pub away_until: Option<DateTime<Utc>>,
    /// Whether the user is present: not absent, and within their own weekly hours.
    pub present: bool,
    /// `present`, `busy`, `absent` or `outside_hours` (outside the user's own weekly hours).
    pub presence: &'static str,
    /// Until when the user is busy; absent if the user is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_until: Option<DateTime<Utc>>,
    /// The first deputy of the current absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy: Option<String>,
    /// Share of the user in a rotation, relative to the other users: 1 to 10.
    pub weight: u8,
    /// Maximum number of leads in progress; `null`: no limit.
    pub max_open: Option<u32>,
    /// Number of leads in progress; absent if no user of the dealer has a maximum. In the first minutes after the first maximum was set,
    /// leads from before are still being counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_leads: Option<u32>,
    /// Whether a rotation can assign a lead to the user now; while the dealer is closed, at the next opening.
    pub gets_leads_now: bool,
    /// Whether the work of another user can be handed over to the user now without `despite` (DIS-12).
    pub can_take_over: bool,
}

impl DealerUserView {
    /// Returns the view of a member of `dealer`. `loaded` has the dealer's count of open leads ([`counting_key`]).
    pub(crate) fn of(member: &Member, user: Option<&User>, dealer: &Dealer, loaded: &Loaded, now: DateTime<Utc>) -> Self {
        let open_leads = dealer.counts_since.map(|_| loaded.open_leads(dealer).map_or(0, |open| open.of(&member.user)));
        let settings = &dealer.settings;
        let target = Target { user, open: loaded.open_leads(dealer) };
        Self {
            user: member.user.to_string(),
            name: user.map(|user| user.name.clone()),
            notices: user.map(|user| user.notices),
            receives_leads: member.receives_leads,
            assignable: member.assignable,
            groups: member.groups.iter().map(ToString::to_string).collect(),
            supervisor: member.supervisor.as_ref().map(ToString::to_string),
            away_until: member.away_until(now),
            present: settings.is_present(&member.user, now),
            presence: dealer.presence(member, now).name(),
            busy_until: dealer.busy_until(&member.user, now),
            deputy: settings.deputies(&member.user, now).first().map(ToString::to_string),
            weight: member.weight,
            max_open: member.max_open,
            open_leads,
            gets_leads_now: availability::gets_leads(member, dealer, loaded, now),
            can_take_over: target.can_take_over(member, dealer, now),
        }
    }
}

/// A request about a dealer's users.
pub(crate) async fn operate(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let user = || call.part::<UserId>("user", "user");
    match call.operation {
        Operation::DealerUsers => view(platform, call, current(platform, call, id).await?, None).await,
        Operation::DealerUser => view(platform, call, current(platform, call, id).await?, Some(&user()?)).await,
        Operation::SwitchUsers => {
            let switches = call.json_value()?;
            let dealer = switch(platform, call, id, (&required_versions(call)?, &switches)).await?;
            view(platform, call, dealer, None).await
        }
        Operation::SetDealerUser => {
            let (user, part) = (user()?, body::writable(call, &READ_ONLY)?);
            // The body holds one member, so that faults name its fields without a position.
            let own = |field: &str| field.strip_prefix("members[").and_then(|rest| rest.split_once("].")).map(|(_, name)| name.to_owned());
            let saved =
                match save(platform, call, id, &required_versions(call)?, |dealer| with_switches(&dealer.settings, &user, &part)).await {
                    Err(Failure::Refused(refusal)) => return Err(refusal.relocated(own).into()),
                    saved => saved?,
                };
            view(platform, call, saved.dealer, Some(&user)).await
        }
        Operation::RemoveDealerUser => {
            let user = user()?;
            let (request, versions) = (HandOverRequest::of(call)?, required_versions(call)?);
            let make = |dealer: &Dealer| without(dealer, &user, call.now);
            let saved = save_and_hand_over(platform, (call, &request), id, &versions, make).await?;
            let hand_overs = hand_over::views(platform, call, &request, &saved.orders).await?;
            let bookings = saved.bookings(platform, call).await?;
            let view = DealerUsersView { hand_overs, bookings, ..users_of(platform, call, &saved.dealer).await? };
            answer(&saved.dealer, &view)
        }
        Operation::ReadUserAbsences | Operation::SetUserAbsences => absences::operate(platform, call, id, &user()?).await,
        Operation::ReadAvailability | Operation::SetAvailability | Operation::SetBusy => {
            availability::operate(platform, call, id, &user()?).await
        }
        _ => Err(Problem::wrong_function()),
    }
}

/// The result for each dealer, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchedView {
    /// One result for each dealer.
    pub results: Vec<SwitchedDealer>,
}

/// The result for one dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchedDealer {
    /// The dealer id as sent in the request.
    pub dealer: String,
    /// The status that a request for this dealer alone would get.
    pub status: u16,
    /// Version of the settings after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The problem, if nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Maximum number of dealers in one request.
const MAX_DEALERS: usize = 50;

/// A request for several dealers.
#[derive(Debug, Deserialize)]
struct SwitchAllUsers {
    dealers: Vec<DealerSwitches>,
}

/// The part of a request for one dealer. `users` is checked with the dealer's settings.
#[derive(Debug, Deserialize)]
struct DealerSwitches {
    dealer: String,
    version: Option<u64>,
    #[serde(default)]
    users: Value,
}

/// Changes switches at several dealers; the body has the version of each that the client read (SET-7).
pub(crate) async fn switch_all(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ChangeSettings)?;
    let SwitchAllUsers { dealers: entries } = body::read(call.json_value()?, "SET-7")?;
    if !(1..=MAX_DEALERS).contains(&entries.len()) {
        let detail = format!("must be a list of 1 to {MAX_DEALERS} dealers, each with dealer, version and users");
        return Err(Refusal::field("dealers", "SET-7", detail).into());
    }
    let mut results = Vec::with_capacity(entries.len());
    for entry in entries {
        let result = switch_one(platform, call, &entry).await;
        let dealer = entry.dealer;
        results.push(match result {
            Ok(version) => SwitchedDealer { dealer, status: 200, version: Some(version), problem: None },
            Err(problem) => SwitchedDealer { dealer, status: problem.status, version: None, problem: Some(problem) },
        });
    }
    Ok(Answer::new(207, &SwitchedView { results })?)
}

async fn switch_one(platform: &Platform, call: &Call, entry: &DealerSwitches) -> Result<u64, Problem> {
    let id: DealerId = entry.dealer.parse().map_err(|_| Refusal::NotFound("dealer"))?;
    call.scope.reaches(&id)?;
    let version = entry.version.ok_or_else(|| {
        Problem::precondition_required("version required: send the version of the dealer's settings that you read (SET-10)")
    })?;
    let switches = json!({ "users": entry.users });
    Ok(switch(platform, call, &id, (&[version], &switches)).await?.version)
}

/// Changes switches of several users of a dealer.
async fn switch(platform: &Platform, call: &Call, id: &DealerId, (versions, switches): (&[u64], &Value)) -> Result<Dealer, Problem> {
    match save(platform, call, id, versions, |dealer| switched(&dealer.settings, switches)).await {
        // A fault of a user who may not work leads names the member. The request has the user at another place.
        Err(Failure::Refused(refusal)) => {
            let settings = current(platform, call, id).await?.settings;
            let users = switches["users"].as_array().map(Vec::as_slice).unwrap_or_default();
            Err(refusal.relocated(|field| entered_field(&settings, users, field)).into())
        }
        saved => Ok(saved?.dealer),
    }
}

/// Translates `members[3].supervisor` into the field that was sent: `users[0].supervisor`.
fn entered_field(settings: &Settings, users: &[Value], field: &str) -> Option<String> {
    let (place, name) = field.strip_prefix("members[")?.split_once("].")?;
    let user = settings.members.get(place.parse::<usize>().ok()?)?.user.as_str();
    let entered = users.iter().position(|entry| entry["user"] == user)?;
    Some(format!("users[{entered}].{name}"))
}

/// The right that a request about a dealer's users needs. `None` if users read or change their own absences.
pub(crate) fn right(call: &Call) -> Option<Right> {
    let own = call.part::<UserId>("user", "user").ok().is_some_and(|user| call.scope.user_id() == Some(&user));
    match call.operation {
        Operation::ReadUserAbsences
        | Operation::SetUserAbsences
        | Operation::ReadAvailability
        | Operation::SetAvailability
        | Operation::SetBusy
        | Operation::UserWork
            if own =>
        {
            None
        }
        Operation::DealerUsers
        | Operation::DealerUser
        | Operation::ReadUserAbsences
        | Operation::ReadAvailability
        | Operation::UserWork => Some(Right::ReadSettings),
        _ => Some(Right::ChangeSettings),
    }
}

/// Returns the key of the rotation that counts open leads. `None` if the dealer counts none.
pub(crate) fn counting_key(dealer: &Dealer) -> Option<Key> {
    dealer.counts_since.map(|_| Key::lane(dealer.id.clone(), Lane::Rotation(None)))
}

async fn view(platform: &Platform, call: &Call, dealer: Dealer, only: Option<&UserId>) -> Result<Answer, Problem> {
    let Some(only) = only else { return answer(&dealer, &users_of(platform, call, &dealer).await?) };
    let member = dealer.settings.member(only).ok_or(Refusal::NotFound("user of this dealer"))?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::User(only.clone())].into_iter().chain(counting_key(&dealer)))).await?;
    answer(&dealer, &DealerUserView::of(member, loaded.user(only), &dealer, &loaded, call.now))
}

async fn users_of(platform: &Platform, call: &Call, dealer: &Dealer) -> Result<DealerUsersView, Failure> {
    let members = &dealer.settings.members;
    let keys = members.iter().map(|member| Key::User(member.user.clone())).chain(counting_key(dealer));
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    let users = members.iter().map(|member| DealerUserView::of(member, loaded.user(&member.user), dealer, &loaded, call.now)).collect();
    Ok(DealerUsersView {
        dealer: dealer.id.to_string(),
        version: dealer.version,
        users,
        pool: dealer.settings.pool.as_ref().map(|pool| pool.user.to_string()),
        hand_overs: Vec::new(),
        bookings: BookingsAffectedView::default(),
    })
}

/// The fields that the list of users can change. Groups are changed on the single user (SET-7).
const SWITCHES: [&str; 5] = ["receives_leads", "assignable", "supervisor", "weight", "max_open"];
/// The fields of a [`DealerUserView`] that cannot be changed there.
const READ_ONLY: [&str; 11] = [
    "user",
    "name",
    "notices",
    "away_until",
    "present",
    "presence",
    "busy_until",
    "deputy",
    "open_leads",
    "gets_leads_now",
    "can_take_over",
];

fn switched(settings: &Settings, body: &Value) -> Result<Settings, Refusal> {
    body.as_object().map_or(Ok(()), |fields| body::only(fields, &["users"]))?;
    let Some(Value::Array(users)) = body.get("users") else {
        return Err(Refusal::field("users", "SET-7", "must be a list of users, each with the switches to change"));
    };
    let mut whole = json!(settings);
    let mut faults = Vec::new();
    for (i, entry) in users.iter().enumerate() {
        let name = entry.get("user").and_then(Value::as_str).unwrap_or_default();
        let place = settings.members.iter().position(|member| member.user.as_str() == name);
        let (Some(place), Some(entry)) = (place, entry.as_object()) else {
            faults.push(Fault::new(format!("users[{i}].user"), "SET-7", "must be a user of this dealer"));
            continue;
        };
        for (switch, value) in entry.iter().filter(|(switch, _)| *switch != "user") {
            match switch.as_str() {
                known if SWITCHES.contains(&known) => put(&mut whole["members"][place], known, value),
                "groups" => {
                    let detail = format!("can only be changed with PUT /dealers/{{dealer}}/users/{name}");
                    faults.push(Fault::new(format!("users[{i}].groups"), "SET-7", detail));
                }
                other => faults.push(unknown(format!("users[{i}].{other}"), &[&SWITCHES[..], &["user"]].concat())),
            }
        }
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let entered = |field: &str| entered_field(settings, users, field);
    body::changed(whole, settings, |field| entered(field).is_some()).map_err(|refusal| refusal.relocated(entered))
}

pub(crate) fn put(member: &mut Value, field: &str, value: &Value) {
    let Some(fields) = member.as_object_mut() else { return };
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value.clone());
    }
}

fn with_switches(settings: &Settings, user: &UserId, body: &Value) -> Result<Settings, Refusal> {
    let known = [&SWITCHES[..], &["groups"]].concat();
    let fields = body.as_object().cloned().unwrap_or_default();
    body::only(&fields, &known)?;
    let mut whole = json!(settings);
    let place = settings.members.iter().position(|member| member.user == *user).unwrap_or(settings.members.len());
    if let Some(members) = whole.get_mut("members").and_then(Value::as_array_mut) {
        if place == members.len() {
            members.push(Value::Object(Map::from_iter([("user".to_owned(), json!(user))])));
        }
        for (name, value) in &fields {
            put(&mut members[place], name, value);
        }
        // If another release stored the user twice, the first entry was in force.
        let user = json!(user);
        let mut nth = 0;
        members.retain(|member| {
            nth += usize::from(member["user"] == user);
            member["user"] != user || nth == 1
        });
    }
    let own = format!("members[{place}].");
    body::changed(whole, settings, |field| field.starts_with(&own))
}

fn without(dealer: &Dealer, user: &UserId, now: DateTime<Utc>) -> Result<Settings, Refusal> {
    let settings = &dealer.settings;
    if settings.member(user).is_none() {
        return Err(Refusal::NotFound("user of this dealer"));
    }
    // The request has no list to whose places the fields of faults could refer.
    let references = settings.references(user, now);
    if !references.is_empty() {
        return Err(Refusal::field("user", "SET-7", still_named(user, dealer, &references)));
    }
    let mut draft: DealerSettings = (**settings).clone();
    draft.forget_in_ended_absences(user, now);
    draft.members.retain(|member| member.user != *user);
    draft.check_change(settings, |_| false).map_err(Refusal::Invalid)
}
