//! The users of a dealer with their distribution switches and absences (SET-7, DIS-4).

use crate::bookings::{self, BookingsAffectedView};
use crate::change::{required_versions, save};
use crate::dealer::{answer, current};
use crate::{body, parts};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, Refusal, Right, UserId};
use forecourt_domain::people::User;
use forecourt_domain::settings::{Dealer, DealerSettings, Member, Settings};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::unknown;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
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
    /// The bookings that the removal of a user affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// The absences of a user at a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAbsencesView {
    /// The absences: `from`, `until` and `deputy`.
    #[schema(value_type = Vec<Object>)]
    pub absences: Value,
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the user.
    pub user: String,
    /// Version of the settings; also the ETag.
    pub version: u64,
    /// The bookings that the change affects.
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
    /// End of the current absence; `null` if the user is present.
    pub away_until: Option<DateTime<Utc>>,
    /// The deputy during the current absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy: Option<String>,
    /// Whether a rotation can assign a lead to the user now.
    pub gets_leads_now: bool,
}

impl DealerUserView {
    pub(crate) fn of(member: &Member, user: Option<&User>, now: DateTime<Utc>) -> Self {
        let absence = member.absence(now);
        Self {
            user: member.user.to_string(),
            name: user.map(|user| user.name.clone()),
            notices: user.map(|user| user.notices),
            receives_leads: member.receives_leads,
            assignable: member.assignable,
            groups: member.groups.iter().map(ToString::to_string).collect(),
            supervisor: member.supervisor.as_ref().map(ToString::to_string),
            away_until: absence.map(|absence| absence.until),
            deputy: absence.and_then(|absence| absence.deputy.as_ref()).map(ToString::to_string),
            gets_leads_now: member.receives_leads && absence.is_none(),
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
            let saved = save(platform, call, id, &required_versions(call)?, |dealer| switched(&dealer.settings, &switches)).await?;
            view(platform, call, saved.dealer, None).await
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
            let saved = save(platform, call, id, &required_versions(call)?, |dealer| without(&dealer.settings, &user)).await?;
            let bookings = saved.bookings(platform, call).await?;
            let members: Vec<&Member> = saved.dealer.settings.members.iter().collect();
            let users = users(platform, call, &members).await?;
            let (dealer, version) = (saved.dealer.id.to_string(), saved.dealer.version);
            answer(&saved.dealer, &DealerUsersView { dealer, version, users, bookings })
        }
        Operation::ReadUserAbsences => {
            let user = user()?;
            absences(&current(platform, call, id).await?, &user, BookingsAffectedView::default())
        }
        Operation::SetUserAbsences => {
            let (user, entered) = (user()?, body::writable(call, &[&["dealer", "version", "user"], &bookings::FIELDS[..]].concat())?);
            let saved =
                save(platform, call, id, &required_versions(call)?, |dealer| with_absences(&dealer.settings, &user, &entered)).await?;
            absences(&saved.dealer, &user, saved.bookings(platform, call).await?)
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
    Ok(save(platform, call, &id, &[version], |dealer| switched(&dealer.settings, &switches)).await?.dealer.version)
}

/// The right that a request about a dealer's users needs. `None` if users read or change their own absences.
pub(crate) fn right(call: &Call) -> Option<Right> {
    let own = call.part::<UserId>("user", "user").ok().is_some_and(|user| call.scope.user_id() == Some(&user));
    match call.operation {
        Operation::ReadUserAbsences | Operation::SetUserAbsences if own => None,
        Operation::DealerUsers | Operation::DealerUser | Operation::ReadUserAbsences => Some(Right::ReadSettings),
        _ => Some(Right::ChangeSettings),
    }
}

async fn view(platform: &Platform, call: &Call, dealer: Dealer, only: Option<&UserId>) -> Result<Answer, Problem> {
    let members: Vec<&Member> = dealer.settings.members.iter().filter(|member| only.is_none_or(|user| member.user == *user)).collect();
    let users = users(platform, call, &members).await?;
    if only.is_some() {
        let user = users.into_iter().next().ok_or(Refusal::NotFound("user of this dealer"))?;
        return answer(&dealer, &user);
    }
    let bookings = BookingsAffectedView::default();
    answer(&dealer, &DealerUsersView { dealer: dealer.id.to_string(), version: dealer.version, users, bookings })
}

async fn users(platform: &Platform, call: &Call, members: &[&Member]) -> Result<Vec<DealerUserView>, Failure> {
    let keys = members.iter().map(|member| Key::User(member.user.clone()));
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    Ok(members.iter().map(|member| DealerUserView::of(member, loaded.user(&member.user), call.now)).collect())
}

/// The fields that the list of users can change. Groups are changed on the single user (SET-7).
const SWITCHES: [&str; 3] = ["receives_leads", "assignable", "supervisor"];
/// The fields of a [`DealerUserView`] that cannot be changed there.
const READ_ONLY: [&str; 6] = ["user", "name", "notices", "away_until", "deputy", "gets_leads_now"];

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
    let entered = |field: &str| {
        let (place, name) = field.strip_prefix("members[")?.split_once("].")?;
        let user = settings.members.get(place.parse::<usize>().ok()?)?.user.as_str();
        let entered = users.iter().position(|entry| entry["user"] == user)?;
        Some(format!("users[{entered}].{name}"))
    };
    body::changed(whole, settings, |field| entered(field).is_some()).map_err(|refusal| refusal.relocated(entered))
}

fn put(member: &mut Value, field: &str, value: &Value) {
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

fn without(settings: &Settings, user: &UserId) -> Result<Settings, Refusal> {
    if settings.member(user).is_none() {
        return Err(Refusal::NotFound("user of this dealer"));
    }
    let mut draft: DealerSettings = (**settings).clone();
    draft.members.retain(|member| member.user != *user);
    draft.check_change(settings, |_| false).map_err(Refusal::Invalid)
}

fn with_absences(settings: &Settings, user: &UserId, body: &Value) -> Result<Settings, Refusal> {
    let mut all = parts::view(forecourt_edge::routes::SettingsPart::Absences, settings);
    if settings.member(user).is_none() {
        return Err(Refusal::NotFound("user of this dealer"));
    }
    body.as_object().map_or(Ok(()), |fields| body::only(fields, &["absences"]))?;
    let none = Vec::new();
    let entered = match body.get("absences") {
        None => return Ok(settings.clone()),
        Some(Value::Null) => &none,
        Some(Value::Array(entered)) if entered.iter().all(Value::is_object) => entered,
        Some(_) => return Err(Refusal::field("absences", "SET-7", "must be a list of absences")),
    };
    let Some(list) = all["absences"].as_array_mut() else { return Err(Refusal::NotFound("user of this dealer")) };
    list.retain(|absence| absence["user"] != json!(user));
    let with_user = entered.iter().map(|absence| {
        let mut absence = absence.clone();
        absence["user"] = json!(user);
        absence
    });
    // The new absences come first, so that faults name their positions in the body.
    let all: Vec<Value> = with_user.chain(list.iter().cloned()).collect();
    parts::replaced(forecourt_edge::routes::SettingsPart::Absences, settings, &json!({ "absences": all }))
}

fn absences(dealer: &Dealer, user: &UserId, bookings: BookingsAffectedView) -> Result<Answer, Problem> {
    let member = dealer.settings.member(user).ok_or(Refusal::NotFound("user of this dealer"))?;
    let absences = json!(member.absences);
    answer(dealer, &UserAbsencesView { dealer: dealer.id.to_string(), version: dealer.version, user: user.to_string(), absences, bookings })
}
