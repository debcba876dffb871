//! Events of a lead: created, completed, marked as no-show, rescheduled, deleted, read (CAL-1 to CAL-4).

use crate::body::EventBody;
use crate::view::{CalendarEventView, CalendarEventsView};
use forecourt_domain::base::{EventId, LeadId, Refusal, Right, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{CalendarContext, EventAction, warnings_of};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Page, Problem};
use forecourt_edge::usecase::event::{self, EventChoice};
use forecourt_edge::usecase::event_body::EventDraft;
use forecourt_edge::usecase::lead;
use forecourt_edge::usecase::warnings::warnings;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// Creates an event of a lead.
pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let new = call.json::<EventBody>()?.check()?;
    let shown = |lead: &Lead, [id, next]: [&EventId; 2], decision: Option<&Decision>, loaded: &Loaded| {
        let view = view_of(lead, [id, next], decision, loaded)?;
        Some(with_warnings_again(view, (lead, id), decision, loaded, call))
    };
    let view = event::schedule(platform, call, new, shown).await?.ok_or(Refusal::NotFound("event"))?;
    let location = format!("/leads/{}/events/{}", view.lead, view.id);
    Ok(Answer::new(201, &view)?.header("location", location).about(&view.lead))
}

/// Completes, reschedules or deletes an event, or marks it as a no-show.
pub(crate) async fn apply(platform: &Platform, call: &Call, action: EventAction, follow_up: Option<EventDraft>) -> Result<Answer, Problem> {
    let id: EventId = call.part("event", "event")?;
    let reschedules = matches!(action, EventAction::Reschedule { .. });
    let shown = |lead: &Lead, [_, next]: [Option<&EventId>; 2], decision: Option<&Decision>, loaded: &Loaded| {
        let view = view_of(lead, [&id, next.unwrap_or(&id)], decision, loaded)?;
        Some(if reschedules { with_warnings_again(view, (lead, &id), decision, loaded, call) } else { view })
    };
    let view = event::settle(platform, call, EventChoice::Id(id.clone()), (action, follow_up), shown).await?;
    let view = view.ok_or(Refusal::NotFound("event"))?;
    Ok(Answer::new(200, &view)?.about(&view.lead))
}

/// Returns the answer with the warnings that hold now, if the request has set time and person before. `loaded` has the days of the event.
pub(crate) fn with_warnings_again(
    view: CalendarEventView,
    (lead, id): (&Lead, &EventId),
    decision: Option<&Decision>,
    loaded: &Loaded,
    call: &Call,
) -> CalendarEventView {
    let found = loaded.dealer(&lead.dealer).zip(loaded.event(lead.id, id)).filter(|_| decision.is_none());
    let Some((dealer, event)) = found else { return view };
    let days = |user: &UserId, date| loaded.day(user, date);
    let context = CalendarContext { lead, dealer, days: &days, by: &call.scope.actor(), now: call.now };
    CalendarEventView { warnings: warnings(&warnings_of(&context, event)), ..view }
}

/// The current event with the follow-up that was created when it ended, and the lead's next action.
pub(crate) fn view_of(lead: &Lead, [id, next]: [&EventId; 2], decision: Option<&Decision>, loaded: &Loaded) -> Option<CalendarEventView> {
    let of = |item: &Item| if let Item::Event(event) = item { Some(CalendarEvent::clone(event)) } else { None };
    let events: Vec<CalendarEvent> = decision.iter().flat_map(|decision| &decision.items).filter_map(of).collect();
    let named = |id: &EventId| events.iter().find(|event| event.id == *id).or_else(|| loaded.event(lead.id, id));
    let warnings = warnings(decision.iter().flat_map(|decision| &decision.warnings));
    Some(CalendarEventView { warnings, ..CalendarEventView::of(named(id)?, lead, named(next).filter(|_| next != id)) })
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
