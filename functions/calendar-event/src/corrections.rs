//! Corrections of events, and events that are reopened (CAL-9).

use crate::events::{view_of, with_warnings_again};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{EventId, LeadId, Refusal, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{self, CalendarContext, EventCorrection};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::event::{days_of_event, watched};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, found};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// Corrects the texts, the type or the user of an event.
pub(crate) async fn correct(platform: &Platform, call: &Call, correction: EventCorrection) -> Result<Answer, Problem> {
    let gives = correction.user.is_some();
    change(platform, call, gives, |context, event, _| calendar::correct(context, event, correction.clone())).await
}

/// Reopens an event that ended by mistake.
pub(crate) async fn reopen(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let rule = |context: &CalendarContext<'_>, event: &CalendarEvent, loaded: &Loaded| {
        loaded.appointment(&event.appointment_id()).map_or(Ok(()), Appointment::keeps_no_mark)?;
        calendar::reopen(context, event)
    };
    change(platform, call, false, rule).await
}

/// Applies `rule` to the event of the request, and answers with the event. `gives` states whether the request sets its person.
async fn change(
    platform: &Platform,
    call: &Call,
    gives: bool,
    rule: impl Fn(&CalendarContext<'_>, &CalendarEvent, &Loaded) -> Result<Option<Decision>, Refusal> + Send + Sync,
) -> Result<Answer, Problem> {
    let (lead, id): (LeadId, EventId) = (call.part("id", "lead")?, call.part("event", "event")?);
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let here = found(loaded, lead).ok();
        let days = here.zip(loaded.event(lead, &id)).map(|((lead, dealer), event)| {
            lead::days_of(|days| rule(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, event, loaded))
        });
        let watch = here.map(|(_, dealer)| Key::BookingWatch(dealer.id.clone()));
        let own = days_of_event(loaded.event(lead, &id));
        days.into_iter().flatten().chain(watch).chain(own).chain([Key::Event(lead, id.clone())]).collect()
    };
    let decided = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let event = loaded.event(lead.id, &id).ok_or(Refusal::NotFound("event"))?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let decision = rule(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, event, loaded)?;
        Ok(decision.map(|decision| watched(decision, event, LeadContext { lead, dealer, loaded }, call.now)))
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let view = view_of(lead, [&id, &id], decision, loaded)?;
        Some(if gives { with_warnings_again(view, (lead, &id), decision, loaded, call) } else { view })
    };
    let view = lead::change(LeadRequest::of(platform, call, lead), &also, decided, shown).await?;
    let view = view.ok_or(Refusal::NotFound("event"))?;
    Ok(Answer::new(200, &view)?.about(&view.lead))
}
