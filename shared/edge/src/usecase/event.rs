//! Changes of a lead's events that single and bulk requests share: planning, completing, rescheduling, cancelling (CAL-1 to CAL-4).

use crate::Platform;
use crate::http::{Call, Problem, new_name};
use crate::usecase::event_body::EventDraft;
use crate::usecase::lead::{self, LeadContext, LeadRequest, found};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{EventId, LeadId, Refusal, UserId};
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{self, CalendarContext, EventAction, NewEvent, NextEvent};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Loaded, short};

/// Plans an event of the lead, or finds it if the request is a repeat. Returns the result of `shown` for the lead and the ids of the event.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn schedule<A>(
    platform: &Platform,
    call: &Call,
    new: EventDraft,
    shown: impl Fn(&Lead, [&EventId; 2], Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let lead: LeadId = call.part("id", "lead")?;
    let id = new_id(platform, call, lead, "event")?;
    let new: NewEvent = new.with_id(id.clone());
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let days = found(loaded, lead).map(|(lead, dealer)| {
            lead::days_of(|days| calendar::schedule(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, new.clone()))
        });
        days.into_iter().flatten().chain(days_of_event(loaded.event(lead, &id))).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let days = |user: &UserId, date| loaded.day(user, date);
        calendar::schedule(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, new.clone())
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| shown(lead, [&id, &id], decision, loaded);
    lead::make(LeadRequest::of(platform, call, lead), Key::Event(lead, id.clone()), &also, rule, shown).await
}

/// The event that a change is about.
#[derive(Debug, Clone)]
pub enum EventChoice {
    /// The event with this id.
    Id(EventId),
    /// The next action of the lead, unless it is an appointment (CAL-3).
    NextAction,
}

impl EventChoice {
    /// Returns the id of the event. `None` if the lead has no incomplete event.
    fn id(&self, lead: &Lead) -> Option<EventId> {
        match self {
            EventChoice::Id(id) => Some(id.clone()),
            EventChoice::NextAction => lead.next_action().1.cloned(),
        }
    }

    /// Returns the loaded event.
    fn found<'a>(&self, lead: &Lead, loaded: &'a Loaded, action: &EventAction) -> Result<&'a CalendarEvent, Refusal> {
        let missing = || match self {
            EventChoice::Id(_) => Refusal::NotFound("event"),
            EventChoice::NextAction => Refusal::conflict("CAL-3", "the lead has no incomplete event"),
        };
        let event = self.id(lead).and_then(|id| loaded.event(lead.id, &id)).ok_or_else(missing)?;
        let ends = !matches!(action, EventAction::Reschedule { .. });
        match self {
            EventChoice::NextAction if ends && event.is_appointment() => {
                Err(Refusal::conflict("CAL-3", "the next action is an appointment; record its attendance on the lead"))
            }
            _ => Ok(event),
        }
    }
}

/// Completes, reschedules or cancels an event, or marks it as a no-show. Returns the result of `shown` for the lead and the ids of the
/// event and of its follow-up.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn settle<A>(
    platform: &Platform,
    call: &Call,
    choice: EventChoice,
    (action, follow_up): (EventAction, Option<EventDraft>),
    shown: impl Fn(&Lead, [Option<&EventId>; 2], Option<&Decision>, &Loaded) -> A,
) -> Result<A, Problem> {
    let lead: LeadId = call.part("id", "lead")?;
    // The event that follows a no-show is one, whatever the key of the request. The next action is no no-show.
    let next = match (&choice, &action) {
        (EventChoice::Id(id), EventAction::Reschedule { .. }) => {
            let name = platform.store.secret().name(&call.scope, &["event-after", &lead.to_string(), id.as_str()]);
            EventId::parse(&short(&name)).map_err(|e| Failure::Broken(e.into()))?
        }
        _ => new_id(platform, call, lead, "follow-up")?,
    };
    let follow_up = follow_up.map(|follow_up| follow_up.with_id(next.clone()));
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let here = found(loaded, lead).ok();
        let watch = here.map(|(_, dealer)| Key::BookingWatch(dealer.id.clone()));
        let id = match &choice {
            EventChoice::Id(id) => Some(id.clone()),
            EventChoice::NextAction => here.and_then(|(lead, _)| choice.id(lead)),
        };
        let event = id.as_ref().and_then(|id| loaded.event(lead, id));
        let days = here.zip(event).map(|((lead, dealer), event)| {
            lead::days_of(|days| {
                let context = CalendarContext { lead, dealer, days, by: &by, now: call.now };
                decide(&context, event, (&action, follow_up.clone()), following(event, &next, loaded))
            })
        });
        let own = days_of_event(event);
        let events = [id, Some(next.clone())].into_iter().flatten().map(|event| Key::Event(lead, event));
        days.into_iter().flatten().chain(events).chain(watch).chain(own).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let event = choice.found(lead, loaded, &action)?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let context = CalendarContext { lead, dealer, days: &days, by: &by, now: call.now };
        let decision = decide(&context, event, (&action, follow_up.clone()), following(event, &next, loaded))?;
        Ok(decision.map(|decision| watched(decision, event, LeadContext { lead, dealer, loaded }, call.now)))
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let id = match &choice {
            EventChoice::Id(id) => Some(id),
            EventChoice::NextAction => None,
        };
        shown(lead, [id, Some(&next)], decision, loaded)
    };
    lead::change(LeadRequest::of(platform, call, lead), &also, rule, shown).await
}

fn following<'a>(event: &CalendarEvent, id: &'a EventId, loaded: &'a Loaded) -> NextEvent<'a> {
    NextEvent { id, known: loaded.event(event.lead, id), appointment: loaded.appointment(&event.appointment_id()) }
}

/// Applies an action to an event. A reschedule of a no-show, or of a visit that is over, plans the event `next` (APT-12).
fn decide(
    context: &CalendarContext<'_>,
    event: &CalendarEvent,
    (action, follow_up): (&EventAction, Option<NewEvent>),
    next: NextEvent<'_>,
) -> Result<Option<Decision>, Refusal> {
    match action {
        EventAction::Reschedule { to, despite } if event.is_followed_at_move(to, &context.dealer.settings, context.now) => {
            calendar::plan_next(context, event, next, (to, despite))
        }
        _ => calendar::settle(context, event, action.clone(), follow_up),
    }
}

/// Extends a change of the event `before`: if its person is absent at its new time, or the dealer is closed, the notices start (APT-9).
pub fn watched(decision: Decision, before: &CalendarEvent, context: LeadContext<'_>, now: DateTime<Utc>) -> Decision {
    let LeadContext { lead, dealer, loaded } = context;
    let reason = |event: &CalendarEvent| event.affected(lead.owner.as_ref(), &dealer.settings, now).map(|why| (why, event.at));
    let is_new = |item: &Item| matches!(item, Item::Event(after) if reason(after).is_some() && reason(after) != reason(before));
    let undecided = decision.items.iter().any(is_new);
    let watch = || Item::BookingWatch(BookingWatch::started(loaded.booking_watch(&dealer.id), &dealer.id, now));
    decision.with_some(undecided.then(watch))
}

/// Returns the keys of the days that hold the event.
pub fn days_of_event(event: Option<&CalendarEvent>) -> Vec<Key> {
    let Some(taken) = event.and_then(|event| event.taken.as_ref()) else { return Vec::new() };
    taken.place.dates().into_iter().map(|date| Key::Day(taken.user.clone(), date)).collect()
}

/// Derives the id of a new event: the same for the same `Idempotency-Key`.
///
/// # Errors
/// [`Failure::Broken`] if the name is no id, which does not happen.
pub fn new_id(platform: &Platform, call: &Call, lead: LeadId, what: &str) -> Result<EventId, Failure> {
    EventId::parse(&new_name(platform, call, lead, what)).map_err(|e| Failure::Broken(e.into()))
}
