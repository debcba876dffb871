//! Carries notices out by mail (ESC-6, MSG-1): claims a message, looks again whether it is still so and who reads it now, sends, records.

pub mod ses;
pub mod text;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::ids::UserId;
use forecourt_domain::lead::Lead;
use forecourt_domain::message::{Claim, Dropped, Message};
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::{Key, Look};
use forecourt_store::{Failure, Load, Loaded};
use std::sync::Arc;
use text::{Mail, Texts};

/// Most notices in one mail.
const DIGEST: usize = 50;

/// How a provider can fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It may go better later.
    #[error("{0}")]
    Later(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

/// What carries mail.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands a mail over; returns the provider's id of it.
    ///
    /// # Errors
    /// [`Undelivered`] says whether to try again.
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered>;
}

/// The sender.
#[derive(Clone)]
pub struct Sender {
    /// The table and the clock.
    pub platform: Platform,
    /// What carries mail.
    pub carrier: Arc<dyn Carrier>,
    /// What mails say.
    pub texts: Arc<Texts>,
}

/// A notice that the sender has claimed, and what it needs to be written.
struct Claimed {
    message: Message,
    lead: Lead,
    to: UserId,
}

impl Sender {
    /// A batch of wake-ups of the kind `send`.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        queue::each(&self.platform, event, async |message| self.look_at(message).await).await
    }

    async fn look_at(&self, message: SqsMessage) -> Result<String, Failure> {
        let look = queue::look(&message)?;
        let Some(first) = self.claim(&look, None).await? else { return Ok(look.lead.to_string()) };
        let mut claimed = vec![first];
        if let Some(Claimed { message, to, .. }) = claimed.first()
            && message.bundled
        {
            let (reader, to) = (message.reader.clone(), to.clone());
            self.gather(&look, &reader, &to, &mut claimed).await?;
        }
        self.send(&look, claimed).await?;
        Ok(look.lead.to_string())
    }

    /// Claims the other notices that wait for the same reader, to go out in the same mail.
    async fn gather(&self, look: &Look, reader: &UserId, to: &UserId, claimed: &mut Vec<Claimed>) -> Result<(), Failure> {
        let waiting = self.platform.store.bundle(&look.scope(), reader, &look.dealer, self.platform.clock.now()).await?;
        for other in waiting.iter().filter(|other| *other != look).take(DIGEST - 1) {
            claimed.extend(self.claim(other, Some(to)).await?);
        }
        Ok(())
    }

    /// Leases a message whose time has come, or settles it without a mail. With `only_to`, one for somebody else is left alone.
    async fn claim(&self, look: &Look, only_to: Option<&UserId>) -> Result<Option<Claimed>, Failure> {
        let cause = look.message.clone().unwrap_or_default();
        let now = self.platform.clock.now();
        let load = Load::of([Key::Message(look.lead, cause.clone()), Key::Lead(look.lead), Key::Dealer(look.dealer.clone())]);
        let rule = |loaded: &Loaded, _| {
            let (Some(message), Some(dealer)) = (loaded.message(look.lead, &cause), loaded.dealer(&look.dealer)) else {
                return Ok((None, None));
            };
            Ok(match message.claim(loaded.lead(look.lead), dealer, now) {
                Some(Claim::Send(_, to)) if only_to.is_some_and(|only| *only != to) => (None, None),
                Some(Claim::Send(message, to)) => {
                    let lead = loaded.lead(look.lead).cloned();
                    (Some(Decision::default().with(Item::Message(message.clone()))), lead.map(|lead| Claimed { message, lead, to }))
                }
                Some(Claim::Settle(message)) => (Some(Decision::default().with(Item::Message(message))), None),
                None => (None, None),
            })
        };
        self.platform.store.decide(&look.scope(), load, rule).await
    }

    async fn send(&self, look: &Look, claimed: Vec<Claimed>) -> Result<(), Failure> {
        let Some(to) = claimed.first().map(|c| c.to.clone()) else { return Ok(()) };
        let loaded = self.platform.store.load(&look.scope(), &Load::of([Key::User(to.clone()), Key::Dealer(look.dealer.clone())])).await?;
        let now = self.platform.clock.now();
        let (user, dealer) = match (loaded.user(&to), loaded.dealer(&look.dealer)) {
            (Some(user), Some(dealer)) if user.notices => (user, dealer),
            (Some(_), _) => return self.record_all(look, &claimed, |message| message.dropped(Dropped::NoticesOff, now)).await,
            (None, _) => return self.record_all(look, &claimed, |message| message.dropped(Dropped::NoReader, now)).await,
        };
        let notices: Vec<(&Message, &Lead)> = claimed.iter().map(|c| (&c.message, &c.lead)).collect();
        let mail = self.texts.mail(user, dealer, &notices, now);
        let carried = match mail {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e)),
        };
        let now = self.platform.clock.now();
        self.record_all(look, &claimed, |message| match &carried {
            Ok(provider_id) => message.sent(user.id.clone(), provider_id.clone(), now),
            Err(Undelivered::Later(why)) => message.failed(why.clone(), true, now),
            Err(Undelivered::Never(why)) => message.failed(why.clone(), false, now),
        })
        .await
    }

    /// Records what became of the claimed messages. One that somebody else has settled since stays as it is.
    async fn record_all(&self, look: &Look, claimed: &[Claimed], fate: impl Fn(&Message) -> Message) -> Result<(), Failure> {
        for Claimed { message, .. } in claimed {
            let load = Load::of([Key::Message(message.lead, message.cause.clone())]);
            let rule = |loaded: &Loaded, _| {
                let ours = loaded.message(message.lead, &message.cause).is_some_and(|stored| stored.fate == message.fate);
                Ok((ours.then(|| Decision::default().with(Item::Message(fate(message)))), ()))
            };
            self.platform.store.decide(&look.scope(), load, rule).await?;
        }
        Ok(())
    }
}
