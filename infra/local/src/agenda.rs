//! The wake-ups that are due now or later: the local twin of the stream, the queues between functions, and the timers.
//!
//! It exists in memory only. A restart builds it again from the due items of the table.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_outbox::WakeUps;
use forecourt_store::Failure;
use forecourt_store::keys::WakeUp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::VirtualClock;

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

    /// Takes the wake-ups that are due.
    pub(crate) fn take_due(&self) -> Vec<WakeUp> {
        let now = self.clock.now();
        let mut entries = self.entries();
        let mut due = Vec::new();
        while entries.wakes.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(entries.wakes.pop_first().map(|(_, wake_up)| wake_up));
        }
        due
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
    async fn send(&self, wake_up: &WakeUp, delay: TimeDelta) -> Result<(), Failure> {
        self.add(self.clock.now() + delay, wake_up.clone());
        Ok(())
    }

    async fn set_timer(&self, wake_up: &WakeUp, at: DateTime<Utc>) -> Result<(), Failure> {
        self.add(at, wake_up.clone());
        Ok(())
    }
}
