//! Queries: users, dealers, changes, notices to send together, due items.

use crate::commit::wake_up_of;
use crate::entity::{Attributes, Entity, row};
use crate::keys::{self, DUE_SHARDS, Key, TableKey, WakeUp, WakeUpTarget};
use crate::reads::table_key;
use crate::{Failure, Store};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::people::{User, UserChange};
use forecourt_domain::settings::SettingsChange;

impl Store {
    /// Returns at most `limit` of the group's users after the user `after`, by their ids. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn users(&self, scope: &Scope, after: Option<&UserId>, limit: usize) -> Result<Vec<User>, Failure> {
        let query = self.named(keys::users_partition(scope), after.map(UserId::as_str), limit);
        self.run_readable(&query, limit, row).await
    }

    /// Returns the ids of the group's dealers, at most 1,000. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn dealers(&self, scope: &Scope) -> Result<Vec<DealerId>, Failure> {
        let query = self.named(keys::dealers_partition(scope), None, 1_000);
        let found = self.run_until(&query, 1_000).await?;
        let id = |attributes: &Attributes| DealerId::parse(attributes.get("lsk")?.as_s().ok()?).ok();
        Ok(found.iter().take(1_000).filter_map(id).collect())
    }

    /// Returns the query of the entries of a partition of the list index after a place.
    fn named(&self, partition: String, after: Option<&str>, limit: usize) -> QueryFluentBuilder {
        let query = self.client.query().index_name("list").limit(i32::try_from(limit).unwrap_or(i32::MAX));
        query
            .key_condition_expression("lpk = :pk AND lsk > :after")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":after", AttributeValue::S(after.unwrap_or("!").to_owned()))
    }

    /// Returns at most `limit` changes of a dealer's settings before version `before`, newest first (SET-10).
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn settings_history(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<SettingsChange>, Failure> {
        let last = Key::SettingsChange(dealer.clone(), last_before(before)).at(scope);
        self.newest(last, keys::CHANGES, limit).await
    }

    /// Returns at most `limit` changes of a user before version `before`, newest first (SET-10).
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn user_history(&self, scope: &Scope, user: &UserId, before: Option<u64>, limit: usize) -> Result<Vec<UserChange>, Failure> {
        let last = Key::UserChange(user.clone(), last_before(before)).at(scope);
        self.newest(last, keys::CHANGES, limit).await
    }

    /// Returns at most `limit` items of a partition whose places begin with `prefix`, backwards from `last`.
    pub(crate) async fn newest<T: Entity>(&self, last: TableKey, prefix: &str, limit: usize) -> Result<Vec<T>, Failure> {
        let query = self.client.query().consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(last.pk))
            .expression_attribute_values(":from", AttributeValue::S(prefix.into()))
            .expression_attribute_values(":to", AttributeValue::S(last.sk))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        self.run_readable(&query, limit, T::from_attributes).await
    }

    /// Returns the wake-ups of at most 100 bundled notices of a dealer for `reader` that are due at `now`. They come from an index, which lags, so the
    /// caller must load each notice.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn bundle(&self, scope: &Scope, reader: &UserId, dealer: &DealerId, now: DateTime<Utc>) -> Result<Vec<WakeUp>, Failure> {
        let prefix = keys::bundle_prefix(dealer);
        let query = self.client.query().index_name("work").limit(100);
        let query = query
            .key_condition_expression("wpk = :pk AND wsk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(keys::work_partition(scope, reader)))
            .expression_attribute_values(":from", AttributeValue::S(prefix.clone()))
            .expression_attribute_values(":to", AttributeValue::S(format!("{prefix}{}~", keys::stamp(now))));
        let found = self.run(query).await?;
        let wake_up = |attributes: &Attributes| {
            let at = table_key(attributes)?;
            let (_, lead) = at.pk.split_once("#L#")?;
            let message = at.sk.strip_prefix("M#")?.to_owned();
            Some(WakeUp {
                kind: keys::DueKind::Send,
                group: scope.group().clone(),
                dealer: dealer.clone(),
                target: WakeUpTarget::Message { lead: lead.parse().ok()?, message },
            })
        };
        Ok(found.items().iter().filter_map(wake_up).collect())
    }

    /// Returns the wake-ups that are due by `until`, of all groups, earliest first: about `limit` of each shard. It reads all shards in parallel.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn due(&self, until: DateTime<Utc>, limit: usize) -> Result<Vec<(DateTime<Utc>, WakeUp)>, Failure> {
        let shards = (0..DUE_SHARDS).map(|shard| self.due_in(shard, until, limit));
        let mut due = futures::future::try_join_all(shards).await?.concat();
        due.sort();
        Ok(due)
    }

    async fn due_in(&self, shard: u8, until: DateTime<Utc>, limit: usize) -> Result<Vec<(DateTime<Utc>, WakeUp)>, Failure> {
        let query = self.client.query().index_name("due").limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let query = query
            .key_condition_expression("dpk = :pk AND dsk <= :until")
            .expression_attribute_values(":pk", AttributeValue::S(keys::due_partition(shard)))
            .expression_attribute_values(":until", AttributeValue::S(format!("{}~", keys::stamp(until))));
        Ok(self.run_until(&query, limit).await?.iter().filter_map(wake_up_of).collect())
    }
}

/// Returns the last version before `version`, or the highest possible one.
pub(crate) fn last_before(version: Option<u64>) -> u64 {
    version.map_or(999_999, |version| version.saturating_sub(1))
}
