//! Which slots of a person are free for a customer, and the booking of one (CAL-7, CAL-8).
//!
//! [`Terms`] says which slots are offered, and books one; both ask one function, so that a slot offered is one that can be booked.
//! What a person has to do lies in [`Day`]s, which count every timed event; staff put theirs there and are never refused ([`Days::put`]).
//!
//! # The item
//! A [`Day`] is one person's day **in UTC**, whatever the dealer's zone: a person may work at dealers in two zones, a dealer may move to
//! another one, and a zone's law may change, and none of that changes which item a quarter-hour is in. An event lies in each day that its
//! quarter-hours touch.
//!
//! How many customers a person takes a day goes by the dealer's **local** date, which two days in UTC may share. So a customer's event
//! also lies in the day *named* as its local date is, if only to be counted there, and that one item guards the limit. In Europe the two
//! are the same item; they are two for an Australian morning and an American evening, and for what goes over midnight in UTC. A slot of at
//! most eight hours never has more.
//!
//! A booking writes every day that it was judged by, so a commit that guards what it writes lets no other booking slip in between.

mod day;
mod diary;
mod terms;

pub use day::{Day, DayNotLoaded, Days, Part, ReservedTime};
pub use diary::{Diary, LoadDay, Reservation};
pub use terms::{Booked, NotFree, Slot, Terms};
