//! Reading single items, and running queries.

use crate::entity::Attributes;
use crate::keys::{Key, TableKey};
use crate::{Failure, Load, Loaded, Store};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use futures::FutureExt as _;
use std::collections::HashMap;
use std::time::Duration;

/// The number of further reads for items that [`Load::then`] names.
const FOLLOWED: usize = 8;
/// The number of keys in one request.
const BATCH: usize = 100;
/// The number of requests in a row of which DynamoDB processes no key.
const TRIES: u32 = 8;

impl Store {
    /// Reads the items of a unit with consistent reads: those of `load`, then those that [`Load::then`] names, up to eight times.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]; [`Failure::Broken`] if an item cannot be decoded, or if [`Load::then`] names further items after that.
    pub async fn load(&self, scope: &Scope, load: &Load<'_>) -> Result<Loaded, Failure> {
        let mut loaded = Loaded::default();
        self.fetch(scope, &load.keys, &mut loaded).await?;
        let named = |loaded: &Loaded| -> Vec<Key> {
            load.follow.iter().flat_map(|follow| follow(loaded)).filter(|key| !loaded.requested(key)).collect()
        };
        for _ in 0..FOLLOWED {
            let more = named(&loaded);
            if more.is_empty() {
                return Ok(loaded);
            }
            self.fetch(scope, &more, &mut loaded).await?;
        }
        if named(&loaded).is_empty() {
            return Ok(loaded);
        }
        // A rule that decided without an item would take it for missing.
        Err(Failure::Broken(format!("a unit names further items after {FOLLOWED} reads").into()))
    }

    async fn fetch(&self, scope: &Scope, wanted: &[Key], loaded: &mut Loaded) -> Result<(), Failure> {
        let mut missing: HashMap<TableKey, Key> =
            wanted.iter().filter(|key| !loaded.requested(key)).map(|key| (key.at(scope), key.clone())).collect();
        missing.values().for_each(|key| loaded.request(key.clone()));
        if missing.len() == 1 {
            let Some((table_key, key)) = missing.drain().next() else { return Ok(()) };
            if let Some(attributes) = self.get(table_key).await? {
                loaded.insert(key, attributes)?;
            }
            return Ok(());
        }
        let mut in_vain = 0;
        while !missing.is_empty() {
            let requested: Vec<TableKey> = missing.keys().take(BATCH).cloned().collect();
            let (found, left) = self.get_batch(&requested).await?;
            // An answer has at most 16 MB, so that many large items take many requests.
            in_vain = if left.len() < requested.len() { 0 } else { in_vain + 1 };
            for attributes in found {
                if let Some(key) = table_key(&attributes).and_then(|at| missing.remove(&at)) {
                    loaded.insert(key, attributes)?;
                }
            }
            // The keys that DynamoDB left unprocessed are requested again; the other missing ones do not exist.
            for at in requested.into_iter().filter(|at| !left.contains(at)) {
                missing.remove(&at);
            }
            if in_vain > TRIES {
                return Err(Failure::Unavailable("DynamoDB leaves keys unprocessed".into()));
            }
            if !left.is_empty() {
                tokio::time::sleep(Duration::from_millis(10 << in_vain)).await;
            }
        }
        Ok(())
    }

    /// Reads up to 100 items at once. Returns those found, and the keys that DynamoDB left unprocessed.
    async fn get_batch(&self, keys: &[TableKey]) -> Result<(Vec<Attributes>, Vec<TableKey>), Failure> {
        let request = keys.iter().map(|key| {
            HashMap::from([("pk".to_owned(), AttributeValue::S(key.pk.clone())), ("sk".to_owned(), AttributeValue::S(key.sk.clone()))])
        });
        let request = KeysAndAttributes::builder().set_keys(Some(request.collect())).consistent_read(true).build();
        let request = request.map_err(|e| Failure::Broken(e.into()))?;
        let batch = self.client.batch_get_item().request_items(&*self.table, request);
        let got = batch.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(unavailable)?;
        self.spent.note_read(got.consumed_capacity());
        let left = got.unprocessed_keys().and_then(|tables| tables.get(&*self.table));
        let left = left.map(|left| left.keys().iter().filter_map(table_key).collect()).unwrap_or_default();
        Ok((got.responses.unwrap_or_default().remove(&*self.table).unwrap_or_default(), left))
    }

    pub(crate) async fn get(&self, key: TableKey) -> Result<Option<Attributes>, Failure> {
        self.get_item(key, true).await
    }

    /// Returns an item for half the units of [`Store::get`]. It may lack the changes of the last moments, so no decision may use it.
    pub(crate) async fn glance(&self, key: TableKey) -> Result<Option<Attributes>, Failure> {
        self.get_item(key, false).await
    }

    async fn get_item(&self, key: TableKey, consistent: bool) -> Result<Option<Attributes>, Failure> {
        let get = self.client.get_item().table_name(&*self.table).consistent_read(consistent);
        let get = get.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
        let got = get.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(unavailable)?;
        self.spent.note_read(got.consumed_capacity());
        Ok(got.item)
    }

    /// Runs a query on the table and counts its cost.
    pub(crate) async fn run(&self, query: QueryFluentBuilder) -> Result<QueryOutput, Failure> {
        let query = query.table_name(&*self.table).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = query.send().boxed().await.map_err(unavailable)?;
        self.spent.note_read(found.consumed_capacity());
        Ok(found)
    }

    /// Runs a query page by page until `limit` items are found that can be read, or none are left. Those that cannot be read are left out.
    pub(crate) async fn run_readable<T>(
        &self,
        query: &QueryFluentBuilder,
        limit: usize,
        read: impl Fn(Attributes) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let found = self.run(query.clone().set_exclusive_start_key(start)).await?;
            all.extend(found.items.unwrap_or_default().into_iter().filter_map(|attributes| readable(attributes, &read)));
            start = found.last_evaluated_key;
            if start.is_none() || all.len() >= limit {
                all.truncate(limit);
                return Ok(all);
            }
        }
    }

    /// Runs a query page by page until at least `limit` items are found or none are left.
    pub(crate) async fn run_until(&self, query: &QueryFluentBuilder, limit: usize) -> Result<Vec<Attributes>, Failure> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let found = self.run(query.clone().set_exclusive_start_key(start)).await?;
            all.extend(found.items.unwrap_or_default());
            start = found.last_evaluated_key;
            if start.is_none() || all.len() >= limit {
                return Ok(all);
            }
        }
    }
}

/// Reads an entry of a list. One that this release cannot read is left out, so that the rest of the list can be shown.
pub(crate) fn readable<T>(attributes: Attributes, read: impl FnOnce(Attributes) -> Result<T, Failure>) -> Option<T> {
    let key = table_key(&attributes);
    read(attributes).map_err(|_| log_unreadable(key.as_ref())).ok()
}

/// Logs that an entry of a list is left out, with the key of its item, which has only ids and hashes.
///
/// The error of the decoder may quote a customer's data, so it is not logged.
pub(crate) fn log_unreadable(key: Option<&TableKey>) {
    let (pk, sk) = key.map_or(("", ""), |key| (key.pk.as_str(), key.sk.as_str()));
    tracing::warn!(pk, sk, "an entry of a list cannot be read and is left out; `forecourt migrate` prints the reason");
}

/// Returns the table key among the attributes.
pub(crate) fn table_key(attributes: &Attributes) -> Option<TableKey> {
    let text = |name| attributes.get(name).and_then(|v: &AttributeValue| v.as_s().ok()).cloned();
    Some(TableKey { pk: text("pk")?, sk: text("sk")? })
}

/// Converts an error of the SDK that is neither a conflict nor a bug.
pub(crate) fn unavailable<E, R>(error: SdkError<E, R>) -> Failure
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    Failure::Unavailable(error.into())
}
