//! Tasks of a lead (LEAD-4).

use crate::base::{Actor, DealerId, LeadId, Refusal, TaskId, UserId};
use crate::calendar::Ended;
use crate::lead::Lead;
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A task of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Of which lead.
    pub lead: LeadId,
    /// The lead's dealer when it was last changed.
    pub dealer: DealerId,
    /// What is to be done, when, by whom.
    #[serde(flatten)]
    pub work: Work,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// What became of it.
    pub state: TaskState,
}

impl Task {
    /// The same at a dealer: given to nobody who does not work there.
    pub(crate) fn at(&self, dealer: &Dealer) -> Self {
        let assignee = self.work.assignee.clone().filter(|user| dealer.settings.member(user).is_some());
        Self { dealer: dealer.id.clone(), work: Work { assignee, ..self.work.clone() }, ..self.clone() }
    }

    /// Whether it was given to this user.
    pub fn is_given_to(&self, user: Option<&UserId>) -> bool {
        user.is_some() && self.work.assignee.as_ref() == user
    }
}

/// What is to be done, when, by whom. A lead knows its open tasks by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its name within the lead.
    pub id: TaskId,
    /// What is to be done, 1 to 100 characters.
    pub title: String,
    /// When it starts.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub start: DateTime<Utc>,
    /// How long it takes, 1 to 1,440 minutes.
    pub minutes: u32,
    /// To whom it was given; `None`: whoever has the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<UserId>,
}

impl Work {
    /// When it is over.
    pub fn end(&self) -> DateTime<Utc> {
        self.start + TimeDelta::minutes(i64::from(self.minutes))
    }
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TaskState {
    /// To be done.
    Open,
    /// Done.
    Done(Ended),
    /// Not to be done any more.
    Deleted(Ended),
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

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            TaskState::Open => None,
            TaskState::Done(ended) | TaskState::Deleted(ended) => Some(ended),
        }
    }
}

/// Open tasks that a lead has at most: it knows them all, and they go to another dealer in one commit with its planned events.
const MOST: usize = 20;

impl Lead {
    pub(crate) fn take_on(&mut self, task: &Task) -> Result<(), Refusal> {
        if self.tasks.len() >= MOST {
            return Err(Refusal::Conflict(format!("the lead has {MOST} open tasks already; complete some first (LEAD-4)")));
        }
        self.tasks.push(task.work.clone());
        self.tasks.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        Ok(())
    }
}
