//! Escalates overdue events (ESC-4).
//!
//! Each step is decided when it is due, by the opening hours and minutes of that moment. If these change, or if a lead is reopened, events
//! whose step may be due earlier are scheduled again.

use crate::base::{Actor, Status};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead};
use crate::messages::Message;
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Reschedules the next step of the events whose due time has changed (SET-11). `None` if every due time is correct.
pub fn rearm(events: &[&CalendarEvent], dealer: &Dealer) -> Option<Decision> {
    let armed = events.iter().filter_map(|event| {
        let due = event.next_step(&dealer.settings);
        (due != event.due).then(|| Item::Event(Box::new(CalendarEvent { due, ..CalendarEvent::clone(event) })))
    });
    let items: Vec<Item> = armed.collect();
    Decision::of(items)
}

/// Processes a due event. On a won lead only the seller is notified, on a lost lead nobody (ESC-4). `None` if there is nothing to do: the
/// event has ended or was moved, or the wake-up was early or duplicated.
pub fn resubmit(event: &CalendarEvent, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Decision> {
    event.due.filter(|due| *due <= now && event.state == EventState::Incomplete)?;
    let rescheduled = |due: Option<DateTime<Utc>>| Decision::default().with(Item::Event(Box::new(CalendarEvent { due, ..event.clone() })));
    let stops = matches!(lead.status, Status::Lost(_)) || (lead.status == Status::Won && event.level >= 1);
    if stops || lead.dealer != dealer.id {
        return Some(rescheduled(None));
    }
    // The minutes may have changed in the meantime, or the step may have been switched off (SET-3).
    let Some(due) = event.next_step(&dealer.settings) else { return Some(rescheduled(None)) };
    let happens = dealer.settings.resubmission_happens(due);
    if happens > now {
        return Some(rescheduled(Some(happens)));
    }
    let level = event.level + 1;
    let mut stepped = CalendarEvent { level, ..event.clone() };
    stepped.due = stepped.next_step(&dealer.settings).filter(|_| lead.status == Status::InProgress);
    let seller = event.user.as_ref().or(lead.owner.as_ref()).unwrap_or(&dealer.settings.admin_user);
    let reader = if level == 1 { seller } else { dealer.settings.escalates_to(Some(seller), now) };
    let mut changed = lead.touched(now);
    // An overdue event is not an activity on the lead (CAL-3).
    changed.updated = lead.updated;
    let notice = Message::resubmission(&changed, &stepped, reader.clone(), happens, now);
    let timeline = vec![Event::Resubmission { event: event.id.clone(), title: event.title.clone(), level, due: event.at }];
    let decision = commit(changed, Actor::System, timeline, now);
    Some(decision.with(Item::Event(Box::new(stepped))).with(Item::Message(notice)))
}
