//! A change of the owner: assignment by a user (DIS-7), and the claim of a pool lead (DIS-8).

use super::answered;
use crate::page::LeadView;
use forecourt_domain::base::{DealerId, LeadId, Refusal, Right};
use forecourt_domain::distribution::LoadLane;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::appointment::with_appointments;
use forecourt_domain::rules::distribution::pool::{self, Claimed, PoolLeads};
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Request, request};
use forecourt_edge::usecase::assignment::{self, AssignmentBody, planned_keys, with_planned};
use forecourt_edge::usecase::lead::found;
use forecourt_edge::usecase::pool::pool_of;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// `POST /leads/{id}/assignment`: assigns a lead to a user, or moves it to another dealer (DIS-7).
pub(crate) async fn assign(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let target = call.json::<AssignmentBody>()?.check()?;
    answered(&assignment::assign(platform, call, &target).await?, call)
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
