//! The local twin of API Gateway's throttles: each open route takes a number of requests a second, and some more at once (SET-12).

use forecourt_edge::http::Problem;
use forecourt_edge::routes::{OPEN_BURST, OPEN_RATE, Route};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The requests that an open route may still take at once, and since when.
type Bucket = (f64, Instant);

/// The buckets of the open routes, by their route keys.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<String, Bucket>>);

impl Throttle {
    /// Takes a request of a route at `now`. A route with a token has no throttle of its own.
    ///
    /// # Errors
    /// 429 if the route takes no more requests for now.
    pub fn take(&self, route: &Route, now: Instant) -> Result<(), Problem> {
        if !route.is_open() {
            return Ok(());
        }
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = buckets.entry(route.key()).or_insert((f64::from(OPEN_BURST), now));
        *left = (*left + now.saturating_duration_since(*since).as_secs_f64() * f64::from(OPEN_RATE)).min(f64::from(OPEN_BURST));
        *since = now;
        if *left < 1.0 {
            return Err(Problem::too_many("too many requests for this route; send the same request again in a second", 1).under("SET-12"));
        }
        *left -= 1.0;
        Ok(())
    }
}
