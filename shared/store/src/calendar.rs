//! A dealer's calendar: what is planned there, whoever's it is (CAL-6).

use crate::items::Attributes;
use crate::keys::{self, Month};
use crate::list::NotACursor;
use crate::reads::unavailable;
use crate::rows::row;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, EventId, LeadId, UserId};
use futures::FutureExt as _;
use serde::Deserialize;

/// An event as a calendar shows it. It comes from an index, which lags: no decision rests on it. Whose lead it is of, and who that is about, the lead says.
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

/// Which stretch of which dealer's calendar: from a time on and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<'a> {
    /// Whose.
    pub dealer: &'a DealerId,
    /// From when on.
    pub from: DateTime<Utc>,
    /// Before when.
    pub until: DateTime<Utc>,
}

/// Events of a stretch of a dealer's calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// The events by their times.
    pub rows: Vec<EventRow>,
    /// Whether more follow in the stretch.
    pub more: bool,
}

impl EventRow {
    fn place(&self) -> String {
        keys::calendar_place(self.at, self.lead, &self.id)
    }
}

impl Span<'_> {
    /// From where a page of it goes on that ends with `event`. It is good for no other stretch.
    pub fn cursor(&self, event: &EventRow) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}#{}", event.place(), self.name()))
    }

    fn name(&self) -> String {
        format!("{}#{}#{}", self.dealer, keys::stamp(self.from), keys::stamp(self.until))
    }

    /// The place of the event that a page of this stretch ended with.
    fn place_of(&self, cursor: &str) -> Result<String, NotACursor> {
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let place = text.and_then(|text| Some(text.strip_suffix(&self.name())?.strip_suffix('#')?.to_owned()));
        let place = place.filter(|place| place.len() <= 100 && place.split('#').count() == 3);
        // Only a place within the stretch can have been the end of a page.
        place.filter(|place| (keys::stamp(self.from)..keys::stamp(self.until)).contains(place)).ok_or(NotACursor)
    }
}

impl Store {
    /// At most `limit` events of a stretch of a dealer's calendar, after the one that `cursor` is of. All months are asked at once: two at most
    /// for a view.
    ///
    /// # Errors
    /// When the table is out of reach. The inner error is for a cursor that is not one of this stretch.
    pub async fn calendar(
        &self,
        scope: &Scope,
        span: &Span<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Result<Events, NotACursor>, Failure> {
        let Span { dealer, from, until } = *span;
        let after = match cursor.map(|cursor| span.place_of(cursor)).transpose() {
            Ok(after) => after,
            Err(e) => return Ok(Err(e)),
        };
        // Nothing stands between a place and itself with a character more.
        let begin = after.map_or_else(|| keys::stamp(from), |after| format!("{after}!").max(keys::stamp(from)));
        let end = keys::stamp(until);
        let firsts = std::iter::successors(Some(from), |at| Month::after(*at)).take_while(|at| *at < until);
        let months = firsts.map(|at| self.events_of(keys::calendar_partition(scope, dealer, &Month::of(at)), &begin, &end, limit));
        let mut events = Events { rows: Vec::new(), more: false };
        for (found, more) in futures::future::try_join_all(months).await? {
            if events.more || events.rows.len() >= limit {
                events.more |= !found.is_empty();
                continue;
            }
            for attributes in found {
                events.rows.push(row(&attributes)?);
            }
            events.more = more;
        }
        events.more |= events.rows.len() > limit;
        events.rows.truncate(limit);
        Ok(Ok(events))
    }

    async fn events_of(&self, partition: String, begin: &str, end: &str, limit: usize) -> Result<(Vec<Attributes>, bool), Failure> {
        // Of a month that is past the cursor nothing is left.
        if begin >= end {
            return Ok((Vec::new(), false));
        }
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("list")
            .key_condition_expression("lpk = :pk AND lsk BETWEEN :begin AND :end")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":begin", AttributeValue::S(begin.to_owned()))
            .expression_attribute_values(":end", AttributeValue::S(end.to_owned()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = query.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        Ok((found.items.unwrap_or_default(), found.last_evaluated_key.is_some()))
    }
}
