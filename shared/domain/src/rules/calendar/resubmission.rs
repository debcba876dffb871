//! Escalates events that nobody completes (ESC-4).
//!
//! When a step happens is decided when its time comes, by the hours and minutes of that moment; where these change, or a lead is reopened, what
//! may come earlier than it was to be looked at is armed anew.

use crate::base::{Actor, Status};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead};
use crate::messages::Message;
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Arms those of a lead's events anew whose next step is due at another time than they wait for (SET-11). `None`: all wait for the right time.
pub fn rearm(events: &[&CalendarEvent], dealer: &Dealer) -> Option<Decision> {
    let armed = events.iter().filter_map(|event| {
        let due = event.next_step(&dealer.settings);
        (due != event.due).then(|| Item::Event(Box::new(CalendarEvent { due, ..CalendarEvent::clone(event) })))
    });
    let items: Vec<Item> = armed.collect();
    Some(Decision { items }).filter(|decision| !decision.items.is_empty())
}

/// Looks at an event whose time has come. On a won lead only the seller is told, on a lost one nobody (ESC-4). `None`: there is nothing to do —
/// it has ended, was moved, or the wake-up was early or doubled.
pub fn resubmit(event: &CalendarEvent, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Decision> {
    event.due.filter(|due| *due <= now && event.state == EventState::Incomplete)?;
    let look_again = |due: Option<DateTime<Utc>>| Decision::default().with(Item::Event(Box::new(CalendarEvent { due, ..event.clone() })));
    let stops = matches!(lead.status, Status::Lost(_)) || (lead.status == Status::Won && event.level >= 1);
    if stops || lead.dealer != dealer.id {
        return Some(look_again(None));
    }
    // The minutes may have changed since, or the step been turned off (SET-3).
    let Some(due) = event.next_step(&dealer.settings) else { return Some(look_again(None)) };
    let happens = dealer.settings.resubmission_happens(due);
    if happens > now {
        return Some(look_again(Some(happens)));
    }
    let level = event.level + 1;
    let mut stepped = CalendarEvent { level, ..event.clone() };
    stepped.due = stepped.next_step(&dealer.settings).filter(|_| lead.status == Status::InProgress);
    let seller = event.user.as_ref().or(lead.owner.as_ref()).unwrap_or(&dealer.settings.admin_user);
    let reader = if level == 1 { seller } else { dealer.settings.supervisor_of(Some(seller)) };
    let mut changed = lead.touched(now);
    // That nobody has done it is no action of the lead's (CAL-3).
    changed.updated = lead.updated;
    let notice = Message::resubmission(&changed, event, level, reader.clone(), happens, now);
    let told = vec![Event::Resubmission { event: event.id.clone(), title: event.title.clone(), level, due: event.at }];
    let decision = commit(changed, Actor::System, told, now);
    Some(decision.with(Item::Event(Box::new(stepped))).with(Item::Message(notice)))
}
