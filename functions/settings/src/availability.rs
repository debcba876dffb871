//! When a user is there: own weekly hours, weekly absences, and "busy until" (DIS-13).

use crate::bookings::{self, BookingsAffectedView};
use crate::change::{required_versions, save};
use crate::dealer::{answer, current};
use crate::{body, members};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{DealerId, Refusal, UserId, optional_whole};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::settings::{Dealer, Member, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// When a user is there. Absences by date are separate.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityView {
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the user.
    pub user: String,
    /// Version of the settings; also the ETag.
    pub version: u64,
    /// The user's own weekly hours, by the dealer's wall clock; `null` if the user works while the dealer is open.
    #[schema(value_type = Option<Object>)]
    pub hours: Value,
    /// The weekly absences: `day` and `deputy`.
    #[schema(value_type = Vec<Object>)]
    pub weekly_absences: Value,
    /// Until when the user is busy; `null` if the user is not.
    pub busy_until: Option<DateTime<Utc>>,
    /// Whether the user is present now: not absent, and within their own weekly hours.
    pub present: bool,
    /// Whether a rotation may give the user a lead that arrives now: the user receives leads, is there, and holds fewer than `max_open`.
    pub takes_leads: bool,
    /// The bookings that the change affects.
    #[serde(flatten)]
    pub bookings: BookingsAffectedView,
}

/// The end of a busy time: `until` or `minutes`. Without both, the user is not busy.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BusyBody {
    /// The end, within 24 hours.
    #[serde(default)]
    until: Option<DateTime<Utc>>,
    /// The minutes from now on.
    #[serde(default, deserialize_with = "optional_whole::<_, _, 1, 1_440>")]
    #[schema(minimum = 1, maximum = 1440)]
    minutes: Option<u32>,
}

/// The fields of an [`AvailabilityView`] that cannot be changed.
const READ_ONLY: [&str; 6] = ["dealer", "user", "version", "busy_until", "present", "takes_leads"];

/// A request about the availability of `user`.
pub(crate) async fn operate(platform: &Platform, call: &Call, id: &DealerId, user: &UserId) -> Result<Answer, Problem> {
    let (dealer, bookings) = match call.operation {
        Operation::SetAvailability => {
            let fields = body::writable(call, &[&READ_ONLY[..], &bookings::FIELDS[..]].concat())?;
            let own = |field: &str| field.strip_prefix("members[").and_then(|rest| rest.split_once("].")).map(|(_, name)| name.to_owned());
            let make = |dealer: &Dealer| with_availability(&dealer.settings, user, &fields);
            let saved = match save(platform, call, id, &required_versions(call)?, make).await {
                Err(Failure::Refused(refusal)) => return Err(refusal.relocated(own).into()),
                saved => saved?,
            };
            let bookings = saved.bookings(platform, call).await?;
            (saved.dealer, bookings)
        }
        // Busy users keep their bookings.
        Operation::SetBusy => (set_busy(platform, call, id, user).await?, BookingsAffectedView::default()),
        _ => (current(platform, call, id).await?, BookingsAffectedView::default()),
    };
    let loaded = platform.store.load(&call.scope, &Load::of(members::counting_key(&dealer))).await?;
    answer(&dealer, &AvailabilityView { bookings, ..view(&dealer, user, &loaded, call.now)? })
}

fn view(dealer: &Dealer, user: &UserId, loaded: &Loaded, now: DateTime<Utc>) -> Result<AvailabilityView, Refusal> {
    let settings = &dealer.settings;
    let member = settings.member(user).ok_or(Refusal::NotFound("user of this dealer"))?;
    Ok(AvailabilityView {
        dealer: dealer.id.to_string(),
        user: user.to_string(),
        version: dealer.version,
        hours: json!(member.hours),
        weekly_absences: json!(member.weekly_absences),
        busy_until: dealer.busy_until(user, now),
        present: settings.is_present(user, now),
        takes_leads: gets_leads(member, dealer, loaded, now),
        bookings: BookingsAffectedView::default(),
    })
}

/// Returns whether a rotation may give a lead that arrives now to a member. `loaded` has the dealer's count of open leads
/// ([`members::counting_key`]).
pub(crate) fn gets_leads(member: &Member, dealer: &Dealer, loaded: &Loaded, now: DateTime<Utc>) -> bool {
    let open = dealer.counts_since.map(|_| loaded.open_leads(dealer).map_or(0, |open| open.of(&member.user)));
    let is_full = member.max_open.zip(open).is_some_and(|(most, open)| open >= most);
    member.receives_leads && dealer.takes_leads(&member.user, dealer.settings.decided_at(now)) && !is_full
}

fn with_availability(settings: &Settings, user: &UserId, fields: &Value) -> Result<Settings, Refusal> {
    let place = settings.members.iter().position(|member| member.user == *user).ok_or(Refusal::NotFound("user of this dealer"))?;
    let fields = fields.as_object().ok_or_else(|| Refusal::Malformed("the body must be a JSON object".into()))?;
    body::only(fields, &["hours", "weekly_absences"])?;
    let mut whole = json!(settings);
    for (name, value) in fields {
        members::put(&mut whole["members"][place], name, value);
    }
    let own = format!("members[{place}].");
    body::changed(whole, settings, |field| field.starts_with(&own))
}

/// Marks the user as busy, or as not busy. The settings and their version stay, because this changes many times a day; a version in
/// `If-Match` must be current all the same.
async fn set_busy(platform: &Platform, call: &Call, id: &DealerId, user: &UserId) -> Result<Dealer, Problem> {
    let BusyBody { until, minutes } = body::read(call.json_value()?, "DIS-13")?;
    if minutes.is_some_and(|minutes| !(1..=1_440).contains(&minutes)) {
        return Err(Refusal::field("minutes", "DIS-13", "must be 1 to 1440; for a longer time, enter an absence").into());
    }
    let versions = call.if_match()?;
    let until = match (until, minutes) {
        (Some(_), Some(_)) => return Err(Refusal::field("minutes", "DIS-13", "must not be given together with until").into()),
        (None, Some(minutes)) => Some(call.now + TimeDelta::minutes(minutes.into())),
        (until, None) => until,
    };
    if until.is_some_and(|until| until <= call.now || until - call.now > Dealer::LONGEST_BUSY) {
        return Err(
            Refusal::field("until", "DIS-13", "must be in the future and within 24 hours; for a longer time, enter an absence").into()
        );
    }
    let marked = platform.store.decide(&call.scope, Load::of([Key::Dealer(id.clone())]), |loaded, _| {
        let before = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
        before.settings.member(user).ok_or(Refusal::NotFound("user of this dealer"))?;
        let after = before.with_busy(user, until, call.now);
        if after != *before && versions.as_ref().is_some_and(|versions| !versions.contains(&before.version)) {
            return Err(Refusal::Stale { current: before.version });
        }
        let changes = (after != *before).then(|| Decision::default().with(Item::Dealer(Box::new(after.clone()))));
        Ok((changes, after))
    });
    Ok(marked.await?)
}
