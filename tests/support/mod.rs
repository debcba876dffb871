//! The base of all tests: the whole system with a virtual clock.

pub mod sim;
pub mod world;
