//! What becomes of a lead's incomplete events when it goes to another dealer (DIS-7, CAL-6).

use super::{CalendarEvent, EventState};
use crate::dealer::Dealer;
use crate::decision::{Decision, Item};

/// The same decision, with a lead's incomplete `events` on the calendar of the dealer that it goes to. One whose user cannot have it there is whoever's
/// has the lead.
pub fn moving(decision: Decision, events: &[&CalendarEvent], to: &Dealer) -> Decision {
    let here = |event: &CalendarEvent| {
        let user = event.user.clone().filter(|user| to.settings.member(user).is_some_and(|member| member.assignable));
        Item::Event(Box::new(CalendarEvent { dealer: to.id.clone(), user, ..event.clone() }))
    };
    let incomplete = events.iter().filter(|event| event.state == EventState::Incomplete);
    incomplete.map(|event| here(event)).fold(decision, Decision::with)
}
