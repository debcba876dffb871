//! Completes the events of a lead that is closed (CAL-4).

use crate::base::EventId;
use crate::calendar::{CalendarEvent, Ending, EventState, Planned};
use crate::decision::{Decision, Item};
use crate::lead::{Event, Lead};
use crate::rules::calendar::CalendarContext;
use crate::slots::{DayNotLoaded, Diary};
use chrono::{DateTime, Utc};

/// The incomplete events that are completed when a lead is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompletedEvents {
    /// No events.
    #[default]
    None,
    /// Events whose time has come.
    Overdue,
    /// All events.
    All,
}

impl CompletedEvents {
    /// Returns the events of `lead` that are completed at `now`.
    pub fn of(self, lead: &Lead, now: DateTime<Utc>) -> Vec<EventId> {
        let wanted = |planned: &&Planned| match self {
            CompletedEvents::None => false,
            CompletedEvents::Overdue => planned.at <= now,
            CompletedEvents::All => true,
        };
        lead.planned.iter().filter(wanted).map(|planned| planned.id.clone()).collect()
    }
}

/// Extends a decision about a lead: completes its `events` in the same commit.
///
/// # Errors
/// [`DayNotLoaded`] if the day of an event was not loaded.
pub fn with_events_completed(
    mut decision: Decision,
    events: &[&CalendarEvent],
    context: &CalendarContext<'_>,
) -> Result<Decision, DayNotLoaded> {
    let incomplete: Vec<&CalendarEvent> = events.iter().copied().filter(|event| event.state == EventState::Incomplete).collect();
    for item in &mut decision.items {
        match item {
            Item::Lead(lead) => incomplete.iter().for_each(|event| lead.unplan(&event.id)),
            Item::Entry(entry) => entry.events.extend(incomplete.iter().map(|event| Event::EventCompleted {
                event: event.id.clone(),
                title: event.title.clone(),
                note: None,
            })),
            _ => {}
        }
    }
    let mut diary = Diary::new(context.days);
    for event in incomplete {
        let ended = Ending { at: context.now, by: context.by.clone(), reason: None, note: None };
        let mut after = CalendarEvent { state: EventState::Completed(ended), due: None, ..event.clone() };
        after.taken = after.takes_now(context);
        diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
        decision.items.push(Item::Event(Box::new(after)));
    }
    Ok(diary.items().fold(decision, Decision::with))
}
