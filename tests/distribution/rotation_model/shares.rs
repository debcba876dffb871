//! The naive model of a rotation: the circle, and turns by weight (DIS-1, DIS-13). A turn is possible if a simulation that always serves
//! the earliest deadline meets every deadline of the next two rounds.

use super::history::{Lane, Shop, UserNumber};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A turn in units of credit, and the largest credit.
const TURN: i64 = 1_000_000;

/// The state of a lane.
#[derive(Default)]
pub struct ModelLane {
    pub last: Option<UserNumber>,
    /// The eligible users of the stretch with their reduced weights, and the turns of each since it began.
    stretch: BTreeMap<UserNumber, i64>,
    counts: BTreeMap<UserNumber, i64>,
    credit: BTreeMap<UserNumber, i64>,
}

/// Returns weights divided by their greatest common divisor.
pub fn reduced(weights: BTreeMap<UserNumber, i64>) -> BTreeMap<UserNumber, i64> {
    let common = (1..=10).rev().find(|divisor| weights.values().all(|weight| weight % divisor == 0)).unwrap_or(1);
    weights.into_iter().map(|(who, weight)| (who, weight / common)).collect()
}

impl ModelLane {
    /// Returns the user whose turn it is, and the absent users who were passed over.
    pub fn turn(&mut self, shop: &Shop, lane: Lane, at: u64) -> (Option<UserNumber>, Vec<UserNumber>) {
        if !shop.is_weighted(lane) {
            (self.stretch, self.counts, self.credit) = Default::default();
            let (next, passed_over) = shop.turn(lane, self.last, at);
            self.last = next.or(self.last);
            return (next, passed_over);
        }
        let eligible = reduced(shop.eligible(lane, at).into_iter().map(|who| (who, shop.weight(who))).collect());
        if eligible.is_empty() {
            return (None, shop.circle(lane));
        }
        if self.stretch != eligible {
            (self.stretch, self.counts) = (eligible, BTreeMap::new());
        }
        let circle = shop.circle(lane);
        self.credit.retain(|who, _| circle.contains(who));
        let (after, before): (Vec<UserNumber>, Vec<UserNumber>) = circle.into_iter().partition(|who| Some(*who) > self.last);
        let mut order = [after, before].concat();
        order.sort_by_key(|who| Reverse(self.credit.get(who).copied().unwrap_or(0)));
        let can = |who: &UserNumber| self.stretch.contains_key(who) && self.stays_possible(*who);
        let place = order.iter().position(can).expect("a turn is always possible");
        let who = order[place];
        let total: i64 = self.stretch.values().sum();
        for (other, weight) in &self.stretch {
            let credit = self.credit.entry(*other).or_default();
            *credit = (*credit + weight * TURN / total - if *other == who { TURN } else { 0 }).clamp(-2 * TURN, 2 * TURN);
        }
        *self.counts.entry(who).or_default() += 1;
        self.last = Some(who);
        // The order by credit says nothing of those who cannot get the lead: all of them are named.
        let passed_over = order.iter().filter(|who| !self.stretch.contains_key(who)).copied().collect();
        (Some(who), passed_over)
    }

    /// Whether every user can still get each turn in its window if `first` has the next one.
    fn stays_possible(&self, first: UserNumber) -> bool {
        let total: i64 = self.stretch.values().sum();
        let mut counts: BTreeMap<UserNumber, i64> =
            self.stretch.keys().map(|who| (*who, self.counts.get(who).copied().unwrap_or(0))).collect();
        let begin = counts.values().sum::<i64>() + 1;
        for slot in begin..begin + 2 * total {
            // The next turn of each user: whether its window has begun, and when it ends.
            let windows = self.stretch.iter().map(|(who, weight)| {
                let count = counts[who];
                (((count + 1) * total + weight - 1) / weight, count * total / weight < slot, *who)
            });
            let begun: Vec<(i64, UserNumber)> = windows.filter(|(_, begun, _)| *begun).map(|(end, _, who)| (end, who)).collect();
            let chosen = if slot == begin { begun.iter().find(|(_, who)| *who == first) } else { begun.iter().min() };
            let Some((_, chosen)) = chosen else { return false };
            if begun.iter().any(|(end, who)| end <= &slot && who != chosen) {
                return false;
            }
            *counts.get_mut(chosen).unwrap() += 1;
        }
        true
    }
}
