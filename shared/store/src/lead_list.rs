//! A dealer's list of leads, newest first (LEAD-8).

use crate::cursor::Cursor;
use crate::entities::lead_attributes;
use crate::entity::{Attributes, row};
use crate::keys::{self, Key, Month};
use crate::lead_row::LeadRow;
use crate::reads::readable;
use crate::{Failure, Load, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Datelike as _, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, Refusal};
use forecourt_domain::settings::Dealer;
use std::collections::VecDeque;

/// The number of months that each round of reads adds: two years in all.
const ROUNDS: [usize; 3] = [1, 11, 12];
/// Up to this day of a month a page probably continues in the month before, which is then read in the same round.
const EARLY_DAYS: u32 = 7;

/// A page of a dealer's list.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadList {
    /// The leads, newest first.
    pub leads: Vec<LeadRow>,
    /// The cursor of the next page; `None` on the last one.
    pub cursor: Option<String>,
}

/// The leads of a dealer, read in a scope.
#[derive(Debug, Clone, Copy)]
pub struct DealerLeads<'a> {
    /// The scope of the principal.
    pub scope: &'a Scope,
    /// The dealer.
    pub dealer: &'a Dealer,
}

/// Which page of a list is requested.
#[derive(Debug, Clone, Copy)]
pub struct Paging<'a> {
    /// The time at which the list begins; it continues backwards.
    pub now: DateTime<Utc>,
    /// The cursor of the page before.
    pub cursor: Option<&'a str>,
    /// The highest number of leads on the page.
    pub limit: usize,
    /// Months before this time are not read.
    pub from: Option<DateTime<Utc>>,
    /// The number of leads of a month in one read; `None` for a megabyte, about two thousand.
    pub at_once: Option<usize>,
}

/// A month of a list, as far as it was read.
struct MonthRead {
    month: Month,
    /// The place of the last lead that was read.
    after: Option<String>,
    /// The selected leads that are on no page yet, with their places.
    rows: VecDeque<(String, LeadRow)>,
    more: bool,
}

impl Store {
    /// Returns a page of the dealer's leads that `wanted` selects, newest first, back to the month of [`Dealer::since`].
    ///
    /// The first round reads the newest month, in its first week together with the month before. If that does not fill the page, the next
    /// round reads the rest and eleven months more at once, and the last one twelve more. After three rounds the cursor continues from
    /// there.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn leads(&self, list: DealerLeads<'_>, paging: Paging<'_>, wanted: impl Fn(&LeadRow) -> bool) -> Result<LeadList, Failure> {
        let start = paging.cursor.map(Position::decode).transpose()?;
        let since = list.dealer.since;
        let start = start.unwrap_or(Position { month: Month::of(paging.now), after: None });
        // A lead comes to a dealer at or after its arrival, so leads that arrived since then are in no month before.
        let first = Month::of(since.max(paging.from.unwrap_or(since)));
        let mut months = std::iter::successors(Some(start.month.clone()), Month::before).take_while(|month| *month >= first);
        let (mut leads, mut parts) = (Vec::new(), VecDeque::new());
        for (round, count) in ROUNDS.into_iter().enumerate() {
            let count = if round == 0 && start.is_early(paging.now) { count + 1 } else { count };
            parts.extend(months.by_ref().take(count).map(MonthRead::new));
            if let (0, Some(part)) = (round, parts.front_mut()) {
                part.after.clone_from(&start.after);
            }
            let reads = parts.iter_mut().filter(|part| part.more).map(|part| self.read_on(list, part, paging.at_once, &wanted));
            futures::future::try_join_all(reads).await?;
            while let Some(part) = parts.front_mut() {
                while let Some((place, row)) = part.rows.pop_front() {
                    leads.push(row);
                    if leads.len() >= paging.limit {
                        let end = Position { month: part.month.clone(), after: Some(place) };
                        return Ok(LeadList { leads, cursor: Some(end.encode()) });
                    }
                }
                if part.more {
                    break;
                }
                parts.pop_front();
            }
        }
        let rest = parts.pop_front().map(|part| Position { month: part.month, after: part.after });
        let rest = rest.or_else(|| months.next().map(|month| Position { month, after: None }));
        Ok(LeadList { leads, cursor: rest.map(|end| end.encode()) })
    }

    /// Returns a page of the leads `ids` that `wanted` selects. It reads the leads themselves, a hundred at once.
    ///
    /// # Errors
    /// As [`Store::leads`].
    pub async fn leads_by_number(
        &self,
        list: DealerLeads<'_>,
        ids: impl IntoIterator<Item = LeadId>,
        paging: Paging<'_>,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<LeadList, Failure> {
        let DealerLeads { scope, dealer } = list;
        let start = paging.cursor.map(Position::decode).transpose()?;
        let ids: Vec<LeadId> = ids.into_iter().collect();
        let loaded = self.load(scope, &Load::of(ids.iter().copied().map(Key::Lead))).await?;
        let mut rows = Vec::new();
        for lead in ids.iter().filter_map(|id| loaded.lead(*id)).filter(|lead| lead.dealer == dealer.id) {
            let since = lead.here_since();
            let position = Position { month: Month::of(since), after: Some(keys::list_place(since, lead.id)) };
            let row: LeadRow = row(lead_attributes(lead)?)?;
            if start.as_ref().is_none_or(|start| position.is_after(start)) && wanted(&row) {
                rows.push((position, row));
            }
        }
        rows.sort_by(|(a, _), (b, _)| b.after.cmp(&a.after));
        let cursor = (rows.len() > paging.limit).then(|| rows[paging.limit - 1].0.encode());
        rows.truncate(paging.limit);
        Ok(LeadList { leads: rows.into_iter().map(|(_, row)| row).collect(), cursor })
    }

    /// Reads more of a month.
    async fn read_on(
        &self,
        list: DealerLeads<'_>,
        part: &mut MonthRead,
        at_once: Option<usize>,
        wanted: &impl Fn(&LeadRow) -> bool,
    ) -> Result<(), Failure> {
        let mut query = self.client.query().index_name("list").scan_index_forward(false);
        query = query
            .set_limit(at_once.map(|at_once| i32::try_from(at_once).unwrap_or(i32::MAX)))
            .expression_attribute_values(":pk", AttributeValue::S(keys::list_partition(list.scope, &list.dealer.id, &part.month)));
        query = match &part.after {
            Some(after) => query
                .key_condition_expression("lpk = :pk AND lsk < :after")
                .expression_attribute_values(":after", AttributeValue::S(after.clone())),
            None => query.key_condition_expression("lpk = :pk"),
        };
        let found = self.run(query).await?;
        part.more = found.last_evaluated_key.is_some();
        for attributes in found.items.unwrap_or_default() {
            let Some(place) = place_of(&attributes) else { continue };
            part.after = Some(place.clone());
            let Some(row) = readable(attributes, row::<LeadRow>) else { continue };
            if wanted(&row) {
                part.rows.push_back((place, row));
            }
        }
        Ok(())
    }
}

fn place_of(attributes: &Attributes) -> Option<String> {
    attributes.get("lsk")?.as_s().ok().cloned()
}

impl MonthRead {
    fn new(month: Month) -> Self {
        Self { month, after: None, rows: VecDeque::new(), more: true }
    }
}

/// A position in a list: a month, and the place of the last lead of the page in it.
struct Position {
    month: Month,
    after: Option<String>,
}

impl Position {
    fn encode(&self) -> String {
        Cursor::new(&self.month.0, self.after.as_deref().unwrap_or_default()).encode()
    }

    fn decode(text: &str) -> Result<Self, Refusal> {
        let Cursor { list, place } = Cursor::decode(text, "LEAD-8")?;
        let month = Month(list);
        if month.0.len() != 7 || month.before().is_none() {
            return Err(Cursor::refused("LEAD-8"));
        }
        Ok(Self { month, after: Some(place).filter(|place| !place.is_empty()) })
    }

    /// Whether it is in the first week of its month, so that the next leads may be of the month before. A list begins at `now`.
    fn is_early(&self, now: DateTime<Utc>) -> bool {
        let at = match &self.after {
            Some(after) => keys::time_of(after),
            None => Some(now),
        };
        at.is_some_and(|at| Month::of(at) == self.month && at.day() <= EARLY_DAYS)
    }

    /// Whether it is further back than `start`.
    fn is_after(&self, start: &Self) -> bool {
        match &start.after {
            Some(after) => (&self.month, self.after.as_deref().unwrap_or_default()) < (&start.month, after),
            None => self.month <= start.month,
        }
    }
}
