//! Webhooks: which events a system subscribes to, and what is sent of them (APT-6).

mod delivery;
mod endpoint;

pub use delivery::{Attempt, Delivery, DeliveryClaim, DeliveryOutcome, DeliveryState, LEASE, RETRIES, choose_fairly, claim};
pub use endpoint::{endpoint, is_public};

use crate::appointment::{Appointment, AppointmentState, Attended};
use crate::base::{Actor, AppointmentId, DealerId, LeadId, Subject, WebhookId};
use crate::lead::Lead;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a system can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum WebhookEvent {
    #[serde(rename = "lead.created")]
    LeadCreated,
    #[serde(rename = "lead.assigned")]
    LeadAssigned,
    #[serde(rename = "lead.status_changed")]
    LeadStatusChanged,
    #[serde(rename = "appointment.created")]
    AppointmentCreated,
    #[serde(rename = "appointment.reinstated")]
    AppointmentReinstated,
    #[serde(rename = "appointment.moved")]
    AppointmentMoved,
    #[serde(rename = "appointment.cancelled")]
    AppointmentCancelled,
    #[serde(rename = "appointment.attended")]
    AppointmentAttended,
}

impl WebhookEvent {
    /// Each with its name, as the API writes it.
    pub const NAMES: [(&'static str, WebhookEvent); 8] = [
        ("lead.created", WebhookEvent::LeadCreated),
        ("lead.assigned", WebhookEvent::LeadAssigned),
        ("lead.status_changed", WebhookEvent::LeadStatusChanged),
        ("appointment.created", WebhookEvent::AppointmentCreated),
        ("appointment.reinstated", WebhookEvent::AppointmentReinstated),
        ("appointment.moved", WebhookEvent::AppointmentMoved),
        ("appointment.cancelled", WebhookEvent::AppointmentCancelled),
        ("appointment.attended", WebhookEvent::AppointmentAttended),
    ];

    /// As the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, told)| *told == self).map_or("", |(name, _)| name)
    }
}

/// The webhooks of a group: few, and read together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Webhooks {
    /// Oldest first; at most [`Webhooks::MOST`].
    pub webhooks: Vec<Webhook>,
}

/// One system's wish to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its name.
    pub id: WebhookId,
    /// Counts the changes; the ETag.
    pub version: u64,
    /// Where it is told: `https://…`, as [`endpoint`](crate::webhooks::endpoint) has checked it.
    pub url: String,
    /// Of what.
    pub events: BTreeSet<WebhookEvent>,
    /// Of which dealers; empty: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dealers: BTreeSet<DealerId>,
    /// Who made it or changed it last: they are told where it is switched off.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// Counts its secrets, from 1. The secret itself is derived and not stored.
    pub secret: u32,
    /// Until when the secret before is good, too.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub old_until: Option<DateTime<Utc>>,
    /// Whether it is told anything.
    pub state: WebhookState,
    /// Since when every delivery has failed; none: the latest has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
}

/// Whether a webhook is told anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum WebhookState {
    /// It is.
    On,
    /// It is not.
    Off {
        /// Since when.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// Why.
        why: SwitchOffReason,
    },
}

/// Why a webhook is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchOffReason {
    /// Somebody wanted it so.
    Asked,
    /// The receiver answered 410.
    Gone,
    /// A hundred attempts in a row have failed, or all of three days.
    Failing,
}

impl SwitchOffReason {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            SwitchOffReason::Asked => "asked",
            SwitchOffReason::Gone => "gone",
            SwitchOffReason::Failing => "failing",
        }
    }

    /// In words.
    pub(crate) fn told(self) -> &'static str {
        match self {
            SwitchOffReason::Asked => "somebody wanted it so",
            SwitchOffReason::Gone => "its receiver answered 410",
            SwitchOffReason::Failing => "its deliveries failed for too long",
        }
    }
}

/// That every attempt has failed for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// The first that failed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// How many have.
    pub attempts: u32,
    /// What the latest met.
    pub last: String,
}

/// What may be changed of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in Webhook")]
pub struct WebhookRequest {
    pub url: String,
    pub events: BTreeSet<WebhookEvent>,
    pub dealers: BTreeSet<DealerId>,
    pub on: bool,
}

impl Webhook {
    /// How long the secret before stays good.
    pub const OVERLAP: TimeDelta = TimeDelta::hours(24);
    /// Attempts in a row that fail before it is switched off.
    const MOST_FAILURES: u32 = 100;
    /// How long every attempt may fail before it is switched off.
    const LONGEST_FAILING: TimeDelta = TimeDelta::days(3);

    /// A new one.
    pub fn new(id: WebhookId, wish: WebhookRequest, by: Actor, now: DateTime<Utc>) -> Self {
        let state = WebhookState::On;
        let WebhookRequest { url, events, dealers, .. } = wish;
        let (secret, old_until, failing) = (1, None, None);
        Self { id, version: 1, url, events, dealers, by, created: now, secret, old_until, state, failing }
    }

    /// What it is set to.
    pub fn wish(&self) -> WebhookRequest {
        WebhookRequest {
            url: self.url.clone(),
            events: self.events.clone(),
            dealers: self.dealers.clone(),
            on: self.state == WebhookState::On,
        }
    }

    /// The same, set to `wish`. What is switched on starts with a clean sheet.
    pub fn changed(&self, wish: WebhookRequest, by: Actor, now: DateTime<Utc>) -> Self {
        let state = match (&self.state, wish.on) {
            (WebhookState::On, false) => WebhookState::Off { at: now, why: SwitchOffReason::Asked },
            (WebhookState::Off { .. }, true) => WebhookState::On,
            (state, _) => state.clone(),
        };
        let failing = self.failing.clone().filter(|_| wish.on && self.state == WebhookState::On && wish.url == self.url);
        let WebhookRequest { url, events, dealers, .. } = wish;
        Self { version: self.version + 1, url, events, dealers, by, state, failing, ..self.clone() }
    }

    /// With another secret; the one before is good for a day more.
    pub fn rotated(&self, by: Actor, now: DateTime<Utc>) -> Self {
        let old_until = Some(now + Self::OVERLAP);
        Self { version: self.version + 1, secret: self.secret + 1, old_until, by, ..self.clone() }
    }

    /// The numbers of the secrets that sign at `now`, the present one first.
    pub fn secrets(&self, now: DateTime<Utc>) -> Vec<u32> {
        let old = self.old_until.filter(|until| *until > now).map(|_| self.secret - 1);
        [self.secret].into_iter().chain(old).collect()
    }

    fn wants(&self, told: WebhookEvent, dealer: &DealerId) -> bool {
        self.state == WebhookState::On && self.events.contains(&told) && (self.dealers.is_empty() || self.dealers.contains(dealer))
    }

    /// The same, after an attempt.
    pub(crate) fn after(&self, outcome: &DeliveryOutcome, now: DateTime<Utc>) -> Self {
        let off = |why, failing| Self { version: self.version + 1, state: WebhookState::Off { at: now, why }, failing, ..self.clone() };
        match outcome {
            DeliveryOutcome::Taken(_) => Self { failing: None, ..self.clone() },
            DeliveryOutcome::Gone => off(SwitchOffReason::Gone, self.failing.clone()),
            DeliveryOutcome::Failed { why, .. } => {
                let (since, attempts) = self.failing.as_ref().map_or((now, 0), |failing| (failing.since, failing.attempts));
                let failing = Failing { since, attempts: attempts + 1, last: why.clone() };
                let over = failing.attempts >= Self::MOST_FAILURES || now - since >= Self::LONGEST_FAILING;
                if over { off(SwitchOffReason::Failing, Some(failing)) } else { Self { failing: Some(failing), ..self.clone() } }
            }
        }
    }
}

impl Webhooks {
    /// Webhooks that a group has at most.
    pub const MOST: usize = 20;

    /// One of them.
    pub fn get(&self, id: &WebhookId) -> Option<&Webhook> {
        self.webhooks.iter().find(|webhook| webhook.id == *id)
    }

    /// With one of them as `webhook` is.
    #[must_use]
    pub fn put(&self, webhook: &Webhook) -> Self {
        let same = |known: &Webhook| if known.id == webhook.id { webhook.clone() } else { known.clone() };
        Self { webhooks: self.webhooks.iter().map(same).collect() }
    }

    /// Without one of them.
    #[must_use]
    pub fn without(&self, id: &WebhookId) -> Self {
        Self { webhooks: self.webhooks.iter().filter(|webhook| webhook.id != *id).cloned().collect() }
    }

    /// What is to be told of a lead that was `before` and is `after`, as the `version` of its item.
    pub fn of_lead(&self, before: Option<&Lead>, after: &Lead, version: u64) -> Vec<Outgoing> {
        let told = [
            (before.is_none(), WebhookEvent::LeadCreated),
            (after.owner.is_some() && before.is_none_or(|before| before.owner != after.owner), WebhookEvent::LeadAssigned),
            (before.is_some_and(|before| before.status != after.status), WebhookEvent::LeadStatusChanged),
        ];
        let data = WebhookData {
            version: after.version,
            status: Some(after.status.name().into()),
            ..WebhookData::of(&after.dealer, Some(after.id))
        };
        self.outgoing(&Subject::Lead(after.id), version, (after.updated, after.updated), &told, &data)
    }

    /// What is to be told of an appointment that was `before` and is `after`, as the `version` of its item.
    pub fn of_appointment(&self, before: Option<&Appointment>, after: &Appointment, version: u64) -> Vec<Outgoing> {
        let cancelled = after.state.is_cancelled();
        let attended = before.map_or(Attended::Unknown, |before| before.attendance.is) != after.attendance.is;
        let told = [
            (before.is_none(), WebhookEvent::AppointmentCreated),
            (!cancelled && before.is_some_and(|before| before.state.is_cancelled()), WebhookEvent::AppointmentReinstated),
            (before.is_some_and(|before| before.at != after.at), WebhookEvent::AppointmentMoved),
            (cancelled && before.is_none_or(|before| !before.state.is_cancelled()), WebhookEvent::AppointmentCancelled),
            (attended, WebhookEvent::AppointmentAttended),
        ];
        let ended = match &after.state {
            AppointmentState::Cancelled { at, .. } => Some(*at),
            AppointmentState::Booked => None,
        };
        let moved = after.moved.last().map(|moved| moved.at);
        let at = [ended, moved, after.attendance.as_of].into_iter().flatten().fold(after.created, DateTime::max);
        let attendance = Attended::NAMES.iter().find(|(_, is)| *is == after.attendance.is).map(|(name, _)| (*name).to_owned());
        let data = WebhookData {
            appointment: Some(after.id.clone()),
            version,
            status: Some(if cancelled { "cancelled" } else { "booked" }.into()),
            attendance,
            at: Some(after.at),
            ..WebhookData::of(&after.dealer, after.lead)
        };
        self.outgoing(&Subject::Appointment(after.id.clone()), version, (at, after.updated.max(at)), &told, &data)
    }

    fn outgoing(
        &self,
        about: &Subject,
        version: u64,
        (at, queued): (DateTime<Utc>, DateTime<Utc>),
        told: &[(bool, WebhookEvent)],
        data: &WebhookData,
    ) -> Vec<Outgoing> {
        let happened = told.iter().enumerate().filter(|(_, (so, _))| *so);
        let outgoing = happened.filter_map(|(place, (_, told))| {
            let readers = self.webhooks.iter().filter(|webhook| webhook.wants(*told, &data.dealer));
            let deliveries: Vec<Delivery> = readers.map(|webhook| Delivery::new(webhook.id.clone(), queued)).collect();
            let sequence = version * 8 + place as u64;
            let (about, data) = (about.clone(), data.clone());
            (!deliveries.is_empty()).then_some(Outgoing { about, sequence, told: *told, at, queued, data, deliveries })
        });
        outgoing.collect()
    }
}

/// What is told: ids and states, no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookData {
    /// Of which dealer.
    pub dealer: DealerId,
    /// Which lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// Which appointment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// Counts its changes.
    pub version: u64,
    /// How it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the customer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<String>,
    /// When the appointment is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl WebhookData {
    fn of(dealer: &DealerId, lead: Option<LeadId>) -> Self {
        Self { dealer: dealer.clone(), lead, appointment: None, version: 0, status: None, attendance: None, at: None }
    }
}

/// One thing that is told, to each webhook that wanted it when it happened; committed with what it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Of what.
    pub about: Subject,
    /// Its place among all that is told of it.
    pub sequence: u64,
    /// What happened.
    pub told: WebhookEvent,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Since when it is to be told: later than it happened, where we heard of that late.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// What is said.
    pub data: WebhookData,
    /// To whom.
    pub deliveries: Vec<Delivery>,
}
