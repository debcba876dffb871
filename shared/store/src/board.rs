//! What users have to do, by the date of the next action (CAL-3, LEAD-8), and by that of tasks and deadlines (LEAD-4).

use crate::items::Attributes;
use crate::keys;
use crate::reads::unavailable;
use crate::rows::{LeadRow, row};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::lead::{FIRST_CONTACT, Target, Task, Work};
use futures::FutureExt as _;
use serde::Deserialize;

/// Reads of one user's work for one page.
const READS: usize = 8;
/// Leads of one user that are read at once for their deadlines.
const LEADS: usize = 1_000;

/// Which part of the work is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stretch<'a> {
    /// Actions from this time on.
    pub from: Option<DateTime<Utc>>,
    /// Actions before this time.
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

/// A page of tasks and deadlines.
#[derive(Debug, Clone, PartialEq)]
pub struct Agenda {
    /// What there is to do, earliest first.
    pub todos: Vec<Todo>,
    /// Where the next page starts; `None`: there is no more.
    pub after: Option<String>,
    /// Whether somebody has so many leads that the deadlines of some are missing.
    pub truncated: bool,
}

/// Something that somebody has to do, or to reach (LEAD-4, LEAD-6).
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// A task that was given to somebody.
    Given(Box<Task>),
    /// A task of the lead's owner.
    Owned(Box<LeadRow>, Work),
    /// A deadline of a lead; `None`: the first-contact one.
    Deadline(Box<LeadRow>, DateTime<Utc>, Option<Target>),
}

/// What was read of one user's work: places and rows, and how far it was looked at if there is more.
struct Part<T> {
    rows: Vec<(String, T)>,
    looked_until: Option<String>,
}

/// A stretch of one user's work.
struct Range<'a> {
    user: &'a UserId,
    from: String,
    until: String,
    /// How many are read at once.
    at_once: usize,
    /// After how many it is enough.
    enough: usize,
}

/// Merges parts by their places to a page of `limit`, and says where the next one starts.
fn merged<T>(parts: Vec<Part<T>>, limit: usize) -> (Vec<(String, T)>, Option<String>) {
    // Beyond the place to which somebody's work was looked at, nobody knows what comes first.
    let horizon = parts.iter().filter_map(|part| part.looked_until.clone()).min();
    let mut rows: Vec<(String, T)> = parts.into_iter().flat_map(|part| part.rows).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.retain(|(place, _)| horizon.as_ref().is_none_or(|horizon| place <= horizon));
    let after = match rows.get(limit) {
        Some(_) => rows.get(limit.saturating_sub(1)).map(|(place, _)| place.clone()),
        None => horizon,
    };
    rows.truncate(limit);
    (rows, after)
}

impl Store {
    /// A page of at most `limit` leads that `users` have to work and `wanted` takes, merged by the date of the next action. All users are asked at once;
    /// where only `few` are wanted, for many more at a time.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn board(
        &self,
        scope: &Scope,
        users: &[UserId],
        stretch: Stretch<'_>,
        limit: usize,
        few: bool,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<Board, Failure> {
        let at_once = if few { LEADS } else { limit + 1 };
        let range = |user| {
            let from = stretch.after.map_or_else(|| keys::work_from(stretch.from), next_to);
            Range { user, from, until: keys::work_until(stretch.until), at_once, enough: limit + 1 }
        };
        let parts = users.iter().map(|user| self.work_of(scope, range(user), &wanted));
        let (rows, after) = merged(futures::future::try_join_all(parts).await?, limit);
        let leads = rows.into_iter().filter_map(|(place, row)| Some((keys::action_of(&place)?, row))).collect();
        Ok(Board { leads, after })
    }

    /// A page of at most `limit` open tasks and deadlines of `users` at `dealer`, by their dates. All users are asked at once: for the tasks that were given to
    /// them, and for their leads, whose rows know the deadlines and the tasks of whoever has them.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn agenda(
        &self,
        scope: &Scope,
        users: &[UserId],
        dealer: &DealerId,
        stretch: Stretch<'_>,
        limit: usize,
    ) -> Result<Agenda, Failure> {
        let from = stretch.after.map_or_else(|| keys::tasks_from(stretch.from), next_to);
        let until = keys::tasks_until(stretch.until);
        let of_tasks = |user| Range { user, from: from.clone(), until: until.clone(), at_once: limit + 1, enough: limit + 1 };
        let of_leads = |user| {
            let (from, until) = (keys::work_from(None), keys::work_until(None));
            Range { user, from, until, at_once: LEADS, enough: usize::MAX }
        };
        let (here, of_dealer) = (|task: &Task| task.dealer == *dealer, |row: &LeadRow| row.facts.dealer == *dealer);
        let given = futures::future::try_join_all(users.iter().map(|user| self.work_of(scope, of_tasks(user), &here)));
        let leads = futures::future::try_join_all(users.iter().map(|user| self.work_of(scope, of_leads(user), &of_dealer)));
        let (given, leads) = tokio::try_join!(given, leads)?;
        let truncated = leads.iter().any(|part| part.looked_until.is_some());
        let mut parts: Vec<Part<Todo>> = given.into_iter().map(Part::into_todos).collect();
        let of_rows = leads.into_iter().flat_map(|part| part.rows).flat_map(|(_, row)| todos_of(row));
        let rows = of_rows.filter(|(place, _)| (&from..=&until).contains(&place)).collect();
        parts.push(Part { rows, looked_until: None });
        let (rows, after) = merged(parts, limit);
        Ok(Agenda { todos: rows.into_iter().map(|(_, todo)| todo).collect(), after, truncated })
    }

    async fn work_of<T: for<'a> Deserialize<'a>>(
        &self,
        scope: &Scope,
        range: Range<'_>,
        wanted: &impl Fn(&T) -> bool,
    ) -> Result<Part<T>, Failure> {
        // A cursor may be of a page of another stretch.
        if range.from > range.until {
            return Ok(Part { rows: Vec::new(), looked_until: None });
        }
        let query = self.client.query().table_name(&*self.table).index_name("work");
        let query = query
            .key_condition_expression("wpk = :pk AND wsk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(keys::work_partition(scope, range.user)))
            .expression_attribute_values(":from", AttributeValue::S(range.from))
            .expression_attribute_values(":until", AttributeValue::S(range.until))
            .limit(i32::try_from(range.at_once).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut part = Part { rows: Vec::new(), looked_until: None };
        let mut start = None;
        for _ in 0..READS {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            for attributes in found.items.unwrap_or_default() {
                let Some(place) = place_of(&attributes) else { continue };
                let row: T = row(&attributes)?;
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
            if part.rows.len() >= range.enough {
                break;
            }
        }
        Ok(part)
    }
}

impl Part<Task> {
    fn into_todos(self) -> Part<Todo> {
        let rows = self.rows.into_iter().map(|(place, task)| (place, Todo::Given(Box::new(task)))).collect();
        Part { rows, looked_until: self.looked_until }
    }
}

/// What the owner of a lead has to do and to reach, at the places where tasks that were given would stand.
fn todos_of(row: LeadRow) -> Vec<(String, Todo)> {
    let (lead, boxed) = (row.facts.id, Box::new(row));
    let deadlines = boxed.open_deadlines().map(|(at, target)| {
        let name = target.map_or(FIRST_CONTACT, |target| target.id.as_str());
        (keys::task_place(at, lead, name), Todo::Deadline(boxed.clone(), at, target.cloned()))
    });
    let owned = boxed.facts.tasks.iter().filter(|work| work.assignee.is_none());
    let owned = owned.map(|work| (keys::task_place(work.start, lead, work.id.as_str()), Todo::Owned(boxed.clone(), work.clone())));
    deadlines.chain(owned).collect()
}

/// What comes after a place: nothing stands between it and itself with a character more.
fn next_to(place: &str) -> String {
    format!("{place}!")
}

fn place_of(attributes: &Attributes) -> Option<String> {
    attributes.get("wsk")?.as_s().ok().cloned()
}
