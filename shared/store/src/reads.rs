//! Reading: single items, and what a process keeps in memory for a while.

use crate::commit::Load;
use crate::items::{Attributes, envelope, from_item, to_item};
use crate::keys::{self, Key};
use crate::loaded::Loaded;
use crate::{Failure, Store, Stored};
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId, Partner, PartnerId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::User;
use forecourt_domain::settings::Dealer;
use forecourt_domain::webhooks::Webhooks;
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long intake and authorization may work with what was read before.
///
/// Safe for dealers, since assign, escalate and send read settings fresh and compute anew what an older version left; a user whose rights are
/// taken away keeps them for so long.
const KEPT: Duration = Duration::from_secs(60);
/// How often what was read may point at more.
const FOLLOWED: usize = 4;
/// How many things of each kind are kept.
const KEPT_MOST: usize = 10_000;

/// What is kept in memory.
#[derive(Default)]
pub(crate) struct Kept {
    dealers: Mutex<Shelf<Dealer>>,
    users: Mutex<Shelf<User>>,
    partners: Mutex<Shelf<Partner>>,
    senders: Mutex<Shelf<Sender>>,
    pub(crate) webhooks: Mutex<Shelf<Webhooks>>,
}

pub(crate) type Shelf<T> = HashMap<String, (Instant, Arc<T>)>;

/// The partner that sends to a queue under an identity (INT-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    /// The partner's group.
    pub group: GroupId,
    /// Which partner.
    pub partner: PartnerId,
}

pub(crate) fn find<T>(shelf: &Mutex<Shelf<T>>, name: &str) -> Option<Arc<T>> {
    let shelf = shelf.lock().ok()?;
    shelf.get(name).filter(|(since, _)| since.elapsed() < KEPT).map(|(_, value)| value.clone())
}

pub(crate) fn keep<T>(shelf: &Mutex<Shelf<T>>, name: String, value: T) -> Arc<T> {
    let value = Arc::new(value);
    if let Ok(mut shelf) = shelf.lock() {
        if shelf.len() >= KEPT_MOST {
            shelf.clear();
        }
        shelf.insert(name, (Instant::now(), value.clone()));
    }
    value
}

impl Store {
    /// A dealer's settings, at most 60 s old. `None`: there is no such dealer in the group.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn dealer(&self, scope: &Scope, id: &DealerId) -> Result<Option<Arc<Dealer>>, Failure> {
        let name = format!("{}#{id}", scope.group());
        if let Some(dealer) = find(&self.kept.dealers, &name) {
            return Ok(Some(dealer));
        }
        match self.one(scope, Key::Dealer(id.clone())).await? {
            Some(Stored::Dealer(dealer)) => Ok(Some(keep(&self.kept.dealers, name, *dealer))),
            _ => Ok(None),
        }
    }

    /// A user, at most 60 s old. `None`: the group has no such user.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn user(&self, group: &GroupId, id: &UserId) -> Result<Option<Arc<User>>, Failure> {
        let name = format!("{group}#{id}");
        if let Some(user) = find(&self.kept.users, &name) {
            return Ok(Some(user));
        }
        match self.one(&Scope::keys_only(group.clone()), Key::User(id.clone())).await? {
            Some(Stored::User(user)) => Ok(Some(keep(&self.kept.users, name, *user))),
            _ => Ok(None),
        }
    }

    /// A partner, at most 60 s old. `None`: the group has no such partner.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn partner(&self, group: &GroupId, id: &PartnerId) -> Result<Option<Arc<Partner>>, Failure> {
        let name = format!("{group}#{id}");
        if let Some(partner) = find(&self.kept.partners, &name) {
            return Ok(Some(partner));
        }
        match self.one(&Scope::keys_only(group.clone()), Key::Partner(id.clone())).await? {
            Some(Stored::Partner(partner)) => Ok(Some(keep(&self.kept.partners, name, partner))),
            _ => Ok(None),
        }
    }

    /// Who sends to a queue under the identity `id`, at most 60 s old. `None`: nobody known.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn sender(&self, id: &str) -> Result<Option<Arc<Sender>>, Failure> {
        if let Some(sender) = find(&self.kept.senders, id) {
            return Ok(Some(sender));
        }
        let found = self.get(keys::sender(id)).await?.map(from_item).transpose()?;
        Ok(found.map(|sender| keep(&self.kept.senders, id.to_owned(), sender)))
    }

    /// Forgets the settings, users and webhooks that a commit of this process has changed.
    pub(crate) fn forget(&self, scope: &Scope, decision: &Decision) {
        for item in &decision.items {
            if let (Item::Dealer(dealer), Ok(mut shelf)) = (item, self.kept.dealers.lock()) {
                shelf.remove(&format!("{}#{}", scope.group(), dealer.id));
            }
            if let (Item::Webhooks(_), Ok(mut shelf)) = (item, self.kept.webhooks.lock()) {
                shelf.remove(scope.group().as_str());
            }
            if let (Item::User(user), Ok(mut shelf)) = (item, self.kept.users.lock()) {
                shelf.remove(&format!("{}#{}", scope.group(), user.id));
            }
        }
    }

    /// Writes a user as a group's file has it, unless it is so already.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn put_user(&self, group: &GroupId, user: &User) -> Result<(), Failure> {
        let rule = |loaded: &Loaded, _| {
            let version = loaded.user(&user.id).map_or(0, |before| before.version);
            let same = loaded.user(&user.id).is_some_and(|before| *before == User { version, ..user.clone() });
            let item = Item::User(Box::new(User { version: version + 1, ..user.clone() }));
            Ok(((!same).then(|| Decision::default().with(item)), ()))
        };
        self.decide(&Scope::keys_only(group.clone()), Load::of([Key::User(user.id.clone())]), rule).await
    }

    /// Writes a partner, and the queue identity it sends under, as the demo data has it.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn put_partner(&self, group: &GroupId, partner: &Partner, sender_id: &str) -> Result<(), Failure> {
        self.put(Key::Partner(partner.id.clone()).at(&Scope::keys_only(group.clone())), to_item(partner)?).await?;
        self.put(keys::sender(sender_id), to_item(&Sender { group: group.clone(), partner: partner.id.clone() })?).await
    }

    async fn put(&self, key: keys::TableKey, state: Attributes) -> Result<(), Failure> {
        let item = envelope(key, state, 1, "demo");
        let put =
            self.client.put_item().table_name(&*self.table).set_item(Some(item)).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let put = put.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_write(put.consumed_capacity());
        Ok(())
    }

    pub(crate) async fn one(&self, scope: &Scope, key: Key) -> Result<Option<Stored>, Failure> {
        let loaded = self.load(scope, &Load::of([key.clone()])).await?;
        Ok(loaded.stored(&key).cloned())
    }

    async fn get(&self, key: keys::TableKey) -> Result<Option<Attributes>, Failure> {
        let get =
            self.client.get_item().table_name(&*self.table).consistent_read(true).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let got = get
            .key("pk", AttributeValue::S(key.pk))
            .key("sk", AttributeValue::S(key.sk))
            .send()
            .boxed()
            .await
            .map_err(|e| unavailable(&e))?;
        self.spent.note_read(got.consumed_capacity());
        Ok(got.item)
    }

    /// Reads the items of a unit as they are now, all at once; then, where some of them point at others, those; and so on, four times at most.
    ///
    /// # Errors
    /// When the table is out of reach, or holds what this code cannot read.
    pub async fn load(&self, scope: &Scope, load: &Load<'_>) -> Result<Loaded, Failure> {
        let mut loaded = Loaded::default();
        self.fetch(scope, &load.keys, &mut loaded).await?;
        for _ in 0..FOLLOWED {
            let more = load.follow.iter().flat_map(|follow| follow(&loaded)).filter(|key| !loaded.asked(key)).collect::<Vec<_>>();
            if more.is_empty() {
                break;
            }
            self.fetch(scope, &more, &mut loaded).await?;
        }
        Ok(loaded)
    }

    async fn fetch(&self, scope: &Scope, wanted: &[Key], loaded: &mut Loaded) -> Result<(), Failure> {
        let mut missing: HashMap<keys::TableKey, Key> =
            wanted.iter().filter(|key| !loaded.asked(key)).map(|key| (key.at(scope), key.clone())).collect();
        missing.values().for_each(|key| loaded.ask(key.clone()));
        if missing.len() == 1 {
            let Some((table_key, key)) = missing.drain().next() else { return Ok(()) };
            if let Some(attributes) = self.get(table_key).await? {
                loaded.found(key, attributes)?;
            }
            return Ok(());
        }
        let mut tries = 0;
        while !missing.is_empty() {
            let request = missing.keys().take(100).map(|key| {
                HashMap::from([("pk".to_owned(), AttributeValue::S(key.pk.clone())), ("sk".to_owned(), AttributeValue::S(key.sk.clone()))])
            });
            let request = KeysAndAttributes::builder().set_keys(Some(request.collect())).consistent_read(true).build();
            let request = request.map_err(|e| Failure::Broken(e.to_string()))?;
            let asked: Vec<keys::TableKey> = missing.keys().take(100).cloned().collect();
            let batch =
                self.client.batch_get_item().request_items(&*self.table, request).return_consumed_capacity(ReturnConsumedCapacity::Total);
            let got = batch.send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(got.consumed_capacity());
            // What DynamoDB left over is asked for again; the rest of what was asked for does not exist.
            let left: Vec<keys::TableKey> = got
                .unprocessed_keys()
                .and_then(|t| t.get(&*self.table))
                .map(|k| k.keys().iter().filter_map(table_key).collect())
                .unwrap_or_default();
            for attributes in got.responses.unwrap_or_default().remove(&*self.table).unwrap_or_default() {
                let key = table_key(&attributes).and_then(|at| missing.remove(&at));
                if let Some(key) = key {
                    loaded.found(key, attributes)?;
                }
            }
            for at in asked.into_iter().filter(|at| !left.contains(at)) {
                missing.remove(&at);
            }
            tries += 1;
            if !missing.is_empty() && !left.is_empty() {
                if tries > 8 {
                    return Err(Failure::Unavailable("DynamoDB keeps leaving keys over".into()));
                }
                tokio::time::sleep(Duration::from_millis(10 << tries)).await;
            }
        }
        Ok(())
    }
}

/// The table key that attributes hold.
pub(crate) fn table_key(attributes: &Attributes) -> Option<keys::TableKey> {
    let text = |name| attributes.get(name).and_then(|v: &AttributeValue| v.as_s().ok()).cloned();
    Some(keys::TableKey { pk: text("pk")?, sk: text("sk")? })
}

/// An error of the SDK that is not the rule's nor a conflict: the table is out of reach.
pub(crate) fn unavailable<E: std::error::Error + 'static, R: std::fmt::Debug + 'static>(error: &SdkError<E, R>) -> Failure {
    Failure::Unavailable(DisplayErrorContext(error).to_string())
}
