//! The seller's reaction (ESC-7), and the status of the lead: won, lost, reopened (LEAD-1).

use super::body::{ReactionBody, StatusBody};
use super::change;
use forecourt_domain::base::{Actor, EventId, Right, UserId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, LeadInput};
use forecourt_domain::distribution::LoadLane;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{CalendarContext, CompletedEvents, rearm, with_events_completed};
use forecourt_domain::rules::lead::reaction::{self, ClosingOutcome, StatusChange};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{self, LeadContext, found};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// `POST /leads/{id}/reactions`: logs the seller's reaction (ESC-7).
pub(crate) async fn react(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (logged, note) = call.json::<ReactionBody>()?.check()?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| reaction::log(context.input(&by, call.now), logged, note.clone()).map(Some);
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}

/// `POST /leads/{id}/status`: marks a lead as won or lost, or reopens it (LEAD-1, ESC-9).
pub(crate) async fn set_status(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (outcome, completes, note) = call.json::<StatusBody>()?.check()?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let days = day_keys(loaded, call, completes, &by);
        [lane_keys(loaded, call, outcome, &by), event_keys(loaded, call, outcome, completes), days].concat()
    };
    change(platform, call, Right::WorkLeads, &also, |context| {
        let LeadContext { lead, dealer, loaded } = context;
        let lanes: LoadLane<'_> = &|lane| loaded.place(&dealer.id, lane);
        let agreed = call.scope.agrees_for(lead, &dealer.settings, call.now);
        let change = StatusChange { outcome, agreed, note: note.clone() };
        let closed = reaction::close(context.input(&by, call.now), change, lanes)?;
        let events = affected_events(lead, outcome, completes, call);
        let events: Vec<&CalendarEvent> = events.iter().filter_map(|event| loaded.event(lead.id, event)).collect();
        let days = |user: &UserId, date| loaded.day(user, date);
        let context = CalendarContext { lead, dealer, days: &days, by: &by, now: call.now };
        let with_events = |mut decision: Decision| match outcome {
            // Events that became due while the lead was closed notified nobody. They become due again (ESC-4).
            ClosingOutcome::Reopened => {
                decision.items.extend(rearm(&events, dealer).into_iter().flat_map(|armed| armed.items));
                Ok(decision)
            }
            ClosingOutcome::Won | ClosingOutcome::Lost(_) => with_events_completed(decision, &events, &context),
        };
        Ok(closed.map(with_events).transpose()?)
    })
    .await
}

/// Returns the events that are completed with the lead (CAL-5), or that become due again when it is reopened.
fn affected_events(lead: &Lead, outcome: ClosingOutcome, completes: CompletedEvents, call: &Call) -> Vec<EventId> {
    if outcome == ClosingOutcome::Reopened { CompletedEvents::All.of(lead, call.now) } else { completes.of(lead, call.now) }
}

fn event_keys(loaded: &Loaded, call: &Call, outcome: ClosingOutcome, completes: CompletedEvents) -> Vec<Key> {
    let lead = call.part("id", "lead").ok().and_then(|id| loaded.lead(id));
    lead.into_iter()
        .flat_map(|lead| affected_events(lead, outcome, completes, call).into_iter().map(|event| Key::Event(lead.id, event)))
        .collect()
}

/// Returns the keys of the calendar days whose time those events free (CAL-7).
fn day_keys(loaded: &Loaded, call: &Call, completes: CompletedEvents, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let events = completes.of(lead, call.now);
    let events: Vec<&CalendarEvent> = events.iter().filter_map(|event| loaded.event(lead.id, event)).collect();
    lead::days_of(|days| with_events_completed(Decision::default(), &events, &CalendarContext { lead, dealer, days, by, now: call.now }))
}

/// Returns the keys of the rotation that gets the owner's turn back, or takes it back (DIS-10), and of that which counts open leads
/// (DIS-13).
fn lane_keys(loaded: &Loaded, call: &Call, outcome: ClosingOutcome, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let input = LeadInput { lead, dealer, by, now: call.now };
    lead::lanes_of(dealer, |lanes| reaction::close(input, StatusChange { outcome, agreed: false, note: None }, lanes))
}
