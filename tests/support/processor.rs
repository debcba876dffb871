//! The processor time of a thread.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Returns the processor time that this thread has used: what else runs on the machine does not count. On a system that does not state it,
/// returns the time since the first call.
pub fn processor_time() -> Duration {
    let stated = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = stated.and_then(|text| text.split_whitespace().next()?.parse().ok());
    used.map_or_else(|| START.elapsed(), Duration::from_nanos)
}
