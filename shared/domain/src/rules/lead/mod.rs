//! Changes of leads.

pub mod attached;
pub mod contacts;
mod escalation;
pub mod first_contact;
pub mod follow_up;
mod instant;
pub mod intake;
mod passed;
mod previous_owner;
pub mod reaction;
mod receipt;
mod recompute;
pub mod target;
pub mod task;
pub mod text;
pub mod thread;

pub use escalation::escalate;
pub use passed::deadlines_passed;
pub use recompute::recompute;
