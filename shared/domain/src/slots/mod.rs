//! The slots of a person that are free for customers, and their booking (CAL-7, CAL-8).
//!
//! [`Terms`] offers slots, and books one. Both use the same check, so that every offered slot can be booked. A [`Day`] holds every timed
//! event of a person. Events that staff add are never refused ([`Days::put`]).
//!
//! # The item
//! A [`Day`] is one person's day **in UTC**, independent of the dealer's zone. A person may work at dealers in two zones, a dealer may
//! change its zone, and the law of a zone may change: a quarter-hour always belongs to the same item. An event is in each day that its
//! quarter-hours touch.
//!
//! The limit of bookings per day applies to the dealer's **local** date, which may overlap two days in UTC. So a customer's event is also
//! in the day whose date equals its local date, even if it is only counted there. That one item guards the limit. In Europe both are
//! usually the same item. They are two items for an Australian morning, an American evening, and an event over midnight in UTC. A slot of
//! at most eight hours has at most two.
//!
//! A booking writes every day that its check has read. A commit guards the items that it writes, so no other booking can happen in
//! between.

mod day;
mod diary;
mod staff;
mod terms;

pub use day::{Day, DayNotLoaded, DayPart, Days, ReservedTime};
pub use diary::{Diary, LoadDay, Reservation};
pub use staff::StaffTimes;
pub use terms::{NotFree, Slot, SlotBooking, Terms};
