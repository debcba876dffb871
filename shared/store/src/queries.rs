//! Reading more than an item: users and dealers, changes, notices that wait together, what is due.

use crate::commit::look;
use crate::items::Attributes;
use crate::keys::{self, DUE_SHARDS, Key, Look};
use crate::reads::{table_key, unavailable};
use crate::rows::row;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::people::{User, UserChange};
use forecourt_domain::settings::SettingsChange;
use futures::FutureExt as _;

impl Store {
    /// At most `limit` of the group's users after the one named `after`, by their ids. From an index, which lags.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn users(&self, scope: &Scope, after: Option<&UserId>, limit: usize) -> Result<Vec<User>, Failure> {
        let found = self.named(keys::users_partition(scope), after.map(UserId::as_str), limit).await?;
        found.iter().map(row).collect()
    }

    /// The ids of the group's dealers, at most 1,000. From an index, which lags.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn dealers(&self, scope: &Scope) -> Result<Vec<DealerId>, Failure> {
        let found = self.named(keys::dealers_partition(scope), None, 1_000).await?;
        let id = |attributes: &Attributes| DealerId::parse(attributes.get("lsk")?.as_s().ok()?).ok();
        Ok(found.iter().filter_map(id).collect())
    }

    /// What a partition of the list holds by name, after one of them.
    async fn named(&self, partition: String, after: Option<&str>, limit: usize) -> Result<Vec<Attributes>, Failure> {
        let query = self.client.query().table_name(&*self.table).index_name("list").limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let query = query
            .key_condition_expression("lpk = :pk AND lsk > :after")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":after", AttributeValue::S(after.unwrap_or("!").to_owned()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut all = Vec::new();
        let mut start = None;
        loop {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            all.extend(found.items.unwrap_or_default());
            start = found.last_evaluated_key;
            if start.is_none() || all.len() >= limit {
                all.truncate(limit);
                return Ok(all);
            }
        }
    }

    /// At most `limit` changes of a dealer's settings, newest first, before version `before` (SET-10).
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn settings_history(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<SettingsChange>, Failure> {
        let last = Key::Change(dealer.clone(), last_before(before)).at(scope);
        self.newest(last, keys::CHANGES, limit).await
    }

    /// At most `limit` changes of a user, newest first, before version `before` (SET-10).
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn user_history(&self, scope: &Scope, user: &UserId, before: Option<u64>, limit: usize) -> Result<Vec<UserChange>, Failure> {
        let last = Key::UserChange(user.clone(), last_before(before)).at(scope);
        self.newest(last, keys::CHANGES, limit).await
    }

    /// At most `limit` items of a partition whose places begin with `prefix`, backwards from `last`.
    pub(crate) async fn newest<T: for<'a> serde::Deserialize<'a>>(
        &self,
        last: keys::TableKey,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<T>, Failure> {
        let query = self.client.query().table_name(&*self.table).consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(last.pk))
            .expression_attribute_values(":from", AttributeValue::S(prefix.into()))
            .expression_attribute_values(":to", AttributeValue::S(last.sk))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            for attributes in found.items.unwrap_or_default() {
                items.push(crate::items::from_item(attributes)?);
            }
            start = found.last_evaluated_key;
            if start.is_none() || items.len() >= limit {
                items.truncate(limit);
                return Ok(items);
            }
        }
    }

    /// The notices of a dealer for `reader` that wait to go out together and are due at `now`: at most 100, from an index, so each is to be looked at again.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn bundle(&self, scope: &Scope, reader: &UserId, dealer: &DealerId, now: DateTime<Utc>) -> Result<Vec<Look>, Failure> {
        let prefix = keys::bundle_prefix(dealer);
        let query = self.client.query().table_name(&*self.table).index_name("work").limit(100);
        let query = query
            .key_condition_expression("wpk = :pk AND wsk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(keys::work_partition(scope, reader)))
            .expression_attribute_values(":from", AttributeValue::S(prefix.clone()))
            .expression_attribute_values(":to", AttributeValue::S(format!("{prefix}{}~", keys::stamp(now))));
        let found = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        let look = |attributes: &Attributes| {
            let at = table_key(attributes)?;
            let (_, lead) = at.pk.split_once("#L#")?;
            let message = at.sk.strip_prefix("M#")?.to_owned();
            Some(Look {
                kind: keys::DueKind::Send,
                group: scope.group().clone(),
                dealer: dealer.clone(),
                thing: keys::Thing::Message { lead: lead.parse().ok()?, message },
            })
        };
        Ok(found.items().iter().filter_map(look).collect())
    }

    /// What is due by `until`, in all groups: at most about `limit` a shard, earliest first. All shards are asked at once.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn due(&self, until: DateTime<Utc>, limit: usize) -> Result<Vec<(DateTime<Utc>, Look)>, Failure> {
        let shards = (0..DUE_SHARDS).map(|shard| self.due_in(shard, until, limit));
        let mut due = futures::future::try_join_all(shards).await?.concat();
        due.sort();
        Ok(due)
    }

    async fn due_in(&self, shard: u8, until: DateTime<Utc>, limit: usize) -> Result<Vec<(DateTime<Utc>, Look)>, Failure> {
        let query = self.client.query().table_name(&*self.table).index_name("due").limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let query = query
            .key_condition_expression("dpk = :pk AND dsk <= :until")
            .expression_attribute_values(":pk", AttributeValue::S(keys::due_partition(shard)))
            .expression_attribute_values(":until", AttributeValue::S(format!("{}~", keys::stamp(until))))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut due = Vec::new();
        let mut start = None;
        loop {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            due.extend(found.items().iter().filter_map(look));
            start = found.last_evaluated_key;
            if start.is_none() || due.len() >= limit {
                return Ok(due);
            }
        }
    }
}

pub(crate) fn last_before(version: Option<u64>) -> u64 {
    version.map_or(999_999, |version| version.saturating_sub(1))
}
