//! Deliveries of webhook events: attempts, leases, retries (APT-6).

use crate::base::{Refusal, Subject, WebhookId};
use crate::messages::Lease;
use crate::webhooks::{Outgoing, Webhook, WebhookState, Webhooks};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What has become of one thing told to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DeliveryState {
    /// To be sent at `due`; one never tried yet, as soon as none before it is open.
    Queued {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// How many attempts have failed.
        attempts: u32,
    },
    /// A sender has it; if nothing is heard by `until` it is sent again, under the same id.
    Sending {
        /// End of the sender's lease.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// How many attempts have failed before.
        attempts: u32,
    },
    /// Its failure has switched the webhook off, and somebody is to be told of that.
    Telling {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// How often that was tried.
        attempts: u32,
    },
    /// The receiver took it.
    Delivered {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// With which status.
        status: u16,
    },
    /// It is not sent any more.
    GivenUp {
        /// Since when.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// Why.
        why: String,
    },
}

impl DeliveryState {
    fn due(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Queued { due, .. } | Self::Telling { due, .. } => Some(*due),
            Self::Sending { until, .. } => Some(*until),
            Self::Delivered { .. } | Self::GivenUp { .. } => None,
        }
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A status from 200 to 299.
    Taken(u16),
    /// 410: the receiver wants no more.
    Gone,
    /// Anything else.
    Failed {
        /// The status, where there was an answer.
        status: Option<u16>,
        /// In words.
        why: String,
    },
}

/// One thing told to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// To which.
    pub webhook: WebhookId,
    /// What has become of it.
    pub fate: DeliveryState,
    /// How many attempts were begun, those by hand too.
    #[serde(default)]
    pub attempts: u32,
    /// What the latest came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Attempt>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// What the receiver answered; none: nothing was heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What stood in the way, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Delivery {
    /// To be sent from `due` on.
    pub(crate) fn new(webhook: WebhookId, due: DateTime<Utc>) -> Self {
        Self { webhook, fate: DeliveryState::Queued { due, attempts: 0 }, attempts: 0, last: None }
    }
}

impl DeliveryOutcome {
    fn attempt(&self, at: DateTime<Utc>) -> Attempt {
        match self {
            DeliveryOutcome::Taken(status) => Attempt { at, status: Some(*status), failure: None },
            DeliveryOutcome::Gone => Attempt { at, status: Some(410), failure: Some("answered 410".into()) },
            DeliveryOutcome::Failed { status, why } => Attempt { at, status: *status, failure: Some(why.clone()) },
        }
    }
}

/// The pauses before each further attempt, in seconds: a day and two hours in all.
pub const RETRIES: [i64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 36_000];

/// How long a sender may take: an attempt has ten seconds.
pub const LEASE: Lease = Lease { duration: TimeDelta::seconds(60), attempts: RETRIES.len() as u32 + 1 };

/// How often it is tried to tell of a webhook that was switched off.
const NOTICES: u32 = 8;

/// What a sender has leased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// What changes by it.
    pub changed: Vec<Outgoing>,
    /// What is to be sent: the place in what is open, and to whom.
    pub send: Vec<(u64, WebhookId)>,
    /// Of which webhook's end somebody is to be told.
    pub tell: Vec<(u64, WebhookId)>,
}

/// Leases what may go out at `now` of all that is `open` of one lead or appointment, in its order: to each webhook the first that is not settled.
pub fn claim(open: &[&Outgoing], webhooks: &Webhooks, now: DateTime<Utc>) -> DeliveryClaim {
    let mut claim = DeliveryClaim::default();
    let mut held: BTreeMap<WebhookId, DateTime<Utc>> = BTreeMap::new();
    // What was asked for again may stand before what a sender has now, and waits for that.
    for delivery in open.iter().flat_map(|outgoing| &outgoing.deliveries) {
        if let DeliveryState::Sending { until, .. } = delivery.fate
            && until > now
        {
            held.insert(delivery.webhook.clone(), until);
        }
    }
    for outgoing in open {
        let mut after = (*outgoing).clone();
        for delivery in &mut after.deliveries {
            let id = &delivery.webhook;
            if let DeliveryState::Telling { due, attempts } = &delivery.fate {
                if *due > now {
                    continue;
                }
                if *attempts < NOTICES {
                    delivery.fate = DeliveryState::Telling { due: LEASE.until(now), attempts: attempts + 1 };
                    claim.tell.push((outgoing.sequence, id.clone()));
                } else {
                    delivery.fate = DeliveryState::GivenUp { at: now, why: "nobody could be told".into() };
                }
                continue;
            }
            let Some(due) = delivery.fate.due() else { continue };
            if webhooks.get(id).is_none_or(|webhook| webhook.state != WebhookState::On) {
                delivery.fate = DeliveryState::GivenUp { at: now, why: "the webhook was switched off".into() };
                continue;
            }
            let attempts = match delivery.fate {
                DeliveryState::Queued { attempts, .. } => attempts,
                // The sender was lost: that counts as an attempt.
                DeliveryState::Sending { attempts, .. } if due <= now => attempts + 1,
                _ => {
                    held.entry(id.clone()).or_insert(due);
                    continue;
                }
            };
            match held.get(id) {
                // It waits; whoever settles the one before goes on with it, and this finds it where that is lost.
                Some(until) if due <= now => delivery.fate = DeliveryState::Queued { due: *until, attempts },
                Some(_) => {}
                None if due <= now || attempts == 0 => {
                    delivery.fate = DeliveryState::Sending { until: LEASE.until(now), attempts };
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

/// What to look at of all that is `open` of one lead or appointment, in its order: about `most`, of each webhook the same number of those that it
/// waits for, so that none waits behind what another does not take.
pub fn choose_fairly(open: &[Outgoing], most: usize) -> BTreeSet<u64> {
    let mut waiting: BTreeMap<&WebhookId, Vec<u64>> = BTreeMap::new();
    for outgoing in open {
        for delivery in outgoing.deliveries.iter().filter(|delivery| delivery.fate.due().is_some()) {
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
    /// When it wants to be looked at; `None`: never again.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.deliveries.iter().filter_map(|delivery| delivery.fate.due()).min()
    }

    /// Whether it is due by nothing but the end of a sender's lease.
    pub fn is_leased(&self) -> bool {
        let due = self.due();
        let next = self.deliveries.iter().filter(|delivery| delivery.fate.due() == due);
        due.is_some() && next.map(|delivery| &delivery.fate).all(|fate| matches!(fate, DeliveryState::Sending { .. }))
    }

    /// What makes a delivery to `webhook` the same one when it comes again. It has no full stop, which parts what is signed.
    pub fn id(&self, webhook: &WebhookId) -> String {
        let about = match &self.about {
            Subject::Lead(lead) => lead.to_string(),
            Subject::Appointment(id) => id.to_string(),
        };
        format!("{about}_{}_{webhook}", self.sequence).replace('.', "_")
    }

    /// How long after it was queued what was told is kept, once it is settled everywhere.
    pub const KEPT: TimeDelta = TimeDelta::days(14);

    /// What goes to `webhook`.
    pub fn delivery(&self, webhook: &WebhookId) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.webhook == *webhook)
    }

    /// The fate of what goes to `webhook`.
    pub fn fate(&self, webhook: &WebhookId) -> Option<&DeliveryState> {
        self.delivery(webhook).map(|delivery| &delivery.fate)
    }

    fn with(&self, webhook: &WebhookId, change: impl Fn(&mut Delivery)) -> Self {
        let mut after = self.clone();
        after.deliveries.iter_mut().filter(|delivery| delivery.webhook == *webhook).for_each(change);
        after
    }

    /// To be sent to `webhook` once more, at once, under the same id, and before what is still to be told after it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it was not told to this one, or is kept no more; 409 while the webhook is off, or a sender has it.
    pub fn redelivered(&self, webhook: &Webhook, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let there = self.delivery(&webhook.id).filter(|_| self.due().is_some() || self.queued + Self::KEPT > now);
        let delivery = there.ok_or(Refusal::NotFound("delivery"))?;
        if let WebhookState::Off { why, .. } = webhook.state {
            let told = format!("the webhook is switched off ({}: {}); switch it on first (APT-6)", why.name(), why.told());
            return Err(Refusal::Conflict(told));
        }
        match delivery.fate {
            DeliveryState::Sending { until, .. } if until > now => Err(Refusal::Conflict("it is being sent right now (APT-6)".into())),
            DeliveryState::Telling { .. } => {
                Err(Refusal::Conflict("its failure is just being told to who set the webhook up; try again in a minute (APT-6)".into()))
            }
            _ => Ok(self.with(&webhook.id, |delivery| delivery.fate = DeliveryState::Queued { due: now, attempts: 0 })),
        }
    }

    /// Records an attempt, on itself and on the webhook. `None`: somebody else has settled or leased it since it was `leased`.
    pub fn attempted(
        &self,
        webhook: &WebhookId,
        leased: &Self,
        outcome: &DeliveryOutcome,
        webhooks: &Webhooks,
        now: DateTime<Utc>,
    ) -> Option<(Self, Webhooks)> {
        let fate = self.fate(webhook).filter(|fate| leased.fate(webhook) == Some(fate))?;
        let DeliveryState::Sending { attempts, .. } = fate else { return None };
        let before = webhooks.get(webhook);
        let after = before.map(|before| before.after(outcome, now));
        let off = after.as_ref().is_some_and(|after| after.state != WebhookState::On)
            && before.is_some_and(|before| before.state == WebhookState::On);
        let pause = RETRIES.get(*attempts as usize).map(|seconds| spread(*seconds, &self.id(webhook)));
        let fate = match (outcome, pause) {
            (DeliveryOutcome::Taken(status), _) => DeliveryState::Delivered { at: now, status: *status },
            _ if off => DeliveryState::Telling { due: now, attempts: 0 },
            (DeliveryOutcome::Failed { .. }, Some(pause)) => DeliveryState::Queued { due: now + pause, attempts: attempts + 1 },
            (DeliveryOutcome::Failed { why, .. }, None) => DeliveryState::GivenUp { at: now, why: why.clone() },
            (DeliveryOutcome::Gone, _) => DeliveryState::GivenUp { at: now, why: "410".into() },
        };
        let webhooks = after.map_or_else(|| webhooks.clone(), |after| webhooks.put(&after));
        let attempt = outcome.attempt(now);
        let attempted = self.with(webhook, |delivery| (delivery.fate, delivery.last) = (fate.clone(), Some(attempt.clone())));
        Some((attempted, webhooks))
    }

    /// Records that somebody was told of the end of `webhook`.
    pub fn notice_sent(&self, webhook: &WebhookId, now: DateTime<Utc>) -> Self {
        let why = "the webhook was switched off by its failure";
        self.with(webhook, |delivery| delivery.fate = DeliveryState::GivenUp { at: now, why: why.into() })
    }
}

/// A pause with up to a tenth more, by the delivery's name, so that what failed together does not come again together.
fn spread(seconds: i64, name: &str) -> TimeDelta {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    TimeDelta::milliseconds(seconds * 1_000 + seconds * (hash % 100) as i64)
}
