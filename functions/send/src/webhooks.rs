//! Webhook deliveries: leased in order, signed, retried until the receiver accepts, set aside if it refuses (APT-6).

use crate::carrier::{Call, Undelivered};
use crate::mail::{Addressee, Envelope};
use crate::sender::Sender;
use forecourt_domain::base::{Actor, Subject, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::Dealer;
use forecourt_domain::webhooks::{DeliveryClaim, DeliveryOutcome, LeasedAttempt, Outgoing, Webhook, WebhookState, Webhooks, claim};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};
use futures::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

/// Time after which a wake-up starts no further deliveries; the rest waits for its own wake-up.
const MAX_DURATION: Duration = Duration::from_secs(12);
/// Maximum length of a stored error, in characters.
const MAX_ERROR: usize = 200;

/// Leased deliveries with the webhooks at that time.
struct LeasedDeliveries {
    claim: DeliveryClaim,
    outgoing: Vec<Outgoing>,
    webhooks: Webhooks,
}

impl LeasedDeliveries {
    fn at(&self, sequence: u64) -> Option<&Outgoing> {
        self.outgoing.iter().find(|outgoing| outgoing.sequence == sequence)
    }
}

impl Sender {
    /// Delivers all open events of a lead or appointment, and continues while the receivers accept them.
    pub(crate) async fn deliver_webhooks(&self, wake_up: &WakeUp, about: &Subject) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            let leased = self.lease(wake_up, about).await?;
            for (sequence, id) in &leased.claim.notify {
                self.report_switch_off(wake_up, &leased, *sequence, id).await?;
            }
            if leased.claim.send.is_empty() {
                return Ok(());
            }
            let attempts = leased.claim.send.iter().map(async |(sequence, id)| {
                let outcome = match (leased.at(*sequence), leased.webhooks.get(id)) {
                    (Some(outgoing), Some(webhook)) => self.attempt(wake_up, outgoing, webhook).await,
                    _ => return None,
                };
                if !matches!(outcome, DeliveryOutcome::Taken(_)) {
                    tracing::warn!(function = self.platform.function, about = wake_up.about(), webhook = %id, "webhook not delivered");
                }
                Some((*sequence, id.clone(), outcome))
            });
            let outcomes: Vec<_> = join_all(attempts).await.into_iter().flatten().collect();
            self.record_attempts(wake_up, about, &leased, &outcomes).await?;
            if started.elapsed() > MAX_DURATION {
                return Ok(());
            }
        }
    }

    async fn lease(&self, wake_up: &WakeUp, about: &Subject) -> Result<LeasedDeliveries, Failure> {
        let open = self.platform.store.unsettled_events(&wake_up.scope(), about).await?;
        let now = self.platform.clock.now();
        let load = Load::of(open.iter().map(|sequence| Key::Outgoing(about.clone(), *sequence)).chain([Key::Webhooks]));
        let rule = |loaded: &Loaded, _| {
            let undelivered: Vec<&Outgoing> = open.iter().filter_map(|sequence| loaded.outgoing(about, *sequence)).collect();
            let webhooks = loaded.webhooks();
            let claim = claim(&undelivered, &webhooks, now);
            let outgoing = claim.changed.clone();
            Ok((decided(claim.changed.iter().cloned()), LeasedDeliveries { claim, outgoing, webhooks }))
        };
        self.platform.store.decide(&wake_up.scope(), load, rule).await
    }

    async fn attempt(&self, wake_up: &WakeUp, outgoing: &Outgoing, webhook: &Webhook) -> DeliveryOutcome {
        let (now, signed_at) = (self.platform.clock.now(), self.platform.wall.now().timestamp());
        let webhook_id = outgoing.id(&webhook.id);
        let body = json!({"type": outgoing.event.name(), "timestamp": outgoing.at, "data": webhook.readable(&outgoing.data)}).to_string();
        let made = webhook.created.timestamp_millis();
        let scope = wake_up.scope();
        let signed = webhook.secrets(now).into_iter().filter_map(|derived| {
            let secret = self.platform.store.secret().of_webhook(&scope, webhook.id.as_str(), made, derived)?;
            Some(secret.sign(&webhook_id, &signed_at.to_string(), body.as_bytes()))
        });
        let webhook_signature = signed.collect::<Vec<_>>().join(" ");
        if webhook_signature.is_empty() {
            let why = "the key of its secret is no longer valid; rotate the secret".into();
            return DeliveryOutcome::Failed { status: None, why };
        }
        let call = Call { url: webhook.url.clone(), webhook_id, at: now, webhook_timestamp: signed_at, webhook_signature, body };
        match self.carrier.call(&call).await {
            Ok(status @ 200..=299) => DeliveryOutcome::Taken(status),
            Ok(410) => DeliveryOutcome::Gone,
            // A timeout of the receiver, or a throttled request, is temporary.
            Ok(status @ 400..=499) if !matches!(status, 408 | 429) => DeliveryOutcome::Refused(status),
            Ok(status) => DeliveryOutcome::Failed { status: Some(status), why: format!("answered {status}") },
            Err(e) => DeliveryOutcome::Failed { status: None, why: e.why().chars().take(MAX_ERROR).collect() },
        }
    }

    async fn record_attempts(
        &self,
        wake_up: &WakeUp,
        about: &Subject,
        leased: &LeasedDeliveries,
        outcomes: &[(u64, WebhookId, DeliveryOutcome)],
    ) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        let keys = outcomes.iter().map(|(sequence, ..)| Key::Outgoing(about.clone(), *sequence));
        // If recording fails, the event is sent again: use the long retry budget.
        let load = Load::of(keys.chain([Key::Webhooks])).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            let before = loaded.webhooks();
            let mut webhooks = before.clone();
            let mut after: Vec<Outgoing> = Vec::new();
            for (sequence, id, outcome) in outcomes {
                let place = after.iter().position(|outgoing| outgoing.sequence == *sequence);
                let stored = place.map(|place| after.remove(place)).or_else(|| loaded.outgoing(about, *sequence).cloned());
                let (Some(stored), Some(leased)) = (stored, leased.at(*sequence)) else { continue };
                match stored.attempted(LeasedAttempt { webhook: id, leased, outcome, at: now }, &webhooks) {
                    Some((attempted, judged)) => {
                        webhooks = judged;
                        after.push(attempted);
                    }
                    None => after.push(stored),
                }
            }
            let changed = after.into_iter().filter(|outgoing| loaded.outgoing(about, outgoing.sequence) != Some(outgoing));
            let decision = decided(changed).map(|decision| match webhooks == before {
                true => decision,
                false => decision.with(Item::Webhooks(webhooks)),
            });
            Ok((decision, ()))
        };
        self.platform.store.decide(&wake_up.scope(), load, rule).await
    }

    /// Notifies the user who created the webhook, or else the dealer's administrator, that it was switched off.
    async fn report_switch_off(&self, wake_up: &WakeUp, leased: &LeasedDeliveries, sequence: u64, id: &WebhookId) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        let (Some(outgoing), Some(webhook)) = (leased.at(sequence), leased.webhooks.get(id)) else { return Ok(()) };
        let dealer = self.platform.store.dealer(&wake_up.scope(), &wake_up.dealer).await?;
        if let (Some(dealer), WebhookState::Off { at, why }) = (dealer, &webhook.state)
            && let Some(to) = self.answerable(wake_up, webhook, &dealer).await?
        {
            let mail_id = format!("webhook-{id}-{}", at.timestamp_millis());
            let mail = self.texts.webhook_off(Envelope { id: &mail_id, to: &to, dealer: &dealer, now }, webhook, *why);
            let carried = match mail {
                Ok(mail) => self.carrier.carry(&mail).await.map(|_| ()),
                Err(e) => Err(Undelivered::Never(e.into())),
            };
            if carried.is_err_and(|undelivered| undelivered.retry() != Retry::Never) {
                // The end of the lease wakes this delivery up again.
                return Ok(());
            }
        }
        let key = Key::Outgoing(outgoing.about.clone(), sequence);
        let rule = |loaded: &Loaded, _| {
            let stored = loaded.outgoing(&outgoing.about, sequence).filter(|stored| stored.state(id) == outgoing.state(id));
            Ok((decided(stored.map(|stored| stored.notice_sent(id, now))), ()))
        };
        self.platform.store.decide(&wake_up.scope(), Load::of([key]).with_long_retry(), rule).await
    }

    async fn answerable(&self, wake_up: &WakeUp, webhook: &Webhook, dealer: &Dealer) -> Result<Option<Addressee>, Failure> {
        let maker = match &webhook.by {
            Actor::User(user) => Some(user),
            _ => None,
        };
        for id in maker.into_iter().chain([&dealer.settings.admin_user]) {
            if let Some(user) = self.platform.store.user(&wake_up.group, id).await?.filter(|user| user.is_here()) {
                return Ok(Some(Addressee::of(&user)));
            }
        }
        Ok(None)
    }
}

fn decided(outgoing: impl IntoIterator<Item = Outgoing>) -> Option<Decision> {
    let items: Vec<Item> = outgoing.into_iter().map(|outgoing| Item::Outgoing(Box::new(outgoing))).collect();
    Decision::of(items)
}
