//! The planned calendar events of a lead (CAL-3).

use crate::base::{Actor, BOOKED_TEST_DRIVE, EventId, ReactionKind, Refusal, Status};
use crate::calendar::{CalendarEvent, EventState, Planned};
use crate::elements::ElementKind;
use crate::lead::{Event, Lead};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// The maximum number of incomplete events of a lead. It allows one commit of 100 items to complete them all: each event with up to two
/// days whose slots it takes, its appointment and its webhook deliveries.
const MOST: usize = 18;

/// The maximum number of appointments that get the result of a lead. The commit that closes the lead has room for them beside its events.
const MOST_APPOINTMENTS: usize = 8;

impl Lead {
    /// The next action (CAL-3): the earliest incomplete event, past or future. Without one, the time of the last update.
    pub fn next_action(&self) -> (DateTime<Utc>, Option<&EventId>) {
        self.planned.first().map_or((self.updated, None), |next| (next.at, Some(&next.id)))
    }

    /// Whether the owner has work with it: the lead is in progress, or has a planned event or a task of the owner.
    pub fn is_work(&self) -> bool {
        let tasked = self.tasks.iter().any(|task| task.assignee.is_none());
        self.status == Status::InProgress || !self.planned.is_empty() || tasked
    }

    /// Adds an incomplete event. Returns the timeline events.
    pub(crate) fn plan_event(&mut self, event: &CalendarEvent, dealer: &Dealer, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let mut timeline = vec![self.plan_without_reaction(event)?];
        // An appointment before the enquiry is no reaction to it, and one that a user enters for a past time is a note (ESC-7).
        let earliest = if event.by.user().is_some() { now } else { self.clock_start() };
        // A customer who books a time has not been answered again (ESC-7). A reopened lead waits for no further message.
        let is_answer = event.by != Actor::Customer || self.first_reaction.is_none() || self.further.since.is_none();
        let reacts = event.is_appointment() && event.at >= earliest && is_answer;
        if reacts && self.react_with(&event.id, dealer, now) {
            timeline.push(Event::Reacted { kind: ReactionKind::Appointment, first: true, inbound: false, note: None });
        }
        Ok(timeline)
    }

    /// Adds an incomplete event that does not stop the response clock. Returns the timeline event.
    pub(crate) fn plan_without_reaction(&mut self, event: &CalendarEvent) -> Result<Event, Refusal> {
        self.check_room()?;
        self.planned.push(Planned::of(event));
        self.planned.sort();
        self.note_appointment(event);
        if event.kind == BOOKED_TEST_DRIVE {
            self.counts.add(ElementKind::TestDrive);
        }
        Ok(Event::EventScheduled { event: event.id.clone(), title: event.title.clone(), kind: event.kind.clone(), at: event.at })
    }

    /// Records the appointment of an event, if it is one, so that it gets the result of the lead (OVR-5).
    fn note_appointment(&mut self, event: &CalendarEvent) {
        let id = event.appointment_id();
        if event.is_appointment() && !self.appointments.contains(&id) {
            self.appointments.push(id);
            self.appointments.drain(..self.appointments.len().saturating_sub(MOST_APPOINTMENTS));
        }
    }

    /// Counts the test drive of an event whose new state is `is` (LEAD-1). Cancelled test drives do not count.
    pub(crate) fn count_drive(&mut self, event: &CalendarEvent, is: &EventState) {
        let off = |state: &EventState| matches!(state, EventState::Deleted(_));
        match (event.kind == BOOKED_TEST_DRIVE, off(&event.state), off(is)) {
            (true, false, true) => self.counts.take(ElementKind::TestDrive),
            (true, true, false) => self.counts.add(ElementKind::TestDrive),
            _ => {}
        }
    }

    /// Whether one more event can be planned after `fewer` are removed.
    pub(crate) fn has_room(&self, fewer: usize) -> bool {
        self.planned.len().saturating_sub(fewer) < MOST
    }

    /// Checks that one more event can be planned.
    pub(crate) fn check_room(&self) -> Result<(), Refusal> {
        if !self.has_room(0) {
            return Err(Refusal::conflict("CAL-3", format!("the lead already has {MOST} incomplete events; complete some first")));
        }
        Ok(())
    }

    pub(crate) fn unplan(&mut self, event: &EventId) {
        self.planned.retain(|planned| planned.id != *event);
    }
}
