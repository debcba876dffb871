//! Crashes, faults and bad input.

pub(crate) mod bad_input;
pub(crate) mod crash;
pub(crate) mod kill;
