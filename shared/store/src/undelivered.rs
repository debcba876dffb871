//! A dealer's letters and notices that failed or are unclear (MSG-1).

use crate::cursor::Cursor;
use crate::entity::Attributes;
use crate::keys::{self, Key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;

impl Store {
    /// Returns the keys of at most `limit` letters and notices of a dealer that failed or are unclear, newest first, and the cursor of the
    /// next page, if there may be one. They come from an index, which lags, so the caller must load each item.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn undelivered(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Key>, Option<String>), Failure> {
        let list = format!("undelivered-{dealer}");
        let valid = |place: &str| keys::undelivered_at(place).is_some();
        let before = cursor.map(|cursor| Cursor::place(cursor, &list, "MSG-1", valid)).transpose()?;
        let query = self.client.query().index_name("list").scan_index_forward(false);
        let query = query
            .key_condition_expression("lpk = :pk AND lsk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(keys::undelivered_partition(scope, dealer)))
            .expression_attribute_values(":before", AttributeValue::S(before.unwrap_or_else(|| "~".to_owned())))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = self.run(query).await?;
        let place = |attributes: &Attributes| attributes.get("lsk").and_then(|place| place.as_s().ok()).cloned();
        let next = found.last_evaluated_key.as_ref().and_then(place).map(|place| Cursor::new(&list, place).encode());
        Ok((found.items().iter().filter_map(place).filter_map(|place| keys::undelivered_at(&place)).collect(), next))
    }
}
