//! A dealer's list of leads, newest first (LEAD-8).

use crate::commit::Load;
use crate::items::Attributes;
use crate::keys::{self, Key, Month};
use crate::reads::unavailable;
use crate::rows::{LeadRow, encode_lead, row};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, LeadId};
use forecourt_domain::settings::Dealer;
use futures::FutureExt as _;
use std::collections::VecDeque;

/// How many months each round of reads begins with: two years in all.
const ROUNDS: [usize; 3] = [1, 11, 12];
/// Up to this day of a month a page may well go on in the month before, which is then read along.
const START: u32 = 7;

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

/// What is asked of a list besides which leads are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Paging<'a> {
    /// From where it goes back.
    pub now: DateTime<Utc>,
    /// From the page before.
    pub cursor: Option<&'a str>,
    /// How many leads at most.
    pub limit: usize,
    /// Nothing is wanted that came in before this time.
    pub from: Option<DateTime<Utc>>,
    /// How many of a month's leads are looked at in one read; `None`: a megabyte of them, about two thousand.
    pub at_once: Option<usize>,
}

/// A month of a list, as far as it was read.
struct Part {
    month: Month,
    /// The place of the last lead that was looked at.
    after: Option<String>,
    /// Those wanted that are on no page yet, with their places.
    rows: VecDeque<(String, LeadRow)>,
    /// Whether there is more to be read.
    more: bool,
}

impl Store {
    /// A page of leads of a dealer that `wanted` takes, newest first, back to the month of `since`.
    ///
    /// The newest month is one read, in the first week of a month together with the one before. Where that does not fill the page, what is left of it and
    /// eleven months more are read at once, and then twelve more: three rounds at most. After that the cursor goes on from there.
    ///
    /// # Errors
    /// When the table is out of reach. The inner error is for a cursor that is not one.
    pub async fn leads(
        &self,
        scope: &Scope,
        dealer: &Dealer,
        paging: Paging<'_>,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<Result<Listed, NotACursor>, Failure> {
        let start = match paging.cursor.map(Place::read).transpose() {
            Ok(start) => start.unwrap_or(Place { month: Month::of(paging.now), after: None }),
            Err(e) => return Ok(Err(e)),
        };
        // Who came here later came in earlier: nothing that came in since stands before.
        let first = Month::of(dealer.since.max(paging.from.unwrap_or(dealer.since)));
        let mut months = std::iter::successors(Some(start.month.clone()), Month::before).take_while(|month| *month >= first);
        let (mut leads, mut parts) = (Vec::new(), VecDeque::new());
        for (round, begins) in ROUNDS.into_iter().enumerate() {
            let begins = if round == 0 && start.is_early(paging.now) { begins + 1 } else { begins };
            parts.extend(months.by_ref().take(begins).map(Part::new));
            if let (0, Some(part)) = (round, parts.front_mut()) {
                part.after.clone_from(&start.after);
            }
            let reads =
                parts.iter_mut().filter(|part| part.more).map(|part| self.read_on(scope, &dealer.id, part, paging.at_once, &wanted));
            futures::future::try_join_all(reads).await?;
            while let Some(part) = parts.front_mut() {
                while let Some((place, row)) = part.rows.pop_front() {
                    leads.push(row);
                    if leads.len() >= paging.limit {
                        let cursor = Place { month: part.month.clone(), after: Some(place) };
                        return Ok(Ok(Listed { leads, cursor: Some(cursor.write()) }));
                    }
                }
                if part.more {
                    break;
                }
                parts.pop_front();
            }
        }
        let rest = parts.pop_front().map(|part| Place { month: part.month, after: part.after });
        let rest = rest.or_else(|| months.next().map(|month| Place { month, after: None }));
        Ok(Ok(Listed { leads, cursor: rest.map(|place| place.write()) }))
    }

    /// The same of leads that are known by their numbers: they are read themselves, a hundred at once.
    ///
    /// # Errors
    /// As [`Store::leads`].
    pub async fn leads_named(
        &self,
        scope: &Scope,
        dealer: &Dealer,
        ids: impl IntoIterator<Item = LeadId>,
        paging: Paging<'_>,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<Result<Listed, NotACursor>, Failure> {
        let start = match paging.cursor.map(Place::read).transpose() {
            Ok(start) => start,
            Err(e) => return Ok(Err(e)),
        };
        let ids: Vec<LeadId> = ids.into_iter().collect();
        let loaded = self.load(scope, &Load::of(ids.iter().copied().map(Key::Lead))).await?;
        let mut rows = Vec::new();
        for lead in ids.iter().filter_map(|id| loaded.lead(*id)).filter(|lead| lead.dealer == dealer.id) {
            let place = Place { month: Month::of(lead.here_since()), after: Some(keys::list_place(lead.here_since(), lead.id)) };
            let row: LeadRow = row(&encode_lead(lead)?)?;
            if start.as_ref().is_none_or(|start| place.is_after(start)) && wanted(&row) {
                rows.push((place, row));
            }
        }
        rows.sort_by(|(a, _), (b, _)| b.after.cmp(&a.after));
        let cursor = (rows.len() > paging.limit).then(|| rows[paging.limit - 1].0.write());
        rows.truncate(paging.limit);
        Ok(Ok(Listed { leads: rows.into_iter().map(|(_, row)| row).collect(), cursor }))
    }

    /// Reads on in a month.
    async fn read_on(
        &self,
        scope: &Scope,
        dealer: &DealerId,
        part: &mut Part,
        at_once: Option<usize>,
        wanted: &impl Fn(&LeadRow) -> bool,
    ) -> Result<(), Failure> {
        let mut query = self.client.query().table_name(&*self.table).index_name("list").scan_index_forward(false);
        query = query
            .set_limit(at_once.map(|at_once| i32::try_from(at_once).unwrap_or(i32::MAX)))
            .expression_attribute_values(":pk", AttributeValue::S(keys::list_partition(scope, dealer, &part.month)));
        query = match &part.after {
            Some(after) => query
                .key_condition_expression("lpk = :pk AND lsk < :after")
                .expression_attribute_values(":after", AttributeValue::S(after.clone())),
            None => query.key_condition_expression("lpk = :pk"),
        };
        let found = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        part.more = found.last_evaluated_key.is_some();
        for attributes in found.items.unwrap_or_default() {
            let Some(place) = place_of(&attributes) else { continue };
            let row: LeadRow = row(&attributes)?;
            part.after = Some(place.clone());
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

impl Part {
    fn new(month: Month) -> Self {
        Self { month, after: None, rows: VecDeque::new(), more: true }
    }
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

    /// Whether it is in the first week of its month: the next leads may be of the month before. `now` is where a list begins.
    fn is_early(&self, now: DateTime<Utc>) -> bool {
        let at = match &self.after {
            Some(after) => keys::since_of(after),
            None => Some(now),
        };
        at.is_some_and(|at| Month::of(at) == self.month && at.day() <= START)
    }

    /// Whether it comes after `start`, further back.
    fn is_after(&self, start: &Self) -> bool {
        match &start.after {
            Some(after) => (&self.month, self.after.as_deref().unwrap_or_default()) < (&start.month, after),
            None => self.month <= start.month,
        }
    }
}
