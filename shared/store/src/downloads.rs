//! The logs of a group, newest first: downloads of exports (EXP-2), and access (ACC-1).

use crate::cursor::Cursor;
use crate::entity::Entity;
use crate::keys;
use crate::reads::{readable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::{AccessRecord, Scope};
use forecourt_domain::reports::Download;

/// A log, by its partition. Its places begin with the time.
struct Log {
    partition: String,
    /// Its name in cursors.
    list: &'static str,
    /// The rule that a refusal of a cursor names.
    rule: &'static str,
}

impl Store {
    /// Returns at most `limit` downloads of the group's exports from `cursor` on, newest first, and the cursor of the next page, if there
    /// may be one.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn downloads(&self, scope: &Scope, cursor: Option<&str>, limit: usize) -> Result<(Vec<Download>, Option<String>), Failure> {
        self.log(Log { partition: keys::downloads_partition(scope), list: "downloads", rule: "EXP-2" }, cursor, limit).await
    }

    /// Returns at most `limit` records of the group's access log, as [`Store::downloads`] does.
    ///
    /// # Errors
    /// As [`Store::downloads`].
    pub async fn access_log(
        &self,
        scope: &Scope,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccessRecord>, Option<String>), Failure> {
        self.log(Log { partition: keys::access_log_partition(scope), list: "access", rule: "ACC-1" }, cursor, limit).await
    }

    async fn log<T: Entity>(&self, log: Log, cursor: Option<&str>, limit: usize) -> Result<(Vec<T>, Option<String>), Failure> {
        let valid = |place: &str| keys::time_of(place).is_some();
        let before = cursor.map(|cursor| Cursor::place(cursor, log.list, log.rule, valid)).transpose()?;
        let query = self.client.query().consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(log.partition))
            .expression_attribute_values(":before", AttributeValue::S(before.unwrap_or_else(|| "~".to_owned())))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = self.run(query).await?;
        let next = found.last_evaluated_key.as_ref().and_then(table_key).map(|key| Cursor::new(log.list, key.sk).encode());
        let records = found.items.unwrap_or_default().into_iter().filter_map(|attributes| readable(attributes, T::from_attributes));
        Ok((records.collect(), next))
    }
}
