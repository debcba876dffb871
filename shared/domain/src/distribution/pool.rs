//! The pool of a dealer (DIS-8).

use crate::base::{DealerId, LeadId};
use crate::distribution::{AssignmentReason, Choice};
use crate::settings::PoolSettings;
use serde::{Deserialize, Serialize};

/// The leads of a dealer's pool, in the order of their arrival. A lead that left the pool without a claim stays in this list until a
/// claim removes it: the lead itself determines whether it is in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The dealer.
    pub dealer: DealerId,
    /// The leads, the first in line first.
    pub waiting: Vec<LeadId>,
}

impl Pool {
    /// Creates an empty pool.
    pub fn new(dealer: DealerId) -> Self {
        Self { dealer, waiting: Vec::new() }
    }

    /// Adds a lead. Returns the pool user as its owner, and the new pool.
    pub(crate) fn take_in(&self, lead: LeadId, settings: &PoolSettings) -> (Choice, Option<Pool>) {
        let mut pool = self.clone();
        if !pool.waiting.contains(&lead) && pool.waiting.len() < MOST {
            pool.waiting.push(lead);
        }
        let why = AssignmentReason::of("DIS-8");
        (Choice { owner: settings.user.clone(), why }, Some(pool))
    }

    /// Puts a lead that a user returned back at the front, because it has waited longer than the others (DIS-8).
    pub(crate) fn taken_back(&self, lead: LeadId) -> Option<Pool> {
        let mut pool = self.clone();
        pool.waiting.retain(|id| *id != lead);
        pool.waiting.truncate(MOST - 1);
        pool.waiting.insert(0, lead);
        (pool != *self).then_some(pool)
    }
}

/// The maximum number of leads that a pool lists. With more leads, the oldest are still claimed first; a lead that is not listed can be
/// claimed by its number after the listed ones.
const MOST: usize = 2_000;
