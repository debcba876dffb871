//! Corrects calendar events, and reopens events that ended by mistake (CAL-9).

use crate::base::text::is_line;
use crate::base::{BOOKED_TEST_DRIVE, EVENT_TYPES, Fault, ReactionKind, Refusal, UserId};
use crate::bookings::Despite;
use crate::calendar::{CalendarEvent, EventState, Planned};
use crate::decision::{Decision, Item, commit};
use crate::lead::{ChangedEvent, Event, EventTexts, TimelineAction, not_erased};
use crate::rules::calendar::CalendarContext;
use crate::slots::Diary;
use std::collections::BTreeSet;

/// A correction of an event. A field that is `None` stays unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventCorrection {
    /// The title.
    pub title: Option<String>,
    /// The type, as its name in the API or as its display name.
    pub kind: Option<String>,
    /// The notes; the inner `None` removes them.
    pub notes: Option<Option<String>>,
    /// The user; the inner `None` gives the event to the lead's owner.
    pub user: Option<Option<UserId>>,
    /// The warnings about the other user that the request accepts (APT-8).
    pub despite: Despite,
}

/// Corrects the texts, the type or the user of an event. Its history stays on the timeline. `None` if nothing changes.
///
/// # Errors
/// Faults by field; 409 if the event is cancelled, if it has ended and would get another user, or if another type would make it an
/// appointment or no appointment.
pub fn correct(context: &CalendarContext<'_>, event: &CalendarEvent, correction: EventCorrection) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, dealer, by, now, .. } = *context;
    let despite = correction.despite.clone();
    let mut after = correction.applied(context, event)?;
    if after == *event {
        return Ok(None);
    }
    after.dealer = dealer.id.clone();
    if let EventState::Deleted(_) = event.state {
        return Err(Refusal::conflict("CAL-9", "the event is cancelled; reopen it first"));
    }
    let is_planned = event.state == EventState::Incomplete;
    if after.user != event.user && !is_planned {
        return Err(Refusal::conflict("CAL-9", "the event has ended and cannot be given to another user; reopen it first"));
    }
    let becomes_appointment = after.kind != event.kind && [&after.kind, &event.kind].iter().any(|kind| *kind == BOOKED_TEST_DRIVE);
    if becomes_appointment || (after.kind != event.kind && event.is_appointment()) {
        let why =
            "the type of an appointment cannot be corrected, and another event cannot become one; cancel the event and plan another one";
        return Err(Refusal::conflict("CAL-9", why));
    }
    let mut changed = lead.touched(now);
    let mut warnings = BTreeSet::new();
    let mut diary = Diary::new(context.days);
    if is_planned {
        let untimed = event.taken.is_none() && event.at == event.saved();
        after.taken = if untimed { None } else { after.takes_now(context) };
        if after.user != event.user {
            warnings = after.choose(context, &despite)?;
        }
        diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
        changed.planned.iter_mut().filter(|planned| planned.id == after.id).for_each(|planned| *planned = Planned::of(&after));
    }
    let mut timeline = Vec::new();
    let texts = EventTexts::of(event);
    if EventTexts::of(&after) != texts {
        let (event, title) = (event.id.clone(), after.title.clone());
        timeline.push(Event::EventChanged(ChangedEvent { action: TimelineAction::Changed, event, title, before: Some(texts), was: None }));
    }
    if after.user != event.user {
        let (from, to) = (event.user.clone(), after.user.clone());
        timeline.push(Event::EventGiven { event: event.id.clone(), title: after.title.clone(), from, to });
    }
    let person = |event: &CalendarEvent| event.user.clone().or_else(|| lead.owner.clone());
    let notice = if is_planned && person(&after) != person(event) { context.event_given(&changed, &after) } else { None };
    let decision = commit(changed, by.clone(), timeline, now).with(Item::Event(Box::new(after))).with_some(notice).warned(warnings);
    Ok(Some(diary.items().fold(decision, Decision::with)))
}

/// Reopens an event that was completed, marked as no-show or cancelled by mistake. An appointment gets back its place in the calendar, and
/// its customer is notified if it was cancelled. `None` if it is incomplete.
///
/// # Errors
/// 409 if the contact of the lead was erased (PRV-2), if the lead has 18 incomplete events, or if the event is a cancelled booking by
/// invitation: the customer may have booked again.
pub fn reopen(context: &CalendarContext<'_>, event: &CalendarEvent) -> Result<Option<Decision>, Refusal> {
    let CalendarContext { lead, dealer, by, now, .. } = *context;
    if event.state == EventState::Incomplete {
        return Ok(None);
    }
    let was_cancelled = matches!(event.state, EventState::Deleted(_));
    if event.left_at.is_some() {
        return Err(Refusal::conflict(
            "APT-10",
            "the appointment stayed at another dealer and takes place there; agree on a new appointment",
        ));
    }
    if was_cancelled && event.booked {
        return Err(Refusal::conflict("CAL-9", "a cancelled booking of a customer cannot be reopened; agree on a new appointment"));
    }
    not_erased(lead)?;
    lead.check_room()?;
    let mut after = CalendarEvent { state: EventState::Incomplete, dealer: dealer.id.clone(), ..event.clone() };
    after.due = after.next_step(&dealer.settings);
    let untimed = event.at == event.saved();
    after.taken = if untimed { event.taken.clone() } else { after.takes_now(context) };
    let mut changed = lead.touched(now);
    changed.planned.push(Planned::of(&after));
    changed.planned.sort();
    changed.count_drive(event, &after.state);
    let (id, title, was) = (event.id.clone(), event.title.clone(), Some(event.state.name().to_owned()));
    let reopened = ChangedEvent { action: TimelineAction::Reopened, event: id, title, before: None, was };
    let mut timeline = vec![Event::EventChanged(reopened)];
    // The cancellation took the reaction back (ESC-7).
    let reacts = was_cancelled && event.is_appointment() && event.at > now;
    if reacts && changed.react_with(&event.id, dealer, now) {
        timeline.push(Event::Reacted { kind: ReactionKind::Appointment, first: true, inbound: false, note: None });
    }
    let mut diary = Diary::new(context.days);
    diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
    let decision = commit(changed, by.clone(), timeline, now).with(Item::Event(Box::new(after)));
    Ok(Some(diary.items().fold(decision, Decision::with)))
}

impl EventTexts {
    fn of(event: &CalendarEvent) -> Self {
        Self { title: event.title.clone(), kind: event.kind.clone(), notes: event.notes.clone() }
    }
}

impl EventCorrection {
    /// Returns the event with the checked values.
    fn applied(self, context: &CalendarContext<'_>, event: &CalendarEvent) -> Result<CalendarEvent, Refusal> {
        let settings = &context.dealer.settings;
        let mut faults = Vec::new();
        let title = self.title.map_or_else(|| event.title.clone(), |title| title.trim().to_owned());
        if !is_line(&title, 200) {
            faults.push(Fault::new("title", "CAL-1", "must be 1 to 200 characters in one line"));
        }
        let kind = self.kind.map_or_else(|| Some(event.kind.clone()), |kind| settings.event_type(&kind));
        if kind.is_none() {
            let own = settings.event_types.iter().map(String::as_str);
            let names: Vec<&str> = EVENT_TYPES.iter().map(|(name, _)| *name).chain(own).collect();
            faults.push(Fault::new("type", "CAL-1", format!("must be one of {}", names.join(", "))));
        }
        let user = self.user.unwrap_or_else(|| event.user.clone());
        let is_new = user != event.user;
        if is_new && user.as_ref().is_some_and(|user| !settings.member(user).is_some_and(|member| member.assignable)) {
            faults.push(Fault::new("user", "CAL-1", format!("must be a user of {} who is assignable", context.dealer.id)));
        }
        let notes = self.notes.unwrap_or_else(|| event.notes.clone());
        let Some(kind) = kind.filter(|_| faults.is_empty()) else { return Err(Refusal::Invalid(faults)) };
        Ok(CalendarEvent { title, kind, notes, user, ..event.clone() })
    }
}
