//! The events of a change of a lead or an appointment (APT-6).

use crate::appointment::{Appointment, AppointmentState, Attended};
use crate::base::{Actor, Subject};
use crate::lead::Lead;
use crate::webhooks::{Delivery, Outgoing, WebhookData, WebhookEvent, Webhooks};
use chrono::{DateTime, Utc};

impl Webhooks {
    /// Returns the events of the change of a lead from `before` to `after`. `version` is that of the lead's item.
    pub fn of_lead(&self, before: Option<&Lead>, after: &Lead, version: u64) -> Vec<Outgoing> {
        let candidates = [
            (before.is_none(), WebhookEvent::LeadCreated),
            (after.owner.is_some() && before.is_none_or(|before| before.owner != after.owner), WebhookEvent::LeadAssigned),
            (before.is_some_and(|before| before.status != after.status), WebhookEvent::LeadStatusChanged),
        ];
        let data = WebhookData {
            version: after.version,
            status: Some(after.status.name().into()),
            ..WebhookData::of(&after.dealer, Some(after.id))
        };
        let change = ItemChange { about: Subject::Lead(after.id), by: None, version, at: after.updated, queued: after.updated, data };
        self.outgoing(&change, &candidates)
    }

    /// Returns the events of the change of an appointment from `before` to `after`. `version` is that of the appointment's item.
    pub fn of_appointment(&self, before: Option<&Appointment>, after: &Appointment, version: u64) -> Vec<Outgoing> {
        let cancelled = after.state.is_cancelled();
        // An arrival is a part of the attendance (APT-12).
        let attended = before.map_or((Attended::Unknown, None), |before| (before.attendance.is, before.arrived.as_ref()))
            != (after.attendance.is, after.arrived.as_ref());
        let candidates = [
            (before.is_none(), WebhookEvent::AppointmentCreated),
            (!cancelled && before.is_some_and(|before| before.state.is_cancelled()), WebhookEvent::AppointmentReinstated),
            (before.is_some_and(|before| before.at != after.at), WebhookEvent::AppointmentMoved),
            (cancelled && before.is_none_or(|before| !before.state.is_cancelled()), WebhookEvent::AppointmentCancelled),
            (attended, WebhookEvent::AppointmentAttended),
        ];
        let ended = match &after.state {
            AppointmentState::Cancelled { at, .. } => Some(*at),
            AppointmentState::Booked | AppointmentState::Unknown => None,
        };
        let moved = after.moved.last().map(|moved| moved.at);
        let arrived_at = after.arrived.as_ref().map(|arrival| arrival.at);
        let ended_arrival = after.past_arrivals.last().map(|past| past.until);
        let at = [ended, moved, after.attendance.as_of, arrived_at, ended_arrival].into_iter().flatten().fold(after.created, DateTime::max);
        let attendance = Attended::NAMES.iter().find(|(_, is)| *is == after.attendance.is).map(|(name, _)| (*name).to_owned());
        let data = WebhookData {
            appointment: Some(after.id.clone()),
            version,
            status: Some(if cancelled { "cancelled" } else { "booked" }.into()),
            attendance,
            at: Some(after.at),
            customer_confirmed_at: after.customer_confirmed.as_ref().map(|confirmation| confirmation.at),
            arrived_at,
            follows: after.follows.clone(),
            ..WebhookData::of(&after.dealer, after.lead)
        };
        let about = Subject::Appointment(after.id.clone());
        let change = ItemChange { about, by: Some(&after.by), version, at, queued: after.updated.max(at), data };
        self.outgoing(&change, &candidates)
    }

    /// Returns the events of `candidates` that have happened, for the webhooks that are subscribed to them.
    fn outgoing(&self, change: &ItemChange<'_>, candidates: &[(bool, WebhookEvent)]) -> Vec<Outgoing> {
        let ItemChange { about, by, version, at, queued, data } = change;
        let happened = candidates.iter().enumerate().filter(|(_, (so, _))| *so);
        let outgoing = happened.filter_map(|(place, (_, event))| {
            let readers = self.webhooks.iter().filter(|webhook| webhook.wants(*event, &data.dealer, *by));
            let deliveries: Vec<Delivery> = readers.map(|webhook| Delivery::new(webhook.id.clone(), *queued)).collect();
            let sequence = version * 8 + place as u64;
            let (about, at, queued, data) = (about.clone(), *at, *queued, data.clone());
            (!deliveries.is_empty()).then_some(Outgoing { about, sequence, event: *event, at, queued, data, deliveries })
        });
        outgoing.collect()
    }
}

/// A change of a lead or appointment, with the common parts of its events.
struct ItemChange<'a> {
    about: Subject,
    /// The creator of the appointment.
    by: Option<&'a Actor>,
    /// The version of the item.
    version: u64,
    at: DateTime<Utc>,
    /// When its events are queued.
    queued: DateTime<Utc>,
    data: WebhookData,
}
