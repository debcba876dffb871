//! The readers of notices: the recipient, or the next person who reads them (DIS-4).

use crate::mail::Addressee;
use crate::notices::ClaimedNotice;
use crate::sender::Sender;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::UserId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::{Message, Recipient};
use forecourt_domain::people::User;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};
use std::sync::Arc;

/// The reader of a mail.
pub(crate) struct Reader {
    pub(crate) to: Recipient,
    pub(crate) addressee: Addressee,
    /// Whether the reader's notices are on.
    pub(crate) notices: bool,
    /// The reader's rights. `None` if the reader is an address.
    pub(crate) scope: Option<Scope>,
}

/// The notices that their recipient does not want.
pub(crate) struct Redirected {
    /// Those that somebody else gets instead, by reader.
    pub(crate) mails: Vec<(Reader, Vec<ClaimedNotice>)>,
    /// Those that nobody wants.
    pub(crate) off: Vec<ClaimedNotice>,
}

impl Reader {
    fn of(wake_up: &WakeUp, user: &User) -> Self {
        let scope = Scope::user(wake_up.group.clone(), user.clone());
        Self { to: Recipient::User(user.id.clone()), addressee: Addressee::of(user), notices: user.notices, scope: Some(scope) }
    }
}

impl Sender {
    /// The reader of a mail: the recipient or, if that user has left the group, the next user who receives all the notices. `None` if there
    /// is none.
    pub(crate) async fn addressee(
        &self,
        wake_up: &WakeUp,
        claimed: &[ClaimedNotice],
        now: DateTime<Utc>,
    ) -> Result<Option<Reader>, Failure> {
        let Some(ClaimedNotice { message, lead, to, dealer, .. }) = claimed.first() else { return Ok(None) };
        let id = match to {
            Recipient::Address(address) => {
                let addressee = Addressee::at(address, dealer);
                return Ok(Some(Reader { to: to.clone(), addressee, notices: true, scope: None }));
            }
            Recipient::User(id) => id,
        };
        let others = claimed.iter().skip(1).map(|c| c.message.goes_on_to(id, &c.lead, &c.dealer.settings, now));
        let mut next = message.goes_on_to(id, lead, &dealer.settings, now);
        for others in others {
            next.retain(|user| others.contains(user));
        }
        for id in [id.clone()].into_iter().chain(next) {
            if let Some(user) = self.user_here(wake_up, &id).await? {
                return Ok(Some(Reader::of(wake_up, &user)));
            }
        }
        Ok(None)
    }

    /// Finds other readers for notices that `reader` does not want: a substitute who has switched notices off must not keep them from
    /// everybody. Users who do not want notices of their own work get none, and neither does anybody else.
    pub(crate) async fn redirected(
        &self,
        wake_up: &WakeUp,
        unwanted: Vec<ClaimedNotice>,
        reader: &Reader,
        now: DateTime<Utc>,
    ) -> Result<Redirected, Failure> {
        let mut redirected = Redirected { mails: Vec::new(), off: Vec::new() };
        for claimed in unwanted {
            match self.wanted_by(wake_up, &claimed, reader, now).await? {
                Some(other) => match redirected.mails.iter_mut().find(|(reader, _)| reader.to == other.to) {
                    Some((_, notices)) => notices.push(claimed),
                    None => redirected.mails.push((other, vec![claimed])),
                },
                None => redirected.off.push(claimed),
            }
        }
        Ok(redirected)
    }

    /// Returns the next user with notices on to whom the notice goes on. `None` if there is none, or if `reader` is not a substitute.
    async fn wanted_by(
        &self,
        wake_up: &WakeUp,
        claimed: &ClaimedNotice,
        reader: &Reader,
        now: DateTime<Utc>,
    ) -> Result<Option<Reader>, Failure> {
        let ClaimedNotice { message, lead, dealer, .. } = claimed;
        let Recipient::User(gone) = &reader.to else { return Ok(None) };
        if message.meant_for(lead, &dealer.settings) == gone {
            return Ok(None);
        }
        for id in message.goes_on_to(gone, lead, &dealer.settings, now) {
            if let Some(user) = self.user_here(wake_up, &id).await?.filter(|user| user.notices) {
                return Ok(Some(Reader::of(wake_up, &user)));
            }
        }
        Ok(None)
    }

    /// Splits off the notices that nobody gets: those of users who are outside their own weekly hours and have switched notices off.
    pub(crate) async fn without_silent(
        &self,
        wake_up: &WakeUp,
        claimed: Vec<ClaimedNotice>,
        reader: &Reader,
        now: DateTime<Utc>,
    ) -> Result<(Vec<ClaimedNotice>, Vec<ClaimedNotice>), Failure> {
        let (mut wanted, mut silent) = (Vec::new(), Vec::new());
        for notice in claimed {
            let (message, settings) = (&notice.message, &notice.dealer.settings);
            let copy = message.copy_for_return(&notice.lead, settings, &reader.to, now).filter(|_| !message.is_for_supervisor());
            let user = match copy {
                Some(copy) => self.user_here(wake_up, &copy.reader).await?,
                None => None,
            };
            if user.is_some_and(|user| !user.notices) { silent.push(notice) } else { wanted.push(notice) }
        }
        Ok((wanted, silent))
    }

    /// Keeps a copy of each notice for a user who is outside their own weekly hours, while `to` gets it in their place.
    pub(crate) async fn keep_copies(
        &self,
        wake_up: &WakeUp,
        claimed: &[ClaimedNotice],
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let copy = |c: &ClaimedNotice| c.message.copy_for_return(&c.lead, &c.dealer.settings, to, now);
        let copies: Vec<Message> = claimed.iter().filter_map(copy).collect();
        if copies.is_empty() {
            return Ok(());
        }
        let keys = copies.iter().map(|copy| Key::Message(copy.lead, copy.cause.clone()));
        let rule = |loaded: &Loaded, _| {
            let new = copies.iter().filter(|copy| loaded.message(copy.lead, &copy.cause).is_none());
            let items: Vec<Item> = new.cloned().map(Item::Message).collect();
            Ok((Decision::of(items), ()))
        };
        self.platform.store.decide(&wake_up.scope(), Load::of(keys).with_long_retry(), rule).await
    }

    /// Returns a user who still belongs to the group.
    pub(crate) async fn user_here(&self, wake_up: &WakeUp, id: &UserId) -> Result<Option<Arc<User>>, Failure> {
        Ok(self.platform.store.user(&wake_up.group, id).await?.filter(|user| user.is_here()))
    }
}
