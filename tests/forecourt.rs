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

mod access;
mod adf;
mod appointment;
mod assignment;
mod booking;
mod bulk;
mod calendar;
mod capacity;
mod changing_dealer;
mod communication;
mod contract;
mod cost;
mod crash;
mod customer;
mod dates;
mod deadlines;
mod deliveries;
mod documents;
mod elements;
mod endpoints;
mod errors;
mod escalation;
mod export;
mod fairness;
mod following;
mod handed;
mod histories;
mod holidays;
mod hours;
mod house;
mod idempotency;
mod intake;
mod invitation;
mod kill;
mod known;
mod lead_page;
mod letters;
mod links;
mod lists;
mod many;
mod metrics;
mod month;
mod next_action;
mod notices;
mod overview;
mod parts;
mod people;
mod pingback;
mod pool;
mod recompute;
mod relay;
mod reminder;
mod resubmission;
mod rotation;
mod rotation_model;
mod routing;
mod settings;
mod sheet;
mod sim;
mod site;
mod slots;
mod statements;
mod tasks;
mod turns;
mod users;
mod visits;
mod webhooks;
mod world;
