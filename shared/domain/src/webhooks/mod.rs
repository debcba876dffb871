//! Webhooks: the events that a system subscribes to, and the events to deliver (APT-6).

mod change;
mod data;
mod delivery;
mod endpoint;

pub use data::WebhookData;
pub use delivery::{Attempt, Delivery, DeliveryClaim, DeliveryOutcome, DeliveryState, LEASE, LeasedAttempt, RETRIES, choose_fairly, claim};
pub use endpoint::{BadEndpoint, endpoint};

use crate::base::{Actor, DealerId, PartnerId, Refusal, Subject, WebhookId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An event that a system can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names explain themselves")]
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
    /// Every event with its name in the API.
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

    /// The name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, event)| *event == self).map_or("", |(name, _)| name)
    }
}

/// The webhooks of a group. They are few, so they are stored in one item.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Webhooks {
    /// Oldest first; at most [`Webhooks::MOST`].
    pub webhooks: Vec<Webhook>,
}

/// A webhook: the subscription of one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Counts its changes; the ETag.
    pub version: u64,
    /// The address, `https://…`, checked by [`endpoint()`].
    pub url: String,
    /// The subscribed events.
    pub events: BTreeSet<WebhookEvent>,
    /// The dealers. Empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dealers: BTreeSet<DealerId>,
    /// The partner whose system receives the events. It gets only events of its own appointments, and nothing of a lead. `None` for a
    /// system of the group itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// The actor who created it or last changed it. They are notified if it is switched off.
    pub by: Actor,
    /// When it was created.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// Counts its secrets, from 1. The secret itself is derived and not stored.
    pub secret: u32,
    /// The id of the key that the secret derives from; empty for the first key of a deployment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The id of the key that the previous secret derives from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub old_key: String,
    /// Until when the previous secret is also valid.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub old_until: Option<DateTime<Utc>>,
    /// Whether it is switched on.
    pub state: WebhookState,
    /// The current series of failed attempts. `None` if the latest attempt succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
}

/// The stored values from which a webhook's secret derives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerivedSecret<'a> {
    /// The number among the webhook's secrets.
    pub number: u32,
    /// The id of the key.
    pub key: &'a str,
}

/// Whether a webhook is switched on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum WebhookState {
    /// It is on.
    On,
    /// It is off.
    Off {
        /// When it was switched off.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        why: SwitchOffReason,
    },
}

/// The reason why a webhook is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchOffReason {
    /// A user switched it off.
    #[serde(rename = "asked")]
    ByUser,
    /// The receiver answered 410.
    Gone,
    /// All attempts of three days failed.
    Failing,
}

impl SwitchOffReason {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            SwitchOffReason::ByUser => "asked",
            SwitchOffReason::Gone => "gone",
            SwitchOffReason::Failing => "failing",
        }
    }

    /// The reason in words.
    pub(crate) fn description(self) -> &'static str {
        match self {
            SwitchOffReason::ByUser => "a user switched it off",
            SwitchOffReason::Gone => "its receiver answered 410",
            SwitchOffReason::Failing => "its deliveries failed for too long",
        }
    }
}

/// A series of failed attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// When the first attempt failed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// The number of failed attempts.
    pub attempts: u32,
    /// The error of the latest attempt.
    pub last: String,
    /// When the latest attempt failed. `None` if an earlier release recorded it.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl Failing {
    /// Longer than the pauses between the attempts to deliver an event.
    const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(2);

    /// Whether there was no attempt for some time before `now`, because no event waited.
    fn has_paused(&self, now: DateTime<Utc>) -> bool {
        self.at.is_some_and(|at| now - at > Self::LONGEST_PAUSE)
    }
}

/// The fields of a webhook that a request sets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in Webhook")]
pub struct WebhookRequest {
    pub url: String,
    pub events: BTreeSet<WebhookEvent>,
    pub dealers: BTreeSet<DealerId>,
    pub partner: Option<PartnerId>,
    pub on: bool,
}

impl Webhook {
    /// How long the previous secret remains valid.
    pub const OVERLAP: TimeDelta = TimeDelta::hours(24);
    /// The time of only failed attempts after which a webhook is switched off.
    const LONGEST_FAILING: TimeDelta = TimeDelta::days(3);

    /// Creates a webhook. Its secret derives from the first key of the deployment; see [`with_key`](Self::with_key).
    pub fn new(id: WebhookId, request: WebhookRequest, by: Actor, now: DateTime<Utc>) -> Self {
        let state = WebhookState::On;
        let WebhookRequest { url, events, dealers, partner, .. } = request;
        let (secret, old_until, failing) = (1, None, None);
        let (key, old_key) = (String::new(), String::new());
        Self { id, version: 1, url, events, dealers, partner, by, created: now, secret, key, old_key, old_until, state, failing }
    }

    /// Returns the new webhook with a secret that derives from the key `key`.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }

    /// Returns its current settings.
    pub fn request(&self) -> WebhookRequest {
        WebhookRequest {
            url: self.url.clone(),
            events: self.events.clone(),
            dealers: self.dealers.clone(),
            partner: self.partner.clone(),
            on: self.state == WebhookState::On,
        }
    }

    /// Returns the webhook with the settings `request`. Switching it on resets the series of failures. Settings that it already has change
    /// nothing, so that a repeated request keeps the version.
    pub fn changed(&self, request: WebhookRequest, by: Actor, now: DateTime<Utc>) -> Self {
        if request == self.request() {
            return self.clone();
        }
        let state = match (&self.state, request.on) {
            (WebhookState::On, false) => WebhookState::Off { at: now, why: SwitchOffReason::ByUser },
            (WebhookState::Off { .. }, true) => WebhookState::On,
            (state, _) => state.clone(),
        };
        let failing = self.failing.clone().filter(|_| request.on && self.state == WebhookState::On && request.url == self.url);
        let WebhookRequest { url, events, dealers, partner, .. } = request;
        Self { version: self.version + 1, url, events, dealers, partner, by, state, failing, ..self.clone() }
    }

    /// Returns the webhook with a new secret, which derives from the key `key`. The previous secret remains valid for 24 hours.
    pub fn rotated(&self, key: &str, by: Actor, now: DateTime<Utc>) -> Self {
        let (old_until, old_key) = (Some(now + Self::OVERLAP), self.key.clone());
        Self { version: self.version + 1, secret: self.secret + 1, key: key.to_owned(), old_key, old_until, by, ..self.clone() }
    }

    /// Returns the current secret.
    pub fn current_secret(&self) -> DerivedSecret<'_> {
        DerivedSecret { number: self.secret, key: &self.key }
    }

    /// Returns the secrets that sign at `now`, the current one first.
    pub fn secrets(&self, now: DateTime<Utc>) -> Vec<DerivedSecret<'_>> {
        let old = self.old_until.filter(|until| *until > now).map(|_| DerivedSecret { number: self.secret - 1, key: &self.old_key });
        [self.current_secret()].into_iter().chain(old).collect()
    }

    /// Checks that the webhook is switched on, so that events can be delivered again.
    ///
    /// # Errors
    /// 409 while the webhook is off.
    pub fn check_on(&self) -> Result<(), Refusal> {
        let WebhookState::Off { why, .. } = self.state else { return Ok(()) };
        let text = format!("the webhook is switched off ({}: {}); switch it on first", why.name(), why.description());
        Err(Refusal::conflict("APT-6", text))
    }

    /// `by` is the creator of the appointment. `None` for an event of a lead, which no partner may read.
    fn wants(&self, event: WebhookEvent, dealer: &DealerId, by: Option<&Actor>) -> bool {
        let readable = |partner: &PartnerId| matches!(by, Some(Actor::Partner(by)) if by == partner);
        // Events of a webhook that failed for too long are stored, so that they can be redelivered when it is on again.
        let stored = matches!(self.state, WebhookState::On | WebhookState::Off { why: SwitchOffReason::Failing, .. });
        stored
            && self.events.contains(&event)
            && (self.dealers.is_empty() || self.dealers.contains(dealer))
            && self.partner.as_ref().is_none_or(readable)
    }

    /// Returns the content of an event as the receiver may read it: a partner gets no data of a lead (ACC-1).
    pub fn readable(&self, data: &WebhookData) -> WebhookData {
        let lead = data.lead.filter(|_| self.partner.is_none());
        WebhookData { lead, ..data.clone() }
    }

    /// Returns the webhook after an attempt.
    pub(crate) fn after(&self, outcome: &DeliveryOutcome, now: DateTime<Utc>) -> Self {
        let off = |why, failing| Self { version: self.version + 1, state: WebhookState::Off { at: now, why }, failing, ..self.clone() };
        match outcome {
            DeliveryOutcome::Taken(_) => Self { failing: None, ..self.clone() },
            DeliveryOutcome::Gone => off(SwitchOffReason::Gone, self.failing.clone()),
            DeliveryOutcome::Failed { .. } | DeliveryOutcome::Refused(_) => {
                let last = outcome.attempt(now).failure.unwrap_or_default();
                // A temporary failure must leave its event the time for retries, also days after a refused one.
                let begins = |failing: &&Failing| matches!(outcome, DeliveryOutcome::Failed { .. }) && failing.has_paused(now);
                let series = self.failing.as_ref().filter(|failing| !begins(failing));
                let (since, attempts) = series.map_or((now, 0), |failing| (failing.since, failing.attempts));
                let failing = Failing { since, attempts: attempts + 1, last, at: Some(now) };
                let over = self.state == WebhookState::On && now - since >= Self::LONGEST_FAILING;
                if over { off(SwitchOffReason::Failing, Some(failing)) } else { Self { failing: Some(failing), ..self.clone() } }
            }
        }
    }
}

impl Webhooks {
    /// The maximum number of webhooks of a group.
    pub const MOST: usize = 20;

    /// Returns the webhook with this id.
    pub fn get(&self, id: &WebhookId) -> Option<&Webhook> {
        self.webhooks.iter().find(|webhook| webhook.id == *id)
    }

    /// Returns the webhooks with `webhook` replaced.
    #[must_use]
    pub fn put(&self, webhook: &Webhook) -> Self {
        let same = |known: &Webhook| if known.id == webhook.id { webhook.clone() } else { known.clone() };
        Self { webhooks: self.webhooks.iter().map(same).collect() }
    }

    /// Returns the webhooks without the one with this id.
    #[must_use]
    pub fn without(&self, id: &WebhookId) -> Self {
        Self { webhooks: self.webhooks.iter().filter(|webhook| webhook.id != *id).cloned().collect() }
    }
}

/// An event with its deliveries to the webhooks that were subscribed when it happened. It is committed together with the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The lead or appointment.
    pub about: Subject,
    /// Its position among the events of this lead or appointment.
    pub sequence: u64,
    /// The kind of the event.
    #[serde(rename = "told")]
    pub event: WebhookEvent,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When it was queued: later than it happened if Forecourt learned of it late.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// The content.
    pub data: WebhookData,
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
}
