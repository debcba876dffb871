//! Notices to users by mail (ESC-6, MSG-1): leased, bundled into one mail, checked again, sent, recorded.

use crate::bulk;
use crate::carrier::Undelivered;
use crate::mail::{Envelope, Mail};
use crate::pool;
use crate::readers::{Reader, Redirected};
use crate::reports::Reported;
use crate::sender::Sender;
use crate::tag::{MailTags, Tagged};
use crate::texts::{NoticeReader, TextError};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Refusal, ReportKind, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::ElementKind;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{DropReason, Message, MessageClaim, MessageState, Notice, Recipient, Report};
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::people::Names;
use forecourt_store::keys::{Key, WakeUp, WakeUpTarget};
use forecourt_store::{Failure, Load, Loaded, fingerprint};

/// Maximum number of notices in one mail.
const MAX_NOTICES: usize = 25;
/// Maximum number of notices examined for one mail: messages, leads and dealer are one read. More than fit into the mail, because another
/// sender may have leased some of them.
const CANDIDATES: usize = 49;

/// A leased notice with the data to write it.
pub(crate) struct ClaimedNotice {
    pub(crate) message: Message,
    pub(crate) lead: Lead,
    pub(crate) dealer: Dealer,
    pub(crate) to: Recipient,
    /// When the notice was due.
    due: DateTime<Utc>,
}

/// The result of claiming.
enum ClaimResult {
    /// Leased messages that are sent in one mail.
    Claimed(Vec<ClaimedNotice>),
    /// A message that is sent together with others that wait for the same reader.
    Bundled(UserId),
    /// There is nothing to send.
    Nothing,
}

impl Sender {
    /// Sends a notice that is due, together with others that wait for the same reader.
    pub(crate) async fn send_notice(&self, wake_up: &WakeUp) -> Result<(), Failure> {
        let found = match self.claim_single(wake_up).await? {
            ClaimResult::Bundled(reader) => {
                let waiting = self.platform.store.bundle(&wake_up.scope(), &reader, &wake_up.dealer, self.platform.clock.now()).await?;
                let others = waiting.into_iter().filter(|other| other != wake_up).take(CANDIDATES - 1);
                let together = self.claim_together(&[wake_up.clone()].into_iter().chain(others).collect::<Vec<_>>()).await;
                match together {
                    // A notice that cannot be read must not block the others.
                    Err(Failure::Broken(_)) => self.claim_together(std::slice::from_ref(wake_up)).await?,
                    found => found?,
                }
            }
            found => found,
        };
        let ClaimResult::Claimed(mut claimed) = found else { return Ok(()) };
        match claimed.pop_if(|claimed| claimed.message.text) {
            Some(text) => self.send_reminder_text(wake_up, text).await,
            None => self.send_mail(wake_up, claimed).await,
        }
    }

    /// Leases a message that is due, or settles it without a mail. A message that is bundled with others is left unchanged.
    async fn claim_single(&self, wake_up: &WakeUp) -> Result<ClaimResult, Failure> {
        let now = self.platform.clock.now();
        let rule = |loaded: &Loaded, _| {
            let Some((message, lead, dealer)) = message_of(loaded, wake_up) else { return Ok((None, ClaimResult::Nothing)) };
            Ok(match claim(loaded, message, lead, dealer, now) {
                Some(MessageClaim::Send(..)) if message.bundled => (None, ClaimResult::Bundled(message.reader.clone())),
                Some(MessageClaim::Send(leased, to)) => {
                    let due = message.due().unwrap_or(now);
                    let claimed =
                        lead.map(|lead| ClaimedNotice { message: leased.clone(), lead: lead.clone(), dealer: dealer.clone(), to, due });
                    (Some(Decision::default().with(Item::Message(leased))), ClaimResult::Claimed(claimed.into_iter().collect()))
                }
                Some(MessageClaim::Settle(message)) => (Some(Decision::default().with(Item::Message(message))), ClaimResult::Nothing),
                None => (None, ClaimResult::Nothing),
            })
        };
        self.commit(wake_up, Load::of(keys(wake_up)).then(|loaded| assigned_key(loaded, wake_up).into_iter().collect()), rule).await
    }

    /// Leases all messages for the reader of the first one, in one transaction: of two concurrent senders one gets them. Messages that are
    /// no longer true are settled. Messages that were in a mail whose sender crashed stay in that mail.
    async fn claim_together(&self, wake_ups: &[WakeUp]) -> Result<ClaimResult, Failure> {
        let Some(first) = wake_ups.first() else { return Ok(ClaimResult::Nothing) };
        let now = self.platform.clock.now();
        let rule = |loaded: &Loaded, _| {
            let mut decision = Decision::default();
            let mut claimed: Vec<ClaimedNotice> = Vec::new();
            let mut batch: Option<Option<String>> = None;
            for (message, lead, dealer) in wake_ups.iter().filter_map(|wake_up| message_of(loaded, wake_up)) {
                match claim(loaded, message, lead, dealer, now) {
                    Some(MessageClaim::Send(leased, to)) => {
                        let due = message.due().unwrap_or(now);
                        let same_mail =
                            *batch.get_or_insert_with(|| leased.batch().map(str::to_owned)) == leased.batch().map(str::to_owned);
                        let same_reader = claimed.first().is_none_or(|first| first.to == to);
                        let fits = same_mail && same_reader && claimed.len() < MAX_NOTICES;
                        if let (true, Some(lead)) = (fits, lead) {
                            claimed.push(ClaimedNotice { message: leased, lead: lead.clone(), dealer: dealer.clone(), to, due });
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
            let found = if claimed.is_empty() { ClaimResult::Nothing } else { ClaimResult::Claimed(claimed) };
            Ok((Some(decision).filter(|decision| !decision.items.is_empty()), found))
        };
        let load = Load::of(wake_ups.iter().flat_map(keys));
        let load = load.then(|loaded| wake_ups.iter().filter_map(|wake_up| assigned_key(loaded, wake_up)).collect());
        self.commit(first, load, rule).await
    }

    async fn send_mail(&self, wake_up: &WakeUp, claimed: Vec<ClaimedNotice>) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        let drop = async |claimed: &[ClaimedNotice], why| self.record_all(wake_up, claimed, |message| message.dropped(why, now)).await;
        let id = claimed.first().and_then(|c| c.message.batch().map(str::to_owned)).unwrap_or_else(|| batch_of(&claimed));
        let Some(reader) = self.addressee(wake_up, &claimed, now).await? else {
            if let Some(first) = claimed.first() {
                self.keep_copies(wake_up, &claimed, &first.to, now).await?;
            }
            return drop(&claimed, DropReason::NoReader).await;
        };
        let repeats = |c: &ClaimedNotice| c.message.repeats_assignment(&reader.to, &c.lead, &c.dealer.settings, now);
        let (repeated, claimed): (Vec<_>, Vec<_>) = claimed.into_iter().partition(repeats);
        if !repeated.is_empty() {
            self.keep_copies(wake_up, &repeated, &reader.to, now).await?;
            drop(&repeated, DropReason::NoLongerSo).await?;
        }
        let (claimed, silent) = self.without_silent(wake_up, claimed, &reader, now).await?;
        if !silent.is_empty() {
            drop(&silent, DropReason::NoticesOff).await?;
        }
        // A notice for a supervisor is sent even with notices off; otherwise nobody would be notified (ESC-3, ESC-4, ESC-11, ESC-12).
        let (claimed, off): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|claimed| reader.notices || claimed.message.is_for_supervisor());
        let Redirected { mails, off } = self.redirected(wake_up, off, &reader, now).await?;
        if !off.is_empty() {
            // Nobody gets them now: a user outside their own hours reads them on return.
            self.keep_copies(wake_up, &off, &reader.to, now).await?;
            drop(&off, DropReason::NoticesOff).await?;
        }
        self.send_to(wake_up, &id, reader, claimed).await?;
        for (reader, claimed) in mails {
            // Each attempt makes the same mails: the id of this one depends on its reader.
            self.send_to(wake_up, &format!("{id}-{}", reader.to), reader, claimed).await?;
        }
        Ok(())
    }

    /// Sends one mail with all `claimed` notices to their reader.
    async fn send_to(&self, wake_up: &WakeUp, id: &str, reader: Reader, claimed: Vec<ClaimedNotice>) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        if claimed.is_empty() {
            return Ok(());
        }
        let Reader { to, addressee, scope, .. } = reader;
        self.keep_copies(wake_up, &claimed, &to, now).await?;
        pool::notify_assignable(&self.platform, wake_up, claimed.iter().map(|c| (&c.message, &c.lead, &c.dealer)), now).await?;
        let facts = self.facts(wake_up, &claimed, &to).await;
        // What happened during a night can make a notice about many leads needless.
        let (void, claimed): (Vec<_>, Vec<_>) = match &facts {
            Ok((_, reported)) => claimed.into_iter().partition(|one| bulk::is_void(one, reported)),
            Err(_) => (Vec::new(), claimed),
        };
        if !void.is_empty() {
            self.record_all(wake_up, &void, |message| message.dropped(DropReason::NoLongerSo, now)).await?;
        }
        let Some(ClaimedNotice { dealer, .. }) = claimed.first() else { return Ok(()) };
        let delivered = match facts {
            Ok((names, reported)) => {
                let reader = NoticeReader { to: &to, names: &names, scope: scope.as_ref(), reported: &reported };
                let tagged = if let Recipient::User(user) = &to { Some(Tagged::User(user.clone())) } else { None };
                let tags = tagged.and_then(|tagged| MailTags::of(self.platform.store.secret(), &wake_up.scope(), &tagged));
                match self.written(Envelope { id, to: &addressee, dealer, now }, &claimed, &reader) {
                    Ok(mail) => self.carrier.carry(&Mail { tags, ..mail }).await,
                    Err(e) => Err(Undelivered::Never(e.into())),
                }
            }
            // Nothing was sent: the attempt does not count as one without an answer.
            Err(e) => Err(Undelivered::Later(e.into())),
        };
        if let Err(undelivered) = &delivered {
            // The provider's message names the reader: it is stored with the notice and not logged.
            tracing::warn!(function = self.platform.function, about = wake_up.about(), retry = ?undelivered.retry(), "notice not delivered");
        }
        let now = self.platform.clock.now();
        // As with SES, only the addresses of users are reported.
        if let (Err(Undelivered::Refused(why)), Recipient::User(_)) = (&delivered, &to) {
            let report = Report::new(ReportKind::Bounced, now, Some(&why.to_string()));
            let key = self.platform.store.secret().channel(&wake_up.scope(), &addressee.address.key());
            self.report_on_user(&wake_up.scope(), &Reported { report: &report, message_id: "", address: &addressee.address, key }).await?;
        }
        if delivered.is_ok() {
            self.platform.metrics.note_lag(Metric::SendLag, claimed.iter().map(|c| c.due), now);
        }
        self.record_all(wake_up, &claimed, |message| match &delivered {
            Ok(provider_id) => message.sent(to.clone(), provider_id.clone(), now),
            // Users are notified twice rather than never.
            Err(undelivered) => message.failed(undelivered.why(), undelivered.retry(), now),
        })
        .await
    }

    /// Reads the names of the users whom notices mention, the enquiries, mails and text messages that they report, and the leads of notices
    /// about many.
    async fn facts(&self, wake_up: &WakeUp, claimed: &[ClaimedNotice], to: &Recipient) -> Result<(Names, Loaded), Failure> {
        let scope = wake_up.scope();
        let mentioned = claimed.iter().flat_map(|c| c.message.mentions(&c.lead, &c.dealer, to));
        let entry = |c: &ClaimedNotice| Some((c.lead.id, c.message.reported_entry(&c.lead)?));
        let entries = claimed.iter().filter_map(entry).map(|(lead, version)| Key::Entry(lead, version));
        let leads = claimed.iter().flat_map(|c| bulk::named(&c.message)).map(|lead| Key::Lead(*lead));
        let load = Load::of(entries.chain(leads)).then(|loaded| {
            let answer = |(lead, version)| Some((lead, loaded.entry(lead, version)?.answer()?.clone()));
            let answers = claimed.iter().filter_map(entry).filter_map(answer);
            answers.map(|(lead, element)| Key::Element(lead, ElementKind::Communication, element)).collect()
        });
        let (names, reported) = (Names::of(&self.platform, &scope, mentioned), self.platform.store.load(&scope, &load));
        tokio::try_join!(names, reported)
    }

    /// Writes one mail with the notices, and attaches the sheets of trade-in enquiries (INT-8).
    fn written(&self, envelope: Envelope<'_>, claimed: &[ClaimedNotice], reader: &NoticeReader<'_>) -> Result<Mail, TextError> {
        let notices: Vec<(&Message, &Lead)> = claimed.iter().map(|c| (&c.message, &c.lead)).collect();
        let mail = self.texts.mail(envelope, &notices, reader)?;
        let mut attachments = Vec::new();
        for ClaimedNotice { message, lead, .. } in claimed {
            let Notice::TradeIn { entry } = message.notice else { continue };
            let Some(entry) = reader.reported.entry(lead.id, entry) else { continue };
            attachments.extend(self.texts.sheet(lead, entry, envelope.dealer)?);
        }
        Ok(Mail { attachments, ..mail })
    }

    /// Commits the decision of `rule`, and counts the messages that have finally failed, for the alarm.
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
                items.filter(|item| matches!(item, Item::Message(message) if matches!(message.state, MessageState::Failed { .. }))).count();
            Ok((decision, (answer, failed)))
        };
        let (answer, failed) = self.platform.store.decide(&wake_up.scope(), load, counted).await?;
        if failed > 0 {
            self.platform.metrics.note(Metric::MailFailed, &[failed as f64], self.platform.clock.now());
        }
        Ok(answer)
    }

    /// Records the delivery states of leased messages in one transaction. A message that was settled by another sender stays unchanged.
    pub(crate) async fn record_all(
        &self,
        wake_up: &WakeUp,
        claimed: &[ClaimedNotice],
        state: impl Fn(&Message) -> Message,
    ) -> Result<(), Failure> {
        // If recording fails, the mail is sent again: use the long retry budget.
        let load = Load::of(claimed.iter().map(|c| Key::Message(c.message.lead, c.message.cause.clone()))).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            let ours =
                |message: &&Message| loaded.message(message.lead, &message.cause).is_some_and(|stored| stored.state == message.state);
            let messages: Vec<Message> = claimed.iter().map(|c| &c.message).filter(ours).map(&state).collect();
            let items = messages.into_iter().map(Item::Message).collect();
            Ok((Decision::of(items), ()))
        };
        self.commit(wake_up, load, rule).await
    }
}

/// The keys that a notice needs; none if the wake-up is not about a message.
fn keys(wake_up: &WakeUp) -> Vec<Key> {
    let WakeUpTarget::Message { lead, message } = &wake_up.target else { return Vec::new() };
    vec![Key::Message(*lead, message.clone()), Key::Lead(*lead), Key::Dealer(wake_up.dealer.clone())]
}

fn message_of<'a>(loaded: &'a Loaded, wake_up: &WakeUp) -> Option<(&'a Message, Option<&'a Lead>, &'a Dealer)> {
    let WakeUpTarget::Message { lead, message } = &wake_up.target else { return None };
    Some((loaded.message(*lead, message)?, loaded.lead(*lead), loaded.dealer(&wake_up.dealer)?))
}

/// The key of the notice of an assignment that decides whether a message is needed (DIS-7).
fn assigned_key(loaded: &Loaded, wake_up: &WakeUp) -> Option<Key> {
    let (message, lead, _) = message_of(loaded, wake_up)?;
    Some(Key::Message(message.lead, message.depends_on(lead?)?))
}

/// Claims a message, unless it is not needed because of the notice of an assignment.
fn claim(loaded: &Loaded, message: &Message, lead: Option<&Lead>, dealer: &Dealer, now: DateTime<Utc>) -> Option<MessageClaim> {
    let needless = lead.is_some_and(|lead| {
        let assigned = message.depends_on(lead).and_then(|cause| loaded.message(lead.id, &cause));
        message.is_needless(lead, assigned)
    });
    match message.claim(lead, dealer, now) {
        Some(MessageClaim::Send(..)) if needless => Some(MessageClaim::Settle(message.dropped(DropReason::NoLongerSo, now))),
        claimed => claimed,
    }
}

/// Derives the id of a mail from its messages.
fn batch_of(claimed: &[ClaimedNotice]) -> String {
    let mut names: Vec<String> = claimed.iter().map(|c| format!("{}.{}", c.message.lead, c.message.cause)).collect();
    names.sort();
    match names.as_slice() {
        [one] => one.clone(),
        many => format!("digest-{}", fingerprint(many.join(" ").as_bytes())),
    }
}
