//! The users of a dealer with the switches of the distribution, at a glance and changed there (SET-7, DIS-4).

use crate::change::{save, seen};
use crate::dealer::{answer, now};
use crate::{body, parts};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, Refusal, Right, UserId};
use forecourt_domain::people::User;
use forecourt_domain::settings::{Absence, Dealer, DealerSettings, Member, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// The users of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DealerUsersView {
    /// Which dealer.
    pub dealer: String,
    /// The version of the settings; the ETag.
    pub version: u64,
    /// The users, as they stand in the settings.
    pub users: Vec<DealerUserView>,
}

/// One user's part at a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DealerUserView {
    /// Who.
    pub user: String,
    /// As colleagues know them; absent where the group does not know them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether they are told of things at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<bool>,
    /// Takes turns in the rotation.
    pub receives_leads: bool,
    /// May be given leads by hand, or take them out of the pool.
    pub assignable: bool,
    /// The distribution groups; changed on the user.
    pub groups: Vec<String>,
    /// Who is told at level 2.
    pub supervisor: Option<String>,
    /// Until when they are away; `null`: they are here.
    pub away_until: Option<DateTime<Utc>>,
    /// Who deputises meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy: Option<String>,
    /// Whether the rotation, their own or that of a group, can give them a lead now.
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
        Operation::DealerUsers => view(platform, call, now(platform, call, id).await?, None).await,
        Operation::DealerUser => view(platform, call, now(platform, call, id).await?, Some(&user()?)).await,
        Operation::SwitchUsers => {
            let switches = body::json(&call.body)?;
            let dealer = save(platform, call, id, &seen(call)?, |dealer| switched(&dealer.settings, &switches)).await?;
            view(platform, call, dealer, None).await
        }
        Operation::SetDealerUser => {
            let (user, part) = (user()?, body::json(&call.body)?);
            // Of one member there is no place to be named.
            let own = |field: &str| field.strip_prefix("members[").and_then(|rest| rest.split_once("].")).map(|(_, name)| name.to_owned());
            let dealer = match save(platform, call, id, &seen(call)?, |dealer| with_part(&dealer.settings, &user, &part)).await {
                Err(Failure::Refused(refusal)) => return Err(refusal.relocated(own).into()),
                saved => saved?,
            };
            view(platform, call, dealer, Some(&user)).await
        }
        Operation::RemoveDealerUser => {
            let user = user()?;
            let dealer = save(platform, call, id, &seen(call)?, |dealer| without(&dealer.settings, &user)).await?;
            view(platform, call, dealer, None).await
        }
        Operation::ReadUserAbsences => {
            let user = user()?;
            absences(&now(platform, call, id).await?, &user)
        }
        Operation::SetUserAbsences => {
            let (user, entered) = (user()?, body::json(&call.body)?);
            let dealer = save(platform, call, id, &seen(call)?, |dealer| away(&dealer.settings, &user, &entered)).await?;
            absences(&dealer, &user)
        }
        _ => Err(Problem::wrong_function()),
    }
}

/// What became of each dealer, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchedView {
    /// One for each dealer.
    pub results: Vec<SwitchedDealer>,
}

/// What became of one dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchedDealer {
    /// Which dealer, as the request names it.
    pub dealer: String,
    /// As a request for this dealer alone would have been answered.
    pub status: u16,
    /// The version of its settings then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Why nothing was changed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Most dealers of one request.
const MOST_DEALERS: usize = 50;

/// Changes switches at several dealers, each by the version that the asker saw of it (SET-7).
pub(crate) async fn switch_all(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ChangeSettings)?;
    let body = body::json(&call.body)?;
    let unknown = body.as_object().into_iter().flat_map(|fields| fields.keys()).find(|name| *name != "dealers");
    let entries = body["dealers"].as_array().filter(|all| (1..=MOST_DEALERS).contains(&all.len()));
    let (Some(entries), None) = (entries, unknown) else {
        let detail = format!("must be the one field: a list of 1 to {MOST_DEALERS} dealers, each with dealer, version and users");
        return Err(Refusal::field("dealers", "SET-7", detail).into());
    };
    let mut results = Vec::with_capacity(entries.len());
    for entry in entries {
        let dealer = entry["dealer"].as_str().unwrap_or_default().to_owned();
        let result = match switch_one(platform, call, &dealer, entry).await {
            Ok(version) => SwitchedDealer { dealer, status: 200, version: Some(version), problem: None },
            Err(problem) => SwitchedDealer { dealer, status: problem.status, version: None, problem: Some(problem) },
        };
        results.push(result);
    }
    Ok(Answer::new(207, &SwitchedView { results })?)
}

async fn switch_one(platform: &Platform, call: &Call, dealer: &str, entry: &Value) -> Result<u64, Problem> {
    let id: DealerId = dealer.parse().map_err(|_| Refusal::NotFound("dealer"))?;
    call.scope.reaches(&id)?;
    let version = entry["version"].as_u64();
    let seen = version.ok_or_else(|| Problem::precondition_required("say which version of the dealer's settings you saw (SET-10)"))?;
    let switches = json!({ "users": entry["users"] });
    Ok(save(platform, call, &id, &[seen], |dealer| switched(&dealer.settings, &switches)).await?.version)
}

/// The right that a request about a dealer's users needs; none, where users ask about themselves.
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
    let keys = members.iter().map(|member| Key::User(member.user.clone()));
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    let of = |member: &&Member| DealerUserView::of(member, loaded.user(&member.user), call.now);
    let users: Vec<DealerUserView> = members.iter().map(of).collect();
    if only.is_some() {
        let user = users.into_iter().next().ok_or(Refusal::NotFound("user of this dealer"))?;
        return answer(&dealer, &user);
    }
    answer(&dealer, &DealerUsersView { dealer: dealer.id.to_string(), version: dealer.version, users })
}

/// What the view of all users may change: the switches, not the groups, which are changed on the user (SET-7).
const SWITCHES: [&str; 3] = ["receives_leads", "assignable", "supervisor"];

fn switched(settings: &Settings, body: &Value) -> Result<Settings, Refusal> {
    if let Some(unknown) = body.as_object().into_iter().flat_map(Map::keys).find(|name| *name != "users") {
        return Err(Refusal::field(unknown.clone(), "SET-7", "is not known here"));
    }
    let Some(Value::Array(users)) = body.get("users") else {
        return Err(Refusal::field("users", "SET-7", "must be a list of users with the switches to change"));
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
                    let detail = format!("are changed on the user: PUT /dealers/{{dealer}}/users/{name}");
                    faults.push(Fault::new(format!("users[{i}].groups"), "SET-7", detail));
                }
                other => faults.push(Fault::new(format!("users[{i}].{other}"), "SET-7", "is not known here")),
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
    body::settings(whole).map_err(|refusal| refusal.relocated(entered))
}

fn put(member: &mut Value, field: &str, value: &Value) {
    let Some(fields) = member.as_object_mut() else { return };
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value.clone());
    }
}

fn with_part(settings: &Settings, user: &UserId, body: &Value) -> Result<Settings, Refusal> {
    let known = [&SWITCHES[..], &["groups"]].concat();
    let fields = body.as_object().cloned().unwrap_or_default();
    let unknown = fields.keys().filter(|name| !known.contains(&name.as_str()));
    let faults: Vec<Fault> = unknown.map(|name| Fault::new(name.clone(), "SET-7", "is not known here")).collect();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let mut whole = json!(settings);
    let place = settings.members.iter().position(|member| member.user == *user).unwrap_or(settings.members.len());
    if let Some(members) = whole.get_mut("members").and_then(Value::as_array_mut) {
        if place == members.len() {
            members.push(Value::Object(Map::from_iter([("user".to_owned(), json!(user))])));
        }
        for name in known {
            put(&mut members[place], name, fields.get(name).unwrap_or(&Value::Null));
        }
    }
    body::settings(whole)
}

fn without(settings: &Settings, user: &UserId) -> Result<Settings, Refusal> {
    if settings.member(user).is_none() {
        return Err(Refusal::NotFound("user of this dealer"));
    }
    let mut draft: DealerSettings = (**settings).clone();
    draft.members.retain(|member| member.user != *user);
    draft.check().map_err(Refusal::Invalid)
}

fn away(settings: &Settings, user: &UserId, body: &Value) -> Result<Settings, Refusal> {
    let mut all = parts::view(forecourt_edge::routes::Part::Absences, settings);
    if settings.member(user).is_none() {
        return Err(Refusal::NotFound("user of this dealer"));
    }
    let entered: Vec<Absence> = body::read::<Away>(body.clone(), "SET-7")?.absences;
    let Some(list) = all["absences"].as_array_mut() else { return Err(Refusal::NotFound("user of this dealer")) };
    list.retain(|absence| absence["user"] != json!(user));
    let named = entered.iter().map(|absence| {
        let mut absence = json!(absence);
        absence["user"] = json!(user);
        absence
    });
    // First, so that faults name them by the places they have in the body.
    let all: Vec<Value> = named.chain(list.iter().cloned()).collect();
    parts::replaced(forecourt_edge::routes::Part::Absences, settings, &json!({ "absences": all }))
}

#[derive(serde::Deserialize)]
struct Away {
    absences: Vec<Absence>,
}

fn absences(dealer: &Dealer, user: &UserId) -> Result<Answer, Problem> {
    let member = dealer.settings.member(user).ok_or(Refusal::NotFound("user of this dealer"))?;
    answer(dealer, &json!({"dealer": dealer.id, "version": dealer.version, "user": user, "absences": member.absences}))
}
