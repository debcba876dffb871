//! Exports, and the log of their downloads (EXP-2): written once, read page by page.

use crate::items::from_item;
use crate::keys::{self, Key};
use crate::list::NotACursor;
use crate::reads::{table_key, unavailable};
use crate::{Failure, Loaded, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forecourt_domain::access::Scope;
use forecourt_domain::base::ExportId;
use forecourt_domain::reports::{Download, Export};
use futures::FutureExt as _;

impl Loaded {
    /// An export.
    pub fn export(&self, id: &ExportId) -> Option<&Export> {
        match self.stored(&Key::Export(id.clone())) {
            Some(Stored::Export(export)) => Some(export),
            _ => None,
        }
    }
}

impl Store {
    /// At most `limit` downloads of the group's exports, newest first, from `cursor` on (EXP-2); and where the next page starts, if there may be more.
    ///
    /// # Errors
    /// When the table is out of reach. The inner error is for a cursor that is not one.
    pub async fn downloads(
        &self,
        scope: &Scope,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Result<(Vec<Download>, Option<String>), NotACursor>, Failure> {
        let before = match cursor.map(|cursor| URL_SAFE_NO_PAD.decode(cursor).map(String::from_utf8)) {
            None => "~".to_owned(),
            Some(Ok(Ok(place))) if place.len() <= 64 && keys::since_of(&place).is_some() => place,
            Some(_) => return Ok(Err(NotACursor)),
        };
        let query = self.client.query().table_name(&*self.table).consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(keys::downloads_partition(scope)))
            .expression_attribute_values(":before", AttributeValue::S(before))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = query.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        let next = found.last_evaluated_key.as_ref().and_then(table_key).map(|key| URL_SAFE_NO_PAD.encode(key.sk));
        let downloads = found.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok(Ok((downloads, next)))
    }
}
