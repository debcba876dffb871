//! Ends the events of a lead that is closed (CAL-5).

use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item};
use crate::lead::Canceller;
use crate::messages::Message;
use crate::rules::calendar::CalendarContext;
use crate::slots::{DayNotLoaded, Diary};

/// Extends a decision about a lead: in the same commit, each of the incomplete events gets the state beside it.
///
/// # Errors
/// [`DayNotLoaded`] if the day of an event was not loaded.
pub(crate) fn with_events_ended(
    mut decision: Decision,
    ends: Vec<(&CalendarEvent, EventState)>,
    context: &CalendarContext<'_>,
) -> Result<Decision, DayNotLoaded> {
    let CalendarContext { dealer, by, now, .. } = *context;
    let mut diary = Diary::new(context.days);
    let mut ended = Vec::new();
    for (event, state) in ends {
        let mut after = CalendarEvent { state, due: None, ..event.clone() };
        after.taken = after.takes_now(context);
        diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
        ended.push((event, after));
    }
    let mut again = None;
    for item in &mut decision.items {
        match item {
            Item::Lead(lead) => {
                for (event, after) in &ended {
                    lead.unplan(&event.id);
                    lead.count_drive(event, &after.state);
                    if matches!(after.state, EventState::Deleted(_)) {
                        // A closed lead does not wait again: only the record of its reaction changes.
                        if lead.take_back(event, Canceller::of_event(by), dealer, now) {
                            again = Message::level_2_again(lead, dealer, now).map(Item::Message);
                        }
                    }
                }
            }
            Item::Entry(entry) => entry.events.extend(ended.iter().map(|(_, after)| after.timeline_event())),
            _ => {}
        }
    }
    let decision = decision.with_some(again);
    let decision = ended.into_iter().map(|(_, after)| Item::Event(Box::new(after))).fold(decision, Decision::with);
    Ok(diary.items().fold(decision, Decision::with))
}
