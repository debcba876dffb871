//! The pool of a dealer (DIS-8).

use crate::base::{DealerId, LeadId};
use crate::distribution::{AssignmentReason, Choice};
use crate::settings::PoolSettings;
use serde::{Deserialize, Serialize};

/// The leads that went into a dealer's pool, in the order in which they came. One that has left it by another way than a claim is still here until
/// a claim comes by it: whether a lead is in the pool, the lead says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Whose pool.
    pub dealer: DealerId,
    /// The leads.
    pub waiting: Vec<LeadId>,
}

impl Pool {
    /// An empty pool.
    pub fn new(dealer: DealerId) -> Self {
        Self { dealer, waiting: Vec::new() }
    }

    /// The pool with one lead more, and its owner for the time being.
    pub(crate) fn take_in(&self, lead: LeadId, settings: &PoolSettings) -> (Choice, Option<Pool>) {
        let mut pool = self.clone();
        if !pool.waiting.contains(&lead) && pool.waiting.len() < MOST {
            pool.waiting.push(lead);
        }
        let why = AssignmentReason { rule: "DIS-8".into(), turn: None, group: None, passed_over: Vec::new(), note: None };
        (Choice { owner: settings.user.clone(), why }, Some(pool))
    }

    /// The pool with a lead that comes back to it by hand, first: it waits longer than those that it left behind (DIS-8).
    pub(crate) fn taken_back(&self, lead: LeadId) -> Option<Pool> {
        let mut pool = self.clone();
        pool.waiting.retain(|id| *id != lead);
        pool.waiting.truncate(MOST - 1);
        pool.waiting.insert(0, lead);
        (pool != *self).then_some(pool)
    }
}

/// How many leads a pool remembers in order. Past this many the oldest are still taken first, and one that is not remembered can be taken by its number
/// once the others are gone.
const MOST: usize = 2_000;
