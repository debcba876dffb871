//! Tasks as clients see them.

use crate::cursor;
use chrono::{DateTime, Utc};
use forecourt_domain::base::LeadId;
use forecourt_domain::lead::{FIRST_CONTACT, Lead, Task, TaskState, Work};
use forecourt_store::{Agenda, LeadRow, Loaded, Todo};
use serde::Serialize;
use utoipa::ToSchema;

/// A task of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskView {
    /// Its name within the lead.
    pub id: String,
    /// Of which lead.
    pub lead: String,
    /// What is to be done.
    pub title: String,
    /// When it starts.
    pub start: DateTime<Utc>,
    /// When it is over.
    pub end: DateTime<Utc>,
    /// How long it takes.
    pub minutes: u32,
    /// Whose it is.
    pub assignee: Option<String>,
    /// Whether it goes along to each owner of the lead, since it was given to nobody else.
    pub follows_owner: bool,
    /// `open`, `done` or `deleted`.
    pub state: &'static str,
    /// Whether it is open though its end is past.
    pub overdue: bool,
    /// When it was done or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// What was said when it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A page of a lead's tasks.
#[derive(Debug, Serialize, ToSchema)]
pub struct TasksView {
    /// Those made last first; done and deleted ones too.
    pub tasks: Vec<TaskView>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of tasks and deadlines.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgendaView {
    /// Open ones, by their dates.
    pub tasks: Vec<TodoView>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Deadlines of some leads are missing, since somebody has more than eight thousand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A task, or a deadline: which has no page of its own but its lead's, and no duration.
#[derive(Debug, Serialize, ToSchema)]
pub struct TodoView {
    /// `task` or `deadline`.
    pub kind: &'static str,
    /// Its name within the lead.
    pub id: String,
    /// What is to be done, or reached; `null` of the first-contact deadline.
    pub title: Option<String>,
    /// When the task starts, or the deadline is.
    pub at: DateTime<Utc>,
    /// How long the task takes.
    pub minutes: Option<u32>,
    /// Whose it is.
    pub assignee: Option<String>,
    /// Whether the task's end, or the deadline, is past.
    pub overdue: bool,
    /// Of which lead.
    pub lead: String,
    /// The lead's number, as people say it.
    pub number: String,
    /// The lead's contact.
    pub contact: Option<String>,
    /// Where to look closer.
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

    fn task(work: &Work, assignee: Option<String>, lead: LeadId, contact: Option<String>, now: DateTime<Utc>) -> Self {
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
