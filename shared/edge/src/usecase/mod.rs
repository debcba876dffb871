//! Use cases that two or more functions share.

pub mod appointment;
pub mod assignment;
pub mod bookings;
mod bulk_notices;
pub mod cancellation;
pub mod deadline_rule;
pub mod directory;
pub mod event;
pub mod event_body;
pub mod follow_up;
pub mod given_bookings;
pub mod lead;
pub mod lead_filter;
pub mod letter;
pub mod people;
pub mod pool;
pub mod raw_input;
pub mod raw_mail;
pub mod status;
pub mod thread;
pub mod visits;
pub mod warnings;
