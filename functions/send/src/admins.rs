//! Notices to the group's admins of rights that were granted (ACC-1): leased, sent to each admin, recorded.

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Mail};
use crate::sender::Sender;
use crate::texts::access;
use forecourt_domain::access::{AccessEvent, AccessRecord, AdminNoticeState};
use forecourt_domain::base::{Role, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::Retry;
use forecourt_domain::people::User;
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::people::Names;
use forecourt_store::keys::{Key, WakeUp, access_record_at};
use forecourt_store::{Failure, Load, Loaded};
use std::collections::{BTreeMap, BTreeSet};

/// Number of users in one read.
const READ_AT_ONCE: usize = 100;

impl Sender {
    /// Notifies every admin of the group who was not notified yet of a record of the access log.
    pub(crate) async fn notify_admins(&self, wake_up: &WakeUp, place: &str) -> Result<(), Failure> {
        let Some(key @ Key::AccessRecord(..)) = access_record_at(place) else { return Ok(()) };
        let now = self.platform.clock.now();
        let claim = |loaded: &Loaded, _| {
            let leased = record_of(loaded, &key).and_then(|record| record.claim(now));
            Ok((leased.clone().map(stored), leased))
        };
        let Some(leased) = self.platform.store.decide(&wake_up.scope(), Load::of([key.clone()]), claim).await? else { return Ok(()) };
        let (sent, failure) = self.mail_to_admins(wake_up, &leased).await?;
        let now = self.platform.clock.now();
        let record = |loaded: &Loaded, _| {
            // A record that another sender leased in the meantime stays unchanged.
            let after = record_of(loaded, &key).filter(|stored| **stored == leased);
            let after = after.map(|leased| leased.attempted(&sent, failure.clone(), now));
            let failed = after.as_ref().is_some_and(has_failed);
            Ok((after.map(stored), failed))
        };
        if self.platform.store.decide(&wake_up.scope(), Load::of([key.clone()]).with_long_retry(), record).await? {
            self.platform.metrics.note(Metric::MailFailed, &[1.0], now);
        }
        Ok(())
    }

    /// Sends the mails. Returns the readers whose mail was accepted, and the error of a mail that was not accepted with how to continue.
    async fn mail_to_admins(
        &self,
        wake_up: &WakeUp,
        record: &AccessRecord,
    ) -> Result<(BTreeSet<UserId>, Option<(String, Retry)>), Failure> {
        let known = record.notice.as_ref().map(|notice| notice.sent.clone()).unwrap_or_default();
        let (mut sent, mut failure) = (BTreeSet::new(), None);
        let names = Names::of(&self.platform, &wake_up.scope(), access::mentions(record)).await?;
        for (reader, to) in self.readers(wake_up, record).await?.into_iter().filter(|(reader, _)| !known.contains(reader)) {
            let now = self.platform.clock.now();
            let mail = self.texts.access(&to, record, &names, now);
            let mail = mail.map(|mail| mail.map(|mail| Mail { id: format!("access-{}-{reader}", record.id), ..mail }));
            let carried = match mail {
                Ok(Some(mail)) => self.carrier.carry(&mail).await,
                // The release that stored the record sends it, if it still runs.
                Ok(None) => Err(Undelivered::Later("the record is of another release".into())),
                Err(e) => Err(Undelivered::Never(e.into())),
            };
            match carried {
                Ok(_) => drop(sent.insert(reader)),
                Err(undelivered) => {
                    // The provider's message names the reader: it is stored with the record and not logged.
                    let retry = undelivered.retry();
                    tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "notice to an admin not delivered");
                    let error = (undelivered.why(), retry);
                    failure = Some(failure.filter(|before| weight(before) > weight(&error)).unwrap_or(error));
                }
            }
        }
        Ok((sent, failure))
    }

    /// Returns the readers of a record: the admins of the group, and an admin who was changed, at the former address.
    async fn readers(&self, wake_up: &WakeUp, record: &AccessRecord) -> Result<BTreeMap<UserId, Addressee>, Failure> {
        let admins = self.admins(wake_up).await?;
        let mut readers: BTreeMap<UserId, Addressee> = admins.iter().map(|admin| (admin.id.clone(), Addressee::of(admin))).collect();
        if let AccessEvent::AdminChanged { user, name, email, language } = &record.event {
            let former = Addressee { name: name.clone(), address: email.clone(), language: language.clone() };
            readers.insert(user.clone(), former);
        }
        Ok(readers)
    }

    /// Returns the admins of the group.
    async fn admins(&self, wake_up: &WakeUp) -> Result<Vec<User>, Failure> {
        let (mut admins, mut last) = (Vec::new(), None);
        loop {
            let found = self.platform.store.users(&wake_up.scope(), last.as_ref(), READ_AT_ONCE).await?;
            last = found.last().map(|user| user.id.clone());
            let more = found.len() == READ_AT_ONCE;
            admins.extend(found.into_iter().filter(|user| user.is_here() && user.role == Role::GroupAdmin));
            if !more {
                return Ok(admins);
            }
        }
    }
}

/// Which error of several decides: the one that permits fewer further attempts, so that no mail is repeated too often. An error that
/// permits none does not stop the others.
fn weight((_, retry): &(String, Retry)) -> u8 {
    match retry {
        Retry::Never => 0,
        Retry::Busy => 1,
        Retry::Later => 2,
        Retry::Unclear => 3,
    }
}

/// Whether the notice is not sent again, although at least one admin did not get it.
fn has_failed(record: &AccessRecord) -> bool {
    record.notice.as_ref().is_some_and(|notice| matches!(notice.state, AdminNoticeState::Failed { .. }))
}

fn record_of<'a>(loaded: &'a Loaded, key: &Key) -> Option<&'a AccessRecord> {
    let Key::AccessRecord(at, id) = key else { return None };
    loaded.access_record(*at, id)
}

fn stored(record: AccessRecord) -> Decision {
    Decision::default().with(Item::AccessRecord(Box::new(record)))
}
