//! Opening hours, and the clock that counts only working time.
//!
//! A [`Calendar`] says when a dealer is open: weekly [`OpeningHours`] (SET-1), [`DayOff`]s and
//! special hours for single dates (SET-2), all read in the dealer's own time zone. Its clock
//! (CLK) turns "n working minutes after the lead came in" into an instant, and back.
//!
//! Instants are UTC, to the nanosecond; durations are elapsed time, never differences of wall
//! clocks (CLK-4).

mod calendar;
mod clock;
mod time_of_day;

pub use calendar::{Calendar, DayOff, DayOffKind, InvalidHours, OpeningHours, Week};
pub use clock::{NoHours, Span};
pub use time_of_day::{Interval, InvalidTimeOfDay, TimeOfDay};
