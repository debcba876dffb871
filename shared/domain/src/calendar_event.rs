//! Calendar events: what is planned for a lead, and what became of it (CAL-1 to CAL-4). History is never written over.

mod closing;
mod mirror;
mod moving;
mod naming;
mod new;
mod taking;
mod types;
mod when;

pub use closing::{Completes, completing};
pub(crate) use mirror::{mirrored, state_of};
pub use moving::{Transferred, moving, taken_along};
pub use naming::{name_of, title_of};
pub use new::NewEvent;
pub use types::{BOOKED_TEST_DRIVE, EVENT_TYPES, NO_SHOW_REASONS};
pub use when::When;
pub(crate) use when::in_reach;

use crate::access::Actor;
use crate::appointment::{Attended, not_to_the_past, on_its_day};
use crate::assignment::commit;
use crate::dealer::{Dealer, Draft};
use crate::decision::{Decision, Item};
use crate::element::Kind;
use crate::ids::{AppointmentId, DealerId, EventId, LeadId, UserId};
use crate::lead::{Lead, ReactionKind, Status};
use crate::refusal::Refusal;
use crate::slots::{Asks, Diary, Taken};
use crate::timeline::Event;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A calendar event of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarEvent {
    /// Its name; of two at the same time the lesser comes first (CAL-3).
    pub id: EventId,
    /// Of which lead.
    pub lead: LeadId,
    /// The lead's dealer when it was last changed: whose hours its steps keep.
    pub dealer: DealerId,
    /// What is to be done; 1 to 200 characters.
    pub title: String,
    /// One of [`EVENT_TYPES`], or of the dealer's own.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// In words, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whose it is; `None`: whoever has the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// What became of it.
    pub state: EventState,
    /// The times that it had before, oldest first (CAL-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<Rescheduled>,
    /// That it went to another dealer with its lead (DIS-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred: Option<Transferred>,
    /// When it is to be looked at next, as a resubmission (ESC-4); `None`: never again.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// How far it has escalated: 1, the seller is told; 2, the supervisor.
    #[serde(default)]
    pub level: u8,
    /// The customer booked it, by an invitation (CAL-8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub booked: bool,
    /// Whose time it takes (CAL-7); none where it had no time of its own, or is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// The appointment that it was made as, where it was (APT-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
}

/// What a change of an event goes by.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The event's lead.
    pub lead: &'a Lead,
    /// The lead's dealer.
    pub dealer: &'a Dealer,
    /// The days of people, as they were read.
    pub days: Asks<'a>,
    /// By whom.
    pub by: &'a Actor,
    /// When.
    pub now: DateTime<Utc>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum EventState {
    /// To be done.
    Incomplete,
    /// Done.
    Completed(Ended),
    /// The customer was not there, or not reached.
    NoShow(Ended),
    /// Called off.
    Deleted(Ended),
}

/// How an event ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// Why, of a no-show: one of [`NO_SHOW_REASONS`], or of the dealer's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In words, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A time that an event had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// When it was changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
}

/// An incomplete event as its lead knows it: the lead's next action is the first of these (CAL-3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planned {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Which.
    pub id: EventId,
}

/// Incomplete events that a lead has at most: they can all be completed in one commit of a hundred items, each with the two days that it may take,
/// the appointment that it may be, and what webhooks are told of that.
const MOST: usize = 18;
/// Times that an event can be changed.
const MOST_RESCHEDULED: usize = 100;

/// Puts an event on the calendar of a lead. One that is an appointment stops the response clock (ESC-7).
///
/// # Errors
/// Faults by field; a lead with eighteen incomplete events.
pub fn schedule(case: &Case<'_>, new: NewEvent) -> Result<Decision, Refusal> {
    schedule_as(case, new, EventState::Incomplete)
}

/// The same, of an event of which more is known by now.
pub(crate) fn schedule_as(case: &Case<'_>, new: NewEvent, state: EventState) -> Result<Decision, Refusal> {
    let mut event = new.check(case)?;
    let mut changed = case.lead.touched(case.now);
    let mut told = changed.plan_event(&event, case.dealer, case.now)?;
    if state != EventState::Incomplete {
        changed.unplan(&event.id);
        changed.count_drive(&event, &state);
        (event.state, event.due) = (state, None);
        event.taken = event.takes_now(case);
        told.push(event.told());
    }
    let mut diary = Diary::new(case.days);
    diary.put(event.id.as_str(), None, event.taken.as_ref())?;
    let decision = commit(changed, case.by.clone(), told, case.now).with(Item::Event(Box::new(event)));
    Ok(diary.items().fold(decision, Decision::with))
}

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
    fn plan_event(&mut self, event: &CalendarEvent, dealer: &Dealer, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        if !self.has_room(0) {
            return Err(Refusal::Conflict(format!("the lead has {MOST} incomplete events already; complete some first (CAL-3)")));
        }
        self.planned.push(Planned { at: event.at, id: event.id.clone() });
        self.planned.sort();
        if event.kind == BOOKED_TEST_DRIVE {
            self.counts.add(Kind::TestDrive);
        }
        let mut told =
            vec![Event::EventScheduled { event: event.id.clone(), title: event.title.clone(), kind: event.kind.clone(), at: event.at }];
        if event.is_appointment() && self.react(ReactionKind::Appointment, dealer, now) {
            told.push(Event::Reacted { kind: ReactionKind::Appointment, first: true, note: None });
        }
        Ok(told)
    }

    /// Counts a test drive whose event comes to be `is` (LEAD-1): each that is not called off.
    fn count_drive(&mut self, event: &CalendarEvent, is: &EventState) {
        let off = |state: &EventState| matches!(state, EventState::Deleted(_));
        match (event.kind == BOOKED_TEST_DRIVE, off(&event.state), off(is)) {
            (true, false, true) => self.counts.take(Kind::TestDrive),
            (true, true, false) => self.counts.add(Kind::TestDrive),
            _ => {}
        }
    }

    /// Whether one more event can be planned, once `fewer` are not.
    pub(crate) fn has_room(&self, fewer: usize) -> bool {
        self.planned.len().saturating_sub(fewer) < MOST
    }

    fn unplan(&mut self, event: &EventId) {
        self.planned.retain(|planned| planned.id != *event);
    }
}

/// What is done with an incomplete event.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// It is done.
    Complete {
        /// In words.
        note: Option<String>,
    },
    /// The customer was not there, or not reached.
    NoShow {
        /// Why.
        reason: String,
        /// In words.
        note: Option<String>,
    },
    /// It takes place at another time.
    Reschedule {
        /// When.
        to: When,
    },
    /// It is called off.
    Delete,
}

impl Deed {
    /// What it says of whether the customer came, of an event that is an appointment.
    fn attendance(&self) -> Option<Attended> {
        match self {
            Deed::Complete { .. } => Some(Attended::Completed),
            Deed::NoShow { .. } => Some(Attended::NoShow),
            Deed::Reschedule { .. } | Deed::Delete => None,
        }
    }
}

/// Completes, marks as no-show, reschedules or deletes an event; with completed and no-show ones a follow-up may come (CAL-4). `None`: it
/// is so already.
///
/// # Errors
/// 409 where it has ended otherwise; faults by field; 422 where an appointment is to have been attended, or missed, before its day.
pub fn settle(case: &Case<'_>, event: &CalendarEvent, deed: Deed, follow_up: Option<NewEvent>) -> Result<Option<Decision>, Refusal> {
    let Case { lead, dealer, by, now, .. } = *case;
    let (id, title) = (event.id.clone(), event.title.clone());
    if event.is_so(&deed, &dealer.settings, now) && follow_up.is_none() {
        return Ok(None);
    }
    if event.state != EventState::Incomplete {
        return Err(Refusal::Conflict(format!("the event is {} already", event.state.name())));
    }
    if let Some(is) = deed.attendance().filter(|_| event.is_appointment()) {
        on_its_day(is, event.at, dealer, now)?;
    }
    let within = |field: &str| Some(format!("follow_up.{field}"));
    let follow_up = follow_up.map(|new| new.check(case).map_err(|refusal| refusal.relocated(within))).transpose()?;
    let mut after = CalendarEvent { dealer: dealer.id.clone(), due: None, ..event.clone() };
    let mut changed = lead.touched(now);
    changed.unplan(&event.id);
    let ended = |reason, note| Ended { at: now, by: by.clone(), reason, note };
    let mut timed = true;
    let told = match deed {
        Deed::Complete { note } => {
            after.state = EventState::Completed(ended(None, note.clone()));
            Event::EventCompleted { event: id, title, note }
        }
        Deed::NoShow { reason, note } => {
            let Some(reason) = dealer.settings.no_show_reason(&reason) else {
                let own = dealer.settings.no_show_reasons.iter().map(String::as_str);
                let names: Vec<&str> = NO_SHOW_REASONS.into_iter().chain(own).collect();
                return Err(Refusal::field("reason", "CAL-4", format!("must be one of {}", names.join(", "))));
            };
            after.state = EventState::NoShow(ended(Some(reason.clone()), note.clone()));
            Event::EventNoShow { event: id, title, reason, note }
        }
        Deed::Delete => {
            after.state = EventState::Deleted(ended(None, None));
            Event::EventDeleted { event: id, title }
        }
        Deed::Reschedule { to } => {
            timed = to.is_timed(&dealer.settings.calendar, now);
            let to = to.instant(&dealer.settings.calendar, now).map_err(|fault| Refusal::Invalid(vec![fault]))?;
            if event.is_appointment() {
                not_to_the_past(event.at, to, now)?;
            }
            after.reschedule(to, by, now)?;
            changed.planned.push(Planned { at: to, id: id.clone() });
            changed.planned.sort();
            Event::EventRescheduled { event: id, title, from: event.at, to }
        }
    };
    changed.count_drive(event, &after.state);
    let mut told = vec![told];
    if let Some(follow_up) = &follow_up {
        told.extend(changed.plan_event(follow_up, dealer, now)?);
    }
    after.taken = after.takes_now(case).filter(|_| timed);
    let mut diary = Diary::new(case.days);
    diary.put(after.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
    if let Some(next) = &follow_up {
        diary.put(next.id.as_str(), None, next.taken.as_ref())?;
    }
    let decision = commit(changed, by.clone(), told, now).with(Item::Event(Box::new(after)));
    let decision = decision.with_some(follow_up.map(|event| Item::Event(Box::new(event))));
    Ok(Some(diary.items().fold(decision, Decision::with)))
}

impl EventState {
    /// Its name, as the API writes it.
    pub fn name(&self) -> &'static str {
        match self {
            EventState::Incomplete => "incomplete",
            EventState::Completed(_) => "completed",
            EventState::NoShow(_) => "no_show",
            EventState::Deleted(_) => "deleted",
        }
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            EventState::Incomplete => None,
            EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => Some(ended),
        }
    }
}

impl CalendarEvent {
    /// When it was last changed by somebody.
    pub fn changed(&self) -> DateTime<Utc> {
        let moved = self.rescheduled.last().map(|moved| moved.at);
        let transferred = self.transferred.as_ref().map(|transferred| transferred.at);
        [self.state.ended().map(|ended| ended.at), moved, transferred].into_iter().flatten().max().unwrap_or(self.created)
    }

    /// The version of its calendar entry, which grows with each move, to another time or dealer, by whoever it was, and by being called off.
    pub fn sequence(&self) -> u32 {
        let moves = u32::try_from(self.rescheduled.len()).unwrap_or(u32::MAX);
        let moves = moves.saturating_add(self.transferred.as_ref().map_or(0, |transferred| transferred.times));
        moves.saturating_add(matches!(self.state, EventState::Deleted(_)).into())
    }

    /// Whether it can take place at yet another time.
    pub(crate) fn can_be_moved(&self) -> bool {
        self.rescheduled.len() < MOST_RESCHEDULED
    }

    /// Whether all that is asked for is so already.
    fn is_so(&self, deed: &Deed, settings: &Draft, now: DateTime<Utc>) -> bool {
        match (deed, &self.state) {
            (Deed::Complete { note }, EventState::Completed(ended)) => note.is_none() || *note == ended.note,
            (Deed::Delete, EventState::Deleted(_)) => true,
            (Deed::NoShow { reason, note }, EventState::NoShow(ended)) => {
                settings.no_show_reason(reason) == ended.reason && (note.is_none() || *note == ended.note)
            }
            (Deed::Reschedule { to }, EventState::Incomplete) => to.instant(&settings.calendar, now) == Ok(self.at),
            _ => false,
        }
    }

    fn reschedule(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !in_reach(to, now) {
            return Err(Refusal::field("at", "CAL-4", "must be within ten years"));
        }
        if !self.can_be_moved() {
            return Err(Refusal::Conflict(format!(
                "the event was rescheduled {MOST_RESCHEDULED} times; complete it and make a new one (CAL-4)"
            )));
        }
        self.go_to(to, by, now);
        Ok(())
    }

    /// Takes it to another time, however often that was; what is remembered are the latest.
    fn go_to(&mut self, to: DateTime<Utc>, by: &Actor, now: DateTime<Utc>) {
        self.rescheduled.push(Rescheduled { from: self.at, at: now, by: by.clone() });
        if self.rescheduled.len() > MOST_RESCHEDULED {
            self.rescheduled.remove(0);
        }
        (self.at, self.level) = (to, 0);
        self.due = (to > now).then_some(to);
    }
}
