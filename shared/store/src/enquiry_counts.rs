//! The number of a sender's enquiries in a minute (SET-12).
//!
//! A process counts in memory and writes every few enquiries to the table, so that an enquiry costs no write of its own. It reads the
//! number of other processes when it writes. The known number may therefore be too low by the enquiries not yet written, and is never too
//! high.

use crate::keys::Key;
use crate::{Failure, Load, Loaded, Store};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Usage, Window};
use forecourt_domain::decision::{Decision, Item};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The number of senders at which the counts of past minutes are dropped.
const MOST: usize = 10_000;

/// A sender whose enquiries are counted.
#[derive(Debug, Clone, Copy)]
pub struct EnquiryCounter<'a> {
    /// The name of the sender's budget.
    pub name: &'a str,
    /// The number of enquiries that a process holds back before it writes.
    pub batch: u32,
}

/// The enquiries of a sender in one minute, as one process knows them.
#[derive(Debug, Clone, Copy)]
struct Count {
    /// The end of the minute.
    until: DateTime<Utc>,
    /// The number in the table at the latest write of this process.
    stored: u32,
    /// The number of this process that is not in the table yet.
    held: u32,
}

/// The counts of one process.
#[derive(Default)]
pub(crate) struct EnquiryCounts(Mutex<HashMap<String, Count>>);

impl EnquiryCounts {
    /// Changes the count of a sender in the minute that contains `now`, and returns the result of `change`.
    fn with<T>(&self, name: &str, now: DateTime<Utc>, change: impl FnOnce(&mut Count) -> T) -> T {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Count { until: Window::Minute.end(now), stored: 0, held: 0 };
        if counts.len() >= MOST {
            counts.retain(|_, count| count.until >= fresh.until);
        }
        let count = counts.entry(name.to_owned()).or_insert(fresh);
        if count.until < fresh.until {
            *count = fresh;
        }
        // A minute that is over has no count any more: its late enquiries must not count in the current minute.
        let mut over = fresh;
        change(if count.until == fresh.until { count } else { &mut over })
    }
}

impl Store {
    /// Returns the number of a sender's enquiries in this minute, as far as this process knows it.
    pub fn enquiries(&self, name: &str, now: DateTime<Utc>) -> u32 {
        self.enquiry_counts.with(name, now, |count| count.stored.saturating_add(count.held))
    }

    /// Counts `number` enquiries of a sender, and returns the number in this minute, as far as this process knows it.
    ///
    /// # Errors
    /// As [`Store::decide`]. The enquiries are then held back until the next write.
    pub async fn count_enquiries(
        &self,
        scope: &Scope,
        counter: EnquiryCounter<'_>,
        number: u32,
        now: DateTime<Utc>,
    ) -> Result<u32, Failure> {
        let EnquiryCounter { name, batch } = counter;
        let held = self.enquiry_counts.with(name, now, |count| {
            count.held = count.held.saturating_add(number);
            if count.held < batch { 0 } else { std::mem::take(&mut count.held) }
        });
        if held == 0 {
            return Ok(self.enquiries(name, now));
        }
        let rule = |loaded: &Loaded, _| {
            let usage = Usage::add(loaded.usage(name), name, Window::Minute, held, now);
            let used = usage.as_ref().map_or(0, |usage| usage.used);
            Ok((usage.map(|usage| Decision::default().with(Item::Usage(usage))), used))
        };
        let written = self.decide(scope, Load::of([Key::Usage(name.to_owned())]), rule).await;
        self.enquiry_counts.with(name, now, |count| match &written {
            Ok(stored) => count.stored = count.stored.max(*stored),
            Err(_) => count.held = count.held.saturating_add(held),
        });
        written.map(|_| self.enquiries(name, now))
    }
}
