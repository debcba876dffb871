//! The lanes of a dealer that a decision reads and changes, with the count of open leads (DIS-13).

use crate::base::UserId;
use crate::decision::{Decision, Item};
use crate::distribution::{LaneState, LoadLane, OpenLeads, Rotation};
use crate::lead::{Lead, is_pooled};
use crate::settings::{Dealer, Lane};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, btree_map};

/// The lanes that a decision reads and changes.
pub(crate) struct Lanes<'a> {
    dealer: &'a Dealer,
    load: LoadLane<'a>,
    /// Each lane that was read, and whether it has changed.
    known: BTreeMap<Lane, (LaneState, bool)>,
}

/// The lane that has the count of open leads.
const COUNTING: Lane = Lane::Rotation(None);

impl<'a> Lanes<'a> {
    pub(crate) fn new(dealer: &'a Dealer, load: LoadLane<'a>) -> Self {
        Self { dealer, load, known: BTreeMap::new() }
    }

    pub(crate) fn dealer(&self) -> &'a Dealer {
        self.dealer
    }

    /// Returns the current state of `lane`. `None` if it was not loaded.
    pub(crate) fn state(&mut self, lane: &Lane) -> Option<&LaneState> {
        let (state, _) = match self.known.entry(lane.clone()) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(new) => {
                let state = (self.load)(lane)?;
                new.insert((state, false))
            }
        };
        Some(state)
    }

    /// Returns the current state of a lane that is a rotation.
    pub(crate) fn rotation(&mut self, lane: &Lane) -> Option<&Rotation> {
        match self.state(lane)? {
            LaneState::Rotation(rotation) => Some(rotation),
            LaneState::Pool(_) => None,
        }
    }

    /// Changes a lane.
    pub(crate) fn put(&mut self, state: LaneState) {
        self.known.insert(state.lane(), (state, true));
    }

    /// Returns the count of open leads. `None` if the dealer counts none, or the count does not belong to the settings that were read.
    pub(crate) fn open(&mut self) -> Option<OpenLeads> {
        let since = self.dealer.counts_since?;
        self.rotation(&COUNTING)?.open.clone().filter(|open| open.since() == since)
    }

    /// Returns the number of open leads of `user` and the maximum, if the user has reached it. The pool user never has (DIS-13).
    pub(crate) fn full_load(&mut self, user: &UserId) -> Option<(u32, u32)> {
        let settings = &self.dealer.settings;
        let most = settings.member(user)?.max_open.filter(|_| settings.pool.as_ref().is_none_or(|pool| pool.user != *user))?;
        let open = self.open()?.of(user);
        (open >= most).then_some((open, most))
    }

    /// Counts `lead` for its owner, or takes it out of the count, after a change of its owner, status or dealer. Every such change calls
    /// this, so that the count is exact.
    ///
    /// The lead's own entry says where it is counted. So a change that read settings without limits also takes it out. If the lane of the
    /// count was not loaded, nothing changes: that happens only if the settings changed after the lanes were chosen, and the recomputation
    /// that follows counts the lead.
    pub(crate) fn count(&mut self, lead: &mut Lead) {
        let to = lead.belongs_to(self.dealer);
        if lead.counted == to {
            return;
        }
        let Some(rotation) = self.rotation(&COUNTING) else { return };
        let mut recounted = rotation.clone();
        let counted = recounted.recount(lead.counted.as_ref(), to);
        if recounted != *rotation {
            self.put(LaneState::Rotation(recounted));
        }
        lead.counted = counted;
    }

    /// Puts `lead` into the line of the pool, at the place of its arrival, if a change has brought it into the pool. Every change of the
    /// owner or status calls this. Nothing changes if the pool was not loaded.
    pub(crate) fn line_up(&mut self, lead: &Lead) {
        if lead.dealer != self.dealer.id || !is_pooled(lead, &self.dealer.settings) {
            return;
        }
        let lined_up = match self.state(&Lane::Pool) {
            Some(LaneState::Pool(pool)) => pool.lined_up(lead.id, lead.arrived),
            _ => None,
        };
        lined_up.into_iter().for_each(|pool| self.put(LaneState::Pool(pool)));
    }

    /// Returns the lanes that have changed.
    pub(crate) fn items(self) -> impl Iterator<Item = Item> {
        self.known.into_values().filter(|(_, changed)| *changed).map(|(state, _)| match state {
            LaneState::Rotation(rotation) => Item::Rotation(rotation),
            LaneState::Pool(pool) => Item::Pool(pool),
        })
    }
}

/// Adds to `decision` that each of `leads` is counted for its owner: leads from before the dealer's first maximum of open leads (DIS-13).
pub fn with_open_counted<'a>(
    mut decision: Decision,
    leads: impl IntoIterator<Item = &'a Lead>,
    dealer: &Dealer,
    load: LoadLane<'_>,
    now: DateTime<Utc>,
) -> Decision {
    if dealer.counts_since.is_none() {
        return decision;
    }
    let mut lanes = Lanes::new(dealer, load);
    for lead in leads.into_iter().filter(|lead| lead.dealer == dealer.id) {
        let decided = decision.items.iter_mut().find_map(|item| match item {
            Item::Lead(changed) if changed.id == lead.id => Some(changed),
            _ => None,
        });
        match decided {
            Some(changed) => lanes.count(changed),
            None => {
                let mut changed = lead.touched(now);
                // The count is no activity on the lead, and the timeline does not show it.
                changed.updated = lead.updated;
                lanes.count(&mut changed);
                if changed.counted != lead.counted {
                    decision = decision.with(Item::Lead(Box::new(changed)));
                }
            }
        }
    }
    decision.items.extend(lanes.items());
    decision
}
