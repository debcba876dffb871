//! The last mail that arrived for a dealer.

use crate::keys;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;

impl Store {
    /// Returns when the last mail arrived for a dealer. `None` if none did. It comes from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn last_mail_at(&self, scope: &Scope, dealer: &DealerId) -> Result<Option<DateTime<Utc>>, Failure> {
        let query = self.client.query().index_name("list").scan_index_forward(false).limit(1);
        let query = query.key_condition_expression("lpk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(keys::mails_partition(scope, dealer)));
        let found = self.run(query).await?;
        Ok(found.items().first().and_then(|item| item.get("lsk")?.as_s().ok()).and_then(|place| keys::time_of(place)))
    }
}
