//! Turns by weight: which users a rotation can serve next so that each gets exactly its share (DIS-2, DIS-13).

use crate::base::{UserId, known_entries, stable_hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The state of a rotation whose users have unequal weights. It is empty if all weights are equal.
///
/// A *stretch* is a run of turns with the same eligible users and weights. After each turn of a stretch, the number of turns of each user
/// is its share, rounded down or up: with weights `w` and their sum `W`, the user's `j`-th turn is in the window from turn `floor((j - 1) *
/// W / w) + 1` to turn `ceil(j * W / w)` of the stretch. Such an order always exists, and after `W` turns, a *round*, each user has had
/// exactly `w` turns; so only the turns of the current round are kept.
///
/// The *credit* of a user is the sum of its shares minus its turns, over all stretches. It decides among the users whose windows permit a
/// turn. So a user with a small weight also gets its share if the eligible users change with every lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// A hash of the eligible users and weights of the current stretch.
    #[serde(default)]
    stretch: u64,
    /// The turns of each user in the current round.
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    turns: BTreeMap<UserId, u32>,
    /// The credit of each user, in millionths of a turn.
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    credit: BTreeMap<UserId, i64>,
}

/// A turn in units of credit.
const TURN: i64 = 1_000_000;
/// The largest credit and debt. A user does not catch up on more than this.
const MOST: i64 = 2 * TURN;

impl Shares {
    /// Whether there is no state: the weights are equal.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the credit of `user`.
    pub(super) fn credit(&self, user: &UserId) -> i64 {
        self.credit.get(user).copied().unwrap_or_default()
    }

    /// Removes the credit of users who have left the rotation.
    pub(super) fn keep(&mut self, stays: impl Fn(&UserId) -> bool) {
        self.credit.retain(|user, _| stays(user));
    }

    /// Counts a turn of `user` outside the stretch: only the credits change (DIS-10).
    pub(super) fn credit_turn(&mut self, user: &UserId, eligible: &Weights<'_>) {
        for (other, weight) in &eligible.of {
            let share = weight * TURN / eligible.total;
            let served = if *other == user { TURN } else { 0 };
            let credit = self.credit.entry((*other).clone()).or_default();
            *credit = (*credit + share - served).clamp(-MOST, MOST);
        }
        self.credit.retain(|_, credit| *credit != 0);
    }

    /// Counts a turn of `user` in the stretch.
    pub(super) fn count_turn(&mut self, user: &UserId, eligible: &Weights<'_>) {
        self.credit_turn(user, eligible);
        *self.turns.entry(user.clone()).or_default() += 1;
        if self.taken() >= eligible.total {
            self.turns.clear();
        }
    }

    /// Begins a stretch if the eligible users or their weights have changed.
    pub(super) fn begin(&mut self, eligible: &Weights<'_>) {
        let stretch = eligible.hash();
        if self.stretch != stretch {
            self.stretch = stretch;
            self.turns.clear();
        }
    }

    /// Returns whether a turn of a user keeps every window of the stretch possible.
    ///
    /// The turns whose windows end at or before a turn `b` must fit before `b`. If they fill all turns until then, only one of them can be
    /// next. Of the users whose window has begun, those with a window that ends at or before the first such `b` can be served; there is
    /// always one, because the windows that begin later cannot fill these turns alone.
    pub(super) fn can_serve<'b>(&self, eligible: &'b Weights<'_>) -> impl Fn(&UserId) -> bool + 'b {
        let (taken, total) = (self.taken(), eligible.total);
        let turns: BTreeMap<&UserId, i64> = eligible.of.keys().map(|user| (*user, self.turns_of(user))).collect();
        let ends = move |weight: i64, turn: i64| (turn * total + weight - 1) / weight;
        let mut ending: BTreeMap<i64, i64> = BTreeMap::new();
        for (user, weight) in &eligible.of {
            for turn in turns[user] + 1..=*weight {
                *ending.entry(ends(*weight, turn)).or_default() += 1;
            }
        }
        let mut until_now = 0;
        let full = ending.into_iter().find_map(|(end, turns)| {
            until_now += turns;
            (until_now >= end - taken).then_some(end)
        });
        let first_full = full.unwrap_or(total);
        move |user| {
            let Some((weight, turns)) = eligible.of.get(user).zip(turns.get(user)) else { return false };
            let begun = turns * total < (taken + 1) * weight;
            begun && ends(*weight, turns + 1) <= first_full
        }
    }

    fn turns_of(&self, user: &UserId) -> i64 {
        self.turns.get(user).copied().unwrap_or_default().into()
    }

    /// The number of turns of the current round.
    fn taken(&self) -> i64 {
        self.turns.values().copied().map(i64::from).sum()
    }
}

/// The weights of the eligible users, reduced by their common divisor.
#[derive(Debug)]
pub(super) struct Weights<'a> {
    of: BTreeMap<&'a UserId, i64>,
    total: i64,
}

impl<'a> Weights<'a> {
    pub(super) fn of(users: impl Iterator<Item = (&'a UserId, u8)>) -> Self {
        // Stored settings may break the rule that a weight is at least one (SET-8).
        let mut of: BTreeMap<&UserId, i64> = users.map(|(user, weight)| (user, i64::from(weight.max(1)))).collect();
        let common = of.values().copied().fold(0, divisor).max(1);
        of.values_mut().for_each(|weight| *weight /= common);
        Self { total: of.values().sum(), of }
    }

    fn hash(&self) -> u64 {
        let mut text = String::new();
        for (user, weight) in &self.of {
            // Writing to a string cannot fail.
            let _ = write!(text, "{user}={weight};");
        }
        stable_hash(&text)
    }
}

/// Returns the greatest common divisor.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
