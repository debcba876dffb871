//! Sessions of the console: the only items that are read before the group is known, apart from queue senders, and the only ones that are
//! written without a decision. They hold no data of a group: the tokens in them are encrypted with a key that only the browser's cookie has.

use crate::entity::{from_item, to_item};
use crate::keys::{self, TableKey};
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};

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

    /// Stores a session, or replaces its tokens.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn save_session(&self, key: &SessionKey, session: &StoredSession) -> Result<(), Failure> {
        let TableKey { pk, sk } = key.at();
        let mut item = to_item(session)?;
        item.insert("pk".into(), AttributeValue::S(pk));
        item.insert("sk".into(), AttributeValue::S(sk));
        item.insert("ttl".into(), AttributeValue::N(session.ends.timestamp().to_string()));
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(unavailable)?;
        self.spent.note_write(put.consumed_capacity());
        Ok(())
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

    /// Ends all sessions of a user, of every browser. Returns their number.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn end_sessions(&self, owner: &str) -> Result<usize, Failure> {
        let mut ended = 0;
        // A page holds far more sessions than a person has.
        loop {
            let query = self.client.query().table_name(&*self.table).consistent_read(true).key_condition_expression("pk = :pk");
            let query = query.expression_attribute_values(":pk", AttributeValue::S(keys::session(owner, "").pk));
            let query = query.projection_expression("sk").return_consumed_capacity(ReturnConsumedCapacity::Total);
            let found = query.send().boxed().await.map_err(unavailable)?;
            self.spent.note_read(found.consumed_capacity());
            let hashes: Vec<String> =
                found.items().iter().filter_map(|item| item.get("sk").and_then(|sk| sk.as_s().ok()).cloned()).collect();
            if hashes.is_empty() {
                return Ok(ended);
            }
            for hash in hashes {
                self.end_session(&SessionKey { owner: owner.to_owned(), hash }).await?;
                ended += 1;
            }
        }
    }
}
