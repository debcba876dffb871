//! Deliveries of webhook events: attempts, leases, retries (APT-6).

use crate::base::{Refusal, Subject, WebhookId, stable_hash};
use crate::messages::Lease;
use crate::webhooks::{Outgoing, Webhook, WebhookState, Webhooks};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state of the delivery of one event to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DeliveryState {
    /// It waits to be sent at `due`. A first attempt is made as soon as no earlier delivery is open.
    Queued {
        /// When it is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// The number of failed attempts.
        attempts: u32,
    },
    /// A sender has leased it. If there is no result by `until`, it is sent again with the same id.
    Sending {
        /// When the lease expires.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// The number of failed attempts before this one.
        attempts: u32,
    },
    /// Its failure switched the webhook off, and the user who set the webhook up must be notified.
    #[serde(rename = "telling")]
    Notifying {
        /// When the notice is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// The number of attempts to send the notice.
        attempts: u32,
    },
    /// The receiver accepted it.
    Delivered {
        /// When it was accepted.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The HTTP status.
        status: u16,
    },
    /// It is no longer sent.
    GivenUp {
        /// When the last attempt failed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        why: String,
    },
}

impl DeliveryState {
    fn due(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Queued { due, .. } | Self::Notifying { due, .. } => Some(*due),
            Self::Sending { until, .. } => Some(*until),
            Self::Delivered { .. } | Self::GivenUp { .. } => None,
        }
    }
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A status from 200 to 299.
    Taken(u16),
    /// 410: the receiver refuses further deliveries.
    Gone,
    /// Another status from 400 to 499 except 408 and 429: the receiver refuses this event for good.
    Refused(u16),
    /// Any other outcome.
    Failed {
        /// The HTTP status, if there was a response.
        status: Option<u16>,
        /// The reason in words.
        why: String,
    },
}

/// The delivery of one event to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery state.
    #[serde(rename = "fate")]
    pub state: DeliveryState,
    /// The number of attempts, including those requested by hand.
    #[serde(default)]
    pub attempts: u32,
    /// The latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Attempt>,
}

/// A completed attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The status of the response. `None` if there was no response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error, if the attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A completed attempt of a leased delivery.
#[derive(Debug, Clone, Copy)]
pub struct LeasedAttempt<'a> {
    /// The webhook.
    pub webhook: &'a WebhookId,
    /// The event when the delivery was leased.
    pub leased: &'a Outgoing,
    /// The outcome.
    pub outcome: &'a DeliveryOutcome,
    /// When it ended.
    pub at: DateTime<Utc>,
}

impl Delivery {
    /// Creates a delivery that is due at `due`.
    pub(crate) fn new(webhook: WebhookId, due: DateTime<Utc>) -> Self {
        Self { webhook, state: DeliveryState::Queued { due, attempts: 0 }, attempts: 0, last: None }
    }
}

impl DeliveryOutcome {
    pub(crate) fn attempt(&self, at: DateTime<Utc>) -> Attempt {
        match self {
            DeliveryOutcome::Taken(status) => Attempt { at, status: Some(*status), failure: None },
            DeliveryOutcome::Gone => Attempt { at, status: Some(410), failure: Some("answered 410".into()) },
            DeliveryOutcome::Refused(status) => Attempt { at, status: Some(*status), failure: Some(format!("answered {status}")) },
            DeliveryOutcome::Failed { status, why } => Attempt { at, status: *status, failure: Some(why.clone()) },
        }
    }
}

/// The pauses before the first retries, in seconds. The last one repeats, so that a receiver that is back gets its events within an hour.
pub const RETRIES: [i64; 6] = [5, 30, 120, 600, 1_800, 3_600];

/// The terms by which senders claim deliveries. One attempt takes at most ten seconds. An event that a receiver does not accept although it
/// accepts others is set aside after three days and some hours of attempts. A receiver that accepts nothing is switched off before.
pub const LEASE: Lease = Lease { duration: TimeDelta::seconds(60), attempts: 78 };

/// The pause after `failed` attempts, in seconds. `None` if no attempt is left.
fn pause_after(failed: u32) -> Option<i64> {
    let place = usize::try_from(failed).unwrap_or(usize::MAX).saturating_sub(1).min(RETRIES.len() - 1);
    RETRIES.get(place).copied().filter(|_| failed < LEASE.attempts)
}

/// The maximum number of attempts to notify of a webhook that was switched off.
const NOTICES: u32 = 8;

/// The deliveries that a sender has leased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// The changed items.
    pub changed: Vec<Outgoing>,
    /// The deliveries to send: the sequence of the event, and the webhook.
    pub send: Vec<(u64, WebhookId)>,
    /// The notices to send about webhooks that were switched off.
    pub notify: Vec<(u64, WebhookId)>,
}

/// Leases the deliveries that may be sent at `now`. `open` are the open events of one lead or appointment, in order. Each webhook gets its
/// first unsettled event. An event that switched its webhook off is unsettled until the notice of it is sent.
pub fn claim(open: &[&Outgoing], webhooks: &Webhooks, now: DateTime<Utc>) -> DeliveryClaim {
    let mut claim = DeliveryClaim::default();
    let mut held: BTreeMap<WebhookId, DateTime<Utc>> = BTreeMap::new();
    for delivery in open.iter().flat_map(|outgoing| &outgoing.deliveries) {
        match delivery.state {
            // A redelivery may precede the delivery that a sender has leased. It waits for that delivery.
            DeliveryState::Sending { until, .. } if until > now => drop(held.insert(delivery.webhook.clone(), until)),
            // This delivery has switched the webhook off, whichever state of the webhook was read: the two items are not read at one
            // instant. Later events wait until the notice is settled.
            DeliveryState::Notifying { .. } => drop(held.insert(delivery.webhook.clone(), LEASE.until(now))),
            _ => {}
        }
    }
    for outgoing in open {
        let mut after = (*outgoing).clone();
        for delivery in &mut after.deliveries {
            let id = &delivery.webhook;
            if let DeliveryState::Notifying { due, attempts } = &delivery.state {
                if *due > now {
                    continue;
                }
                if *attempts < NOTICES {
                    delivery.state = DeliveryState::Notifying { due: LEASE.until(now), attempts: attempts + 1 };
                    claim.notify.push((outgoing.sequence, id.clone()));
                } else {
                    delivery.state =
                        DeliveryState::GivenUp { at: now, why: "the notice that the webhook was switched off could not be sent".into() };
                }
                continue;
            }
            let Some(due) = delivery.state.due() else { continue };
            if webhooks.get(id).is_none_or(|webhook| webhook.state != WebhookState::On) {
                delivery.state = DeliveryState::GivenUp { at: now, why: "the webhook was switched off".into() };
                continue;
            }
            let attempts = match delivery.state {
                DeliveryState::Queued { attempts, .. } => attempts,
                // The sender stopped: that counts as a failed attempt.
                DeliveryState::Sending { attempts, .. } if due <= now => attempts + 1,
                _ => {
                    held.entry(id.clone()).or_insert(due);
                    continue;
                }
            };
            match held.get(id) {
                // It waits for the previous delivery. When that is settled, its sender continues here; if that sender stops, this due time
                // continues.
                Some(until) if due <= now => delivery.state = DeliveryState::Queued { due: *until, attempts },
                Some(_) => {}
                None if due <= now || attempts == 0 => {
                    delivery.state = DeliveryState::Sending { until: LEASE.until(now), attempts };
                    delivery.attempts += 1;
                    held.insert(id.clone(), LEASE.until(now));
                    claim.send.push((outgoing.sequence, id.clone()));
                }
                None => {
                    held.insert(id.clone(), due);
                }
            }
        }
        if after != **outgoing {
            claim.changed.push(after);
        }
    }
    claim
}

/// Chooses the events to process: about `most` of those that are `open` for one lead or appointment, in order. Each webhook gets the same
/// number of its waiting events, so that no webhook waits because another one does not accept its deliveries.
pub fn choose_fairly(open: &[Outgoing], most: usize) -> BTreeSet<u64> {
    let mut waiting: BTreeMap<&WebhookId, Vec<u64>> = BTreeMap::new();
    for outgoing in open {
        for delivery in outgoing.deliveries.iter().filter(|delivery| delivery.state.due().is_some()) {
            waiting.entry(&delivery.webhook).or_default().push(outgoing.sequence);
        }
    }
    let mut chosen = BTreeSet::new();
    for round in 0..most {
        let before = chosen.len();
        chosen.extend(waiting.values().filter_map(|sequences| sequences.get(round)));
        let no_more = waiting.values().all(|sequences| sequences.len() <= round);
        if no_more || (chosen.len() >= most && before > 0) {
            break;
        }
    }
    chosen
}

impl Outgoing {
    /// When it must be processed next. `None` if it is settled.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.deliveries.iter().filter_map(|delivery| delivery.state.due()).min()
    }

    /// Whether it is due only because leases end.
    pub fn is_leased(&self) -> bool {
        let due = self.due();
        let next = self.deliveries.iter().filter(|delivery| delivery.state.due() == due);
        due.is_some() && next.map(|delivery| &delivery.state).all(|state| matches!(state, DeliveryState::Sending { .. }))
    }

    /// The id of the delivery to `webhook`, the same for each attempt. It contains no full stop, which separates the signed parts.
    pub fn id(&self, webhook: &WebhookId) -> String {
        let about = match &self.about {
            Subject::Lead(lead) => lead.to_string(),
            Subject::Appointment(id) => id.to_string(),
        };
        format!("{about}_{}_{webhook}", self.sequence).replace('.', "_")
    }

    /// How long an event is kept after it was queued, once all its deliveries are settled.
    pub const KEPT: TimeDelta = TimeDelta::days(14);

    /// The delivery to `webhook`.
    pub fn delivery(&self, webhook: &WebhookId) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.webhook == *webhook)
    }

    /// The state of the delivery to `webhook`.
    pub fn state(&self, webhook: &WebhookId) -> Option<&DeliveryState> {
        self.delivery(webhook).map(|delivery| &delivery.state)
    }

    fn with(&self, webhook: &WebhookId, change: impl Fn(&mut Delivery)) -> Self {
        let mut after = self.clone();
        after.deliveries.iter_mut().filter(|delivery| delivery.webhook == *webhook).for_each(change);
        after
    }

    /// Whether the delivery to `webhook` is part of a redelivery: its attempts failed or, if `delivered` is set, it was accepted.
    pub fn belongs_to_redelivery(&self, webhook: &WebhookId, delivered: bool) -> bool {
        match self.state(webhook) {
            Some(DeliveryState::GivenUp { .. }) => true,
            Some(DeliveryState::Delivered { .. }) => delivered,
            _ => false,
        }
    }

    /// Queues the delivery to `webhook` again: due now, with the same id, and before later events.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there was no delivery to this webhook or it is no longer kept; 409 while the webhook is off or a sender has
    /// leased the delivery.
    pub fn redelivered(&self, webhook: &Webhook, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let there = self.delivery(&webhook.id).filter(|_| self.due().is_some() || self.queued + Self::KEPT > now);
        let delivery = there.ok_or(Refusal::NotFound("delivery"))?;
        webhook.check_on()?;
        match delivery.state {
            DeliveryState::Sending { until, .. } if until > now => Err(Refusal::conflict("APT-6", "the delivery is being sent")),
            DeliveryState::Notifying { .. } => {
                Err(Refusal::conflict("APT-6", "the notice of its failure is being sent; retry in a minute"))
            }
            _ => Ok(self.with(&webhook.id, |delivery| delivery.state = DeliveryState::Queued { due: now, attempts: 0 })),
        }
    }

    /// Records an attempt on the delivery and on the webhook. `None` if the delivery was settled or leased again since it was leased.
    pub fn attempted(&self, attempt: LeasedAttempt<'_>, webhooks: &Webhooks) -> Option<(Self, Webhooks)> {
        let LeasedAttempt { webhook, leased, outcome, at: now } = attempt;
        let state = self.state(webhook).filter(|state| leased.state(webhook) == Some(state))?;
        let DeliveryState::Sending { attempts, .. } = state else { return None };
        let before = webhooks.get(webhook);
        let after = before.map(|before| before.after(outcome, now));
        let off = after.as_ref().is_some_and(|after| after.state != WebhookState::On)
            && before.is_some_and(|before| before.state == WebhookState::On);
        let pause = pause_after(attempts + 1).map(|seconds| spread(seconds, &self.id(webhook)));
        let state = match (outcome, pause) {
            (DeliveryOutcome::Taken(status), _) => DeliveryState::Delivered { at: now, status: *status },
            _ if off => DeliveryState::Notifying { due: now, attempts: 0 },
            (DeliveryOutcome::Failed { .. }, Some(pause)) => DeliveryState::Queued { due: now + pause, attempts: attempts + 1 },
            (DeliveryOutcome::Failed { why, .. }, None) => DeliveryState::GivenUp { at: now, why: why.clone() },
            (DeliveryOutcome::Gone, _) => {
                DeliveryState::GivenUp { at: now, why: "the receiver answered 410 and wants no more deliveries".into() }
            }
            (DeliveryOutcome::Refused(status), _) => {
                DeliveryState::GivenUp { at: now, why: format!("the receiver refuses it: answered {status}") }
            }
        };
        let webhooks = after.map_or_else(|| webhooks.clone(), |after| webhooks.put(&after));
        let attempt = outcome.attempt(now);
        let attempted = self.with(webhook, |delivery| (delivery.state, delivery.last) = (state.clone(), Some(attempt.clone())));
        Some((attempted, webhooks))
    }

    /// Records that the notice about the end of `webhook` was sent.
    pub fn notice_sent(&self, webhook: &WebhookId, now: DateTime<Utc>) -> Self {
        let why = "the webhook was switched off because this delivery failed";
        self.with(webhook, |delivery| delivery.state = DeliveryState::GivenUp { at: now, why: why.into() })
    }
}

/// Adds up to ten percent to a pause, depending on the delivery's id, so that deliveries that failed together do not retry together.
fn spread(seconds: i64, name: &str) -> TimeDelta {
    TimeDelta::milliseconds(seconds * 1_000 + seconds * (stable_hash(name) % 100) as i64)
}
