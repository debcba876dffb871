//! Opening hours, and the clock that counts only working time.
//!
//! A [`Calendar`] holds the weekly [`OpeningHours`] of a dealer (SET-1), the [`DayOff`]s and the
//! special hours of single dates (SET-2), all in the dealer's time zone. Its clock (CLK) converts
//! "n working minutes after the lead came in" into an instant, and back.
//!
//! Instants are UTC, to the nanosecond; durations are elapsed time, never differences of wall
//! clocks (CLK-4).

mod calendar;
mod clock;
mod time_of_day;

pub use calendar::{Calendar, DayOff, DayOffKind, InvalidHours, OpeningHours, Week};
pub use clock::{NoHours, Span};
pub use time_of_day::{Interval, InvalidTimeOfDay, TimeOfDay};
