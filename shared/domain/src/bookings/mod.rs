//! Bookings that cannot take place as planned, because their person is absent or has left, or the dealer is closed (APT-9).
//!
//! The dealer's settings and the booking determine whether a booking is affected. Only the decisions of people are stored.

mod accepted;
mod impediment;
mod range;
mod recipients;
mod warning;
mod watch;

pub use accepted::{Accepted, Kept, KeptUnder};
pub use impediment::{BookedTime, Impediment};
pub use range::{AHEAD, affected_range};
pub use recipients::Undecided;
pub(crate) use warning::ChosenTime;
pub use warning::{Despite, Warning};
pub use watch::{BookingWatch, Notices};
