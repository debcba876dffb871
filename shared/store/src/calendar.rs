//! A dealer's calendar (CAL-6).

use crate::cursor::Cursor;
use crate::entity::{Attributes, row};
use crate::keys::{self, Month};
use crate::reads::readable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, EventId, LeadId, Refusal, UserId};
use serde::Deserialize;

/// An event as calendars show it. It comes from an index, which lags, so no decision may use it. The lead has its owner and its contact.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "as in CalendarEvent")]
pub struct EventRow {
    pub id: EventId,
    pub lead: LeadId,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    #[serde(default)]
    pub user: Option<UserId>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    #[serde(rename = "is")]
    pub state: String,
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub changed: DateTime<Utc>,
    pub sequence: u32,
}

/// A range of a dealer's calendar: from a time on and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarRange<'a> {
    /// The dealer.
    pub dealer: &'a DealerId,
    /// The earliest time of an event.
    pub from: DateTime<Utc>,
    /// The end; an event at this time is not included.
    pub until: DateTime<Utc>,
}

/// A page of a range of a dealer's calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// The events by their times.
    pub rows: Vec<EventRow>,
    /// Whether the range has more events.
    pub more: bool,
}

impl CalendarRange<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{}#{}#{}", self.dealer, keys::stamp(self.from), keys::stamp(self.until))
    }

    /// Returns the first place of the page after `cursor`, a cursor of the list `name` over this range.
    pub(crate) fn begin(&self, name: &str, cursor: Option<&str>) -> Result<String, Refusal> {
        let (begin, end) = (keys::stamp(self.from), keys::stamp(self.until));
        let valid = |place: &str| (begin.as_str()..end.as_str()).contains(&place);
        let after = cursor.map(|cursor| Cursor::place(cursor, name, "CAL-6", valid)).transpose()?;
        Ok(after.map_or_else(|| begin.clone(), |after| keys::next_place(&after)))
    }
}

impl Store {
    /// Returns at most `limit` events of a range from the place `begin` on. It reads all months of the range in parallel; a view has two at
    /// most.
    pub(crate) async fn events_from(&self, scope: &Scope, range: &CalendarRange<'_>, begin: &str, limit: usize) -> Result<Events, Failure> {
        let CalendarRange { dealer, from, until } = *range;
        let end = keys::stamp(until);
        let firsts = std::iter::successors(Some(from), |at| Month::after(*at)).take_while(|at| *at < until);
        let months = firsts.map(|at| self.events_of(keys::calendar_partition(scope, dealer, &Month::of(at)), begin, &end, limit));
        let mut events = Events { rows: Vec::new(), more: false };
        for (found, more) in futures::future::try_join_all(months).await? {
            if events.more || events.rows.len() >= limit {
                events.more |= !found.is_empty();
                continue;
            }
            for attributes in found {
                events.rows.extend(readable(attributes, row));
            }
            events.more = more;
        }
        events.more |= events.rows.len() > limit;
        events.rows.truncate(limit);
        Ok(events)
    }

    async fn events_of(&self, partition: String, begin: &str, end: &str, limit: usize) -> Result<(Vec<Attributes>, bool), Failure> {
        // DynamoDB refuses an empty range.
        if begin >= end {
            return Ok((Vec::new(), false));
        }
        let query = self.client.query().index_name("list");
        let query = query
            .key_condition_expression("lpk = :pk AND lsk BETWEEN :begin AND :end")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":begin", AttributeValue::S(begin.to_owned()))
            .expression_attribute_values(":end", AttributeValue::S(end.to_owned()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = self.run(query).await?;
        Ok((found.items.unwrap_or_default(), found.last_evaluated_key.is_some()))
    }
}
