//! Use cases that two or more functions share.

pub mod appointment;
pub mod bookings;
pub mod deadline_rule;
pub mod directory;
pub mod given_bookings;
pub mod lead;
pub mod letter;
pub mod people;
pub mod pool;
pub mod raw_mail;
pub mod thread;
