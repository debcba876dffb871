//! Carries notices out by mail (ESC-6, MSG-1): claims a message, looks again whether it is still so and who reads it now, sends, records.

pub mod ses;
pub mod text;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::dealer::Dealer;
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
    dealer: Dealer,
    to: UserId,
}

/// Which message a claim is for.
#[derive(PartialEq)]
enum Wanted {
    /// One that goes out by itself.
    Single,
    /// Any.
    Any,
    /// One for this reader.
    For(UserId),
}

/// What a claim found.
enum Found {
    /// A message, leased.
    Claimed(Box<Claimed>),
    /// A message that waits together with others for this reader.
    Bundled(UserId),
    /// Nothing to send.
    Nothing,
}

impl Sender {
    /// A batch of wake-ups of the kind `send`.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        queue::each(&self.platform, event, async |message| self.look_at(message).await).await
    }

    async fn look_at(&self, message: SqsMessage) -> Result<String, Failure> {
        let look = queue::look(&message)?;
        match self.claim(&look, &Wanted::Single).await? {
            Found::Claimed(claimed) => self.send(&look, vec![*claimed]).await?,
            Found::Bundled(reader) => self.send_bundle(&look, &reader).await?,
            Found::Nothing => {}
        }
        Ok(look.lead.to_string())
    }

    /// The first of the notices that wait for a reader sends them all, and those that have come meanwhile; the others leave it to that one.
    async fn send_bundle(&self, look: &Look, reader: &UserId) -> Result<(), Failure> {
        let mut first = look.clone();
        loop {
            let waiting = self.platform.store.bundle(&look.scope(), reader, &look.dealer, self.platform.clock.now()).await?;
            if waiting.contains(&first) && waiting.first() != Some(&first) {
                return Ok(());
            }
            let Found::Claimed(claimed) = self.claim(&first, &Wanted::Any).await? else { return Ok(()) };
            let to = Wanted::For(claimed.to.clone());
            let mut claimed = vec![*claimed];
            for other in waiting.iter().filter(|other| **other != first).take(DIGEST - 1) {
                if let Found::Claimed(other) = self.claim(other, &to).await? {
                    claimed.push(*other);
                }
            }
            self.send(look, claimed).await?;
            let waiting = self.platform.store.bundle(&look.scope(), reader, &look.dealer, self.platform.clock.now()).await?;
            let Some(next) = waiting.into_iter().find(|next| *next != first) else { return Ok(()) };
            first = next;
        }
    }

    /// Leases a message whose time has come, or settles it without a mail.
    async fn claim(&self, look: &Look, wanted: &Wanted) -> Result<Found, Failure> {
        let cause = look.message.clone().unwrap_or_default();
        let now = self.platform.clock.now();
        let load = Load::of([Key::Message(look.lead, cause.clone()), Key::Lead(look.lead), Key::Dealer(look.dealer.clone())]);
        let rule = |loaded: &Loaded, _| {
            let (Some(message), Some(dealer)) = (loaded.message(look.lead, &cause), loaded.dealer(&look.dealer)) else {
                return Ok((None, Found::Nothing));
            };
            let lead = loaded.lead(look.lead);
            Ok(match message.claim(lead, dealer, now) {
                Some(Claim::Send(..)) if *wanted == Wanted::Single && message.bundled.is_some() => {
                    (None, Found::Bundled(message.reader.clone()))
                }
                Some(Claim::Send(_, to)) if matches!(wanted, Wanted::For(only) if *only != to) => (None, Found::Nothing),
                Some(Claim::Send(message, to)) => {
                    let decision = Decision::default().with(Item::Message(message.clone()));
                    let claimed =
                        lead.map(|lead| Found::Claimed(Box::new(Claimed { message, lead: lead.clone(), dealer: dealer.clone(), to })));
                    (Some(decision), claimed.unwrap_or(Found::Nothing))
                }
                Some(Claim::Settle(message)) => (Some(Decision::default().with(Item::Message(message))), Found::Nothing),
                None => (None, Found::Nothing),
            })
        };
        self.platform.store.decide(&look.scope(), load, rule).await
    }

    async fn send(&self, look: &Look, claimed: Vec<Claimed>) -> Result<(), Failure> {
        let Some(Claimed { to, dealer, .. }) = claimed.first() else { return Ok(()) };
        let user = self.platform.store.user(&look.group, to).await?;
        let now = self.platform.clock.now();
        let user = match &user {
            Some(user) if user.notices => user,
            Some(_) => return self.record_all(look, &claimed, |message| message.dropped(Dropped::NoticesOff, now)).await,
            None => return self.record_all(look, &claimed, |message| message.dropped(Dropped::NoReader, now)).await,
        };
        let notices: Vec<(&Message, &Lead)> = claimed.iter().map(|c| (&c.message, &c.lead)).collect();
        let mail = self.texts.mail(user, dealer, &notices, now);
        let carried = match mail {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e)),
        };
        if let Err(undelivered) = &carried {
            // The provider's words name the reader: they are kept on the message, not in the log.
            let again = matches!(undelivered, Undelivered::Later(_));
            tracing::warn!(function = self.platform.function, about = look.lead.to_string(), again, "not delivered");
        }
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
        let records = claimed.iter().map(|Claimed { message, .. }| {
            let fate = &fate;
            async move {
                let load = Load::of([Key::Message(message.lead, message.cause.clone())]);
                let rule = |loaded: &Loaded, _| {
                    let ours = loaded.message(message.lead, &message.cause).is_some_and(|stored| stored.fate == message.fate);
                    Ok((ours.then(|| Decision::default().with(Item::Message(fate(message)))), ()))
                };
                self.platform.store.decide(&look.scope(), load, rule).await
            }
        });
        // All are recorded before any failure counts: one that cannot be written must not leave the others to be sent again.
        futures::future::join_all(records).await.into_iter().collect()
    }
}
