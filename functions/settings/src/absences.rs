//! The absences of a user at a dealer, and the hand-overs that are offered for long ones (DIS-4, DIS-12).

use crate::bookings::{self, BookingsAffectedView};
use crate::change::{Saved, required_versions, save};
use crate::dealer::{answer, current};
use crate::hand_over::{self, HandOverRequest, HandOverView, WorkCounts};
use crate::{body, parts};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Refusal, UserId};
use forecourt_domain::settings::{Absence, Dealer, Member, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::{Operation, SettingsPart};
use forecourt_store::Failure;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

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
    /// The long absences to come for which a hand-over can be asked for; absent if there are none (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_over_offered: Vec<HandOverOffer>,
    /// The orders that the change made, moved or cancelled, with what the user holds and when it goes over; absent if there are none
    /// (DIS-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOverView>,
    /// The absences of the request that were not stored, because they ended more than a day ago; absent if there are none (DIS-4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past_absences: Vec<PastAbsenceView>,
    /// The bookings that the change affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// A long absence without a hand-over.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOverOffer {
    /// Id of the user; only in the answer of a change of settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Position of the absence among those of the user, from 0.
    pub absence: usize,
    /// The number of days of the absence on which the dealer is open.
    pub working_days: u32,
    /// What the user holds now.
    pub holds: WorkCounts,
}

/// An absence that was not stored, because it had ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastAbsenceView {
    /// Id of the user.
    pub user: String,
    /// First instant of the absence.
    pub from: DateTime<Utc>,
    /// First instant after the absence.
    pub until: DateTime<Utc>,
}

impl PastAbsenceView {
    /// Returns the views of absences that were not stored.
    pub(crate) fn all(past: &[(UserId, Absence)]) -> Vec<Self> {
        past.iter().map(|(user, absence)| Self { user: user.to_string(), from: absence.from, until: absence.until }).collect()
    }
}

/// The fields of an answer that follow from absences: a client may send the answer back.
pub(crate) const FIELDS: [&str; 3] = ["hand_over_offered", "hand_overs", "past_absences"];

/// A request about the absences of `user`.
pub(crate) async fn operate(platform: &Platform, call: &Call, id: &DealerId, user: &UserId) -> Result<Answer, Problem> {
    if call.operation == Operation::ReadUserAbsences {
        let dealer = current(platform, call, id).await?;
        return answer(&dealer, &view(platform, call, &dealer, user).await?);
    }
    let entered = body::writable(call, &[&["dealer", "version", "user"], &FIELDS[..], &bookings::FIELDS[..]].concat())?;
    let own = |field: &str| field.strip_prefix("members[")?.split_once("].").map(|(_, name)| name.to_owned());
    let saved = save(platform, call, id, &required_versions(call)?, |dealer| with_absences(&dealer.settings, user, &entered)).await;
    let saved = match saved {
        Err(Failure::Refused(refusal)) => return Err(refusal.relocated(own).into()),
        saved => saved?,
    };
    let hand_overs = hand_over::views(platform, call, &HandOverRequest::default(), &saved.orders).await?;
    let (past_absences, bookings) = (PastAbsenceView::all(&saved.past), saved.bookings(platform, call).await?);
    let shown = view(platform, call, &saved.dealer, user).await?;
    answer(&saved.dealer, &UserAbsencesView { hand_overs, past_absences, bookings, ..shown })
}

fn with_absences(settings: &Settings, user: &UserId, body: &Value) -> Result<Settings, Refusal> {
    let mut all = parts::view(SettingsPart::Absences, settings);
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
    parts::replaced(SettingsPart::Absences, settings, &json!({ "absences": all }))
}

async fn view(platform: &Platform, call: &Call, dealer: &Dealer, user: &UserId) -> Result<UserAbsencesView, Problem> {
    let member = dealer.settings.member(user).ok_or(Refusal::NotFound("user of this dealer"))?;
    Ok(UserAbsencesView {
        absences: json!(member.absences),
        dealer: dealer.id.to_string(),
        user: user.to_string(),
        version: dealer.version,
        hand_over_offered: offered(platform, call, dealer, member).await?,
        hand_overs: Vec::new(),
        past_absences: Vec::new(),
        bookings: BookingsAffectedView::default(),
    })
}

/// Returns the long absences without a hand-over of the users whose absences changed (DIS-12).
pub(crate) async fn newly_offered(platform: &Platform, call: &Call, saved: &Saved) -> Result<Vec<HandOverOffer>, Failure> {
    let Some((before, after)) = saved.change() else { return Ok(Vec::new()) };
    let is_same = |member: &Member| before.settings.member(&member.user).is_some_and(|known| known.absences == member.absences);
    let mut all = Vec::new();
    for member in after.settings.members.iter().filter(|member| !is_same(member)) {
        let offers = offered(platform, call, after, member).await?;
        all.extend(offers.into_iter().map(|offer| HandOverOffer { user: Some(member.user.to_string()), ..offer }));
    }
    Ok(all)
}

/// Returns the long absences to come without a hand-over, with the work that the user holds (DIS-12).
async fn offered(platform: &Platform, call: &Call, dealer: &Dealer, member: &Member) -> Result<Vec<HandOverOffer>, Failure> {
    let settings = &dealer.settings;
    let days = |absence: &Absence| settings.calendar.working_days(absence.from.max(call.now), absence.until);
    let to_come = member.absences.iter().enumerate().filter(|(_, absence)| absence.until > call.now && absence.hand_over.is_none());
    let long: Vec<(usize, u32)> =
        to_come.map(|(i, absence)| (i, days(absence))).filter(|(_, days)| *days > settings.long_absence_days).collect();
    if long.is_empty() {
        return Ok(Vec::new());
    }
    let holds = hand_over::counts(platform, call, &dealer.id, &member.user).await?;
    Ok(long.into_iter().map(|(absence, working_days)| HandOverOffer { user: None, absence, working_days, holds: holds.clone() }).collect())
}
