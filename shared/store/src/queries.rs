//! Reading more than an item: a dealer's list, notices that wait together, what is due.

use crate::commit::look;
use crate::items::Attributes;
use crate::keys::{self, DUE_SHARDS, Key, Look, Month};
use crate::reads::{table_key, unavailable};
use crate::rows::{LeadRow, row};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::dealer::{Change, Dealer};
use forecourt_domain::ids::{DealerId, InvitationId, LeadId, UserId};
use forecourt_domain::invitation::Invitation;
use forecourt_domain::user::{User, UserChange};
use futures::FutureExt as _;

/// A page of a dealer's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The leads, newest first.
    pub leads: Vec<LeadRow>,
    /// Where the next page starts; `None`: there is no more.
    pub cursor: Option<String>,
}

/// The text is not a cursor of this list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotACursor;

impl Store {
    /// At most `limit` invitations of a lead after the one named `after`, by their ids.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn invitations(
        &self,
        scope: &Scope,
        lead: LeadId,
        after: Option<&InvitationId>,
        limit: usize,
    ) -> Result<Vec<Invitation>, Failure> {
        let query = self.client.query().table_name(&*self.table).consistent_read(true).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :end")
            .expression_attribute_values(":pk", AttributeValue::S(Key::Lead(lead).at(scope).pk))
            .expression_attribute_values(":after", AttributeValue::S(keys::invitations_after(after)))
            .expression_attribute_values(":end", AttributeValue::S(format!("{}~", keys::INVITATIONS)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = found.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        found.items.unwrap_or_default().into_iter().map(crate::items::from_item).collect()
    }

    /// A page of at most `limit` leads of a dealer that `wanted` takes, newest first, from `cursor` on: back from the month of `now` to that of `since`.
    ///
    /// The month of the cursor is one read; where it does not fill the page, the eleven before it are asked at once, and so on for two years.
    /// After that, or ten times `limit` leads, the cursor goes on from there.
    ///
    /// # Errors
    /// When the table is out of reach. The inner error is for a cursor that is not one.
    pub async fn leads(
        &self,
        scope: &Scope,
        dealer: &Dealer,
        now: DateTime<Utc>,
        cursor: Option<&str>,
        limit: usize,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<Result<Listed, NotACursor>, Failure> {
        let (mut month, mut after) = match cursor.map(Place::read) {
            None => (Some(Month::of(now)), None),
            Some(Ok(place)) => (Some(place.month), place.after),
            Some(Err(e)) => return Ok(Err(e)),
        };
        let first = Month::of(dealer.since);
        let mut leads = Vec::new();
        let mut looked_at = 0;
        for at_once in [1, 11, 12] {
            let months: Vec<Month> =
                std::iter::successors(month, Month::before).take_while(|month| *month >= first).take(at_once).collect();
            let pages = months.iter().enumerate().map(|(i, month)| {
                let after = after.take_if(|_| i == 0);
                async move { self.month(scope, &dealer.id, month, after, limit).await }
            });
            let pages = futures::future::try_join_all(pages).await?;
            for (at, page) in months.iter().zip(pages) {
                let ((mut page, mut more), mut place) = (page, None);
                loop {
                    for attributes in &page {
                        let row = row(attributes)?;
                        place = attributes.get("lsk").and_then(|v| v.as_s().ok()).cloned();
                        looked_at += 1;
                        if wanted(&row) {
                            leads.push(row);
                        }
                        if leads.len() == limit {
                            return Ok(Ok(Listed { leads, cursor: Some(Place { month: at.clone(), after: place }.write()) }));
                        }
                    }
                    if !more {
                        break;
                    }
                    if looked_at >= limit * 10 {
                        return Ok(Ok(Listed { leads, cursor: Some(Place { month: at.clone(), after: place }.write()) }));
                    }
                    (page, more) = self.month(scope, &dealer.id, at, place.clone(), limit).await?;
                }
            }
            month = months.last().and_then(Month::before);
        }
        let cursor = month.filter(|month| *month >= first).map(|month| Place { month, after: None }.write());
        Ok(Ok(Listed { leads, cursor }))
    }

    /// Leads of a month, and whether there are more.
    async fn month(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        month: &Month,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Attributes>, bool), Failure> {
        let partition = keys::list_partition(scope, dealer, month);
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("list")
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        query = query.expression_attribute_values(":pk", AttributeValue::S(partition));
        query = match after {
            Some(after) => {
                query.key_condition_expression("lpk = :pk AND lsk < :after").expression_attribute_values(":after", AttributeValue::S(after))
            }
            None => query.key_condition_expression("lpk = :pk"),
        };
        let found = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        Ok((found.items.unwrap_or_default(), found.last_evaluated_key.is_some()))
    }

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
    ) -> Result<Vec<Change>, Failure> {
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

/// A place in a list: a month, and the last lead seen in it.
struct Place {
    month: Month,
    after: Option<String>,
}

impl Place {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}~{}", self.month.0, self.after.as_deref().unwrap_or_default()))
    }

    fn read(cursor: &str) -> Result<Self, NotACursor> {
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NotACursor)?;
        let (month, after) = text.split_once('~').ok_or(NotACursor)?;
        let month = Month(month.to_owned());
        if month.0.len() != 7 || month.before().is_none() || after.len() > 64 {
            return Err(NotACursor);
        }
        Ok(Self { month, after: Some(after.to_owned()).filter(|a| !a.is_empty()) })
    }
}
