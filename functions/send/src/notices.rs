//! Notices to our people, by mail (ESC-6, MSG-1): claimed, many in one mail, looked at again, sent, recorded.

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Attachment, Mail};
use crate::pool;
use crate::sender::Sender;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Refusal, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{DropReason, Message, MessageClaim, MessageState, Notice, Recipient};
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::{Key, WakeUp, WakeUpTarget};
use forecourt_store::{Failure, Load, Loaded, fingerprint};

/// Most notices in one mail.
const DIGEST: usize = 25;
/// Most notices that are looked at for one mail: their messages and leads and their dealer are one read. More than go in, since another
/// sender may have some of them by now.
const CANDIDATES: usize = 49;

/// A notice that the sender has claimed, and what it needs to be written.
struct Claimed {
    message: Message,
    lead: Lead,
    dealer: Dealer,
    to: Recipient,
    /// When it was to go out.
    due: DateTime<Utc>,
}

/// What a look at a message found.
enum Found {
    /// Messages, leased, that go out in one mail.
    Claimed(Vec<Claimed>),
    /// A message that goes out together with others that wait for this reader.
    Bundled(UserId),
    /// Nothing to send.
    Nothing,
}

impl Sender {
    /// Looks at a notice whose time has come.
    pub(crate) async fn notice(&self, wake_up: &WakeUp) -> Result<(), Failure> {
        let found = match self.claim_single(wake_up).await? {
            Found::Bundled(reader) => {
                let waiting = self.platform.store.bundle(&wake_up.scope(), &reader, &wake_up.dealer, self.platform.clock.now()).await?;
                let others = waiting.into_iter().filter(|other| other != wake_up).take(CANDIDATES - 1);
                let together = self.claim_together(&[wake_up.clone()].into_iter().chain(others).collect::<Vec<_>>()).await;
                match together {
                    // One that cannot be read must not hold the others back.
                    Err(Failure::Broken(_)) => self.claim_together(std::slice::from_ref(wake_up)).await?,
                    found => found?,
                }
            }
            found => found,
        };
        if let Found::Claimed(claimed) = found {
            self.send(wake_up, claimed).await?;
        }
        Ok(())
    }

    /// Leases a message whose time has come, or settles it without a mail. One that waits together with others is left as it is.
    async fn claim_single(&self, wake_up: &WakeUp) -> Result<Found, Failure> {
        let now = self.platform.clock.now();
        let rule = |loaded: &Loaded, _| {
            let Some((message, lead, dealer)) = of_look(loaded, wake_up) else { return Ok((None, Found::Nothing)) };
            Ok(match message.claim(lead, dealer, now) {
                Some(MessageClaim::Send(..)) if message.bundled => (None, Found::Bundled(message.reader.clone())),
                Some(MessageClaim::Send(leased, to)) => {
                    let due = message.due().unwrap_or(now);
                    let claimed = lead.map(|lead| Claimed { message: leased.clone(), lead: lead.clone(), dealer: dealer.clone(), to, due });
                    (Some(Decision::default().with(Item::Message(leased))), Found::Claimed(claimed.into_iter().collect()))
                }
                Some(MessageClaim::Settle(message)) => (Some(Decision::default().with(Item::Message(message))), Found::Nothing),
                None => (None, Found::Nothing),
            })
        };
        self.commit(wake_up, Load::of(keys(wake_up)), rule).await
    }

    /// Leases all of these that can go to the reader of the first one, in one commit: of two senders that meet, one gets them. What is no
    /// longer so is settled on the way. Those of a mail that was under way when its sender was lost stay in that mail.
    async fn claim_together(&self, wake_ups: &[WakeUp]) -> Result<Found, Failure> {
        let Some(first) = wake_ups.first() else { return Ok(Found::Nothing) };
        let now = self.platform.clock.now();
        let rule = |loaded: &Loaded, _| {
            let mut decision = Decision::default();
            let mut claimed: Vec<Claimed> = Vec::new();
            let mut batch: Option<Option<String>> = None;
            for (message, lead, dealer) in wake_ups.iter().filter_map(|wake_up| of_look(loaded, wake_up)) {
                match message.claim(lead, dealer, now) {
                    Some(MessageClaim::Send(leased, to)) => {
                        let due = message.due().unwrap_or(now);
                        let same_mail =
                            *batch.get_or_insert_with(|| leased.batch().map(str::to_owned)) == leased.batch().map(str::to_owned);
                        let same_reader = claimed.first().is_none_or(|first| first.to == to);
                        let fits = same_mail && same_reader && claimed.len() < DIGEST;
                        if let (true, Some(lead)) = (fits, lead) {
                            claimed.push(Claimed { message: leased, lead: lead.clone(), dealer: dealer.clone(), to, due });
                        }
                    }
                    Some(MessageClaim::Settle(message)) => decision = decision.with(Item::Message(message)),
                    None => {}
                }
            }
            let batch = batch.flatten().unwrap_or_else(|| batch_of(&claimed));
            for claimed in &mut claimed {
                claimed.message = claimed.message.in_batch(&batch);
                decision = decision.with(Item::Message(claimed.message.clone()));
            }
            let found = if claimed.is_empty() { Found::Nothing } else { Found::Claimed(claimed) };
            Ok((Some(decision).filter(|decision| !decision.items.is_empty()), found))
        };
        self.commit(first, Load::of(wake_ups.iter().flat_map(keys)), rule).await
    }

    async fn send(&self, wake_up: &WakeUp, claimed: Vec<Claimed>) -> Result<(), Failure> {
        let Some(Claimed { to, dealer, .. }) = claimed.first() else { return Ok(()) };
        let now = self.platform.clock.now();
        let drop = async |claimed: &[Claimed], why| self.record_all(wake_up, claimed, |message| message.dropped(why, now)).await;
        let (addressee, claimed) = match self.addressee(wake_up, to, dealer).await? {
            None => return drop(&claimed, DropReason::NoReader).await,
            Some((addressee, true)) => (addressee, claimed),
            Some((addressee, false)) => {
                // The supervisor of the pool is told whatever the switch says, else nobody is (ESC-11).
                let (told, rest): (Vec<_>, Vec<_>) = claimed.into_iter().partition(|c| c.message.is_of_the_pool(&c.lead, &c.dealer));
                if !rest.is_empty() {
                    drop(&rest, DropReason::NoticesOff).await?;
                }
                (addressee, told)
            }
        };
        let Some(Claimed { to, dealer, .. }) = claimed.first() else { return Ok(()) };
        pool::tell(&self.platform, wake_up, claimed.iter().map(|c| (&c.message, &c.lead, &c.dealer)), now).await?;
        let notices: Vec<(&Message, &Lead)> = claimed.iter().map(|c| (&c.message, &c.lead)).collect();
        let id = claimed.first().and_then(|c| c.message.batch().map(str::to_owned)).unwrap_or_else(|| batch_of(&claimed));
        let sheets = self.sheets(wake_up, dealer, &claimed).await?;
        let mail = self.texts.mail(id, &addressee, dealer, &notices, now);
        let carried = match mail.and_then(|mail| Ok(Mail { attachments: sheets?, ..mail })) {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e)),
        };
        if let Err(undelivered) = &carried {
            // The provider's words name the reader: they are kept on the message, not in the log.
            let again = !matches!(undelivered, Undelivered::Never(_));
            tracing::warn!(function = self.platform.function, about = wake_up.about(), again, "not delivered");
        }
        let now = self.platform.clock.now();
        if carried.is_ok() {
            self.platform.metrics.note_lag(Metric::SendLag, claimed.iter().map(|c| c.due), now);
        }
        self.record_all(wake_up, &claimed, |message| match &carried {
            Ok(provider_id) => message.sent(to.clone(), provider_id.clone(), now),
            // Better told twice than never: it is our own people who read it.
            Err(Undelivered::Later(why) | Undelivered::Unclear(why)) => message.failed(why.clone(), true, now),
            Err(Undelivered::Never(why)) => message.failed(why.clone(), false, now),
        })
        .await
    }

    /// Who reads a mail, and whether they are told of things at all. `None`: nobody is there any more.
    async fn addressee(&self, wake_up: &WakeUp, to: &Recipient, dealer: &Dealer) -> Result<Option<(Addressee, bool)>, Failure> {
        let id = match to {
            Recipient::Address(address) => return Ok(Some((Addressee::at(address, dealer), true))),
            Recipient::User(id) => id,
        };
        let user = self.platform.store.user(&wake_up.group, id).await?;
        Ok(user.filter(|user| user.is_here()).map(|user| (Addressee::of(&user), user.notices)))
    }

    /// The sheets of trade-in enquiries (INT-8).
    async fn sheets(&self, wake_up: &WakeUp, dealer: &Dealer, claimed: &[Claimed]) -> Result<Result<Vec<Attachment>, String>, Failure> {
        let mut sheets = Vec::new();
        for claimed in claimed {
            let Notice::TradeIn { entry } = claimed.message.notice else { continue };
            let (lead, version) = (claimed.lead.id, entry);
            let loaded = self.platform.store.load(&wake_up.scope(), &Load::of([Key::Entry(lead, version)])).await?;
            let Some(entry) = loaded.entry(lead, version) else { continue };
            match self.texts.sheet(&claimed.lead, entry, dealer) {
                Ok(sheet) => sheets.extend(sheet),
                Err(e) => return Ok(Err(e)),
            }
        }
        Ok(Ok(sheets))
    }

    /// Commits what `rule` decides, and counts the messages that have failed for good by it: somebody should look why.
    async fn commit<A>(
        &self,
        wake_up: &WakeUp,
        load: Load<'_>,
        mut rule: impl FnMut(&Loaded, u32) -> Result<(Option<Decision>, A), Refusal>,
    ) -> Result<A, Failure> {
        let counted = |loaded: &Loaded, attempt: u32| {
            let (decision, answer) = rule(loaded, attempt)?;
            let items = decision.iter().flat_map(|decision| &decision.items);
            let failed =
                items.filter(|item| matches!(item, Item::Message(message) if matches!(message.fate, MessageState::Failed { .. }))).count();
            Ok((decision, (answer, failed)))
        };
        let (answer, failed) = self.platform.store.decide(&wake_up.scope(), load, counted).await?;
        if failed > 0 {
            self.platform.metrics.note(Metric::MailFailed, &[failed as f64], self.platform.clock.now());
        }
        Ok(answer)
    }

    /// Records what became of the claimed messages, in one commit. One that somebody else has settled since stays as it is.
    async fn record_all(&self, wake_up: &WakeUp, claimed: &[Claimed], fate: impl Fn(&Message) -> Message) -> Result<(), Failure> {
        // What is not recorded goes out again: worth some seconds.
        let load = Load::of(claimed.iter().map(|c| Key::Message(c.message.lead, c.message.cause.clone()))).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            let ours = |message: &&Message| loaded.message(message.lead, &message.cause).is_some_and(|stored| stored.fate == message.fate);
            let messages: Vec<Message> = claimed.iter().map(|c| &c.message).filter(ours).map(&fate).collect();
            let items = messages.into_iter().map(Item::Message).collect();
            Ok((Some(Decision { items }).filter(|decision| !decision.items.is_empty()), ()))
        };
        self.commit(wake_up, load, rule).await
    }
}

/// What a look at a message needs; nothing, where it is not about a message.
fn keys(wake_up: &WakeUp) -> Vec<Key> {
    let WakeUpTarget::Message { lead, message } = &wake_up.target else { return Vec::new() };
    vec![Key::Message(*lead, message.clone()), Key::Lead(*lead), Key::Dealer(wake_up.dealer.clone())]
}

fn of_look<'a>(loaded: &'a Loaded, wake_up: &WakeUp) -> Option<(&'a Message, Option<&'a Lead>, &'a Dealer)> {
    let WakeUpTarget::Message { lead, message } = &wake_up.target else { return None };
    Some((loaded.message(*lead, message)?, loaded.lead(*lead), loaded.dealer(&wake_up.dealer)?))
}

/// A name for a mail: that of its message, or one that follows from all of them.
fn batch_of(claimed: &[Claimed]) -> String {
    let mut names: Vec<String> = claimed.iter().map(|c| format!("{}.{}", c.message.lead, c.message.cause)).collect();
    names.sort();
    match names.as_slice() {
        [one] => one.clone(),
        many => format!("digest-{}", fingerprint(many.join(" ").as_bytes())),
    }
}
