//! Tasks as clients see them.

use crate::cursor;
use chrono::{DateTime, Utc};
use forecourt_domain::base::LeadId;
use forecourt_domain::lead::{FIRST_CONTACT, Lead, Task, TaskDetails, TaskState};
use forecourt_store::{Agenda, LeadRow, Loaded, Todo};
use serde::Serialize;
use utoipa::ToSchema;

/// A task of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskView {
    /// Id within the lead.
    pub id: String,
    /// Id of the lead.
    pub lead: String,
    /// Title.
    pub title: String,
    /// Start.
    pub start: DateTime<Utc>,
    /// End: `start` plus `minutes`.
    pub end: DateTime<Utc>,
    /// Duration in minutes.
    pub minutes: u32,
    /// The assignee, otherwise the lead's owner.
    pub assignee: Option<String>,
    /// Whether the task has no assignee of its own and follows the lead's owner.
    pub follows_owner: bool,
    /// `open`, `done` or `deleted`.
    pub state: &'static str,
    /// Whether it is open and its end has passed.
    pub overdue: bool,
    /// When it was completed or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// The note of its completion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A page of a lead's tasks.
#[derive(Debug, Serialize, ToSchema)]
pub struct TasksView {
    /// The tasks, newest first; done and deleted tasks included.
    pub tasks: Vec<TaskView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of tasks and deadlines.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgendaView {
    /// Open tasks and deadlines, ordered by date.
    pub tasks: Vec<TodoView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether deadlines are missing because a user has more than 8,000 open leads.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A task, or a deadline. A deadline has no duration and no page of its own; its link is the lead's.
#[derive(Debug, Serialize, ToSchema)]
pub struct TodoView {
    /// `task` or `deadline`.
    pub kind: &'static str,
    /// Id within the lead.
    pub id: String,
    /// Title; `null` for the first-contact deadline.
    pub title: Option<String>,
    /// Start of the task, or time of the deadline.
    pub at: DateTime<Utc>,
    /// Duration of the task in minutes.
    pub minutes: Option<u32>,
    /// The assignee or the lead's owner.
    pub assignee: Option<String>,
    /// Whether the end of the task, or the deadline, has passed.
    pub overdue: bool,
    /// Id of the lead.
    pub lead: String,
    /// The lead's number in the form that people read out.
    pub number: String,
    /// Display name of the lead's contact.
    pub contact: Option<String>,
    /// Path of the task, or of the lead for a deadline.
    pub link: String,
}

impl TaskView {
    pub(crate) fn of(task: &Task, lead: &Lead, now: DateTime<Utc>) -> Self {
        let (work, ended) = (&task.work, task.state.ended());
        Self {
            id: work.id.to_string(),
            lead: task.lead.to_string(),
            title: work.title.clone(),
            start: work.start,
            end: work.end(),
            minutes: work.minutes,
            assignee: work.assignee.as_ref().or(lead.owner.as_ref()).map(ToString::to_string),
            follows_owner: work.assignee.is_none(),
            state: task.state.name(),
            overdue: task.state == TaskState::Open && work.end() < now,
            ended_at: ended.map(|ended| ended.at),
            note: ended.and_then(|ended| ended.note.clone()),
        }
    }
}

impl TasksView {
    /// The first `limit` of `tasks`, which are one more where there is a next page.
    pub(crate) fn of(tasks: &[Task], lead: &Lead, limit: usize, now: DateTime<Utc>) -> Self {
        let shown = &tasks[..limit.min(tasks.len())];
        let last = shown.last().filter(|_| tasks.len() > limit);
        let cursor = last.and_then(|task| task.work.id.as_str().parse::<u64>().ok()).map(|version| cursor::after(lead.id, version));
        Self { tasks: shown.iter().map(|task| TaskView::of(task, lead, now)).collect(), cursor }
    }
}

impl AgendaView {
    pub(crate) fn of(agenda: &Agenda, leads: &Loaded, now: DateTime<Utc>) -> Self {
        let tasks = agenda.todos.iter().map(|todo| TodoView::of(todo, leads, now)).collect();
        Self { tasks, cursor: agenda.cursor.clone(), truncated: agenda.truncated }
    }
}

impl TodoView {
    fn of(todo: &Todo, leads: &Loaded, now: DateTime<Utc>) -> Self {
        match todo {
            Todo::Given(task) => {
                let contact = leads.lead(task.lead).filter(|lead| lead.dealer == task.dealer).map(|lead| lead.contact.clone());
                Self::task(&task.work, task.work.assignee.as_ref().map(ToString::to_string), task.lead, contact, now)
            }
            Todo::Owned(row, work) => {
                let (lead, owner, contact) = of_row(row);
                Self::task(work, owner, lead, Some(contact), now)
            }
            Todo::Deadline(row, at, target) => {
                let (lead, owner, contact) = of_row(row);
                Self {
                    kind: "deadline",
                    id: target.as_ref().map_or_else(|| FIRST_CONTACT.to_owned(), |target| target.id.to_string()),
                    title: target.as_ref().map(|target| target.title.clone()),
                    at: *at,
                    minutes: None,
                    assignee: owner,
                    overdue: *at < now,
                    lead: lead.to_string(),
                    number: lead.spoken(),
                    contact: Some(contact),
                    link: format!("/leads/{lead}"),
                }
            }
        }
    }

    fn task(work: &TaskDetails, assignee: Option<String>, lead: LeadId, contact: Option<String>, now: DateTime<Utc>) -> Self {
        Self {
            kind: "task",
            id: work.id.to_string(),
            title: Some(work.title.clone()),
            at: work.start,
            minutes: Some(work.minutes),
            assignee,
            overdue: work.end() < now,
            lead: lead.to_string(),
            number: lead.spoken(),
            contact,
            link: format!("/leads/{lead}/tasks/{}", work.id),
        }
    }
}

fn of_row(row: &LeadRow) -> (LeadId, Option<String>, String) {
    (row.facts.id, row.facts.owner.as_ref().map(ToString::to_string), row.facts.contact.clone())
}
