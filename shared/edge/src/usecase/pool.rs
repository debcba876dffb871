//! Changes of a lead that waits in its dealer's pool: a reaction claims it, and the oldest comes first (DIS-8).

use crate::usecase::lead::found;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, Refusal};
use forecourt_domain::decision::{Decision, LeadInput};
use forecourt_domain::distribution::{LaneState, Pool};
use forecourt_domain::lead::{Lead, is_pooled};
use forecourt_domain::rules::distribution::pool::PoolLeads;
use forecourt_domain::rules::distribution::with_claim;
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

/// Number of pool leads that are read at once to find the oldest one that is still in the pool.
const OLDEST: usize = 24;

/// Returns the keys that a change of a lead in the pool needs: the pool and, with `oldest_only`, its first leads. Returns none if the lead
/// is not in a pool.
pub fn keys(loaded: &Loaded, lead: LeadId) -> Vec<Key> {
    let Some((_, dealer)) = found(loaded, lead).ok().filter(|(lead, dealer)| is_pooled(lead, &dealer.settings)) else { return Vec::new() };
    let mut keys = vec![Key::lane(dealer.id.clone(), Lane::Pool)];
    if dealer.counts_since.is_some() {
        keys.push(Key::lane(dealer.id.clone(), Lane::Rotation(None)));
    }
    if dealer.settings.pool.as_ref().is_some_and(|pool| pool.oldest_only) {
        // Leads that have left the pool by another way than a claim are still listed: then the next ones are read, too.
        let waits = |id: &LeadId| !loaded.requested(&Key::Lead(*id)) || loaded.lead(*id).is_some_and(|lead| in_pool(lead, dealer));
        for some in pool_of(loaded, dealer).waiting.chunks(OLDEST) {
            keys.extend(some.iter().copied().map(Key::Lead));
            if some.iter().any(waits) {
                break;
            }
        }
    }
    keys
}

/// Extends a decision about `lead` of `dealer`: if the lead is in the pool, a reaction claims it for the user. `loaded` has the items of
/// [`keys`].
///
/// # Errors
/// 409 names the oldest lead of the pool, if only that may be taken.
pub fn claimed(decision: Decision, input: LeadInput<'_>, loaded: &Loaded, scope: &Scope) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, .. } = input;
    if !in_pool(lead, dealer) {
        return Ok(decision);
    }
    let pool = pool_of(loaded, dealer);
    let read = pool.waiting.iter().take_while(|id| loaded.requested(&Key::Lead(**id)));
    let first: Vec<&Lead> = read.filter_map(|id| loaded.lead(*id)).collect();
    with_claim(
        decision,
        input,
        PoolLeads { pool: &pool, first: &first, any: scope.takes_any_pool_lead(dealer), lanes: &|lane| loaded.place(&dealer.id, lane) },
    )
}

/// Returns the pool of a dealer; an empty one if it has none.
pub fn pool_of(loaded: &Loaded, dealer: &Dealer) -> Pool {
    match loaded.place(&dealer.id, &Lane::Pool) {
        Some(LaneState::Pool(pool)) => pool,
        _ => Pool::new(dealer.id.clone()),
    }
}

fn in_pool(lead: &Lead, dealer: &Dealer) -> bool {
    lead.dealer == dealer.id && is_pooled(lead, &dealer.settings)
}
