//! The clients and settings that a function uses.

use crate::environment::{ConsoleLinks, TokenClaims};
use crate::files::Files;
use crate::mail_server::MailServers;
use crate::metrics::Metrics;
use chrono::{DateTime, Utc};
use forecourt_domain::base::MailDomain;
use forecourt_store::Store;
use std::sync::Arc;

/// The clients and settings of a function, created once per process.
#[derive(Clone)]
pub struct Platform {
    /// The function's name in log lines.
    pub function: &'static str,
    /// The table.
    pub store: Store,
    /// The clock that rules go by. The local run and the tests move it.
    pub clock: Clock,
    /// The real clock. Signatures and links expire by it.
    pub wall: Clock,
    /// Makes the ids of new items that are not named after an `Idempotency-Key`.
    pub ids: Ids,
    /// The bucket.
    pub files: Arc<dyn Files>,
    /// The base URL of the links that a function creates for customers and partners; empty if it creates none.
    pub public_url: Arc<str>,
    /// The links that a function creates for staff.
    pub console: ConsoleLinks,
    /// The metrics that alarms watch.
    pub metrics: Metrics,
    /// The claims of tokens that name the sender.
    pub token_claims: Arc<TokenClaims>,
    /// The domain at which dealers receive mail. `None` if the stack receives none, or the function does not need the domain.
    pub mail_domain: Option<Arc<MailDomain>>,
    /// Checks the mail servers that the operator enters for dealers.
    pub mail_servers: Arc<dyn MailServers>,
}

impl Platform {
    /// Returns the same platform for another function.
    pub fn of(&self, function: &'static str) -> Self {
        Self { function, ..self.clone() }
    }
}

/// A source of new ids. In the local run, every fresh demo makes the same ids, so that its examples are repeatable.
#[derive(Clone)]
pub struct Ids(Arc<dyn Fn() -> uuid::Uuid + Send + Sync>);

impl Ids {
    /// Returns a source of random ids.
    pub fn random() -> Self {
        Self(Arc::new(uuid::Uuid::new_v4))
    }

    /// Returns a source that takes its ids from `next`, which must never return the same id twice.
    pub fn from_source(next: impl Fn() -> uuid::Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// Returns a new id: 32 hexadecimal digits.
    pub fn next(&self) -> String {
        (self.0)().simple().to_string()
    }
}

/// A source of the current time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// Returns the system clock.
    pub fn real() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// Returns a clock that reads its time from `now`.
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time in whole milliseconds, the precision of everything that is stored.
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.0)();
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }
}
