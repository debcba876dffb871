//! Moves the events of a lead to another dealer or owner (DIS-7, CAL-7).

use crate::calendar::{CalendarEvent, EventState, Planned, Transferred};
use crate::decision::{Decision, Item};
use crate::rules::calendar::CalendarContext;
use crate::settings::Dealer;
use crate::slots::{DayNotLoaded, Diary};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Extends a decision: moves a lead's incomplete `events` to the calendar of the new dealer. If the user of an event is not assignable
/// there, the event belongs to the lead's owner.
pub fn with_events_moved(mut decision: Decision, events: &[&CalendarEvent], to: &Dealer, now: DateTime<Utc>) -> Decision {
    let here = |event: &CalendarEvent| {
        let user = event.user.clone().filter(|user| to.settings.member(user).is_some_and(|member| member.assignable));
        let times = event.transferred.as_ref().map_or(0, |transferred| transferred.times).saturating_add(1);
        let transferred = Some(Transferred { times, at: now });
        CalendarEvent { dealer: to.id.clone(), user, transferred, ..event.clone() }
    };
    let incomplete = events.iter().filter(|event| event.state == EventState::Incomplete);
    let moved: Vec<CalendarEvent> = incomplete.map(|event| here(event)).collect();
    for item in &mut decision.items {
        let Item::Lead(lead) = item else { continue };
        for planned in &mut lead.planned {
            if let Some(event) = moved.iter().find(|event| event.id == planned.id) {
                *planned = Planned::of(event);
            }
        }
    }
    moved.into_iter().map(|event| Item::Event(Box::new(event))).fold(decision, Decision::with)
}

/// The maximum number of items in a commit that moves events. The rest of the 100 is for the request's record and the webhook events.
const TOGETHER: usize = 84;

/// The maximum number of items that one event adds: the event, two days of the previous and of the new user, the appointment, and its
/// webhook events.
const OF_ONE: usize = 7;

/// Extends a decision that gives a lead to a new owner: its planned `events` reserve the time of the new owner (CAL-7). Occupied slots do
/// not prevent this. Events that do not fit into the commit are moved in the next one, and the lead waits for it
/// ([`Lead::calendar_transfer_pending_since`](crate::lead::Lead::calendar_transfer_pending_since)).
///
/// # Errors
/// [`DayNotLoaded`] if the previous or the new day of an event was not loaded.
pub fn with_reservations_moved(
    mut decision: Decision,
    events: &[&CalendarEvent],
    context: &CalendarContext<'_>,
) -> Result<Decision, DayNotLoaded> {
    let Some(lead) = decision.lead().filter(|lead| lead.calendar_transfer_pending_since.is_some()).cloned() else { return Ok(decision) };
    let context = CalendarContext { lead: &lead, ..*context };
    let mut diary = Diary::new(context.days);
    // The count depends only on the events, so that the same days are requested whatever is reserved on them.
    let (mut days, mut appointments, mut whole) = (BTreeSet::new(), 0, true);
    for event in events.iter().filter(|event| event.state == EventState::Incomplete) {
        let after = CalendarEvent { taken: event.taken_by_owner(&context), ..CalendarEvent::clone(event) };
        // The salesperson of the appointment changes, too (APT-1).
        if after.taken == event.taken && (event.user.is_some() || !event.is_appointment()) {
            continue;
        }
        if decision.items.len() + days.len() + 2 * appointments + OF_ONE > TOGETHER {
            whole = false;
            break;
        }
        if after.taken != event.taken {
            diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
            let both = event.taken.iter().chain(&after.taken);
            days.extend(both.flat_map(|taken| taken.place.dates().into_iter().map(|date| (taken.user.clone(), date))));
        }
        appointments += usize::from(event.is_appointment());
        decision.items.push(Item::Event(Box::new(after)));
    }
    for item in &mut decision.items {
        if let (Item::Lead(lead), true) = (item, whole) {
            lead.calendar_transfer_pending_since = None;
        }
    }
    Ok(diary.items().fold(decision, Decision::with))
}
