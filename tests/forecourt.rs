//! Journeys through the whole system, contracts, and checks of the house: one binary.
//!
//! Everything runs through the functions' own handlers on the embedded engine, each test on a table of its own, under a clock that
//! stands still until it is moved. No test sleeps, none needs the network. Names begin with the rule that a test proves.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::large_futures,
    reason = "tests fail by panicking, and print what they measure"
)]

mod appointments;
mod calendar;
mod distribution;
mod escalation;
mod faults;
mod house;
mod intake;
mod lead_page;
mod messages;
mod reports;
mod settings;
mod store;
mod support;
mod webhooks;
