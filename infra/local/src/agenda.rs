//! The wake-ups that are due now or later: the local twin of the stream, the queues between functions, and the timers.
//!
//! The queues are fair to the groups (`fair.rs`). It exists in memory only. A restart builds it again from the due items of
//! the table.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::GroupId;
use forecourt_outbox::WakeUps;
use forecourt_store::Failure;
use forecourt_store::keys::{DueKind, WakeUp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::VirtualClock;
use crate::fair::Turns;

/// A schedule of wake-ups.
#[derive(Clone)]
pub struct Agenda {
    clock: VirtualClock,
    entries: Arc<Mutex<Entries>>,
    changed: Arc<tokio::sync::Notify>,
}

#[derive(Default)]
struct Entries {
    /// Wake-ups from commits that the relay has not processed yet.
    stream: Vec<(DateTime<Utc>, WakeUp)>,
    /// Wake-ups that the relay scheduled.
    wakes: BTreeSet<(DateTime<Utc>, WakeUp)>,
    /// Which groups the queue of each kind served.
    turns: BTreeMap<DueKind, Turns<GroupId>>,
}

impl Agenda {
    /// An empty agenda.
    pub fn new(clock: VirtualClock) -> Self {
        Self { clock, entries: Arc::default(), changed: Arc::default() }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the wake-ups of a commit to the stream.
    pub fn committed(&self, due: Vec<(DateTime<Utc>, WakeUp)>) {
        self.entries().stream.extend(due);
        self.changed.notify_one();
    }

    /// Takes the wake-ups of the commits since the last call, for the relay.
    pub(crate) fn take_stream(&self) -> Vec<(DateTime<Utc>, WakeUp)> {
        std::mem::take(&mut self.entries().stream)
    }

    /// Takes the wake-ups of a kind that are due, at most `room`, as a fair queue chooses them.
    pub(crate) fn take_due(&self, kind: DueKind, room: usize) -> Vec<WakeUp> {
        let now = self.clock.now();
        let mut entries = self.entries();
        let entries = &mut *entries;
        let due: Vec<(DateTime<Utc>, WakeUp)> =
            entries.wakes.iter().take_while(|(at, _)| *at <= now).filter(|(_, wake_up)| wake_up.kind == kind).cloned().collect();
        let taken = entries.turns.entry(kind).or_default().take(due, |(_, wake_up)| wake_up.group.clone(), room);
        for entry in &taken {
            entries.wakes.remove(entry);
        }
        taken.into_iter().map(|(_, wake_up)| wake_up).collect()
    }

    /// Returns the time of the next wake-up.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        let entries = self.entries();
        let stream = entries.stream.iter().map(|(due, _)| *due).min();
        entries.wakes.first().map(|(at, _)| *at).into_iter().chain(stream).min()
    }

    /// Schedules a wake-up at `at`.
    pub fn add(&self, at: DateTime<Utc>, wake_up: WakeUp) {
        self.entries().wakes.insert((at, wake_up));
        self.changed.notify_one();
    }

    /// Removes all wake-ups, as if timers and queues had lost them.
    pub fn lose_everything(&self) {
        *self.entries() = Entries::default();
    }

    /// Waits until a wake-up is added.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[async_trait]
impl WakeUps for Agenda {
    async fn send(&self, batch: &[(WakeUp, TimeDelta)]) -> Vec<Result<(), Failure>> {
        let now = self.clock.now();
        let add = |(wake_up, delay): &(WakeUp, TimeDelta)| {
            self.add(now + *delay, wake_up.clone());
            Ok(())
        };
        batch.iter().map(add).collect()
    }

    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        self.add(at, wake_up.clone());
        Ok(())
    }
}
