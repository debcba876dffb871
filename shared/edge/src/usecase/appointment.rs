//! Reports of partners about appointments that they created, by queue or ping-back (APT-5).

use super::cancellation::side;
use super::lead::days_of;
use super::pool;
use crate::Platform;
use crate::formats::json::{Loose, Text, note, time};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, AppointmentChange, Attended, PendingReports, Report};
use forecourt_domain::base::text::is_line;
use forecourt_domain::base::{Actor, AppointmentId, Cancellation, DealerId, Fault, PartnerId, Refusal, Right};
use forecourt_domain::bookings::{BookingWatch, Despite};
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::people::ReceivedRequest;
use forecourt_domain::rules::appointment::{AppointmentContext, ChangedAppointment, apply_report};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A report about an appointment.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"type": "appointment.attended", "external_id": "em-4711", "at": "2026-11-25T11:05:00+01:00"}))]
pub struct PingBackBody {
    /// `appointment.attended`, `appointment.missed`, `appointment.moved` or `appointment.cancelled`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: Loose<Text>,
    /// Your id of the appointment.
    #[schema(value_type = String, max_length = 200)]
    external_id: Loose<Text>,
    /// The time of the reported change, RFC 3339. Of two reports of the same kind the later time counts, in any order of arrival.
    #[schema(value_type = String)]
    at: Loose<Text>,
    /// The new time of a moved appointment, RFC 3339.
    #[schema(value_type = Option<String>)]
    to: Loose<Text>,
    /// The reason of a missed or cancelled appointment: one of the dealer's reasons, or free text.
    #[schema(value_type = Option<String>, max_length = 200)]
    reason: Loose<Text>,
    /// The side from which a cancellation came: `customer` or `dealer` (APT-11).
    #[schema(value_type = Option<String>)]
    side: Loose<Text>,
    /// A note about a cancellation, up to 2,000 characters (APT-11).
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// A validated report.
#[derive(Debug, Clone)]
pub struct PingBack {
    /// The sender's id of the appointment.
    pub external_id: String,
    /// The reported change.
    pub report: Report,
}

/// The result of a report.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PingBackView {
    /// The id of the appointment, or the id that it will have.
    pub appointment: String,
    /// `applied`; `known`: the state is the same already, or a later report exists; `kept`: the appointment does not exist yet, and the
    /// report applies when it is created; `too_early`: no customer can attend before the day of the appointment.
    pub outcome: &'static str,
    /// The reason why the report does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
}

/// How far a sender's clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::days(1);

impl PingBackBody {
    /// Validates all fields at once.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with a fault per field.
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
                faults.push(Fault::new("at", "APT-5", "must be the time of the reported change"))
            }
            Some(at) if at > now + AHEAD => faults.push(Fault::new("at", "APT-5", "must not be in the future")),
            _ => {}
        }
        let to = time(self.to, "to", "APT-5", &mut faults);
        let reason = self.reason.text("reason", &mut faults).map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| !is_line(reason, 200)) {
            faults.push(Fault::new("reason", "APT-5", "must be at most 200 characters in one line"));
        }
        let side = side(self.side, &mut faults);
        if side.is_some() && kind != "appointment.cancelled" {
            faults.push(Fault::new("side", "APT-11", "is allowed with appointment.cancelled only"));
        }
        let note = note(self.note, "note", &mut faults);
        if note.is_some() && kind != "appointment.cancelled" {
            faults.push(Fault::new("note", "APT-11", "is allowed with appointment.cancelled only"));
        }
        let what = match (kind.as_str(), to) {
            ("appointment.attended", _) => Some(AppointmentChange::Attended { is: Attended::Completed, reason: None }),
            ("appointment.missed", _) => Some(AppointmentChange::Attended { is: Attended::NoShow, reason }),
            ("appointment.cancelled", _) => Some(AppointmentChange::Cancelled { why: Cancellation { reason, side, note } }),
            ("appointment.moved", Some(to)) => Some(AppointmentChange::Moved { to }),
            ("appointment.moved", None) => {
                if !faults.iter().any(|fault| fault.field == "to") {
                    faults.push(Fault::new("to", "APT-5", "must be the new time of the appointment"));
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

/// Returns a sender's own id: 1 to 200 characters in one line.
pub fn external_id(text: Loose<Text>, faults: &mut Vec<Fault>) -> Option<String> {
    let id = text.text("external_id", faults)?.trim().to_owned();
    if !id.is_empty() && !is_line(&id, 200) {
        faults.push(Fault::new("external_id", "INT-5", "must be 1 to 200 characters in one line"));
    }
    Some(id).filter(|id| !id.is_empty())
}

/// Returns the id of the appointment that `partner` knows as `external_id`.
///
/// # Errors
/// Never: the derived name is a valid id.
pub fn id_of(platform: &Platform, scope: &Scope, partner: &PartnerId, external_id: &str) -> Result<AppointmentId, Failure> {
    let name = platform.store.secret().name(scope, &["appointment", partner.as_str(), external_id]);
    AppointmentId::parse(&short(&name)).map_err(|e| Failure::Broken(e.into()))
}

/// Returns the partner that sends the request.
///
/// # Errors
/// [`Refusal::Forbidden`] if the sender is no partner, or a partner without the right to work appointments.
pub fn partner(scope: &Scope) -> Result<PartnerId, Refusal> {
    scope.needs(Right::WorkAppointments)?;
    match scope.actor() {
        Actor::Partner(partner) => Ok(partner),
        _ => Err(Refusal::Forbidden(Right::WorkAppointments)),
    }
}

/// Returns the load for a change of the appointment `id`: it, its dealer, its lead and event, and the days that `read_days` reads.
pub fn load<'a>(
    id: &'a AppointmentId,
    also: impl IntoIterator<Item = Key>,
    read_days: impl Fn(&AppointmentContext<'_>, &Appointment) + Send + Sync + 'a,
    by: &'a Actor,
    now: DateTime<Utc>,
) -> Load<'a> {
    Load::of([Key::Appointment(id.clone())].into_iter().chain(also)).then(move |loaded| needs(loaded, id, &read_days, by, now))
}

/// Returns the keys that a change of the appointment `id` needs in addition to it, as far as they follow from `loaded`.
pub fn needs(
    loaded: &Loaded,
    id: &AppointmentId,
    read_days: impl Fn(&AppointmentContext<'_>, &Appointment),
    by: &Actor,
    now: DateTime<Utc>,
) -> Vec<Key> {
    let Some(appointment) = loaded.appointment(id) else { return Vec::new() };
    let lead = appointment.lead.filter(|_| appointment.event.is_some());
    let event = lead.zip(appointment.event.clone()).map(|(lead, event)| Key::Event(lead, event));
    // The lead may have moved to another dealer, whose users and hours count for its events.
    let of_lead = lead.and_then(|lead| loaded.lead(lead)).map(|lead| &lead.dealer).filter(|dealer| **dealer != appointment.dealer);
    let dealers: Vec<&DealerId> = [&appointment.dealer].into_iter().chain(of_lead).collect();
    let watches = dealers.iter().map(|dealer| Key::BookingWatch((*dealer).clone()));
    let keys: Vec<Key> = dealers.iter().map(|dealer| Key::Dealer((*dealer).clone())).chain(lead.map(Key::Lead)).chain(event).collect();
    let ready = keys.iter().all(|key| loaded.holds(key));
    let days =
        ready.then(|| days_of(|days| context_of(loaded, appointment, days, by, now).map(|context| read_days(&context, appointment))));
    keys.into_iter().chain(watches).chain(days.into_iter().flatten()).collect()
}

/// Returns the context of a change of `appointment`.
///
/// # Errors
/// [`Refusal::NotFound`] if its dealer, lead or event does not exist.
pub fn context_of<'a>(
    loaded: &'a Loaded,
    appointment: &Appointment,
    days: forecourt_domain::slots::LoadDay<'a>,
    by: &'a Actor,
    now: DateTime<Utc>,
) -> Result<AppointmentContext<'a>, Refusal> {
    let missing = || Refusal::NotFound("appointment");
    let (lead, event) = match (appointment.lead, &appointment.event) {
        (Some(lead), Some(event)) => (Some(loaded.lead(lead).ok_or_else(missing)?), Some(loaded.event(lead, event).ok_or_else(missing)?)),
        _ => (None, None),
    };
    let dealer = loaded.dealer(lead.map_or(&appointment.dealer, |lead| &lead.dealer)).ok_or_else(missing)?;
    Ok(AppointmentContext { dealer, lead, event, days, by, despite: Despite::UNSTATED, now })
}

/// Extends a change of the appointment `before`. If its person is absent or has left at its new time, or is another one, the notices about
/// it start (APT-9).
pub fn watched(changed: ChangedAppointment, before: &Appointment, context: &AppointmentContext<'_>, loaded: &Loaded) -> ChangedAppointment {
    let AppointmentContext { dealer, now, .. } = *context;
    let ChangedAppointment { decision, appointment } = changed;
    let booked = |one: &Appointment| (one.at, one.user.clone(), one.state.is_cancelled());
    let undecided = booked(&appointment) != booked(before) && appointment.affected(&dealer.settings, now).is_some();
    let watch = || Item::BookingWatch(BookingWatch::started(loaded.booking_watch(&dealer.id), &dealer.id, now));
    ChangedAppointment { decision: decision.with_some(undecided.then(watch)), appointment }
}

/// Extends a change of an appointment whose lead is in the pool: a reaction claims the lead ([`pool::claimed`]).
///
/// # Errors
/// 409 names the oldest lead of the pool, if only that may be taken.
pub fn in_pool(
    changed: ChangedAppointment,
    context: &AppointmentContext<'_>,
    loaded: &Loaded,
    scope: &Scope,
) -> Result<ChangedAppointment, Refusal> {
    let AppointmentContext { lead, dealer, by, now, .. } = *context;
    let ChangedAppointment { decision, appointment } = changed;
    let Some(lead) = lead else { return Ok(ChangedAppointment { decision, appointment }) };
    let decision = pool::claimed(decision, LeadInput { lead, dealer, by, now }, loaded, scope)?;
    let stored = decision.items.iter().find_map(|item| if let Item::Appointment(stored) = item { Some((**stored).clone()) } else { None });
    let appointment = stored.unwrap_or(appointment);
    Ok(ChangedAppointment { decision, appointment })
}

/// Applies a partner's report once per message id `name`, or stores it until the appointment is created.
///
/// # Errors
/// Refusals of the report; failures of the table.
pub async fn apply_ping_back(
    platform: &Platform,
    scope: &Scope,
    ping_back: &PingBack,
    name: Option<(String, String)>,
    now: DateTime<Utc>,
) -> Result<PingBackView, Failure> {
    let partner = partner(scope)?;
    let id = id_of(platform, scope, &partner, &ping_back.external_id)?;
    let (by, real) = (scope.actor(), platform.wall.now());
    let received_key = name.as_ref().map(|(key, _)| Key::ReceivedRequest(key.clone()));
    let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
        let _ = apply_report(context, appointment, &ping_back.report);
    };
    // The appointment is read after the pending reports. If there is no appointment, the pending reports are complete, because creating the
    // appointment also writes them.
    let first = Load::of(received_key.into_iter().chain([Key::PendingReports(id.clone())]));
    let load = first
        .then(|loaded| [Key::Appointment(id.clone())].into_iter().chain(needs(loaded, &id, read_days, &by, now)).collect())
        .with_long_retry();
    let view = |outcome: Outcome| PingBackView { appointment: id.to_string(), outcome: outcome.into(), detail: outcome.detail() };
    let rule = |loaded: &Loaded, _| {
        if let Some((key, body)) = &name
            && let Some(answer) = ReceivedRequest::repeats(loaded.received_request(key), body, real)?
        {
            return Ok((None, view(answer.parse().unwrap_or(Outcome::Known))));
        }
        let (decision, outcome) = match loaded.appointment(&id) {
            Some(appointment) => {
                scope.reaches_appointment(appointment)?;
                let days = |user: &forecourt_domain::base::UserId, date| loaded.day(user, date);
                let context = context_of(loaded, appointment, &days, &by, now)?;
                let changed = apply_report(&context, appointment, &ping_back.report)?;
                let changed = changed.map(|changed| watched(changed, appointment, &context, loaded));
                let after = changed.as_ref().map_or(appointment, |changed| &changed.appointment);
                let outcome = match () {
                    () if !after.is_as(appointment) => Outcome::Applied,
                    () if after.is_early(&ping_back.report, &context.dealer.settings.calendar, now) => Outcome::TooEarly,
                    () => Outcome::Known,
                };
                (changed.map(|changed| changed.decision), outcome)
            }
            None => match PendingReports::with(loaded.pending_reports(&id), &id, &partner, &ping_back.report, now) {
                Some(pending) => (Some(Decision::default().with(Item::PendingReports(pending))), Outcome::Pending),
                None => (None, Outcome::Pending),
            },
        };
        let received = name.as_ref().map(|(key, body)| {
            Item::ReceivedRequest(ReceivedRequest {
                key: key.clone(),
                body: body.clone(),
                answer: outcome.to_string(),
                until: real + ReceivedRequest::KEPT,
            })
        });
        let decision = if received.is_some() { Some(decision.unwrap_or_default().with_some(received)) } else { decision };
        Ok((decision, view(outcome)))
    };
    platform.store.decide(scope, load, rule).await
}

/// The result of a report. Its name is stored with the message, to answer a repeat.
#[derive(Debug, Clone, Copy, PartialEq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
enum Outcome {
    Applied,
    Known,
    #[strum(serialize = "kept")]
    Pending,
    TooEarly,
}

impl Outcome {
    fn detail(self) -> Option<&'static str> {
        let text = "the appointment is on a later day: the report counts only if the appointment is moved to the reported day or an earlier one (APT-4)";
        (self == Self::TooEarly).then_some(text)
    }
}
