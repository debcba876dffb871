//! The only crate that knows Lambda and HTTP.
//!
//! A function is a few lines: [`start::platform`] once, then [`http::answer`] for requests, [`queue::each`] for messages. `now` is read once
//! a request or message, here, and handed on as a value.

pub mod appointment;
pub mod directory;
pub mod files;
pub mod http;
pub mod ical;
pub mod json;
pub mod lead;
pub mod link;
pub mod metrics;
pub mod page;
pub mod problem;
pub mod queue;
pub mod request;
pub mod routes;
pub mod start;
pub mod vehicle;

mod identity;
mod signature;

use chrono::{DateTime, Utc};
use forecourt_store::Store;
use std::sync::Arc;

/// What a function has at hand: made once a process, shared by all it does.
#[derive(Clone)]
pub struct Platform {
    /// Which function this is, as its log lines say.
    pub function: &'static str,
    /// The table.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// What time it is outside: signatures go by it, also where the other clock stands still.
    pub wall: Clock,
    /// The bucket.
    pub files: Arc<dyn files::Files>,
    /// What links begin with, where the function makes some.
    pub public_url: Arc<str>,
    /// What alarms watch.
    pub metrics: metrics::Metrics,
}

impl Platform {
    /// The same platform for another function.
    pub fn of(&self, function: &'static str) -> Self {
        Self { function, ..self.clone() }
    }
}

/// Says what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock that says what `now` says.
    pub fn saying(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time, in whole milliseconds as everything is stored.
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.0)();
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }
}
