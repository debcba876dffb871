//! The pool of a dealer (DIS-8).

use crate::base::{DealerId, LeadId, known_entries};
use crate::distribution::{AssignmentReason, Choice};
use crate::settings::PoolSettings;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The leads of a dealer's pool, in the order of their arrival. A lead that left the pool without a claim stays in this list until a
/// claim removes it: the lead itself determines whether it is in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The dealer.
    pub dealer: DealerId,
    /// The leads, the first in line first.
    pub waiting: Vec<LeadId>,
    /// When each lead arrived, in milliseconds since 1970. A lead that an earlier release listed has no entry.
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    pub arrived: BTreeMap<LeadId, i64>,
}

impl Pool {
    /// Creates an empty pool.
    pub fn new(dealer: DealerId) -> Self {
        Self { dealer, waiting: Vec::new(), arrived: BTreeMap::new() }
    }

    /// Adds a lead that arrived at `arrived`. Returns the pool user as its owner, and the new pool.
    pub(crate) fn take_in(&self, lead: LeadId, arrived: DateTime<Utc>, settings: &PoolSettings) -> (Choice, Option<Pool>) {
        let why = AssignmentReason::of("DIS-8");
        (Choice { owner: settings.user.clone(), why }, Some(self.lined_up(lead, arrived).unwrap_or_else(|| self.clone())))
    }

    /// Returns the pool with `lead` at its place in the line: before all leads that arrived later. So a lead that comes from another owner,
    /// or is reopened, waits no longer than one that was here all the time (DIS-8). `None` if it has that place already.
    pub(crate) fn lined_up(&self, lead: LeadId, arrived: DateTime<Utc>) -> Option<Pool> {
        let arrived = arrived.timestamp_millis();
        if self.arrived.get(&lead) == Some(&arrived) && self.waiting.contains(&lead) {
            return None;
        }
        let mut pool = self.clone();
        pool.waiting.retain(|id| *id != lead);
        let later = |id: &LeadId| pool.arrived.get(id).is_some_and(|other| *other > arrived);
        let place = pool.waiting.iter().position(later).unwrap_or(pool.waiting.len());
        pool.waiting.insert(place, lead);
        pool.waiting.truncate(MOST);
        pool.arrived.insert(lead, arrived);
        pool.forget_others();
        (pool != *self).then_some(pool)
    }

    /// Returns the pool without some leads.
    pub(crate) fn without(&self, left: &[LeadId]) -> Pool {
        let mut pool = self.clone();
        pool.waiting.retain(|id| !left.contains(id));
        pool.forget_others();
        pool
    }

    /// Drops the arrivals of leads that are not listed.
    fn forget_others(&mut self) {
        let listed: BTreeSet<&LeadId> = self.waiting.iter().collect();
        self.arrived.retain(|id, _| listed.contains(id));
    }
}

/// The maximum number of leads that a pool lists. With more leads, the oldest are still claimed first; a lead that is not listed can be
/// claimed by its number after the listed ones.
const MOST: usize = 2_000;
