//! Tasks as clients see them.

use crate::cursor;
use chrono::{DateTime, Utc};
use forecourt_domain::base::LeadId;
use forecourt_domain::lead::{FIRST_CONTACT, Lead, Task, TaskDetails, TaskState};
use forecourt_store::{Agenda, LeadRow, Todo};
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
    /// Display name of the lead's contact; `null` for a task that was assigned to you of a lead that you may not see.
    pub contact: Option<String>,
    /// Telephone number of that contact, as in the rows of leads.
    pub phone: Option<String>,
    /// E-mail address of that contact, as in the rows of leads.
    pub email: Option<String>,
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
    /// `lead` returns a lead if the reader may see it.
    pub(crate) fn of<'a>(agenda: &Agenda, lead: impl Fn(LeadId) -> Option<&'a Lead>, now: DateTime<Utc>) -> Self {
        let tasks = agenda.todos.iter().map(|todo| TodoView::of(todo, &lead, now)).collect();
        Self { tasks, cursor: agenda.cursor.clone(), truncated: agenda.truncated }
    }
}

/// The lead of a task or a deadline.
struct OfLead {
    id: LeadId,
    owner: Option<String>,
    /// Name, number and address of the contact. `None` if the reader may not see the lead.
    contact: Option<(String, Option<String>, Option<String>)>,
}

impl OfLead {
    /// The lead of a row that the reader may see.
    fn row(row: &LeadRow) -> Self {
        let facts = &row.facts;
        let contact = (facts.contact.clone(), facts.phone.clone(), facts.email.as_ref().map(ToString::to_string));
        Self { id: facts.id, owner: facts.owner.as_ref().map(ToString::to_string), contact: Some(contact) }
    }

    /// The lead of a task with an assignee. `lead` is `None` if the reader may not see it.
    fn given(task: &Task, lead: Option<&Lead>) -> Self {
        let contact = lead.map(|lead| (lead.contact.clone(), lead.phone.clone(), lead.email.as_ref().map(ToString::to_string)));
        Self { id: task.lead, owner: task.work.assignee.as_ref().map(ToString::to_string), contact }
    }
}

impl TodoView {
    fn of<'a>(todo: &Todo, lead: impl Fn(LeadId) -> Option<&'a Lead>, now: DateTime<Utc>) -> Self {
        match todo {
            Todo::Given(task) => Self::task(&task.work, OfLead::given(task, lead(task.lead)), now),
            Todo::Owned(row, work) => Self::task(work, OfLead::row(row), now),
            Todo::Deadline(row, at, target) => {
                let id = target.as_ref().map_or_else(|| FIRST_CONTACT.to_owned(), |target| target.id.to_string());
                let link = format!("/leads/{}", row.facts.id);
                let todo = Self::about(OfLead::row(row), "deadline", id, *at, link);
                Self { title: target.as_ref().map(|target| target.title.clone()), overdue: *at < now, ..todo }
            }
        }
    }

    fn task(work: &TaskDetails, of: OfLead, now: DateTime<Utc>) -> Self {
        let link = format!("/leads/{}/tasks/{}", of.id, work.id);
        let todo = Self::about(of, "task", work.id.to_string(), work.start, link);
        Self { title: Some(work.title.clone()), minutes: Some(work.minutes), overdue: work.end() < now, ..todo }
    }

    /// What tasks and deadlines have in common.
    fn about(of: OfLead, kind: &'static str, id: String, at: DateTime<Utc>, link: String) -> Self {
        let (contact, phone, email) = of.contact.map_or((None, None, None), |(name, phone, email)| (Some(name), phone, email));
        let (lead, number) = (of.id.to_string(), of.id.spoken());
        Self { kind, id, title: None, at, minutes: None, assignee: of.owner, overdue: false, lead, number, contact, phone, email, link }
    }
}
