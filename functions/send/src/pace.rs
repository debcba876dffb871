//! The rate at which a process sends: a provider throttles an account that sends faster than its quota (MSG-1).

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A setting of the rates has a value that the function cannot use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} is '{value}', and must be {wanted} above 0")]
pub struct InvalidRate {
    /// The name of the variable.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    wanted: &'static str,
}

/// Delays each send so that the rate stays below the limit.
pub struct Pace {
    /// The time between two sends. `None` if there is no limit.
    interval: Option<Duration>,
    /// When the next send may begin. `None` before the first one.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Creates a pace without a limit.
    pub fn unlimited() -> Self {
        Self { interval: None, next: Mutex::default() }
    }

    /// Creates a pace from the setting `name`: messages a second of all processes together. Without the setting there is no limit. The
    /// number of processes is the setting `PROCESSES`; 1 without it.
    ///
    /// # Errors
    /// [`InvalidRate`] if a setting is not a number above 0: without a limit the provider would throttle the whole account.
    pub fn read(name: &'static str, setting: impl Fn(&'static str) -> Option<String>) -> Result<Self, InvalidRate> {
        let processes = match setting("PROCESSES") {
            Some(value) => value.parse::<NonZeroU32>().map_err(|_| InvalidRate { name: "PROCESSES", value, wanted: "a whole number" })?,
            None => NonZeroU32::MIN,
        };
        let Some(value) = setting(name) else { return Ok(Self::unlimited()) };
        match value.parse::<f64>() {
            Ok(rate) if f64::is_finite(rate) && rate > 0.0 => Ok(Self::shared(rate, processes.get())),
            _ => Err(InvalidRate { name, value, wanted: "a number" }),
        }
    }

    /// Creates the pace of one of `processes` that together send at most `rate` messages a second. There is no limit if `rate` is not
    /// positive.
    pub fn shared(rate: f64, processes: u32) -> Self {
        let interval = Some(f64::from(processes.max(1)) / rate).filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        Self { interval: interval.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()), next: Mutex::default() }
    }

    /// Returns the longest time that [`Pace::turn`] would wait now.
    pub fn wait(&self) -> Duration {
        let Some(interval) = self.interval else { return Duration::ZERO };
        let next = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.map_or(interval, |next| next.saturating_duration_since(Instant::now()))
    }

    /// Waits until the next message may be sent. The first message of a process waits for a random part of the interval, so that processes
    /// that start together do not send together. Later intervals are longer by a random part, at most a fifth.
    pub async fn turn(&self) {
        let Some(interval) = self.interval else { return };
        let begins = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let begins = next.map_or_else(|| now + interval.mul_f64(fastrand::f64()), |next| next.max(now));
            *next = Some(begins + interval.mul_f64(1.0 + fastrand::f64() / 5.0));
            begins
        };
        tokio::time::sleep_until(begins).await;
    }
}
