//! A clock that can be moved forward.

use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What time the domain takes it to be: real time and an offset that only grows, or a time that stands still until it is moved.
/// Tokens and signatures keep real time.
#[derive(Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<State>>,
    file: Option<PathBuf>,
}

#[derive(Clone, Copy)]
enum State {
    Runs(TimeDelta),
    Stands(DateTime<Utc>),
}

impl VirtualClock {
    /// A clock that runs, ahead of real time by what `file` says.
    pub fn kept_in(file: PathBuf) -> Self {
        let ahead = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { state: Arc::new(Mutex::new(State::Runs(TimeDelta::milliseconds(ahead)))), file: Some(file) }
    }

    /// A clock that stands at `now` until it is moved.
    pub fn standing_at(now: DateTime<Utc>) -> Self {
        Self { state: Arc::new(Mutex::new(State::Stands(now))), file: None }
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        match self.state() {
            State::Runs(ahead) => Utc::now() + ahead,
            State::Stands(now) => now,
        }
    }

    /// Whether it runs by itself.
    pub fn runs(&self) -> bool {
        matches!(self.state(), State::Runs(_))
    }

    /// Stands at `at`, or later if it is later already.
    pub fn stand_at(&self, at: DateTime<Utc>) {
        let at = at.max(self.now());
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Stands(at);
    }

    /// Runs again from where it stands, and remembers how far ahead it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn run(&self) -> std::io::Result<()> {
        let ahead = self.now() - Utc::now();
        if let Some(file) = &self.file {
            let draft = file.with_extension("new");
            std::fs::write(&draft, ahead.num_milliseconds().to_string())?;
            std::fs::rename(draft, file)?;
        }
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Runs(ahead);
        Ok(())
    }
}
