//! Work: leads by the date of the next action (CAL-3, LEAD-8), tasks and deadlines by their dates (LEAD-4).

use crate::cursor::Cursor;
use crate::entity::{Attributes, row};
use crate::keys;
use crate::lead_row::LeadRow;
use crate::reads::readable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, UserId};
use forecourt_domain::lead::{FIRST_CONTACT, Target, Task, TaskDetails};
use serde::Deserialize;

/// The most reads of one user's work for one page.
const READS: usize = 8;
/// The number of one user's leads in one read, where few match or all are needed.
const LEADS: usize = 1_000;
/// The lists' names in cursors.
const BOARD: &str = "work";
const AGENDA: &str = "tasks";

/// Which page of work is requested.
#[derive(Debug, Clone, Copy)]
pub struct WorkQuery<'a> {
    /// The users whose work it is.
    pub users: &'a [UserId],
    /// The earliest time.
    pub from: Option<DateTime<Utc>>,
    /// The end; work at this time is not included.
    pub until: Option<DateTime<Utc>>,
    /// The cursor of the page before.
    pub cursor: Option<&'a str>,
    /// The highest number of entries on the page.
    pub limit: usize,
    /// Whether few of the leads match, so that each read takes more of them.
    pub selective: bool,
}

/// A page of leads by their next actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// The leads with the times of their next actions, earliest first.
    pub leads: Vec<(DateTime<Utc>, LeadRow)>,
    /// The cursor of the next page; `None` on the last one.
    pub cursor: Option<String>,
}

/// A page of tasks and deadlines.
#[derive(Debug, Clone, PartialEq)]
pub struct Agenda {
    /// The tasks and deadlines, earliest first.
    pub todos: Vec<Todo>,
    /// The cursor of the next page; `None` on the last one.
    pub cursor: Option<String>,
    /// Whether a user has so many leads that some deadlines are missing.
    pub truncated: bool,
}

/// A task or a deadline (LEAD-4, LEAD-6).
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// A task with an assignee.
    Given(Box<Task>),
    /// A task without an assignee: the lead's owner does it.
    Owned(Box<LeadRow>, TaskDetails),
    /// A deadline of a lead; `None` for the first-contact deadline.
    Deadline(Box<LeadRow>, DateTime<Utc>, Option<Target>),
}

/// The entries read of one part of a list, such as one user's work, with their places.
pub(crate) struct ListPart<T> {
    pub(crate) rows: Vec<(String, T)>,
    /// The last place that was read; `None` if nothing is left.
    pub(crate) read_until: Option<String>,
}

/// A range of places in a partition of the index `work`.
pub(crate) struct Range {
    pub(crate) partition: String,
    pub(crate) from: String,
    pub(crate) until: String,
    /// The number of entries in one read.
    pub(crate) at_once: usize,
    /// The number of entries after which reading stops.
    pub(crate) enough: usize,
}

/// Merges the parts of a list by places. Returns a page of at most `limit`, and the place where it ends if there is more.
pub(crate) fn merged<T>(parts: Vec<ListPart<T>>, limit: usize) -> (Vec<(String, T)>, Option<String>) {
    // After the first place up to which one part was read, the order is unknown.
    let horizon = parts.iter().filter_map(|part| part.read_until.clone()).min();
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
    /// Returns a page of the users' leads that `wanted` selects, by the date of the next action. It reads the work of all users in
    /// parallel.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn board(&self, scope: &Scope, query: WorkQuery<'_>, wanted: impl Fn(&LeadRow) -> bool) -> Result<Board, Failure> {
        let limit = query.limit;
        let at_once = if query.selective { LEADS } else { limit + 1 };
        let valid = |place: &str| keys::action_of(place).is_some();
        let after = query.cursor.map(|cursor| Cursor::place(cursor, BOARD, "LEAD-8", valid)).transpose()?;
        let from = after.map_or_else(|| keys::work_from(query.from), |after| keys::next_place(&after));
        let until = keys::work_until(query.until);
        let range = |user| {
            let partition = keys::work_partition(scope, user);
            Range { partition, from: from.clone(), until: until.clone(), at_once, enough: limit + 1 }
        };
        let parts = query.users.iter().map(|user| self.work_of(range(user), &wanted));
        let (rows, end) = merged(futures::future::try_join_all(parts).await?, limit);
        let leads = rows.into_iter().filter_map(|(place, row)| Some((keys::action_of(&place)?, row))).collect();
        Ok(Board { leads, cursor: end.map(|end| Cursor::new(BOARD, end).encode()) })
    }

    /// Returns a page of the users' open tasks and deadlines at a dealer, by their dates. It reads in parallel the tasks that are assigned
    /// to each user, and each user's leads, whose rows have the deadlines and the tasks without an assignee.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn agenda(&self, scope: &Scope, dealer: &DealerId, query: WorkQuery<'_>) -> Result<Agenda, Failure> {
        let (users, limit) = (query.users, query.limit);
        let valid = |place: &str| place.strip_prefix(keys::TASKS).and_then(keys::time_of).is_some();
        let after = query.cursor.map(|cursor| Cursor::place(cursor, AGENDA, "LEAD-4", valid)).transpose()?;
        let from = after.map_or_else(|| keys::tasks_from(query.from), |after| keys::next_place(&after));
        let until = keys::tasks_until(query.until);
        let of_tasks = |user| {
            let partition = keys::work_partition(scope, user);
            Range { partition, from: from.clone(), until: until.clone(), at_once: limit + 1, enough: limit + 1 }
        };
        let of_leads = |user| {
            let (from, until) = (keys::work_from(None), keys::work_until(None));
            Range { partition: keys::work_partition(scope, user), from, until, at_once: LEADS, enough: usize::MAX }
        };
        let (here, of_dealer) = (|task: &Task| task.dealer == *dealer, |row: &LeadRow| row.facts.dealer == *dealer);
        let given = futures::future::try_join_all(users.iter().map(|user| self.work_of(of_tasks(user), &here)));
        let leads = futures::future::try_join_all(users.iter().map(|user| self.work_of(of_leads(user), &of_dealer)));
        let (given, leads) = tokio::try_join!(given, leads)?;
        let truncated = leads.iter().any(|part| part.read_until.is_some());
        let mut parts: Vec<ListPart<Todo>> = given.into_iter().map(ListPart::into_todos).collect();
        let of_rows = leads.into_iter().flat_map(|part| part.rows).flat_map(|(_, row)| todos_of(row));
        let rows = of_rows.filter(|(place, _)| (&from..=&until).contains(&place)).collect();
        parts.push(ListPart { rows, read_until: None });
        let (rows, end) = merged(parts, limit);
        let cursor = end.map(|end| Cursor::new(AGENDA, end).encode());
        Ok(Agenda { todos: rows.into_iter().map(|(_, todo)| todo).collect(), cursor, truncated })
    }

    pub(crate) async fn work_of<T: for<'a> Deserialize<'a>>(
        &self,
        range: Range,
        wanted: &impl Fn(&T) -> bool,
    ) -> Result<ListPart<T>, Failure> {
        // A cursor of another range may be after the end; DynamoDB refuses such a range.
        if range.from > range.until {
            return Ok(ListPart { rows: Vec::new(), read_until: None });
        }
        let query = self.client.query().index_name("work");
        let query = query
            .key_condition_expression("wpk = :pk AND wsk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(range.partition))
            .expression_attribute_values(":from", AttributeValue::S(range.from))
            .expression_attribute_values(":until", AttributeValue::S(range.until))
            .limit(i32::try_from(range.at_once).unwrap_or(i32::MAX));
        let mut part = ListPart { rows: Vec::new(), read_until: None };
        let mut start = None;
        for _ in 0..READS {
            let found = self.run(query.clone().set_exclusive_start_key(start)).await?;
            for attributes in found.items.unwrap_or_default() {
                let Some(place) = place_of(&attributes) else { continue };
                part.read_until = Some(place.clone());
                let Some(row) = readable(attributes, row::<T>) else { continue };
                if wanted(&row) {
                    part.rows.push((place, row));
                }
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                part.read_until = None;
                break;
            }
            if part.rows.len() >= range.enough {
                break;
            }
        }
        Ok(part)
    }
}

impl ListPart<Task> {
    fn into_todos(self) -> ListPart<Todo> {
        let rows = self.rows.into_iter().map(|(place, task)| (place, Todo::Given(Box::new(task)))).collect();
        ListPart { rows, read_until: self.read_until }
    }
}

/// Returns the deadlines and the owner's tasks of a lead, with the places that assigned tasks would have.
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

fn place_of(attributes: &Attributes) -> Option<String> {
    attributes.get("wsk")?.as_s().ok().cloned()
}
