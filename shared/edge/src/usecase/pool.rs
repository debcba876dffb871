//! Changes of a lead that waits in its dealer's pool: a reaction claims it, and the oldest comes first (DIS-8).

use crate::Platform;
use crate::usecase::lead::found;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, Refusal, Right, UserId};
use forecourt_domain::decision::{Decision, LeadInput};
use forecourt_domain::distribution::{LaneState, Pool};
use forecourt_domain::lead::{Lead, is_pooled};
use forecourt_domain::rules::distribution::pool::PoolLeads;
use forecourt_domain::rules::distribution::{takes_from_pool, with_booked_owner, with_claim};
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

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
    with_leads(loaded, dealer, scope.takes_any_pool_lead(dealer), |waiting| with_claim(decision, input, waiting))
}

/// Calls `rule` with the pool of `dealer` and its first leads. With `any` their order does not matter.
fn with_leads<T>(loaded: &Loaded, dealer: &Dealer, any: bool, rule: impl FnOnce(PoolLeads<'_>) -> T) -> T {
    let pool = pool_of(loaded, dealer);
    let read = pool.waiting.iter().take_while(|id| loaded.requested(&Key::Lead(**id)));
    let first: Vec<&Lead> = read.filter_map(|id| loaded.lead(*id)).collect();
    rule(PoolLeads { pool: &pool, first: &first, any, lanes: &|lane| loaded.place(&dealer.id, lane) })
}

/// Returns whether the order of the pool does not matter for an appointment that the requester links: those who do not work with leads gain
/// nothing by it, and others may take any lead (APT-8).
fn links_any(scope: &Scope, dealer: &Dealer) -> bool {
    scope.needs(Right::ReadLeads).is_err() || scope.takes_any_pool_lead(dealer)
}

/// Returns whether `lead` waits in the pool of `dealer` and stays there although an appointment with `user` is linked to it, because the
/// user cannot take it, or because the requester may not take it before the oldest one (APT-8). `loaded` has the items of [`keys`].
pub fn stays((lead, dealer): (&Lead, &Dealer), user: Option<&UserId>, loaded: &Loaded, scope: &Scope) -> bool {
    in_pool(lead, dealer) && (!takes(dealer, user, loaded) || check_order((lead, dealer), user, loaded, scope).is_err())
}

/// Whether the user of an appointment can take a lead of the pool, whatever its order.
fn takes(dealer: &Dealer, user: Option<&UserId>, loaded: &Loaded) -> bool {
    user.is_some_and(|user| takes_from_pool(user, dealer, &|lane| loaded.place(&dealer.id, lane)))
}

/// Refuses to link an appointment with `user` to a lead of the pool that the user would take before the oldest one (APT-8, DIS-8).
///
/// # Errors
/// 409 names the oldest lead.
pub fn check_order((lead, dealer): (&Lead, &Dealer), user: Option<&UserId>, loaded: &Loaded, scope: &Scope) -> Result<(), Refusal> {
    if !in_pool(lead, dealer) || !takes(dealer, user, loaded) {
        return Ok(());
    }
    with_leads(loaded, dealer, links_any(scope, dealer), |waiting| waiting.check_order(lead.id, dealer))
}

/// Extends the decision that links an appointment with `user` to a lead of the pool: the user becomes its owner, if possible (APT-8).
/// `loaded` has the items of [`keys`].
pub fn booked(decision: Decision, input: LeadInput<'_>, user: Option<&UserId>, loaded: &Loaded, scope: &Scope) -> Decision {
    let LeadInput { lead, dealer, .. } = input;
    let Some(user) = user.filter(|_| in_pool(lead, dealer)) else { return decision };
    with_leads(loaded, dealer, links_any(scope, dealer), |waiting| with_booked_owner(decision, input, waiting, user))
}

/// The leads of a dealer's pool that a user may claim at this moment (DIS-8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimable {
    /// None: the dealer has no pool, or the user is not assignable, may not work leads, or has the maximum of open leads.
    Nothing,
    /// Every lead of the pool of this user.
    All(UserId),
    /// The oldest lead, of the pool of this user.
    Oldest(UserId, LeadId),
}

impl Claimable {
    /// Returns what the principal may claim at `dealer`. Reads nothing if the dealer has no pool, or neither `oldest_only` nor a maximum of
    /// open leads applies to the user.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn of(platform: &Platform, scope: &Scope, dealer: &Dealer) -> Result<Self, Failure> {
        let settings = &dealer.settings;
        let member = scope.user_id().and_then(|user| settings.member(user)).filter(|member| member.assignable);
        let Some((member, pool)) = member.filter(|_| scope.needs(Right::WorkLeads).is_ok()).zip(settings.pool.as_ref()) else {
            return Ok(Self::Nothing);
        };
        let oldest_only = pool.oldest_only && !scope.takes_any_pool_lead(dealer);
        let lane = |lane: Lane| Key::lane(dealer.id.clone(), lane);
        let counting = dealer.counts_since.filter(|_| member.max_open.is_some()).map(|_| lane(Lane::Rotation(None)));
        let keys: Vec<Key> = oldest_only.then(|| lane(Lane::Pool)).into_iter().chain(counting).collect();
        if keys.is_empty() {
            return Ok(Self::All(pool.user.clone()));
        }
        let loaded = platform.store.load(scope, &Load::of(keys)).await?;
        let open = loaded.open_leads(dealer).map_or(0, |open| open.of(&member.user));
        if member.max_open.is_some_and(|most| open >= most) {
            return Ok(Self::Nothing);
        }
        if !oldest_only {
            return Ok(Self::All(pool.user.clone()));
        }
        // Leads that have left the pool by another way than a claim are still listed: then the next ones are read, too.
        for some in pool_of(&loaded, dealer).waiting.chunks(OLDEST) {
            let loaded = platform.store.load(scope, &Load::of(some.iter().copied().map(Key::Lead))).await?;
            let waiting = some.iter().filter_map(|id| loaded.lead(*id)).filter(|lead| in_pool(lead, dealer));
            if let Some(oldest) = waiting.min_by_key(|lead| lead.arrived) {
                return Ok(Self::Oldest(pool.user.clone(), oldest.id));
            }
        }
        Ok(Self::Nothing)
    }

    /// Returns whether the user may claim the lead in progress `id` of `owner`.
    pub fn has(&self, id: LeadId, owner: Option<&UserId>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(pool) => owner == Some(pool),
            Self::Oldest(pool, oldest) => owner == Some(pool) && id == *oldest,
        }
    }
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
