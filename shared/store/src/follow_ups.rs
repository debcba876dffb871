//! Lists and counts of follow-ups (FUP-1).

use crate::cursor::Cursor;
use crate::entity::{Attributes, Entity};
use crate::keys::{self, FollowUpList};
use crate::reads::{readable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, ContactChannel, DealerId, FollowUpId};
use forecourt_domain::follow_up::FollowUp;

/// The most reads for a page of a list. A read is a megabyte, about a thousand follow-ups.
const READS: usize = 8;

/// The page of a list that is requested.
#[derive(Debug, Clone, Copy)]
pub struct FollowUpQuery<'a> {
    /// The dealer.
    pub dealer: &'a DealerId,
    /// The list.
    pub list: FollowUpList,
    /// Only follow-ups that are on the list at this time. `None` includes those that wait.
    pub by: Option<DateTime<Utc>>,
    /// The cursor of the page before.
    pub cursor: Option<&'a str>,
    /// The highest number of follow-ups on the page.
    pub limit: usize,
}

impl Store {
    /// Returns a page of the follow-ups of a list that `wanted` accepts, in the order in which they are worked, and the cursor of the next
    /// page, if there may be one. They come from an index, which lags, and lack history, contacts and notes. With a filter that accepts few
    /// of many, a page can be short although there are more.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn follow_ups(
        &self,
        scope: &Scope,
        page: FollowUpQuery<'_>,
        wanted: impl Fn(&FollowUp) -> bool + Send,
    ) -> Result<(Vec<FollowUp>, Option<String>), Failure> {
        let name = format!("follow-ups-{}-{}", page.dealer, page.list.name());
        let valid = |place: &str| keys::time_of(place).is_some();
        let mut after = page.cursor.map(|cursor| Cursor::place(cursor, &name, "FUP-1", valid)).transpose()?;
        let (mut found, mut reads) = (Vec::new(), 0);
        loop {
            let Some(query) = self.list_of(scope, &page, after.as_deref()) else { return Ok((found, None)) };
            let read = self.run(query).await?;
            reads += 1;
            let place_of = |attributes: &Attributes| attributes.get("lsk").and_then(|place| place.as_s().ok()).cloned();
            let more = read.last_evaluated_key.as_ref().and_then(place_of);
            let mut rows = read.items.unwrap_or_default().into_iter().peekable();
            while let Some(attributes) = rows.next() {
                let place = place_of(&attributes);
                found.extend(readable(attributes, FollowUp::from_attributes).filter(|one| wanted(one)));
                if found.len() >= page.limit && (rows.peek().is_some() || more.is_some()) {
                    return Ok((found, place.map(|place| Cursor::new(&name, place).encode())));
                }
            }
            match more {
                Some(last) if reads < READS => after = Some(last),
                more => return Ok((found, more.map(|place| Cursor::new(&name, place).encode()))),
            }
        }
    }

    /// Returns the query of a list after a place. `None` if the range is empty.
    fn list_of(&self, scope: &Scope, page: &FollowUpQuery<'_>, after: Option<&str>) -> Option<QueryFluentBuilder> {
        let from = after.map_or_else(|| "!".to_owned(), keys::next_place);
        let until = page.by.map_or_else(|| "~".to_owned(), |by| format!("{}~", keys::stamp(by)));
        // DynamoDB refuses a range that ends before it begins.
        (from <= until).then(|| self.range(page.list.partition(scope, page.dealer), from, until))
    }

    fn range(&self, partition: String, from: String, until: String) -> QueryFluentBuilder {
        let query = self.client.query().index_name("list").key_condition_expression("lpk = :pk AND lsk BETWEEN :from AND :until");
        query
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":until", AttributeValue::S(until))
    }

    /// Returns the number of follow-ups that are on the list of each method at `now`, at most `most` for each, in the order of
    /// [`ContactChannel::ALL`]. Four queries at once, which read no more follow-ups than that. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn follow_up_counts(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        now: DateTime<Utc>,
        most: u32,
    ) -> Result<[(ContactChannel, u32); 4], Failure> {
        let until = format!("{}~", keys::stamp(now));
        let limit = i32::try_from(most).unwrap_or(i32::MAX);
        let count = |method| {
            let query = self.range(FollowUpList::Method(method).partition(scope, dealer), "!".into(), until.clone());
            async move {
                let count = self.run(query.select(Select::Count).limit(limit)).await?.count();
                Ok::<_, Failure>((method, u32::try_from(count).unwrap_or_default()))
            }
        };
        let [email, sms, telephone, letter] = ContactChannel::ALL.map(count);
        let (email, sms, telephone, letter) = futures::try_join!(email, sms, telephone, letter)?;
        Ok([email, sms, telephone, letter])
    }

    /// Returns the ids of the follow-ups of a contact. They come from an index, which lags.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn follow_ups_of(&self, scope: &Scope, contact: &ChannelKey) -> Result<Vec<FollowUpId>, Failure> {
        let query = self.client.query().index_name("work").key_condition_expression("wpk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(keys::follow_ups_of_contact(scope, contact)));
        let found = self.run_until(&query, usize::MAX).await?;
        let id = |attributes: &Attributes| table_key(attributes)?.pk.split_once("#F#")?.1.parse().ok();
        Ok(found.iter().filter_map(id).collect())
    }
}
