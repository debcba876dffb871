//! The order of a fair queue: the group that was served least comes first.
//!
//! SQS prefers groups that use little of a queue's capacity. This model is simpler, and exact: it counts the messages that each group has
//! received while others of it wait, and serves the group with the lowest count next.

use std::collections::{BTreeMap, BTreeSet};

/// The number of messages that each group received while others of it were waiting.
#[derive(Debug)]
pub(crate) struct Turns<G>(BTreeMap<G, u64>);

impl<G> Default for Turns<G> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<G: Ord + Clone> Turns<G> {
    /// Takes at most `room` of the waiting messages. Those of one group stay in their order.
    pub(crate) fn take<T>(&mut self, waiting: Vec<T>, group: impl Fn(&T) -> G, room: usize) -> Vec<T> {
        let groups: BTreeSet<G> = waiting.iter().map(&group).collect();
        self.0.retain(|served, _| groups.contains(served));
        let mut turns = self.0.clone();
        let turn = |message: T| {
            let group = group(&message);
            let turn = turns.entry(group.clone()).or_default();
            *turn += 1;
            (*turn, group, message)
        };
        let mut queue: Vec<(u64, G, T)> = waiting.into_iter().map(turn).collect();
        queue.sort_by_key(|(turn, ..)| *turn);
        queue.truncate(room);
        for (_, group, _) in &queue {
            *self.0.entry(group.clone()).or_default() += 1;
        }
        queue.into_iter().map(|(.., message)| message).collect()
    }
}
