//! Tasks of a lead (LEAD-4).

use crate::base::{Actor, DealerId, LeadId, Refusal, TaskId, UserId};
use crate::calendar::Ending;
use crate::lead::Lead;
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A task of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The lead of the task.
    pub lead: LeadId,
    /// The lead's dealer when it was last changed.
    pub dealer: DealerId,
    /// Title, time and assignee.
    #[serde(flatten)]
    pub work: TaskDetails,
    /// The actor who created it.
    pub by: Actor,
    /// When it was created.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// Whether it is open, done or deleted.
    pub state: TaskState,
}

impl Task {
    /// Returns the task as it is at `dealer`: without its assignee if that user does not work there.
    pub(crate) fn at(&self, dealer: &Dealer) -> Self {
        let assignee = self.work.assignee.clone().filter(|user| dealer.settings.member(user).is_some());
        Self { dealer: dealer.id.clone(), work: TaskDetails { assignee, ..self.work.clone() }, ..self.clone() }
    }

    /// Whether the task is assigned to this user.
    pub fn is_given_to(&self, user: Option<&UserId>) -> bool {
        user.is_some() && self.work.assignee.as_ref() == user
    }
}

/// Title, time and assignee of a task. A lead holds this part of its open tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDetails {
    /// Its id within the lead.
    pub id: TaskId,
    /// The title, 1 to 100 characters.
    pub title: String,
    /// When it starts.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub start: DateTime<Utc>,
    /// Its duration, 1 to 1,440 minutes.
    pub minutes: u32,
    /// The assignee. `None` if the task belongs to the lead's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<UserId>,
}

impl TaskDetails {
    /// When it ends.
    pub fn end(&self) -> DateTime<Utc> {
        self.start + TimeDelta::minutes(i64::from(self.minutes))
    }
}

/// The state of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TaskState {
    /// To be done.
    Open,
    /// Done.
    Done(Ending),
    /// Deleted.
    Deleted(Ending),
}

impl TaskState {
    /// Its name, as the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            TaskState::Open => "open",
            TaskState::Done(_) => "done",
            TaskState::Deleted(_) => "deleted",
        }
    }

    /// When and by whom it was ended. `None` if it is open.
    pub fn ended(&self) -> Option<&Ending> {
        match self {
            TaskState::Open => None,
            TaskState::Done(ended) | TaskState::Deleted(ended) => Some(ended),
        }
    }
}

/// The maximum number of open tasks of a lead. The lead holds them all, and one commit moves them to another dealer together with the
/// planned events.
const MOST: usize = 20;

impl Lead {
    /// Returns an open task of the lead.
    pub fn task(&self, id: &TaskId) -> Option<&TaskDetails> {
        self.tasks.iter().find(|work| work.id == *id)
    }

    pub(crate) fn take_on(&mut self, task: &Task) -> Result<(), Refusal> {
        if self.tasks.len() >= MOST {
            return Err(Refusal::conflict("LEAD-4", format!("the lead already has {MOST} open tasks; complete some first")));
        }
        self.tasks.push(task.work.clone());
        self.tasks.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        Ok(())
    }
}
