//! What another system tells of an appointment that it made: by queue or by ping-back, one reading and one commit (APT-5).

use super::lead::days_of;
use crate::Platform;
use crate::formats::json::{Loose, Text, time};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, Attended, Becomes, Early, Report};
use forecourt_domain::base::text::is_line;
use forecourt_domain::base::{Actor, AppointmentId, Fault, PartnerId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::Seen;
use forecourt_domain::rules::appointment::{Facts, heard};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What has become of an appointment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"type": "appointment.attended", "external_id": "em-4711", "at": "2026-11-25T11:05:00+01:00"}))]
pub struct PingBackBody {
    /// `appointment.attended`, `appointment.missed`, `appointment.moved` or `appointment.cancelled`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: Loose<Text>,
    /// Your own id of the appointment.
    #[schema(value_type = String, max_length = 200)]
    external_id: Loose<Text>,
    /// Since when it is so, RFC 3339: of two that tell the same, the later counts, whenever it comes.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// Where it was moved: when it takes place, RFC 3339.
    #[schema(value_type = Option<String>)]
    to: Loose<Text>,
    /// Where it was missed: why, one of the dealer's reasons of a no-show, or others' words.
    #[schema(value_type = Option<String>, max_length = 200)]
    reason: Loose<Text>,
}

/// A ping-back as it is meant.
#[derive(Debug, Clone)]
pub struct PingBack {
    /// The sender's id of the appointment.
    pub external_id: String,
    /// What it says.
    pub report: Report,
}

/// What a sender is told of a ping-back.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PingBackView {
    /// The appointment, or what it will be called once it is made.
    pub appointment: String,
    /// `applied`; `known`: it is so already, or what is known is later; `kept`: nobody knows the appointment yet, and it will be so when it is made;
    /// `too_early`: nobody can have come before the day of the appointment.
    pub outcome: &'static str,
    /// What that means, where it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
}

/// How far ahead of our clock a sender's may be.
const AHEAD: TimeDelta = TimeDelta::days(1);

impl PingBackBody {
    /// Judges every field at once. `now`: nothing has become of an appointment in the future.
    ///
    /// # Errors
    /// Faults by field.
    pub fn check(self, now: DateTime<Utc>) -> Result<PingBack, Refusal> {
        let mut faults = Vec::new();
        let kind = self.kind.text("type", &mut faults).unwrap_or_default();
        let external_id = external_id(self.external_id, &mut faults);
        if external_id.is_none() && faults.is_empty() {
            faults.push(Fault::new("external_id", "APT-5", "must be your id of the appointment"));
        }
        let as_of = time(self.at, "at", "APT-5", &mut faults);
        match as_of {
            None if !faults.iter().any(|fault| fault.field == "at") => {
                faults.push(Fault::new("at", "APT-5", "must say since when it is so"))
            }
            Some(at) if at > now + AHEAD => faults.push(Fault::new("at", "APT-5", "must not be in the future")),
            _ => {}
        }
        let to = time(self.to, "to", "APT-5", &mut faults);
        let reason = self.reason.text("reason", &mut faults).map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| !is_line(reason, 200)) {
            faults.push(Fault::new("reason", "APT-5", "must be at most 200 characters in one line"));
        }
        let what = match (kind.as_str(), to) {
            ("appointment.attended", _) => Some(Becomes::Attended { is: Attended::Completed, reason: None }),
            ("appointment.missed", _) => Some(Becomes::Attended { is: Attended::NoShow, reason }),
            ("appointment.cancelled", _) => Some(Becomes::Cancelled),
            ("appointment.moved", Some(to)) => Some(Becomes::Moved { to }),
            ("appointment.moved", None) => {
                if !faults.iter().any(|fault| fault.field == "to") {
                    faults.push(Fault::new("to", "APT-5", "must say when it takes place"));
                }
                None
            }
            _ => {
                let names = "appointment.attended, appointment.missed, appointment.moved, appointment.cancelled";
                faults.push(Fault::new("type", "APT-5", format!("must be one of {names}")));
                None
            }
        };
        if to.is_some_and(|to| (to - now).num_days().abs() > 3_653) {
            faults.push(Fault::new("to", "APT-5", "must be within ten years"));
        }
        match (external_id, as_of, what) {
            (Some(external_id), Some(as_of), Some(what)) if faults.is_empty() => {
                Ok(PingBack { external_id, report: Report { as_of, what } })
            }
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// A sender's own id of something: 1 to 200 characters in one line.
pub fn external_id(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<String> {
    let id = text.text("external_id", faults)?.trim().to_owned();
    if !id.is_empty() && !is_line(&id, 200) {
        faults.push(Fault::new("external_id", "INT-5", "must be 1 to 200 characters in one line"));
    }
    Some(id).filter(|id| !id.is_empty())
}

/// The appointment that `partner` calls `external_id`.
///
/// # Errors
/// Never in truth: the name is fit for an id.
pub fn id_of(platform: &Platform, scope: &Scope, partner: &PartnerId, external_id: &str) -> Result<AppointmentId, Failure> {
    let name = platform.store.secret().name(scope, &["appointment", partner.as_str(), external_id]);
    AppointmentId::parse(&short(&name)).map_err(|e| Failure::Broken(e.to_string()))
}

/// The partner whose hand it is.
///
/// # Errors
/// 403: not a partner's, or one that makes no appointments.
pub fn partner(scope: &Scope) -> Result<PartnerId, Refusal> {
    scope.needs(Right::WorkAppointments)?;
    match scope.actor() {
        Actor::Partner(partner) => Ok(partner),
        _ => Err(Refusal::Forbidden(Right::WorkAppointments)),
    }
}

/// What changing the appointment `id` needs: it, its dealer, its lead and event, and the days that `asks` asks for of these.
pub fn load<'a>(
    id: &'a AppointmentId,
    also: impl IntoIterator<Item = Key>,
    asks: impl Fn(&Facts<'_>, &Appointment) + Send + Sync + 'a,
    by: &'a Actor,
    now: DateTime<Utc>,
) -> Load<'a> {
    Load::of([Key::Appointment(id.clone())].into_iter().chain(also)).then(move |loaded| needs(loaded, id, &asks, by, now))
}

/// What changing the appointment `id` needs besides it, as far as it is known by what was read.
pub fn needs(loaded: &Loaded, id: &AppointmentId, asks: impl Fn(&Facts<'_>, &Appointment), by: &Actor, now: DateTime<Utc>) -> Vec<Key> {
    let Some(appointment) = loaded.appointment(id) else { return Vec::new() };
    let lead = appointment.lead.filter(|_| appointment.event.is_some());
    let event = lead.zip(appointment.event.clone()).map(|(lead, event)| Key::Event(lead, event));
    // A lead may have gone to another dealer since; that one's people and hours count for its events.
    let of_lead = lead.and_then(|lead| loaded.lead(lead)).map(|lead| Key::Dealer(lead.dealer.clone()));
    let keys: Vec<Key> =
        [Key::Dealer(appointment.dealer.clone())].into_iter().chain(of_lead).chain(lead.map(Key::Lead)).chain(event).collect();
    let ready = keys.iter().all(|key| loaded.stored(key).is_some());
    let days = ready.then(|| days_of(|days| facts(loaded, appointment, days, by, now).map(|facts| asks(&facts, appointment))));
    keys.into_iter().chain(days.into_iter().flatten()).collect()
}

/// What a change of `appointment` goes by, as it was read.
///
/// # Errors
/// [`Refusal::NotFound`]: something of it is gone.
pub fn facts<'a>(
    loaded: &'a Loaded,
    appointment: &Appointment,
    days: forecourt_domain::slots::Asks<'a>,
    by: &'a Actor,
    now: DateTime<Utc>,
) -> Result<Facts<'a>, Refusal> {
    let missing = || Refusal::NotFound("appointment");
    let (lead, event) = match (appointment.lead, &appointment.event) {
        (Some(lead), Some(event)) => (Some(loaded.lead(lead).ok_or_else(missing)?), Some(loaded.event(lead, event).ok_or_else(missing)?)),
        _ => (None, None),
    };
    let dealer = loaded.dealer(lead.map_or(&appointment.dealer, |lead| &lead.dealer)).ok_or_else(missing)?;
    Ok(Facts { dealer, lead, event, days, by, now })
}

/// Takes in what a partner tells, once for each `name` that it has: the appointment follows, or keeps it for when it is made.
///
/// # Errors
/// Refusals of the sender; the table out of reach.
pub async fn tell(
    platform: &Platform,
    scope: &Scope,
    told: &PingBack,
    name: Option<(String, String)>,
    now: DateTime<Utc>,
) -> Result<PingBackView, Failure> {
    let partner = partner(scope)?;
    let id = id_of(platform, scope, &partner, &told.external_id)?;
    let (by, real) = (scope.actor(), platform.wall.now());
    let seen_key = name.as_ref().map(|(key, _)| Key::Seen(key.clone()));
    let asks = |facts: &Facts<'_>, appointment: &Appointment| {
        let _ = heard(facts, appointment, &told.report);
    };
    // The appointment is read after what was kept for it: who sees none of the first and has the latest of the second has missed nothing, as
    // whoever makes the one writes the other, too.
    let kept = Load::of(seen_key.into_iter().chain([Key::Early(id.clone())]));
    let load =
        kept.then(|loaded| [Key::Appointment(id.clone())].into_iter().chain(needs(loaded, &id, asks, &by, now)).collect()).patiently();
    let view = |outcome| {
        PingBackView {
        appointment: id.to_string(),
        outcome,
        detail: (outcome == OUTCOMES[3])
            .then_some("the appointment is on a later day: this counts only if it turns out to have been moved to the day it was said, or before (APT-4)"),
    }
    };
    let rule = |loaded: &Loaded, _| {
        if let Some((key, body)) = &name
            && let Some(answer) = Seen::repeats(loaded.seen(key), body, real)?
        {
            return Ok((None, view(OUTCOMES.into_iter().find(|outcome| *outcome == answer).unwrap_or(OUTCOMES[1]))));
        }
        let (decision, outcome) = match loaded.appointment(&id) {
            Some(appointment) => {
                scope.reaches(&appointment.dealer).map_err(|_| Refusal::NotFound("appointment"))?;
                let days = |user: &forecourt_domain::base::UserId, date| loaded.day(user, date);
                let facts = facts(loaded, appointment, &days, &by, now)?;
                let changed = heard(&facts, appointment, &told.report)?;
                let after = changed.as_ref().map_or(appointment, |changed| &changed.appointment);
                let outcome = match () {
                    () if !after.is_as(appointment) => OUTCOMES[0],
                    () if after.is_early(&told.report, &facts.dealer.settings.calendar, now) => OUTCOMES[3],
                    () => OUTCOMES[1],
                };
                (changed.map(|changed| changed.decision), outcome)
            }
            None => match Early::with(loaded.early(&id), &id, &partner, &told.report, now) {
                Some(early) => (Some(Decision::default().with(Item::Early(early))), OUTCOMES[2]),
                None => (None, OUTCOMES[2]),
            },
        };
        let seen = name.as_ref().map(|(key, body)| {
            Item::Seen(Seen { key: key.clone(), body: body.clone(), answer: outcome.to_owned(), until: real + Seen::KEPT })
        });
        let decision = if seen.is_some() { Some(decision.unwrap_or_default().with_some(seen)) } else { decision };
        Ok((decision, view(outcome)))
    };
    platform.store.decide(scope, load, rule).await
}

const OUTCOMES: [&str; 4] = ["applied", "known", "kept", "too_early"];
