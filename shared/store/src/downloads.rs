//! The download log of exports (EXP-2).

use crate::cursor::Cursor;
use crate::entity::Entity;
use crate::keys;
use crate::reads::{readable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::reports::Download;

/// The list's name in cursors.
const LIST: &str = "downloads";

impl Store {
    /// Returns at most `limit` downloads of the group's exports from `cursor` on, newest first, and the cursor of the next page, if there may be one.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn downloads(&self, scope: &Scope, cursor: Option<&str>, limit: usize) -> Result<(Vec<Download>, Option<String>), Failure> {
        let valid = |place: &str| keys::time_of(place).is_some();
        let before = cursor.map(|cursor| Cursor::place(cursor, LIST, "EXP-2", valid)).transpose()?;
        let query = self.client.query().consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(keys::downloads_partition(scope)))
            .expression_attribute_values(":before", AttributeValue::S(before.unwrap_or_else(|| "~".to_owned())))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = self.run(query).await?;
        let next = found.last_evaluated_key.as_ref().and_then(table_key).map(|key| Cursor::new(LIST, key.sk).encode());
        let downloads =
            found.items.unwrap_or_default().into_iter().filter_map(|attributes| readable(attributes, Download::from_attributes));
        Ok((downloads.collect(), next))
    }
}
