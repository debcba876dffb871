//! The cost of calls: DynamoDB reports it with every response.

use aws_sdk_dynamodb::types::ConsumedCapacity;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The cost of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// The number of calls to DynamoDB that succeeded.
    pub calls: u64,
    /// Read units. DynamoDB counts halves.
    pub read_units: f64,
    /// Write units.
    pub write_units: f64,
}

impl Spent {
    /// Returns the cost since `earlier`.
    pub fn since(&self, earlier: Spent) -> Spent {
        Spent {
            calls: self.calls - earlier.calls,
            read_units: self.read_units - earlier.read_units,
            write_units: self.write_units - earlier.write_units,
        }
    }
}

/// Counts the cost, in tenths of a unit.
#[derive(Default)]
pub(crate) struct Meter {
    calls: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
}

fn tenths(units: f64) -> u64 {
    (units * 10.0).round() as u64
}

impl Meter {
    pub(crate) fn read(&self) -> Spent {
        let units = |counter: &AtomicU64| counter.load(Relaxed) as f64 / 10.0;
        Spent { calls: self.calls.load(Relaxed), read_units: units(&self.reads), write_units: units(&self.writes) }
    }

    pub(crate) fn note_read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.note(&self.reads, consumed);
    }

    pub(crate) fn note_write<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.note(&self.writes, consumed);
    }

    fn note<'a>(&self, counter: &AtomicU64, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.calls.fetch_add(1, Relaxed);
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        counter.fetch_add(tenths(units), Relaxed);
    }
}
