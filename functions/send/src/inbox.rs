//! Messages about an incoming mail: the copy to `forward_to`, and the report to `unparsed_mail_to` (SET-4, INT-7): leased, sent, recorded.

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Attachment, Envelope, Mail, RFC822};
use crate::sender::Sender;
use crate::texts::Original;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{Budget, DealerId, Email, Usage};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{FORWARDS, IncomingMail, MailClaim, MailStep, MailStepKind, MailStepState, MailWatch, REPORTS};
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// The largest mail that is attached, in bytes. For a larger one there is only the link.
pub const MAX_ATTACHED: u64 = 5 * 1_048_576;
/// How long a copy waits at most for the limit of the hour: as long as it is retried after failures (MSG-1).
const LONGEST_WAIT: TimeDelta = TimeDelta::days(3);

/// A leased message about a mail, with the data to write it.
struct ClaimedStep {
    mail: IncomingMail,
    kind: MailStepKind,
    dealer: Dealer,
    to: Email,
    due: Option<DateTime<Utc>>,
}

impl Sender {
    /// Sends the message about a mail that is due, and records its delivery state. A second one gets a wake-up of its own.
    pub(crate) async fn send_about_mail(&self, wake_up: &WakeUp, key: &Key) -> Result<(), Failure> {
        let Some(claimed) = self.claim_step(wake_up, key).await? else { return Ok(()) };
        let now = self.platform.clock.now();
        let delivered = self.deliver_step(&claimed, now).await;
        if let Err(undelivered) = &delivered {
            // The provider's message names the reader: it is stored with the mail and not logged.
            let (function, retry) = (self.platform.function, undelivered.retry());
            tracing::warn!(function, about = wake_up.about(), ?retry, "message about a mail not delivered");
        } else {
            self.platform.metrics.note_lag(Metric::SendLag, claimed.due, now);
        }
        let now = self.platform.clock.now();
        let (kind, dealer) = (claimed.kind, &claimed.dealer);
        // The outcome is applied to the stored mail: a user may have decided about it meanwhile.
        let after = |stored: &IncomingMail| match &delivered {
            Ok(provider_id) => stored.step_sent(kind, provider_id.clone(), now),
            Err(undelivered) => stored.step_failed(kind, undelivered.why(), undelivered.retry(), now),
        };
        let rule = |loaded: &Loaded, _| {
            let stored = mail_of(loaded, key).filter(|stored| stored.step(kind) == claimed.mail.step(kind));
            let Some(after) = stored.map(after) else { return Ok((None, false)) };
            let failed = after.step(kind).is_some_and(has_failed);
            Ok((Some(settled(after, dealer, loaded, now)), failed))
        };
        let load = Load::of([key.clone(), Key::MailWatch(dealer.id.clone())]).with_long_retry();
        if self.platform.store.decide(&wake_up.scope(), load, rule).await? {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(())
    }

    async fn claim_step(&self, wake_up: &WakeUp, key: &Key) -> Result<Option<ClaimedStep>, Failure> {
        let (now, scope, dealer) = (self.platform.clock.now(), wake_up.scope(), &wake_up.dealer);
        let budget = |kind: MailStepKind| {
            let name = self.platform.store.secret().name(&scope, &["budget", "mails", kind.name(), dealer.as_str()]);
            (name, if kind == MailStepKind::Report { REPORTS } else { FORWARDS })
        };
        let load = Load::of([key.clone(), Key::Dealer(dealer.clone()), Key::MailWatch(dealer.clone())]).then(|loaded| {
            mail_of(loaded, key).and_then(|mail| mail.due_step(now)).map(|kind| Key::Usage(budget(kind).0)).into_iter().collect()
        });
        let rule = |loaded: &Loaded, _| {
            let (Some(mail), Some(dealer)) = (mail_of(loaded, key), loaded.dealer(dealer)) else { return Ok((None, (None, false))) };
            let Some(kind) = mail.due_step(now) else { return Ok((None, (None, false))) };
            let due = mail.step(kind).and_then(|step| step.due);
            let (leased, to) = match mail.claim_step(kind, &dealer.settings, now) {
                None => return Ok((None, (None, false))),
                Some(MailClaim::Settle(after)) => {
                    let failed = after.step(kind).is_some_and(has_failed);
                    return Ok((Some(settled(*after, dealer, loaded, now)), (None, failed)));
                }
                Some(MailClaim::Send(leased, to)) => (*leased, to),
            };
            let (name, budget) = budget(kind);
            let (decision, sends, failed) = match share(&leased, kind, (&name, budget), loaded, now) {
                Share::Taken(usage) => (stored(leased.counted(kind)).with_some(usage.map(Item::Usage)), true, false),
                Share::Later(usage, from) => (stored(leased.counted(kind).step_waiting(kind, from)).with(Item::Usage(usage)), false, false),
                Share::None if kind == MailStepKind::Report => {
                    let watch = MailWatch::over_limit(loaded.mail_watch(&dealer.id), &dealer.id, now);
                    (stored(leased.report_over_limit(now)).with(Item::MailWatch(watch)), false, false)
                }
                Share::None => {
                    let why = "the limit of copies of the dealer's mails is used up for three days (SET-12)".to_owned();
                    (settled(leased.step_failed(kind, why, Retry::Never, now), dealer, loaded, now), false, true)
                }
            };
            let claimed = sends.then(|| ClaimedStep { mail: leased.counted(kind), kind, dealer: dealer.clone(), to, due });
            Ok((Some(decision), (claimed, failed)))
        };
        let (claimed, failed) = self.platform.store.decide(&scope, load, rule).await?;
        if failed {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(claimed)
    }

    async fn deliver_step(&self, claimed: &ClaimedStep, now: DateTime<Utc>) -> Result<String, Undelivered> {
        let ClaimedStep { mail, kind, dealer, to, .. } = claimed;
        let (original, raw) = self.original(mail).await?;
        let to = Addressee::at(to, dealer);
        let id = mail_id(kind.name(), &dealer.id, mail.id.as_str());
        let envelope = Envelope { id: &id, to: &to, dealer, now };
        let written = match kind {
            MailStepKind::Forward => self.texts.forward(envelope, mail, original),
            MailStepKind::Report => self.texts.report(envelope, mail, original),
        };
        let written = written.map_err(|e| Undelivered::Never(e.into()))?;
        let attached = raw.map(|content| Attachment { name: "mail.eml".into(), media_type: RFC822.into(), content });
        self.carrier.carry(&Mail { attachments: attached.into_iter().collect(), ..written }).await
    }

    /// Reads the raw mail, if it may be attached.
    async fn original(&self, mail: &IncomingMail) -> Result<(Original, Option<Vec<u8>>), Undelivered> {
        if mail.has_virus() {
            return Ok((Original::Virus, None));
        }
        if mail.bytes > MAX_ATTACHED {
            return Ok((Original::TooLarge, None));
        }
        let raw = self.platform.files.get(&mail.object).await.map_err(|e| Undelivered::Later(e.into()))?;
        Ok(match raw {
            Some(raw) if raw.len() as u64 > MAX_ATTACHED => (Original::TooLarge, None),
            Some(raw) => (Original::Attached, Some(raw)),
            None => (Original::Expired, None),
        })
    }
}

/// Returns the id of a mail of the inbox: the same for each attempt. Its beginning marks mails of the system that come back.
pub(crate) fn mail_id(kind: &str, dealer: &DealerId, about: &str) -> String {
    format!("inbox-{kind}-{dealer}-{about}")
}

/// The share of a message in the limit of the hour.
enum Share {
    /// It has its share now.
    Taken(Option<Usage>),
    /// It waits for its share of a later hour.
    Later(Usage, DateTime<Utc>),
    /// It gets none.
    None,
}

fn share(mail: &IncomingMail, kind: MailStepKind, (name, budget): (&str, Budget), loaded: &Loaded, now: DateTime<Utc>) -> Share {
    if mail.step(kind).is_some_and(|step| step.counted) {
        return Share::Taken(None);
    }
    let (usage, from) = Usage::take(loaded.usage(name), name, budget, now);
    match kind {
        _ if from <= now => Share::Taken(Some(usage)),
        MailStepKind::Forward if from - now <= LONGEST_WAIT => Share::Later(usage, from),
        MailStepKind::Forward | MailStepKind::Report => Share::None,
    }
}

/// Stores a mail. If nobody is notified of it now, the daily notice of the administrator starts.
fn settled(mail: IncomingMail, dealer: &Dealer, loaded: &Loaded, now: DateTime<Utc>) -> Decision {
    let started = || MailWatch::started(loaded.mail_watch(&dealer.id), &dealer.id, &dealer.settings.calendar, now);
    let watch = if mail.is_unreported() { started() } else { None };
    stored(mail).with_some(watch.map(Item::MailWatch))
}

fn stored(mail: IncomingMail) -> Decision {
    Decision::default().with(Item::IncomingMail(Box::new(mail)))
}

fn mail_of<'a>(loaded: &'a Loaded, key: &Key) -> Option<&'a IncomingMail> {
    let Key::IncomingMail(id, dealer) = key else { return None };
    loaded.incoming_mail(id, dealer)
}

fn has_failed(step: &MailStep) -> bool {
    matches!(step.state, MailStepState::Failed { .. })
}
