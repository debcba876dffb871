//! Events of a lead: created, completed, marked as no-show, rescheduled, deleted, read (CAL-1 to CAL-4).

use crate::body::{EventBody, EventDraft};
use crate::view::{CalendarEventView, CalendarEventsView};
use forecourt_domain::base::{EventId, LeadId, Refusal, Right, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{CalendarContext, EventAction, NewEvent, schedule, settle};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Page, Problem, new_name};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, found};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Creates an event of a lead.
pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let lead: LeadId = call.part("id", "lead")?;
    let new = call.json::<EventBody>()?.check()?;
    let view = create_event(platform, call, lead, new).await?;
    let location = format!("/leads/{}/events/{}", view.lead, view.id);
    Ok(Answer::new(201, &view)?.header("location", location).about(&view.lead))
}

/// Creates the event, or finds it if the request is a repeat.
async fn create_event(platform: &Platform, call: &Call, lead: LeadId, new: EventDraft) -> Result<CalendarEventView, Problem> {
    let id = new_id(platform, call, lead, "event")?;
    let new: NewEvent = new.with_id(id.clone());
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let days = found(loaded, lead).map(|(lead, dealer)| {
            lead::days_of(|days| schedule(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, new.clone()))
        });
        days.into_iter().flatten().collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let days = |user: &UserId, date| loaded.day(user, date);
        schedule(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, new.clone())
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| view_of(lead, [&id, &id], decision, loaded);
    let view = lead::make(LeadRequest::of(platform, call, lead), Key::Event(lead, id.clone()), &also, rule, shown).await?;
    Ok(view.ok_or(Refusal::NotFound("event"))?)
}

/// Completes, reschedules or deletes an event, or marks it as a no-show.
pub(crate) async fn apply(platform: &Platform, call: &Call, action: EventAction, follow_up: Option<EventDraft>) -> Result<Answer, Problem> {
    let (lead, id): (LeadId, EventId) = (call.part("id", "lead")?, call.part("event", "event")?);
    let next = new_id(platform, call, lead, "follow-up")?;
    let follow_up = follow_up.map(|follow_up| follow_up.with_id(next.clone()));
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let days = found(loaded, lead).ok().zip(loaded.event(lead, &id)).map(|((lead, dealer), event)| {
            lead::days_of(|days| {
                settle(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, event, action.clone(), follow_up.clone())
            })
        });
        let events = [&id, &next].map(|event| Key::Event(lead, event.clone()));
        days.into_iter().flatten().chain(events).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let event = loaded.event(lead.id, &id).ok_or(Refusal::NotFound("event"))?;
        let days = |user: &UserId, date| loaded.day(user, date);
        settle(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, event, action.clone(), follow_up.clone())
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| view_of(lead, [&id, &next], decision, loaded);
    let view = lead::change(LeadRequest::of(platform, call, lead), &also, rule, shown).await?;
    let view = view.ok_or(Refusal::NotFound("event"))?;
    Ok(Answer::new(200, &view)?.about(&view.lead))
}

/// Derives the id of a new event: the same for the same `Idempotency-Key`.
pub(crate) fn new_id(platform: &Platform, call: &Call, lead: LeadId, what: &str) -> Result<EventId, Failure> {
    EventId::parse(&new_name(platform, call, lead, what)).map_err(|e| Failure::Broken(e.into()))
}

/// The current event with the follow-up that was created when it ended, and the lead's next action.
pub(crate) fn view_of(lead: &Lead, [id, next]: [&EventId; 2], decision: Option<&Decision>, loaded: &Loaded) -> Option<CalendarEventView> {
    let of = |item: &Item| if let Item::Event(event) = item { Some(CalendarEvent::clone(event)) } else { None };
    let events: Vec<CalendarEvent> = decision.iter().flat_map(|decision| &decision.items).filter_map(of).collect();
    let named = |id: &EventId| events.iter().find(|event| event.id == *id).or_else(|| loaded.event(lead.id, id));
    Some(CalendarEventView::of(named(id)?, lead, named(next).filter(|_| next != id)))
}

/// Returns an event to users who may read its lead and to the user of the event.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let (id, event): (LeadId, EventId) = (call.part("id", "lead")?, call.part("event", "event")?);
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(id), Key::Event(id, event.clone())])).await?;
    let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    let event = loaded.event(id, &event);
    lead::reads_given(call, lead, &dealer, event.and_then(|event| event.user.as_ref()))?;
    let event = event.ok_or(Refusal::NotFound("event"))?;
    Ok(Answer::new(200, &CalendarEventView::checked(event, lead, &dealer.settings, call.now))?.about(&id))
}

/// Lists the events of a lead, ended ones included, latest first.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let page = Page::read(call, format!("{id}-events"), "CAL-1")?;
    let (store, lead) = (&platform.store, Load::of([Key::Lead(id)]));
    let (loaded, events) = tokio::try_join!(store.load(&call.scope, &lead), store.events(&call.scope, id))?;
    let lead = lead::readable(platform, call, loaded.lead(id)).await?;
    let dealer = store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    let (events, cursor) = page.cut(events, |event| (event.at, event.id.as_str()));
    let events = events.iter().map(|event| CalendarEventView::checked(event, lead, &dealer.settings, call.now)).collect();
    Ok(Answer::new(200, &CalendarEventsView::of(lead, events, cursor))?.about(&id))
}
