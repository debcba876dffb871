//! The cache of a process: dealers, users and their subjects, partners, queue senders, webhooks and pulses, for 60 seconds.
//!
//! That is safe for dealers, since assign, escalate and send read settings fresh and recompute values of an older version. A user
//! whose rights are withdrawn keeps them for up to 60 seconds.

use crate::entity::{Attributes, Record, from_item, to_item};
use crate::keys::{self, Key};
use crate::pulse::Pulse;
use crate::reads::unavailable;
use crate::{Failure, Load, Loaded, Store, TokenName};
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId, Partner, PartnerId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::{TokenSubject, User};
use forecourt_domain::settings::Dealer;
use forecourt_domain::webhooks::Webhooks;
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LIFETIME: Duration = Duration::from_secs(60);
/// The number of entries of a kind at which all of that kind are dropped.
const MOST: usize = 10_000;

/// The condition of [`Store::put`] for an item that must not exist yet.
pub(crate) const IS_NEW: &str = "attribute_not_exists(pk)";

/// The cache of one process.
#[derive(Default)]
pub(crate) struct Cache {
    dealers: Entries<Dealer>,
    users: Entries<User>,
    subjects: Entries<TokenSubject>,
    partners: Entries<Partner>,
    senders: Entries<Sender>,
    webhooks: Entries<Webhooks>,
    /// `None` for a dealer whose pulse nobody needs.
    pulses: Entries<Option<Pulse>>,
}

/// The partner that sends to a queue under an identity (INT-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    /// The partner's group.
    pub group: GroupId,
    /// The partner's id.
    pub partner: PartnerId,
}

/// The cached values of one kind, by names that contain the group.
struct Entries<T>(Mutex<HashMap<String, (Instant, Arc<T>)>>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Entries<T> {
    fn get(&self, name: &str) -> Option<Arc<T>> {
        let entries = self.0.lock().ok()?;
        entries.get(name).filter(|(since, _)| since.elapsed() < LIFETIME).map(|(_, value)| value.clone())
    }

    /// Returns the cached value, else the one that `load` reads, which is cached then. `None` if it does not exist.
    async fn get_or_load(&self, name: String, load: impl Future<Output = Result<Option<T>, Failure>>) -> Result<Option<Arc<T>>, Failure> {
        if let Some(value) = self.get(&name) {
            return Ok(Some(value));
        }
        Ok(load.await?.map(|value| self.insert(name, value)))
    }

    fn insert(&self, name: String, value: T) -> Arc<T> {
        let value = Arc::new(value);
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= MOST {
                entries.clear();
            }
            entries.insert(name, (Instant::now(), value.clone()));
        }
        value
    }

    fn remove(&self, name: &str) {
        if let Ok(mut entries) = self.0.lock() {
            entries.remove(name);
        }
    }
}

impl Store {
    /// Returns a dealer, at most 60 seconds old; `None` if the group has no such dealer.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn dealer(&self, scope: &Scope, id: &DealerId) -> Result<Option<Arc<Dealer>>, Failure> {
        let load = async { Ok(self.load(scope, &Load::of([Key::Dealer(id.clone())])).await?.dealer(id).cloned()) };
        self.cache.dealers.get_or_load(format!("{}#{id}", scope.group()), load).await
    }

    /// Returns a user, at most 60 seconds old; `None` if the group has no such user.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn user(&self, group: &GroupId, id: &UserId) -> Result<Option<Arc<User>>, Failure> {
        let scope = Scope::keys_only(group.clone());
        let load = async { Ok(self.load(&scope, &Load::of([Key::User(id.clone())])).await?.user(id).cloned()) };
        self.cache.users.get_or_load(format!("{group}#{id}"), load).await
    }

    /// Returns those of the dealers that exist, at most 60 seconds old, in the order of `ids`. Those that are not cached are read together.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn cached_dealers(&self, scope: &Scope, ids: &[DealerId]) -> Result<Vec<Arc<Dealer>>, Failure> {
        let name = |id: &DealerId| format!("{}#{id}", scope.group());
        let cached: Vec<Option<Arc<Dealer>>> = ids.iter().map(|id| self.cache.dealers.get(&name(id))).collect();
        let others = ids.iter().zip(&cached).filter(|(_, cached)| cached.is_none()).map(|(id, _)| Key::Dealer(id.clone()));
        let loaded = self.load(scope, &Load::of(others)).await?;
        let read = |id: &DealerId| loaded.dealer(id).map(|dealer| self.cache.dealers.insert(name(id), dealer.clone()));
        Ok(ids.iter().zip(cached).filter_map(|(id, cached)| cached.or_else(|| read(id))).collect())
    }

    /// Returns those of the users that exist, at most 60 seconds old, in the order of `ids`. Those that are not cached are read together.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn cached_users(&self, scope: &Scope, ids: &[UserId]) -> Result<Vec<Arc<User>>, Failure> {
        let name = |id: &UserId| format!("{}#{id}", scope.group());
        let cached: Vec<Option<Arc<User>>> = ids.iter().map(|id| self.cache.users.get(&name(id))).collect();
        let others = ids.iter().zip(&cached).filter(|(_, cached)| cached.is_none()).map(|(id, _)| Key::User(id.clone()));
        let loaded = self.load(scope, &Load::of(others)).await?;
        let read = |id: &UserId| loaded.user(id).map(|user| self.cache.users.insert(name(id), user.clone()));
        Ok(ids.iter().zip(cached).filter_map(|(id, cached)| cached.or_else(|| read(id))).collect())
    }

    /// Returns the cached claim on a subject, by the name of its entry.
    pub(crate) fn cached_subject(&self, name: &str) -> Option<Arc<TokenSubject>> {
        self.cache.subjects.get(name)
    }

    /// Returns the claim on a subject, at most 60 seconds old, by the name of its entry.
    pub(crate) async fn subject_or_load(
        &self,
        name: String,
        load: impl Future<Output = Result<Option<TokenSubject>, Failure>>,
    ) -> Result<Option<Arc<TokenSubject>>, Failure> {
        self.cache.subjects.get_or_load(name, load).await
    }

    /// Returns a partner, at most 60 seconds old; `None` if the group has no such partner.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn partner(&self, group: &GroupId, id: &PartnerId) -> Result<Option<Arc<Partner>>, Failure> {
        let scope = Scope::keys_only(group.clone());
        let load = async { Ok(self.load(&scope, &Load::of([Key::Partner(id.clone())])).await?.partner(id).cloned()) };
        self.cache.partners.get_or_load(format!("{group}#{id}"), load).await
    }

    /// Returns the sender with the queue identity `id`, at most 60 seconds old; `None` if the identity is unknown.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn sender(&self, id: &str) -> Result<Option<Arc<Sender>>, Failure> {
        let load = async { self.get(keys::sender(id)).await?.map(from_item).transpose() };
        self.cache.senders.get_or_load(id.to_owned(), load).await
    }

    /// Returns the group's webhooks, at most 60 seconds old: a webhook may miss events of the first minute after it was created in another
    /// process.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn webhooks(&self, scope: &Scope) -> Result<Arc<Webhooks>, Failure> {
        let load = async { Ok(Some(self.load(scope, &Load::of([Key::Webhooks])).await?.webhooks())) };
        Ok(self.cache.webhooks.get_or_load(scope.group().to_string(), load).await?.unwrap_or_default())
    }

    /// Returns the pulse of a dealer, at most 60 seconds old, by the dealer's name in the cache. `None` if there is none.
    pub(crate) async fn pulse_or_load(
        &self,
        name: String,
        load: impl Future<Output = Result<Option<Pulse>, Failure>>,
    ) -> Result<Option<Pulse>, Failure> {
        let known = self.cache.pulses.get_or_load(name, async { Ok(Some(load.await?)) }).await?;
        Ok(known.and_then(|pulse| (*pulse).clone()))
    }

    /// Keeps the pulse of a dealer that this process wrote.
    pub(crate) fn keep_pulse(&self, name: String, pulse: Pulse) {
        self.cache.pulses.insert(name, Some(pulse));
    }

    /// Drops the cached items that a commit of this process changed.
    pub(crate) fn forget(&self, scope: &Scope, decision: &Decision) {
        let group = scope.group();
        for item in &decision.items {
            match item {
                Item::Dealer(dealer) => self.cache.dealers.remove(&format!("{group}#{}", dealer.id)),
                Item::User(user) => self.cache.users.remove(&format!("{group}#{}", user.id)),
                Item::TokenSubject(claim) => self.cache.subjects.remove(&format!("{group}#{}", claim.key)),
                Item::Partner(partner) => self.cache.partners.remove(&format!("{group}#{}", partner.id)),
                Item::Webhooks(_) => self.cache.webhooks.remove(group.as_str()),
                _ => {}
            }
        }
    }

    /// Writes a user of a group's file. What another release stored with the user stays.
    ///
    /// # Errors
    /// As [`Store::decide`]; [`Failure::Refused`] if tokens with the user's subject or id name another user.
    pub async fn put_user(&self, group: &GroupId, user: &User) -> Result<(), Failure> {
        self.write_user(group, user, true).await.map(|_| ())
    }

    /// Creates a user of a group's file, and changes nothing if the user is stored, even one who has left. Returns whether it was created.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn add_user(&self, group: &GroupId, user: &User) -> Result<bool, Failure> {
        self.write_user(group, user, false).await
    }

    async fn write_user(&self, group: &GroupId, user: &User, overwrite: bool) -> Result<bool, Failure> {
        let name = TokenName::new(user.token_name());
        let rule = |loaded: &Loaded, _| {
            let before = loaded.user(&user.id);
            let version = before.map_or(0, |before| before.version);
            let same = before.is_some_and(|before| *before == User { version, ..user.clone() });
            if same || (before.is_some() && !overwrite) {
                return Ok((None, false));
            }
            let item = Item::User(Box::new(User { version: version + 1, ..user.clone() }));
            let claimed = name.claim(loaded, &user.id).claimed(before, user)?;
            // A user without a subject is found by the id.
            Ok((Some(Decision::default().with(item).with_some(claimed.filter(|_| user.subject.is_some()).map(Item::TokenSubject))), true))
        };
        let load = Load::of(name.keys(&Loaded::default()).into_iter().chain([Key::User(user.id.clone())]));
        self.decide(&Scope::keys_only(group.clone()), load.then(|loaded| name.keys(loaded)), rule).await
    }

    /// Writes a partner of a group's file, and its queue identity.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn put_partner(&self, group: &GroupId, partner: &Partner, sender_id: &str) -> Result<(), Failure> {
        self.write_partner(group, partner, true).await?;
        self.put(sender_item(group, partner, sender_id)?, None).await.map(|_| ())
    }

    /// Creates a partner of a group's file and its queue identity, and changes no stored value. Returns whether something was created.
    ///
    /// # Errors
    /// As [`Store::decide`].
    pub async fn add_partner(&self, group: &GroupId, partner: &Partner, sender_id: &str) -> Result<bool, Failure> {
        let created = self.write_partner(group, partner, false).await?;
        // A start that was interrupted may have stored the partner alone.
        Ok(self.put(sender_item(group, partner, sender_id)?, Some(IS_NEW)).await? || created)
    }

    async fn write_partner(&self, group: &GroupId, partner: &Partner, overwrite: bool) -> Result<bool, Failure> {
        let rule = |loaded: &Loaded, _| {
            let before = loaded.partner(&partner.id);
            let writes = before.is_none() || (overwrite && before != Some(partner));
            Ok((writes.then(|| Decision::default().with(Item::Partner(partner.clone()))), writes))
        };
        self.decide(&Scope::keys_only(group.clone()), Load::of([Key::Partner(partner.id.clone())]), rule).await
    }

    /// Puts an item outside a decision, if the condition holds. Returns whether it was written.
    pub(crate) async fn put(&self, item: Attributes, condition: Option<&str>) -> Result<bool, Failure> {
        let condition = condition.map(str::to_owned);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item)).set_condition_expression(condition);
        match put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await {
            Ok(put) => {
                self.spent.note_write(put.consumed_capacity());
                Ok(true)
            }
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(e) => Err(unavailable(e)),
        }
    }
}

fn sender_item(group: &GroupId, partner: &Partner, sender_id: &str) -> Result<Attributes, Failure> {
    let sender = Record::of(to_item(&Sender { group: group.clone(), partner: partner.id.clone() })?);
    Ok(sender.into_attributes(keys::sender(sender_id), 1, "file"))
}
