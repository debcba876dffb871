//! The calendar events that are planned for a lead (CAL-3).

use crate::base::{BOOKED_TEST_DRIVE, EventId, ReactionKind, Refusal, Status};
use crate::calendar::{CalendarEvent, EventState, Planned};
use crate::elements::ElementKind;
use crate::lead::{Event, Lead};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Incomplete events that a lead has at most: they can all be completed in one commit of a hundred items, each with the two days that it may take,
/// the appointment that it may be, and what webhooks are told of that.
const MOST: usize = 18;

impl Lead {
    /// Its next action (CAL-3): the earliest incomplete event, past or future; without one, when it was last updated.
    pub fn next_action(&self) -> (DateTime<Utc>, Option<&EventId>) {
        self.planned.first().map_or((self.updated, None), |next| (next.at, Some(&next.id)))
    }

    /// Whether it is work of its owner's: it is in progress, or something is planned for it, or is the owner's task.
    pub fn is_work(&self) -> bool {
        let tasked = self.tasks.iter().any(|task| task.assignee.is_none());
        self.status == Status::InProgress || !self.planned.is_empty() || tasked
    }

    /// Takes an incomplete event in; returns what the timeline says.
    pub(crate) fn plan_event(&mut self, event: &CalendarEvent, dealer: &Dealer, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        if !self.has_room(0) {
            return Err(Refusal::Conflict(format!("the lead has {MOST} incomplete events already; complete some first (CAL-3)")));
        }
        self.planned.push(Planned { at: event.at, id: event.id.clone() });
        self.planned.sort();
        if event.kind == BOOKED_TEST_DRIVE {
            self.counts.add(ElementKind::TestDrive);
        }
        let mut told =
            vec![Event::EventScheduled { event: event.id.clone(), title: event.title.clone(), kind: event.kind.clone(), at: event.at }];
        if event.is_appointment() && self.react(ReactionKind::Appointment, dealer, now) {
            told.push(Event::Reacted { kind: ReactionKind::Appointment, first: true, note: None });
        }
        Ok(told)
    }

    /// Counts a test drive whose event comes to be `is` (LEAD-1): each that is not called off.
    pub(crate) fn count_drive(&mut self, event: &CalendarEvent, is: &EventState) {
        let off = |state: &EventState| matches!(state, EventState::Deleted(_));
        match (event.kind == BOOKED_TEST_DRIVE, off(&event.state), off(is)) {
            (true, false, true) => self.counts.take(ElementKind::TestDrive),
            (true, true, false) => self.counts.add(ElementKind::TestDrive),
            _ => {}
        }
    }

    /// Whether one more event can be planned, once `fewer` are not.
    pub(crate) fn has_room(&self, fewer: usize) -> bool {
        self.planned.len().saturating_sub(fewer) < MOST
    }

    pub(crate) fn unplan(&mut self, event: &EventId) {
        self.planned.retain(|planned| planned.id != *event);
    }
}
