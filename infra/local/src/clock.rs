//! The domain's clock: it runs ahead of or behind real time, and can be moved forward.

use crate::folder::write_whole;
use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// When the clock of a new data folder starts: Monday 2026-11-23, 07:30 in Berlin, half an hour before the demo's first dealer opens. A
/// fixed start makes the examples of the documentation repeatable.
pub const DEMO_START: DateTime<Utc> = DateTime::from_timestamp(1_795_415_400, 0).expect("a valid time");

/// The time that the domain works with: real time plus an offset that only grows, or a frozen time.
/// Tokens and signatures use real time instead.
#[derive(Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<ClockState>>,
    /// Stores the offset in milliseconds, so that the clock continues after a restart.
    file: Option<PathBuf>,
}

#[derive(Clone, Copy)]
enum ClockState {
    /// The offset from real time; negative if the clock is behind it.
    Running(TimeDelta),
    Frozen(DateTime<Utc>),
}

impl VirtualClock {
    /// A running clock with the offset stored in `file`; without the file, real time.
    pub fn stored_in(file: PathBuf) -> Self {
        let offset = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { state: Arc::new(Mutex::new(ClockState::Running(TimeDelta::milliseconds(offset)))), file: Some(file) }
    }

    /// A running clock that starts at `now` and stores its offset in `file`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn starting_at(now: DateTime<Utc>, file: PathBuf) -> std::io::Result<Self> {
        let clock = Self { state: Arc::new(Mutex::new(ClockState::Frozen(now))), file: Some(file) };
        clock.resume().map(|()| clock)
    }

    /// A clock that is frozen at `now` until it is moved. It stores nothing.
    pub fn frozen_at(now: DateTime<Utc>) -> Self {
        Self { state: Arc::new(Mutex::new(ClockState::Frozen(now))), file: None }
    }

    fn state(&self) -> ClockState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current time.
    pub fn now(&self) -> DateTime<Utc> {
        match self.state() {
            ClockState::Running(offset) => Utc::now() + offset,
            ClockState::Frozen(now) => now,
        }
    }

    /// Returns the offset from real time: positive if the clock is ahead of it.
    pub fn offset(&self) -> TimeDelta {
        match self.state() {
            ClockState::Running(offset) => offset,
            ClockState::Frozen(now) => now - Utc::now(),
        }
    }

    /// Whether the clock runs, rather than being frozen.
    pub fn is_running(&self) -> bool {
        matches!(self.state(), ClockState::Running(_))
    }

    /// Freezes the clock at `at`, or at its current time if that is later.
    pub fn freeze_at(&self, at: DateTime<Utc>) {
        let at = at.max(self.now());
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = ClockState::Frozen(at);
    }

    /// Lets the clock run from its current time, and stores the offset.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn resume(&self) -> std::io::Result<()> {
        let offset = self.offset();
        if let Some(file) = &self.file {
            write_whole(file, offset.num_milliseconds().to_string().as_bytes())?;
        }
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = ClockState::Running(offset);
        Ok(())
    }
}

/// Compares the clock with real time in words, such as "6 days behind real time".
pub fn difference(offset: TimeDelta) -> String {
    let minutes = offset.abs().num_minutes();
    let (count, unit) = match minutes {
        0 => return "equal to real time".into(),
        1..120 => (minutes, "minute"),
        120..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    let direction = if offset < TimeDelta::zero() { "behind" } else { "ahead of" };
    format!("{count} {unit}{plural} {direction} real time")
}
