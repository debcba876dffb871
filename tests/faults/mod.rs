//! Tests of crashes, faults and invalid input.

pub(crate) mod bad_input;
pub(crate) mod crash;
pub(crate) mod demo;
pub(crate) mod foreign_leads;
pub(crate) mod kill;
