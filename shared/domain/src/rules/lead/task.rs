//! Creates, changes, completes and deletes the tasks of a lead (LEAD-4).
//!
//! A task without an assignee belongs to the current owner of the lead, so it follows the lead to each new owner. A task with an assignee
//! stays with that user until the lead moves to a dealer where the user does not work.

use crate::base::text::line;
use crate::base::{Fault, Refusal, UserId, numbered};
use crate::calendar::Ending;
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::lead::{Event, Lead, Task, TaskDetails, TaskState, TimelineAction, is_pooled};
use crate::messages::Message;
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};

/// The fields of a task to change. A field that is `None` stays unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskChange {
    /// The title.
    pub title: Option<String>,
    /// When it starts.
    pub start: Option<DateTime<Utc>>,
    /// Its duration in minutes.
    pub minutes: Option<u32>,
    /// The assignee; `Some(None)` is the lead's owner.
    pub assignee: Option<Option<UserId>>,
}

/// The maximum length of a title in characters.
const TITLE: usize = 100;

/// The maximum duration in minutes: one day.
const LONGEST: u32 = 1_440;

impl TaskChange {
    fn check(&self, dealer: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if self.title.as_ref().is_some_and(|title| line(title, TITLE).is_none()) {
            faults.push(Fault::new("title", "LEAD-4", format!("must be 1 to {TITLE} characters in one line")));
        }
        if self.start.is_some_and(|start| (start - now).abs() > TimeDelta::days(3_653)) {
            faults.push(Fault::new("start", "LEAD-4", "must be within ten years"));
        }
        if self.minutes.is_some_and(|minutes| !(1..=LONGEST).contains(&minutes)) {
            faults.push(Fault::new("minutes", "LEAD-4", format!("must be a number from 1 to {LONGEST}")));
        }
        if self.assignee.iter().flatten().any(|user| dealer.settings.member(user).is_none()) {
            faults.push(Fault::new("assignee", "LEAD-4", format!("must be a user who works at {}", dealer.id)));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// Creates a task. Its id is the new version of the lead.
///
/// # Errors
/// Faults by field; 409 if the lead has 20 open tasks.
pub fn create(input: LeadInput<'_>, wanted: &TaskChange) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let missing = [("title", wanted.title.is_none()), ("start", wanted.start.is_none()), ("minutes", wanted.minutes.is_none())];
    let faults: Vec<Fault> =
        missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| Fault::new(field, "LEAD-4", "is required")).collect();
    let (Some(title), Some(start), Some(minutes)) = (&wanted.title, wanted.start, wanted.minutes) else {
        return Err(Refusal::Invalid(faults));
    };
    wanted.check(dealer, now)?;
    let mut changed = lead.touched(now);
    let assignee = wanted.assignee.clone().flatten();
    let work = TaskDetails { id: numbered(changed.version), title: title.trim().to_owned(), start, minutes, assignee };
    let task = Task { lead: lead.id, dealer: dealer.id.clone(), work, by: by.clone(), created: now, state: TaskState::Open };
    changed.take_on(&task)?;
    let timeline = vec![task.timeline_event(TimelineAction::Added, None, None)];
    let notice = given(&changed, &task, input);
    Ok(commit(changed, by.clone(), timeline, now).with(Item::Task(Box::new(task))).with_some(notice))
}

/// Returns the notice to the user who has the task now, if another user gave it to them. A pool user gets none.
fn given(lead: &Lead, task: &Task, input: LeadInput<'_>) -> Option<Item> {
    let of_pool = task.work.assignee.is_none() && is_pooled(lead, &input.dealer.settings);
    Message::task(lead, &task.work, input.by, input.now).filter(|_| !of_pool).map(Item::Message)
}

/// Changes the title, time, duration or assignee of an open task. `None` if nothing changes.
///
/// # Errors
/// Faults by field; 409 if it is not open.
pub fn change(input: LeadInput<'_>, task: &Task, wanted: &TaskChange) -> Result<Option<Decision>, Refusal> {
    wanted.check(input.dealer, input.now)?;
    let before = &task.work;
    let work = TaskDetails {
        id: before.id.clone(),
        title: wanted.title.as_deref().map_or(&*before.title, str::trim).to_owned(),
        start: wanted.start.unwrap_or(before.start),
        minutes: wanted.minutes.unwrap_or(before.minutes),
        assignee: wanted.assignee.clone().unwrap_or_else(|| before.assignee.clone()),
    };
    if work == *before {
        return Ok(None);
    }
    if task.state != TaskState::Open {
        return Err(Refusal::conflict("LEAD-4", format!("the task is {}", task.state.name())));
    }
    let after = Task { dealer: input.dealer.id.clone(), work, ..task.clone() };
    after.settled(input, TimelineAction::Changed, None).map(Some)
}

/// An action on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskAction {
    /// Completes it.
    Complete {
        /// An optional note.
        note: Option<String>,
    },
    /// Reopens it.
    Reopen,
    /// Deletes it. The timeline keeps it.
    Delete,
}

/// Completes, reopens or deletes a task. `None` if nothing changes.
///
/// # Errors
/// 409 if the task has another state, or if the lead has 20 open tasks.
pub fn settle(input: LeadInput<'_>, task: &Task, action: TaskAction) -> Result<Option<Decision>, Refusal> {
    let LeadInput { dealer, by, now, .. } = input;
    let ended = |note| Ending { at: now, by: by.clone(), reason: None, note, side: None };
    let (timeline_action, state, note) = match (action, &task.state) {
        (TaskAction::Complete { note }, TaskState::Open) => (TimelineAction::Completed, TaskState::Done(ended(note.clone())), note),
        (TaskAction::Complete { note }, TaskState::Done(before)) if note.is_none() || note == before.note => return Ok(None),
        (TaskAction::Reopen, TaskState::Done(_)) => (TimelineAction::Reopened, TaskState::Open, None),
        (TaskAction::Delete, TaskState::Open | TaskState::Done(_)) => (TimelineAction::Deleted, TaskState::Deleted(ended(None)), None),
        (TaskAction::Reopen, TaskState::Open) | (TaskAction::Delete, TaskState::Deleted(_)) => return Ok(None),
        (_, state) => return Err(Refusal::conflict("LEAD-4", format!("the task is already {}", state.name()))),
    };
    let after = match state {
        // The task may have been completed at another dealer.
        TaskState::Open => Task { state, ..task.at(dealer) },
        TaskState::Done(_) | TaskState::Deleted(_) => Task { dealer: dealer.id.clone(), state, ..task.clone() },
    };
    after.settled(input, timeline_action, note).map(Some)
}

/// Extends a decision about a lead: moves its open `tasks` to the new dealer (DIS-7). A task whose assignee does not work there belongs to
/// the lead's owner, and the timeline shows that.
pub fn with_tasks_moved(mut decision: Decision, tasks: &[&Task], to: &Dealer) -> Decision {
    let open = tasks.iter().filter(|task| task.state == TaskState::Open);
    for (before, after) in open.map(|task| (task, task.at(to))) {
        for item in &mut decision.items {
            match item {
                Item::Lead(lead) => {
                    lead.tasks.iter_mut().filter(|work| work.id == after.work.id).for_each(|work| *work = after.work.clone());
                }
                Item::Entry(entry) if before.work != after.work => {
                    entry.events.push(after.timeline_event(TimelineAction::Changed, Some(&before.work), None))
                }
                _ => {}
            }
        }
        decision.items.push(Item::Task(Box::new(after)));
    }
    decision
}

impl Task {
    fn settled(self, input: LeadInput<'_>, action: TimelineAction, note: Option<String>) -> Result<Decision, Refusal> {
        let LeadInput { lead, by, now, .. } = input;
        let mut changed = lead.touched(now);
        changed.tasks.retain(|open| open.id != self.work.id);
        if self.state == TaskState::Open {
            changed.take_on(&self)?;
        }
        let before = lead.tasks.iter().find(|open| open.id == self.work.id && **open != self.work);
        let timeline = vec![self.timeline_event(action, before, note)];
        let passed_on = before.is_some_and(|before| before.assignee != self.work.assignee) && self.state == TaskState::Open;
        let notice = passed_on.then(|| given(&changed, &self, input)).flatten();
        Ok(commit(changed, by.clone(), timeline, now).with(Item::Task(Box::new(self))).with_some(notice))
    }

    pub(crate) fn timeline_event(&self, action: TimelineAction, before: Option<&TaskDetails>, note: Option<String>) -> Event {
        let TaskDetails { id, title, start, minutes, assignee } = self.work.clone();
        Event::Task { action, task: id, title, start, minutes, assignee, before: before.cloned().map(Box::new), note }
    }
}
