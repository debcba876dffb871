//! Notices about a dealer's open mails: once a day to the administrator, and a summary of the mails over the limit of reports (INT-7).

use crate::carrier::Undelivered;
use crate::inbox::mail_id;
use crate::mail::{Addressee, Envelope};
use crate::sender::Sender;
use crate::texts::WaitingMails;
use chrono::{DateTime, Utc};
use forecourt_domain::base::DealerId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{MailNotice, MailWatch};
use forecourt_domain::messages::Retry;
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded, MailList, MailState};

/// The most open mails that are counted. A text says that there are more.
const MOST: usize = 50;

impl Sender {
    /// Sends the notice about a dealer's open mails that is due, and plans the next one.
    pub(crate) async fn notify_of_mails(&self, wake_up: &WakeUp, id: &DealerId) -> Result<(), Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let claim = |loaded: &Loaded, _| {
            let leased = loaded.mail_watch(id).and_then(|watch| watch.claim(now)).zip(loaded.dealer(id).cloned());
            Ok((leased.as_ref().map(|((watch, _), _)| stored(watch.clone())), leased))
        };
        let load = Load::of([Key::MailWatch(id.clone()), Key::Dealer(id.clone())]);
        let Some(((leased, notice), dealer)) = self.platform.store.decide(&scope, load, claim).await? else { return Ok(()) };
        let waiting = match notice {
            MailNotice::Daily => self.unreported(wake_up, &dealer).await?,
            MailNotice::Summary(number, _) => WaitingMails { number: number as usize, more: false, limited: true },
        };
        let sent = if waiting.number == 0 { Ok(()) } else { self.mail_waiting(wake_up, &dealer, (notice, waiting), now).await? };
        let now = self.platform.clock.now();
        let record = |loaded: &Loaded, _| {
            let Some(stored_watch) = loaded.mail_watch(id).filter(|watch| watch.leased == leased.leased) else { return Ok((None, false)) };
            let missed = sent.err().and_then(|retry| MailWatch::missed(stored_watch, retry, now));
            let failed = sent.is_err() && missed.is_none();
            let calendar = &dealer.settings.calendar;
            let after = missed.unwrap_or_else(|| match notice {
                MailNotice::Daily => MailWatch::checked(stored_watch, waiting.number > 0, calendar, now),
                MailNotice::Summary(..) if failed => MailWatch::postponed(stored_watch, calendar, now),
                MailNotice::Summary(number, _) => MailWatch::summarised(stored_watch, number, now),
            });
            Ok((Some(stored(after)), failed))
        };
        let load = Load::of([Key::MailWatch(id.clone())]).with_long_retry();
        if self.platform.store.decide(&scope, load, record).await? {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(())
    }

    /// Counts the open mails of which nobody was notified, at most [`MOST`] and those of one page more. Reported mails stay open, so that
    /// any number of them can be newer. The index only finds the mails.
    async fn unreported(&self, wake_up: &WakeUp, dealer: &Dealer) -> Result<WaitingMails, Failure> {
        let scope = wake_up.scope();
        let list = MailList { dealer: &dealer.id, state: MailState::Open, from: None, until: None };
        let (mut number, mut cursor) = (0, None);
        loop {
            let (found, next) = self.platform.store.mails(&scope, list, cursor.as_deref(), MOST).await?;
            let keys = found.iter().map(|mail| Key::IncomingMail(mail.id.clone(), mail.dealer.clone()));
            let loaded = self.platform.store.load(&scope, &Load::of(keys)).await?;
            let current = found.iter().filter_map(|mail| loaded.incoming_mail(&mail.id, &mail.dealer));
            number += current.filter(|mail| mail.is_unreported()).count();
            if next.is_none() || number >= MOST {
                return Ok(WaitingMails { number, more: next.is_some(), limited: false });
            }
            cursor = next;
        }
    }

    /// Sends a notice: the summary to `unparsed_mail_to`, the daily one to the administrator or the user who stands in. It is sent even if
    /// that user's notices are off, because nobody else would learn of the mails.
    async fn mail_waiting(
        &self,
        wake_up: &WakeUp,
        dealer: &Dealer,
        (notice, waiting): (MailNotice, WaitingMails),
        now: DateTime<Utc>,
    ) -> Result<Result<(), Retry>, Failure> {
        let settings = &dealer.settings;
        let address = settings.unparsed_mail_to.as_ref().filter(|_| waiting.limited).map(|to| Addressee::at(to, dealer));
        let to = match address {
            Some(to) => Some(to),
            None => self.reader_of_bookings(wake_up, dealer, settings.recipient_for(&settings.admin_user, now)).await?,
        };
        let Some(to) = to else {
            tracing::warn!(function = self.platform.function, about = wake_up.about(), "no recipient is left for a notice of mails");
            return Ok(Err(Retry::Never));
        };
        let id = match notice {
            MailNotice::Daily => mail_id("waiting", &dealer.id, &settings.calendar.date_of(now).to_string()),
            MailNotice::Summary(_, due) => mail_id("summary", &dealer.id, &due.timestamp().to_string()),
        };
        let mail = self.texts.waiting_mails(Envelope { id: &id, to: &to, dealer, now }, waiting);
        let carried = match mail {
            Ok(mail) => self.carrier.carry(&mail).await,
            Err(e) => Err(Undelivered::Never(e.into())),
        };
        Ok(carried.map(drop).map_err(|undelivered| {
            let (function, retry) = (self.platform.function, undelivered.retry());
            tracing::warn!(function, about = wake_up.about(), ?retry, "notice of mails not delivered");
            retry
        }))
    }
}

fn stored(watch: MailWatch) -> Decision {
    Decision::default().with(Item::MailWatch(watch))
}
