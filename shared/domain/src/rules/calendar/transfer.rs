//! Moves the events of a lead to another dealer or owner (DIS-7, CAL-7).

use crate::calendar::{CalendarEvent, EventState, Transferred};
use crate::decision::{Decision, Item};
use crate::rules::calendar::CalendarContext;
use crate::settings::Dealer;
use crate::slots::{DayNotLoaded, Diary};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The same decision, with a lead's incomplete `events` on the calendar of the dealer that it goes to. One whose user cannot have it there is whoever's
/// has the lead.
pub fn with_events_moved(decision: Decision, events: &[&CalendarEvent], to: &Dealer, now: DateTime<Utc>) -> Decision {
    let here = |event: &CalendarEvent| {
        let user = event.user.clone().filter(|user| to.settings.member(user).is_some_and(|member| member.assignable));
        let times = event.transferred.as_ref().map_or(0, |transferred| transferred.times).saturating_add(1);
        let transferred = Some(Transferred { times, at: now });
        Item::Event(Box::new(CalendarEvent { dealer: to.id.clone(), user, transferred, ..event.clone() }))
    };
    let incomplete = events.iter().filter(|event| event.state == EventState::Incomplete);
    incomplete.map(|event| here(event)).fold(decision, Decision::with)
}

/// Most items that a commit is to have by events that go along: the rest of the hundred is for the request's record, and what webhooks are told.
const TOGETHER: usize = 84;

/// Most items that one of them adds: itself, two days of either person, the appointment that it may be, and what webhooks are told of that.
const OF_ONE: usize = 7;

/// The same decision, in which what is planned for a lead that it gives to somebody takes that one's time (CAL-7): its planned `events`, as they were read.
/// Nobody is refused. What does not fit into the commit is done next: the lead waits for it ([`Lead::handed`](crate::lead::Lead::handed)).
///
/// # Errors
/// [`DayNotLoaded`]: a day that one of them takes, or took.
pub fn with_reservations_moved(
    mut decision: Decision,
    events: &[&CalendarEvent],
    case: &CalendarContext<'_>,
) -> Result<Decision, DayNotLoaded> {
    let Some(lead) = decision.lead().filter(|lead| lead.calendar_transfer_pending_since.is_some()).cloned() else { return Ok(decision) };
    let case = CalendarContext { lead: &lead, ..*case };
    let mut diary = Diary::new(case.days);
    // Counted by the events alone, so that the same days are asked for whatever is on them.
    let (mut days, mut appointments, mut whole) = (BTreeSet::new(), 0, true);
    for event in events.iter().filter(|event| event.state == EventState::Incomplete) {
        let after = CalendarEvent { taken: event.taken_by_owner(&case), ..CalendarEvent::clone(event) };
        // An appointment's salesperson follows, too (APT-1).
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
