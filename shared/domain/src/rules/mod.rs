//! The rules that change state. Each one takes the state, the settings, the request and `now`, and returns a decision.

pub mod appointment;
pub mod calendar;
pub mod directory;
pub mod distribution;
pub mod elements;
pub mod follow_up;
pub mod hand_over;
pub mod lead;
pub mod messages;
pub mod people;
pub mod privacy;
pub mod settings;
pub mod slots;
pub mod texts;
pub mod views;
pub mod webhooks;
