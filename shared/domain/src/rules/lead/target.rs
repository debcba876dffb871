//! Sets, moves and meets the deadlines of a lead (LEAD-6).

use crate::base::text::line;
use crate::base::{Actor, DeadlineId, Fault, Refusal, numbered};
use crate::decision::{Decision, commit};
use crate::lead::{Entry, Lead, Target, TimelineAction, in_progress};
use chrono::{DateTime, TimeDelta, Utc};

/// The maximum number of further deadlines of a lead, including met ones. The oldest met deadline is dropped to make room.
const MOST: usize = 20;

/// The maximum length of a title in characters.
const TITLE: usize = 100;

/// The fields of a further deadline to change. A field that is `None` stays unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadlineChange {
    /// The goal.
    pub title: Option<String>,
    /// When it is due.
    pub at: Option<DateTime<Utc>>,
}

/// Returns whether the time is in the future and within ten years.
pub(super) fn to_come(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at > now && at - now <= TimeDelta::days(3_653)
}

impl DeadlineChange {
    pub(super) fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if self.title.as_ref().is_some_and(|title| line(title, TITLE).is_none()) {
            faults.push(Fault::new("title", "LEAD-6", format!("must be 1 to {TITLE} characters in one line")));
        }
        if self.at.is_some_and(|at| !to_come(at, now)) {
            faults.push(Fault::new("at", "LEAD-6", "must be in the future and within ten years"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// Adds a further deadline. Its id is the new version of the lead.
///
/// # Errors
/// Faults by field; 409 if the lead is closed or has 20 deadlines that are not met.
pub fn set(lead: &Lead, wanted: &DeadlineChange, by: Actor, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let missing = |field: &str| Refusal::field(field, "LEAD-6", "is required");
    let title = wanted.title.as_deref().ok_or_else(|| missing("title"))?;
    let at = wanted.at.ok_or_else(|| missing("at"))?;
    wanted.check(now)?;
    in_progress(lead)?;
    let mut changed = lead.touched(now);
    if changed.targets.len() >= MOST {
        let met = changed.targets.iter().enumerate().filter_map(|(i, target)| Some((target.met?, i))).min();
        let Some((_, oldest)) = met else {
            return Err(Refusal::conflict("LEAD-6", format!("the lead already has {MOST} open deadlines; complete or remove one first")));
        };
        changed.targets.remove(oldest);
    }
    let target = Target { id: numbered(changed.version), title: title.trim().to_owned(), at, met: None, passed: None };
    let event = target.timeline_event(TimelineAction::Added, None, None);
    changed.targets.push(target);
    changed.targets.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    Ok(commit(changed, by, vec![event], now))
}

/// Changes the time or title of a further deadline. `None` if nothing changes.
///
/// # Errors
/// Faults by field; 404 if there is no such deadline, 409 if it was met.
pub fn change(lead: &Lead, id: &DeadlineId, wanted: &DeadlineChange, by: Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    let target = find(lead, id)?;
    let title = wanted.title.as_deref().map_or(&*target.title, str::trim).to_owned();
    let at = wanted.at.unwrap_or(target.at);
    let after = Target { title, at, passed: target.passed.filter(|_| at == target.at), ..target.clone() };
    if after == *target {
        return Ok(None);
    }
    wanted.check(now)?;
    if target.met.is_some() {
        return Err(Refusal::conflict("LEAD-6", "the deadline is already met"));
    }
    let event = after.timeline_event(TimelineAction::Changed, Some(target.at).filter(|at| *at != after.at), None);
    Ok(Some(commit(replaced(lead, id, Some(after), now), by, vec![event], now)))
}

/// Records that a further deadline was met. `None` if that is already recorded.
///
/// # Errors
/// 404 if there is no such deadline; 409 if it was already met and the request has a note, which would be lost.
pub fn meet(lead: &Lead, id: &DeadlineId, note: Option<String>, by: Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    let target = find(lead, id)?;
    match (target.met, &note) {
        (Some(_), Some(_)) => return Err(Refusal::conflict("LEAD-6", "the deadline is already met")),
        (Some(_), None) => return Ok(None),
        (None, _) => {}
    }
    let after = Target { met: Some(now), ..target.clone() };
    let event = after.timeline_event(TimelineAction::Completed, None, note);
    Ok(Some(commit(replaced(lead, id, Some(after), now), by, vec![event], now)))
}

/// Removes a further deadline. The timeline keeps it. `made` is the entry that would have added it ([`numbered`]). `None` if it is already
/// removed.
///
/// # Errors
/// 404 if there was never such a deadline.
pub fn drop(lead: &Lead, id: &DeadlineId, made: Option<&Entry>, by: Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    match find(lead, id) {
        Ok(target) => {
            let event = target.timeline_event(TimelineAction::Deleted, None, None);
            Ok(Some(commit(replaced(lead, id, None, now), by, vec![event], now)))
        }
        Err(_) if made.is_some_and(|made| made.sets(id)) => Ok(None),
        Err(never) => Err(never),
    }
}

/// Checks that the lead has a further deadline.
///
/// # Errors
/// 404 if there is no such deadline.
pub fn exists(lead: &Lead, id: &DeadlineId) -> Result<(), Refusal> {
    find(lead, id).map(|_| ())
}

fn find<'a>(lead: &'a Lead, id: &DeadlineId) -> Result<&'a Target, Refusal> {
    lead.targets.iter().find(|target| target.id == *id).ok_or(Refusal::NotFound("deadline"))
}

/// Returns the lead with `after` in place of the deadline `id`.
fn replaced(lead: &Lead, id: &DeadlineId, after: Option<Target>, now: DateTime<Utc>) -> Lead {
    let mut changed = lead.touched(now);
    changed.targets.retain(|target| target.id != *id);
    changed.targets.extend(after);
    changed.targets.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    changed
}
