//! The status of a lead: won, lost, reopened (LEAD-1).

use crate::Platform;
use crate::formats::json::{Loose, Text, note};
use crate::http::{Call, Problem};
use crate::usecase::lead::{self, LeadContext, LeadRequest, found};
use forecourt_domain::base::{Actor, Fault, LeadId, LostReason, Refusal, Status, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, LeadInput};
use forecourt_domain::distribution::LoadLane;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::appointment::{Closing, CompletedEvents, PendingAppointments, end_events_of_closed, with_events_closed};
use forecourt_domain::rules::calendar::{CalendarContext, rearm};
use forecourt_domain::rules::lead::reaction::{self, ClosingOutcome, StatusChange};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::Deserialize;
use utoipa::ToSchema;

/// The new status of a lead.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"status": "lost", "reason": "bought_elsewhere"}))]
pub struct StatusBody {
    /// `in_progress`, `won` or `lost`.
    #[schema(value_type = String, example = "lost")]
    status: Loose<Text>,
    /// Reason of a lost lead, required with `lost`: `bought_elsewhere`, `price`, `vehicle_gone`, `no_interest`, `not_reached`, `spam`,
    /// `duplicate` or `other` (LEAD-1).
    #[schema(value_type = Option<String>, example = "bought_elsewhere")]
    reason: Loose<Text>,
    /// Which incomplete calendar events are completed with the lead: `none` (default), `overdue` or `all`. Appointments are not among them
    /// (CAL-5).
    #[schema(value_type = Option<String>, example = "overdue")]
    complete_events: Loose<Text>,
    /// What becomes of the lead's appointments to come: `cancel`, which notifies the customer, or `keep`. Required with `won` and `lost` if
    /// there are any; otherwise the response is 409 and names them (APT-10).
    #[schema(value_type = Option<String>, example = "cancel")]
    appointments: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

impl StatusBody {
    /// Checks the fields.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names the faults.
    pub fn check(self) -> Result<(ClosingOutcome, Closing, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let reason = self.reason.text("reason", &mut faults);
        let status = self.status.text("status", &mut faults);
        if reason.is_some() && status.as_deref().is_some_and(|status| status != "lost") {
            faults.push(Fault::new("reason", "LEAD-1", "is allowed with lost only"));
        }
        let outcome = match status.as_deref() {
            Some("won") => Some(ClosingOutcome::Won),
            Some("in_progress") => Some(ClosingOutcome::Reopened),
            Some("lost") => {
                let found = LostReason::NAMES.iter().find(|(name, _)| Some(*name) == reason.as_deref());
                if found.is_none() {
                    let names = LostReason::NAMES.map(|(name, _)| name).join(", ");
                    faults.push(Fault::new("reason", "LEAD-1", format!("must be one of {names}")));
                }
                found.map(|(_, reason)| ClosingOutcome::Lost(*reason))
            }
            _ => {
                faults.push(Fault::new("status", "LEAD-1", "must be in_progress, won or lost"));
                None
            }
        };
        let completes = match self.complete_events.text("complete_events", &mut faults).as_deref() {
            None | Some("none") => CompletedEvents::None,
            Some("overdue") => CompletedEvents::Overdue,
            Some("all") => CompletedEvents::All,
            Some(_) => {
                faults.push(Fault::new("complete_events", "CAL-5", "must be none, overdue or all"));
                CompletedEvents::None
            }
        };
        if completes != CompletedEvents::None && outcome == Some(ClosingOutcome::Reopened) {
            faults.push(Fault::new("complete_events", "CAL-5", "is allowed with won and lost only"));
        }
        let appointments = match self.appointments.text("appointments", &mut faults).as_deref() {
            None => None,
            Some("cancel") => Some(PendingAppointments::Cancel),
            Some("keep") => Some(PendingAppointments::Keep),
            Some(_) => {
                faults.push(Fault::new("appointments", "APT-10", "must be cancel or keep"));
                None
            }
        };
        if appointments.is_some() && outcome == Some(ClosingOutcome::Reopened) {
            faults.push(Fault::new("appointments", "APT-10", "is allowed with won and lost only"));
        }
        match outcome {
            Some(outcome) if faults.is_empty() => Ok((outcome, Closing { completes, appointments }, note)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// Marks the lead of the request as won or lost, or reopens it (LEAD-1, ESC-9). Returns the lead after the change.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn set_status(
    platform: &Platform,
    call: &Call,
    (outcome, closing, note): (ClosingOutcome, Closing, Option<String>),
) -> Result<Lead, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let by = call.scope.actor();
    let also =
        |loaded: &Loaded| [lane_keys(loaded, call, outcome, &by), event_keys(loaded, call), day_keys(loaded, call, closing, &by)].concat();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, dealer, loaded } = context;
        let lanes: LoadLane<'_> = &|lane| loaded.place(&dealer.id, lane);
        let agreed = call.scope.agrees_for(lead, &dealer.settings, call.now);
        let change = StatusChange { outcome, agreed, note: note.clone() };
        let closed = reaction::close(context.input(&by, call.now), change, lanes)?;
        let events = planned_events(lead, loaded);
        let days = |user: &UserId, date| loaded.day(user, date);
        let context = CalendarContext { lead, dealer, days: &days, by: &by, now: call.now };
        let with_events = |mut decision: Decision| match outcome {
            // Events that became due while the lead was closed notified nobody. They become due again (ESC-4).
            ClosingOutcome::Reopened => {
                decision.items.extend(rearm(&events, dealer).into_iter().flat_map(|armed| armed.items));
                Ok(decision)
            }
            ClosingOutcome::Won | ClosingOutcome::Lost(_) => {
                with_events_closed(decision, &events, closing, &context, |id| loaded.appointment(id))
            }
        };
        match (closed, outcome) {
            // The lead has this status already. What the request says about its events still counts.
            (None, ClosingOutcome::Won | ClosingOutcome::Lost(_)) => {
                end_events_of_closed(&events, closing, &context, |id| loaded.appointment(id))
            }
            (closed, _) => closed.map(with_events).transpose(),
        }
    };
    lead::change(LeadRequest::of(platform, call, id), &also, rule, |lead, _, _| lead.clone()).await
}

/// Returns the planned events of a lead, as far as they were read.
fn planned_events<'a>(lead: &Lead, loaded: &'a Loaded) -> Vec<&'a CalendarEvent> {
    lead.planned.iter().filter_map(|planned| loaded.event(lead.id, &planned.id)).collect()
}

/// Returns the keys of the planned events: those that end with the lead, the appointments about which the sender decides (APT-10), and
/// those that become due again when it is reopened; and of its appointments, which get the result of the lead (OVR-5).
fn event_keys(loaded: &Loaded, call: &Call) -> Vec<Key> {
    let lead = call.part("id", "lead").ok().and_then(|id| loaded.lead(id));
    let of = |lead: &Lead| {
        let events = lead.planned.iter().map(|planned| Key::Event(lead.id, planned.id.clone()));
        events.chain(lead.appointments.iter().cloned().map(Key::Appointment)).collect::<Vec<_>>()
    };
    lead.map(of).unwrap_or_default()
}

/// Returns the keys of the calendar days whose time those events free (CAL-7).
fn day_keys(loaded: &Loaded, call: &Call, closing: Closing, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let events = planned_events(lead, loaded);
    let closing = if lead.status == Status::InProgress { closing } else { closing.of_closed() };
    lead::days_of(|days| {
        let context = CalendarContext { lead, dealer, days, by, now: call.now };
        with_events_closed(Decision::default(), &events, closing, &context, |id| loaded.appointment(id))
    })
}

/// Returns the keys of the rotation that gets the owner's turn back, or takes it back (DIS-10), and of that which counts open leads
/// (DIS-13).
fn lane_keys(loaded: &Loaded, call: &Call, outcome: ClosingOutcome, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let input = LeadInput { lead, dealer, by, now: call.now };
    lead::lanes_of(dealer, |lanes| reaction::close(input, StatusChange { outcome, agreed: false, note: None }, lanes))
}
