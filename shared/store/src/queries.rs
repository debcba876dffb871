//! Queries: users, dealers, changes, notices to send together, due items.

use crate::commit::wake_up_of;
use crate::entity::{Attributes, Entity, row};
use crate::keys::{self, DUE_SHARDS, Key, TableKey, WakeUp, WakeUpTarget};
use crate::reads::{log_unreadable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, GroupId, UserId};
use forecourt_domain::people::{User, UserChange};
use forecourt_domain::settings::SettingsChange;
use forecourt_domain::texts::TextChange;
use std::collections::HashMap;
use std::time::Instant;

impl Store {
    /// Returns at most `limit` of the group's users after the user `after`, by their ids. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn users(&self, scope: &Scope, after: Option<&UserId>, limit: usize) -> Result<Vec<User>, Failure> {
        let query = self.named(keys::users_partition(scope), after.map(UserId::as_str));
        let query = query.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        self.run_readable(&query, limit, row).await
    }

    /// Returns the ids of all dealers of the group. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn dealers(&self, scope: &Scope) -> Result<Vec<DealerId>, Failure> {
        self.dealers_after(scope, None, usize::MAX).await
    }

    /// Returns the ids of at most `limit` dealers of the group after the dealer `after`, in order. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn dealers_after(&self, scope: &Scope, after: Option<&DealerId>, limit: usize) -> Result<Vec<DealerId>, Failure> {
        let query = self.named(keys::dealers_partition(scope), after.map(DealerId::as_str));
        let found = self.run_until(&query.set_limit(i32::try_from(limit).ok()), limit).await?;
        let id = |attributes: &Attributes| DealerId::parse(attributes.get("lsk")?.as_s().ok()?).ok();
        Ok(found.iter().filter_map(id).take(limit).collect())
    }

    /// Returns the query of the entries of a partition of the list index after a place.
    fn named(&self, partition: String, after: Option<&str>) -> QueryFluentBuilder {
        let query = self.client.query().index_name("list").key_condition_expression("lpk = :pk AND lsk > :after");
        query
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

    /// Returns at most `limit` changes of a dealer's texts before version `before`, newest first (MSG-2).
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn text_history(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<TextChange>, Failure> {
        let last = Key::TextChange(dealer.clone(), last_before(before)).at(scope);
        self.newest(last, keys::TEXT_CHANGES, limit).await
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

    /// Returns the wake-ups of at most 100 bundled notices of a dealer for `reader` that are due at `now`. They come from an index, which
    /// lags, so the caller must load each notice.
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

    /// Returns the wake-ups that are due by `until`, of all groups, earliest first: at most `limit` of each group in each shard.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn due(&self, until: DateTime<Utc>, limit: usize) -> Result<Vec<(DateTime<Utc>, WakeUp)>, Failure> {
        let mut found = self.overdue(until, limit, None).await;
        found.failures.pop().map_or(Ok(found.wake_ups), Err)
    }

    /// Reads everything that is due by `until`, of all groups, all shards in parallel, until it has read all or the time is `read_until`.
    /// It keeps at most `limit` wake-ups of each group in each shard and reads past the others, so that neither many entries of one group
    /// nor entries that cannot be read hide the rest.
    pub async fn overdue(&self, until: DateTime<Utc>, limit: usize, read_until: Option<Instant>) -> Overdue {
        let shards = (0..DUE_SHARDS).map(|shard| self.overdue_in(shard, until, limit, read_until));
        let nothing = Overdue { complete: true, ..Overdue::default() };
        let mut all = futures::future::join_all(shards).await.into_iter().fold(nothing, Overdue::and);
        all.wake_ups.sort();
        all
    }

    async fn overdue_in(&self, shard: u8, until: DateTime<Utc>, limit: usize, read_until: Option<Instant>) -> Overdue {
        let query = self.client.query().index_name("due");
        let query = query
            .key_condition_expression("dpk = :pk AND dsk <= :until")
            .expression_attribute_values(":pk", AttributeValue::S(keys::due_partition(shard)))
            .expression_attribute_values(":until", AttributeValue::S(format!("{}~", keys::stamp(until))));
        let (mut found, mut kept, mut start) = (Overdue::default(), HashMap::<GroupId, usize>::new(), None);
        loop {
            let page = match self.run(query.clone().set_exclusive_start_key(start)).await {
                Ok(page) => page,
                Err(failure) => {
                    found.failures.push(failure);
                    return found;
                }
            };
            for attributes in page.items.unwrap_or_default() {
                found.note(&attributes, &mut kept, limit);
            }
            start = page.last_evaluated_key;
            found.complete = start.is_none();
            if found.complete || read_until.is_some_and(|end| Instant::now() >= end) {
                return found;
            }
        }
    }
}

/// The number of entries of a shard that are logged because they cannot be read.
const LOGGED: usize = 10;

/// Everything that is due.
#[derive(Debug, Default)]
pub struct Overdue {
    /// The wake-ups with their due times, earliest first.
    pub wake_ups: Vec<(DateTime<Utc>, WakeUp)>,
    /// The number of entries, also of those that are not in `wake_ups`.
    pub found: usize,
    /// The number of entries that this release cannot read.
    pub unreadable: usize,
    /// The earliest due time of an entry, also of one that cannot be read. `None` if nothing is due.
    pub oldest: Option<DateTime<Utc>>,
    /// The errors of the shards that could not be read to the end.
    pub failures: Vec<Failure>,
    /// Whether everything was read.
    pub complete: bool,
}

impl Overdue {
    /// Adds an entry of the index. `kept` counts the wake-ups of each group.
    fn note(&mut self, attributes: &Attributes, kept: &mut HashMap<GroupId, usize>, limit: usize) {
        self.found += 1;
        let due = attributes.get("dsk").and_then(|place| place.as_s().ok()).and_then(|place| keys::time_of(place));
        self.oldest = self.oldest.into_iter().chain(due).min();
        let Some((due, wake_up)) = wake_up_of(attributes) else {
            self.unreadable += 1;
            if self.unreadable <= LOGGED {
                log_unreadable(table_key(attributes).as_ref());
            }
            return;
        };
        let count = kept.entry(wake_up.group.clone()).or_default();
        if *count < limit {
            *count += 1;
            self.wake_ups.push((due, wake_up));
        }
    }

    /// Adds the due items of another shard.
    fn and(mut self, other: Self) -> Self {
        self.wake_ups.extend(other.wake_ups);
        self.failures.extend(other.failures);
        Self {
            found: self.found + other.found,
            unreadable: self.unreadable + other.unreadable,
            oldest: self.oldest.into_iter().chain(other.oldest).min(),
            complete: self.complete && other.complete,
            ..self
        }
    }
}

/// Returns the last version before `version`, or the highest possible one.
pub(crate) fn last_before(version: Option<u64>) -> u64 {
    version.map_or(999_999, |version| version.saturating_sub(1))
}
