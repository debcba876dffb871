//! A change of the owner: assignment by a user (DIS-7), and the claim of a pool lead (DIS-8).

use super::body::{AssignmentBody, AssignmentTarget};
use super::change;
use crate::page::LeadView;
use forecourt_domain::base::{Actor, DealerId, LeadId, Refusal, Right, UserId};
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::distribution::LoadLane;
use forecourt_domain::lead::{Lead, Task};
use forecourt_domain::rules::appointment::with_appointments;
use forecourt_domain::rules::calendar::{CalendarContext, with_events_moved, with_reservations_moved};
use forecourt_domain::rules::distribution::pool::{self, Claimed, PoolLeads};
use forecourt_domain::rules::distribution::{self, ByHand};
use forecourt_domain::rules::lead::task;
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Request, request};
use forecourt_edge::usecase::lead::{self, LeadContext, found};
use forecourt_edge::usecase::pool::pool_of;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// `POST /leads/{id}/assignment`: assigns a lead to a user, or moves it to another dealer (DIS-7).
pub(crate) async fn assign(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let target = call.json::<AssignmentBody>()?.check()?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let work = match &target {
            AssignmentTarget::Dealer(dealer, _) => [vec![Key::Dealer(dealer.clone())], open_work_keys(loaded, call)].concat(),
            AssignmentTarget::User(ByHand { user, .. }) => planned_keys(loaded, call, user),
        };
        [lane_keys(loaded, call, &target, &by), work].concat()
    };
    change(platform, call, Right::AssignLeads, &also, |context @ LeadContext { lead, dealer, loaded }| {
        let (input, lanes): (_, LoadLane<'_>) = (context.input(&by, call.now), &|lane| loaded.place(&dealer.id, lane));
        match &target {
            AssignmentTarget::User(by_hand) => {
                let may_exceed = call.scope.may_exceed_maximum_of(&by_hand.user, &dealer.settings, call.now);
                let given = distribution::to_user(input, &ByHand { may_exceed, ..by_hand.clone() }, lanes)?;
                given.map(|decision| with_planned(decision, dealer, loaded, call)).transpose()
            }
            AssignmentTarget::Dealer(id, note) => {
                let unknown = || Refusal::field("dealer", "DIS-7", "must be a dealer of the group");
                let to = loaded.dealer(id).ok_or_else(unknown)?;
                let moved = distribution::to_dealer(input, to, note.clone(), lanes)?;
                // The events move to the other dealer's calendar (CAL-6), the assigned tasks to its task list (LEAD-4).
                let events = planned_events(lead, loaded);
                let tasks: Vec<&Task> = lead.tasks.iter().filter_map(|work| loaded.task(lead.id, &work.id)).collect();
                Ok(moved.map(|decision| task::with_tasks_moved(with_events_moved(decision, &events, to, call.now), &tasks, to)))
            }
        }
    })
    .await
}

/// Returns the keys of the dealer's lanes that the assignment changes: the pool if its user takes the lead back, and the rotation that
/// counts open leads (DIS-13).
fn lane_keys(loaded: &Loaded, call: &Call, target: &AssignmentTarget, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let input = LeadInput { lead, dealer, by, now: call.now };
    match target {
        AssignmentTarget::User(by_hand) => lead::lanes_of(dealer, |lanes| distribution::to_user(input, by_hand, lanes)),
        AssignmentTarget::Dealer(to, _) => {
            let to = loaded.dealer(to);
            to.map(|to| lead::lanes_of(dealer, |lanes| distribution::to_dealer(input, to, None, lanes))).unwrap_or_default()
        }
    }
}

/// Returns the keys of the lead's incomplete events and of its open tasks that have an assignee. The lead itself holds the other tasks.
fn open_work_keys(loaded: &Loaded, call: &Call) -> Vec<Key> {
    let Some(lead) = call.part("id", "lead").ok().and_then(|id| loaded.lead(id)) else { return Vec::new() };
    let events = lead.planned.iter().map(|planned| Key::Event(lead.id, planned.id.clone()));
    let given = lead.tasks.iter().filter(|work| work.assignee.is_some()).map(|work| Key::Task(lead.id, work.id.clone()));
    events.chain(given).collect()
}

/// Returns the keys of the lead's incomplete events, and of the calendar days that these take if `user` becomes the owner (CAL-7).
fn planned_keys(loaded: &Loaded, call: &Call, user: &UserId) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let events = lead.planned.iter().map(|planned| Key::Event(lead.id, planned.id.clone()));
    let theirs = Lead { owner: Some(user.clone()), calendar_transfer_pending_since: Some(call.now), ..lead.clone() };
    let decision = Decision::default().with(Item::Lead(Box::new(theirs)));
    let read = planned_events(lead, loaded);
    let days = lead::days_of(|days| {
        with_reservations_moved(decision, &read, &CalendarContext { lead, dealer, days, by: &Actor::System, now: call.now })
    });
    events.chain(days).chain([Key::BookingWatch(dealer.id.clone())]).collect()
}

/// Adds the incomplete events of the assigned lead to the decision, as many as one commit can hold.
fn with_planned(decision: Decision, dealer: &Dealer, loaded: &Loaded, call: &Call) -> Result<Decision, Refusal> {
    let Some(lead) = decision.lead().cloned() else { return Ok(decision) };
    let days = |user: &UserId, date| loaded.day(user, date);
    let context = CalendarContext { lead: &lead, dealer, days: &days, by: &call.scope.actor(), now: call.now };
    let events = planned_events(&lead, loaded);
    // The new owner can be absent at the time of a booking: the notices start (APT-9).
    let is_affected = |event: &&CalendarEvent| event.affected(lead.owner.as_ref(), &dealer.settings, call.now).is_some();
    let undecided = events.iter().any(|event| event.user.is_none() && is_affected(event));
    let watch = || BookingWatch::started(loaded.booking_watch(&dealer.id), &dealer.id, call.now);
    let watch = undecided.then(|| Item::BookingWatch(watch()));
    Ok(with_reservations_moved(decision, &events, &context)?.with_some(watch))
}

fn planned_events<'a>(lead: &Lead, loaded: &'a Loaded) -> Vec<&'a CalendarEvent> {
    lead.planned.iter().filter_map(|planned| loaded.event(lead.id, &planned.id)).collect()
}

/// Number of pool leads read to find the oldest one that is still in the pool.
const OLDEST: usize = 24;
/// Number of pool leads read if any lead may be claimed. It is above zero so that leads that left the pool by another way are removed from
/// it over time.
const FORGOTTEN: usize = 2;

/// `POST /leads/{id}/claim`: takes a lead out of the pool (DIS-8).
pub(crate) async fn claim(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let user = call.scope.user_id().ok_or(Refusal::Forbidden(Right::WorkLeads))?;
    let request = request(platform, call, id);
    let place = |dealer: &DealerId| Key::lane(dealer.clone(), Lane::Pool);
    loop {
        // The first read only shows which leads to load; the decision rests on one consistent read of all of them.
        let hint = Load::of([Key::Lead(id)])
            .then(|loaded| loaded.lead(id).into_iter().flat_map(|lead| [Key::Dealer(lead.dealer.clone()), place(&lead.dealer)]).collect());
        let hint = platform.store.load(&call.scope, &hint).await?;
        let (lead, dealer) = found(&hint, id)?;
        let oldest_only = dealer.settings.pool.as_ref().is_some_and(|pool| pool.oldest_only);
        let oldest = pool_of(&hint, dealer).waiting.into_iter().take(if oldest_only { OLDEST } else { FORGOTTEN });
        let mut keys: Vec<Key> = vec![Key::Lead(id), Key::Dealer(lead.dealer.clone()), place(&lead.dealer)];
        keys.extend(request.as_ref().map(Request::remembered_at));
        keys.extend(oldest.map(Key::Lead).filter(|key| *key != Key::Lead(id)));
        let first = keys.clone();
        let planned = |loaded: &Loaded| {
            let planned = [counting_key(loaded, id), planned_keys(loaded, call, user)].concat();
            let appointments = loaded.appointments_of(&planned);
            planned.into_iter().chain(appointments).collect()
        };
        let claimed = platform.store.decide(&call.scope, Load::of(keys).then(planned).with_long_retry(), |loaded, _| {
            let (lead, dealer) = found(loaded, id)?;
            if let Some(request) = &request
                && request.done(loaded, call.now)?.is_some()
            {
                return Ok((None, Some((lead.clone(), true))));
            }
            call.scope
                .needs_on(Right::WorkLeads, lead, &dealer.settings, call.now)
                .or_else(|refusal| check_saw_pool_lead(refusal, dealer, call))?;
            let first: Vec<&Lead> = first.iter().filter_map(|key| if let Key::Lead(id) = key { loaded.lead(*id) } else { None }).collect();
            let lanes: LoadLane<'_> = &|lane| loaded.place(&dealer.id, lane);
            let waiting = PoolLeads { pool: &pool_of(loaded, dealer), first: &first, any: call.scope.takes_any_pool_lead(dealer), lanes };
            Ok(match pool::claim(lead, dealer, waiting, user, call.now)? {
                Claimed::Taken(decision) => {
                    let decision = with_planned(decision, dealer, loaded, call)?;
                    let decision = with_appointments(decision, lead, dealer, |id| loaded.appointment(id), call.now);
                    let taken = decision.lead().map(|lead| (lead.clone(), false));
                    let remembered = request.as_ref().map(|request| request.remembered(decision.clone(), lead.version, call.now));
                    (Some(remembered.unwrap_or(decision)), taken)
                }
                Claimed::Theirs => (None, Some((lead.clone(), false))),
                Claimed::Again(decision) => (decision, None),
            })
        });
        if let Some((lead, again)) = claimed.await? {
            call.note_repeat(again);
            return Ok(Answer::new(200, &LeadView::of(&lead, call.now))?.header("etag", format!("\"{}\"", lead.version)).about(&id));
        }
    }
}

/// Returns the key of the rotation that counts open leads, if the dealer counts them or the lead is counted (DIS-13).
fn counting_key(loaded: &Loaded, id: LeadId) -> Vec<Key> {
    let unit = found(loaded, id).ok().filter(|(lead, dealer)| dealer.counts_since.is_some() || lead.counted.is_some());
    unit.map(|(_, dealer)| Key::lane(dealer.id.clone(), Lane::Rotation(None))).into_iter().collect()
}

/// Lets an assignable user of a pool see that somebody else has claimed the lead (409), although the lead is no longer visible to that
/// user.
fn check_saw_pool_lead(refusal: Refusal, dealer: &Dealer, call: &Call) -> Result<(), Refusal> {
    let here = call.scope.user_id().and_then(|user| dealer.settings.member(user));
    let saw_it = dealer.settings.pool.is_some() && here.is_some_and(|member| member.assignable);
    if saw_it { call.scope.reaches(&dealer.id) } else { Err(refusal) }
}
