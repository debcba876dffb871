//! What users have to do, by the date of the next action (CAL-3, LEAD-8).

use crate::items::{Attributes, LeadRow, row};
use crate::keys;
use crate::reads::unavailable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::ids::UserId;
use futures::FutureExt as _;

/// Reads of one user's work for one page.
const READS: usize = 8;

/// Which part of the work is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stretch<'a> {
    /// Actions from this time on.
    pub from: Option<DateTime<Utc>>,
    /// Actions until this time.
    pub until: Option<DateTime<Utc>>,
    /// From an earlier page: what comes after this place.
    pub after: Option<&'a str>,
}

/// A page of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// The time of the next action of each lead, and the lead, earliest first.
    pub leads: Vec<(DateTime<Utc>, LeadRow)>,
    /// Where the next page starts; `None`: there is no more.
    pub after: Option<String>,
}

/// What was read of one user's work: places and rows, and how far it was looked at if there is more.
struct Part {
    rows: Vec<(String, LeadRow)>,
    looked_until: Option<String>,
}

impl Store {
    /// A page of at most `limit` leads that `users` have to work and `wanted` takes, merged by the date of the next action. All users are asked at once.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn board(
        &self,
        scope: &Scope,
        users: &[UserId],
        stretch: Stretch<'_>,
        limit: usize,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<Board, Failure> {
        let parts = users.iter().map(|user| self.work_of(scope, user, stretch, limit, &wanted));
        let parts = futures::future::try_join_all(parts).await?;
        // Beyond the place to which somebody's work was looked at, nobody knows what comes first.
        let horizon = parts.iter().filter_map(|part| part.looked_until.clone()).min();
        let mut rows: Vec<(String, LeadRow)> = parts.into_iter().flat_map(|part| part.rows).collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows.retain(|(place, _)| horizon.as_ref().is_none_or(|horizon| place <= horizon));
        let after = match rows.get(limit) {
            Some(_) => rows.get(limit.saturating_sub(1)).map(|(place, _)| place.clone()),
            None => horizon,
        };
        rows.truncate(limit);
        let leads = rows.into_iter().filter_map(|(place, row)| Some((keys::action_of(&place)?, row))).collect();
        Ok(Board { leads, after })
    }

    async fn work_of(
        &self,
        scope: &Scope,
        user: &UserId,
        stretch: Stretch<'_>,
        limit: usize,
        wanted: &impl Fn(&LeadRow) -> bool,
    ) -> Result<Part, Failure> {
        let from = match stretch.after {
            // Nothing stands between a place and itself with a character more.
            Some(after) => format!("{after}!"),
            None => keys::work_from(stretch.from),
        };
        let query = self.client.query().table_name(&*self.table).index_name("work");
        let query = query
            .key_condition_expression("wpk = :pk AND wsk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(keys::work_partition(scope, user)))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":until", AttributeValue::S(keys::work_until(stretch.until)))
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut part = Part { rows: Vec::new(), looked_until: None };
        let mut start = None;
        for _ in 0..READS {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            for attributes in found.items.unwrap_or_default() {
                let Some(place) = place_of(&attributes) else { continue };
                let row: LeadRow = row(&attributes)?;
                part.looked_until = Some(place.clone());
                if wanted(&row) {
                    part.rows.push((place, row));
                }
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                part.looked_until = None;
                break;
            }
            if part.rows.len() > limit {
                break;
            }
        }
        Ok(part)
    }
}

fn place_of(attributes: &Attributes) -> Option<String> {
    attributes.get("wsk")?.as_s().ok().cloned()
}
