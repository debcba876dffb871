//! What every test builds on: a whole system under a virtual clock.

pub mod sim;
pub mod world;
