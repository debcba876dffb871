//! Tests of the whole system and checks of the source tree, in one binary.
//!
//! Each test calls the functions' own handlers on the embedded engine, with a table and a clock of its own. The clock moves only when the
//! test moves it. No test needs the network. `sleep` occurs only on a runtime whose time is paused, where nothing waits; only the tests
//! that start the local run as a process, or that send from several tasks at once, depend on real time. A test's name starts with the rule
//! that it proves.

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
mod console;
mod distribution;
mod escalation;
mod faults;
mod follow_ups;
mod fuzz;
mod house;
mod intake;
mod lead_page;
mod messages;
mod privacy;
mod reports;
mod settings;
mod store;
mod support;
mod webhooks;
