//! Sessions of the console: the only items that are read before the group is known, apart from queue senders, and the only ones that are
//! written without a decision. They hold no data of a group: the tokens in them are encrypted with a key that only the browser's cookie
//! has.

use crate::cache::IS_NEW;
use crate::entity::{Attributes, Record, from_item, to_item};
use crate::keys::{self, TableKey};
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Utc};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

/// The sessions that are ended at the same time.
const TOGETHER: usize = 20;

/// The name of a session: its user and the hash of its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKey {
    /// A hash of group and user, so that all sessions of a user can be ended.
    pub owner: String,
    /// A hash of the cookie.
    pub hash: String,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    /// The encrypted tokens.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
    /// When it ends. DynamoDB deletes the item some time after that.
    pub ends: DateTime<Utc>,
}

impl SessionKey {
    fn at(&self) -> TableKey {
        keys::session(&self.owner, &self.hash)
    }
}

impl Store {
    /// Returns a session; `None` if it does not exist. The caller must check its end.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn session(&self, key: &SessionKey) -> Result<Option<StoredSession>, Failure> {
        self.get(key.at()).await?.map(from_item).transpose()
    }

    /// Returns a session for half the units of [`Store::session`]. It may have ended moments ago, so it must not show anything.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn session_glance(&self, key: &SessionKey) -> Result<Option<StoredSession>, Failure> {
        self.glance(key.at()).await?.map(from_item).transpose()
    }

    /// Stores a new session.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn save_session(&self, key: &SessionKey, session: &StoredSession) -> Result<(), Failure> {
        self.put(item(key, session)?, Some(IS_NEW)).await.map(|_| ())
    }

    /// Replaces the tokens of a session. Returns `false` if it was ended in the meantime: it stays ended.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn renew_session(&self, key: &SessionKey, session: &StoredSession) -> Result<bool, Failure> {
        self.put(item(key, session)?, Some("attribute_exists(pk)")).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn end_session(&self, key: &SessionKey) -> Result<(), Failure> {
        let TableKey { pk, sk } = key.at();
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete = delete.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
        let delete = delete.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(unavailable)?;
        self.spent.note_write(delete.consumed_capacity());
        Ok(())
    }

    /// Ends the oldest sessions of a user so that at most `most` remain. Returns their number. It reads at most 1 MB of them: a user with
    /// more has fewer after each call.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]. Those that were ended before the failure stay ended.
    pub async fn end_oldest_sessions(&self, owner: &str, most: usize) -> Result<usize, Failure> {
        let query = self.sessions_of(owner).projection_expression("sk, #ttl").expression_attribute_names("#ttl", "ttl");
        let found = self.run(query).await?;
        let ends = |item: &Attributes| item.get("ttl").and_then(|ttl| ttl.as_n().ok()).and_then(|ttl| ttl.parse::<i64>().ok());
        let mut sessions: Vec<_> = found.items().iter().filter_map(|item| Some((ends(item), hash_of(item)?))).collect();
        sessions.sort();
        let oldest = sessions.len().saturating_sub(most);
        self.end_each(owner, sessions.into_iter().take(oldest).map(|(_, hash)| hash).collect()).await
    }

    /// Ends all sessions of a user, of every browser. Returns their number.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]. Those that were ended before the failure stay ended.
    pub async fn end_sessions(&self, owner: &str) -> Result<usize, Failure> {
        let mut ended = 0;
        // A page holds far more sessions than a person has.
        loop {
            let found = self.run(self.sessions_of(owner).consistent_read(true).projection_expression("sk")).await?;
            let hashes: Vec<String> = found.items().iter().filter_map(hash_of).collect();
            if hashes.is_empty() {
                return Ok(ended);
            }
            ended += self.end_each(owner, hashes).await?;
        }
    }

    /// The query for the sessions of a user.
    fn sessions_of(&self, owner: &str) -> QueryFluentBuilder {
        let query = self.client.query().key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", AttributeValue::S(keys::session(owner, "").pk))
    }

    /// Ends these sessions of a user, several at a time. Returns their number.
    async fn end_each(&self, owner: &str, hashes: Vec<String>) -> Result<usize, Failure> {
        let ended = hashes.len();
        let keys = hashes.into_iter().map(|hash| SessionKey { owner: owner.to_owned(), hash });
        let ends = keys.map(|key| async move { self.end_session(&key).await });
        futures::stream::iter(ends).buffer_unordered(TOGETHER).try_collect::<()>().await?;
        Ok(ended)
    }
}

fn item(key: &SessionKey, session: &StoredSession) -> Result<Attributes, Failure> {
    Ok(Record::of(to_item(session)?).expiring(session.ends).into_attributes(key.at(), 1, "console"))
}

/// The hash in the key of a stored session.
fn hash_of(item: &Attributes) -> Option<String> {
    item.get("sk").and_then(|sk| sk.as_s().ok()).cloned()
}
